"""Weights that several holders of data agree on, by messages of weights alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np
from torch import Tensor

from augury.errors import InvalidInputError
from augury.inference.multiple_kernels.agent import Agent
from augury.inference.multiple_kernels.evidence import NEGLIGIBLE
from augury.inference.multiple_kernels.rounding import message_bits, stochastic_round

#: The penalty doubles or halves when one residual is this many times the other.
_IMBALANCE, _FACTOR = 10.0, 2.0
#: Rounded messages may agree by chance: only so many rounds in a row that agree are an agreement.
_STEADY_ROUNDS = 10


@dataclass(frozen=True)
class Agreement:
    """What agents have agreed on.

    Args:
        weights: `A` weights.
        primal: of each round, how far the agents' weights are from the common ones.
        dual: of each round, how far the common ones have moved, times the penalty.
        bits: sent in all, both ways.
        bits_unquantised: what the same messages would have taken as floats.
        converged: whether both residuals have become small.
    """

    weights: np.ndarray
    primal: np.ndarray
    dual: np.ndarray
    bits: int
    bits_unquantised: int
    converged: bool


@dataclass(frozen=True)
class ConsensusADMM:
    r"""The alternating direction method of multipliers, with quantised messages.

    .. math::
        \zeta_j &= \arg\min l_j(\zeta) + \lambda_j^T \zeta + \tfrac\rho2 |\zeta - \theta|^2 \\
        \theta &= Q\Big(\tfrac1N \sum_j \big(Q(\zeta_j) + \lambda_j / \rho\big)\Big)_+, \qquad
        \lambda_j \leftarrow \lambda_j + \rho\,(Q(\zeta_j) - \theta)

    Each agent minimises by `majorise_minimise`'s bounds; `Q` rounds at random without bias. Weights are in
    units of the pooled variance of the outcomes, of which the agents tell the server, with their numbers of
    rows; nothing else but weights is sent. The penalty keeps the two residuals balanced. Where messages are
    rounded, the weights are in the end the mean of what was common in the later half of the rounds, which all
    have received: rounding has no bias, so that weights below one step of the lattice are not lost.

    Sources: Suwandi et al. (2023); Boyd et al., "Distributed optimization and statistical learning via the
    alternating direction method of multipliers", 2011, for the balance and the stopping rule; Zhu et al.,
    "Quantized consensus ADMM", 2016, for `Q`.

    Args:
        quantization: the step of the lattice the messages are rounded to, as a share of the pooled variance;
            0 for none.
        penalty: `rho` of the first round.
        max_rounds: most rounds.
        tolerance: of the residuals, relative to the weights and multipliers.

    Raises:
        InvalidInputError: numbers out of range.
    """

    quantization: float = 0.0
    penalty: float = 1.0
    max_rounds: int = 100
    tolerance: float = 1e-3

    def __post_init__(self) -> None:
        if not 0.0 <= self.quantization < np.inf:
            raise InvalidInputError(f"quantization must be 0 (none) or positive; given {self.quantization}")
        for name in ("penalty", "max_rounds", "tolerance"):
            if not 0.0 < getattr(self, name) < np.inf:
                raise InvalidInputError(f"{name} must be positive; given {getattr(self, name)}")

    def run(self, agents: Sequence[Agent], seed: int = 0) -> Agreement:
        """Let the agents agree.

        Args:
            agents: at least one, all with the same dictionary.
            seed: of the rounding.

        Raises:
            InvalidInputError: no agent, or dictionaries of different size.
        """
        unit, count = _common_unit(agents)
        rng = np.random.default_rng(seed)
        centre = np.full(count, 1.0 / count)
        duals = np.zeros((len(agents), count))
        _replies([agent.tell("begin", unit, centre) for agent in agents])
        before, penalty = 0.0, self.penalty
        bits = steady = 0
        primal, dual, common = [], [], []
        needed = _STEADY_ROUNDS if self.quantization else 1
        for _ in range(self.max_rounds):
            seeds = rng.integers(2**63, size=len(agents)).tolist()
            pending = [
                agent.tell("step", centre, (before, penalty), self.quantization, one)
                for agent, one in zip(agents, seeds, strict=True)
            ]
            local = np.stack(_replies(pending))
            mean = np.maximum((local + duals / penalty).mean(axis=0), 0.0)
            new = np.maximum(stochastic_round(mean, self.quantization, rng), 0.0)
            duals += penalty * (local - new)
            bits += sum(message_bits(one, self.quantization) for one in (*local, *[new] * len(agents)))
            primal.append(float(np.linalg.norm(local - new)))
            dual.append(penalty * sqrt(len(agents)) * float(np.linalg.norm(new - centre)))
            centre, before = new, penalty
            common.append(new)
            agree = _agree(local, new, duals, penalty, primal[-1], dual[-1], self.tolerance)
            steady = steady + 1 if agree else 0
            if steady == needed:
                break
            if primal[-1] > _IMBALANCE * dual[-1]:
                penalty *= _FACTOR
            elif dual[-1] > _IMBALANCE * primal[-1]:
                penalty /= _FACTOR
        rounds = len(common)
        last = np.mean(common[rounds // 2 :], axis=0) if self.quantization else centre
        weights = np.where(last > NEGLIGIBLE * last.max(), last, 0.0) * unit
        unquantised = 64 * count * 2 * len(agents) * rounds
        return Agreement(weights, np.array(primal), np.array(dual), bits, unquantised, steady == needed)


def _agree(
    local: np.ndarray,
    centre: np.ndarray,
    duals: np.ndarray,
    penalty: float,
    primal: float,
    dual: float,
    tolerance: float,
) -> bool:
    """Whether both residuals are small beside what they are residuals of."""
    size = sqrt(len(local)) * float(np.linalg.norm(centre))
    largest = max(float(np.linalg.norm(duals)), penalty * size)
    return primal <= tolerance * max(float(np.linalg.norm(local)), size) and dual <= tolerance * largest


def fused_prediction(
    agents: Sequence[Agent], weights: np.ndarray, X: Tensor
) -> tuple[np.ndarray, np.ndarray]:
    r"""The agents' predictions at `X` (`N x d`), weighted by their precisions: means and variances.

    .. math:: m = v \sum_j m_j / v_j, \qquad 1/v = \sum_j 1/v_j

    No row leaves its agent. The variance is too small: each agent's contains the same prior.

    Args:
        agents: at least one.
        weights: `A` weights they agree on.
        X: the points.
    """
    if not agents:
        raise InvalidInputError("a fused prediction needs at least one agent")
    moments = np.array(_replies([agent.tell("predict", weights, X) for agent in agents]))
    precisions = 1.0 / moments[:, 1]
    variance = 1.0 / precisions.sum(axis=0)
    return variance * (precisions * moments[:, 0]).sum(axis=0), variance


def _common_unit(agents: Sequence[Agent]) -> tuple[float, int]:
    """The pooled variance of the outcomes, and the number of components."""
    if not agents:
        raise InvalidInputError("weights are agreed on by at least one agent; given none")
    summaries = _replies([agent.tell("summary") for agent in agents])
    counts = {summary[2] for summary in summaries}
    if len(counts) != 1:
        raise InvalidInputError(
            f"the agents' dictionaries must be the same; theirs have {sorted(counts)} components"
        )
    rows = sum(summary[0] for summary in summaries)
    unit = sum(summary[0] * summary[1] for summary in summaries) / rows
    return unit or 1.0, counts.pop()


def _replies(pending: Sequence[Any]) -> list[Any]:
    return [future.result() for future in pending]
