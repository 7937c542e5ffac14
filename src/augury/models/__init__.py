"""Surrogates: each is a BoTorch `Model`, reachable by name through `registry.MODELS`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from augury.lazy import lazy_attributes

if TYPE_CHECKING:
    from augury.models.auto import Portfolio as Portfolio
    from augury.models.bayesian_neural_network import BayesianNeuralNetwork as BayesianNeuralNetwork
    from augury.models.bundled_surrogate import BundledSurrogate as BundledSurrogate
    from augury.models.co_kriging import CoKriging as CoKriging
    from augury.models.deep_kernel import DeepKernelGP as DeepKernelGP
    from augury.models.deep_kernel_machine import DeepKernelMachine as DeepKernelMachine
    from augury.models.deep_kernel_machine_classifier import (
        DeepKernelMachineClassifier as DeepKernelMachineClassifier,
    )
    from augury.models.deep_kernel_receptive_field import ModelReceptiveField as ModelReceptiveField
    from augury.models.deep_kernel_receptive_field import model_receptive_field as model_receptive_field
    from augury.models.feasibility import FeasibilityModel as FeasibilityModel
    from augury.models.fields.bayesian_field import bayesian_field as bayesian_field
    from augury.models.fields.picture import field_picture as field_picture
    from augury.models.functional_tucker import FunctionalTucker as FunctionalTucker
    from augury.models.gaussian_process import GaussianProcess as GaussianProcess
    from augury.models.gradient_enhanced_process import (
        GradientEnhancedGaussianProcess as GradientEnhancedGaussianProcess,
    )
    from augury.models.hierarchical_kriging import HierarchicalKriging as HierarchicalKriging
    from augury.models.infinite_width_gp import InfiniteWidthGP as InfiniteWidthGP
    from augury.models.latent_source_gaussian_process import (
        LatentSourceGaussianProcess as LatentSourceGaussianProcess,
    )
    from augury.models.multi_task_gaussian_process import (
        MultiSourceGaussianProcess as MultiSourceGaussianProcess,
    )
    from augury.models.multi_task_gaussian_process import MultiTaskGaussianProcess as MultiTaskGaussianProcess
    from augury.models.nargp import NARGP as NARGP
    from augury.models.ntk_ensemble import NTKEnsemble as NTKEnsemble
    from augury.models.prior_fitted_classifier import PriorFittedClassifier as PriorFittedClassifier
    from augury.models.prior_fitted_network import PriorFittedNetwork as PriorFittedNetwork
    from augury.models.random_forest import RandomForest as RandomForest
    from augury.models.recursive_co_kriging import RecursiveCoKriging as RecursiveCoKriging
    from augury.models.scale_mixture.burr import BurrXII as BurrXII
    from augury.models.scale_mixture_process import ScaleMixtureProcess as ScaleMixtureProcess
    from augury.models.source_graph import SourceGraph as SourceGraph
    from augury.models.space_mapping import SpaceMapping as SpaceMapping
    from augury.models.sparse_axis_process import SparseAxisProcess as SparseAxisProcess
    from augury.models.sparse_gaussian_process import SparseGaussianProcess as SparseGaussianProcess
    from augury.models.sparse_multiple_kernel_gp import SparseMultipleKernelGP as SparseMultipleKernelGP
    from augury.models.stepwise_co_kriging import StepwiseCoKriging as StepwiseCoKriging
    from augury.models.student_t_classifier import StudentTClassifier as StudentTClassifier
    from augury.models.student_t_process import StudentTProcess as StudentTProcess
    from augury.models.vector_field_component import VectorFieldComponent as VectorFieldComponent
    from augury.models.vector_field_gp import VectorFieldGP as VectorFieldGP

_ATTRIBUTES = {
    "field_picture": "augury.models.fields.picture",
    "bayesian_field": "augury.models.fields.bayesian_field",
    "MultiSourceGaussianProcess": "augury.models.multi_task_gaussian_process",
    "ModelReceptiveField": "augury.models.deep_kernel_receptive_field",
    "model_receptive_field": "augury.models.deep_kernel_receptive_field",
    "MultiTaskGaussianProcess": "augury.models.multi_task_gaussian_process",
    "HierarchicalKriging": "augury.models.hierarchical_kriging",
    "LatentSourceGaussianProcess": "augury.models.latent_source_gaussian_process",
    "SourceGraph": "augury.models.source_graph",
    "SparseAxisProcess": "augury.models.sparse_axis_process",
    "SparseGaussianProcess": "augury.models.sparse_gaussian_process",
    "SparseMultipleKernelGP": "augury.models.sparse_multiple_kernel_gp",
    "SpaceMapping": "augury.models.space_mapping",
    "CoKriging": "augury.models.co_kriging",
    "NARGP": "augury.models.nargp",
    "PriorFittedClassifier": "augury.models.prior_fitted_classifier",
    "PriorFittedNetwork": "augury.models.prior_fitted_network",
    "Portfolio": "augury.models.auto",
    "RandomForest": "augury.models.random_forest",
    "RecursiveCoKriging": "augury.models.recursive_co_kriging",
    "DeepKernelGP": "augury.models.deep_kernel",
    "DeepKernelMachine": "augury.models.deep_kernel_machine",
    "DeepKernelMachineClassifier": "augury.models.deep_kernel_machine_classifier",
    "BayesianNeuralNetwork": "augury.models.bayesian_neural_network",
    "BundledSurrogate": "augury.models.bundled_surrogate",
    "BurrXII": "augury.models.scale_mixture.burr",
    "FunctionalTucker": "augury.models.functional_tucker",
    "FeasibilityModel": "augury.models.feasibility",
    "GaussianProcess": "augury.models.gaussian_process",
    "GradientEnhancedGaussianProcess": "augury.models.gradient_enhanced_process",
    "InfiniteWidthGP": "augury.models.infinite_width_gp",
    "NTKEnsemble": "augury.models.ntk_ensemble",
    "ScaleMixtureProcess": "augury.models.scale_mixture_process",
    "StepwiseCoKriging": "augury.models.stepwise_co_kriging",
    "StudentTClassifier": "augury.models.student_t_classifier",
    "StudentTProcess": "augury.models.student_t_process",
    "VectorFieldComponent": "augury.models.vector_field_component",
    "VectorFieldGP": "augury.models.vector_field_gp",
}

__all__ = sorted(_ATTRIBUTES)

__getattr__, __dir__ = lazy_attributes(__name__, _ATTRIBUTES)
