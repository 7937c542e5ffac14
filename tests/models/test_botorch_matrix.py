"""Each surrogate under the acquisition functions of BoTorch, as docs/botorch.md says."""

from __future__ import annotations

import pytest

from augury.models.registry import MODELS
from tests.models.botorch_matrix import ONE, TWO, row, written
from tests.quick_models import quick_models  # noqa: F401 (a fixture)

#: One of each kind of posterior; all others are held to their rows by `make test-slow`.
QUICK = {"gp", "gradient-gp", "student-t", "laplace", "mc-dropout"}


def test_the_table_has_a_column_for_each_acquisition_and_rows_of_surrogates() -> None:
    rows = written()
    assert set(rows) <= set(MODELS.names())
    assert all(len(words) == len(ONE) + len(TWO) for words in rows.values())


@pytest.mark.slow
def test_every_registered_surrogate_has_a_row() -> None:
    assert list(written()) == MODELS.names(), "write it: python -m tests.models.botorch_matrix"


@pytest.mark.filterwarnings("ignore::augury.inference.base.InferenceWarning")
@pytest.mark.usefixtures("quick_models")
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[] if name in QUICK else pytest.mark.slow) for name in written()]
)
def test_a_surrogate_does_what_its_row_says(name: str) -> None:
    assert row(name) == written()[name]
