"""Horváth, Laskaridis, Rajput and Wang, "Maestro: uncovering low-rank structures via trainable
decomposition", ICML 2024, arXiv:2308.14929, at a reduced size.

A linear map of rank 3 learnt with ordered ranks, from isotropic and other inputs; the penalty that empties
ranks; digits (scikit-learn), compressed to five budgets by ordered ranks and by truncating the singular
values of a network trained as usual, both with the same greedy choice of ranks (ordered training draws a
rank in every layer and has the whole network's loss as well, whose probabilities are what the drawn one
learns; ranks that are worth nothing are masked after each epoch; a step costs twice as much); the encoder of
a deep kernel at half its parameters. Penalty and threshold were chosen on seeds 100 to 104.

    python -m reproductions.maestro [--quick]
"""

from __future__ import annotations

import warnings

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import Tensor, nn

from augury.inference.encoder_training import SeparateTraining
from augury.models import DeepKernelGP
from augury.networks import (
    MLP,
    RankSampler,
    compress_to,
    factorize,
    group_lasso,
    importances,
    shrink,
)
from reproductions._statistics import paired
from reproductions._table import Row, is_quick, print_table

_SHARES = (0.1, 0.2, 0.35, 0.5, 1.0)  # of the network's parameters
_PENALTY, _THRESHOLD = 6e-4, 1e-2


def _count(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def _randn(*shape: int, seed: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def _map(A: Tensor, X: Tensor, rate: float, steps: int, seed: int) -> nn.Module:
    """A linear map to `A x`, learnt by sampled ranks from a random start."""
    layer = nn.Linear(A.shape[1], A.shape[0], bias=False).double()
    with torch.no_grad():
        layer.weight.copy_(0.1 * _randn(*layer.weight.shape, seed=seed + 7))
    network = factorize(layer)
    optimizer, sampler = torch.optim.SGD(network.parameters(), rate), RankSampler(network, seed=seed)
    for _ in range(steps):
        optimizer.zero_grad()
        with sampler.draw():
            (network(X) - X @ A.mT).square().mean().backward()
        optimizer.step()
    return network


def linear(seeds: int, long: int) -> list[Row]:
    rows: list[Row] = []
    for steps in (2000, long):
        worst, null, distance = 0.0, 0.0, 0.0
        for seed in range(seeds):
            A = _randn(9, 3, seed=2 * seed) @ _randn(3, 6, seed=2 * seed + 1)
            network = _map(A, torch.eye(6, dtype=torch.float64), 0.5, steps, seed)
            found, (U, S, V) = importances(network)[""], torch.linalg.svd(A, full_matrices=False)
            worst = max(worst, float((found[:3] / S[:3] - 1.0).abs().max()))
            null = max(null, float(found[3:].max()))
            for rank in (1, 2, 3):
                network.rank = rank
                best = (U[:, :rank] * S[:rank]) @ V[:rank]
                with torch.no_grad():
                    distance = max(distance, float((network.product() - best).square().sum()))
        rows.append(
            (
                f"after {steps} steps: leading importances, of the singular values; others; squared distance "
                "to the best map of each rank",
                "2-3 %; < 0.15; <= 0.01",
                f"within {worst:.1%}; < {null:.2f}; {distance:.4f}",
            )
        )
    D = torch.diag(torch.tensor([3.0, 2.0, 1.0], dtype=torch.float64))
    scaled = torch.diag(torch.tensor([0.2, 1.0, 3.0], dtype=torch.float64))
    followed = 0
    for seed in range(seeds):
        first = _map(D, scaled, 0.1, 2000, seed)
        first.rank = 1
        with torch.no_grad():
            followed += int(first.product().abs().argmax()) == 8
    left = [_rank_of_points(seed) for seed in range(seeds)]
    return [
        *rows,
        (
            "inputs that reverse the order of what matters: followed by the learnt order",
            "yes (truncation is not)",
            f"{followed} of {seeds}",
        ),
        ("ranks left of 10 for 3 points, by the group lasso", "3", ", ".join(map(str, left))),
    ]


def _rank_of_points(seed: int) -> int:
    X = _randn(3, 10, seed=50 + seed)
    layer = nn.Linear(10, 10, bias=False).double()
    with torch.no_grad():
        layer.weight.copy_(0.3 * _randn(10, 10, seed=60 + seed))
    network = factorize(layer)
    optimizer, sampler = torch.optim.SGD(network.parameters(), 0.05), RankSampler(network, seed=seed)
    for _ in range(2000):
        optimizer.zero_grad()
        loss = (network(X) - X).square().mean() + 1e-2 * group_lasso(network)
        with sampler.draw():
            loss = loss + (network(X) - X).square().mean()
        loss.backward()
        optimizer.step()
    return shrink(network, 1e-2)[""]


def _train(network: nn.Module, X: Tensor, y: Tensor, epochs: int, seed: int, ordered: bool) -> None:
    """Adam; with ordered ranks the penalty as well, and a drawn subnetwork that learns from the whole one."""
    generator = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.Adam(network.parameters(), 5e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs)
    sampler = RankSampler(network, "independent", seed) if ordered else None
    for _ in range(epochs):
        for rows in torch.randperm(len(X), generator=generator).split(128):
            optimizer.zero_grad()
            logits = network(X[rows])
            loss = nn.functional.cross_entropy(logits, y[rows])
            if sampler is not None:
                with sampler.draw():
                    loss = loss + nn.functional.cross_entropy(network(X[rows]), logits.detach().softmax(1))
                loss = loss + _PENALTY * group_lasso(network)
            loss.backward()
            optimizer.step()
        schedule.step()
        if ordered:
            shrink(network, _THRESHOLD)


def digits(seeds: int, epochs: int, first: int = 0) -> list[Row]:
    data = load_digits()
    X = torch.from_numpy(data.data / 16.0).float()
    y = torch.from_numpy(data.target)
    accuracy: dict[str, list[list[float]]] = {"ordered": [], "truncated": []}
    for seed in range(first, first + seeds):
        order = torch.randperm(len(X), generator=torch.Generator().manual_seed(seed))
        train, test = order[450:], order[:450]

        def loss(network: nn.Module, rows: Tensor = train) -> Tensor:
            return nn.functional.cross_entropy(network(X[rows]), y[rows])

        plain = MLP(64, (128, 128), 10, "relu", seed=seed).float()
        ordered = factorize(plain)
        _train(plain, X[train], y[train], epochs, seed, ordered=False)
        _train(ordered, X[train], y[train], epochs, seed, ordered=True)
        size = _count(plain)
        for name, network in (("ordered", ordered), ("truncated", factorize(plain))):
            right = []
            for share in _SHARES:
                small = compress_to(network, round(share * size), loss)
                with torch.no_grad():
                    right.append(float((small(X[test]).argmax(1) == y[test]).double().mean()))
            accuracy[name].append(right)
    rows = []
    ours, theirs = np.array(accuracy["ordered"]), np.array(accuracy["truncated"])
    for place, share in enumerate(_SHARES):
        rows.append(
            (
                f"digits, accuracy at {share:.0%} of 26,122 parameters: ordered ranks, truncated",
                "above truncation" if place < 2 else "equal in the end",
                f"{ours[:, place].mean():.3f}, {theirs[:, place].mean():.3f}; difference "
                f"{paired(ours[:, place], theirs[:, place])}",
            )
        )
    return rows


def _target(X: Tensor) -> Tensor:
    """A step across one direction of six, and a wave along another."""
    first, second = X[:, :3].sum(1) - 1.5, X[:, 3:].sum(1) - 1.5
    return (8.0 * first).tanh() + (4.0 * second).sin()


def deep_kernel(seeds: int, rows: int, first: int = 0) -> list[Row]:
    found = []
    for seed in range(first, first + seeds):
        generator = torch.Generator().manual_seed(seed)
        X, X_new = (torch.rand(n, 6, generator=generator, dtype=torch.float64) for n in (rows, 500))
        Y, Y_new = (
            _target(x) + 0.1 * torch.randn(len(x), generator=generator, dtype=torch.float64)
            for x in (X, X_new)
        )

        def score(model: DeepKernelGP, X: Tensor = X_new, Y: Tensor = Y_new) -> float:
            with torch.no_grad():
                posterior = model.posterior(X.unsqueeze(-2), observation_noise=True)
                mean, variance = posterior.mean.flatten(), posterior.variance.flatten()
            return float(0.5 * ((Y - mean).square() / variance + (2.0 * np.pi * variance).log()).mean())

        network = MLP(6, (32, 32), 2, "tanh", seed=seed)
        first_fit = DeepKernelGP(X, Y[:, None], encoder=network, training=SeparateTraining()).fit()
        encoder = first_fit.encoder()
        inputs = 12.0**0.5 * (X - 0.5)
        with torch.no_grad():
            features = encoder(inputs)

        def loss(network: nn.Module, inputs: Tensor = inputs, features: Tensor = features) -> Tensor:
            return (network(inputs) - features).square().mean()

        size = _count(encoder)
        small = compress_to(factorize(encoder), size // 2, loss)
        # both go on as long
        whole, half = (
            DeepKernelGP(X, Y[:, None], encoder=one, training=SeparateTraining(200)).fit()
            for one in (encoder, small)
        )
        found.append((score(whole), score(half), _count(half.encoder()) / size))
    full, halved, share = np.array(found).T
    return [
        (
            "deep kernel, negative log density of new rows: whole encoder, half",
            "loses <= 2 %",
            f"{full.mean():.3f}, {halved.mean():.3f} at {share.mean():.0%} of the parameters; difference "
            f"{paired(halved, full)} nat",
        )
    ]


def main() -> None:
    quick = is_quick(__doc__)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        print_table("Linear maps", linear(1, 3000) if quick else linear(3, 20_000))
        print_table("Compression without training", digits(1, 15) if quick else digits(5, 120))
        print_table("The encoder of a deep kernel", deep_kernel(1, 100) if quick else deep_kernel(5, 400))


if __name__ == "__main__":
    main()
