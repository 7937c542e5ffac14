import numpy as np
import pytest
from sklearn.metrics import r2_score

from augury.errors import InvalidInputError
from augury.hardware import benchmark_report, percent_error_quartiles, r2, rmse, smape
from augury.hardware.metrics import MODEL_CODE_OFFSET

GENERATOR = np.random.default_rng(0)
Y = GENERATOR.integers(1, 500, size=(40, 2)).astype(float)
GUESS = Y * GENERATOR.uniform(0.8, 1.3, size=Y.shape)


def test_r2_is_scikit_learns():
    assert r2(Y, GUESS) == pytest.approx(r2_score(Y, GUESS, multioutput="raw_values"))
    assert np.isnan(r2(np.ones((3, 1)), np.zeros((3, 1)))).all()


def test_smape_by_hand_in_both_definitions():
    true, guess = np.array([[0.0], [10.0]]), np.array([[1.0], [20.0]])
    assert smape(true, guess) == pytest.approx([100 * (1 / 2 + 10 / 31)])
    assert smape(true, guess, MODEL_CODE_OFFSET) == pytest.approx([100 * (1 + 1 / 3)])
    assert smape(true, true) == pytest.approx([0.0])


def test_error_quartiles_and_rmse_by_hand():
    true = np.full((5, 1), 100.0)
    guess = np.array([[90.0], [95.0], [100.0], [120.0], [200.0]])
    assert percent_error_quartiles(true, guess)[:, 0] == pytest.approx([-5.0, 0.0, 20.0])
    assert rmse(true, guess) == pytest.approx([np.sqrt((100 + 25 + 0 + 400 + 10000) / 5)])


def test_a_report_judges_each_cohort_by_its_own_rows():
    small = Y[:, 0] < 200
    report = benchmark_report(Y, GUESS, ["LUT", "FF"], {"small": small, "large": ~small})
    assert report["cohort"].tolist() == ["All", "All", "small", "small", "large", "large"]
    assert report["n"].tolist() == [40, 40, *[small.sum()] * 2, *[(~small).sum()] * 2]
    row = report[(report["cohort"] == "small") & (report["target"] == "FF")].iloc[0]
    assert row["r2"] == pytest.approx(r2(Y[small], GUESS[small])[1])
    assert row["smape"] == pytest.approx(smape(Y[small], GUESS[small])[1])
    assert row["error_median"] == pytest.approx(percent_error_quartiles(Y[small], GUESS[small])[1, 1])


def test_reports_of_what_does_not_agree_are_refused():
    with pytest.raises(InvalidInputError, match="given"):
        rmse(Y, GUESS[:3])
    with pytest.raises(InvalidInputError, match="3 targets"):
        benchmark_report(Y, GUESS, ["a", "b", "c"])
    with pytest.raises(InvalidInputError, match="'none'"):
        benchmark_report(Y, GUESS, ["a", "b"], {"none": np.zeros(len(Y), dtype=bool)})
