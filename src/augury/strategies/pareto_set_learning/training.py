"""Training of a preference network on the bounds of the objectives."""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace
from typing import Protocol, Self

import numpy as np
import torch

from augury.errors import InvalidInputError
from augury.strategies.pareto_set_learning.coupling import COUPLINGS
from augury.strategies.pareto_set_learning.network import PreferenceNetwork
from augury.strategies.pareto_set_learning.scalarization import SCALARIZATIONS

_LEAST_PREFERENCE = 1e-4  # added to every entry
_CHECKED_PER_OBJECTIVE = 100  # fixed preferences by which weights are compared


class Bounds(Protocol):
    """The objectives, to be minimised: what training asks of `LowerBounds`."""

    def __call__(self, X: np.ndarray, *, gradient: bool = False) -> np.ndarray:
        """`N x k` values at `X` (`N x d`); with `gradient`, what `pullback` needs is remembered."""

    def pullback(self, slopes: np.ndarray) -> np.ndarray:
        """`N x d`: the gradient of the sum of all values weighted by `slopes` (`N x k`)."""


@dataclass(frozen=True)
class Training:
    """How a network learns the Pareto set, all as published unless said.

    Args:
        coupling: "local" or "global", the kernel of Stein variational gradient descent; "none" for particles
            that do not act on each other (the ablation).
        scalarization: "tchebycheff" (of the Stein coupling) or "augmented-tchebycheff" (of PSL-MOBO).
        normalization: "parameter" (the gradients by each parameter have norm 1 over the particles) or
            "design" (the gradient by each design has norm 1, as in PSL-MOBO; without coupling only).
        n_preferences: particles of a step, at least 2.
        steps: of Adam.
        repulsion: weight alpha of the term that drives particles apart.
        bandwidth: factor c of the kernel's bandwidth.
        learning_rate: of Adam.
        check_every: after so many steps the weights are compared, by the mean scalarised value of fixed
            preferences, and the best are kept. (The published code compares the hypervolume after every step,
            which takes most of its time.)
        hidden: widths of the network.

    Raises:
        InvalidInputError: a value that is not allowed.
    """

    coupling: str = "local"
    scalarization: str = "tchebycheff"
    normalization: str = "parameter"
    n_preferences: int = 10
    steps: int = 1000
    repulsion: float = 1e-3
    bandwidth: float = 1.0
    learning_rate: float = 1e-3
    check_every: int = 25
    hidden: tuple[int, ...] = (256, 256)

    def __post_init__(self) -> None:
        for name, allowed in (
            ("coupling", COUPLINGS),
            ("scalarization", SCALARIZATIONS),
            ("normalization", ("parameter", "design")),
        ):
            if getattr(self, name) not in allowed:
                raise InvalidInputError(
                    f"{name}={getattr(self, name)!r} is not known; choose one of "
                    f"{', '.join(map(repr, allowed))}"
                )
        for name, least in (("n_preferences", 2), ("steps", 1), ("check_every", 1)):
            value = getattr(self, name)
            if type(value) is not int or value < least:
                raise InvalidInputError(
                    f"{name}={value!r} is not allowed; give a whole number, at least {least}"
                )
        for name in ("bandwidth", "learning_rate"):
            if not getattr(self, name) > 0.0:
                raise InvalidInputError(f"{name}={getattr(self, name)!r} must be positive")
        if not self.repulsion >= 0.0:
            raise InvalidInputError(f"repulsion={self.repulsion!r} must not be negative")
        if self.normalization == "design" and self.coupling != "none":
            raise InvalidInputError('normalization="design" goes with coupling="none" only')

    def with_steps(self, steps: int) -> Self:
        """The same with another number of steps."""
        return replace(self, steps=max(1, steps))

    def run(self, network: PreferenceNetwork, bounds: Bounds, ideal: np.ndarray, *, seed: int) -> None:
        """Train the network, which ends with the best weights that were seen.

        Args:
            network: is changed.
            bounds: of the objectives.
            ideal: `k`, in the same units, better than every attainable value.
            seed: of the preferences.
        """
        rng = np.random.default_rng(seed)
        k = len(ideal)
        scalarization = SCALARIZATIONS[self.scalarization]
        fixed = sample_preferences(rng, _CHECKED_PER_OBJECTIVE * k, k)
        adam = torch.optim.Adam(network.parameters(), lr=self.learning_rate, fused=True)
        least, best = np.inf, copy.deepcopy(network.state_dict())
        for step in range(self.steps + 1):
            if step % self.check_every == 0 or step == self.steps:
                L = bounds(network.remember(torch.from_numpy(fixed)).numpy())
                mean = float(scalarization(fixed, L, ideal)[0].mean())
                if mean < least:
                    least, best = mean, copy.deepcopy(network.state_dict())
            if step < self.steps:
                self._step(network, bounds, ideal, sample_preferences(rng, self.n_preferences, k))
                adam.step()
        network.load_state_dict(best)

    def _step(
        self, network: PreferenceNetwork, bounds: Bounds, ideal: np.ndarray, preferences: np.ndarray
    ) -> None:
        """Put the direction of one step into the gradients of the network's parameters."""
        X = network.remember(torch.from_numpy(preferences)).numpy()
        L = bounds(X, gradient=True)
        _, slopes, active = SCALARIZATIONS[self.scalarization](preferences, L, ideal)
        by_design = bounds.pullback(slopes)
        if self.normalization == "design":
            norms = np.linalg.norm(by_design, axis=1, keepdims=True)
            network.accumulate(torch.from_numpy(by_design / np.maximum(norms, 1e-12)), None, None)
            return
        weights, pushes = COUPLINGS[self.coupling](L, active, self.bandwidth)
        plain = None
        if self.repulsion > 0.0 and self.coupling != "none":
            plain = torch.from_numpy(bounds.pullback(self.repulsion * pushes))
        network.accumulate(torch.from_numpy(by_design), torch.from_numpy(weights), plain)


def sample_preferences(rng: np.random.Generator, n: int, k: int) -> np.ndarray:
    """`n x k` preferences, uniform on the simplex, each entry a little above 0."""
    preferences: np.ndarray = rng.dirichlet(np.ones(k), size=n) + _LEAST_PREFERENCE
    return preferences
