"""Classification of small tables with a prior-fitted network."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any, Self, final

import numpy as np
import torch
from sklearn.utils.validation import check_is_fitted, validate_data
from torch import Tensor

from augury.errors import InvalidInputError
from augury.models.prior_fitted.sharpness import left_out_sharpness
from augury.models.prior_fitted.weights import PriorFittedWarning, TrainedNetwork
from augury.models.standardized_classifier import StandardizedClassifier
from augury.networks.prior_fitted.transformer import PriorFittedTransformer

_SPREAD = 12.0**0.5
_CHUNK = 2048


@final
class PriorFittedClassifier(StandardizedClassifier):
    """Probabilities of classes in one forward pass of a network trained on random functions.

    For tables of up to a hundred rows or so. A scikit-learn classifier: nothing is fitted but the scaling of
    the inputs and the sharpness of the probabilities, by which labels left out of the data are likeliest;
    labels may be of any kind; several classes are told apart one against the rest.

    Args:
        network: a shipped network's name, the file of another, or a `PriorFittedTransformer` of two classes.

    Source: Müller et al., "Transformers can do Bayesian inference", ICLR 2022, section 6.
    """

    def __init__(self, network: str | Path | PriorFittedTransformer = "classes") -> None:
        self.network = network

    def fit(self, X: Any, y: Any) -> Self:
        """Remember the rows `X` (`n x d`) with labels `y` (`n`).

        Raises:
            InvalidInputError: a single class, or a network for regression.
            ValueError: data that are not numbers, not finite, or of different lengths (by scikit-learn).
        """
        X, y = validate_data(self, X, y, dtype=np.float64)
        codes = self._coded(y)
        trained = TrainedNetwork.of(self.network)
        if not trained.network.shape.classes:
            raise InvalidInputError(f"{trained.name} is a network for regression, not for classes")
        objection = trained.objection(*X.shape)
        if objection is not None:
            warnings.warn(objection, PriorFittedWarning, stacklevel=2)
        self._network = trained.network
        self._scale_by(X)
        self._rows = self._scaled(X)
        count = len(self.classes_)
        one_hot = np.eye(count)[codes].T if count > 2 else codes[None].astype(np.float64)
        self._codes = torch.from_numpy(np.ascontiguousarray(one_hot))
        self._sharpness = left_out_sharpness(self._network, self._rows, self._codes)
        return self

    def predict_proba(self, X: Any) -> np.ndarray:
        """`N x C` probabilities of the classes at `X` (`N x d`), in the order of `classes_`."""
        check_is_fitted(self, "classes_")
        points = self._scaled(validate_data(self, X, reset=False, dtype=np.float64))
        problems = len(self._codes)
        with torch.no_grad():
            context = self._network.read(self._rows.expand(problems, -1, -1), self._codes)
            sharpness = self._sharpness[:, None, None]
            parts = [
                (sharpness * self._network.class_logits(context, block.expand(problems, -1, -1))).softmax(-1)
                for block in points.split(_CHUNK)
            ]
        positive = torch.cat(parts, dim=1)[..., 1].double().numpy().T
        if problems == 1:
            return np.concatenate([1.0 - positive, positive], axis=1)
        shares: np.ndarray = positive / positive.sum(axis=1, keepdims=True)
        return shares

    def _scaled(self, X: np.ndarray) -> Tensor:
        """Standardised columns, stretched as a uniform number of the unit interval would be."""
        return self._standardised(X) / _SPREAD + 0.5
