from __future__ import annotations

import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from augury.errors import InvalidInputError
from augury.strategies import ExhaustedError, Prediction, Strategy

_values = st.dictionaries(st.text(max_size=5), st.floats(allow_nan=False, allow_infinity=False), max_size=3)


@given(_values, _values, st.text(max_size=10), st.none() | _values)
def test_a_prediction_survives_json(mean, std, reason, weights):
    prediction = Prediction(mean, std, reason, weights)
    assert Prediction.from_dict(json.loads(json.dumps(prediction.to_dict(), allow_nan=False))) == prediction


def test_numbers_that_json_cannot_hold_are_left_out():
    document = Prediction({"y": float("nan"), "z": 1.0}, {"y": float("inf"), "z": 2.0}, "explore").to_dict()
    assert document["mean"] == {"z": 1.0}
    assert document["std"] == {"z": 2.0}


def test_keys_of_a_later_version_are_ignored():
    assert Prediction.from_dict({"reason": "explore", "entropy": 1.0}) == Prediction(reason="explore")


def test_a_strategy_without_propose_cannot_be_made():
    with pytest.raises(TypeError, match="propose"):
        Strategy()  # type: ignore[abstract]


def test_exhaustion_is_an_invalid_input():
    assert issubclass(ExhaustedError, InvalidInputError)


def test_reading_predictions_does_not_import_torch():
    code = "import sys, augury.strategies.base; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
