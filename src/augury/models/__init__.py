"""Surrogates: each is a BoTorch `Model`, reachable by name through `registry.MODELS`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from augury.models.feasibility import FeasibilityModel as FeasibilityModel
    from augury.models.gaussian_process import GaussianProcess as GaussianProcess

__all__ = ["FeasibilityModel", "GaussianProcess"]


def __getattr__(name: str) -> Any:
    if name == "GaussianProcess":
        from augury.models.gaussian_process import GaussianProcess

        return GaussianProcess
    if name == "FeasibilityModel":
        from augury.models.feasibility import FeasibilityModel

        return FeasibilityModel
    raise AttributeError(f"module 'augury.models' has no attribute {name!r}")
