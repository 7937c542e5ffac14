"""How predictions at several points hang together: the correlations of the bank of Gaussian processes."""

from __future__ import annotations

import torch
from torch import Tensor

from augury.networks.prior_fitted.joint_points import JointPoints
from augury.networks.prior_fitted.kernel_experts import ExpertState, KernelExperts

_JITTERS = (1e-7, 1e-5, 1e-3, 1e-1)


def correlation_root(experts: KernelExperts, state: ExpertState, points: JointPoints) -> Tensor:
    """Cholesky factors of the posterior correlations of noise-free values.

    Args:
        experts: the bank.
        state: conditioned on `B` data sets.
        points: `N` times `q` joint ones.

    Returns:
        `B x N x q x q`.
    """
    covariance = experts.joint_covariance(state, points)
    deviation = covariance.diagonal(dim1=-2, dim2=-1).clamp_min(1e-12).sqrt()
    correlation = covariance / (deviation.unsqueeze(-1) * deviation.unsqueeze(-2))
    eye = torch.eye(covariance.shape[-1], dtype=correlation.dtype)
    correlation = torch.where(eye.bool(), torch.ones_like(correlation), correlation)
    for jitter in _JITTERS:
        factor, failed = torch.linalg.cholesky_ex((correlation + jitter * eye) / (1.0 + jitter))
        if not bool(failed.any()):
            return factor
    return eye.expand_as(correlation)  # numerically hopeless: independent
