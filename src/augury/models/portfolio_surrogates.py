"""Portfolios by name beside the usual one."""

from __future__ import annotations

from torch import Tensor

from augury.models.auto import Portfolio
from augury.models.portfolio.members import members_for
from augury.space.space import Space


def portfolio_of_all(train_X: Tensor, train_Y: Tensor, train_Yvar: Tensor | None, space: Space) -> Portfolio:
    """The portfolio with the members that take long (deep kernel, prior-fitted and HMC networks ...) too.

    For functions that take minutes: a suggestion may take seconds.
    """
    names = [one.name for one in members_for(len(train_X), train_X.shape[-1], dear=True)]
    return Portfolio(
        train_X,
        train_Y,
        train_Yvar,
        space.categorical_features or None,
        descriptors=space.descriptors or None,
        conditions=space.conditions or None,
        members=names,
    )
