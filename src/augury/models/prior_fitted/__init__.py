"""Trained prior-fitted networks and what a surrogate makes of them.

- `weights`: the networks that are shipped, and where they may be used.
- `copula`: correlations of predictions.
"""
