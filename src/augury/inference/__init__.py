"""How the posterior of a network's weights is found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from augury.lazy import lazy_attributes

if TYPE_CHECKING:
    from augury.inference.base import Inference as Inference
    from augury.inference.base import InferenceWarning as InferenceWarning
    from augury.inference.cyclical_sgld import CyclicalSGLD as CyclicalSGLD
    from augury.inference.deep_ensemble import DeepEnsemble as DeepEnsemble
    from augury.inference.encoder_training import SeparateTraining as SeparateTraining
    from augury.inference.fields.checkpoints import load_field as load_field
    from augury.inference.fields.samplers import ImageSampler as ImageSampler
    from augury.inference.fields.samplers import SignedDistanceSampler as SignedDistanceSampler
    from augury.inference.fields.training import FieldTrainer as FieldTrainer
    from augury.inference.fields.training import fit_field as fit_field
    from augury.inference.flow_prior import PlanarFlowWeightPrior as PlanarFlowWeightPrior
    from augury.inference.function_prior import GaussianProcessPrior as GaussianProcessPrior
    from augury.inference.functional_prior import MatchResult as MatchResult
    from augury.inference.functional_prior import match_functional_prior as match_functional_prior
    from augury.inference.hierarchical_prior import HierarchicalWeightPrior as HierarchicalWeightPrior
    from augury.inference.hmc import HMC as HMC
    from augury.inference.laplace import Laplace as Laplace
    from augury.inference.mc_dropout import MCDropout as MCDropout
    from augury.inference.measurement_sets import FixedMeasurementSet as FixedMeasurementSet
    from augury.inference.measurement_sets import MeasurementSet as MeasurementSet
    from augury.inference.network_density import NetworkDensity as NetworkDensity
    from augury.inference.nuts import NUTS as NUTS
    from augury.inference.predictive import Predictive as Predictive
    from augury.inference.predictive import WeightSamples as WeightSamples
    from augury.inference.sghmc import SGHMC as SGHMC
    from augury.inference.weight_prior import GaussianWeightPrior as GaussianWeightPrior
    from augury.inference.weight_prior import WeightPrior as WeightPrior

_ATTRIBUTES = {
    "SeparateTraining": "augury.inference.encoder_training",
    "SignedDistanceSampler": "augury.inference.fields.samplers",
    "ImageSampler": "augury.inference.fields.samplers",
    "load_field": "augury.inference.fields.checkpoints",
    "fit_field": "augury.inference.fields.training",
    "FieldTrainer": "augury.inference.fields.training",
    "CyclicalSGLD": "augury.inference.cyclical_sgld",
    "DeepEnsemble": "augury.inference.deep_ensemble",
    "FixedMeasurementSet": "augury.inference.measurement_sets",
    "GaussianProcessPrior": "augury.inference.function_prior",
    "GaussianWeightPrior": "augury.inference.weight_prior",
    "HMC": "augury.inference.hmc",
    "HierarchicalWeightPrior": "augury.inference.hierarchical_prior",
    "Inference": "augury.inference.base",
    "InferenceWarning": "augury.inference.base",
    "Laplace": "augury.inference.laplace",
    "MCDropout": "augury.inference.mc_dropout",
    "MatchResult": "augury.inference.functional_prior",
    "MeasurementSet": "augury.inference.measurement_sets",
    "NUTS": "augury.inference.nuts",
    "NetworkDensity": "augury.inference.network_density",
    "PlanarFlowWeightPrior": "augury.inference.flow_prior",
    "Predictive": "augury.inference.predictive",
    "SGHMC": "augury.inference.sghmc",
    "WeightPrior": "augury.inference.weight_prior",
    "WeightSamples": "augury.inference.predictive",
    "match_functional_prior": "augury.inference.functional_prior",
}

__all__ = sorted(_ATTRIBUTES)

__getattr__, __dir__ = lazy_attributes(__name__, _ATTRIBUTES)
