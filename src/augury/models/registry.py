"""The surrogates by name; third parties add theirs through the entry-point group `augury.models`."""

from __future__ import annotations

from augury.registry import Registry

MODELS = Registry(
    "model",
    "augury.models",
    {"gp": "augury.models.gaussian_process:GaussianProcess"},
)
