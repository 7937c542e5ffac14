"""Sparse variational inference for Student-t processes with a likelihood that is not Gaussian."""

from __future__ import annotations

import torch
from gpytorch.kernels import Kernel
from torch import Tensor, nn

_JITTER = 1e-6


class VariationalStudentT(nn.Module):
    r"""C latent functions that share one unknown scale, summarised by their values at M inducing points.

    .. math::
        f_c \mid s \sim \mathcal{GP}(0, s K), \; s \sim \mathrm{InvGamma}(\alpha, \beta); \qquad
        q(s) = \mathrm{InvGamma}(a, b), \; q(v_c \mid s) = \mathcal N(m_c, s S_c)

    where `v_c = L^{-1} f_c(Z)` with `L L^T = K_ZZ` are whitened values (the paper keeps `f_c(Z)` itself) and
    `S_c` is diagonal. With `W = K_XZ L^{-T}` the marginals are

    .. math::
        f_c(X) \mid s \sim \mathcal N\big(W m_c,\; s\,[W S_c W^T + K_{XX} - W W^T]\big),

    Student-t with `2a` degrees of freedom once `s` is integrated out. As `a = b` grows it becomes the sparse
    variational Gaussian process.

    Args:
        kernel: a GPyTorch kernel; trained too.
        inducing: `M x d` first places of the inducing points; trained.
        num_latents: C.
        alpha: shape of the scale's prior.
        beta: its rate.

    Source: Lee et al., "Scale mixtures of neural network Gaussian processes", ICLR 2022, section 3.3.
    """

    def __init__(self, kernel: Kernel, inducing: Tensor, num_latents: int, alpha: float, beta: float) -> None:
        super().__init__()
        self.kernel = kernel.double()
        self.alpha, self.beta = alpha, beta
        self.inducing = nn.Parameter(inducing.clone())
        shape = num_latents, len(inducing)
        self.mean = nn.Parameter(torch.zeros(shape, dtype=torch.float64))
        self.log_variance = nn.Parameter(torch.zeros(shape, dtype=torch.float64))
        start = torch.tensor([alpha, beta], dtype=torch.float64).log()
        self.log_shape, self.log_rate = (nn.Parameter(value.clone()) for value in start)

    @property
    def shape(self) -> Tensor:
        """`a` of `q(s)`."""
        return self.log_shape.exp()

    @property
    def rate(self) -> Tensor:
        """`b` of `q(s)`."""
        return self.log_rate.exp()

    def marginals(self, X: Tensor) -> tuple[Tensor, Tensor]:
        """Mean, and variance given scale one, of each latent function at `X` (`N x d`): `N x C` each."""
        Z = self.inducing
        K = self.kernel(Z).to_dense()
        scale = K.diagonal().mean().detach()
        factor = torch.linalg.cholesky(K + _JITTER * scale * torch.eye(len(Z), dtype=K.dtype))
        W = torch.linalg.solve_triangular(factor, self.kernel(Z, X).to_dense(), upper=False).T
        unexplained = self.kernel(X, diag=True) - W.square().sum(-1)
        variance = W.square() @ self.log_variance.exp().T + unexplained.unsqueeze(-1).clamp_min(0.0)
        return W @ self.mean.T, variance.clamp_min(1e-12)

    def kl_divergence(self) -> Tensor:
        r"""From the variational posterior of `v` and `s` to their prior, in closed form.

        .. math::
            \tfrac12 \sum_c \big[\mathrm{tr} S_c - M - \log|S_c| + \tfrac ab \|m_c\|^2\big]
            + \alpha \log\tfrac b\beta - \log\Gamma(a) + \log\Gamma(\alpha) + (a - \alpha)\psi(a)
            + (\beta - b)\tfrac ab
        """
        a, b = self.shape, self.rate
        alpha = torch.tensor(self.alpha, dtype=a.dtype)
        given = self.log_variance.exp() - 1.0 - self.log_variance + a / b * self.mean.square()
        scale = (
            self.alpha * (self.log_rate - torch.tensor(self.beta, dtype=a.dtype).log())
            - torch.lgamma(a)
            + torch.lgamma(alpha)
            + (a - self.alpha) * torch.digamma(a)
            + (self.beta - b) * a / b
        )
        return 0.5 * given.sum() + scale

    def sample(self, X: Tensor, count: int, generator: torch.Generator) -> Tensor:
        """`count x N x C` draws of the latent functions, marginal in `N`, differentiable in all parameters.

        Args:
            X: `N x d`.
            count: number of draws; each has one scale.
            generator: of the random numbers.
        """
        mean, variance = self.marginals(X)
        gamma = torch._standard_gamma(self.shape.expand(count), generator=generator)
        scale = (self.rate / gamma)[:, None, None]
        normal = torch.randn(count, *mean.shape, dtype=mean.dtype, generator=generator)
        return mean + (scale * variance).sqrt() * normal

    def evidence_bound(
        self, X: Tensor, y: Tensor, *, count: int, num_data: int, generator: torch.Generator
    ) -> Tensor:
        """The evidence lower bound with a softmax likelihood, from a batch of the data.

        Args:
            X: `B x d` inputs.
            y: `B` classes, 0 to C - 1.
            count: Monte Carlo draws.
            num_data: number of all data, to which the batch is scaled up.
            generator: of the draws.
        """
        logits = self.sample(X, count, generator)
        log_likelihood = logits.log_softmax(-1)[:, torch.arange(len(y)), y]
        return log_likelihood.mean(0).sum() * (num_data / len(y)) - self.kl_divergence()
