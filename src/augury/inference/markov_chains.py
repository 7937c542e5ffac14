"""What samplers that run several Markov chains side by side have in common."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from augury.errors import InvalidInputError
from augury.inference.base import Inference, Progress
from augury.inference.diagnostics import chain_diagnostics, warn_of_poor_chains
from augury.inference.dual_averaging import DualAveraging
from augury.inference.evaluator import Array, Evaluator, LogDensity
from augury.inference.mass import MassAdaptation
from augury.inference.network_density import NetworkDensity
from augury.inference.predictive import WeightSamples

#: Below this average acceptance there is nothing to be learnt from the chains.
_LEAST_ACCEPTANCE = 0.01
#: A warm start needs this share of the burn-in.
_WARM_SHARE = 0.5


class SamplingError(InvalidInputError):
    """The chains hardly ever moved: the density, the data or the options are at fault."""


@dataclass
class Chains:
    """Where `C` chains stand.

    Args:
        position: `C x dim`.
        value: `C` log densities there.
        gradient: `C x dim` gradients there.
    """

    position: Array
    value: Array
    gradient: Array


@dataclass(frozen=True)
class Transition:
    """What one iteration did.

    Args:
        acceptance: `C` acceptance probabilities (averaged over a trajectory).
        divergent: `C`, whether the energy error ran away.
        steps: leapfrog steps taken by the longest trajectory.
    """

    acceptance: Array
    divergent: np.ndarray[Any, np.dtype[np.bool_]]
    steps: int


@dataclass(frozen=True)
class Draws:
    """What the chains leave.

    Args:
        position: `C x S x dim` sampled coordinates.
        statistics: acceptance, step size, divergences, gradient evaluations.
        step_size: that was used.
        inverse_mass: `dim`, that was used.
    """

    position: Array
    statistics: dict[str, float]
    step_size: float
    inverse_mass: Array


class MarkovChains(Inference):
    """Several chains that advance together as one batched computation.

    In the burn-in the step size adapts by dual averaging (one for all chains, so that each iteration teaches
    it `C` acceptances) and, with `mass="diagonal"`, the mass matrix from the variance of the chains in
    growing windows. Distances are measured by the prior's size of each coordinate to begin with.

    Args:
        num_samples: kept of each chain.
        burn_in: iterations of each chain before; half of them after a warm start.
        num_chains: `C`.
        step_size: first guess, relative to the prior's size.
        mass: "diagonal" to adapt the mass matrix, None to keep the prior's sizes.
        target_accept: wanted acceptance probability.

    Raises:
        InvalidInputError: an option out of its range.
    """

    def __init__(
        self,
        num_samples: int,
        burn_in: int,
        num_chains: int,
        step_size: float,
        mass: str | None,
        target_accept: float,
    ) -> None:
        for name, count, least in (
            ("num_samples", num_samples, 1),
            ("burn_in", burn_in, 0),
            ("num_chains", num_chains, 1),
        ):
            if int(count) != count or count < least:
                raise InvalidInputError(f"{name} must be an integer of at least {least}; given {count}")
        if not step_size > 0.0:
            raise InvalidInputError(f"step_size must be positive; given {step_size}")
        if not 0.0 < target_accept < 1.0:
            raise InvalidInputError(f"target_accept must lie between 0 and 1; given {target_accept}")
        if mass not in (None, "diagonal"):
            raise InvalidInputError(f"mass must be 'diagonal' or None; given {mass!r}")
        self.num_samples, self.burn_in, self.num_chains = int(num_samples), int(burn_in), int(num_chains)
        self.step_size, self.mass, self.target_accept = float(step_size), mass, float(target_accept)

    @abstractmethod
    def start(self, evaluator: Evaluator, position: Array) -> Chains:
        """The chains at their starting points (`C x dim`)."""

    @abstractmethod
    def transition(
        self,
        evaluator: Evaluator,
        chains: Chains,
        step_size: float,
        inverse_mass: Array,
        rng: np.random.Generator,
    ) -> Transition:
        """Advance the chains by one iteration, in place."""

    def run(
        self,
        density: NetworkDensity,
        *,
        initial: Mapping[str, Tensor] | None = None,
        seed: int = 0,
        progress: Progress | None = None,
    ) -> WeightSamples:
        evaluator = density.evaluator(self.num_chains)
        rng = np.random.default_rng([seed, 1])
        draws = self.sample(density, evaluator, rng, initial=initial, seed=seed, progress=progress)
        C, S, dim = draws.position.shape
        theta = torch.from_numpy(evaluator.complete(draws.position.reshape(C * S, dim), rng))
        weights, _ = density.split(theta)
        samples = WeightSamples(
            density.network,
            weights.contiguous(),
            density.noise_variance(theta).contiguous(),
            torch.arange(C).repeat_interleave(S),
            {**draws.statistics, **chain_diagnostics(density, weights, C)},
            {
                "theta": theta.reshape(C, S, -1)[:, -1].clone(),
                "step_size": torch.tensor([draws.step_size], dtype=torch.float64),
                "inverse_mass": torch.from_numpy(draws.inverse_mass),
            },
        )
        warn_of_poor_chains(samples.diagnostics, C, S)
        return samples

    def sample(
        self,
        density: LogDensity,
        evaluator: Evaluator,
        rng: np.random.Generator,
        *,
        initial: Mapping[str, Tensor] | None = None,
        seed: int = 0,
        progress: Progress | None = None,
    ) -> Draws:
        """Run the chains over any density.

        Args:
            density: gives the starting points.
            evaluator: of the density, for `num_chains` chains.
            rng: of momenta and acceptances.
            initial: see `run`.
            seed: of the starting points.
            progress: see `run`.

        Raises:
            SamplingError: fewer than 1 % of the proposals were accepted.
        """
        theta = density.initial(self.num_chains, torch.Generator().manual_seed(seed)).numpy()
        warm = _warm_start(initial or {}, theta, len(evaluator.scale))
        burn_in, inverse_mass, step = self.burn_in, evaluator.scale**2, self.step_size
        if warm is not None:
            theta, step, inverse_mass = warm
            burn_in = round(_WARM_SHARE * burn_in)
        total = burn_in + self.num_samples
        adaptation = DualAveraging(step, self.target_accept)
        masses = MassAdaptation(burn_in, inverse_mass) if self.mass and warm is None else None
        position = np.empty((self.num_chains, self.num_samples, len(inverse_mass)))
        acceptance, divergences, steps = 0.0, 0, 0
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # divergence is dealt with
            chains = self.start(evaluator, evaluator.reduce(theta))
            for iteration in range(total):
                burning = iteration < burn_in
                step = adaptation.step_size if burning else step
                done = self.transition(evaluator, chains, step, inverse_mass, rng)
                steps += done.steps
                if burning:
                    adaptation.update(float(done.acceptance.mean()))
                    if masses is not None and masses.update(iteration, chains.position):
                        inverse_mass = masses.inverse_mass
                        adaptation.restart(adaptation.average)
                    if iteration == burn_in - 1:
                        step = adaptation.average
                else:
                    position[:, iteration - burn_in] = chains.position
                    acceptance += float(done.acceptance.mean()) / self.num_samples
                    divergences += int(done.divergent.sum())
                if progress is not None:
                    progress(iteration + 1, total, type(self).__name__)
        if not acceptance >= _LEAST_ACCEPTANCE:
            raise SamplingError(
                f"{type(self).__name__} accepted {acceptance:.1%} of its proposals "
                f"with step size {step:.2g}; "
                "use a longer burn_in or a smaller step_size, and look for outcomes of very different size"
            )
        statistics = {
            "acceptance": acceptance,
            "step_size": step,
            "divergences": float(divergences),
            "gradients": float(steps),
        }
        return Draws(position, statistics, step, inverse_mass)


def _warm_start(initial: Mapping[str, Tensor], theta: Array, dim: int) -> tuple[Array, float, Array] | None:
    """Positions, step size and inverse mass of an earlier run, where they fit."""
    try:
        start, step, mass = (
            initial[name].detach().double().numpy().copy() for name in ("theta", "step_size", "inverse_mass")
        )
    except KeyError:
        return None
    fit = start.shape == theta.shape and step.shape == (1,) and mass.shape == (dim,)
    if not fit or not all(np.isfinite(part).all() for part in (start, step, mass)):
        return None
    if not (step > 0).all() or not (mass > 0).all():
        return None
    return start, float(step[0]), mass
