"""Hamiltonian Monte Carlo."""

from __future__ import annotations

from typing import final

import numpy as np

from augury.errors import InvalidInputError
from augury.inference.evaluator import Array, Evaluator
from augury.inference.leapfrog import leapfrog
from augury.inference.markov_chains import Chains, MarkovChains, Transition

#: An energy error beyond which a trajectory has left the level set for good.
DIVERGENCE = 1000.0
#: Trajectories differ in length, so that no direction is met in the same phase again and again.
_JITTER = (0.5, 1.5)


@final
class HMC(MarkovChains):
    r"""Hamiltonian Monte Carlo with trajectories of jittered length.

    A momentum `p ~ N(0, M)` is drawn, the dynamics of `H(q, p) = -log pi(q) + p^T M^-1 p / 2` are followed
    for a time `u L`, `u` uniform in (1/2, 3/2) and common to all chains, and the end is accepted with
    probability `min(1, exp(H_0 - H_1))`. Forces may be in single precision; energies are in double, which
    keeps the density exactly invariant.

    Args:
        num_samples: see `MarkovChains`.
        burn_in: see `MarkovChains`.
        num_chains: see `MarkovChains`.
        step_size: see `MarkovChains`.
        path_length: `L`, in units in which the prior has size 1.
        max_leapfrog: most steps of a trajectory.
        mass: see `MarkovChains`.
        target_accept: see `MarkovChains`.

    Source: Neal, "MCMC using Hamiltonian dynamics" (2011); for networks Neal (1996).
    """

    def __init__(
        self,
        num_samples: int = 50,
        burn_in: int = 150,
        num_chains: int = 8,
        *,
        step_size: float = 0.02,
        path_length: float = 0.8,
        max_leapfrog: int = 100,
        mass: str | None = None,
        target_accept: float = 0.8,
    ) -> None:
        super().__init__(num_samples, burn_in, num_chains, step_size, mass, target_accept)
        if not path_length > 0.0 or max_leapfrog < 1:
            raise InvalidInputError(
                "path_length must be positive and max_leapfrog at least 1; "
                f"given {path_length} and {max_leapfrog}"
            )
        self.path_length, self.max_leapfrog = float(path_length), int(max_leapfrog)

    def start(self, evaluator: Evaluator, position: Array) -> Chains:
        value = evaluator.value(position).copy()
        return Chains(position, value, np.array(evaluator.gradient(position), dtype=np.float64))

    def transition(
        self,
        evaluator: Evaluator,
        chains: Chains,
        step_size: float,
        inverse_mass: Array,
        rng: np.random.Generator,
    ) -> Transition:
        length = rng.uniform(*_JITTER) * self.path_length
        steps = int(np.clip(round(length / step_size), 1, self.max_leapfrog))
        momentum: Array = rng.standard_normal(chains.position.shape) / np.sqrt(inverse_mass)
        energy = _kinetic(momentum, inverse_mass) - chains.value
        position = chains.position.copy()
        gradient = leapfrog(evaluator, position, momentum, chains.gradient, step_size, inverse_mass, steps)
        value = evaluator.value(position)
        error = _kinetic(momentum, inverse_mass) - value - energy
        error = np.where(np.isfinite(error), error, np.inf)
        probability = np.exp(np.minimum(0.0, -error))
        accepted = rng.random(len(probability)) < probability
        chains.position[accepted] = position[accepted]
        chains.value[accepted] = value[accepted]
        chains.gradient[accepted] = gradient[accepted]
        return Transition(probability, error > DIVERGENCE, steps)


def _kinetic(momentum: Array, inverse_mass: Array) -> Array:
    energy: Array = 0.5 * (momentum**2 @ inverse_mass)
    return energy
