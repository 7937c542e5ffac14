"""Covariance functions, and the activations and recursions of infinitely wide networks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from augury.lazy import lazy_attributes

if TYPE_CHECKING:
    from augury.kernels.activation import ACTIVATIONS as ACTIVATIONS
    from augury.kernels.activation import Activation as Activation
    from augury.kernels.activation import leaky_relu as leaky_relu
    from augury.kernels.activation import resolve_activation as resolve_activation
    from augury.kernels.ar1 import AR1Kernel as AR1Kernel
    from augury.kernels.connection_matern import ConnectionMaternKernel as ConnectionMaternKernel
    from augury.kernels.criticality import CriticalPoint as CriticalPoint
    from augury.kernels.criticality import critical_point as critical_point
    from augury.kernels.criticality import fixed_points as fixed_points
    from augury.kernels.criticality import susceptibilities as susceptibilities
    from augury.kernels.deep_gram import DeepGramKernel as DeepGramKernel
    from augury.kernels.duals import dual_of as dual_of
    from augury.kernels.encoded import EncodedKernel as EncodedKernel
    from augury.kernels.finite_width import NetworkStatistics as NetworkStatistics
    from augury.kernels.finite_width import network_statistics as network_statistics
    from augury.kernels.finite_width import recommended_depth as recommended_depth
    from augury.kernels.four_point_vertex import PairStatistics as PairStatistics
    from augury.kernels.four_point_vertex import pair_statistics as pair_statistics
    from augury.kernels.gaussian_expectation import gaussian_expectation as gaussian_expectation
    from augury.kernels.gram import ArcCosineGram as ArcCosineGram
    from augury.kernels.gram import GramKernel as GramKernel
    from augury.kernels.gram import LinearGram as LinearGram
    from augury.kernels.gram import RBFGram as RBFGram
    from augury.kernels.latent_source import LatentSourceKernel as LatentSourceKernel
    from augury.kernels.learning_rates import equivalent_learning_rates as equivalent_learning_rates
    from augury.kernels.linear_multiple.dictionary import KernelDictionary as KernelDictionary
    from augury.kernels.linear_multiple.grid_spectral_mixture import (
        GridSpectralMixtureKernel as GridSpectralMixtureKernel,
    )
    from augury.kernels.nngp import NNGPKernel as NNGPKernel
    from augury.kernels.node_encoding import NodeEncoding as NodeEncoding
    from augury.kernels.ntk import NTKKernel as NTKKernel
    from augury.kernels.random_feature import RandomFeatureKernel as RandomFeatureKernel
    from augury.kernels.random_features.base import RandomFeatures as RandomFeatures
    from augury.kernels.random_features.base import VarianceWarning as VarianceWarning
    from augury.kernels.random_features.fourier import FourierFeatures as FourierFeatures
    from augury.kernels.random_features.fourier_series import FourierSeries as FourierSeries
    from augury.kernels.random_features.polynomial import PolynomialFeatures as PolynomialFeatures
    from augury.kernels.random_features.power_series import PowerSeries as PowerSeries
    from augury.kernels.random_features.relu import ReLUFeatures as ReLUFeatures
    from augury.kernels.random_features.universal import (
        universal_random_features as universal_random_features,
    )
    from augury.kernels.rbf_attention import RBFAttentionKernel as RBFAttentionKernel
    from augury.kernels.space_mapping import SpaceMappingKernel as SpaceMappingKernel
    from augury.kernels.task import CoregionalizationKernel as CoregionalizationKernel
    from augury.kernels.task import MultiSourceKernel as MultiSourceKernel

_ATTRIBUTES = {
    "ArcCosineGram": "augury.kernels.gram",
    "DeepGramKernel": "augury.kernels.deep_gram",
    "GramKernel": "augury.kernels.gram",
    "LinearGram": "augury.kernels.gram",
    "RBFGram": "augury.kernels.gram",
    "CoregionalizationKernel": "augury.kernels.task",
    "MultiSourceKernel": "augury.kernels.task",
    "GridSpectralMixtureKernel": "augury.kernels.linear_multiple.grid_spectral_mixture",
    "KernelDictionary": "augury.kernels.linear_multiple.dictionary",
    "LatentSourceKernel": "augury.kernels.latent_source",
    "SpaceMappingKernel": "augury.kernels.space_mapping",
    "RBFAttentionKernel": "augury.kernels.rbf_attention",
    "RandomFeatureKernel": "augury.kernels.random_feature",
    "FourierFeatures": "augury.kernels.random_features.fourier",
    "FourierSeries": "augury.kernels.random_features.fourier_series",
    "PolynomialFeatures": "augury.kernels.random_features.polynomial",
    "PowerSeries": "augury.kernels.random_features.power_series",
    "RandomFeatures": "augury.kernels.random_features.base",
    "ReLUFeatures": "augury.kernels.random_features.relu",
    "VarianceWarning": "augury.kernels.random_features.base",
    "universal_random_features": "augury.kernels.random_features.universal",
    "ConnectionMaternKernel": "augury.kernels.connection_matern",
    "NodeEncoding": "augury.kernels.node_encoding",
    "AR1Kernel": "augury.kernels.ar1",
    "EncodedKernel": "augury.kernels.encoded",
    "CriticalPoint": "augury.kernels.criticality",
    "NetworkStatistics": "augury.kernels.finite_width",
    "PairStatistics": "augury.kernels.four_point_vertex",
    "pair_statistics": "augury.kernels.four_point_vertex",
    "critical_point": "augury.kernels.criticality",
    "equivalent_learning_rates": "augury.kernels.learning_rates",
    "fixed_points": "augury.kernels.criticality",
    "gaussian_expectation": "augury.kernels.gaussian_expectation",
    "network_statistics": "augury.kernels.finite_width",
    "recommended_depth": "augury.kernels.finite_width",
    "susceptibilities": "augury.kernels.criticality",
    "ACTIVATIONS": "augury.kernels.activation",
    "Activation": "augury.kernels.activation",
    "NNGPKernel": "augury.kernels.nngp",
    "NTKKernel": "augury.kernels.ntk",
    "dual_of": "augury.kernels.duals",
    "leaky_relu": "augury.kernels.activation",
    "resolve_activation": "augury.kernels.activation",
}

__all__ = sorted(_ATTRIBUTES)

__getattr__, __dir__ = lazy_attributes(__name__, _ATTRIBUTES)
