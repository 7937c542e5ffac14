"""Processes that are Gaussian given one positive scale: the scale's prior, their likelihood, their model.

- `scale_prior`: what the processes ask of the prior of the scale; `inverse_gamma`, `quadrature` its members.
- `burr`: the Burr XII distribution.
- `likelihood`: the density of the hyperparameters, the scale integrated out.
- `model`: the BoTorch model, on top of the exact Gaussian process.
"""
