"""Architectures: their algebra, `torch.nn.Module`s, initialisation, many copies of one evaluated at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from augury.lazy import lazy_attributes

if TYPE_CHECKING:
    from augury.networks.architecture import Residual as Residual
    from augury.networks.architecture import Sequential as Sequential
    from augury.networks.array_encoder import ArrayEncoder as ArrayEncoder
    from augury.networks.compression.budget import compress_to as compress_to
    from augury.networks.compression.budget import parameter_count as parameter_count
    from augury.networks.compression.budget import shrink as shrink
    from augury.networks.compression.factorize import factorize as factorize
    from augury.networks.compression.factorize import materialize as materialize
    from augury.networks.compression.ordered_ranks import RankSampler as RankSampler
    from augury.networks.compression.ordered_ranks import group_lasso as group_lasso
    from augury.networks.compression.ordered_ranks import importances as importances
    from augury.networks.critical_init import critical_init_ as critical_init_
    from augury.networks.fields.design import FieldDesign as FieldDesign
    from augury.networks.fields.gaussian_rbf import GaussianRBFLayer as GaussianRBFLayer
    from augury.networks.fields.multi_resolution_grid import CoordinateWarning as CoordinateWarning
    from augury.networks.fields.multi_resolution_grid import MultiResolutionGrid as MultiResolutionGrid
    from augury.networks.fields.neural_field import NeuralField as NeuralField
    from augury.networks.global_convolution.encoder import SGConvEncoder as SGConvEncoder
    from augury.networks.global_convolution.layer import SGConv as SGConv
    from augury.networks.global_convolution.layer import (
        kernel_parameter_groups as kernel_parameter_groups,
    )
    from augury.networks.global_convolution.multiscale_kernel import MultiscaleKernel as MultiscaleKernel
    from augury.networks.layers import Activation as Activation
    from augury.networks.layers import Conv1d as Conv1d
    from augury.networks.layers import Conv2d as Conv2d
    from augury.networks.layers import Dense as Dense
    from augury.networks.layers import Flatten as Flatten
    from augury.networks.layers import GlobalAveragePool as GlobalAveragePool
    from augury.networks.mlp import MLP as MLP
    from augury.networks.receptive_field import EffectiveReceptiveField as EffectiveReceptiveField
    from augury.networks.receptive_field import effective_receptive_field as effective_receptive_field
    from augury.networks.skip_encoder import SkipEncoder as SkipEncoder
    from augury.networks.snnk_bundle import SNNKSequential as SNNKSequential
    from augury.networks.snnk_bundle import bundle as bundle
    from augury.networks.snnk_linear import SNNKLinear as SNNKLinear
    from augury.networks.softmax_free.attention import SoftmaxFreeAttention as SoftmaxFreeAttention
    from augury.networks.softmax_free.embedding import ConvolutionalEmbedding as ConvolutionalEmbedding
    from augury.networks.softmax_free.encoder import SoftmaxFreeEncoder as SoftmaxFreeEncoder
    from augury.networks.softmax_free.encoder import SoftmaxFreeLayer as SoftmaxFreeLayer
    from augury.networks.softmax_free.vision import SoftmaxFreeTransformer as SoftmaxFreeTransformer
    from augury.networks.spectral_bound import bound_spectral_norm_ as bound_spectral_norm_
    from augury.networks.stacked import StackedNetwork as StackedNetwork
    from augury.networks.unit_norm import UnitNorm as UnitNorm

_ATTRIBUTES = {
    "ArrayEncoder": "augury.networks.array_encoder",
    "Sequential": "augury.networks.architecture",
    "Residual": "augury.networks.architecture",
    "Dense": "augury.networks.layers",
    "Activation": "augury.networks.layers",
    "Conv1d": "augury.networks.layers",
    "Conv2d": "augury.networks.layers",
    "Flatten": "augury.networks.layers",
    "GlobalAveragePool": "augury.networks.layers",
    "RankSampler": "augury.networks.compression.ordered_ranks",
    "compress_to": "augury.networks.compression.budget",
    "factorize": "augury.networks.compression.factorize",
    "group_lasso": "augury.networks.compression.ordered_ranks",
    "importances": "augury.networks.compression.ordered_ranks",
    "materialize": "augury.networks.compression.factorize",
    "parameter_count": "augury.networks.compression.budget",
    "shrink": "augury.networks.compression.budget",
    "CoordinateWarning": "augury.networks.fields.multi_resolution_grid",
    "FieldDesign": "augury.networks.fields.design",
    "GaussianRBFLayer": "augury.networks.fields.gaussian_rbf",
    "MultiResolutionGrid": "augury.networks.fields.multi_resolution_grid",
    "NeuralField": "augury.networks.fields.neural_field",
    "MultiscaleKernel": "augury.networks.global_convolution.multiscale_kernel",
    "SGConv": "augury.networks.global_convolution.layer",
    "SGConvEncoder": "augury.networks.global_convolution.encoder",
    "kernel_parameter_groups": "augury.networks.global_convolution.layer",
    "ConvolutionalEmbedding": "augury.networks.softmax_free.embedding",
    "SoftmaxFreeAttention": "augury.networks.softmax_free.attention",
    "SoftmaxFreeEncoder": "augury.networks.softmax_free.encoder",
    "SoftmaxFreeLayer": "augury.networks.softmax_free.encoder",
    "SoftmaxFreeTransformer": "augury.networks.softmax_free.vision",
    "SNNKLinear": "augury.networks.snnk_linear",
    "SNNKSequential": "augury.networks.snnk_bundle",
    "bundle": "augury.networks.snnk_bundle",
    "UnitNorm": "augury.networks.unit_norm",
    "SkipEncoder": "augury.networks.skip_encoder",
    "bound_spectral_norm_": "augury.networks.spectral_bound",
    "MLP": "augury.networks.mlp",
    "StackedNetwork": "augury.networks.stacked",
    "critical_init_": "augury.networks.critical_init",
    "EffectiveReceptiveField": "augury.networks.receptive_field",
    "effective_receptive_field": "augury.networks.receptive_field",
}

__all__ = sorted(_ATTRIBUTES)

__getattr__, __dir__ = lazy_attributes(__name__, _ATTRIBUTES)
