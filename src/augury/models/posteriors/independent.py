"""Several outcomes that know nothing of each other, as one distribution."""

from __future__ import annotations

from collections.abc import Sequence

from gpytorch.distributions import MultitaskMultivariateNormal, MultivariateNormal


def independent(normals: Sequence[MultivariateNormal]) -> MultivariateNormal:
    """The joint distribution of `m` outcomes from that of each (`batch x q`); a single one is itself."""
    if len(normals) == 1:
        return normals[0]
    return MultitaskMultivariateNormal.from_independent_mvns(list(normals))
