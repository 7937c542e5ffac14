r"""How the particles of Stein variational gradient descent act on each other.

The particles are the designs of n sampled preferences, which share one network. A step adds up, over all
particles i,

.. math::
    \sum_j K_{ij} \hat g_j + \alpha \nabla_\theta \sum_j K_{ij},

so that the first term needs only the column sums of K, and the second one gradient of its total.

Source: Nguyen et al., "Improving Pareto set learning for expensive multi-objective optimization via Stein
variational hypernetworks", arXiv:2412.17312 (2024), section 4; Liu and Wang, NeurIPS 2016.
"""

from __future__ import annotations

from collections.abc import Callable
from math import log

import numpy as np

Array = np.ndarray
#: `(L: n x k, active: n, bandwidth) -> (column sums of K: n, derivative of its total by L: n x k)`
Coupling = Callable[[Array, Array, float], tuple[Array, Array]]

_LEAST_BANDWIDTH = 5e-6  # of the local kernel, where the median is 0
_LEAST_GLOBAL = 1e-6


def local_kernel(L: Array, active: Array, bandwidth: float) -> tuple[Array, Array]:
    r"""Closeness in the one objective that decides the second particle's scalarised value,

    .. math::
        K_{ij} = \exp\left(-\frac{(L_{i a_j} - L_{j a_j})^2}{h_{a_j}}\right), \qquad
        h_k = c\, \frac{\mathrm{median}_{ij} \left((L_{ik} - L_{jk})^2\right)^2}{\log n}.

    The bandwidth is as in the authors' code: the *square* of the median of squared distances, over all pairs,
    a particle with itself among them. It is held constant in the derivative.

    Args:
        L: `n x k` objectives of the particles.
        active: `n`, the objective that decides each.
        bandwidth: `c`.
    """
    n = len(L)
    difference = L[:, None, :] - L[None, :, :]
    medians = np.median(np.square(difference).reshape(n * n, -1), axis=0)
    h = np.where(medians == 0.0, _LEAST_BANDWIDTH, bandwidth * medians**2 / log(n))
    columns = np.arange(n)
    chosen = difference[:, columns, active]
    K = np.exp(-np.square(chosen) / h[active])
    pull = -2.0 * K * chosen / h[active]  # by L of the row; the column's is its opposite
    slopes = np.zeros(L.shape)
    for objective in range(L.shape[1]):
        slopes[:, objective] = pull[:, active == objective].sum(axis=1)
    slopes[columns, active] -= pull.sum(axis=0)
    return K.sum(axis=0), slopes


def global_kernel(L: Array, active: Array, bandwidth: float) -> tuple[Array, Array]:
    r"""Closeness in all objectives, `K_ij = exp(-|L_i - L_j|^2 / h)`, `h` from the median as above."""
    n = len(L)
    difference = L[:, None, :] - L[None, :, :]
    squares = np.square(difference).sum(axis=-1)
    median = float(np.median(squares))
    h = bandwidth * (median**2 / log(n) if median > 0.0 else _LEAST_GLOBAL)
    K = np.exp(-squares / h)
    return K.sum(axis=0), -4.0 / h * np.einsum("ij,ijk->ik", K, difference)


def no_kernel(L: Array, active: Array, bandwidth: float) -> tuple[Array, Array]:
    """The identity: each particle by itself, and nothing drives them apart."""
    return np.ones(len(L)), np.zeros(L.shape)


COUPLINGS: dict[str, Coupling] = {"local": local_kernel, "global": global_kernel, "none": no_kernel}
