"""Acquisition functions of a mixture of surrogates: expectations, mixed as the posterior is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from augury.acquisition.base import Acquisition, is_smooth


class LogMixture:
    r"""The logarithm of an expectation under a mixture, of those under its members.

    .. math::
        \log \mathbb E_p\, g = \log \sum_k w_k \exp(\log \mathbb E_{p_k}\, g)

    which is exact for whatever is an expectation over the posterior: expected improvement, noisy or not, and
    probabilities.

    Args:
        parts: the logarithm under each member.
        weights: the members' positive weights.
    """

    def __init__(self, parts: Sequence[Acquisition], weights: Sequence[float]) -> None:
        self._parts, self._logs = list(parts), np.log(np.asarray(weights, dtype=float))
        leading = self._parts[int(np.argmax(self._logs))]
        self.lengthscales: np.ndarray | None = getattr(leading, "lengthscales", None)
        self.is_smooth = all(map(is_smooth, self._parts))

    def value(self, X: np.ndarray) -> np.ndarray:
        """`N` values at `X` (`N x d`)."""
        return self._mixed(np.stack([part.value(X) for part in self._parts]))[0]

    def value_gradient(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """`N` values at `X` (`N x d`) and their gradients (`N x d`)."""
        pairs = [part.value_gradient(X) for part in self._parts]
        value, shares = self._mixed(np.stack([pair[0] for pair in pairs]))
        return value, np.einsum("kn,knd->nd", shares, np.stack([pair[1] for pair in pairs]))

    def _mixed(self, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The logarithm of the sum over members (`K x N`), and the share of each."""
        values = values + self._logs[:, None]
        largest = values.max(axis=0)
        shares = np.exp(values - np.where(np.isfinite(largest), largest, 0.0))
        total = shares.sum(axis=0)
        with np.errstate(divide="ignore", invalid="ignore"):
            return largest + np.log(total), shares / total


def over_members(model: Any, build: Callable[[Any], Acquisition], members: str = "deciding") -> Acquisition:
    """`build(model)`, or for a mixture of surrogates the `LogMixture` of what is built of its members.

    Args:
        model: a surrogate; one that is a mixture offers `mixture`, pairs of weight and surrogate, and of
            these `deciding`, those that have a say in where to evaluate next.
        build: from a surrogate to the logarithm of an expectation over its posterior.
        members: which of the two.
    """
    pairs = getattr(model, members, None)
    if pairs is None:
        return build(model)
    if len(pairs) == 1:
        return over_members(pairs[0][1], build, members)
    parts = [over_members(member, build, members) for _, member in pairs]
    return LogMixture(parts, [weight for weight, _ in pairs])
