"""Mean, variance and their gradients at many single points, from the moments of one outcome."""

from __future__ import annotations

from abc import abstractmethod

import numpy as np
import torch
from torch import Tensor

from augury.models.exact.cross_posterior import CrossPosterior
from augury.models.surrogate import Surrogate


class PointwiseMoments(Surrogate):
    """Moments at rows of points, each for itself, by `cross_posterior`."""

    @abstractmethod
    def cross_posterior(self, Z: np.ndarray | None = None) -> CrossPosterior:
        """The moments at candidates jointly with the values at `b` fixed points `Z` (`b x d`), pulled back.

        Raises:
            NotSupportedError: several outcomes, a batch of conditioned models, or an outcome transform that
                is not affine.
        """

    def mean_variance(self, X: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and variance of the noise-free outcome at `X` (`N x d`): `N` numbers each, in blocks.

        Raises:
            NotSupportedError: as for `cross_posterior`.
        """
        mean, variance, _ = self.cross_posterior()(self._points(X))
        return torch.from_numpy(mean), torch.from_numpy(variance)

    def mean(self, X: Tensor) -> Tensor:
        """The mean alone at `X` (`N x d`), which costs far less than the variance where rows are many.

        Raises:
            NotSupportedError: as for `cross_posterior`.
        """
        return torch.from_numpy(self.cross_posterior().mean(self._points(X)))

    def mean_variance_gradient(self, X: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Mean and variance at `X` (`N x d`) and the gradient of each (`N x d`, 0 in categorical columns).

        Raises:
            NotSupportedError: as for `cross_posterior`.
        """
        cross = self.cross_posterior()
        mean, variance, nothing = cross(self._points(X), gradient=True)
        one, zero = np.ones_like(mean), np.zeros_like(mean)
        gradients = cross.pullback(one, zero, nothing), cross.pullback(zero, one, nothing)
        return (
            torch.from_numpy(mean),
            torch.from_numpy(variance),
            torch.from_numpy(gradients[0]),
            torch.from_numpy(gradients[1]),
        )

    def _points(self, X: Tensor) -> np.ndarray:
        """The points (`N x d`) as an array, as they are given."""
        self._check_points(X)
        return X.detach().to(torch.float64).numpy()
