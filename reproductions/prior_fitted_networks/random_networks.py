"""The shipped surrogate's gap to the posterior of the random networks of its prior.

python -m reproductions.prior_fitted_networks.random_networks [--quick]
"""

from __future__ import annotations

import torch

from augury.inference.prior_fitted.network_prior import NetworkPrior
from augury.inference.prior_fitted.noise import LogUniformNoise
from reproductions._table import Row, is_quick, print_table
from reproductions.prior_fitted_networks.network_particles import NetworkPosterior
from reproductions.prior_fitted_networks.scores import law_scores, network_scores

#: The random networks of the surrogate's prior without levels and outliers.
PRIOR = NetworkPrior(noise=LogUniformNoise(outliers=0.0))
#: Context rows -> data sets, for as long as they take.
_SIZES = {20: 12, 100: 8}


def row(dim: int, n: int, count: int, kinds: int = 48, moves: int = 3, seed: int = 500) -> Row:
    """The mean gap over `count` fresh data sets, each of its own architecture; and to the law that drew."""
    generator = torch.Generator().manual_seed(seed + n + dim)
    gaps, laws = [], []
    while len(gaps) < count:
        draw = PRIOR.sample(min(2, count - len(gaps)), n, 16, dim, generator)
        outcomes = draw.outcomes(generator)
        ours, law = network_scores(draw, outcomes), law_scores(draw, outcomes)
        for b in range(len(outcomes)):
            X = torch.cat([draw.X[b], draw.X_new[b]])
            posterior = NetworkPosterior(PRIOR, X, draw.y[b], kinds, seed=len(gaps))
            posterior.temper(moves)
            gaps.append(float(ours[b] - posterior.score(outcomes[b])))
            laws.append(float(ours[b] - law[b]))
    gap, error = torch.tensor(gaps).mean(), torch.tensor(gaps).std() / count**0.5
    measured = f"{gap:.2f} ± {error:.2f} ({count} data sets); to the law that drew {sum(laws) / count:.2f}"
    return f"random networks, d = {dim}, n = {n}: gap to the posterior, nat", "target <= 0.15", measured


def main() -> None:
    quick = is_quick(__doc__)
    rows = (
        [row(5, 20, 2, kinds=8, moves=1)]
        if quick
        else [row(dim, n, count) for n, count in _SIZES.items() for dim in (2, 5, 10)]
    )
    print_table("The shipped surrogate and the posterior of random networks", rows)


if __name__ == "__main__":
    main()
