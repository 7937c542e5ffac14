"""Hawks et al., "wa-hls4ml: a benchmark and surrogate models for hls4ml resource and latency estimation",
arXiv:2511.05615 (2025), on networks that an open synthesiser has made.

The published table (683,176 designs, 5 GB) cannot be had here. Instead some hundred quantised dense networks
were synthesised by Yosys (`augury.datasets.synthesised_networks`): lookup tables, flip-flops, multiplier
blocks, carry chains, cycles, initiation interval. In each of the seeds a quarter of the architectures (sets
of widths, with all their precisions and reuse factors) is held out. The exemplars are 24 networks wider than
all of these. The networks are trained in about equal CPU time. Published figures are of another, far larger
table, for orientation. Then formulas in place of a synthesiser (synthetic), and a search over classifiers of
digits for area, cycles and accuracy.

    python -m reproductions.hardware [--quick]
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from itertools import product

import numpy as np
import torch
from botorch.models.transforms.input import Normalize
from botorch.utils.multi_objective.hypervolume import Hypervolume
from botorch.utils.multi_objective.pareto import is_non_dominated
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.ensemble import HistGradientBoostingRegressor
from torch import Tensor

import augury
from augury.datasets.synthesised_networks import synthesised_exemplars, synthesised_networks
from augury.hardware import LayerSurrogate, LogStandardize, NetworkSearch, analytic_costs, r2, smape
from augury.hardware.aggregates import AggregateEncoding
from augury.hardware.analytic import ANALYTIC_TARGETS
from augury.hardware.designs import FIELDS
from augury.hardware.synthesis import SYNTHESIS_TARGETS, resources
from augury.models import GaussianProcess
from reproductions._statistics import mean_interval, paired
from reproductions._table import Row, is_quick, print_table

_LEVELS = torch.tensor([0.05, 0.5, 0.95], dtype=torch.float64)
_HALF_WIDTH = 1.6448536269514722
_NAMES = {
    "transformer": "transformer over layers",
    "graph": "graph attention over layers",
    "aggregate": "MLP on aggregates",
    "boosting": "gradient boosting on aggregates",
    "process": "Gaussian process on aggregates",
    "mean": "mean (of logarithms)",
}
#: SMAPE of the published transformer, graph network; test set, all families.
_PUBLISHED = {
    "transformer": "LUT 2.9, FF 2.9, DSP 10.8, CYCLES 10.1, II 14.1",
    "graph": "LUT 11.4, FF 11.6, DSP 15.1, CYCLES 15.7, II 13.4",
}
#: Steps of training that take about the same CPU time.
_STEPS = {"transformer": 600, "graph": 500, "aggregate": 4000}
Predictor = Callable[[Tensor], Tensor]  # designs -> lower end, median, upper end: 3 x n x m


def layers(network: str, X: Tensor, Y: Tensor, groups: Tensor, seed: int, share: float) -> Predictor:
    """An ensemble of networks after a share of the training, with its 90 % intervals."""
    steps = round(share * _STEPS[network])
    surrogate = LayerSurrogate(X, Y, groups=groups, network=network, num_steps=steps, seed=seed).fit()
    return lambda new: surrogate.posterior(new).quantile(_LEVELS)


def aggregates(X: Tensor) -> Predictor:
    """`n x 24`, standardised by the training designs."""
    encoding = AggregateEncoding.of(X.unflatten(1, (-1, len(FIELDS))))

    def features(new: Tensor) -> Tensor:
        numbers, _, whole = encoding(new.unflatten(1, (-1, len(FIELDS))))
        return torch.cat([numbers[:, 0], whole], dim=1)

    return features


def boosting(X: Tensor, Y: Tensor, seed: int) -> Predictor:
    """scikit-learn's, one a target, on logarithms; without intervals."""
    features, scaled = aggregates(X), LogStandardize(Y)
    models = [
        HistGradientBoostingRegressor(random_state=seed).fit(features(X).numpy(), z.numpy())
        for z in scaled(Y).T
    ]

    def predict(new: Tensor) -> Tensor:
        Z = torch.stack([torch.from_numpy(model.predict(features(new).numpy())) for model in models], dim=1)
        return scaled.inverse(Z).expand(3, -1, -1)

    return predict


def process(X: Tensor, Y: Tensor) -> Predictor:
    """augury's Gaussian process, one a target, on logarithms."""
    features, scaled = aggregates(X), LogStandardize(Y)
    points = features(X)
    varies = points.std(dim=0) > 0
    points = points[:, varies]
    bounds = torch.stack([points.amin(dim=0), points.amax(dim=0)])
    models = [
        GaussianProcess(
            points, z.unsqueeze(1), input_transform=Normalize(len(bounds[0]), bounds=bounds)
        ).fit()
        for z in scaled(Y).T
    ]

    def predict(new: Tensor) -> Tensor:
        posteriors = [model.posterior(features(new)[:, varies], observation_noise=True) for model in models]
        mean = torch.cat([posterior.mean for posterior in posteriors], dim=1)
        half = _HALF_WIDTH * torch.cat([posterior.variance for posterior in posteriors], dim=1).sqrt()
        return scaled.inverse(torch.stack([mean - half, mean, mean + half]))

    return predict


def constant(Y: Tensor) -> Predictor:
    """The mean of the logarithms."""
    scaled = LogStandardize(Y)
    typical = scaled.inverse(torch.zeros(Y.shape[1], dtype=torch.float64))
    return lambda new: typical.expand(3, len(new), -1)


def predictors(X: Tensor, Y: Tensor, groups: Tensor, seed: int, share: float) -> Mapping[str, Predictor]:
    networks = {
        name: layers(name, X, Y, groups, seed, share) for name in ("transformer", "graph", "aggregate")
    }
    return {**networks, "boosting": boosting(X, Y, seed), "process": process(X, Y), "mean": constant(Y)}


def judged(predict: Predictor, X: Tensor, Y: Tensor) -> np.ndarray:
    """`3 x m`: SMAPE, R2, and the share of true costs in the intervals."""
    low, median, high = predict(X)
    covered = ((low <= Y) & (high >= Y)).double().mean(dim=0)
    true, guess = Y.numpy(), median.numpy()
    return np.stack([smape(true, guess), r2(true, guess), covered.numpy()])


def held_out(seeds: int, share: float) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """`seeds x 3 x m` of each predictor, on held-out architectures and on the exemplars."""
    known, exemplars = synthesised_networks(), synthesised_exemplars()
    X, Y, groups = known.designs, known.costs, known.architectures
    inside: dict[str, list[np.ndarray]] = {name: [] for name in _NAMES}
    outside: dict[str, list[np.ndarray]] = {name: [] for name in _NAMES}
    for seed in range(seeds):
        order = torch.randperm(int(groups.max()) + 1, generator=torch.Generator().manual_seed(seed))
        test = torch.isin(groups, order[: len(order) // 4])
        for name, predict in predictors(X[~test], Y[~test], groups[~test], seed, share).items():
            inside[name].append(judged(predict, X[test], Y[test]))
            outside[name].append(judged(predict, exemplars.designs, exemplars.costs))
            print(seed, name, *(found[name][-1][0].round(1) for found in (inside, outside)), flush=True)
    arrays = ({name: np.array(rows) for name, rows in found.items()} for found in (inside, outside))
    return next(arrays), next(arrays)


def by_target(values: np.ndarray, digits: int, targets: tuple[str, ...] = SYNTHESIS_TARGETS) -> str:
    return ", ".join(f"{name} {value:.{digits}f}" for name, value in zip(targets, values, strict=True))


def spread(values: np.ndarray, digits: int = 1) -> str:
    """Mean over the seeds with its interval."""
    low, high = mean_interval(values)
    return f"{values.mean():.{digits}f} [{low:.{digits}f}, {high:.{digits}f}]"


def accuracy_rows(seeds: int, share: float) -> list[Row]:
    inside, outside = held_out(seeds, share)
    rows = [
        (
            f"{label}: SMAPE in %, mean of six targets; each",
            _PUBLISHED.get(name, ""),
            f"{spread(inside[name][:, 0].mean(axis=1))}; {by_target(inside[name][:, 0].mean(axis=0), 1)}",
        )
        for name, label in _NAMES.items()
    ]
    for name in ("transformer", "graph"):
        for other in ("aggregate", "boosting", "process", "mean"):
            pair = paired(inside[name][:, 0].mean(axis=1), inside[other][:, 0].mean(axis=1))
            rows.append((f"{_NAMES[name]} minus {_NAMES[other]}, SMAPE", "", pair))
    for name in ("transformer", "graph", "aggregate", "process"):
        mean = 100.0 * inside[name][:, 2]
        text = f"{spread(mean.mean(axis=1))}; {by_target(mean.mean(axis=0), 0)}"
        rows.append((f"{_NAMES[name]}: costs in their 90 % intervals, %", "", text))
    for name, label in _NAMES.items():
        rows.append((f"{label}: R2", "", by_target(inside[name][:, 1].mean(axis=0), 2)))
    for name, label in _NAMES.items():
        smapes, covered = outside[name][:, 0], 100.0 * outside[name][:, 2].mean()
        text = f"{spread(smapes.mean(axis=1))}; {by_target(smapes.mean(axis=0), 1)}"
        interval = f"; {covered:.0f} % in intervals" if name not in ("boosting", "mean") else ""
        rows.append((f"exemplars, {label}: SMAPE", "", text + interval))
    return rows


def synthetic_rows(seeds: int, share: float) -> list[Row]:
    """Costs from formulas: the mechanics, at any size."""
    known = synthesised_networks()
    table = known.designs.unflatten(1, (-1, len(FIELDS)))
    found: dict[str, list[np.ndarray]] = {"transformer": [], "aggregate": []}
    for seed in range(seeds):
        Y = analytic_costs(table, seed=seed)
        test = known.architectures % 4 == seed % 4
        for name, values in found.items():
            X, groups = known.designs, known.architectures[~test]
            predict = layers(name, X[~test], Y[~test], groups, seed, share)
            values.append(judged(predict, X[test], Y[test])[0])
    return [
        (
            f"SYNTHETIC costs from formulas (no synthesiser), {_NAMES[name]}: SMAPE, %",
            "",
            by_target(np.mean(values, axis=0), 1, ANALYTIC_TARGETS),
        )
        for name, values in found.items()
    ]


def search_rows(seeds: int, share: float, budget: int, **choices_of: tuple[int, ...]) -> list[Row]:
    """The share of the front's hypervolume that a study finds, of all choices and of as many random ones."""
    known = synthesised_networks()
    steps = round(share * _STEPS["transformer"])
    surrogate = LayerSurrogate(known.designs, known.costs, groups=known.architectures, num_steps=steps).fit()
    search = digits_search(surrogate, **choices_of)
    choices = all_choices(search)
    outcomes = gains([search(params) for params in choices])
    front = outcomes[is_non_dominated(torch.from_numpy(outcomes)).numpy()]
    reference = front.min(axis=0)
    shares: dict[str, list[float]] = {"random": [], "bayesian-optimization": []}
    for seed in range(seeds):
        for strategy, values in shares.items():
            study = augury.Study(search.space, search.goals, strategy=strategy, store=None, seed=seed)
            study.run(search, budget=budget)
            found = gains([trial.values for trial in study.trials])
            values.append(100.0 * hypervolume(found, reference) / hypervolume(front, reference))
            print("search", seed, strategy, values[-1], flush=True)
    other, own = map(np.array, shares.values())
    claim = (
        f"digits, {budget} of {len(choices)} choices tried by a Study: hypervolume, % of the whole front's"
    )
    return [
        (claim, "", spread(own)),
        ("random choices; difference", "", f"{spread(other)}; {paired(own, other)}"),
        synthesised_row(search, [trial.params for trial in study.pareto_front()][: budget // 5]),
    ]


def synthesised_row(search: NetworkSearch, front: list[dict[str, int]]) -> Row:
    """What the designs found cost with the weights they were trained to; the surrogate knows random ones."""
    claim = f"{len(front)} designs of the front, synthesised as trained: SMAPE of predicted LUT, FF"
    if shutil.which("yosys") is None:
        return (claim, "", "Yosys is not installed")
    made = np.array([resources(search.verilog(params)) for params in front], dtype=float)
    predicted = search.costs(front)
    print(np.column_stack([made[:, :3], predicted[:, :3].round(1)]), flush=True)
    return (claim, "", by_target(smape(made[:, :2], predicted[:, :2]), 1, SYNTHESIS_TARGETS[:2]))


def digits_search(surrogate: LayerSurrogate, **choices_of: tuple[int, ...]) -> NetworkSearch:
    """Digits 0 to 5 by their first eight principal components."""
    X, y = load_digits(return_X_y=True)
    chosen = y < 6
    return NetworkSearch(PCA(8).fit_transform(X[chosen]), y[chosen], surrogate, **choices_of)


def all_choices(search: NetworkSearch) -> list[dict[str, int]]:
    choices = []
    for depth in range(3):
        names = [f"{kind}_{layer}" for layer in range(1, depth + 1) for kind in ("width", "reuse")]
        values = [search.widths, search.reuses] * depth
        for bits, out, *rest in product(search.bits, search.reuses, *values):
            chosen = dict(zip(names, rest, strict=True))
            choices.append({"hidden_layers": depth, "bits": bits, "reuse_out": out, **chosen})
    return choices


def gains(outcomes: Sequence[Mapping[str, float]]) -> np.ndarray:
    """Area, cycles and accuracy, all the larger the better."""
    signs = {"area": -1.0, "cycles": -1.0, "accuracy": 1.0}
    return np.array([[sign * one[name] for name, sign in signs.items()] for one in outcomes])


def hypervolume(values: np.ndarray, reference: np.ndarray) -> float:
    points = torch.from_numpy(values)
    return float(Hypervolume(torch.from_numpy(reference)).compute(points[is_non_dominated(points)]))


def main() -> None:
    quick = is_quick(__doc__)
    seeds, share = (1, 0.05) if quick else (6, 1.0)
    rows = accuracy_rows(seeds, share) + synthetic_rows(min(seeds, 2), share)
    if quick:
        rows += search_rows(1, share, 8, widths=(2, 4), bits=(3, 4), reuses=(1, 2))
    else:
        rows += search_rows(3, share, 60)
    print_table("Hardware surrogates over layers", rows)


if __name__ == "__main__":
    main()
