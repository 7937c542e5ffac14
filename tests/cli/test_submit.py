"""`augury run --submit`: the command line's way to a batch system."""

from __future__ import annotations

import sys

import pytest
from tests.study.execution.batch.conftest import Clock, clock, cluster  # noqa: F401 - fixtures

from augury import Study

TEMPLATE = "#!/bin/bash\n#SBATCH --time=02:00:00\n{evaluate}\n"
COMMAND = [sys.executable, "-I", "-S", "-c", "print({x} + {n})"]


@pytest.fixture
def define(study_file):
    text = study_file.read_text().split("[run]")[0]
    study_file.write_text(f"{text}\n[run]\ncommand = {COMMAND!r}\nbudget = 2\nworkers = 2\n")
    template = study_file.with_name("sbatch.template")
    template.write_text(TEMPLATE)
    return study_file, template


def test_a_study_file_is_evaluated_in_jobs(augury, define, cluster, clock):  # noqa: F811
    def then(now):
        for job_id in cluster.ids("PENDING"):
            cluster.run(job_id)

    clock.then = then
    file, template = define
    output = augury("run", file, "--submit", template).stdout
    assert "best yield" in output
    trials = Study.load(file.with_suffix(".db")).trials
    assert [trial.status for trial in trials] == ["complete"] * 2
    assert all(trial.values["yield"] == trial.params["x"] + trial.params["n"] for trial in trials)
    assert len(cluster.calls("sbatch")) == 2


def test_an_interrupt_says_that_jobs_go_on(augury, define, cluster, clock):  # noqa: F811
    def then(now):
        raise KeyboardInterrupt

    clock.then = then
    file, template = define
    output = augury("run", file, "--submit", template, code=130).stdout
    assert f"--submit {template} (submitted jobs go on" in output


def test_bad_templates_and_places_are_refused(augury, define, cluster):  # noqa: F811
    file, template = define
    assert "cannot be read" in augury("run", file, "--submit", file.with_name("none"), code=2).stderr
    both = augury("run", file, "--submit", template, "--dask", "tcp://127.0.0.1:1", code=2)
    assert "give one of them" in both.stderr
    template.write_text("#!/bin/bash\nsimulate\n")
    assert "{evaluate}" in augury("run", file, "--submit", template, code=2).stderr
    assert cluster.calls("sbatch") == []


def test_without_slurm(augury, define):
    file, template = define
    assert "no program 'sbatch' here" in augury("run", file, "--submit", template, code=2).stderr
