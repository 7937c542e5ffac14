"""The Bures distance: optimal transport between Gaussian distributions in closed form."""

from __future__ import annotations

import torch
from torch import Tensor


def bures_distance(samples: Tensor, mean: Tensor, covariance: Tensor) -> Tensor:
    r"""The squared 2-Wasserstein distance between a Gaussian and the moments of a sample.

    .. math::
        d^2 = \lVert m_1 - m_2 \rVert^2 + \operatorname{tr} C_1 + \operatorname{tr} C_2
              - 2 \operatorname{tr} \bigl(C_2^{1/2} C_1 C_2^{1/2}\bigr)^{1/2}

    With the centred sample `A` (`S x N`, divided by the root of `S`), `C_1 = A^T A` and the last trace is the
    sum of the singular values of `A C_2^{1/2}`. For distributions that are not Gaussian this is a lower bound
    (Gelbrich 1990).

    Args:
        samples: `S x N`; the gradient goes to these.
        mean: `N`.
        covariance: `N x N`, constant.

    Returns:
        The squared distance, a scalar; NaN where an entry is not finite.

    Source: Dowson and Landau, "The Fréchet distance between multivariate normal distributions", Journal of
    Multivariate Analysis 12 (1982).
    """
    if not bool(torch.isfinite(samples).all() and torch.isfinite(covariance).all()):
        return torch.nan * samples.sum()  # which LAPACK would not come back from
    centred = (samples - samples.mean(0)) / len(samples) ** 0.5
    eigenvalues, vectors = torch.linalg.eigh(covariance)
    root = (vectors * eigenvalues.clamp_min(0.0).sqrt()) @ vectors.T
    product = centred @ root
    # The sum of singular values is tr(O^T product) with O constant; its derivative is O, whatever their gaps.
    left, _, right = torch.linalg.svd(product.detach(), full_matrices=False)
    fidelity = ((left @ right) * product).sum()
    shift = (samples.mean(0) - mean).square().sum()
    return shift + centred.square().sum() + covariance.trace() - 2.0 * fidelity
