"""Optuna: any strategy and surrogate of augury as the sampler of a study (extra `augury[optuna]`)."""

from __future__ import annotations

from augury.integrations.optuna.sampler import AugurySampler as AugurySampler

__all__ = ["AugurySampler"]
