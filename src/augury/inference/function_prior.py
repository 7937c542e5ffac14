"""A Gaussian process as a prior over functions, for other priors to be matched to."""

from __future__ import annotations

from copy import deepcopy
from typing import final

import torch
from gpytorch.kernels import Kernel
from gpytorch.means import Mean
from torch import Tensor

from augury.errors import InvalidInputError, NotSupportedError
from augury.numerics.seeding import global_generator

#: Relative to the mean of the diagonal; the largest is more than any kernel on real inputs needs.
_JITTERS = (1e-8, 1e-6, 1e-4, 1e-2)


@final
class GaussianProcessPrior:
    r"""The distribution :math:`f \sim \mathcal{GP}(m, k_\theta),\ \theta \sim p(\theta)` over functions.

    Where the kernel (or a part of it) has GPyTorch priors on its hyperparameters, these are drawn anew for
    every function; without priors they stay as they are. The draws are noise-free.

    Args:
        kernel: a GPyTorch kernel without batch dimension.
        mean: a GPyTorch mean; zero when None.

    Raises:
        NotSupportedError: a batched kernel, or hyperpriors on the mean.
    """

    def __init__(self, kernel: Kernel, mean: Mean | None = None) -> None:
        if len(kernel.batch_shape):
            raise NotSupportedError(
                f"the kernel of a function prior must have no batch dimension; given {kernel.batch_shape}"
            )
        if mean is not None and next(iter(mean.named_priors()), None) is not None:
            raise NotSupportedError("hyperpriors on the mean are not supported; put them on the kernel")
        self.kernel = deepcopy(kernel).double().requires_grad_(False)
        self.mean = None if mean is None else deepcopy(mean).double().requires_grad_(False)
        self.has_hyperpriors = next(iter(self.kernel.named_priors()), None) is not None

    def sample(
        self, X: Tensor, num_samples: int, *, num_outputs: int = 1, generator: torch.Generator
    ) -> Tensor:
        """Function values at `X` (`N x ...`, one input a row), `num_samples x N x num_outputs`.

        The outputs of one function are independent given its hyperparameters.
        """
        mean, covariance = self._moments(X, num_samples, generator)
        normal = torch.randn(num_samples, len(X), num_outputs, dtype=torch.float64, generator=generator)
        return mean.unsqueeze(-1) + _safe_cholesky(covariance) @ normal

    def moments(
        self, X: Tensor, num_draws: int = 128, *, generator: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        """Mean (`N`) and covariance (`N x N`) at `X`, averaged over `num_draws` hyperparameters.

        The mean does not depend on the kernel's hyperparameters, so the covariance is the plain average.
        """
        mean, covariance = self._moments(X, num_draws, generator)
        return mean, covariance if covariance.dim() == 2 else covariance.mean(0)

    def _moments(self, X: Tensor, num_draws: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        points = X.detach().to(torch.float64).flatten(1)
        with torch.no_grad():
            mean = points.new_zeros(len(points)) if self.mean is None else self.mean(points)
            kernel = self._drawn_kernel(num_draws, generator) if self.has_hyperpriors else self.kernel
            covariance: Tensor = kernel(points).to_dense()
        return mean, covariance

    def _drawn_kernel(self, num_draws: int, generator: torch.Generator) -> Kernel:
        """The kernel with a batch of hyperparameters from their priors."""
        kernel = self.kernel.expand_batch(torch.Size([num_draws]))
        for parameter in kernel.parameters():
            parameter.data = parameter.data.clone()  # `expand_batch` leaves views of one memory
        with global_generator(generator):
            for name, module, prior, closure, setting_closure in kernel.named_priors():
                if setting_closure is None:
                    raise NotSupportedError(
                        f"the prior {name!r} has no setting_closure, so it cannot be drawn"
                    )
                try:
                    value = prior.expand(closure(module).shape).sample()
                except (NotImplementedError, RuntimeError, ValueError) as error:
                    raise NotSupportedError(
                        f"the prior {name!r} ({type(prior).__name__}) cannot be drawn for each function: "
                        f"{error}"
                    ) from error
                setting_closure(module, value)
        return kernel


def _safe_cholesky(covariance: Tensor) -> Tensor:
    """Lower factors of `... x N x N` covariances, with as little jitter as succeeds."""
    scale = covariance.diagonal(dim1=-2, dim2=-1).mean(-1)[..., None, None]
    identity = torch.eye(covariance.shape[-1], dtype=covariance.dtype)
    for jitter in _JITTERS:
        factor, info = torch.linalg.cholesky_ex(covariance + jitter * scale * identity)
        if not bool(info.any()) and bool(torch.isfinite(factor).all()):
            return factor
    raise InvalidInputError(
        "the kernel of the function prior is not positive definite at the measurement set"
    )
