"""The knowledge gradient of a result in any version about the best posterior mean of the target, per cost."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from augury.acquisition.expected_max_of_lines import log_expected_excess
from augury.acquisition.fantasies import plausible_best
from augury.acquisition.knowledge_gradient import DiscreteKnowledgeGradient
from augury.acquisition.textbook import best_and_around, candidates_for_optimum
from augury.acquisition.version_situation import InVersion, VersionSituation, constrained

_DRAWS, _MOST_CHOICES = 64, 192


class VersionKnowledgeGradient(DiscreteKnowledgeGradient):
    r"""The logarithm of the expected gain in the target's best posterior mean by a result in one version.

    .. math::
        \log\big(\mathbb E\,[\max_{z \in A \cup \{x\}} \mu_{T,n+1}(z) \mid y_t(x)] - \max_{z \in A}
        \mu_{T,n}(z)\big), \qquad
        \mu_{T,n+1}(z) = \mu_{T,n}(z) + \frac{\operatorname{cov}(f_T(z), f_t(x))}
        {\sqrt{s_t^2(x) + \lambda}}\, Z

    Of the target itself it is `DiscreteKnowledgeGradient`, and so with one version.

    Args:
        model: a BoTorch model of one outcome in all versions whose posterior is Gaussian.
        choices: `k x d` points in the target version that may be returned in the end.
        column: that of the versions.
        level: the encoded version that is evaluated.
        target: the encoded version that counts.
        maximize: whether larger outcomes are better.
        noise_variance: `lambda`, of an evaluation; the model's average by default.

    Raises:
        ValueError: no choices.
        NotSupportedError: the model's posterior is not Gaussian.

    Source: Poloczek, Wang and Frazier (2017), "Multi-information source optimization", eq. 6, where the
    choices are fixed beforehand; Wu, Toscano-Palmerin, Frazier and Wilson (2019), "Practical multi-fidelity
    Bayesian optimization for hyperparameter tuning".
    """

    def __init__(
        self,
        model: Any,
        choices: np.ndarray,
        *,
        column: int,
        level: float,
        target: float,
        maximize: bool = True,
        noise_variance: float | None = None,
    ) -> None:
        super().__init__(model, choices, maximize=maximize, noise_variance=noise_variance)
        self._model, self._column, self._level, self._target = model, column, level, target

    def value(self, X: np.ndarray) -> np.ndarray:
        """`N` values at `X` (`N x d`); the entry of the version does not matter."""
        points = self._at(X, self._level)
        if self._level == self._target:
            return super().value(points)
        return np.concatenate([self._value(block) for block in np.array_split(points, len(X) // 256 + 1)])

    def value_gradient(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """`N` values at `X` (`N x d`) and their gradients (`N x d`, 0 in categorical columns)."""
        points = self._at(X, self._level)
        if self._level == self._target:
            value, gradient = super().value_gradient(points)
        else:
            value, gradient = self._value_gradient(points)
        gradient[:, self._column] = 0.0
        return value, gradient

    def _value(self, X: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            mean, _, shared = (part.numpy() for part in self._pair(torch.from_numpy(X)))
        _, variance, covariance = self.moments(X)
        return self._gained(mean, shared, np.maximum(variance, self._floor), covariance)[0]

    def _value_gradient(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        points = torch.from_numpy(X).requires_grad_(True)
        with torch.enable_grad():
            mean, _, shared = pair = self._pair(points)
        _, variance, covariance = self.moments(X, gradient=True)
        clipped = np.maximum(variance, self._floor)
        value, by_mean, by_shared, by_variance, by_covariance = self._gained(
            mean.detach().numpy(), shared.detach().numpy(), clipped, covariance
        )
        gradient = self.moments.pullback(
            np.zeros(len(X)), by_variance * (variance > self._floor), by_covariance
        )
        weights = [torch.from_numpy(np.ascontiguousarray(one)) for one in (by_mean, by_shared)]
        (own,) = torch.autograd.grad([pair[0], pair[2]], points, weights)
        return value, gradient + own.numpy()

    def _gained(
        self, mean: np.ndarray, shared: np.ndarray, variance: np.ndarray, covariance: np.ndarray
    ) -> tuple[np.ndarray, ...]:
        """The value, and its derivatives by the target's mean at the point, its covariance with the version
        there, the version's variance, and its covariances with the choices."""
        # the lines are those of a point whose mean is the target's; `_gain` takes the covariance of its own
        # line for the variance, which it is where version and target are one
        total = variance + self.noise_variance
        root = np.sqrt(total)
        lines = np.concatenate([covariance, shared[:, None]], axis=1) / root[:, None]
        heights = np.concatenate(
            [np.broadcast_to(self._means, covariance.shape), self.sign * mean[:, None]], axis=1
        )
        excess, by_height, by_line = log_expected_excess(heights, lines)
        lead = heights[:, -1] - self.best
        ahead = lead > 0.0
        log_lead = np.where(ahead, np.log(np.where(ahead, lead, 1.0)), -np.inf)
        value = np.logaddexp(excess, log_lead)
        finite = np.where(np.isfinite(value), value, 0.0)
        share = np.exp(excess - finite)
        by_mean = share * by_height[:, -1] + ahead * np.exp(-np.where(ahead, finite, 0.0))
        by_line = share[:, None] * by_line / root[:, None]
        by_variance = -0.5 * np.einsum("ij,ij->i", by_line, lines) / root
        return value, self.sign * by_mean, by_line[:, -1], by_variance, by_line[:, :-1]

    def _pair(self, X: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Of the target at points (`N x d`): mean, variance, and covariance with the version there."""
        target = torch.cat(
            [
                X[:, : self._column],
                torch.full_like(X[:, :1], self._target),
                X[:, self._column + 1 :],
            ],
            dim=1,
        )
        posterior = self._model.posterior(torch.stack([X, target], dim=1))
        covariance = posterior.distribution.covariance_matrix
        return posterior.mean[:, 1, 0], covariance[:, 1, 1], covariance[:, 0, 1]

    def _at(self, X: np.ndarray, level: float) -> np.ndarray:
        moved = X.copy()
        moved[:, self._column] = level
        return moved


class MultiFidelityKnowledgeGradient:
    """`VersionKnowledgeGradient` of each version, divided by its cost.

    Args:
        situation: of one objective.
    """

    def __init__(self, situation: VersionSituation) -> None:
        self.situation = situation
        target = situation.of_target()
        candidates = candidates_for_optimum(target)
        likely = plausible_best(
            target.model,
            candidates,
            maximize=target.maximize,
            count=_DRAWS,
            seed=situation.seed,
            most=_MOST_CHOICES,
        )
        self.choices = np.concatenate([target.observed, likely, best_and_around(target, likely)])

    def acquisition(self, level: float) -> Any:
        """Of points in one version."""
        situation = self.situation
        gain = VersionKnowledgeGradient(
            situation.models[0],
            situation.at(self.choices, situation.target),
            column=situation.column,
            level=level,
            target=situation.target,
            maximize=situation.maximize,
        )
        per_cost = InVersion(gain, situation.column, level, -float(np.log(situation.cost(level))))
        return constrained(situation, per_cost)
