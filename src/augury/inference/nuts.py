"""The no-U-turn sampler."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from augury.errors import InvalidInputError
from augury.inference.evaluator import Array, Evaluator
from augury.inference.hmc import DIVERGENCE
from augury.inference.markov_chains import Chains, MarkovChains, Transition

Flags = np.ndarray[Any, np.dtype[np.bool_]]


@final
class NUTS(MarkovChains):
    r"""Hamiltonian Monte Carlo that finds the length of its trajectories.

    A trajectory doubles, forwards or backwards in time, until its ends turn towards each other,

    .. math::
        \rho^T M^{-1} p_{\text{first}} \le 0 \quad\text{or}\quad \rho^T M^{-1} p_{\text{last}} \le 0, \qquad
        \rho = \sum_{\text{states}} p

    for the whole or for any of the balanced subtrees of its last doubling; the next state is drawn from the
    trajectory with probabilities proportional to `exp(-H)`, later doublings preferred. Subtrees are built
    without recursion, with one checkpoint per level, and all chains build theirs together: a chain that has
    ended waits for the others.

    Args:
        num_samples: see `MarkovChains`.
        burn_in: see `MarkovChains`.
        num_chains: see `MarkovChains`.
        step_size: see `MarkovChains`.
        max_depth: a trajectory has at most `2^max_depth - 1` steps.
        mass: see `MarkovChains`.
        target_accept: see `MarkovChains`.

    Source: Hoffman and Gelman, JMLR 15 (2014); multinomial sampling and the generalised criterion:
    Betancourt, "A conceptual introduction to Hamiltonian Monte Carlo" (2017), appendix A; iterative trees:
    Phan, Pradhan and Jankowiak, "Composable effects for flexible and accelerated probabilistic programming
    in NumPyro" (2019), appendix A.
    """

    def __init__(
        self,
        num_samples: int = 50,
        burn_in: int = 150,
        num_chains: int = 8,
        *,
        step_size: float = 0.02,
        max_depth: int = 8,
        mass: str | None = None,
        target_accept: float = 0.8,
    ) -> None:
        super().__init__(num_samples, burn_in, num_chains, step_size, mass, target_accept)
        if not 1 <= max_depth <= 12:
            raise InvalidInputError(f"max_depth must lie between 1 and 12; given {max_depth}")
        self.max_depth = int(max_depth)

    def start(self, evaluator: Evaluator, position: Array) -> Chains:
        value, gradient = evaluator.value_gradient(position)
        return Chains(position, value.copy(), gradient.copy())

    def transition(
        self,
        evaluator: Evaluator,
        chains: Chains,
        step_size: float,
        inverse_mass: Array,
        rng: np.random.Generator,
    ) -> Transition:
        C = len(chains.position)
        momentum: Array = rng.standard_normal(chains.position.shape) / np.sqrt(inverse_mass)
        energy = _kinetic(momentum, inverse_mass) - chains.value
        ends = [_End(chains.position.copy(), momentum.copy(), chains.gradient.copy()) for _ in range(2)]
        total = momentum.copy()  # rho of the whole trajectory
        weight = np.zeros(C)  # log of the summed exp(-H), relative to the start
        alive = np.ones(C, bool)
        acceptance, leaves, steps = np.zeros(C), np.zeros(C), 0
        divergent = np.zeros(C, bool)
        for depth in range(self.max_depth):
            forward = rng.random(C) < 0.5
            start = _End.where(forward, ends[1], ends[0])
            step = np.where(forward, step_size, -step_size)
            tree = _Subtree.build(evaluator, start, step, inverse_mass, energy, depth, alive, rng)
            steps += tree.steps
            acceptance += tree.acceptance
            leaves += tree.leaves
            divergent |= tree.divergent
            grown = alive & ~tree.stopped
            with np.errstate(divide="ignore"):
                moved = grown & (np.log(rng.random(C)) < tree.weight - weight)
            chains.position[moved] = tree.position[moved]
            chains.value[moved] = tree.value[moved]
            chains.gradient[moved] = tree.gradient[moved]
            weight = np.where(grown, np.logaddexp(weight, tree.weight), weight)
            total[grown] += tree.total[grown]
            for end, chosen in zip(ends, (grown & ~forward, grown & forward), strict=True):
                end.assign(chosen, start)
            alive = grown & ~_turning(total, ends[0].momentum, ends[1].momentum, inverse_mass)
            if not alive.any():
                break
        return Transition(acceptance / np.maximum(leaves, 1.0), divergent, steps)


@dataclass
class _End:
    """One end of each chain's trajectory: position, momentum and gradient, `C x dim` each."""

    position: Array
    momentum: Array
    gradient: Array

    @staticmethod
    def where(condition: Flags, first: _End, second: _End) -> _End:
        choose = condition[:, None]
        return _End(
            np.where(choose, first.position, second.position),
            np.where(choose, first.momentum, second.momentum),
            np.where(choose, first.gradient, second.gradient),
        )

    def assign(self, chosen: Flags, other: _End) -> None:
        """Take over the chosen chains of another end."""
        self.position[chosen] = other.position[chosen]
        self.momentum[chosen] = other.momentum[chosen]
        self.gradient[chosen] = other.gradient[chosen]


@dataclass
class _Subtree:
    """One doubling of every chain's trajectory.

    Args:
        position: the state drawn from the new half, `C x dim`.
        value: its log density.
        gradient: its gradient.
        weight: log of the summed `exp(H_0 - H)`.
        total: the summed momenta.
        stopped: where a subtree has turned or diverged, so that the half is discarded.
        divergent: where it diverged.
        acceptance: the summed acceptance probabilities.
        leaves: the number of states.
        steps: leapfrog steps of the batch.
    """

    position: Array
    value: Array
    gradient: Array
    weight: Array
    total: Array
    stopped: Flags
    divergent: Flags
    acceptance: Array
    leaves: Array
    steps: int

    @staticmethod
    def build(
        evaluator: Evaluator,
        state: _End,
        step: Array,
        inverse_mass: Array,
        energy: Array,
        depth: int,
        alive: Flags,
        rng: np.random.Generator,
    ) -> _Subtree:
        """Follow the dynamics for `2^depth` steps of signed size `step` (`C`); `state` is moved along."""
        C, dim = state.position.shape
        tree = _Subtree(
            state.position.copy(),
            np.full(C, -np.inf),
            state.gradient.copy(),
            np.full(C, -np.inf),
            np.zeros((C, dim)),
            ~alive,
            np.zeros(C, bool),
            np.zeros(C),
            np.zeros(C),
            0,
        )
        firsts = np.empty((depth + 1, C, dim))  # momenta at the left end of the subtrees that are open
        sums = np.empty((depth + 1, C, dim))  # the summed momenta up to there
        half, velocity = 0.5 * step[:, None], step[:, None] * inverse_mass
        for leaf in range(2**depth):
            state.momentum += half * state.gradient
            state.position += velocity * state.momentum
            value, gradient = evaluator.value_gradient(state.position)
            state.gradient[:] = gradient
            state.momentum += half * gradient
            tree.steps += 1
            tree._add(state, value, energy, inverse_mass, rng)
            level = (leaf >> 1).bit_count()
            if leaf % 2 == 0:
                firsts[level], sums[level] = state.momentum, tree.total
            else:
                closed = (~leaf & (leaf + 1)).bit_length() - 1  # subtrees that end with this leaf
                for open_level in range(level, level - closed, -1):
                    part = tree.total - sums[open_level] + firsts[open_level]
                    tree.stopped |= _turning(part, firsts[open_level], state.momentum, inverse_mass)
            if tree.stopped.all():
                break
        return tree

    def _add(
        self, state: _End, value: Array, energy: Array, inverse_mass: Array, rng: np.random.Generator
    ) -> None:
        """Take one more state into account, in the chains that have not stopped."""
        growing = ~self.stopped
        error = _kinetic(state.momentum, inverse_mass) - value - energy
        error = np.where(np.isfinite(error), error, np.inf)
        self.acceptance += np.where(growing, np.exp(np.minimum(0.0, -error)), 0.0)
        self.leaves += growing
        diverged = growing & (error > DIVERGENCE)
        self.divergent |= diverged
        self.stopped |= diverged
        growing &= ~diverged
        self.total[growing] += state.momentum[growing]
        weight = np.where(growing, np.logaddexp(self.weight, -error), self.weight)
        with np.errstate(divide="ignore", invalid="ignore"):
            drawn = growing & (np.log(rng.random(len(value))) < -error - weight)
        self.weight = weight
        self.position[drawn] = state.position[drawn]
        self.value[drawn] = value[drawn]
        self.gradient[drawn] = state.gradient[drawn]


def _kinetic(momentum: Array, inverse_mass: Array) -> Array:
    energy: Array = 0.5 * (momentum**2 @ inverse_mass)
    return energy


def _turning(total: Array, first: Array, last: Array, inverse_mass: Array) -> Flags:
    """Whether the ends (momenta, `C x dim`) of stretches with summed momenta `total` turn to each other.

    Half of each end's own momentum is left out of the sum, so that short stretches are treated like the
    integral over time that the sum stands for (as NumPyro does).
    """
    rho = (total - 0.5 * (first + last)) * inverse_mass
    turned: Flags = ((rho * first).sum(axis=1) <= 0.0) | ((rho * last).sum(axis=1) <= 0.0)
    return turned
