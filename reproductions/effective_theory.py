"""Roberts, Yaida and Hanin (2022), The Principles of Deep Learning Theory.

Critical points, depth laws and finite-width corrections against networks simulated layer by layer (given
`z` of one layer, the preactivations of the next are independent normal variables, so no weight matrices are
needed), gradients of deep networks, and training from critical initialisation.

    python -m reproductions.effective_theory [--quick]
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from augury.kernels.activation import ACTIVATIONS
from augury.kernels.criticality import critical_point
from augury.kernels.finite_width import network_statistics, recommended_depth, scale_invariant_vertex
from augury.kernels.four_point_vertex import pair_statistics
from augury.networks.critical_init import critical_init_
from reproductions._table import Row, is_quick, print_table

#: Draws of one layer held at a time.
_BLOCK = 4_000_000


@dataclass(frozen=True)
class Simulation:
    """Estimates by layer, with their standard errors.

    Args:
        variance: `E[z_i^2]`.
        variance_error: its standard error.
        vertex: `n Cov(z_i^2, z_j^2)`, `i != j`.
        vertex_error: its standard error.
    """

    variance: np.ndarray
    variance_error: np.ndarray
    vertex: np.ndarray
    vertex_error: np.ndarray


def simulate(
    activation: str, depth: int, width: int, networks: int, residual: float = 0.0, seed: int = 0
) -> Simulation:
    """Statistics of one input over critical networks of finite width, exact but for the number of them."""
    point = critical_point(activation, residual)
    function = ACTIVATIONS[activation].function
    generator = torch.Generator().manual_seed(seed)
    square, pair = [], []
    block = max(1, _BLOCK // width)
    for start in range(0, networks, block):
        count = min(block, networks - start)

        def normal(rows: int = count) -> torch.Tensor:
            return torch.randn(rows, width, dtype=torch.float64, generator=generator)

        z = (point.bias_var + point.weight_var) ** 0.5 * normal()
        squares, pairs = [], []
        for layer in range(depth):
            if layer:
                mean_square = function(z).square().mean(dim=1, keepdim=True)
                z = residual * z + (point.bias_var + point.weight_var * mean_square).sqrt() * normal()
            second, fourth = z.square().mean(dim=1), z.pow(4).mean(dim=1)
            squares.append(second)
            pairs.append((width * second.square() - fourth) / (width - 1))  # the mean over i != j
        square.append(torch.stack(squares))
        pair.append(torch.stack(pairs))
    second, both = torch.cat(square, dim=1).numpy(), torch.cat(pair, dim=1).numpy()
    variance = second.mean(axis=1)
    influence = both - 2.0 * variance[:, None] * second
    return Simulation(
        variance,
        second.std(axis=1) / networks**0.5,
        width * (both.mean(axis=1) - variance**2),
        width * influence.std(axis=1) / networks**0.5,
    )


def critical_points() -> list[Row]:
    published = {"gelu": (3.5615528, 1.98305826, 0.17292239), "silu": (14.3201736, 1.98800468, 0.55514317)}
    rows = []
    for name, numbers in published.items():
        point = critical_point(name)
        assert point.kernel is not None
        measured = f"{point.kernel:.7f}, {point.weight_var:.8f}, {point.bias_var:.8f}"
        rows.append((f"{name}: K*, C_W, C_b", ", ".join(map(str, numbers)), measured))
    for name, rate in {"relu": "5", "linear": "2", "tanh": "2/3", "sin": "2/3"}.items():
        depth = 2000 if rate == "2/3" else 20
        statistics = network_statistics(name, depth, 64)
        slope = np.diff(statistics.vertex / statistics.kernel**2)[-1]
        rows.append((f"{name}: nu, the slope of V/K² at layer {depth}", rate, f"{slope:.4f}"))
    kernel = network_statistics("tanh", 2000, 64).kernel
    rows.append(("tanh: K l at layer 2000 (K ~ 1/(2l))", "0.5", f"{kernel[-1] * 2000:.4f}"))
    return rows


def simulations(networks: int) -> list[Row]:
    rows = []
    for name, residual, width in [
        ("linear", 0.0, 64), ("relu", 0.0, 64), ("relu", 0.0, 500), ("tanh", 0.0, 64), ("gelu", 0.0, 500),
        ("relu", 0.7, 500), ("relu", 0.9, 500), ("tanh", 0.7, 500),
    ]:  # fmt: skip
        depth, count = 8, networks if width == 64 else networks // 8
        theory = network_statistics(name, depth, width, residual=residual)
        sampled = simulate(name, depth, width, count, residual)
        square = theory.kernel[-1] ** 2
        label = f"{name}, residual {residual:g}, n = {width}, layer 8: "
        rows.append((
            label + "E[z²]", f"{theory.variance[-1]:.4f} (K alone {theory.kernel[-1]:.4f})",
            f"{sampled.variance[-1]:.4f} ± {sampled.variance_error[-1]:.4f}",
        ))  # fmt: skip
        expected = f"{theory.vertex[-1] / square:.3f}"
        if theory.kernel[0] == theory.kernel[-1] and residual == 0.0:
            expected += f" (exact at this n: {scale_invariant_vertex(name, depth, width)[-1]:.3f})"
        measured = f"{sampled.vertex[-1] / square:.3f} ± {sampled.vertex_error[-1] / square:.3f}"
        rows.append((label + "V/K²", expected, measured))
    return rows


def simulate_pair(
    function: Callable[[np.ndarray], np.ndarray],
    inputs: torch.Tensor,
    depth: int,
    weight_var: float,
    bias_var: float,
    n: int,
    networks: int,
    seed: int = 0,
) -> tuple[np.ndarray, np.ndarray]:
    """Kernels of a layer for two inputs (`networks x 2 x 2`) and `n` times their covariances, at width `n`:
    given a layer, the next one's rows are independent normal with its empirical kernel."""
    rng = np.random.default_rng(seed)
    K = bias_var + weight_var * (inputs @ inputs.T / inputs.shape[1]).numpy()
    K = np.broadcast_to(K, (networks, 2, 2))
    for _ in range(depth - 1):
        z = np.linalg.cholesky(K) @ rng.standard_normal((networks, 2, n))
        s = function(z)
        K = bias_var + weight_var * s @ s.transpose(0, 2, 1) / n
    away = K - K.mean(axis=0)
    return K, n * np.einsum("eab,ecd->abcd", away, away) / networks


def pairs(networks: int) -> list[Row]:
    """Two inputs of correlation -0.25: the vertex with one index of each, and the kernel between them."""
    inputs = torch.tensor([[1.0, 0.5, -0.3], [0.2, -0.8, 1.1]], dtype=torch.float64)
    depth, width = 6, 256
    rows = []
    for name, function in (("relu", lambda z: np.maximum(z, 0.0)), ("tanh", np.tanh)):
        theory = pair_statistics(name, inputs, depth)
        point = critical_point(name)
        K, vertex = simulate_pair(function, inputs, depth, point.weight_var, point.bias_var, width, networks)
        label = f"{name}, two inputs, n = {width}, layer {depth}: "
        between = K[:, 0, 1]
        rows.append((
            label + "E[z_1 z_2]",
            f"{theory.kernel[-1, 0, 1] + theory.correction[-1, 0, 1] / width:.5f} "
            f"(K alone {theory.kernel[-1, 0, 1]:.5f})",
            f"{between.mean():.5f} ± {between.std() / networks**0.5:.5f}",
        ))  # fmt: skip
        for at in ((0, 1, 0, 1), (0, 0, 1, 1), (0, 0, 0, 1)):
            first, second = ((K - K.mean(axis=0))[:, at[i], at[i + 1]] for i in (0, 2))
            error = width * (first * second).std() / networks**0.5
            index = f"({at[0] + 1}{at[1] + 1})({at[2] + 1}{at[3] + 1})"
            rows.append(
                (label + f"V_{index}", f"{theory.vertex[-1][at]:.4f}", f"{vertex[at]:.4f} ± {error:.4f}")
            )
    return rows


def gradients(networks: int) -> list[Row]:
    rows = []
    for weight_var in (1.6, 2.0, 2.4):
        generator = torch.Generator().manual_seed(0)
        logs = []
        for _ in range(networks):
            layers = [part for _ in range(50) for part in (nn.Linear(200, 200, bias=False), nn.ReLU())]
            network = nn.Sequential(*layers[:-1]).double()
            for parameter in network.parameters():
                nn.init.normal_(parameter, 0.0, (weight_var / 200) ** 0.5, generator)
            X = torch.randn(8, 200, dtype=torch.float64, generator=generator).requires_grad_(True)
            outputs = network(X)
            weights = torch.randn(outputs.shape, dtype=torch.float64, generator=generator)
            (gradient,) = torch.autograd.grad(outputs, X, weights)
            logs.append(gradient.square().sum(dim=1).mean() / 200)
        ratio = float((torch.stack(logs).mean() / weight_var) ** (1 / 49))
        claim = f"ReLU, 50 layers of 200, C_W = {weight_var}: mean-square gradient, ratio a layer"
        rows.append((claim, f"{weight_var / 2:.3f}", f"{ratio:.3f}"))
    return rows


def training(steps: int) -> list[Row]:
    from sklearn.datasets import load_digits

    digits = load_digits()
    X = torch.from_numpy(digits.data)
    X = (X - X.mean()) / X.std()
    y = torch.from_numpy(digits.target)
    rows = []
    for claim, published, weight_var in [
        ("critical (C_W = 1)", "trains", None), ("C_W = 0.5", "does not", 0.5),
    ]:  # fmt: skip
        layers = [nn.Linear(64, 64), *(part for _ in range(19) for part in (nn.Tanh(), nn.Linear(64, 64)))]
        network = nn.Sequential(*layers, nn.Tanh(), nn.Linear(64, 10)).double()
        generator = torch.Generator().manual_seed(0)
        critical_init_(network, "tanh", generator=generator)
        if weight_var is not None:
            with torch.no_grad():
                for parameter in network.parameters():
                    parameter.mul_(weight_var**0.5)
        optimiser = torch.optim.SGD(network.parameters(), lr=0.05)
        for _ in range(steps):
            rows_of_batch = torch.randint(len(X), (128,), generator=generator)
            loss = nn.functional.cross_entropy(network(X[rows_of_batch]), y[rows_of_batch])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        with torch.no_grad():
            accuracy = float((network(X).argmax(dim=1) == y).double().mean())
        rows.append(
            (f"20-layer tanh network on digits, {claim}", published, f"{accuracy:.0%} after {steps} steps")
        )
    return rows


def main() -> None:
    quick = is_quick(__doc__)
    depth = recommended_depth("relu", 1000), recommended_depth("tanh", 1000)
    print_table(
        "Critical points and depth laws",
        [
            *critical_points(),
            ("best depth / width, ReLU and tanh", "0.035, 0.26", f"{depth[0] / 1e3}, {depth[1] / 1e3}"),
        ],
    )
    print_table(
        "Finite width: theory to order 1/n, and simulation", simulations(20_000 if quick else 200_000)
    )
    print_table("Two inputs: theory to order 1/n, and simulation", pairs(2_000 if quick else 20_000))
    print_table("Gradients", gradients(1 if quick else 10))
    print_table("Training", training(200 if quick else 1000))


if __name__ == "__main__":
    main()
