"""Cholesky factors of covariances that rounding may have made singular, differentiable."""

from __future__ import annotations

import torch
from linear_operator.utils.cholesky import psd_safe_cholesky
from torch import Tensor

#: Added to the diagonal, relative to its mean.
JITTER = 1e-6


def jittered_cholesky(K: Tensor) -> Tensor:
    """The lower factor of `K + jitter I` (`n x n`), with more jitter where that is needed.

    Raises:
        NotPSDError: `K` is far from positive definite (`linear_operator`).
        NanError: it has entries that are not numbers.
    """
    jitter = JITTER * K.diagonal().mean().detach()
    factor: Tensor = psd_safe_cholesky(K + jitter * torch.eye(len(K), dtype=K.dtype))
    return factor
