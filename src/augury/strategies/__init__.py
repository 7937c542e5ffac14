"""Decisions: strategies that look at what is known and say what to evaluate next.

    bayesian-optimization  BayesianOptimization   a surrogate, and the acquisition that it maximises
    sobol                  SobolSearch            one low-discrepancy sequence
    random                 RandomSearch           independent uniform points
    grid                   Grid                   the full factorial design

Everything is imported on first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from augury.strategies.base import ExhaustedError as ExhaustedError
    from augury.strategies.base import Prediction as Prediction
    from augury.strategies.base import Proposal as Proposal
    from augury.strategies.base import Strategy as Strategy
    from augury.strategies.bayesian_optimization import BayesianOptimization as BayesianOptimization
    from augury.strategies.grid import Grid as Grid
    from augury.strategies.random_search import RandomSearch as RandomSearch
    from augury.strategies.registry import STRATEGIES as STRATEGIES
    from augury.strategies.registry import build_strategy as build_strategy
    from augury.strategies.sobol_search import SobolSearch as SobolSearch
    from augury.strategies.state import State as State

_ATTRIBUTES = {
    "STRATEGIES": "registry",
    "BayesianOptimization": "bayesian_optimization",
    "ExhaustedError": "base",
    "Grid": "grid",
    "Prediction": "base",
    "Proposal": "base",
    "RandomSearch": "random_search",
    "SobolSearch": "sobol_search",
    "State": "state",
    "Strategy": "base",
    "build_strategy": "registry",
}

__all__ = sorted(_ATTRIBUTES)


def __getattr__(name: str) -> Any:
    if name in _ATTRIBUTES:
        return getattr(import_module(f"augury.strategies.{_ATTRIBUTES[name]}"), name)
    raise AttributeError(f"module 'augury.strategies' has no attribute {name!r}")
