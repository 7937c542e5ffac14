"""The expected maximum of random lines: what the best posterior mean will be after one more evaluation."""

from __future__ import annotations

from typing import Any, overload

import numpy as np
import torch
from scipy.special import ndtr
from torch import Tensor

from augury.acquisition.upper_envelope import UpperEnvelope
from augury.errors import InvalidInputError
from augury.numerics.normal import log_h

_ROOT_2PI = float(np.sqrt(2.0 * np.pi))


@overload
def expected_max_of_lines(a: np.ndarray, b: np.ndarray) -> np.ndarray: ...
@overload
def expected_max_of_lines(a: Tensor, b: Tensor) -> Tensor: ...
def expected_max_of_lines(a: Any, b: Any) -> Any:
    r"""The expected maximum of lines under a standard normal variable.

    .. math::
        \mathbb E\,[\max_i (a_i + b_i Z)] = \max_i a_i + \sum_j (b_{j+1} - b_j)\, h(-|c_j|), \qquad
        h(z) = \phi(z) + z \Phi(z)

    over the lines that are the highest somewhere, by slope, with the breakpoints `c_j` between them. The sum
    has no terms that cancel. The envelope of `k` lines costs `O(k w)`, if it has few (`w`) lines, or else
    `O(k log k)`.

    Args:
        a: `... x k` intercepts, finite.
        b: `... x k` slopes; shapes broadcast.

    Returns:
        `...` expectations; for tensors differentiable (once), with the gradient in closed form.

    Raises:
        InvalidInputError: no lines, or shapes that do not broadcast.

    Source: Frazier, Powell and Dayanik, "The knowledge-gradient policy for correlated normal beliefs",
    INFORMS Journal on Computing 21 (2009), section 4.3.
    """
    if isinstance(a, Tensor) or isinstance(b, Tensor):
        a, b = (torch.as_tensor(lines, dtype=torch.float64) for lines in (a, b))
        _check_lines(tuple(a.shape), tuple(b.shape))
        a, b = torch.broadcast_tensors(a, b)
        return _ExpectedMax.apply(a, b)
    return expected_max_of_lines_gradient(a, b)[0]


def expected_max_of_lines_gradient(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    r"""The expected maximum of lines, and its derivatives with respect to intercepts and slopes.

    .. math::
        \frac{\partial}{\partial a_i} = \Phi(c_i) - \Phi(c_{i-1}), \qquad
        \frac{\partial}{\partial b_i} = \phi(c_{i-1}) - \phi(c_i)

    Args:
        a: `... x k` intercepts.
        b: `... x k` slopes; shapes broadcast.

    Returns:
        `...` values and two arrays `... x k`.

    Raises:
        InvalidInputError: no lines, or shapes that do not broadcast.
    """
    a, b, shape = _as_rows(a, b)
    envelope = UpperEnvelope.of(a, b)
    terms = np.where(envelope.present, envelope.rise * np.exp(log_h(-np.abs(envelope.breaks))[0]), 0.0)
    value = a.max(axis=1) + terms.sum(axis=1)
    last = np.full((len(a), 1), np.inf)
    ends = np.concatenate([-last, np.where(envelope.present, envelope.breaks, np.inf), last], axis=1)
    left, right = ends[:, :-1], ends[:, 1:]
    share = np.where(left > 0.0, ndtr(-left) - ndtr(-right), ndtr(right) - ndtr(left))
    density = np.exp(-0.5 * ends * ends) / _ROOT_2PI
    by_a, by_b = (envelope.scatter(part, a.shape) for part in (share, density[:, :-1] - density[:, 1:]))
    return value.reshape(shape[:-1]), by_a.reshape(shape), by_b.reshape(shape)


def log_expected_excess(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    r"""The logarithm of what the expected maximum of lines exceeds the largest intercept by.

    .. math::
        \log\big(\mathbb E\,[\max_i (a_i + b_i Z)] - \max_i a_i\big)
        = \log \sum_j (b_{j+1} - b_j)\, h(-|c_j|)

    Value and derivatives are exact to relative precision also where the excess underflows.

    Args:
        a: `... x k` intercepts.
        b: `... x k` slopes; shapes broadcast.

    Returns:
        `...` logarithms, `-inf` where all lines are parallel, and the derivatives with respect to `a` and `b`
        (`... x k` each, 0 there).

    Raises:
        InvalidInputError: no lines, or shapes that do not broadcast.
    """
    a, b, shape = _as_rows(a, b)
    envelope = UpperEnvelope.of(a, b)
    z, rise = -np.abs(envelope.breaks), envelope.rise
    log_value, slope = log_h(z)
    terms = np.where(envelope.present, np.log(rise) + log_value, -np.inf)
    largest = terms.max(axis=1, initial=-np.inf, keepdims=True)
    share = np.exp(terms - np.where(np.isfinite(largest), largest, 0.0))
    total = share.sum(axis=1, keepdims=True)
    weight = share / np.where(total > 0.0, total, 1.0) / rise
    by_left = -weight * slope * np.sign(envelope.breaks)  # by the intercept of the line left of the break
    by_rise = weight * (1.0 - z * slope)
    none = np.zeros((len(a), 1))
    by_a = np.concatenate([by_left, none], axis=1) - np.concatenate([none, by_left], axis=1)
    by_b = np.concatenate([none, by_rise], axis=1) - np.concatenate([by_rise, none], axis=1)
    with np.errstate(divide="ignore"):
        value = (largest + np.log(total))[:, 0]
    derivatives = (envelope.scatter(part, a.shape).reshape(shape) for part in (by_a, by_b))
    return value.reshape(shape[:-1]), *derivatives


class _ExpectedMax(torch.autograd.Function):
    """The closed form and its gradient, for tensors."""

    @staticmethod
    def forward(ctx: Any, a: Tensor, b: Tensor) -> Tensor:
        value, by_a, by_b = expected_max_of_lines_gradient(a.detach().numpy(), b.detach().numpy())
        ctx.save_for_backward(torch.from_numpy(by_a), torch.from_numpy(by_b))
        return torch.as_tensor(value)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, weight: Tensor) -> tuple[Tensor, Tensor]:
        by_a, by_b = ctx.saved_tensors
        return weight.unsqueeze(-1) * by_a, weight.unsqueeze(-1) * by_b


def _as_rows(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray, tuple[int, ...]]:
    """The lines as `N x k` arrays, and their common shape."""
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    _check_lines(a.shape, b.shape)
    a, b = np.broadcast_arrays(a, b)
    return a.reshape(-1, a.shape[-1]), b.reshape(-1, a.shape[-1]), a.shape


def _check_lines(a: tuple[int, ...], b: tuple[int, ...]) -> None:
    try:
        shape = np.broadcast_shapes(a, b)
    except ValueError:
        shape = ()
    if not shape or shape[-1] == 0:
        raise InvalidInputError(
            f"intercepts and slopes must be ... x k with at least one line; given shapes {a} and {b}"
        )
