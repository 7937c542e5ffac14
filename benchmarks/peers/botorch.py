"""BoTorch's standard loop, as its own documentation recommends."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from typing import Any

import numpy as np
import torch
from botorch import fit_gpytorch_mll
from botorch.acquisition import (
    AcquisitionFunction,
    LogExpectedImprovement,
    PosteriorMean,
    qLogExpectedImprovement,
)
from botorch.acquisition.logei import qLogNoisyExpectedImprovement
from botorch.acquisition.multi_objective.logei import qLogNoisyExpectedHypervolumeImprovement
from botorch.exceptions.warnings import OptimizationWarning
from botorch.models import MixedSingleTaskGP, ModelListGP, SingleTaskGP
from botorch.models.model import Model
from botorch.optim import optimize_acqf, optimize_acqf_discrete, optimize_acqf_mixed
from botorch.optim.optimize_mixed import optimize_acqf_mixed_alternating
from gpytorch.kernels import Kernel
from gpytorch.mlls import ExactMarginalLogLikelihood

from augury.space.space import Space

NUM_RESTARTS, RAW_SAMPLES = 10, 512
# Ax enumerates the discrete combinations up to this many and alternates beyond
MOST_ENUMERATED = 10


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """BoTorch draws from torch's global generator; seed it inside and put it back afterwards."""
    with torch.random.fork_rng(devices=[]), warnings.catch_warnings():
        warnings.simplefilter("ignore", OptimizationWarning)
        torch.manual_seed(seed)
        yield


def botorch_model(
    X: np.ndarray, y: np.ndarray, space: Space | None = None, covar_module: Kernel | None = None
) -> Model:
    """BoTorch's exact GP on encoded points (n x d) and maximised values (n), fitted."""
    train_X = torch.as_tensor(X, dtype=torch.float64)
    train_Y = torch.as_tensor(y, dtype=torch.float64).unsqueeze(-1)
    categorical = space.categorical_features if space is not None else []
    model: Any
    if categorical:
        model = MixedSingleTaskGP(train_X, train_Y, cat_dims=list(categorical))
    else:
        model = SingleTaskGP(train_X, train_Y, covar_module=covar_module)
    fit_gpytorch_mll(ExactMarginalLogLikelihood(model.likelihood, model))
    return model


def botorch_suggest(
    X: np.ndarray,
    y: np.ndarray,
    space: Space,
    seed: int,
    *,
    noisy: bool = False,
    covar_module: Kernel | None = None,
) -> np.ndarray:
    """The next encoded point (d) of BoTorch's standard loop: fit, log EI (noisy: log NEI), search."""
    with seeded(seed):
        model = botorch_model(X, y, space, covar_module)
        acquisition: AcquisitionFunction
        if noisy:
            baseline = torch.as_tensor(X, dtype=torch.float64)
            acquisition = qLogNoisyExpectedImprovement(model, X_baseline=baseline, prune_baseline=True)
        else:
            acquisition = LogExpectedImprovement(model, best_f=float(y.max()))
        return _maximise(acquisition, space, X)


def botorch_recommendation(
    X: np.ndarray, y: np.ndarray, space: Space, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """The points (d each) of BoTorch's best posterior mean: of the evaluated ones, and of the whole space."""
    with seeded(seed):
        model = botorch_model(X, y, space)
        train_X = torch.as_tensor(X, dtype=torch.float64)
        with torch.no_grad():
            evaluated = X[int(model.posterior(train_X).mean[:, 0].argmax())]
        mean = PosteriorMean(model)
        anywhere = _maximise(mean, space, X)
        with torch.no_grad():  # the search may miss what it does not start from
            both = torch.as_tensor(np.stack([evaluated, anywhere]), dtype=torch.float64).unsqueeze(-2)
            best = int(mean(both).argmax())
        return evaluated, (evaluated, anywhere)[best]


def botorch_batch(X: np.ndarray, y: np.ndarray, space: Space, q: int, seed: int, *, sequential: bool) -> None:
    """A batch of q points by BoTorch's qLogEI, searched jointly or one after another."""
    with seeded(seed):
        model = botorch_model(X, y)
        acquisition = qLogExpectedImprovement(model, best_f=float(y.max()))
        optimize_acqf(
            acquisition,
            torch.as_tensor(space.bounds, dtype=torch.float64),
            q=q,
            num_restarts=NUM_RESTARTS,
            raw_samples=RAW_SAMPLES,
            sequential=sequential,
        )


def botorch_pareto_batch(
    X: np.ndarray,
    Y: np.ndarray,
    space: Space,
    q: int,
    reference: np.ndarray,
    seed: int,
    pending: np.ndarray | None = None,
) -> np.ndarray:
    """The next q encoded points (q x d) of BoTorch's multi-objective loop: independent GPs, qLogNEHVI.

    The options are the tutorial's but for `batch_limit=5`: without it the values found are the same, in two
    thirds to a third of the time.

    Args:
        X: n x d encoded points.
        Y: n x k objectives, to be maximised.
        space: a box.
        q: how many, chosen one after another, as the tutorial has it.
        reference: k.
        seed: of the sampler and the search.
        pending: p x d points under evaluation, or None.
    """
    with seeded(seed):
        model = ModelListGP(*[botorch_model(X, y) for y in Y.T])
        acquisition = qLogNoisyExpectedHypervolumeImprovement(
            model,
            reference.tolist(),
            torch.as_tensor(X, dtype=torch.float64),
            prune_baseline=True,
            X_pending=None if pending is None else torch.as_tensor(pending, dtype=torch.float64),
        )
        points, _ = optimize_acqf(
            acquisition,
            torch.as_tensor(space.bounds, dtype=torch.float64),
            q=q,
            num_restarts=NUM_RESTARTS,
            raw_samples=RAW_SAMPLES,
            options={"maxiter": 200},
            sequential=True,
        )
    return np.asarray(points.detach())


def _maximise(acquisition: AcquisitionFunction, space: Space, X: np.ndarray) -> np.ndarray:
    """The search that BoTorch (for mixed spaces: Ax, by the number of combinations) uses for such a space."""
    bounds = torch.tensor(space.bounds)
    options: dict[str, Any] = {"num_restarts": NUM_RESTARTS, "raw_samples": RAW_SAMPLES}
    choices = discrete_choices(space)
    if space.candidates is not None:
        candidates = torch.tensor(space.candidates)
        best, _ = optimize_acqf_discrete(acquisition, q=1, choices=candidates, X_avoid=torch.tensor(X))
    elif not choices:
        best, _ = optimize_acqf(acquisition, bounds, q=1, **options)
    elif math.prod(map(len, choices.values())) <= MOST_ENUMERATED:
        fixed = [dict(zip(choices, values, strict=True)) for values in product(*choices.values())]
        best, _ = optimize_acqf_mixed(acquisition, bounds, q=1, fixed_features_list=fixed, **options)
    else:
        categorical = {c: values for c, values in choices.items() if c in space.cardinalities}
        discrete = {c: values for c, values in choices.items() if c not in space.cardinalities}
        best, _ = optimize_acqf_mixed_alternating(
            acquisition, bounds, discrete_dims=discrete, cat_dims=categorical, **options
        )
    return np.asarray(best.detach().reshape(-1))


def discrete_choices(space: Space) -> dict[int, list[float]]:
    """Column -> its encoded values, for the columns that are not continuous."""
    levels = {column: [float(level) for level in levels] for column, levels in space.levels.items()}
    codes = {column: [float(code) for code in range(k)] for column, k in space.cardinalities.items()}
    return levels | codes
