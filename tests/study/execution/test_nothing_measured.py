"""The hint at the traceback of a failure leads to it."""

from __future__ import annotations

import numpy as np
import pytest

from augury.study.execution.nothing_measured import warn_if_all_failed
from augury.study.trial import Trial

FIELD = {"density": np.zeros((2, 2))}


def test_the_place_of_the_last_failure_is_told_where_numbers_have_gaps() -> None:
    hot = Trial(5, FIELD, status="failed", reason="too hot", traceback="Traceback ...")
    trials = [Trial(2, FIELD, status="failed"), hot, Trial(6, FIELD)]
    with pytest.warns(UserWarning, match=r"trial 5, failed with 'too hot' .*study\.trials\[1\]\.traceback"):
        warn_if_all_failed(trials)


def test_nobody_is_sent_to_a_traceback_that_is_not_there() -> None:
    with pytest.warns(UserWarning, match=r"trial 2, failed with 'no licence'$"):
        warn_if_all_failed([Trial(2, FIELD, status="failed", reason="no licence")])
