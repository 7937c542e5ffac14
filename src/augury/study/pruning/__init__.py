"""Stopping evaluations early: pruners, and what is learnt of a trial that was stopped.

MedianPruner, PercentilePruner   worse at this step than most trials were
SuccessiveHalvingPruner          not among the best fraction at the next rung
HyperbandPruner                  successive halving in brackets that start at different steps
NoPruner                         never
"""

from __future__ import annotations

from augury.study.pruning.base import NoPruner as NoPruner
from augury.study.pruning.base import Pruner as Pruner
from augury.study.pruning.hyperband import HyperbandPruner as HyperbandPruner
from augury.study.pruning.percentile import MedianPruner as MedianPruner
from augury.study.pruning.percentile import PercentilePruner as PercentilePruner
from augury.study.pruning.registry import pruner_of as pruner_of
from augury.study.pruning.successive_halving import SuccessiveHalvingPruner as SuccessiveHalvingPruner

__all__ = [
    "HyperbandPruner",
    "MedianPruner",
    "NoPruner",
    "PercentilePruner",
    "Pruner",
    "SuccessiveHalvingPruner",
    "pruner_of",
]
