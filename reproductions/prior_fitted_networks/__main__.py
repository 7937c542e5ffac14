"""Müller et al. (ICLR 2022), Transformers Can Do Bayesian Inference.

The gap of the shipped networks to exact posteriors, the comparison with maximum likelihood, the head, small
tables, and where the shipped surrogate may be used.

    python -m reproductions.prior_fitted_networks [--quick]

The gap to the posterior of random networks takes longer and has a script of its own:

    python -m reproductions.prior_fitted_networks.random_networks [--quick]
"""

from __future__ import annotations

from reproductions._table import is_quick, print_table
from reproductions.prior_fitted_networks import exact_posterior, gaussian_processes, shipped, tables


def main() -> None:
    quick = is_quick(__doc__)
    print_table("A fixed Gaussian process", gaussian_processes.fixed(quick))
    print_table("Hyper-priors", gaussian_processes.hyperprior(quick))
    print_table("Hyper-priors, time", gaussian_processes.speed(quick))
    print_table("Hyper-priors, exact posterior", gaussian_processes.exact_hyperprior(quick))
    print_table("Heads", gaussian_processes.heads(quick))
    print_table("The shipped surrogate on its prior", shipped.gaps(quick))
    print_table("The shipped surrogate and the exact posterior", exact_posterior.gaps(quick))
    print_table("Regression tables", tables.regression(quick))
    print_table("Small tables of two classes", tables.classification(quick))


if __name__ == "__main__":
    main()
