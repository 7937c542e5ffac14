"""Classification with a deep kernel machine."""

from __future__ import annotations

from typing import Any, Self, final

import numpy as np
import torch
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_array, check_is_fitted, check_X_y
from torch import Tensor

from augury.errors import InvalidInputError
from augury.inference.sparse.covariance import whiten
from augury.inference.sparse.likelihoods import Softmax
from augury.inference.sparse.rows import TensorRows
from augury.inference.sparse.stochastic import Stochastic
from augury.kernels.gram import GramKernel
from augury.models.deep_kernel_machines.covariance import deep_covariance
from augury.models.deep_kernel_machines.regularization import Regularization, checked_regularization


@final
class DeepKernelMachineClassifier(ClassifierMixin, BaseEstimator):
    """Probabilities of classes by a deep kernel machine with a softmax likelihood.

    One latent function for each class, all on one learnt representation. A scikit-learn classifier: inputs
    are standardised inside, labels may be of any kind.

    Args:
        num_layers: learnt layers.
        num_inducing: the largest number of inducing points.
        regularization: `nu`, for all layers or one for each, against the log likelihood of all rows.
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
        kernel: str | GramKernel = "rbf",
        inference: Stochastic | None = None,
        num_samples: int = 8,
        num_predictive_samples: int = 512,
        random_state: int = 0,
    ) -> None:
        self.num_layers = num_layers
        self.num_inducing = num_inducing
        self.regularization = regularization
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
        if isinstance(self.regularization, str):
            raise InvalidInputError(
                "the classifier's regularization must be numbers; search it by cross-validation "
                "(sklearn.model_selection.GridSearchCV)"
            )
        prices = checked_regularization(self.regularization, (), self.num_layers)
        X, y = check_X_y(X, y, dtype=np.float64)
        check_classification_targets(y)
        self.classes_, codes = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise InvalidInputError(f"there is one class only, {self.classes_[0]!r}; two are needed at least")
        self.n_features_in_ = X.shape[1]
        self._shift, spread = X.mean(axis=0), X.std(axis=0)
        self._spread = np.where(spread > 0.0, spread, 1.0)
        rows = TensorRows(self._standardised(X), torch.from_numpy(codes))
        self._covariance = deep_covariance(self.kernel, rows, self.num_inducing, prices, learn=True)
        self._likelihood = Softmax(len(self.classes_), self.num_samples)
        inference = Stochastic(num_epochs=60, batch_size=256) if self.inference is None else self.inference
        self._posterior, diagnostics = inference.run(
            self._covariance, self._likelihood, rows, len(self.classes_), seed=self.random_state
        )
        self.evidence_bound_ = diagnostics["bound"]
        return self

    def predict_proba(self, X: Any) -> np.ndarray:
        """`N x C` probabilities of the classes at `X` (`N x d`), in the order of `classes_`."""
        check_is_fitted(self, "classes_")
        X = check_array(X, dtype=np.float64)
        if X.shape[1] != self.n_features_in_:
            raise InvalidInputError(f"the classifier has {self.n_features_in_} inputs; given {X.shape[1]}")
        with torch.no_grad():
            whitened = whiten(self._covariance.blocks(self._standardised(X)))
            marginals = self._posterior.marginals(whitened)
            probabilities: np.ndarray = self._likelihood.probabilities(
                *marginals, self.num_predictive_samples, seed=self.random_state
            ).numpy()
        return probabilities

    def predict(self, X: Any) -> np.ndarray:
        """The most probable class at each row of `X` (`N x d`)."""
        labels: np.ndarray = self.classes_[self.predict_proba(X).argmax(axis=1)]
        return labels

    def _standardised(self, X: np.ndarray) -> Tensor:
        return torch.from_numpy((X - self._shift) / self._spread)
