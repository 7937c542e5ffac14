"""How much a deep kernel machine pays for leaving its kernels: given, or chosen on rows held out."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Sequence
from math import inf, isnan

import torch

from augury.errors import InvalidInputError
from augury.inference.sparse.base import SparseInference
from augury.inference.sparse.covariance import whiten
from augury.inference.sparse.likelihoods import Likelihood
from augury.inference.sparse.rows import Batch, Rows, TensorRows
from augury.models.deep_kernel_machines.covariance import DeepGramCovariance

Regularization = float | Sequence[float] | str

#: The most rows that candidates are compared on, and the share of them held out.
_ROWS, _HELD_OUT = 10_000, 0.2


def checked_regularization(
    regularization: Regularization, candidates: Sequence[float], num_layers: int
) -> list[float]:
    """One for each layer; infinity where it will be chosen.

    Raises:
        InvalidInputError: a number that is negative, as many as no layers have, or no candidates.
    """
    if num_layers < 0:
        raise InvalidInputError(f"num_layers must be 0 or more; given {num_layers}")
    if regularization == "auto":
        if not candidates:
            raise InvalidInputError('regularization="auto" needs candidates')
        given, values = list(candidates), [inf] * num_layers
    elif isinstance(regularization, str):
        raise InvalidInputError(f'regularization must be numbers or "auto"; given {regularization!r}')
    elif isinstance(regularization, (float, int)):
        given, values = [regularization], [regularization] * num_layers
    else:
        given = values = list(regularization)
        if len(values) != num_layers:
            raise InvalidInputError(
                f"regularization must be one number, or one for each of {num_layers} layers; "
                f"given {len(values)}"
            )
    if any(isnan(value) or value < 0.0 for value in given):
        raise InvalidInputError(f"regularization must be 0 or more; given {regularization!r}")
    if 0.0 in given:
        warnings.warn(
            "regularization=0 leaves the Gram matrices free: the bound has no maximum but for jitter",
            stacklevel=4,
        )
    return [float(value) for value in values]


def choose_regularization(
    covariance: DeepGramCovariance,
    likelihood: Likelihood,
    inference: SparseInference,
    rows: Rows,
    candidates: Sequence[float],
    num_functions: int,
    *,
    seed: int = 0,
) -> dict[float, float]:
    """Set the regularisation of all layers to that of the best density of rows held out.

    Each candidate is trained on four fifths of (at most 10,000 of) the rows. A single row tells nothing, and
    leaves the regularisation as it is.

    Args:
        covariance: not trained; only its regularisation is set.
        likelihood: not trained.
        inference: how candidates are trained.
        rows: the data.
        candidates: to choose from.
        num_functions: latent functions: one for each outcome or class.
        seed: of the choice of rows.

    Returns:
        The mean log density of held-out rows by candidate.
    """
    sample = rows.sample(_ROWS, torch.Generator().manual_seed(seed))
    held = max(1, int(_HELD_OUT * len(sample.X)))
    if len(sample.X) <= held:
        return {}
    train = TensorRows(*(part[held:] for part in sample))
    validation = Batch(*(part[:held] for part in sample))
    scores = {}
    for candidate in candidates:
        model, noise = copy.deepcopy(covariance), copy.deepcopy(likelihood)
        for module in (model, noise):
            module.requires_grad_(True)
        set_regularization(model, candidate)
        posterior, _ = inference.run(model, noise, train, num_functions, seed=seed)
        with torch.no_grad():
            marginals = posterior.marginals(whiten(model.blocks(validation.X)))
            scores[float(candidate)] = float(noise.log_density(*marginals, validation).mean())
    set_regularization(covariance, max(scores, key=lambda candidate: scores[candidate]))
    return scores


def set_regularization(covariance: DeepGramCovariance, value: float) -> None:
    """Give all layers one regularisation."""
    for layer in covariance.gram.layers:
        layer.regularization.fill_(value)
