"""Finite-width corrections for two inputs together: how a network's prior over functions leaves its limit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from augury.errors import InvalidInputError
from augury.kernels.activation import Activation, resolve_activation
from augury.kernels.criticality import ActivationLike, check_variances, critical_point
from augury.kernels.gaussian_expectation import gaussian_nodes

#: Gauss-Legendre nodes in each panel of the second variable, whose panels reach so many deviations.
_ORDER, _REACH = 8, 10
#: Panels next to the second variable's zero shrink to `2^-12` deviations.
_GRADES = 12
#: Correlations nearer to 1 leave no digits of the inverse kernel.
_NEAREST = 1e-7


@dataclass(frozen=True)
class PairStatistics:
    r"""How the preactivations `z_a`, `z_b` of two inputs are distributed over networks, layer by layer.

    Args:
        kernel: `depth x 2 x 2`, `K_ab` at infinite width.
        vertex: `depth x 2 x 2 x 2 x 2`, `V_(ab)(cd)`: for two neurons of a layer
            `Cov(z_ia z_ib, z_jc z_jd) = V_(ab)(cd) / n` to leading order.
        correction: `depth x 2 x 2`, `G_ab`: `E[z_a z_b] = K_ab + G_ab / n` up to order `1 / n^2`.
    """

    kernel: np.ndarray
    vertex: np.ndarray
    correction: np.ndarray


def pair_statistics(
    activation: ActivationLike,
    inputs: Tensor,
    depth: int,
    weight_var: float | None = None,
    bias_var: float | None = None,
) -> PairStatistics:
    r"""Kernel, four-point vertex and `1 / n` correction of two inputs through the layers.

    With `P_ab` the map from a small change of the kernel to that of `C_W <s_a s_b>`,

    .. math::
        V'_{(ab)(cd)} &= C_W^2 \big( \langle s_a s_b s_c s_d \rangle - \langle s_a s_b \rangle
            \langle s_c s_d \rangle \big) + \sum P_{ab}^{ij} V_{(ij)(kl)} P_{cd}^{kl} \\
        P_{ab}^{ij} &= \tfrac12 C_W \langle s_a s_b [K^{-1} (z z^T - K) K^{-1}]_{ij} \rangle \\
        G'_{ab} &= \sum P_{ab}^{ij} G_{ij} + \tfrac18 C_W \sum V_{(ij)(kl)}
            \langle s_a s_b H^{ijkl}(z) \rangle

    `s = sigma(z)`, `H` the fourth Hermite tensor of `N(0, K)`, and `V = G = 0` in the first layer. For one
    input these are the numbers of `network_statistics`; hidden layers are of one width `n`.

    Source: Roberts, Yaida and Hanin (2022), chapter 4; checked by simulation in
    `tests/kernels/test_four_point_vertex.py`.

    Args:
        activation: a name, a callable, or an `Activation`.
        inputs: `2 x d`.
        depth: the number of layers; the first has no nonlinearity before it.
        weight_var: `C_W`; with `bias_var` None too, the critical values.
        bias_var: `C_b`; 0 where only `weight_var` is given.

    Raises:
        InvalidInputError: not two inputs, a depth below 1, or inputs that a layer cannot tell apart.
        NotSupportedError: no variances are given and the activation has no critical point.
    """
    resolved = resolve_activation(activation)
    X = torch.as_tensor(inputs, dtype=torch.float64)
    if X.dim() != 2 or len(X) != 2 or not bool(torch.isfinite(X).all()):
        raise InvalidInputError(f"inputs must be 2 x d finite numbers; given shape {tuple(X.shape)}")
    if isinstance(depth, bool) or not isinstance(depth, int) or depth < 1:
        raise InvalidInputError(f"depth must be a whole number of at least 1; given {depth!r}")
    if weight_var is None:
        point = critical_point(resolved)
        weight_var, bias_var = point.weight_var, point.bias_var if bias_var is None else bias_var
    bias_var = 0.0 if bias_var is None else bias_var
    check_variances(weight_var, bias_var, 0.0)
    K = bias_var + weight_var * X @ X.T / X.shape[1]
    V, G = torch.zeros(2, 2, 2, 2, dtype=torch.float64), torch.zeros(2, 2, dtype=torch.float64)
    rows = []
    for layer in range(1, depth + 1):
        rows.append((K, V, G))
        if layer < depth:
            K, V, G = _following(resolved, K, V, G, weight_var, bias_var, layer)
    return PairStatistics(*(torch.stack(part).numpy() for part in zip(*rows, strict=True)))


def _following(
    activation: Activation, K: Tensor, V: Tensor, G: Tensor, weight_var: float, bias_var: float, layer: int
) -> tuple[Tensor, Tensor, Tensor]:
    scale = float(K[0, 0] * K[1, 1])
    if not (scale > 0.0 and 1.0 - float(K[0, 1]) ** 2 / scale > _NEAREST):
        raise InvalidInputError(
            f"the two inputs are one to layer {layer} (their correlation is 1): give inputs that differ in "
            "direction, or take fewer layers"
        )
    L = torch.linalg.cholesky(K)
    inverse = torch.linalg.inv(L)
    w, weights = _nodes(L, activation)
    s = activation.function(L @ w)  # 2 x nodes
    one = torch.eye(2, dtype=torch.float64)
    products = torch.einsum("an,bn->abn", s, s)
    second = products @ weights
    fourth = torch.einsum("abn,cdn,n->abcd", products, products, weights)
    weighted = products * weights
    moment2 = torch.einsum("abn,in,jn->abij", weighted, w, w)
    moment4 = torch.einsum("abn,ijn,kln->abijkl", weighted, *[torch.einsum("in,jn->ijn", w, w)] * 2)
    P = 0.5 * weight_var * (moment2 - torch.einsum("ab,ij->abij", second, one))
    P = torch.einsum("abij,ip,jq->abpq", P, inverse, inverse)
    white = torch.einsum("pqrs,ip,jq,kr,ls->ijkl", V, inverse, inverse, inverse, inverse)
    hermite = torch.einsum("abijkl,ijkl->ab", moment4, white)
    for pair, rest in (("ij", "kl"), ("kl", "ij"), ("ik", "jl"), ("il", "jk"), ("jk", "il"), ("jl", "ik")):
        hermite -= torch.einsum(f"ab{pair},{rest},ijkl->ab", moment2, one, white)
    for pair, rest in (("ij", "kl"), ("ik", "jl"), ("il", "jk")):
        hermite += second * torch.einsum(f"{pair},{rest},ijkl->", one, one, white)
    spread = fourth - torch.einsum("ab,cd->abcd", second, second)
    return (
        bias_var + weight_var * second,
        weight_var**2 * spread + torch.einsum("abij,ijkl,cdkl->abcd", P, V, P),
        torch.einsum("abij,ij->ab", P, G) + weight_var / 8.0 * hermite,
    )


def _nodes(L: Tensor, activation: Activation) -> tuple[Tensor, Tensor]:
    """`2 x N` standard normal nodes and `N` weights; panels break where either preactivation is at a kink."""
    u, first = gaussian_nodes(L[0, 0] ** 2, activation.kinks)
    kinks = torch.tensor([0.0, *activation.kinks], dtype=torch.float64)
    at = (kinks - (L[1, 0] * u).unsqueeze(-1)) / L[1, 1]  # nodes x kinks, in the second variable
    graded = torch.tensor([0.0] + [sign * 2.0**-k for k in range(_GRADES) for sign in (1, -1)]).double()
    near = (at.unsqueeze(-1) + graded).flatten(1).clamp(-_REACH, _REACH)
    whole = torch.arange(-_REACH, _REACH + 1, dtype=torch.float64).expand(len(u), -1)
    breaks = torch.cat([near, whole], dim=1).sort(dim=1).values
    half = 0.5 * breaks.diff(dim=1).unsqueeze(-1)
    nodes, weights = (torch.from_numpy(part) for part in np.polynomial.legendre.leggauss(_ORDER))
    v = (breaks[:, :-1].unsqueeze(-1) + half * (1.0 + nodes)).flatten(1)
    second = (half * weights).flatten(1) * torch.exp(-0.5 * v.square()) / (2.0 * torch.pi) ** 0.5
    kept = second * first.unsqueeze(1)
    w = torch.stack([u.unsqueeze(1).expand(v.shape), v]).flatten(1)
    present = kept.flatten() > 1e-40
    return w[:, present], kept.flatten()[present]
