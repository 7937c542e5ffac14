"""Classification with a Student-t process."""

from __future__ import annotations

import copy
from typing import Any, Self, final

import numpy as np
import torch
from gpytorch.kernels import Kernel, MaternKernel, ScaleKernel
from scipy.special import gammaincinv, ndtr, softmax
from torch import Tensor

from augury.errors import InvalidInputError
from augury.models.scale_mixture.variational import VariationalStudentT
from augury.models.standardized_classifier import StandardizedClassifier
from augury.numerics.quasi_random import quasi_normal

_BLOCK_ENTRIES = 1 << 22


@final
class StudentTClassifier(StandardizedClassifier):
    """Probabilities of classes by a sparse variational Student-t process with a softmax likelihood.

    One latent function for each class; all share an unknown scale, whose posterior is learnt with the rest,
    so that the classifier is less sure where it has not seen data than a Gaussian process of fixed scale. A
    scikit-learn classifier: inputs are standardised inside, labels may be of any kind.

    Args:
        kernel: a GPyTorch kernel (copied); a scaled Matern-5/2 with one lengthscale per input when None.
        num_inducing: inducing points at most, first at training points of all classes in equal number.
        alpha: shape of the scale's inverse-gamma prior.
        beta: its rate.
        epochs: passes over the data.
        batch_size: rows of one step; all when None.
        learning_rate: of Adam.
        num_samples: Monte Carlo draws of one step.
        num_predictive_samples: quasi-Monte Carlo draws of a prediction.
        random_state: seed of everything random.
        verbose: whether a progress bar is shown.

    Source: Lee et al., "Scale mixtures of neural network Gaussian processes", ICLR 2022, section 3.3.
    """

    def __init__(
        self,
        kernel: Kernel | None = None,
        num_inducing: int = 200,
        alpha: float = 2.0,
        beta: float = 2.0,
        epochs: int = 300,
        batch_size: int | None = None,
        learning_rate: float = 0.03,
        num_samples: int = 16,
        num_predictive_samples: int = 1024,
        random_state: int = 0,
        verbose: bool = False,
    ) -> None:
        self.kernel = kernel
        self.num_inducing = num_inducing
        self.alpha = alpha
        self.beta = beta
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.num_samples = num_samples
        self.num_predictive_samples = num_predictive_samples
        self.random_state = random_state
        self.verbose = verbose

    def fit(self, X: Any, y: Any) -> Self:
        """Train on `X` (`n x d`) and labels `y` (`n`).

        Raises:
            InvalidInputError: options out of range, or a single class.
            ValueError: data that are not numbers, not finite, or of different lengths (by scikit-learn).
        """
        self._check_options()
        X, codes = self._prepared(X, y)
        inputs, labels = self._standardised(X), torch.from_numpy(codes)
        generator = torch.Generator().manual_seed(self.random_state)
        rows = _balanced_rows(codes, self.num_inducing, np.random.default_rng(self.random_state))
        kernel = self._new_kernel(X.shape[1])
        self._process = VariationalStudentT(
            kernel, inputs[rows], len(self.classes_), float(self.alpha), float(self.beta)
        )
        self._train(inputs, labels, generator)
        return self

    def predict_proba(self, X: Any) -> np.ndarray:
        """`N x C` probabilities of the classes at `X` (`N x d`), in the order of `classes_`."""
        points = self._points(X)
        with torch.no_grad():
            mean, variance = (part.numpy() for part in self._process.marginals(points))
            shape, rate = float(self._process.shape), float(self._process.rate)
        draws = quasi_normal(self.num_predictive_samples, len(self.classes_) + 1, self.random_state)
        scales = rate / gammaincinv(shape, np.clip(ndtr(-draws[:, 0]), 1e-12, 1.0 - 1e-12))
        noise = np.sqrt(scales)[:, None] * draws[:, 1:]
        block = max(1, _BLOCK_ENTRIES // noise.size)
        parts = []
        for start in range(0, len(points), block):
            rows = slice(start, start + block)
            logits = mean[rows, None] + np.sqrt(variance[rows, None]) * noise
            parts.append(softmax(logits, axis=-1).mean(axis=1))
        return np.concatenate(parts)

    def _new_kernel(self, dim: int) -> Kernel:
        if self.kernel is not None:
            return copy.deepcopy(self.kernel)
        matern = MaternKernel(nu=2.5, ard_num_dims=dim)
        matern.lengthscale = max(dim, 1) ** 0.5
        return ScaleKernel(matern)

    def _train(self, X: Tensor, y: Tensor, generator: torch.Generator) -> None:
        process, n = self._process, len(X)
        size = n if self.batch_size is None else min(int(self.batch_size), n)
        optimizer = torch.optim.Adam(process.parameters(), lr=self.learning_rate)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, self.epochs)
        bounds = []
        for _ in self._progress():
            total = 0.0
            for rows in torch.randperm(n, generator=generator).split(size):
                optimizer.zero_grad()
                bound = process.evidence_bound(
                    X[rows], y[rows], count=self.num_samples, num_data=n, generator=generator
                )
                (-bound / n).backward()
                optimizer.step()
                total += float(bound.detach()) * len(rows) / n
            schedule.step()
            bounds.append(total)
        self.evidence_bounds_ = np.array(bounds)
        if not np.isfinite(self.evidence_bounds_[-1]):
            raise InvalidInputError(
                f"training diverged with learning_rate={self.learning_rate}; give a smaller one"
            )

    def _progress(self) -> Any:
        if not self.verbose:
            return range(self.epochs)
        from rich.progress import track

        return track(range(self.epochs), description="Student-t classifier")

    def _check_options(self) -> None:
        for name in ("alpha", "beta", "learning_rate"):
            if not 0.0 < getattr(self, name) < float("inf"):
                raise InvalidInputError(f"{name} must be a positive number; given {getattr(self, name)!r}")
        for name in ("num_inducing", "epochs", "batch_size", "num_samples", "num_predictive_samples"):
            value = getattr(self, name)
            if name == "batch_size" and value is None:
                continue
            if int(value) != value or value < 1:
                raise InvalidInputError(f"{name} must be a whole number of at least 1; given {value!r}")


def _balanced_rows(codes: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """At most `count` rows, the classes in turn, each class's in random order."""
    order = rng.permutation(len(codes))
    rank = np.empty(len(codes), dtype=np.intp)
    for code in np.unique(codes):
        members = order[codes[order] == code]
        rank[members] = np.arange(len(members))
    rows: np.ndarray = np.lexsort((codes, rank))[: min(count, len(codes))]
    return rows
