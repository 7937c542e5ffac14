"""The expected maximum of random lines: what the best posterior mean will be after one more evaluation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, overload

import numpy as np
import torch
from scipy.special import ndtr
from torch import Tensor

from augury.errors import InvalidInputError
from augury.numerics.normal import log_h

#: Slopes closer than this share of the largest are one slope; the higher line of the two is kept.
_PARALLEL = 1e-12
#: Breakpoints farther out count as this far: their square must be finite.
_FARTHEST = 1e100
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
    has no terms that cancel. Sorting dominates: `O(k log k)` for `k` lines.

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
    envelope = _UpperEnvelope.of(a, b)
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
    envelope = _UpperEnvelope.of(a, b)
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


@dataclass(frozen=True)
class _UpperEnvelope:
    """The lines that are the highest somewhere, in `N` independent problems of at most `w` such lines.

    Args:
        lines: `N x w` their indices by rising slope; what is beyond a problem's last line repeats nothing of
            meaning.
        breaks: `N x (w - 1)` where each gives way to the next, 0 where there is no next.
        rise: `N x (w - 1)` by how much the slope rises there, 1 where there is no next.
        present: `N x (w - 1)` whether there is a next.
    """

    lines: np.ndarray
    breaks: np.ndarray
    rise: np.ndarray
    present: np.ndarray

    @classmethod
    def of(cls, a: np.ndarray, b: np.ndarray) -> _UpperEnvelope:
        """The envelope of `N x k` lines.

        Lines are taken by rising slope onto a stack; a line pops those that it hides. All problems go in
        lock-step, each at its own line, so that there are at most `2 k` steps.
        """
        count, k = a.shape
        order = np.argsort(b, axis=1, kind="stable")
        a, b = np.take_along_axis(a, order, axis=1), np.take_along_axis(b, order, axis=1)
        tolerance = _PARALLEL * np.abs(b).max(axis=1)
        stack, starts = np.zeros((count, k), dtype=np.intp), np.full((count, k), -np.inf)
        top, following = np.zeros(count, dtype=np.intp), np.ones(count, dtype=np.intp)
        while len(rows := np.flatnonzero(following < k)):
            at, new = top[rows], following[rows]
            below = stack[rows, at]
            rise = b[rows, new] - b[rows, below]
            drop = a[rows, below] - a[rows, new]
            parallel = rise <= tolerance[rows]
            start = drop / np.where(parallel, 1.0, rise)
            hides = np.where(parallel, drop <= 0.0, start <= starts[rows, at])
            pops = hides & (at > 0)
            enters = np.where(hides, at == 0, ~parallel)
            # a line that hides the only one there is takes its place
            place = at + ~hides
            entering = rows[enters]
            stack[entering, place[enters]] = new[enters]
            starts[entering, place[enters]] = np.where(hides, -np.inf, start)[enters]
            top[rows] = np.where(enters, place, at - pops)
            following[rows] += ~pops
        width = int(top.max(initial=0)) + 1
        stack = stack[:, :width]
        present = np.arange(1, width) <= top[:, None]
        slopes = np.take_along_axis(b, stack, axis=1)
        breaks = np.where(present, np.clip(starts[:, 1:width], -_FARTHEST, _FARTHEST), 0.0)
        rises = np.where(present, slopes[:, 1:] - slopes[:, :-1], 1.0)
        return cls(np.take_along_axis(order, stack, axis=1), breaks, rises, present)

    def scatter(self, values: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        """`N x w` values of the lines of the envelope at their places among all lines, 0 elsewhere."""
        result = np.zeros(shape)
        kept = np.concatenate([np.ones((len(values), 1), dtype=bool), self.present], axis=1)
        rows, columns = np.nonzero(kept)
        result[rows, self.lines[rows, columns]] = values[rows, columns]
        return result


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
