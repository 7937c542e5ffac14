"""What classifiers in scikit-learn's manner do alike: labels of any kind, inputs standardised inside."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
import torch
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_array, check_is_fitted, check_X_y
from torch import Tensor

from augury.errors import InvalidInputError


class StandardizedClassifier(ClassifierMixin, BaseEstimator, ABC):
    """A classifier that knows its classes by code and its inputs in units of their spread."""

    @abstractmethod
    def predict_proba(self, X: Any) -> np.ndarray:
        """`N x C` probabilities of the classes at `X` (`N x d`), in the order of `classes_`."""

    def predict(self, X: Any) -> np.ndarray:
        """The most probable class at each row of `X` (`N x d`)."""
        codes = self.predict_proba(X).argmax(axis=1)
        labels: np.ndarray = self.classes_[codes]
        return labels

    def _prepared(self, X: Any, y: Any) -> tuple[np.ndarray, np.ndarray]:
        """Training inputs as numbers, and the code of each label.

        Raises:
            InvalidInputError: a single class.
            ValueError: data that are not numbers, not finite, or of different lengths (by scikit-learn).
        """
        X, y = check_X_y(X, y, dtype=np.float64)
        codes = self._coded(y)
        self.n_features_in_ = X.shape[1]
        self._scale_by(X)
        return X, codes

    def _coded(self, y: np.ndarray) -> np.ndarray:
        """The code of each label; learns the classes."""
        check_classification_targets(y)
        self.classes_, codes = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise InvalidInputError(f"there is one class only, {self.classes_[0]!r}; two are needed at least")
        return codes

    def _scale_by(self, X: np.ndarray) -> None:
        """Learn the mean and the spread of each column."""
        self._shift, spread = X.mean(axis=0), X.std(axis=0)
        self._spread = np.where(spread > 0.0, spread, 1.0)

    def _points(self, X: Any) -> Tensor:
        """Standardised points where predictions are wanted.

        Raises:
            InvalidInputError: another number of inputs.
        """
        check_is_fitted(self, "classes_")
        X = check_array(X, dtype=np.float64)
        if X.shape[1] != self.n_features_in_:
            raise InvalidInputError(  # in the words that scikit-learn's tools look for
                f"X has {X.shape[1]} features, but {type(self).__name__} is expecting "
                f"{self.n_features_in_} features as input"
            )
        return self._standardised(X)

    def _standardised(self, X: np.ndarray) -> Tensor:
        return torch.from_numpy((X - self._shift) / self._spread)
