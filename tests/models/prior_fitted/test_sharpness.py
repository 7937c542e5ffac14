"""How bold a classifier should be: the factor is found again, and labels are left out as they say."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from augury.models.prior_fitted.sharpness import left_out_sharpness, sharpness
from augury.models.prior_fitted.weights import TrainedNetwork


def labels(log_odds, seed=0):
    return (np.random.default_rng(seed).random(len(log_odds)) < 1.0 / (1.0 + np.exp(-log_odds))).astype(float)


@pytest.mark.parametrize("factor", [0.4, 1.0, 2.5])
def test_the_factor_by_which_log_odds_are_off_is_found_again(factor):
    z = np.random.default_rng(1).normal(size=20_000)
    assert sharpness(z, labels(factor * z)) == pytest.approx(factor, rel=0.05)


def test_few_labels_move_it_little_and_a_turn_of_classes_not_at_all():
    z = np.array([2.0, -1.0, 0.5])
    right = (z > 0.0).astype(float)
    assert 1.0 < sharpness(z, right) < 1.5
    assert sharpness(z, 1.0 - right) < 1.0
    assert sharpness(-z, 1.0 - right) == pytest.approx(sharpness(z, right))


def test_it_is_that_of_predictions_without_a_tenth_of_the_rows():
    """One data set after another, folds by rank; 23 rows, so that folds are of two sizes."""
    network = TrainedNetwork.of("classes").network
    X = torch.rand(23, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    codes = torch.stack([(X[:, 0] > 0.4).double(), (X.sum(1) > 1.2).double()])
    factors = left_out_sharpness(network, X, codes)
    for y, factor in zip(codes, factors, strict=True):

        def log_odds(kept, points, y=y):
            with torch.no_grad():
                context = network.read(X[kept][None], y[kept][None])
                return network.class_logits(context, points[None])[0].diff(dim=-1)[:, 0]

        everyone = torch.arange(23)
        ranked = log_odds(everyone, X).argsort()
        z = torch.empty(23, dtype=torch.float64)
        for fold in range(10):
            out = ranked[fold::10]
            kept = torch.tensor([row for row in range(23) if row not in out])
            z[out] = log_odds(kept, X[out])
        assert float(factor) == pytest.approx(sharpness(z.numpy(), y.numpy()), rel=1e-4)
    assert factors[0] != factors[1]
    assert left_out_sharpness(network, X[:9], codes[:, :9]).tolist() == [1.0, 1.0]
