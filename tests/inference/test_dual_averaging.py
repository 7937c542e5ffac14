"""Step sizes by dual averaging."""

from __future__ import annotations

import math

import pytest

from augury.inference.dual_averaging import DualAveraging


def test_the_first_steps_are_those_of_the_paper():
    adaptation = DualAveraging(0.1, 0.8)
    error, average = 0.0, 0.0
    for t, acceptance in enumerate((0.2, 0.9, 1.0), start=1):
        adaptation.update(acceptance)
        error = (1 - 1 / (t + 10)) * error + (0.8 - acceptance) / (t + 10)
        step = math.log(1.0) - math.sqrt(t) / 0.05 * error
        average = t**-0.75 * step + (1 - t**-0.75) * average
        assert adaptation.step_size == pytest.approx(math.exp(step))
        assert adaptation.average == pytest.approx(math.exp(average))


@pytest.mark.parametrize("start", [1e-4, 0.1, 10.0])
def test_the_wanted_acceptance_is_reached_from_anywhere(start):
    adaptation = DualAveraging(start, 0.7)
    for _ in range(1000):
        adaptation.update(math.exp(-adaptation.step_size))
    assert math.exp(-adaptation.average) == pytest.approx(0.7, abs=0.02)


def test_a_restart_forgets():
    adaptation, fresh = DualAveraging(0.1), DualAveraging(0.5)
    for _ in range(10):
        adaptation.update(0.0)
    adaptation.restart(0.5)
    for each in (adaptation, fresh):
        each.update(0.6)
    assert adaptation.step_size == fresh.step_size
    assert DualAveraging(0.3).average == pytest.approx(0.3)
