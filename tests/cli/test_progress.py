"""What a run shows on a terminal and elsewhere."""

from __future__ import annotations

import io

from rich.console import Console

from augury import Study
from augury.cli.progress import one_line, shown_progress
from augury.study import Failure


def study_of(*results) -> Study:
    study = Study({"x": (0.0, 1.0)}, "max:[red]yield", store=None, strategy="random")
    for result in results:
        study.tell(study.ask()[0], result)
    return study


def test_a_terminal_shows_best_failures_and_times():
    study = study_of(2.0)
    terminal = io.StringIO()
    console = Console(file=terminal, force_terminal=True, width=100)
    with shown_progress(study, 5, console) as note:
        note(study, study.tell(study.ask()[0], Failure("[bold]too\nhot")))
        note(study, study.tell(study.ask()[0], 3.5))
    shown = terminal.getvalue()
    assert "trial 1 failed: [bold]too hot" in shown
    assert "best [red]yield = 3.5 (trial 2), 1 failed" in shown
    assert "3/5" in shown
    assert "elapsed" in shown
    assert "left" in shown


def test_elsewhere_each_result_is_one_plain_line(capsys):
    study = study_of()
    with shown_progress(study, 2, Console(file=io.StringIO())) as note:
        note(study, study.tell(study.ask()[0], Failure("too\nhot")))
        note(study, study.tell(study.ask()[0], 3.5))
    assert capsys.readouterr().out.splitlines() == [
        "[1/2] trial 0: failed: too hot; no result yet",
        "[2/2] trial 1: [red]yield = 3.5; best [red]yield = 3.5 (trial 1)",
    ]


def test_a_reason_is_cut_to_one_bearable_line():
    assert one_line(None) == "no reason given"
    assert one_line("a\n b\tc") == "a b c"
    assert len(one_line("x" * 5000)) == 200
