"""The kernels of infinitely wide networks."""

from __future__ import annotations

import pytest
import torch
from botorch.models.kernels.infinite_width_bnn import InfiniteWidthBNNKernel
from gpytorch.priors import LogNormalPrior
from gpytorch.settings import lazily_evaluate_kernels

from augury.errors import InvalidInputError
from augury.kernels import NNGPKernel, NTKKernel, tiles
from augury.kernels.duals import dual_of
from augury.kernels.fully_connected import fully_connected, scales

ACTIVATIONS = ("relu", "leaky_relu", "erf", "sin", "linear", "gelu", "tanh")


def inputs(n, d=3, seed=0):
    return torch.rand(n, d, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def variances(*values):
    return torch.tensor(values, dtype=torch.float64)


@pytest.mark.parametrize("depth", [1, 3, 6])
def test_relu_agrees_with_botorch(depth):
    theirs = InfiniteWidthBNNKernel(depth).double()
    theirs.weight_var, theirs.bias_var = variances(10.0)[0], variances(1.6)[0]
    ours = NNGPKernel(depth)
    X, Y = inputs(30), inputs(20, seed=1)
    torch.testing.assert_close(ours(X, Y).to_dense(), theirs(X, Y).to_dense(), rtol=1e-10, atol=0)
    torch.testing.assert_close(ours(X, diag=True), theirs(X, diag=True), rtol=1e-12, atol=0)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("kernel", [NNGPKernel, NTKKernel])
class TestEveryKernel:
    def make(self, kernel, activation, **arguments):
        return kernel(2, 2.0, 0.3, activation, **arguments)

    def test_is_positive_semidefinite(self, kernel, activation):
        K = self.make(kernel, activation)(inputs(25)).to_dense()
        assert torch.equal(K, K.T)
        assert torch.linalg.eigvalsh(K)[0] > -1e-10 * K.trace()

    def test_sees_inputs_through_their_inner_products(self, kernel, activation):
        rotation, _ = torch.linalg.qr(inputs(3, seed=2) - 0.5)
        k, X = self.make(kernel, activation), inputs(10)
        torch.testing.assert_close(k(X @ rotation).to_dense(), k(X).to_dense(), rtol=1e-9, atol=0)

    def test_gives_the_same_matrix_however_it_is_asked(self, kernel, activation):
        k, X, Y = self.make(kernel, activation), inputs(12), inputs(7, seed=1)
        both = k(torch.cat([X, Y])).to_dense()
        torch.testing.assert_close(k(X, Y).to_dense(), both[:12, 12:], rtol=1e-9, atol=0)
        torch.testing.assert_close(k(X, diag=True), both.diagonal()[:12], rtol=1e-12, atol=0)
        torch.testing.assert_close(
            k(X[:7], Y, diag=True), k(X[:7], Y).to_dense().diagonal(), rtol=1e-9, atol=0
        )
        batch = k(torch.stack([X, X + 0.1]), Y.expand(2, 7, 3)).to_dense()
        torch.testing.assert_close(batch[0], both[:12, 12:], rtol=1e-9, atol=0)

    def test_has_batches_of_variances(self, kernel, activation):
        k = self.make(kernel, activation, learn=True, batch_shape=torch.Size([2]))
        k.weight_var = variances(2.0, 3.0).unsqueeze(-1)
        k.bias_var = variances(0.3, 0.1).unsqueeze(-1)
        X = inputs(6)
        single = kernel(2, 3.0, 0.1, activation)
        torch.testing.assert_close(k(X).to_dense()[1], single(X).to_dense(), rtol=1e-9, atol=0)
        torch.testing.assert_close(k(X, diag=True)[1], single(X, diag=True), rtol=1e-9, atol=0)

    def test_has_the_gradient_of_finite_differences(self, kernel, activation):
        k, X, Y = self.make(kernel, activation, learn=True), inputs(4), inputs(3, seed=1)
        parameters = [k.raw_weight_var, k.raw_bias_var]

        def value(x, y, w, b):
            call = {"raw_weight_var": w, "raw_bias_var": b}
            with lazily_evaluate_kernels(False):
                matrices = [torch.func.functional_call(k, call, pair).to_dense() for pair in ((x, y), (x, x))]
                return *matrices, torch.func.functional_call(k, call, (x, x), {"diag": True})

        arguments = [X, Y, *(p.detach().clone() for p in parameters)]
        for argument in arguments:
            argument.requires_grad_(True)
        assert torch.autograd.gradcheck(value, arguments, rtol=1e-4)


@pytest.mark.parametrize("tangents", [False, True])
@pytest.mark.parametrize("activation", ["relu", "leaky_relu", "erf"])
def test_tiles_give_the_values_and_gradients_of_dense_tensors(activation, tangents, monkeypatch):
    monkeypatch.setattr(tiles, "TILE", 5)
    monkeypatch.setattr(tiles, "_ENTRIES_WORTH_THREADS", 1)
    kernel = (NTKKernel if tangents else NNGPKernel)(2, 2.0, 0.3, activation, learn=True)
    X, Y = inputs(13).requires_grad_(True), inputs(8, seed=1).requires_grad_(True)
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        for other in (X, Y):
            results = []
            weights = inputs(13, len(other), seed=3)
            for compute in (kernel.forward, kernel.dense):
                value = compute(X, other)
                given = [X, *kernel.parameters()] + ([Y] if other is Y else [])
                results.append([value, *torch.autograd.grad(value, given, weights)])
            for fused, dense in zip(*results, strict=True):
                torch.testing.assert_close(fused, dense, rtol=1e-7, atol=1e-9)
    finally:
        torch.set_num_threads(threads)


def test_gradients_are_the_same_whether_layers_are_kept_or_computed_again(monkeypatch):
    dual = [dual_of("relu")] * 2
    X = inputs(9).requires_grad_(True)
    gradients = []
    for kept in (1 << 20, 0):
        monkeypatch.setattr(tiles, "_KEPT_NUMBERS", kept)
        K, T = fully_connected(dual, scales(X, dual, variances(2, 2, 2), variances(1, 1, 1)), tangents=True)
        gradients.append(torch.autograd.grad((K * T).sum(), X)[0])
    torch.testing.assert_close(*gradients, rtol=1e-12, atol=1e-12)


def test_gradients_round_the_same_with_any_number_of_threads(monkeypatch):
    monkeypatch.setattr(tiles, "TILE", 4)
    monkeypatch.setattr(tiles, "_ENTRIES_WORTH_THREADS", 1)
    dual = [dual_of("relu")] * 2
    side = scales(inputs(30), dual, variances(2, 2, 2), variances(1, 1, 1)).numpy()
    weights = inputs(30, 30, seed=1).numpy()
    results = [tiles.TileRecursion(dual, side, threads=threads).pullback(weights) for threads in (1, 3, 3)]
    for left, right in results[1:]:
        assert (left.Z == results[0][0].Z).all()
        assert (right.gamma == results[0][1].gamma).all()


def test_duplicated_rows_have_the_covariance_of_their_variance():
    X = inputs(4)[[0, 0, 1, 1]]
    for kernel in (NNGPKernel(10), NTKKernel(10)):
        K = kernel(X).to_dense()
        torch.testing.assert_close(K[0, 1], K[0, 0], rtol=1e-7, atol=0)
        X.requires_grad_(True)
        (slope,) = torch.autograd.grad(kernel(X).to_dense().sum(), X)
        assert torch.isfinite(slope).all()
        X = X.detach()


def test_zero_inputs_without_bias_have_no_variance():
    X = torch.zeros(3, 2, dtype=torch.float64)
    K = NNGPKernel(bias_var=0.0)(X).to_dense()
    assert not K.any()


def test_each_layer_may_have_its_own_variances():
    X = inputs(5)
    each = NNGPKernel(1, [2.0, 3.0], [0.1, 0.0], "linear")(X).to_dense()
    torch.testing.assert_close(each, 3.0 * (0.1 + 2.0 * X @ X.T / 3))


def test_priors_belong_to_the_parameters():
    kernel = NNGPKernel(learn=True, weight_var_prior=LogNormalPrior(2.0, 1.0))
    ((_, module, prior, closure, _),) = kernel.named_priors()
    torch.testing.assert_close(closure(module), variances(10.0))
    assert torch.isfinite(prior.log_prob(closure(module))).all()
    assert not list(NNGPKernel().parameters())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"depth": 0}, "number of hidden layers"),
        ({"weight_var": -1.0}, "weight_var must be positive"),
        ({"bias_var": float("nan")}, "bias_var must be 0 or more"),
        ({"bias_var": 0.0, "learn": True}, "bias_var must be positive"),
        ({"weight_var": [1.0, 2.0]}, "one for each of the 4 layers"),
        ({"activation": "rellu"}, "no activation"),
    ],
)
def test_bad_arguments_are_refused(arguments, message):
    with pytest.raises(InvalidInputError, match=message):
        NNGPKernel(**arguments)


def test_an_overflow_is_an_error():
    with pytest.raises(InvalidInputError, match="not finite"):
        NNGPKernel(3, activation="exp")(inputs(4)).to_dense()
