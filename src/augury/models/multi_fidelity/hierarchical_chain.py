"""The levels of one outcome, each about a multiple of the predictor of the level below."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from augury.models.multi_fidelity.linear_chain import LinearChain


class HierarchicalChain(LinearChain):
    r"""A `LinearChain` in which the predictor of the level below is taken as a known function.

    .. math::
        \operatorname{cov}(f_t(x), f_t(x')) = C_t(x, x') + u(x)^T (B^T K^{-1} B)^{-1} u(x'), \qquad
        u(x) = b(x) - B^T K^{-1} k(x)

    with `b = (m_{t-1}, 1)`: the variance of the level's own process and that of the factor and the shift,
    which generalised least squares leaves; not that of the level below. Values of different levels are
    independent.

    Source: Han and Goertz (2012), "Hierarchical kriging model for variable-fidelity surrogate modeling",
    eq. 13-16.
    """

    def mean_covariance(self, X: Tensor, levels: Tensor) -> tuple[Tensor, Tensor]:
        mean = torch.zeros(X.shape[:-1]).double()
        covariance = torch.zeros(*X.shape[:-1], X.shape[-2]).double()
        below: list[Tensor] = []
        for level, regression in enumerate(self.regressions):
            dense = regression.dense_posterior()
            own_mean, own_covariance = dense.mean_covariance(X)
            parents = self.graph[level]
            for factor, parent in zip(self.rho[level], parents, strict=True):
                own_mean = own_mean + factor * below[parent]
            if parents:
                root = torch.from_numpy(regression.inverse_factor)
                ones = np.ones((len(regression.y), 1))
                basis = root @ torch.from_numpy(np.concatenate([self._trend(level), ones], axis=1))
                solved = regression.covariance.dense(X, torch.from_numpy(regression.X)) @ root.mT
                new = torch.stack([*(below[parent] for parent in parents), torch.ones_like(own_mean)], dim=-1)
                u = new - solved @ basis
                spread = torch.linalg.pinv(basis.mT @ basis, hermitian=True)
                own_covariance = own_covariance + u @ spread @ u.mT
            below.append(own_mean)
            here = (levels == level).to(torch.float64)
            mean = mean + here * own_mean
            covariance = covariance + here.unsqueeze(-1) * here.unsqueeze(-2) * own_covariance
        return mean, covariance
