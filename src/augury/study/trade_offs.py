"""The learned Pareto set of a study, kept until there are further results."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from augury.study.recommendation import TradeOff
from augury.study.suggester import trial_seed

if TYPE_CHECKING:
    from augury.strategies.pareto_set_learning.trade_off import ParetoSet
    from augury.study.reader import StudyReader


class TradeOffs:
    """Answers preferences about one study; the first answer learns the set, further ones ask it.

    Args:
        study: whose results are learnt from.
    """

    def __init__(self, study: StudyReader) -> None:
        self._study = study
        self._known: tuple[Any, ...] | None = None
        self._set: ParetoSet | None = None

    def at(self, weights: Any) -> TradeOff | None:
        """The design for a preference; None while nothing measured keeps the constraints.

        Args:
            weights: as `Study.trade_off` takes them.
        """
        from augury.strategies.pareto_set_learning.trade_off import parse_weights

        goals = self._study.goals
        preference = parse_weights(goals, weights)
        learned = self.learned()
        if learned is None:
            return None
        point, prediction = learned.at(preference)
        names = [goal.name for goal in goals.objectives]
        shares = (preference / preference.sum()).tolist()
        return TradeOff(
            dict(zip(names, shares, strict=True)),
            self._study.space.decode(point[None])[0],
            prediction.mean,
            prediction.std,
        )

    def learned(self) -> ParetoSet | None:
        """The set learned from all results so far; None while nothing measured keeps the constraints."""
        from augury.strategies.pareto_set_learning.trade_off import ParetoSet

        study = self._study
        observations = study.observations()
        known = (observations.X.tobytes(), observations.Y.tobytes(), observations.status.tobytes())
        if known != self._known:
            self._set = ParetoSet.fit(
                study.model, study.space, study.goals, observations, seed=trial_seed(study.seed, 0)
            )
            self._known = known
        return self._set
