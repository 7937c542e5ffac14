"""The suite passes over kernels of this package and GPyTorch, and each check can fail."""

from __future__ import annotations

import pytest
import torch
from gpytorch.kernels import Kernel, LinearKernel, MaternKernel, PeriodicKernel, RBFKernel, ScaleKernel
from torch import nn

from augury.kernels import EncodedKernel, NNGPKernel, NTKKernel
from augury.networks import MLP
from augury.testing import KERNEL_CHECKS, check_kernel


def encoded() -> Kernel:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return EncodedKernel(MLP(2, (8,), 2), ScaleKernel(RBFKernel()))


FACTORIES = {
    "RBF": RBFKernel,
    "scaled Matern": lambda: ScaleKernel(MaternKernel(2.5, ard_num_dims=2)),
    "sum and product": lambda: RBFKernel() * LinearKernel() + PeriodicKernel(),
    "NNGP": NNGPKernel,
    "NTK": NTKKernel,
    "encoded": encoded,
}


@pytest.mark.parametrize("check", KERNEL_CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("factory", FACTORIES.values(), ids=FACTORIES)
def test_kernels_conform(factory, check):
    check(factory)


class OwnKernel(Kernel):
    """A kernel by its dense matrix."""

    has_lengthscale = False

    def __init__(self):
        super().__init__()
        self.register_parameter("raw_scale", nn.Parameter(torch.tensor(0.5)))

    def matrix(self, x1, x2):
        return torch.exp(-((x1.unsqueeze(-2) - x2.unsqueeze(-3)) ** 2).sum(-1)) * self.raw_scale.exp()

    def forward(self, x1, x2, diag=False, **params):
        K = self.matrix(x1, x2)
        return K.diagonal(dim1=-2, dim2=-1) if diag else K


class Asymmetric(OwnKernel):
    def matrix(self, x1, x2):
        return super().matrix(x1, x2) + 0.1 * x1[..., :1]


class Indefinite(OwnKernel):
    def matrix(self, x1, x2):
        return -super().matrix(x1, x2)


class WrongDiagonal(OwnKernel):
    def forward(self, x1, x2, diag=False, **params):
        return x1[..., 0] if diag else self.matrix(x1, x2)


class Centred(OwnKernel):
    def matrix(self, x1, x2):
        return (x1 - x1.mean(-2, keepdim=True)) @ (x2 - x2.mean(-2, keepdim=True)).mT


class MixesBatches(OwnKernel):
    def matrix(self, x1, x2):
        K = super().matrix(x1, x2)
        return K.mean(dim=0, keepdim=True).expand_as(K) if K.dim() == 3 else K


class Single(OwnKernel):
    def matrix(self, x1, x2):
        return super().matrix(x1.float(), x2.float()).float()


class Clipping(OwnKernel):
    def matrix(self, x1, x2):
        return super().matrix(x1.clamp_(max=0.5), x2)


class RootOfDistance(OwnKernel):
    def matrix(self, x1, x2):
        squared = ((x1.unsqueeze(-2) - x2.unsqueeze(-3)) ** 2).sum(-1)
        return torch.exp(-squared.sqrt()) * self.raw_scale.exp()


class Detached(OwnKernel):
    def matrix(self, x1, x2):
        return super().matrix(x1.detach(), x2.detach()) + 0.0 * x1.sum()


class DetachedScale(OwnKernel):
    def matrix(self, x1, x2):
        return super().matrix(x1, x2) * (-self.raw_scale.exp()).exp().detach()


class Constant(OwnKernel):
    def matrix(self, x1, x2):
        return 0.0 * super().matrix(x1, x2) + 1.0


#: A kernel with one fault -> the check that finds it.
FAULTS = {
    Asymmetric: "is_symmetric",
    Indefinite: "is_positive_semidefinite",
    WrongDiagonal: "diagonal_is_that_of_the_matrix",
    Centred: "entries_depend_on_their_two_points",
    MixesBatches: "serves_batches",
    Single: "computes_in_double_precision",
    Clipping: "leaves_its_arguments_alone",
    RootOfDistance: "is_differentiable_in_its_inputs",
    Detached: "is_differentiable_in_its_inputs",
    DetachedScale: "is_differentiable_in_its_hyperparameters",
    Constant: "serves_a_gaussian_process",
}


@pytest.mark.parametrize(("kernel", "check"), FAULTS.items(), ids=lambda one: getattr(one, "__name__", one))
def test_each_check_finds_its_fault(kernel, check):
    found = next(one for one in KERNEL_CHECKS if one.__name__ == check)
    found(OwnKernel)
    with pytest.raises(AssertionError):
        found(kernel)


def test_every_check_has_a_fault():
    assert {check.__name__ for check in KERNEL_CHECKS} == set(FAULTS.values())


def test_check_kernel_runs_all():
    check_kernel(OwnKernel)
    with pytest.raises(AssertionError, match="eigenvalue"):
        check_kernel(Indefinite)
