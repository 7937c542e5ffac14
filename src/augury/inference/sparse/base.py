"""What the ways of training a sparse Gaussian process have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from augury.inference.base import Progress
from augury.inference.sparse.covariance import InducingCovariance, Whitened
from augury.inference.sparse.likelihoods import Likelihood
from augury.inference.sparse.rows import Rows


@dataclass(frozen=True)
class InducingPosterior:
    """`q(v_c) = N(mean_c, root_c root_c^T)`, of the whitened inducing values of each latent function.

    Args:
        mean: `C x M`.
        root: `C x M x M`.
    """

    mean: Tensor
    root: Tensor

    @classmethod
    def from_precision(cls, linear: Tensor, precision: Tensor) -> InducingPosterior:
        """That with `precision` (`C x M x M`) and `precision @ mean = linear` (`C x M`)."""
        factor = torch.linalg.cholesky(precision)
        root = torch.linalg.solve_triangular(factor.mT, torch.eye(factor.shape[-1]).to(factor), upper=True)
        return cls((root @ (root.mT @ linear.unsqueeze(-1))).squeeze(-1), root)

    def marginals(self, whitened: Whitened) -> tuple[Tensor, Tensor]:
        """Means and variances of the latent functions at points, `... x q x C` each."""
        W = whitened.weights
        mean = W.mT @ self.mean.mT
        spread = torch.stack([(root.mT @ W).square().sum(-2) for root in self.root], dim=-1)
        return mean, whitened.unexplained.unsqueeze(-1) + spread

    def joint(self, whitened: Whitened, latent: int) -> tuple[Tensor, Tensor]:
        """Mean (`... x q`) and covariance (`... x q x q`) of a latent function; `own` must be in full."""
        W = whitened.weights
        spread = self.root[latent].mT @ W
        return W.mT @ self.mean[latent], whitened.own - W.mT @ W + spread.mT @ spread

    def divergence(self) -> Tensor:
        """The divergence from the prior, summed over the latent functions."""
        log_det = self.root.diagonal(dim1=-2, dim2=-1).abs().log().sum()
        return 0.5 * (self.mean.square().sum() + self.root.square().sum() - self.mean.numel()) - log_det


class SparseInference(ABC):
    """A way to train covariance, inducing points and likelihood, and to the posterior of inducing values."""

    @abstractmethod
    def run(
        self,
        covariance: InducingCovariance,
        likelihood: Likelihood,
        rows: Rows,
        num_latents: int,
        *,
        seed: int = 0,
        progress: Progress | None = None,
    ) -> tuple[InducingPosterior, Mapping[str, float]]:
        """Train, in place.

        Args:
            covariance: its parameters that require gradients are trained.
            likelihood: likewise.
            rows: the data.
            num_latents: `C`, the number of latent functions.
            seed: of all random numbers.
            progress: called now and then with `(steps done, steps in all, what is being done)`.

        Returns:
            The posterior of the whitened inducing values; and diagnostics, `bound` among them.
        """
