"""Deep kernel machines: kernel methods that learn their representation, layer by layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Self, final

import numpy as np
from botorch.models.transforms.input import InputTransform
from botorch.models.transforms.outcome import OutcomeTransform
from botorch.utils.types import DEFAULT, _DefaultType
from torch import Tensor

from augury.inference.base import Progress
from augury.inference.sparse.base import SparseInference
from augury.inference.sparse.collapsed import Collapsed
from augury.inference.sparse.rows import Rows
from augury.inference.sparse.stochastic import Stochastic
from augury.kernels.deep_gram import DeepGramKernel
from augury.kernels.gram import GramKernel
from augury.models.deep_kernel_machines.covariance import DeepGramCovariance, deep_covariance
from augury.models.deep_kernel_machines.regularization import (
    Regularization,
    checked_regularization,
    choose_regularization,
)
from augury.models.sparse.model import SparseModel

#: With more rows than this a pass over all of them for each step takes too long.
_MOST_COLLAPSED = 10_000


@final
class DeepKernelMachine(SparseModel):
    r"""A chain of kernels whose Gram matrices are learnt, with a sparse Gaussian process on the last.

    .. math::
        \max_{G_1 \dots G_L} \; \log p(y \mid K(G_L)) - \sum_{l=1}^L \nu_l\,
        \mathrm{KL}\big(\mathcal N(0, G_l) \,\|\, \mathcal N(0, K(G_{l-1}))\big), \qquad G_0 = X X^\top / D

    The limit of wide deep Gaussian processes in which representations are still learnt: no weights, nothing
    sampled in the layers. With `regularization=math.inf` each Gram matrix is what the kernel of the layer
    before dictates, and the model a Gaussian process with the composed kernel. Kept are the Gram matrices of
    the inducing points; all other rows follow by the Gaussian conditional, so that time and memory are linear
    in the rows.

    Source: Yang, Robeyns, Milsom, Anson, Schoots and Aitchison, "A theory of representation learning gives a
    deep generalisation of kernel methods", ICML 2023.

    Args:
        train_X: `n x d` inputs in the unit cube; categories as integer codes. A NumPy array (`numpy.memmap`)
            is neither copied nor held, but read in chunks; `train_Y` must be one too.
        train_Y: `n x m` outcomes in their own units; they share the representation.
        train_Yvar: `n x m` known noise variances; inferred when None.
        categorical_features: the integer-coded columns, one-hot in front of the first layer.
        input_transform: applied to inputs first.
        outcome_transform: BoTorch's `Standardize` unless given; None to take outcomes as they are.
        num_layers: learnt layers, `L`; 0 for a sparse Gaussian process with the kernel.
        num_inducing: the largest number of inducing points.
        regularization: `nu`, for all layers or one for each, against the log likelihood of all rows; "auto"
            for that of the best density of rows held out, among `candidates`.
        candidates: what "auto" chooses from.
        kernel: "rbf", "arccos", "linear", or a `GramKernel`; each layer trains a copy of its own.
        ard: whether each input (number or category) has a weight that is learnt, in front of the first layer;
            the published model has none.
        learn_inducing: whether the inducing points are trained.
        inference: `Collapsed(...)` or `Stochastic(...)`; unless given, the former up to 10,000 rows, with a
            warm-up by Adam, and minibatches beyond.

    Raises:
        InvalidInputError: shapes that do not agree, no rows, entries that are not finite, options out of
            range.
    """

    covariance: DeepGramCovariance

    def __init__(
        self,
        train_X: Tensor | np.ndarray,
        train_Y: Tensor | np.ndarray,
        train_Yvar: Tensor | np.ndarray | None = None,
        categorical_features: Sequence[int] | None = None,
        input_transform: InputTransform | None = None,
        outcome_transform: OutcomeTransform | _DefaultType | None = DEFAULT,
        num_layers: int = 2,
        num_inducing: int = 100,
        regularization: Regularization = 100.0,
        candidates: Sequence[float] = (float("inf"), 1000.0, 100.0, 10.0, 1.0),
        kernel: str | GramKernel = "rbf",
        ard: bool = True,
        learn_inducing: bool = True,
        inference: SparseInference | None = None,
    ) -> None:
        prices = checked_regularization(regularization, candidates, num_layers)

        def covariance(rows: Rows) -> DeepGramCovariance:
            return deep_covariance(kernel, rows, num_inducing, prices, learn=learn_inducing, ard=ard)

        super().__init__(
            train_X,
            train_Y,
            train_Yvar,
            categorical_features,
            input_transform,
            outcome_transform,
            covariance,
            default_inference(len(train_X)) if inference is None else inference,
        )
        self._candidates = tuple(map(float, candidates)) if regularization == "auto" else ()
        #: Of each candidate of `regularization="auto"`: the mean log density of the rows held out.
        self.validation_scores: dict[float, float] = {}

    def fit(
        self,
        initial: Mapping[str, Tensor] | None = None,
        seed: int = 0,
        progress: Progress | None = None,
    ) -> Self:
        """Choose the regularisation where that is wanted, and train all else; see `SparseModel.fit`."""
        if self._candidates:
            self.validation_scores = choose_regularization(
                self.covariance,
                self.likelihood,
                self.inference,
                self._data.rows,
                self._candidates,
                self.num_outputs,
                seed=seed,
            )
        return super().fit(initial, seed, progress)

    @property
    def regularization(self) -> list[float]:
        """`nu` of each layer."""
        return [float(layer.regularization) for layer in self.covariance.gram.layers]

    @property
    def divergences(self) -> list[float]:
        """Of each layer: how far its Gram matrix has moved from its kernel."""
        return [float(layer.divergence()) for layer in self.covariance.gram.layers]

    def kernel(self) -> DeepGramKernel:
        """What has been learnt as a frozen GPyTorch kernel, on this model's transformed inputs."""
        return DeepGramKernel(self.covariance.gram, self.covariance.inducing, self._data.inputs)


def default_inference(n: int) -> SparseInference:
    """How a machine of `n` rows is trained unless told otherwise."""
    if n <= _MOST_COLLAPSED:
        return Collapsed(max_iterations=150, warm_up=150)
    return Stochastic(num_epochs=20, batch_size=512)
