"""Decisions: strategies that look at what is known and say what to evaluate next.

    bayesian-optimization  BayesianOptimization   a surrogate, and the acquisition that it maximises
    multi-fidelity         MultiFidelityBayesianOptimization  cheap versions point to where the dear one pays
    trust-region           TrustRegion            the same in a box around the best point, for many inputs
    random-subspace        RandomSubspace         a trust region along few coordinates, then more
    pareto-set-learning    ParetoSetLearning      a network that gives a design for every preference
    offline                OfflineOptimization    the best designs from a fixed table, with one of
    `OFFLINE_METHODS` sobol                  SobolSearch            one low-discrepancy sequence
    random                 RandomSearch           independent uniform points
    grid                   Grid                   the full factorial design

Everything is imported on first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from augury.lazy import lazy_attributes

if TYPE_CHECKING:
    from augury.strategies.base import ExhaustedError as ExhaustedError
    from augury.strategies.base import Prediction as Prediction
    from augury.strategies.base import Proposal as Proposal
    from augury.strategies.base import Strategy as Strategy
    from augury.strategies.bayesian_optimization import BayesianOptimization as BayesianOptimization
    from augury.strategies.grid import Grid as Grid
    from augury.strategies.multi_fidelity.strategy import (
        MultiFidelityBayesianOptimization as MultiFidelityBayesianOptimization,
    )
    from augury.strategies.offline.registry import OFFLINE_METHODS as OFFLINE_METHODS
    from augury.strategies.offline.strategy import OfflineOptimization as OfflineOptimization
    from augury.strategies.pareto_set_learning.strategy import ParetoSetLearning as ParetoSetLearning
    from augury.strategies.random_search import RandomSearch as RandomSearch
    from augury.strategies.random_subspace import RandomSubspace as RandomSubspace
    from augury.strategies.registry import STRATEGIES as STRATEGIES
    from augury.strategies.registry import build_strategy as build_strategy
    from augury.strategies.sobol_search import SobolSearch as SobolSearch
    from augury.strategies.state import State as State
    from augury.strategies.trust_region import TrustRegion as TrustRegion

_ATTRIBUTES = {
    "OFFLINE_METHODS": "augury.strategies.offline.registry",
    "STRATEGIES": "augury.strategies.registry",
    "BayesianOptimization": "augury.strategies.bayesian_optimization",
    "ExhaustedError": "augury.strategies.base",
    "Grid": "augury.strategies.grid",
    "OfflineOptimization": "augury.strategies.offline.strategy",
    "ParetoSetLearning": "augury.strategies.pareto_set_learning.strategy",
    "MultiFidelityBayesianOptimization": "augury.strategies.multi_fidelity.strategy",
    "Prediction": "augury.strategies.base",
    "Proposal": "augury.strategies.base",
    "RandomSearch": "augury.strategies.random_search",
    "RandomSubspace": "augury.strategies.random_subspace",
    "SobolSearch": "augury.strategies.sobol_search",
    "State": "augury.strategies.state",
    "Strategy": "augury.strategies.base",
    "TrustRegion": "augury.strategies.trust_region",
    "build_strategy": "augury.strategies.registry",
}

__all__ = sorted(_ATTRIBUTES)

__getattr__, __dir__ = lazy_attributes(__name__, _ATTRIBUTES)
