"""Whether the results speak for a relation of other versions of a function to the one that counts."""

from __future__ import annotations

import numpy as np
import torch

from augury.models.gaussian_process import GaussianProcess
from augury.models.multi_fidelity.linear_relation import LinearRelation
from augury.space.observations import Observations
from augury.space.space import Space

#: Nats, those of a factor of 20 ("strong"), and results of the target, with which its start may end early.
_CLEAR_EVIDENCE, _CLEAR_RESULTS = 3.0, 4
_FEWEST = 3  # results of a version that it takes to say what it comes to elsewhere


def are_clearly_related(space: Space, observations: Observations, columns: list[int], seed: int) -> bool:
    """Whether so much speaks for a relation in each outcome that the start on the target may end early."""
    fidelity = space.fidelity
    assert fidelity is not None
    at_target = fidelity.at_target(observations.X)
    for column in columns:
        measured = observations.complete & np.isfinite(observations.Y[:, column])
        if (measured & at_target).sum() < _CLEAR_RESULTS or not (measured & ~at_target).any():
            return False
        if relation(space, observations, column, seed) < _CLEAR_EVIDENCE:
            return False
    return True


def relation(space: Space, observations: Observations, column: int, seed: int) -> float:
    """The evidence (nats) that other versions tell of the target in one outcome; see `LinearRelation`.

    What each other version comes to where the target was measured is what the Gaussian process of its own
    results says. Of a continuous fidelity, it is that of all results short of the target.
    """
    fidelity = space.fidelity
    assert fidelity is not None
    measured = observations.complete & np.isfinite(observations.Y[:, column])
    X, y = observations.X[measured], observations.Y[measured, column]
    at_target = fidelity.at_target(X)
    columns = [index for index in range(X.shape[1]) if index != fidelity.column]
    groups = [~at_target]
    if fidelity.discrete:
        groups = [
            np.abs(X[:, fidelity.column] - level) < 1e-9
            for level in fidelity.levels
            if level != fidelity.target
        ]
    seen = columns if fidelity.discrete else list(range(X.shape[1]))
    categories = [seen.index(one) for one in space.categorical_features if one in seen]
    others = []
    for group in groups:
        if group.sum() < _FEWEST:
            continue
        points = [torch.from_numpy(np.ascontiguousarray(X[rows][:, seen])) for rows in (group, at_target)]
        results = torch.from_numpy(y[group, None])
        model = GaussianProcess(points[0], results, categorical_features=categories or None).fit(seed=seed)
        with torch.no_grad():
            others.append(model.mean_variance(points[1])[0].numpy())
    if not others or not at_target.any():
        return 0.0
    kinds = [columns.index(one) for one in space.categorical_features if one in columns]
    return LinearRelation.of(X[at_target][:, columns], y[at_target], np.stack(others, axis=1), kinds).evidence
