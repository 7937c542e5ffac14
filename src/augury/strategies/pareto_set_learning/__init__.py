"""Pareto set learning: a network with a design for every preference among several objectives.

- `network`: the network; `scalarization`: one number from several; `coupling`: how particles interact
- `bounds`: optimistic bounds of the objectives with their gradients
- `training`: how the network is trained; `learning`: the same from the models of a decision
- `extremes`: designs for one objective or one preference, by search
- `selection`: the candidates that add most hypervolume; `proposal`, `strategy`: the decision
- `trade_off`: the set as an answer to preferences, after a study
"""

from __future__ import annotations

from augury.strategies.pareto_set_learning.strategy import ParetoSetLearning

__all__ = ["ParetoSetLearning"]
