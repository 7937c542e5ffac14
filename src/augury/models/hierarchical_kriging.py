"""Hierarchical kriging: each level of fidelity about a multiple of the predictor of the level below."""

from __future__ import annotations

from typing import final

from augury.models.multi_fidelity.hierarchical_chain import HierarchicalChain
from augury.models.multi_fidelity.linear_levels import LinearLevels


@final
class HierarchicalKriging(LinearLevels):
    r"""Kriging of each level of fidelity about a multiple of the predictor of the level below.

    .. math::
        f_t(x) = \rho_{t-1} m_{t-1}(x) + \beta_t + \delta_t(x), \qquad \delta_t \sim \mathcal{GP}(0, k_t)

    The mean is that of `RecursiveCoKriging`. The variance is that of universal kriging: of the level's own
    process, and of the factor and the shift, which few rows leave unsure; the level below is taken as it is
    predicted, so that its lack of data adds nothing. Each level has a noise of its own.

    Without `fidelity_features` all rows are of the truth, and this is the exact Gaussian process.

    Source: Han and Goertz (2012), "Hierarchical kriging model for variable-fidelity surrogate modeling", here
    with a shift beside the factor.

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

    chain = HierarchicalChain
