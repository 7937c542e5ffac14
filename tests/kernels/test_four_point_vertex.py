"""Finite-width corrections for two inputs."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from reproductions.effective_theory import simulate_pair

from augury.errors import InvalidInputError
from augury.kernels.finite_width import network_statistics
from augury.kernels.four_point_vertex import pair_statistics

INPUTS = torch.tensor([[1.0, 0.5, -0.3], [0.2, -0.8, 1.1]]).double()


def test_a_linear_network_has_the_closed_form():
    """Each layer multiplies the kernel by a Wishart matrix over n: `V = (l - 1) (K_ac K_bd + K_ad K_bc)`."""
    found = pair_statistics("linear", INPUTS, 5)
    K = found.kernel[0]
    wishart = np.einsum("ac,bd->abcd", K, K) + np.einsum("ad,bc->abcd", K, K)
    for layer in range(5):
        np.testing.assert_allclose(found.kernel[layer], K, rtol=1e-10)
        np.testing.assert_allclose(found.vertex[layer], layer * wishart, atol=1e-9)
    np.testing.assert_allclose(found.correction, 0.0, atol=1e-9)


@pytest.mark.parametrize(
    ("activation", "variances"), [("relu", (2.0, 0.1)), ("tanh", (1.5, 0.2)), ("gelu", (1.9, 0.1))]
)
def test_either_input_alone_is_that_of_the_theory_of_one(activation, variances):
    found = pair_statistics(activation, INPUTS, 5, *variances)
    for a in range(2):
        norm = float(INPUTS[a].square().mean())
        alone = network_statistics(activation, 5, 100, *variances, input_norm=norm)
        np.testing.assert_allclose(found.kernel[:, a, a], alone.kernel, rtol=1e-9)
        np.testing.assert_allclose(found.vertex[:, a, a, a, a], alone.vertex, rtol=1e-7, atol=1e-10)
        np.testing.assert_allclose(found.correction[:, a, a], alone.correction, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize(
    ("activation", "function"), [("relu", lambda z: np.maximum(z, 0.0)), ("tanh", np.tanh)]
)
def test_networks_that_are_drawn_agree(activation, function):
    depth, n, networks, variances = 4, 128, 8000, (1.8, 0.1)
    found = pair_statistics(activation, INPUTS, depth, *variances)
    K, vertex = simulate_pair(function, INPUTS, depth, *variances, n, networks)
    error = K.std(axis=0) / networks**0.5
    expected = found.kernel[-1] + found.correction[-1] / n
    assert (np.abs(K.mean(axis=0) - expected) < 4.0 * error + 3.0 * np.abs(expected) / n**2).all()
    # covariances of 8,000 draws have a standard error of some 2 %, and the next order is some 5 / n
    spread = np.sqrt(np.einsum("abab->ab", vertex))
    scale = np.einsum("ab,cd->abcd", spread, spread)
    assert (np.abs(vertex - found.vertex[-1]) < 0.12 * scale).all()


def test_the_vertex_has_its_symmetries():
    V = pair_statistics("gelu", INPUTS, 4).vertex
    np.testing.assert_allclose(V, V.transpose(0, 2, 1, 3, 4), atol=1e-12)
    np.testing.assert_allclose(V, V.transpose(0, 3, 4, 1, 2), atol=1e-12)


def test_bad_input():
    with pytest.raises(InvalidInputError, match="2 x d"):
        pair_statistics("relu", torch.ones(3, 2), 2)
    with pytest.raises(InvalidInputError, match="correlation is 1"):
        pair_statistics("relu", torch.tensor([[1.0, 2.0], [2.0, 4.0]]), 2, 2.0)
    with pytest.raises(InvalidInputError, match="depth"):
        pair_statistics("relu", INPUTS, 0)
