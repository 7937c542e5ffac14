"""What the report says in plain words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from augury.space.goal import Constraint, Maximize
from augury.space.goals import Goals
from augury.space.parameters import Categorical, Fixed, Float, Int, Parameter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from augury.study.costs import Spending
    from augury.study.recommendation import Recommendation
    from augury.study.report.calibration import Calibration
    from augury.study.trial import Trial


def number(value: Any) -> str:
    """A value as a table shows it: five digits of a float, the shape of an array, all else as it is."""
    if isinstance(value, np.ndarray):
        return f"array {' x '.join(map(str, value.shape))}, {value.min():.5g} to {value.max():.5g}"
    if isinstance(value, float):
        return f"{value:.5g}" if math.isfinite(value) else ""
    return str(value)


def measured(trial: Trial, outcome: str) -> str:
    """What a trial measured of an outcome, with its standard error where there is one; empty if nothing."""
    value, stderr = trial.values.get(outcome), trial.stderrs.get(outcome)
    if value is None:
        return ""
    return number(float(value)) + (f" ± {stderr:.2g}" if stderr is not None else "")


def goal_sentence(goals: Goals) -> str:
    """The goals as one sentence."""
    wanted = " and ".join(
        f"{'maximize' if isinstance(goal, Maximize) else 'minimize'} {goal.name}" for goal in goals.objectives
    )
    limits = ", ".join(limit_text(goal) for goal in goals.constraints)
    sentence = f"{wanted}, with {limits}" if limits else wanted
    return sentence[0].upper() + sentence[1:]


def limit_text(goal: Constraint) -> str:
    """A constraint as `lower ≤ name ≤ upper`."""
    left = f"{goal.lower:g} ≤ " if goal.lower is not None else ""
    right = f" ≤ {goal.upper:g}" if goal.upper is not None else ""
    return f"{left}{goal.name}{right}"


def spending_text(spent: Sequence[Spending]) -> str:
    """What the evaluations of each version of the function have cost."""
    parts = [
        f"{number(one.cost)} on {one.evaluations} of {one.version}"
        if one.version is not None
        else f"{number(one.cost)} on {one.evaluations} evaluations"
        for one in spent
    ]
    total = number(float(sum(one.cost for one in spent)))
    return f"Cost: {', '.join(parts)}" + (f"; {total} in all" if len(parts) > 1 else "")


def recommendation_lines(recommended: Recommendation, goals: Goals) -> list[str]:
    """What is recommended, what the model expects there, and how far from each limit."""
    setting = ", ".join(f"{name} = {number(value)}" for name, value in recommended.params.items())
    alike = ", where all objectives matter alike" if goals.n_objectives > 1 else ""
    lines = [f"Recommended{alike}: {setting}"]
    lines += [f"  {goal.name}: {_expected(recommended, goal.name)} expected" for goal in goals.objectives]
    for limit in goals.constraints:
        if limit.name not in recommended.mean:
            continue
        mean = recommended.mean[limit.name]
        left = slack(limit, mean)
        kept = f"slack {left:.3g}" if left >= 0 else f"over the limit by {-left:.3g}"
        lines.append(f"  {limit_text(limit)}: {_expected(recommended, limit.name)} expected, {kept}")
    return lines


def slack(limit: Constraint, value: float) -> float:
    """How far a value is inside a constraint's limits; below 0 where it is outside."""
    above = limit.upper - value if limit.upper is not None else math.inf
    below = value - limit.lower if limit.lower is not None else math.inf
    return float(min(above, below))


def _expected(recommended: Recommendation, name: str) -> str:
    return f"{number(float(recommended.mean[name]))} ± {recommended.std[name]:.2g}"


def calibration_sentences(calibration: Calibration, outcome: str) -> list[str]:
    """How well the surrogate predicts, and whether it knows how sure it is, without jargon."""
    explained = calibration.explained
    if explained >= 0.8:
        verdict = "The model predicts this outcome well"
    elif explained >= 0.5:
        verdict = "The model predicts this outcome roughly"
    elif explained >= 0.15:
        verdict = "The model sees only a weak pattern in this outcome"
    else:
        verdict = "The model does not predict this outcome better than its average does"
    left_out = "each result" if calibration.folds is None else f"one in {calibration.folds} results"
    sentences = [
        f"{verdict}: leaving {left_out} out in turn and predicting it from the others, it is off by "
        f"{calibration.error:.3g} (root mean square), where always predicting the average of {outcome} is "
        f"off by {calibration.error_of_mean:.3g}."
    ]
    if explained < 0.15:
        sentences.append("Read the effects above as guesses until there are more results.")
    sentences.append(
        f"{100 * calibration.coverage:.0f} % of the {len(calibration.measured)} results lie in the intervals "
        "in which the model expects 95 % of them. The standardised error is "
        f"{calibration.standardized_error:.2f} (1 is ideal): {_confidence(calibration)}."
    )
    return sentences


def _confidence(calibration: Calibration) -> str:
    if calibration.standardized_error > 1.35:
        return "the model is more sure of itself than it should be"
    if calibration.standardized_error < 0.65:
        return "the model is more careful than it would need to be"
    return "the model knows how sure it may be"


def allowed(parameter: Parameter) -> str:
    """The values a parameter may take."""
    if isinstance(parameter, Fixed):
        return f"always {parameter.value}"
    if isinstance(parameter, Categorical):
        between = " < " if parameter.ordered else ", "
        return between.join(str(value) for value in parameter.values)
    if not isinstance(parameter, (Float, Int)):
        return repr(parameter)
    text = f"{number(parameter.low)} to {number(parameter.high)}"
    if isinstance(parameter, Int):
        text += ", whole numbers"
    if parameter.step not in (None, 1):
        text += f" in steps of {number(parameter.step)}"
    return f"{text} (log scale)" if parameter.log else text
