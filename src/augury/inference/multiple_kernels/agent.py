"""One of several holders of data, who learns weights with the others and shows them no row."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, replace
from math import sqrt
from typing import Any, NoReturn, Protocol, Self

import numpy as np
import torch
from torch import Tensor

from augury.errors import InvalidInputError, NotSupportedError
from augury.inference.multiple_kernels.evidence import Evidence
from augury.inference.multiple_kernels.proximal import proximal_weights
from augury.inference.multiple_kernels.rounding import stochastic_round
from augury.kernels.linear_multiple.base import LinearMultipleKernel
from augury.kernels.linear_multiple.components import Components
from augury.numerics.linalg import cholesky_in_place, solve_with_factor

Load = Callable[[], tuple[Tensor, Tensor]]


class Executor(Protocol):
    """What runs an agent's work: `concurrent.futures` threads, a Dask client, ..."""

    def submit(self, function: Callable[..., Any], /, *arguments: Any, **options: Any) -> Any:
        """A future of `function(*arguments)`."""


class _Here:
    """An executor that runs at once, in the caller."""

    def submit(self, function: Callable[..., Any], /, *arguments: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_result(function(*arguments))
        return future


class Agent:
    """A holder of data, wherever these are.

    The data are loaded where the executor runs the work, and what refers to them refuses to be pickled, so
    that no executor can move them. Keep an agent on one worker by options of `submit`; for Dask
    `Agent(load, kernel, noise, executor=client, workers=[address], pure=False)`. A process pool cannot keep
    them: it has no way to say which process runs what.

    Args:
        load: returns `n x d` inputs and `n` outcomes; called once, on the worker.
        kernel: the dictionary, the same for all agents.
        noise: variance of the noise.
        executor: anything with `submit`, whose futures can be arguments of further work or are results
            already; the caller itself when None.
        options: handed to `submit`.
    """

    def __init__(
        self,
        load: Load,
        kernel: LinearMultipleKernel,
        noise: float,
        executor: Executor | None = None,
        **options: Any,
    ) -> None:
        self._executor: Executor = _Here() if executor is None else executor
        self._options = options
        self._held = self._executor.submit(_loaded, load, kernel, noise, **options)

    @classmethod
    def of(cls, X: Tensor, y: Tensor, kernel: LinearMultipleKernel, noise: float) -> Self:
        """One with its data (`n x d` and `n`) in this process."""
        return cls(lambda: (X, y), kernel, noise)

    def tell(self, method: str, *arguments: Any) -> Any:
        """Begin a method of `PrivateData` where the data are; a future of its reply."""
        self._held = self._executor.submit(_told, self._held, method, *arguments, **self._options)
        return self._executor.submit(_reply, self._held, **self._options)


@dataclass(frozen=True)
class PrivateData:
    """An agent's rows and what it remembers between rounds; every method gives its successor and a reply.

    Args:
        X: `n x d` inputs.
        y: `n` outcomes.
        kernel: the dictionary.
        noise: variance of the noise.
        components: the dictionary at these rows.
        unit: of the weights below, and of variances in `evidence`.
        evidence: of these rows.
        sent: the `A` weights sent last.
        exact: the same before they were rounded.
        dual: `A` multipliers.
    """

    X: Tensor
    y: np.ndarray
    kernel: LinearMultipleKernel
    noise: float
    components: Components
    unit: float
    evidence: Evidence
    sent: np.ndarray
    exact: np.ndarray
    dual: np.ndarray

    def __reduce__(self) -> NoReturn:
        raise NotSupportedError("an agent's data stay on its worker; submit its work to that worker alone")

    def summary(self) -> tuple[PrivateData, tuple[int, float, int]]:
        """The number of rows, the variance of the outcomes, and the number of components."""
        return self, (len(self.y), float(self.y.var()), len(self.components))

    def begin(self, unit: float, weights: np.ndarray) -> tuple[PrivateData, None]:
        """Forget earlier rounds, and count weights in `unit` from now on; `A` of them to begin with."""
        evidence = Evidence(self.components, self.y / sqrt(unit))
        nothing = np.zeros_like(weights)
        fresh = replace(self, unit=unit, evidence=evidence, sent=weights, exact=weights, dual=nothing)
        return fresh, None

    def step(
        self, centre: np.ndarray, penalties: tuple[float, float], step: float, seed: int
    ) -> tuple[PrivateData, np.ndarray]:
        """Weights that suit these rows and are near to what all agree on, rounded.

        Args:
            centre: `A` weights all agree on.
            penalties: of the round before, and of this one.
            step: of the quantisation.
            seed: of the rounding.
        """
        before, penalty = penalties
        dual = self.dual + before * (self.sent - centre)
        noise = self.noise / self.unit
        exact = proximal_weights(self.evidence, self.exact, noise, centre, dual, penalty)
        sent = stochastic_round(exact, step, np.random.default_rng(seed))
        return replace(self, sent=sent, exact=exact, dual=dual), sent

    def predict(self, weights: np.ndarray, X: Tensor) -> tuple[PrivateData, tuple[np.ndarray, np.ndarray]]:
        """Mean and variance of the outcomes at `X` (`N x d`) by these rows alone, noise included."""
        return self, predicted(self.kernel, weights, self.noise, self.X, self.y, X)


def predicted(
    kernel: LinearMultipleKernel, weights: np.ndarray, noise: float, X: Tensor, y: np.ndarray, new: Tensor
) -> tuple[np.ndarray, np.ndarray]:
    """Mean and variance (with noise) of the outcomes at `new` (`N x d`), given `y` (`n`) at `X` (`n x d`)."""
    indices = torch.from_numpy(np.flatnonzero(weights))
    alive = torch.from_numpy(weights[weights != 0.0])
    with torch.no_grad():
        factor = np.array(kernel.combination(X, X, alive, indices).numpy(), order="F")
        cross = kernel.combination(new.double(), X, alive, indices).numpy()
        prior = kernel.diagonal_combination(new.double(), alive, indices).numpy()
    np.einsum("ii->i", factor)[...] += noise
    cholesky_in_place(factor)
    solved = solve_with_factor(factor, np.column_stack([y, cross.T]))
    variance = prior - np.einsum("ij,ji->i", cross, solved[:, 1:])
    return cross @ solved[:, 0], np.maximum(variance, 0.0) + noise


def _loaded(load: Load, kernel: LinearMultipleKernel, noise: float) -> tuple[PrivateData, None]:
    X, y = load()
    X, outcomes = torch.as_tensor(X).double(), torch.as_tensor(y).double().numpy()
    if X.dim() != 2 or outcomes.shape != (len(X),) or not len(X):
        raise InvalidInputError(
            f"an agent needs n x d inputs and n outcomes; given {tuple(X.shape)}, {outcomes.shape}"
        )
    if not 0.0 < noise < np.inf:
        raise InvalidInputError(f"noise must be a positive variance; given {noise}")
    components = kernel.components(X)
    evidence, nothing = Evidence(components, outcomes), np.zeros(len(components))
    return PrivateData(X, outcomes, kernel, noise, components, 1.0, evidence, nothing, nothing, nothing), None


def _told(held: Any, method: str, *arguments: Any) -> tuple[PrivateData, Any]:
    private: PrivateData = _result(held)[0]
    answer: tuple[PrivateData, Any] = getattr(private, method)(*arguments)
    return answer


def _reply(held: Any) -> Any:
    return _result(held)[1]


def _result(held: Any) -> Any:
    """What a future holds, on executors that hand over futures as they are."""
    return held.result() if hasattr(held, "result") else held
