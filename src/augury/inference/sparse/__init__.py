"""Sparse Gaussian processes: inducing points, the collapsed bound, the stochastic bound.

`Collapsed` and `Stochastic` are what models take as `inference=`; `InducingCovariance` is what they train.
"""
