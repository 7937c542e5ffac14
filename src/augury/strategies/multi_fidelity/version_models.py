"""The surrogates of all versions of a function, and whether the cheap ones tell of the one that counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from augury.models.build import DEFAULT_MODEL
from augury.space.fidelity import Fidelity
from augury.space.observations import Observations
from augury.space.space import Space
from augury.strategies.multi_fidelity.relation import relation
from augury.strategies.outcome_models import ModelChoice, OutcomeModels

#: Nats by which the results must speak for a relation of the versions before cheap ones are learnt from:
#: those of a Bayes factor of 3, "positive" evidence in the words of Kass and Raftery (1995).
LEAST_EVIDENCE = 1.1


@dataclass(frozen=True)
class VersionModels:
    """One surrogate per outcome, of all versions or, where the others do not tell of it, of the target alone.

    Args:
        models: one per measured outcome.
        informed: outcome column -> whether its surrogate learns from the other versions.
        warm: what `fit` takes as `warm` next time.
        evidence: outcome column -> how much speaks for a relation, in nats.
    """

    models: OutcomeModels
    informed: dict[int, bool]
    warm: dict[str, torch.Tensor]
    evidence: dict[int, float]

    @property
    def is_open(self) -> bool:
        """Whether it may yet turn out that the other versions tell of the target."""
        return any(found > -LEAST_EVIDENCE for found in self.evidence.values())

    @classmethod
    def fit(
        cls,
        model: ModelChoice,
        space: Space,
        observations: Observations,
        *,
        seed: int,
        warm: Mapping[str, torch.Tensor],
    ) -> VersionModels:
        """Fit to each outcome the surrogate of all versions where they tell of the target, else its own.

        Whether they tell is asked of the results (`relation`). A model that
        was named and cannot leave results out is trusted.

        Args:
            model, space, observations, seed, warm: as `OutcomeModels.fit` takes them.
        """
        fidelity = space.fidelity
        assert fidelity is not None
        target = rows_of(observations, fidelity.at_target(observations.X))
        columns = np.flatnonzero((np.isfinite(observations.Y) & observations.complete[:, None]).any(axis=0))
        evidence = {int(column): relation(space, observations, int(column), seed) for column in columns}
        measured: np.ndarray = np.asarray(np.isfinite(target.Y[target.complete]).any(axis=0))
        everything = alone = OutcomeModels({})
        if model != "auto" or max(evidence.values()) >= LEAST_EVIDENCE or not measured[columns].all():
            everything = OutcomeModels.fit(model, space, observations, seed=seed, warm=_part(warm, "all"))
        informed = {
            column: found >= LEAST_EVIDENCE
            or not measured[column]
            or (column in everything.models and not hasattr(everything.models[column], "leave_one_out"))
            for column, found in evidence.items()
        }
        if not all(informed.values()):
            alone = OutcomeModels.fit(DEFAULT_MODEL, space, target, seed=seed, warm=_part(warm, "target"))
        chosen = {
            column: (everything if tells else alone).models[column] for column, tells in informed.items()
        }
        remembered = {
            f"{kind}/{name}": value
            for kind, models in (("all", everything), ("target", alone))
            for name, value in models.hyperparameters().items()
        }
        return cls(OutcomeModels(chosen), informed, remembered, evidence)

    def share(self, fidelity: Fidelity, x: np.ndarray, levels: np.ndarray) -> np.ndarray:
        r"""What a result in each version would tell of the target at one point: a share of its variance.

        .. math::
            r_t(x) = \frac{\operatorname{cov}(f_t(x), f_T(x))^2}
            {(\operatorname{var} f_t(x) + \sigma^2)\, \operatorname{var} f_T(x)}

        averaged over the outcomes; that of an outcome whose surrogate does not learn from the other versions
        is 0 but for the target itself.

        Args:
            fidelity: of the space.
            x: `d`, a point.
            levels: `t` encoded versions.

        Returns:
            `t` shares from 0 to 1.
        """
        return np.asarray(np.mean(self.shares(fidelity, x, levels, list(self.models.models)), axis=0))

    def shares(
        self, fidelity: Fidelity, x: np.ndarray, levels: np.ndarray, columns: Sequence[int]
    ) -> np.ndarray:
        """As `share`, of each of some outcomes: `len(columns) x t`."""
        points = fidelity.at(np.tile(x, (len(levels) + 1, 1)), np.append(levels, fidelity.target))
        itself = np.abs(levels - fidelity.target) < 1e-9
        shares = []
        for column in columns:
            model = self.models.models[column]
            if not self.informed[column]:
                shares.append(itself.astype(np.float64))
                continue
            covariance = joint_covariance(model, torch.from_numpy(points))
            noise = float(model.noise_variance.mean()) if hasattr(model, "noise_variance") else 0.0
            known = covariance.diagonal()
            explained = covariance[-1, :-1] ** 2 / ((known[:-1] + noise) * known[-1] + 1e-300)
            shares.append(np.clip(explained, 0.0, 1.0))
        return np.stack(shares)


def joint_covariance(model: Any, X: torch.Tensor, samples: int = 256) -> np.ndarray:
    """The posterior covariance (`n x n`) of one outcome at points (`n x d`), by samples if not Gaussian."""
    with torch.no_grad():
        posterior = model.posterior(X)
        if hasattr(posterior, "distribution"):
            covariance: np.ndarray = posterior.distribution.covariance_matrix.numpy()
            return covariance
        if hasattr(posterior, "covariance_matrix"):
            return np.asarray(posterior.covariance_matrix)
        from botorch.sampling.get_sampler import get_sampler

        draws = get_sampler(posterior, torch.Size([samples]), seed=0)(posterior)[..., 0]
    return np.atleast_2d(np.cov(draws.numpy(), rowvar=False))


def rows_of(observations: Observations, rows: np.ndarray) -> Observations:
    """Some rows (a mask) of the observations."""
    kept = {name: getattr(observations, name)[rows] for name in ("X", "Y", "Yvar", "cost", "status")}
    gradient = None if observations.gradient is None else observations.gradient[rows]
    return replace(observations, **kept, gradient=gradient)


def is_measured(observations: Observations, fidelity: Fidelity, columns: list[int]) -> bool:
    """Whether the target has two results of each objective, and of each further outcome that has any.

    Args:
        observations: what was evaluated.
        fidelity: of the space.
        columns: of the objectives.
    """
    values = np.isfinite(observations.Y[observations.complete])
    at_target = values[fidelity.at_target(observations.X[observations.complete])]
    needed = values.any(axis=0) | np.isin(np.arange(values.shape[1]), columns)
    together = at_target[:, columns].all(axis=1)
    return int(together.sum()) >= 2 and bool((at_target.sum(axis=0)[needed] >= 2).all())


def known_levels(observations: Observations, fidelity: Fidelity, columns: list[int]) -> np.ndarray:
    """The encoded versions (`t`) of which there is a result of each of the outcomes, the target among them.

    Of a continuous fidelity all, since its surrogate interpolates.

    Args:
        observations: what was evaluated.
        fidelity: of the space.
        columns: of the outcomes that have a surrogate.
    """
    levels = fidelity.levels
    if not fidelity.discrete:
        return levels
    rows = observations.complete
    measured = np.isfinite(observations.Y[rows][:, columns])
    at = np.abs(observations.X[rows, fidelity.column, None] - levels) < 1e-9
    known = (at[:, :, None] & measured[:, None, :]).any(axis=0).all(axis=-1)
    found: np.ndarray = levels[known | (np.abs(levels - fidelity.target) < 1e-9)]
    return found


def _part(warm: Mapping[str, torch.Tensor], kind: str) -> dict[str, torch.Tensor]:
    prefix = f"{kind}/"
    return {name.removeprefix(prefix): value for name, value in warm.items() if name.startswith(prefix)}
