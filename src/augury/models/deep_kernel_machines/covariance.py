"""The covariance of a deep kernel machine."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import final

from gpytorch.kernels import RBFKernel
from torch import Tensor, nn

from augury.errors import InvalidInputError
from augury.inference.sparse.covariance import Blocks, InducingCovariance
from augury.inference.sparse.inducing_points import greedy_inducing_points
from augury.inference.sparse.rows import Rows
from augury.kernels.deep_gram import DeepGram, GramLayer
from augury.kernels.gram import ArcCosineGram, GramKernel, LinearGram, RBFGram

_KERNELS = {"rbf": RBFGram, "arccos": ArcCosineGram, "linear": LinearGram}


@final
class DeepGramCovariance(InducingCovariance):
    """A deep kernel; the inducing points of its layers are those of the sparse process on top.

    Args:
        gram: trained in place.
        inducing: `M x D` first places of the inducing points.
        learn: whether they are trained.
    """

    def __init__(self, gram: DeepGram, inducing: Tensor, *, learn: bool = True) -> None:
        super().__init__()
        self.gram = gram
        self.inducing = nn.Parameter(inducing.detach().clone(), requires_grad=learn)

    def blocks(self, X: Tensor, *, full: bool = False) -> Blocks:
        """See `InducingCovariance.blocks`."""
        K = self.gram(self.inducing, X, full=full)
        return Blocks(K.inducing, K.cross, K.own)

    def penalty(self) -> Tensor:
        """The regularisation of the layers."""
        return self.gram.penalty()


def gram_kernel(kernel: str | GramKernel) -> GramKernel:
    """A Gram kernel by name, or a copy of the one given.

    Raises:
        InvalidInputError: neither.
    """
    if isinstance(kernel, GramKernel):
        return copy.deepcopy(kernel).double()
    if kernel not in _KERNELS:
        raise InvalidInputError(f"kernel must be one of {sorted(_KERNELS)} or a GramKernel; given {kernel!r}")
    made: GramKernel = _KERNELS[kernel]()
    return made


def deep_covariance(
    kernel: str | GramKernel,
    rows: Rows,
    num_inducing: int,
    regularization: Sequence[float],
    *,
    learn: bool,
    ard: bool = False,
) -> DeepGramCovariance:
    """The covariance before training, its inducing points at rows far from each other.

    Args:
        kernel: of every layer and on top.
        rows: the data.
        num_inducing: the largest number of inducing points.
        regularization: of each layer.
        learn: whether inducing points are trained, where they are fewer than the rows.
        ard: whether each input has a weight.

    Raises:
        InvalidInputError: an unknown kernel, or no inducing points.
    """
    if num_inducing < 1:
        raise InvalidInputError(f"num_inducing must be at least 1; given {num_inducing}")
    distance, D = RBFKernel().double(), rows.read(0, 1).X.shape[-1]
    distance.lengthscale = float(D) ** 0.5
    Z = greedy_inducing_points(distance, rows, num_inducing)
    layers = [GramLayer(gram_kernel(kernel), len(Z), one) for one in regularization]
    gram = DeepGram(layers, gram_kernel(kernel), ard=D if ard else None)
    return DeepGramCovariance(gram, Z, learn=learn and len(Z) < len(rows))
