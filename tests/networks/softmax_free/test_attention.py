"""Softmax-free attention: its formula, its kernel, what it costs, what it refuses."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from augury.errors import InvalidInputError
from augury.networks import SoftmaxFreeAttention
from augury.networks.softmax_free.landmarks import Landmarks


def randn(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def written_out(layer, tokens, grid, ratio):
    """Head by head, with the mean of each cell of a two-dimensional grid as its landmark."""
    e = layer.queries.out_features // layer.heads
    results = []
    for head in range(layer.heads):
        part = slice(head * e, (head + 1) * e)
        Q, V = layer.queries(tokens)[..., part], layer.values(tokens)[..., part]
        cells = Q.unflatten(1, grid).unflatten(1, (-1, ratio)).unflatten(3, (-1, ratio))
        T = cells.mean((2, 4)).flatten(1, 2)

        def similar(a, b, e=e):
            return torch.exp(-(a[:, :, None] - b[:, None]).square().sum(-1) / (2 * e**0.5))

        A, P = similar(T, T), similar(T, Q)
        middle = (A + layer.jitter * torch.eye(A.shape[-1])).inverse()
        if layer.normalize:
            D = A.sum(-1).rsqrt().diag_embed()
            middle = D @ middle @ D
        mixed = P.mT @ middle @ P @ V
        if layer.value_convolution is not None:
            window = layer.value_convolution.weight[head : head + 1]
            for channel in range(e):
                field = V[..., channel].reshape(len(V), 1, *grid)
                smooth = nn.functional.conv2d(field, window, padding=window.shape[-1] // 2)
                mixed = mixed + smooth.flatten(1)[..., None] * torch.eye(e, dtype=V.dtype)[channel]
        results.append(mixed)
    return layer.output(torch.cat(results, -1))


@pytest.mark.parametrize("normalize", [False, True])
@pytest.mark.parametrize("inverse", ["newton", "cholesky"])
@pytest.mark.parametrize("window", [None, 3])
def test_it_is_the_formula(normalize, inverse, window):
    layer = SoftmaxFreeAttention(
        6, 2, 2, 2, normalize=normalize, inverse=inverse, iterations=40, value_window=window, seed=3
    )
    tokens = 3.0 * randn(2, 24, 6)
    expected = written_out(layer, tokens, (4, 6), 2)
    assert torch.allclose(layer(tokens, (4, 6)), expected, atol=1e-8)
    assert (layer.float()(tokens.float(), (4, 6)) - expected).abs().max() < 1e-4


def test_one_head_is_a_gaussian_process_kernel():
    layer = SoftmaxFreeAttention(6, 2, 3, inverse="cholesky", normalize=True, seed=1)
    tokens = randn(1, 12, 6)
    P, middle = layer.factors(tokens, (12,))
    kernel = layer.kernel(1, tokens[0])
    assert torch.allclose(kernel(tokens[0]).to_dense(), (P.mT @ middle @ P)[0, 1], atol=1e-10)
    full = layer.kernel(0)(tokens[0]).to_dense()
    assert torch.allclose(full.diagonal(), torch.ones(12).double())
    with pytest.raises(InvalidInputError, match="head"):
        layer.kernel(2)


def test_a_landmark_for_every_token_gives_the_whole_matrix():
    layer = SoftmaxFreeAttention(4, 1, 1, jitter=1e-9, inverse="cholesky")
    tokens = 4.0 * randn(1, 10, 4)
    P, middle = layer.factors(tokens, (10,))
    assert torch.allclose(P.mT @ middle @ P, P, atol=1e-6)


def test_landmarks_are_means_or_first_tokens_of_cells():
    tokens = torch.arange(24.0).double().reshape(1, 24, 1)
    pooled = Landmarks(1, 2, 2)(tokens, (4, 6)).flatten()
    first = Landmarks(1, 2, 2, "subset")(tokens, (4, 6)).flatten()
    assert first.tolist() == [0.0, 2.0, 4.0, 12.0, 14.0, 16.0]
    assert torch.equal(pooled, first + 3.5)
    learnt = Landmarks(3, 4, 1, "convolution")
    field = randn(2, 8, 3)
    by_hand = torch.stack(
        [torch.einsum("oij,bji->bo", learnt.convolution.weight, field[:, s : s + 4]) for s in (0, 4)], 1
    )
    assert torch.allclose(learnt(field, (8,)), nn.functional.gelu(learnt.norm(by_hand)))


def test_the_norm_of_the_matrix_grows_with_the_tokens_unless_normalised():
    """Random tokens, 49 pooled landmarks, e = 32: 1.75 to 24.9, against 0.15 to 0.59."""

    def norm(side, normalize):
        layer = SoftmaxFreeAttention(32, 1, side // 7, 2, normalize=normalize, inverse="cholesky")
        nn.init.eye_(layer.queries.weight)
        nn.init.zeros_(layer.queries.bias)
        P, middle = layer.factors(randn(1, side**2, 32), (side, side))
        root = torch.linalg.cholesky(middle.detach()[0, 0])
        return float(torch.linalg.matrix_norm(root.T @ P.detach()[0, 0], 2)) ** 2

    plain, normal = ([norm(side, flag) for side in (14, 28, 56)] for flag in (False, True))
    assert plain[2] / plain[0] > 8.0
    assert normal[2] / normal[0] < 6.0
    assert normal[2] < 1.0 < plain[0]


@pytest.mark.parametrize("inverse", ["newton", "cholesky"])
def test_gradients(inverse):
    layer = SoftmaxFreeAttention(4, 2, 2, inverse=inverse, iterations=40, jitter=0.1, normalize=True)
    tokens = (2.0 * randn(1, 6, 4)).requires_grad_()
    assert torch.autograd.gradcheck(layer, tokens)


def test_nothing_of_the_size_of_the_whole_matrix_is_made():
    layer = SoftmaxFreeAttention(4, 1, 256)
    tokens = randn(1, 4096, 4).requires_grad_()
    sizes = []
    with torch.autograd.graph.saved_tensors_hooks(lambda t: sizes.append(t.numel()) or t, lambda t: t):
        layer(tokens).sum().backward()
    assert max(sizes) <= 4096 * 16


def test_everything_goes_to_the_device_and_the_seed_decides():
    layer = SoftmaxFreeAttention(4, 2, value_window=3, sampling="convolution", device="meta")
    assert {p.device.type for p in layer.parameters()} == {"meta"}
    state = torch.get_rng_state()
    one, same, other = (SoftmaxFreeAttention(4, 2, seed=seed) for seed in (0, 0, 1))
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(one.queries.weight, same.queries.weight)
    assert not torch.equal(one.queries.weight, other.queries.weight)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"heads": 3}, "divide"),
        ({"ratio": 0}, "ratio"),
        ({"axes": 3}, "axes"),
        ({"sampling": "random"}, "sampling"),
        ({"inverse": "lu"}, "inverse"),
        ({"jitter": -1.0}, "jitter"),
        ({"value_window": 4}, "odd"),
    ],
)
def test_what_cannot_be_is_refused(options, message):
    with pytest.raises(InvalidInputError, match=message):
        SoftmaxFreeAttention(4, **{"heads": 2, **options})


@pytest.mark.parametrize(("grid", "message"), [((5,), "grid"), ((2, 3), "grid"), (None, "tile")])
def test_a_grid_that_does_not_fit_is_refused(grid, message):
    with pytest.raises(InvalidInputError, match=message):
        SoftmaxFreeAttention(4, 2, 4)(randn(1, 6, 4), grid)
