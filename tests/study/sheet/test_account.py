"""What `augury suggest` says about the model is what the numbers say."""

import pytest

from augury.study.sheet.account import quality_text
from augury.study.sheet.quality import Quality


def test_a_model_that_predicts_says_how_much() -> None:
    text = quality_text(Quality(30, 6.1, 10.2), 30)
    assert "64% of the variance" in text
    assert "R2 0.64" in text
    assert "typical error 6.1 against 10.2 for always guessing the mean" in text


@pytest.mark.parametrize("error", [10.2, 12.0, 10.1])
def test_a_model_that_does_not_predict_is_called_so(error: float) -> None:
    text = quality_text(Quality(30, error, 10.2), 30)
    assert "no better than the mean" in text
    assert f"{error:.3g} against 10.2" in text


def test_what_cannot_be_judged_is_not() -> None:
    assert "nothing to learn from yet" in quality_text(Quality(9, 0.0, 0.0), 9)
    assert "With 1 result there is nothing to judge" in quality_text(None, 1)
    assert quality_text(None, 1).endswith("experiments are spread over the ranges.")
    assert quality_text(None, 1, modelled=True).endswith("take its predictions as guesses.")
    assert "too few different settings" in quality_text(None, 12)
