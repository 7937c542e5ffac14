"""Gaussian-process regression on values and derivatives: covariance, likelihood, posterior."""
