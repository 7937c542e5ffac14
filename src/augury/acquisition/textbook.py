"""The textbook's other acquisition functions, built from a `Situation`."""

from __future__ import annotations

from zlib import crc32

import numpy as np

from augury.acquisition.analytic import LogProbabilityOfImprovement, PosteriorMean
from augury.acquisition.base import Acquisition
from augury.acquisition.constrained import ConstrainedAcquisition
from augury.acquisition.enumeration import listed_points
from augury.acquisition.fantasies import plausible_best
from augury.acquisition.knowledge_gradient import (
    DiscreteKnowledgeGradient,
    RiskNeutralNoisyExpectedImprovement,
)
from augury.acquisition.max_value_entropy import LogMaxValueEntropySearch, draw_best_values
from augury.acquisition.moments import location_scale_of
from augury.acquisition.search import maximize
from augury.acquisition.situation import Situation
from augury.acquisition.starts import raw_points
from augury.acquisition.thompson import ThompsonSample
from augury.errors import InvalidInputError, NotSupportedError
from augury.numerics.quasi_random import quasi_normal

#: Of the outcomes' standard deviation: what probability of improvement asks a value to be better by, and the
#: draws of max-value entropy search are better by than the best mean.
_MARGIN = 0.01
_RAW_POINTS = 1024
#: Points that stand for the space where its optimum is drawn, and draws that choose among them.
_CANDIDATES, _DRAWS = 192, 64
#: A candidate is judged by its mean and so many standard deviations.
_OPTIMISM = 2.0
_INCUMBENTS = 5
#: Points around the best posterior mean: their number, their distance in lengthscales and at most in the
#: cube, and how much farther every other one lies.
_LOCAL_POINTS, _NEAR, _NEAREST, _FARTHER = 24, 0.07, 0.03, 2.5


def log_pi(situation: Situation) -> Acquisition:
    """Log probability of improvement by a hundredth of the outcomes' standard deviation.

    Pending points are hallucinated.
    """
    return situation.constrained(
        LogProbabilityOfImprovement(
            situation.model,
            situation.best_f,
            situation.maximize,
            margin=_MARGIN * float(situation.values.std()),
            pending=situation.running,
        )
    )


def risk_neutral_nei(situation: Situation) -> Acquisition:
    """The tutorial's noisy expected improvement: the gain in the best posterior mean over evaluated points.

    Pending points are hallucinated; those that probably break the constraints do not compete.
    """
    return situation.constrained(
        RiskNeutralNoisyExpectedImprovement(
            situation.model,
            situation.observed,
            situation.running,
            maximize=situation.maximize,
            returnable=_probably_feasible(situation),
        )
    )


def knowledge_gradient(situation: Situation) -> Acquisition:
    """The knowledge gradient over points that may be returned from anywhere in the space.

    They are the evaluated points, those that are the optimum in a draw from the posterior, and the one of the
    best posterior mean with points around it, as most evaluations move the optimum only a little. Pending
    points are hallucinated, as in `risk_neutral_nei`.
    """
    candidates = candidates_for_optimum(situation)
    likely = plausible_best(
        situation.model,
        candidates,
        maximize=situation.maximize,
        count=_DRAWS,
        seed=situation.seed,
        most=_CANDIDATES,
    )
    return situation.constrained(
        DiscreteKnowledgeGradient(
            situation.model,
            np.concatenate([situation.observed, likely, best_and_around(situation, likely)]),
            situation.running,
            maximize=situation.maximize,
            returnable=_probably_feasible(situation),
        )
    )


def max_value_entropy(situation: Situation) -> Acquisition:
    """Max-value entropy search with joint draws of the best value; pending points are hallucinated."""
    candidates = candidates_for_optimum(situation)
    if situation.running is not None:
        candidates = np.unique(np.concatenate([candidates, situation.running]), axis=0)
    maxima = draw_best_values(
        situation.model,
        candidates,
        maximize=situation.maximize,
        margin=_MARGIN * float(situation.values.std()),
        seed=situation.seed,
    )
    return situation.constrained(
        LogMaxValueEntropySearch(situation.model, maxima, situation.maximize, pending=situation.running)
    )


def thompson(situation: Situation) -> Acquisition:
    """A draw of the function, another one for each set of pending points."""
    seed = situation.seed
    if situation.running is not None:
        seed ^= crc32(np.ascontiguousarray(situation.running).tobytes())
    sample = ThompsonSample(situation.model, candidates_for_optimum(situation), situation.maximize, seed=seed)
    return situation.constrained(sample, float(situation.values.std()) or 1.0)


def probability_of_feasibility(situation: Situation) -> Acquisition:
    """The logarithm of the probability that all constraints are met and the evaluation succeeds.

    Raises:
        NotSupportedError: nothing can be violated, and nothing is known to fail.
    """
    if not situation.constraints:
        raise NotSupportedError(
            "there is no constraint on an outcome and no failure, so every point is feasible; add a "
            "constraint or use another acquisition"
        )
    return ConstrainedAcquisition(None, situation.constraints)


def candidates_for_optimum(situation: Situation) -> np.ndarray:
    """`b x d` points of the space, observed ones among them, at which its optimum may lie.

    Of many space-filling points and some around the best observed ones, those are kept that are the best by
    mean plus two standard deviations.

    Raises:
        InvalidInputError: the situation does not know the space.
    """
    if situation.space is None:
        raise InvalidInputError(
            "this acquisition function asks for the optimum over the whole space; give Situation(space=...)"
        )
    sign = 1.0 if situation.maximize else -1.0
    points = listed_points(situation.space)
    if points is None:
        order = np.argsort(-sign * situation.values, kind="stable")[:_INCUMBENTS]
        rng = np.random.default_rng([situation.seed, 1])  # other points than those of the search
        points = raw_points(situation.space, _RAW_POINTS, incumbents=situation.observed[order], seed=rng)
        points = np.concatenate([situation.observed, points])
    moments, law = location_scale_of(situation.model)
    mean, variance, _ = moments(np.ascontiguousarray(points))
    deviation = law.deviation if np.isfinite(law.deviation) else 1.0
    score = sign * mean + _OPTIMISM * deviation * np.sqrt(variance)
    return np.unique(points[np.argsort(-score, kind="stable")[:_CANDIDATES]], axis=0)


def best_and_around(situation: Situation, starts: np.ndarray) -> np.ndarray:
    """The point of the best posterior mean, and in an infinite space points around it."""
    space = situation.space
    assert space is not None
    mean = PosteriorMean(situation.model, situation.maximize)
    best = maximize(mean, space, incumbents=starts, seed=situation.seed).x[None]
    if space.size is not None:
        return best
    lengthscales = np.full(space.dim, np.nan) if mean.lengthscales is None else mean.lengthscales
    width = np.where(np.isfinite(lengthscales), np.minimum(_NEAR * lengthscales, _NEAREST), _NEAREST)
    width[space.categorical_features] = 0.0
    steps = quasi_normal(_LOCAL_POINTS, space.dim, situation.seed) * width
    steps[::2] *= _FARTHER
    around = space.snap(np.clip(best + steps, *space.bounds))
    return np.concatenate([best, around[space.feasible(around)]])


def _probably_feasible(situation: Situation) -> np.ndarray | None:
    """Which pending points keep all constraints with a probability of a half or more; None for all."""
    if situation.running is None or not situation.constraints:
        return None
    log_probability = sum(constraint.value(situation.running) for constraint in situation.constraints)
    result: np.ndarray = np.asarray(log_probability) >= np.log(0.5)
    return result
