"""Posteriors that BoTorch lacks, each with its Monte Carlo sampler registered.

- `multivariate_student_t`: the distribution.
- `scaled_gaussian`: what posteriors have in common that are Gaussian given a scale.
- `student_t`, `scale_mixture`: its members.
"""
