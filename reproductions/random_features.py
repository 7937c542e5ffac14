"""Scalable neural network kernels: Sehanobish et al. (2024), on data of this machine's size.

The error of random features against their number, for four activations and norms; regression in closed form
by a bundled network, beside a trained one; networks on images of digits with layers replaced or bundled,
beside narrow ones; the surrogate beside the Gaussian process. (The paper's Transformers need data and weights
that are not here.)

    python -m reproductions.random_features [--quick]
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch
from sklearn.datasets import load_digits, make_friedman1
from sklearn.kernel_approximation import RBFSampler
from sklearn.linear_model import RidgeCV
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from torch import Tensor, nn

from augury.kernels import (
    FourierFeatures,
    FourierSeries,
    RandomFeatures,
    ReLUFeatures,
    VarianceWarning,
)
from augury.kernels.activation import resolve_activation
from augury.models import BundledSurrogate, GaussianProcess
from augury.networks import MLP, SNNKLinear, bundle
from reproductions._table import Row, is_quick, print_table

_DIM = 32


# -- the error of the features -----------------------------------------------------------------------------


def _features(name: str, count: int, norm: float, **options: Any) -> RandomFeatures:
    if name == "rectified":
        return ReLUFeatures(count, _DIM, bias_scale=0.0, **options)
    # the error of an expansion does not fall with the features: so small that it is not seen
    series = FourierSeries.of(resolve_activation(name), reach=max(2.0 * norm**2, 0.5), tolerance=1e-4)
    return FourierFeatures(series, count, _DIM, norms=(norm, norm), **options)


def _error(name: str, count: int, norm: float, draws: int, **options: Any) -> tuple[float, float]:
    """Root mean squared error over 50 x 50 pairs of vectors of a norm, measured and predicted."""
    squares, predicted = [], []
    for seed in range(draws):
        generator = torch.Generator().manual_seed(1000 + seed)
        X, W = (torch.randn(50, _DIM, dtype=torch.float64, generator=generator) for _ in range(2))
        X, W = (norm * values / values.norm(dim=1, keepdim=True) for values in (X, W))
        features = _features(name, count, norm, seed=seed, **options)
        exact = features.expectation(X, W) if name == "rectified" else resolve_activation(name)(X @ W.mT)
        squares.append(float((features(X) @ features.weight_features(W).mT - exact).square().mean()))
        predicted.append(float(features.deviation(X, W).square().mean()))
    return float(np.mean(squares)) ** 0.5, float(np.mean(predicted)) ** 0.5


def errors(counts: list[int], draws: int) -> list[Row]:
    rows = []
    for name in ("cos", "sin", "tanh", "rectified"):
        for norm in (0.25, 0.5, 1.0):
            independent = {"orthogonal": False, "antithetic": False}
            found = [_error(name, count, norm, draws, **independent)[0] for count in counts]
            slope = np.polyfit(np.log(counts), np.log(found), 1)[0]
            measured = f"slope {slope:.2f}; error {found[0]:.2g} (m = {counts[0]}) to {found[-1]:.2g}"
            rows.append((f"{name}, norms {norm:g}: error against m, independent", "slope -0.5", measured))
    count = counts[len(counts) // 2]
    for name in ("cos", "tanh", "rectified"):
        plain, predicted = _error(name, count, 1.0, draws, orthogonal=False)
        orthogonal, _ = _error(name, count, 1.0, draws)
        alone, _ = _error(name, count, 1.0, draws, orthogonal=False, antithetic=False)
        measured = f"{orthogonal / alone:.2f} of independent ones; in pairs only {plain / alone:.2f}"
        rows.append((f"{name}, m = {count}: error of orthogonal pairs", "not larger", measured))
        rows.append((f"{name}, m = {count}: error / predicted", "", f"{plain / predicted:.2f} (pairs)"))
    undamped, _ = _error("cos", count, 1.0, draws, damping=0.0)
    damped, _ = _error("cos", count, 1.0, draws)
    rows.append((f"cos, m = {count}: error with the best A / with A = 0", "", f"{damped / undamped:.2f}"))
    large, predicted = _error("cos", count, 2.0, draws)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", VarianceWarning)
        features = _features("cos", count, 2.0)
        X = 2.0 * torch.eye(_DIM, dtype=torch.float64)
        features.estimate(X, X)
    told = "warned" if caught else "not warned"
    text = f"error {large:.2g}, predicted for independent pairs {predicted:.2g}; {told}"
    rows.append((f"cos, norms 2, m = {count}: the variance explodes", "", text))
    return rows


# -- regression in closed form -----------------------------------------------------------------------------


def _friedman(seed: int, rows: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    X, y = make_friedman1(rows + 1000, noise=1.0, random_state=seed)
    inputs, outcomes = torch.from_numpy(X), torch.from_numpy(y).unsqueeze(-1)
    return inputs[:rows], outcomes[:rows], inputs[rows:], outcomes[rows:]


def _train(
    network: nn.Module, X: Tensor, Y: Tensor, loss: Callable[[Tensor, Tensor], Tensor], epochs: int, seed: int
) -> None:
    """Adam with batches of 64 and a rate that falls from 3e-3 to 0 like a cosine."""
    generator = torch.Generator().manual_seed(seed)
    optimiser = torch.optim.Adam(network.parameters(), lr=3e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, epochs)
    for _ in range(epochs):
        for rows in torch.randperm(len(X), generator=generator).split(64):
            optimiser.zero_grad()
            loss(network(X[rows]), Y[rows]).backward()
            optimiser.step()
        schedule.step()


def _adam(X: Tensor, Y: Tensor, new: Tensor, epochs: int, seed: int) -> Tensor:
    shift, scale = Y.mean(), Y.std()
    network = MLP(X.shape[1], (64, 64), 1, "relu", seed=seed)
    _train(network, X, (Y - shift) / scale, nn.functional.mse_loss, epochs, seed)
    return network(new) * scale + shift


def regression(seeds: int, rows: int, epochs: int) -> list[Row]:
    def bundled(X: Tensor, Y: Tensor, new: Tensor, seed: int, **options: Any) -> Tensor:
        return BundledSurrogate(X, Y, seed=seed, **options).fit().mean_variance(new)[0].unsqueeze(-1)

    def fourier(X: Tensor, Y: Tensor, new: Tensor, seed: int) -> Tensor:
        fit = make_pipeline(
            RBFSampler(gamma="scale", n_components=2048, random_state=seed), RidgeCV(np.logspace(-6, 3, 19))
        ).fit(X, Y[:, 0])
        return torch.from_numpy(fit.predict(new)).unsqueeze(-1)

    def linear(X: Tensor, Y: Tensor, new: Tensor, seed: int) -> Tensor:
        return torch.from_numpy(RidgeCV().fit(X, Y[:, 0]).predict(new)).unsqueeze(-1)

    methods: dict[str, tuple[str, Callable[..., Tensor]]] = {
        "linear model": ("", linear),
        "one map, m = 128": ("", partial(bundled, num_features=128)),
        "one map, m = 512": ("", partial(bundled, num_features=512)),
        "one map, m = 2048": ("<= 1.5", partial(bundled, num_features=2048)),
        "one map, m = 2048, biases of twice the default width": (
            "<= 1.5",
            partial(bundled, features=partial(ReLUFeatures, 2048, bias_scale=4.0)),
        ),
        "two maps, m = 512": ("", partial(bundled, num_features=512, num_layers=2)),
        "two maps, m = 2048": ("", partial(bundled, num_features=2048, num_layers=2)),
        "scikit-learn's RBFSampler, m = 2048, ridge": ("", fourier),
        f"MLP 64-64, {epochs} epochs of Adam": (
            "",
            lambda X, Y, new, seed: _adam((X - 0.5) * 12**0.5, Y, (new - 0.5) * 12**0.5, epochs, seed),
        ),
    }
    table = []
    for label, (aim, predict) in methods.items():
        found, seconds = [], []
        for seed in range(seeds):
            X, Y, new, truth = _friedman(seed, rows)
            begun = time.process_time()
            with torch.no_grad() if "MLP" not in label else torch.enable_grad():
                mean = predict(X, Y, new, seed=seed).detach()
            seconds.append(time.process_time() - begun)
            found.append(float((mean - truth).square().mean().sqrt()))
        measured = (
            f"{np.mean(found):.2f} ({min(found):.2f} to {max(found):.2f}), {np.mean(seconds):.2g} CPU s"
        )
        table.append((f"{label}: RMSE", aim, measured))
    return table


# -- networks with fewer parameters ------------------------------------------------------------------------


def _dense(widths: list[int], seed: int) -> nn.Sequential:
    return MLP(64, widths, 10, "relu", seed=seed)


def _replaced(first: int | None, second: int | None, seed: int) -> nn.Sequential:
    """The MLP 64-128-128-10 with hidden layers replaced by features of so many directions."""
    layers: list[nn.Module] = list(_dense([128, 128], seed))
    if second is not None:
        layers[2:4] = [SNNKLinear(128, 128, second, seed=seed + 1, dtype=torch.float64)]
    if first is not None:
        layers[0:2] = [SNNKLinear(64, 128, first, seed=seed, dtype=torch.float64)]
    return nn.Sequential(*layers)


def digits(seeds: int, epochs: int) -> list[Row]:
    full = "MLP 64-128-128-10"
    networks: dict[str, Callable[[int], nn.Module]] = {
        full: lambda seed: _dense([128, 128], seed),
        **{f"second layer by {m} features": partial(_replaced, None, m) for m in (8, 16, 32)},
        **{f"first layer by {m} features": partial(_replaced, m, None) for m in (16, 32)},
        "both layers by 64 and 32 features": partial(_replaced, 64, 32),
        **{
            f"bundled whole, {m} features": lambda seed, m=m: bundle(
                nn.Sequential(*list(_dense([128], seed))), m, seed=seed
            )
            for m in (512, 1024)
        },
        **{f"narrow MLP 64-{h}-{h}-10": lambda seed, h=h: _dense([h, h], seed) for h in (48, 64, 80)},
    }
    data = load_digits()
    accuracy: dict[str, list[float]] = {label: [] for label in networks}
    sizes = {}
    for seed in range(seeds):
        parts = train_test_split(
            data.data / 8.0 - 1.0, data.target, test_size=500, random_state=seed, stratify=data.target
        )
        X, new, y, truth = (torch.from_numpy(part) for part in parts)
        for label, make in networks.items():
            network = make(seed=seed)
            sizes[label] = sum(parameter.numel() for parameter in network.parameters())
            _train(network, X, y, nn.functional.cross_entropy, epochs, seed)
            with torch.no_grad():
                accuracy[label].append(float((network(new).argmax(1) == truth).double().mean()))
    rows = []
    for label in networks:
        difference = 100.0 * (np.mean(accuracy[label]) - np.mean(accuracy[full]))
        fewer = sizes[full] / sizes[label]
        aim = "2 to 5 times fewer, <= 2 points" if "features" in label else ""
        measured = (
            f"{sizes[label]} parameters ({fewer:.2g} times fewer), "
            f"accuracy {100.0 * np.mean(accuracy[label]):.1f} % ({difference:+.1f} points)"
        )
        rows.append((label, aim if label != full else "", measured))
    return rows


# -- as a surrogate ----------------------------------------------------------------------------------------


def surrogate(seeds: int, sizes: list[int]) -> list[Row]:
    rows = []
    kinds: dict[str, Any] = {"bundled, m = 1024": BundledSurrogate, "Gaussian process": GaussianProcess}
    for n in sizes:
        for label, kind in kinds.items():
            if n > 2000 and kind is GaussianProcess:
                continue
            scores, seconds = [], []
            for seed in range(seeds):
                X, Y, new, truth = _friedman(seed, n)
                begun = time.process_time()
                model = kind(X, Y).fit()
                mean, variance = model.mean_variance(new)
                seconds.append(time.process_time() - begun)
                law = torch.distributions.Normal(mean, (variance + model.noise_variance).sqrt())
                inside = ((truth[:, 0] - mean).abs() < 1.96 * law.scale).double().mean()
                error = (mean - truth[:, 0]).square().mean().sqrt()
                scores.append([float(-law.log_prob(truth[:, 0]).mean()), float(inside), float(error)])
            density, inside, error = np.mean(scores, axis=0)
            measured = (
                f"negative log density {density:.2f}, RMSE {error:.2f}, "
                f"in the 95 % interval {100 * inside:.0f} %, {np.mean(seconds):.2g} CPU s"
            )
            rows.append((f"{label}, n = {n}", "", measured))
    return rows


def main() -> None:
    quick = is_quick(__doc__)
    torch.set_num_threads(1)
    counts = [16, 64, 256, 1024] if quick else [16, 64, 256, 1024, 4096, 16384]
    print_table("Error of the features, d = 32", errors(counts, 3 if quick else 5))
    title = "Friedman-1, noise deviation 1 (closed forms, but for the last)"
    print_table(title, regression(1 if quick else 5, 2000, 5 if quick else 100))
    print_table("Digits (8 x 8 images, ten classes)", digits(1 if quick else 5, 2 if quick else 40))
    print_table(
        "Friedman-1, as a surrogate", surrogate(1 if quick else 3, [200] if quick else [200, 1000, 20000])
    )


if __name__ == "__main__":
    main()
