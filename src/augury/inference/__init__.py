"""How the posterior of a network's weights is found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from augury.lazy import lazy_attributes

if TYPE_CHECKING:
    from augury.inference.base import Inference as Inference
    from augury.inference.base import InferenceWarning as InferenceWarning
    from augury.inference.hmc import HMC as HMC
    from augury.inference.network_density import NetworkDensity as NetworkDensity
    from augury.inference.predictive import Predictive as Predictive
    from augury.inference.predictive import WeightSamples as WeightSamples
    from augury.inference.weight_prior import GaussianWeightPrior as GaussianWeightPrior
    from augury.inference.weight_prior import WeightPrior as WeightPrior

_ATTRIBUTES = {
    "GaussianWeightPrior": "augury.inference.weight_prior",
    "HMC": "augury.inference.hmc",
    "Inference": "augury.inference.base",
    "InferenceWarning": "augury.inference.base",
    "NetworkDensity": "augury.inference.network_density",
    "Predictive": "augury.inference.predictive",
    "WeightPrior": "augury.inference.weight_prior",
    "WeightSamples": "augury.inference.predictive",
}

__all__ = sorted(_ATTRIBUTES)

__getattr__, __dir__ = lazy_attributes(__name__, _ATTRIBUTES)
