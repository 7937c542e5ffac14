"""Kalman filter and smoother for observations in information form, without a loop over times."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from augury.inference.state_space.scan import Elements, prefixes


@dataclass(frozen=True)
class Chain:
    r"""A Gauss-Markov chain :math:`x_0 \sim N(0, P)`, :math:`x_{k+1} = A_k x_k + N(0, Q_k)`, seen in part.

    Of :math:`f_k = H x_k` there is a Gaussian factor :math:`e^{\eta_k^T f_k - f_k^T \Lambda_k f_k / 2}` at
    each time, which may be of any rank: zero where nothing was observed.

    Args:
        first: `... x S x S`, `P`.
        A: `(T-1) x ... x S x S` transitions.
        Q: `(T-1) x ... x S x S` covariances of what they add.
        H: `R x S`.
        precision: `T x ... x R x R`, the `Lambda`.
        shift: `T x ... x R`, the `eta`.
    """

    first: Tensor
    A: Tensor
    Q: Tensor
    H: Tensor
    precision: Tensor
    shift: Tensor


@dataclass(frozen=True)
class Filtered:
    """What is known at each time from the times so far.

    Args:
        mean: `T x ... x S`.
        covariance: `T x ... x S x S`.
        log_evidence: `...`, the logarithm of the integral of all factors over the chain.
    """

    mean: Tensor
    covariance: Tensor
    log_evidence: Tensor


@dataclass(frozen=True)
class Smoothed:
    """What is known at each time from all times.

    Args:
        mean: `T x ... x S`.
        covariance: `T x ... x S x S`.
        gain: `(T-1) x ... x S x S`: the covariance of `x_k` and `x_(k+1)` is `gain_k covariance_(k+1)`.
        log_evidence: as of the filter.
    """

    mean: Tensor
    covariance: Tensor
    gain: Tensor
    log_evidence: Tensor


def kalman_filter(chain: Chain) -> Filtered:
    r"""Filter by an associative scan: `O(log T)` vectorised steps, `O(T)` work.

    An element holds :math:`p(x_k \mid x_j, \text{factors}) = N(A x_j + b, C)` and the factor of information
    :math:`(\eta, J)` that the same observations are on :math:`x_j`.

    Source: Sarkka and Garcia-Fernandez, "Temporal parallelization of Bayesian smoothers", IEEE Trans.
    Automatic Control 66 (2021); elements in information form (ours), which need no inverse of the covariance
    of an observation.
    """
    H, J = chain.H, chain.H.mT @ chain.precision @ chain.H
    h = (chain.H.mT @ chain.shift.unsqueeze(-1)).squeeze(-1)
    identity = torch.eye(H.shape[-1], dtype=torch.float64)
    zero = torch.zeros_like(J[:1])
    F = torch.cat([zero, chain.A.expand(len(chain.A), *J.shape[1:])])
    Q = torch.cat([zero + chain.first, chain.Q.expand(len(chain.Q), *J.shape[1:])])
    M = torch.linalg.inv(identity + Q @ J)
    A, C = M @ F, _symmetric(M @ Q)
    b = _times(C, h)
    eta, information = _times(F.mT, _times(M.mT, h)), _symmetric(F.mT @ J @ M @ F)
    _, mean, covariance, _, _ = prefixes(_after, (A, b, C, eta, information))
    return Filtered(mean, covariance, _log_evidence(chain, F, Q, mean, covariance))


def _after(i: Elements, j: Elements) -> Elements:
    """The element of two stretches of time, the first of which is `i`."""
    A1, b1, C1, eta1, J1 = i
    A2, b2, C2, eta2, J2 = j
    D = torch.linalg.inv(torch.eye(A1.shape[-1], dtype=torch.float64) + C1 @ J2)
    through = A2 @ D
    back = A1.mT @ D.mT
    return (
        through @ A1,
        _times(through, b1 + _times(C1, eta2)) + b2,
        _symmetric(through @ C1 @ A2.mT) + C2,
        _times(back, eta2 - _times(J2, b1)) + eta1,
        _symmetric(back @ J2 @ A1) + J1,
    )


def _log_evidence(chain: Chain, F: Tensor, Q: Tensor, mean: Tensor, covariance: Tensor) -> Tensor:
    r"""`log E e^(eta f - f Lambda f / 2)` of each time's prediction of `f`, summed."""
    H, precision, shift = chain.H, chain.precision, chain.shift
    before = torch.cat([torch.zeros_like(mean[:1]), mean[:-1]])
    spread = torch.cat([torch.zeros_like(covariance[:1]), covariance[:-1]])
    m = _times(H, _times(F, before))
    S = H @ (F @ spread @ F.mT + Q) @ H.mT
    residual = shift - _times(precision, m)
    inner = torch.eye(H.shape[0], dtype=torch.float64) + precision @ S
    quadratic = (residual * _times(S, torch.linalg.solve(inner, residual))).sum(-1)
    terms = (shift * m).sum(-1) - 0.5 * (m * _times(precision, m)).sum(-1) + 0.5 * quadratic
    return (terms - 0.5 * torch.linalg.slogdet(inner).logabsdet).sum(dim=0)


def kalman_smoother(chain: Chain) -> Smoothed:
    """Filter, then the Rauch-Tung-Striebel smoother by a scan from the end; see `kalman_filter`."""
    filtered = kalman_filter(chain)
    m, P = filtered.mean[:-1], filtered.covariance[:-1]
    A = chain.A.expand(len(chain.A), *filtered.covariance.shape[1:])
    predicted = _symmetric(A @ P @ A.mT + chain.Q)
    gain = torch.linalg.solve(predicted, A @ P).mT
    g = m - _times(gain, _times(A, m))
    L = _symmetric(P - gain @ A @ P)
    elements = (
        torch.cat([gain, torch.zeros_like(filtered.covariance[-1:])]).flip(0),
        torch.cat([g, filtered.mean[-1:]]).flip(0),
        torch.cat([L, filtered.covariance[-1:]]).flip(0),
    )
    _, mean, covariance = prefixes(_before, elements)
    return Smoothed(mean.flip(0), covariance.flip(0), gain, filtered.log_evidence)


def _before(later: Elements, earlier: Elements) -> Elements:
    """The element of two stretches of time, the second of which is earlier."""
    E2, g2, L2 = later
    E1, g1, L1 = earlier
    return E1 @ E2, _times(E1, g2) + g1, _symmetric(E1 @ L2 @ E1.mT) + L1


def _times(matrix: Tensor, vector: Tensor) -> Tensor:
    return (matrix @ vector.unsqueeze(-1)).squeeze(-1)


def _symmetric(matrix: Tensor) -> Tensor:
    return 0.5 * (matrix + matrix.mT)
