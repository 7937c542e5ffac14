"""Portfolios by name beside the usual one."""

from __future__ import annotations

from functools import partial

from augury.models.auto import Portfolio

portfolio_of_predictions = partial(Portfolio, members="predictions")
portfolio_of_predictions.__doc__ = "The portfolio with the prior-fitted network too, for predictions."
portfolio_of_all = partial(Portfolio, members="all")
portfolio_of_all.__doc__ = (
    "The portfolio with the members that take long (deep kernel, prior-fitted and HMC networks ...) too."
)
