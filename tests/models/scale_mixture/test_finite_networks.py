"""Finite networks whose last layer has a random scale tend to the Student-t process of the infinite one."""

from __future__ import annotations

import numpy as np
import torch
from reproductions.scale_mixtures import network_outputs
from scipy.stats import kstest
from scipy.stats import t as student_t

X = torch.tensor([[1.0, 0.2, -0.5], [0.3, -1.2, 0.8]]).double()


def arc_cosine(X):
    """`E[relu(u) relu(v)]` for `(u, v) ~ N(0, X X^T / d)`, in closed form (Cho and Saul, 2009)."""
    K = (X @ X.T / X.shape[1]).numpy()
    deviation = np.sqrt(np.diag(K))
    cosine = np.clip(K / np.outer(deviation, deviation), -1.0, 1.0)
    angle = np.arccos(cosine)
    return np.outer(deviation, deviation) * (np.sin(angle) + (np.pi - angle) * cosine) / (2.0 * np.pi)


def test_outputs_are_student_t_with_one_scale_for_all_inputs():
    K = arc_cosine(X)
    mixed, fixed = (network_outputs(X, 6000, 150, mixed=mixed, seed=3) for mixed in (True, False))
    for index in range(2):
        root = K[index, index] ** 0.5
        assert kstest(mixed[:, index] / root, student_t(4.0).cdf).statistic < 0.02
        assert kstest(fixed[:, index] / root, student_t(4.0).cdf).statistic > 0.035
    logs = [np.log(np.linalg.solve(np.linalg.cholesky(K), outputs.T) ** 2) for outputs in (mixed, fixed)]
    correlation = [np.corrcoef(log)[0, 1] for log in logs]
    assert 0.116 - 0.05 < correlation[0] < 0.116 + 0.05
    assert abs(correlation[1]) < 0.05
