"""Gaussian processes of which few inputs matter: the posterior of their hyperparameters."""
