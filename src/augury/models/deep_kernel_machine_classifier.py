"""Classification with a deep kernel machine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self, final

import numpy as np
import torch

from augury.inference.sparse.covariance import whiten
from augury.inference.sparse.likelihoods import Softmax
from augury.inference.sparse.rows import TensorRows
from augury.inference.sparse.stochastic import Stochastic
from augury.kernels.gram import GramKernel
from augury.models.deep_kernel_machines.covariance import deep_covariance
from augury.models.deep_kernel_machines.regularization import (
    Regularization,
    checked_regularization,
    choose_regularization,
)
from augury.models.standardized_classifier import StandardizedClassifier


@final
class DeepKernelMachineClassifier(StandardizedClassifier):
    """Probabilities of classes by a deep kernel machine with a softmax likelihood.

    One latent function for each class, all on one learnt representation. A scikit-learn classifier: inputs
    are standardised inside, labels may be of any kind.

    Args:
        num_layers: learnt layers.
        num_inducing: the largest number of inducing points.
        regularization: `nu`, for all layers or one for each, against the log likelihood of all rows; "auto"
            for that of the most probable labels of rows held out, among `candidates`.
        candidates: what "auto" chooses from.
        kernel: "rbf", "arccos", "linear", or a `GramKernel`.
        inference: the minibatches; `Stochastic(num_epochs=60, batch_size=256)` when None.
        num_samples: quasi-Monte Carlo draws of the latent values at a step; twice, with their opposites.
        num_predictive_samples: draws of a prediction.
        random_state: seed of everything random.

    Source: Yang et al. (2023); Milsom, Anson and Aitchison, "Convolutional deep kernel machines", ICLR 2024,
    for the likelihood.
    """

    def __init__(
        self,
        num_layers: int = 2,
        num_inducing: int = 200,
        regularization: Regularization = 1.0,
        candidates: Sequence[float] = (float("inf"), 100.0, 10.0, 1.0),
        kernel: str | GramKernel = "rbf",
        inference: Stochastic | None = None,
        num_samples: int = 8,
        num_predictive_samples: int = 512,
        random_state: int = 0,
    ) -> None:
        self.num_layers = num_layers
        self.num_inducing = num_inducing
        self.regularization = regularization
        self.candidates = candidates
        self.kernel = kernel
        self.inference = inference
        self.num_samples = num_samples
        self.num_predictive_samples = num_predictive_samples
        self.random_state = random_state

    def fit(self, X: Any, y: Any) -> Self:
        """Train on `X` (`n x d`) and labels `y` (`n`).

        Raises:
            InvalidInputError: options out of range, or a single class.
            ValueError: data that are not numbers, not finite, or of different lengths (by scikit-learn).
        """
        prices = checked_regularization(self.regularization, self.candidates, self.num_layers)
        X, codes = self._prepared(X, y)
        rows, count = TensorRows(self._standardised(X), torch.from_numpy(codes)), len(self.classes_)
        self._covariance = deep_covariance(self.kernel, rows, self.num_inducing, prices, learn=True)
        self._likelihood = Softmax(count, self.num_samples)
        inference = Stochastic(num_epochs=60, batch_size=256) if self.inference is None else self.inference
        self.validation_scores_: dict[float, float] = {}
        if self.regularization == "auto":
            self.validation_scores_ = choose_regularization(
                self._covariance,
                self._likelihood,
                inference,
                rows,
                list(map(float, self.candidates)),
                count,
                seed=self.random_state,
            )
        self._posterior, diagnostics = inference.run(
            self._covariance, self._likelihood, rows, count, seed=self.random_state
        )
        self.evidence_bound_ = diagnostics["bound"]
        return self

    def predict_proba(self, X: Any) -> np.ndarray:
        """`N x C` probabilities of the classes at `X` (`N x d`), in the order of `classes_`."""
        points = self._points(X)
        with torch.no_grad():
            whitened = whiten(self._covariance.blocks(points))
            marginals = self._posterior.marginals(whitened)
            probabilities: np.ndarray = self._likelihood.probabilities(
                *marginals, self.num_predictive_samples, seed=self.random_state
            ).numpy()
        return probabilities
