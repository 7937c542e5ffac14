"""Softmax-free attention as a kernel equals the kernels it claims to be."""

from __future__ import annotations

import pytest
import torch
from gpytorch import settings
from gpytorch.kernels import InducingPointKernel, RBFKernel
from gpytorch.likelihoods import GaussianLikelihood
from torch import nn

from augury.errors import InvalidInputError
from augury.kernels import RBFAttentionKernel
from augury.kernels.rbf_attention import gaussian_similarity
from augury.testing import check_kernel


def randn(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def rbf(features):
    kernel = RBFKernel().double()
    kernel.lengthscale = features**0.25
    return kernel


@pytest.mark.parametrize("batch", [(), (2, 3)])
def test_it_is_the_rbf_kernel_of_the_embedded_tokens(batch):
    embedding = nn.Linear(5, 4).double()
    kernel = RBFAttentionKernel(embedding)
    X1, X2 = randn(*batch, 6, 5), randn(*batch, 7, 5, seed=1)
    expected = rbf(4)(embedding(X1), embedding(X2)).to_dense()
    assert torch.allclose(kernel(X1, X2).to_dense(), expected, atol=1e-12)
    assert torch.allclose(kernel(X1, X2[..., :6, :], diag=True), expected.diagonal(dim1=-2, dim2=-1))
    assert torch.allclose(kernel(X1, diag=True), torch.ones(*batch, 6).double())


def test_with_landmarks_it_is_the_inducing_point_kernel():
    landmarks, X1, X2 = randn(5, 3), randn(8, 3, seed=1), randn(6, 3, seed=2)
    kernel = RBFAttentionKernel(landmarks=landmarks).eval()
    peer = InducingPointKernel(rbf(3), landmarks.clone(), GaussianLikelihood()).double().eval()
    with settings.sgpr_diagonal_correction(False):
        for pair in ((X1, X1), (X1, X2)):
            assert torch.allclose(kernel(*pair).to_dense(), peer(*pair).to_dense(), atol=1e-6)
        assert torch.allclose(kernel(X1, diag=True), peer(X1).diagonal(dim1=-1, dim2=-2), atol=1e-6)
    # landmarks that are all the points leave nothing to approximate
    whole = RBFAttentionKernel(landmarks=X1)(X1).to_dense()
    assert torch.allclose(whole, RBFAttentionKernel()(X1).to_dense(), atol=1e-6)


def test_the_normalised_form_is_its_formula():
    landmarks, X = randn(5, 3), randn(8, 3, seed=1)
    A, P = gaussian_similarity(landmarks, landmarks), gaussian_similarity(landmarks, X)
    D = A.sum(-1).rsqrt().diag()
    middle = D @ (A + 0.01 * torch.eye(5)).inverse() @ D
    kernel = RBFAttentionKernel(landmarks=landmarks, normalize=True, jitter=0.01)
    assert torch.allclose(kernel(X).to_dense(), P.T @ middle @ P, atol=1e-10)
    assert torch.allclose(kernel(X, X + 0.0).to_dense().diagonal(), kernel(X, diag=True))


@pytest.mark.parametrize(
    "options",
    [{}, {"landmarks": randn(5, 2), "jitter": 1e-4}, {"landmarks": randn(5, 2), "normalize": True}],
    ids=["whole", "landmarks", "normalised"],
)
def test_it_conforms(options):
    check_kernel(lambda: RBFAttentionKernel(**options))


def test_gradients_reach_the_embedding_and_learnt_landmarks():
    kernel = RBFAttentionKernel(nn.Linear(2, 3).double(), nn.Parameter(randn(4, 3)), jitter=0.01)
    names = {name for name, _ in kernel.named_parameters()}
    assert names == {"embedding.weight", "embedding.bias", "landmarks"}
    X = randn(5, 2)

    def entries(landmarks, X):
        return torch.func.functional_call(kernel, {"landmarks": landmarks}, (X, 2.0 * X)).to_dense()

    assert torch.autograd.gradcheck(entries, (kernel.landmarks, X.requires_grad_()))


def test_far_tokens_lose_no_accuracy_in_the_expansion():
    Q = randn(5, 3) + 1e6
    exact = torch.exp(-0.5 * 3**-0.5 * (Q[:, None] - Q).square().sum(-1))
    assert torch.allclose(gaussian_similarity(Q, Q), exact, atol=1e-8)
    assert float(gaussian_similarity(Q, Q).max()) <= 1.0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"landmarks": torch.zeros(3)}, "m x e"),
        ({"landmarks": torch.zeros(0, 3)}, "m x e"),
        ({"normalize": True}, "landmarks"),
        ({"jitter": -1.0}, "jitter"),
    ],
)
def test_what_cannot_be_is_refused(options, message):
    with pytest.raises(InvalidInputError, match=message):
        RBFAttentionKernel(**options)
