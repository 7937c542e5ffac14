"""Models of several fidelities: Kennedy and O'Hagan (2000), Le Gratiet and Garnier (2014), Perdikaris et al.
(2017), on the pairs of functions that the survey of Do and Zhang (2023) and the papers use.

Errors are root mean squared ones of the posterior mean of the truth. "Published" are the claims of the
literature; the papers print figures for few of these cases.

    python -m reproductions.multi_fidelity [--quick]
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from botorch.fit import fit_gpytorch_mll
from botorch.models import MultiTaskGP, SingleTaskMultiFidelityGP
from botorch.models.model import Model
from gpytorch.mlls import ExactMarginalLogLikelihood
from torch import Tensor
from torch.quasirandom import SobolEngine

from augury.models import (
    NARGP,
    CoKriging,
    GaussianProcess,
    HierarchicalKriging,
    LatentSourceGaussianProcess,
    RecursiveCoKriging,
    SpaceMapping,
)
from augury.models.multi_fidelity.sample_paths import SamplePaths
from augury.problems.multi_fidelity import Fidelities, currin, forrester, mapped_rosenbrock, sinusoid
from reproductions._table import Row, is_quick, print_table

Predict = Callable[[Tensor], tuple[Tensor, Tensor]]
Build = Callable[[Tensor, Tensor], Predict]


def _with_level(X: Tensor, level: float) -> Tensor:
    return torch.cat([X, torch.full((len(X), 1), level, dtype=torch.float64)], dim=1)


def _predict(model: Model, transform: Callable[[Tensor], Tensor]) -> Predict:
    def predict(X: Tensor) -> tuple[Tensor, Tensor]:
        with torch.no_grad():
            posterior = model.posterior(transform(X).unsqueeze(-2))
            return posterior.mean.reshape(-1), posterior.variance.reshape(-1)

    return predict


def _of(model_class: Any, **options: Any) -> Build:
    def build(X: Tensor, Y: Tensor) -> Predict:
        model = model_class(X, Y, fidelity_features=[X.shape[1] - 1], **options).fit()
        return _predict(model, lambda new: _with_level(new, 1.0))

    return build


def _truth_only(X: Tensor, Y: Tensor) -> Predict:
    rows = X[:, -1] == 1
    return _predict(GaussianProcess(X[rows, :-1], Y[rows]).fit(), lambda new: new)


def _latent(X: Tensor, Y: Tensor) -> Predict:
    sources = torch.cat([X[:, :-1], 1.0 - X[:, -1:]], dim=1)  # 0 is the truth there
    model = LatentSourceGaussianProcess(sources, Y, source_feature=X.shape[1] - 1).fit()
    return _predict(model, lambda new: _with_level(new, 0.0))


def _botorch(make: Callable[[Tensor, Tensor], Any]) -> Build:
    def build(X: Tensor, Y: Tensor) -> Predict:
        model = make(X, Y)
        fit_gpytorch_mll(ExactMarginalLogLikelihood(model.likelihood, model))
        multi_task = isinstance(model, MultiTaskGP)
        return _predict(model, lambda new: new if multi_task else _with_level(new, 1.0))

    return build


MODELS: dict[str, Build] = {
    "GP on the truth alone": _truth_only,
    "CoKriging": _of(CoKriging),
    "RecursiveCoKriging": _of(RecursiveCoKriging),
    "HierarchicalKriging": _of(HierarchicalKriging),
    "NARGP": _of(NARGP),
    "LatentSourceGaussianProcess": _latent,
    "SpaceMapping": _of(SpaceMapping),
    "BoTorch MultiTaskGP": _botorch(lambda X, Y: MultiTaskGP(X, Y, task_feature=-1, output_tasks=[1])),
    "BoTorch SingleTaskMultiFidelityGP": _botorch(
        lambda X, Y: SingleTaskMultiFidelityGP(X, Y, data_fidelities=[X.shape[1] - 1])
    ),
}


def _design(pair: str, seed: int) -> tuple[Fidelities, Tensor, Tensor, Tensor]:
    """The functions, the nested designs of the cheap level and of the truth, and new points."""
    rng = np.random.default_rng(seed)
    new = torch.from_numpy(rng.random((1000, 2)))
    if pair == "Currin":
        low = torch.from_numpy(rng.random((30, 2)))
        return currin(), low, low[:10], new
    grid = torch.linspace(0.0, 1.0, 1000, dtype=torch.float64).unsqueeze(-1)
    if pair == "Forrester":
        low = torch.linspace(0.0, 1.0, 11, dtype=torch.float64).unsqueeze(-1)
        return forrester(), low, low[[0, 4, 6, 10]], grid
    low = torch.linspace(0.0, 1.0, 50, dtype=torch.float64).unsqueeze(-1)
    return sinusoid(), low, low[np.sort(rng.choice(50, 14, replace=False))], grid


def _score(build: Build, pair: str, seed: int) -> tuple[float, float]:
    """Error, and mean negative log density of the truth."""
    functions, low, high, new = _design(pair, seed)
    X = torch.cat([_with_level(low, 0.0), _with_level(high, 1.0)])
    Y = torch.cat([functions[0](low), functions[1](high)]).unsqueeze(-1)
    mean, variance = build(X, Y)(new)
    truth = functions[1](new)
    density = torch.distributions.Normal(mean, variance.sqrt()).log_prob(truth).mean()
    return float((mean - truth).square().mean().sqrt()), -float(density)


PUBLISHED = {
    ("Forrester", "CoKriging"): "linear levels: exact, rho = 2",
    ("Forrester", "RecursiveCoKriging"): "the same as the joint model",
    ("sinusoid", "CoKriging"): "fails: the relation is not linear",
    ("sinusoid", "NARGP"): "follows it closely",
}


def pairs(seeds: int) -> list[Row]:
    rows = []
    for pair in ("Forrester", "sinusoid", "Currin"):
        count = 1 if pair == "Forrester" else seeds
        for name, build in MODELS.items():
            scores = np.array([_score(build, pair, seed) for seed in range(count)])
            (error, density), worst = np.median(scores, axis=0), scores[:, 0].max()
            text = f"error {error:.4f} (worst {worst:.4f}); negative log density {density:.2f}"
            if pair == "sinusoid":
                text += f"; {int((scores[:, 0] <= 0.01).sum())} of {count} within 0.01"
            rows.append((f"{pair}: {name}", PUBLISHED.get((pair, name), ""), text))
    return rows


def factor() -> list[Row]:
    functions, low, high, _ = _design("Forrester", 0)
    X = torch.cat([_with_level(low, 0.0), _with_level(high, 1.0)])
    Y = torch.cat([functions[0](low), functions[1](high)]).unsqueeze(-1)
    return [
        (
            f"Forrester: the factor of {model_class.__name__}",
            "2",
            f"{float(model_class(X, Y, fidelity_features=[1], nested=True).fit().rho):.4f}",
        )
        for model_class in (CoKriging, RecursiveCoKriging)
    ]


def mapped(seeds: int) -> list[Row]:
    """Bandler's transformed Rosenbrock function: 60 cheap rows, 8 of the truth among them."""
    low, high = mapped_rosenbrock()
    grid = torch.cartesian_prod(*[torch.linspace(0.0, 1.0, 401, dtype=torch.float64)] * 2)
    errors: dict[str, list[float]] = {"CoKriging": [], "SpaceMapping": []}
    places, values = [], []
    for seed in range(seeds):
        X = SobolEngine(2, scramble=True, seed=seed).draw(60, dtype=torch.float64)
        table = torch.cat([_with_level(X, 0.0), _with_level(X[:8], 1.0)])
        Y = torch.cat([low(X), high(X[:8])]).unsqueeze(-1)
        new = torch.from_numpy(np.random.default_rng(seed).random((1000, 2)))
        for model_class in (CoKriging, SpaceMapping):
            model = model_class(table, Y, fidelity_features=[2]).fit()
            mean = model.posterior(_with_level(new, 1.0).unsqueeze(-2)).mean.detach().reshape(-1)
            errors[model_class.__name__].append(float((mean - high(new)).square().mean().sqrt()))
        best = grid[model.mean(_with_level(grid, 1.0)).argmin()]
        places.append(4.0 * best - 2.0)
        values.append(float(high(best)))
    place = torch.stack(places).median(dim=0).values
    worst = {name: f"{np.median(found):.3g} (worst {max(found):.3g})" for name, found in errors.items()}
    return [
        ("error of the truth, whose deviation is 900: SpaceMapping", "", worst["SpaceMapping"]),
        ("the same: CoKriging, without a map", "", worst["CoKriging"]),
        ("minimum, after 8 rows of the truth", "(1.272, 0.495)", f"({place[0]:.3f}, {place[1]:.3f})"),
        ("the truth there (random: some hundred)", "0", f"{np.median(values):.3g} (worst {max(values):.3g})"),
    ]


def costs(rows: int) -> list[Row]:
    """Of prediction by paths, and of the factorisation of the joint model against the recursion."""
    X = torch.rand(rows, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    low, high = currin()
    table = torch.cat([_with_level(X, 0.0), _with_level(X[: rows // 4], 1.0)])
    Y = torch.cat([low(X), high(X[: rows // 4])]).unsqueeze(-1)
    found = []
    for model_class in (CoKriging, RecursiveCoKriging):
        model = model_class(table, Y, fidelity_features=[2])
        begun = time.perf_counter()
        model.fit()
        found.append(time.perf_counter() - begun)
    ratio = f"{found[0]:.1f} s and {found[1]:.1f} s: {found[0] / found[1]:.1f} times faster"
    table_rows = [(f"fit of {rows} + {rows // 4} rows, joint and recursive", "recursive is cheaper", ratio)]
    for levels in (2, 3):
        tables = [_with_level(X[: 20 - 5 * t], float(t)) for t in range(levels)]
        values = torch.cat([(t + 1.0) * high(X[: 20 - 5 * t]) for t in range(levels)]).unsqueeze(-1)
        model = NARGP(torch.cat(tables), values, fidelity_features=[2], num_restarts=0).fit()
        seen: list[int] = []
        call = SamplePaths.__call__

        def counted(
            paths: SamplePaths, Z: Tensor, call: Any = call, seen: list[int] = seen
        ) -> tuple[Tensor, Tensor, Tensor]:
            seen.append(len(Z))
            return call(paths, Z)  # type: ignore[no-any-return]

        SamplePaths.__call__ = counted  # type: ignore[method-assign]
        model.posterior(_with_level(X[:1], levels - 1.0))
        SamplePaths.__call__ = call  # type: ignore[method-assign]
        text = f"{sum(seen)} evaluations of a level ({' + '.join(map(str, seen))})"
        table_rows.append((f"NARGP of {levels} levels at a point", "linear in the paths", text))
    return table_rows


def main() -> None:
    quick = is_quick(__doc__)
    print_table("Linear levels: what relates them", factor())
    print_table("Prediction of the truth: medians over designs", pairs(1 if quick else 10))
    print_table("Space mapping: the transformed Rosenbrock function", mapped(1 if quick else 10))
    print_table("Cost", costs(60 if quick else 200))


if __name__ == "__main__":
    main()
