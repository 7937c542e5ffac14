"""The Matern kernel of vector fields on a manifold, from the spectrum of its connection Laplacian."""

from __future__ import annotations

from typing import Any, final

import torch
from gpytorch.constraints import Interval
from gpytorch.kernels import Kernel
from linear_operator.operators import LinearOperator, MatmulLinearOperator, RootLinearOperator
from torch import Tensor

from augury.errors import InvalidInputError

#: Beyond these, hyperparameters run away from each other along a ridge of the likelihood.
_SMOOTHNESS = (0.1, 20.0)
_VARIANCE = (1e-6, 1e6)
#: Eigenvalues of less than this share of the largest are 0 but for rounding: those of parallel fields.
_NOTHING = 1e-9


@final
class ConnectionMaternKernel(Kernel):
    r"""A Matern process of vector fields, `k(i, j) = \phi(i) S \phi(j)^T`.

    .. math::
        S_{ll} = \sigma^2 \frac{s_l}{\sum_l s_l}, \qquad
        s_l = \Big(\frac{2 \nu}{\kappa^2} + \lambda_l\Big)^{-\nu - D / 2}

    with the eigenvalues of the connection Laplacian and, for inputs, rows of its eigenfields `\phi`
    (`augury.geometry.Eigenmaps`): one row for each coordinate of a vector, or of its part in some direction.
    With eigenfields of mean squared coordinate 1, the mean prior variance of a coordinate is `\sigma^2`. The
    matrix has rank `k`, and comes as a root of that rank.

    Sources: Peach et al., "Implicit Gaussian process representation of vector fields over arbitrary latent
    manifolds", ICLR 2024 (whose code has the exponent `-\nu`, another naming of the smoothness); Borovitskiy
    et al., "Matern Gaussian processes on Riemannian manifolds" (2020), for the form here.

    Args:
        eigenvalues: `k`, not negative.
        nu: smoothness; bounded by 0.1 and 20.
        kappa: lengthscale in the units of the points; bounded by a hundredth and a hundred times what the
            eigenvalues can tell apart. Halfway between the extremes of `1 / sqrt(lambda)` when None.
        variance: `\sigma^2`.
        manifold_dim: `D`.
        learn_nu: whether the smoothness is fitted.

    Raises:
        InvalidInputError: eigenvalues that are negative or all 0, or numbers out of range.
    """

    eigenvalues: Tensor
    has_lengthscale = False

    def __init__(
        self,
        eigenvalues: Tensor,
        nu: float = 1.5,
        kappa: float | None = None,
        variance: float = 1.0,
        manifold_dim: int = 2,
        learn_nu: bool = True,
    ) -> None:
        super().__init__()
        values = torch.as_tensor(eigenvalues, dtype=torch.float64)
        if values.dim() != 1 or not bool((values >= 0.0).all()) or not bool((values > 0.0).any()):
            raise InvalidInputError(
                "eigenvalues must be a row of numbers that are not negative, and not all 0; "
                f"given shape {tuple(values.shape)}"
            )
        positive = values[values > _NOTHING * values.max()]
        shortest, longest = float(positive.max()) ** -0.5, float(positive.min()) ** -0.5
        kappas = 0.01 * shortest, 100.0 * longest
        kappa = (shortest * longest) ** 0.5 if kappa is None else float(kappa)
        for name, value, (low, high) in (
            ("nu", nu, _SMOOTHNESS),
            ("kappa", kappa, kappas),
            ("variance", variance, _VARIANCE),
        ):
            if not low <= value <= high:
                raise InvalidInputError(f"{name} must be {low:g} to {high:g}; given {value:g}")
        self.manifold_dim = int(manifold_dim)
        self.register_buffer("eigenvalues", values)
        for name, value, bounds in (
            ("nu", nu, _SMOOTHNESS),
            ("kappa", kappa, kappas),
            ("variance", variance, _VARIANCE),
        ):
            self.register_parameter(f"raw_log_{name}", torch.nn.Parameter(torch.zeros(()).double()))
            low, high = (torch.tensor(bound, dtype=torch.float64).log() for bound in bounds)
            self.register_constraint(f"raw_log_{name}", Interval(low, high).double())
            self.initialize(**{f"raw_log_{name}": self._raw(name, value)})
        self.raw_log_nu.requires_grad_(learn_nu)

    def _raw(self, name: str, value: float) -> Tensor:
        constraint: Interval = getattr(self, f"raw_log_{name}_constraint")
        # the bounds themselves are infinitely far away
        low, high = constraint.lower_bound + 1e-6, constraint.upper_bound - 1e-6
        inside = torch.tensor(value, dtype=torch.float64).log().clamp(low, high)
        raw: Tensor = constraint.inverse_transform(inside)
        return raw

    def _natural(self, name: str) -> Tensor:
        value: Tensor = (
            getattr(self, f"raw_log_{name}_constraint").transform(getattr(self, f"raw_log_{name}")).exp()
        )
        return value

    @property
    def nu(self) -> Tensor:
        """The smoothness."""
        return self._natural("nu")

    @property
    def kappa(self) -> Tensor:
        """The lengthscale."""
        return self._natural("kappa")

    @property
    def variance(self) -> Tensor:
        """The mean prior variance of a coordinate."""
        return self._natural("variance")

    @property
    def spectrum(self) -> Tensor:
        """`k` prior variances of the eigenfields' weights."""
        nu = self.nu
        log_s = -(nu + 0.5 * self.manifold_dim) * (2.0 * nu / self.kappa**2 + self.eigenvalues).log()
        return self.variance * torch.softmax(log_s, dim=-1)

    def forward(
        self, x1: Tensor, x2: Tensor, diag: bool = False, last_dim_is_batch: bool = False, **params: Any
    ) -> Tensor | LinearOperator:
        """`... x n1 x n2`, or `... x n` with `diag`, of rows of eigenfields (`... x n x k`)."""
        if x1.shape[-1] != len(self.eigenvalues):
            raise InvalidInputError(
                f"inputs are rows of {len(self.eigenvalues)} eigenfields; given shape {tuple(x1.shape)}"
            )
        root = self.spectrum.sqrt()
        first, second = x1 * root, x2 * root
        if diag:
            return (first * second).sum(dim=-1)
        if x2 is x1 or (x1.shape == x2.shape and torch.equal(x1, x2)):
            return RootLinearOperator(first)
        return MatmulLinearOperator(first, second.mT)
