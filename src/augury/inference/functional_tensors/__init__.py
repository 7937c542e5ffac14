"""Tensors of continuous coordinates: products of one-dimensional Gaussian processes, by message passing."""
