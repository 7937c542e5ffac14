"""Recursive co-kriging: levels of fidelity that are linear in each other, learnt one after the other."""

from __future__ import annotations

from typing import final

from augury.models.multi_fidelity.linear_chain import LinearChain
from augury.models.multi_fidelity.linear_levels import LinearLevels


@final
class RecursiveCoKriging(LinearLevels):
    r"""Co-kriging as one Gaussian process for each level of fidelity, learnt from the cheapest upwards.

    .. math::
        f_t(x) = \rho_{t-1} f_{t-1}(x) + \beta_t + \delta_t(x), \qquad \delta_t \sim \mathcal{GP}(0, k_t)

    The factor and the shift of a level are those of generalised least squares, in closed form. Where designs
    are nested (every point of a level was evaluated on the level below) and free of noise, predictions are
    those of the joint model, `CoKriging`, at the cost of `sum n_t^3` in place of `(sum n_t)^3`; elsewhere the
    posterior mean of the level below stands for its values. Each level has a noise of its own.

    Without `fidelity_features` all rows are of the truth, and this is the exact Gaussian process.

    Source: Le Gratiet and Garnier (2014), "Recursive co-kriging model for design of computer experiments with
    multiple levels of fidelity".

    Args:
        train_X: `n x d` inputs in the unit cube, but for the column of levels: integers, 0 the cheapest.
        train_Y: `n x m` outcomes in their own units.
        train_Yvar: `n x m` known noise variances; inferred, one for each level, when None.
        categorical_features: the integer-coded columns.
        fidelity_features: the column of levels, `[j]`.
        input_transform: applied to inputs first; it must leave the levels alone.
        outcome_transform: BoTorch's `Standardize` unless given, over the rows of all levels; None for none.
        covar_module: a GPyTorch kernel of the inputs without the level, copied for each level, or one for
            each level; squared exponential with a free variance unless given.
        graph: the levels that each is built on, all below it; the chain when None, "star" for a truth that
            is built on all others.
        nested: refuse designs that are not nested.

    Raises:
        InvalidInputError: shapes that do not agree, no rows, entries that are not finite, levels that are not
            integers or have no rows, designs that are not nested.
        NotSupportedError: an outcome transform other than `Standardize`.
    """

    chain = LinearChain
