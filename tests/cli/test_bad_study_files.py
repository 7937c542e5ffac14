"""Study files that cannot be used: one line that says where and why, and no store is made."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
import tomlkit
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.cli.conftest import STUDY_FILE

CHANGES = [
    ("x = {low", "x = {low = 1.0\nx = {low", "line 7"),
    ("[space]", "[space", "line 6"),
    ("version = 1", "version = 2", "version 2"),
    ("version = 1", "", "version = 1"),
    ("x = {low", '"" = {low', "names are non-empty"),
    ("n = {low", "x = {low", "line 9"),
    ("high = 10.0", "high = 0.0", "low=0.0 must be less than high=0.0"),
    ("high = 10.0", "high = -3.0", "'x'"),
    ("high = 10.0", 'high = "ten"', "'ten'"),
    ("high = 10.0", "high = inf", "finite"),
    ("high = 10.0", "high = 10.0, log = true", "log"),
    ("high = 10.0", "high = 10.0, lgo = true", "lgo"),
    (", high = 10.0", "", "low and high"),
    ('["a", "b", "2"]', '["a"]', "two"),
    ('["a", "b", "2"]', '["a", "a"]', "'a'"),
    ('["a", "b", "2"]', "[]", "'kind'"),
    ('["a", "b", "2"]', "[1979-05-27, 1979-05-28]", "'kind'"),
    ("[[goal]]", 'constraints = ["x + n >= 1000"]\n[[goal]]', "no point"),
    ("[[goal]]", 'constraints = ["x + z <= 1"]\n[[goal]]', "z"),
    ("[[goal]]", 'constraints = ["x * x <= 1"]\n[[goal]]', "x * x"),
    ("[[goal]]", "[goal]", "[[goal]]"),
    ('[[goal]]\nmaximize = "yield"', "", "there is no goal"),
    ("maximize", "maximise", "did you mean 'maximize'"),
    ('"yield"', "3", "non-empty text"),
    ('"yield"', '""', "non-empty text"),
    ('"yield"', '"x"', "both a parameter and an outcome"),
    ("[run]", '[[constraint]]\nname = "p"\n[run]', "upper"),
    ("[run]", '[[constraint]]\nname = "yield"\nupper = 1.0\n[run]', "two goals"),
    ("[run]", '[[constraint]]\nname = "p"\nupper = 1.0\nlower = 2.0\n[run]', "above"),
    ("seed = 1", "seed = -1", "seed"),
    ("seed = 1", 'seed = "one"', "seed"),
    ("seed = 1", 'name = ""', "name"),
    ('"random"', '"clairvoyance"', "clairvoyance"),
    ("budget = 3", "budget = 0", "budget"),
    ("budget = 3", "budget = 2.5", "budget"),
    ("budget = 3", 'budget = "many"', "budget"),
    ("budget = 3", "budgte = 3", "did you mean 'budget'"),
]


@pytest.mark.parametrize(("old", "new", "message"), CHANGES)
def test_a_mistake_is_named_and_no_store_is_made(augury, study_file, old, new, message):
    assert STUDY_FILE.count(old) == 1
    study_file.write_text(STUDY_FILE.replace(old, new))
    assert message in augury("ask", study_file, code=2).stderr
    assert list(study_file.parent.iterdir()) == [study_file]


@pytest.mark.parametrize(
    "data", [b"\xff\xfe\x00", b"", b"\x00", b"version = 1", b"a" * 10_000, b"[" * 10_000]
)
def test_a_file_of_anything_else(augury, study_file, data):
    study_file.write_bytes(data)
    augury("ask", study_file, code=2)
    assert list(study_file.parent.iterdir()) == [study_file]


WORDS = (
    *("version", "study", "space", "goal", "constraint", "run", "name", "constraints", "x", "minimize"),
    *(
        "low",
        "high",
        "log",
        "step",
        "values",
        "ordered",
        "value",
        "type",
        "upper",
        "budget",
        "function",
        "timeout",
    ),
)
PIECES = ["[", "]", "=", '"', "{", "-", "1e999", "\n"]
words = st.sampled_from(WORDS)
scalars = st.one_of(
    st.none().map(lambda _: "text"),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(max_size=8),
    st.dates(),
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(words, inner, max_size=4)),
    max_leaves=8,
)


def fuzzed(augury, text: str) -> None:
    """Shows a study by a file of this text; as there is no store, every text is refused, in one line."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "study.toml")
        path.write_bytes(text.encode("utf-8", errors="surrogatepass"))
        augury("show", path, code=2)
        assert list(path.parent.iterdir()) == [path]


fuzz = settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])


@fuzz
@given(st.dictionaries(words, values, max_size=5), st.booleans())
def test_any_tables_are_refused_in_one_line(augury, tables, is_complete):
    document = tomlkit.parse(STUDY_FILE).unwrap() if is_complete else {}
    fuzzed(augury, tomlkit.dumps(document | tables))


@fuzz
@given(st.data())
def test_any_change_of_a_good_file_is_refused_in_one_line(augury, data):
    text = STUDY_FILE
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, min(len(text), start + 12)))
        new = data.draw(st.one_of(st.text(max_size=4), st.sampled_from(PIECES)))
        text = text[:start] + new + text[end:]
    fuzzed(augury, text)


def test_goals_that_the_strategy_does_not_decide_on_leave_no_store(augury, study_file):
    text = study_file.read_text().replace('strategy = "random"\n', 'acquisition = "log-ei"\n')
    study_file.write_text(
        text.replace("[run]", '[[goal]]\nminimize = "cost"\n[run]\ncommand = ["echo", "1"]')
    )
    for command in ("run", "ask"):
        assert "2 objective(s)" in augury(command, study_file, code=2).stderr
    assert list(study_file.parent.iterdir()) == [study_file]
