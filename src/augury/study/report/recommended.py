"""What a study recommends, where its surrogate can be asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from augury.errors import NotSupportedError
from augury.study.report.front_table import balanced_recommendation

if TYPE_CHECKING:
    from augury.study.recommendation import Recommendation
    from augury.study.report.results import Results
    from augury.study.study import Study

_FEWEST = 3  # results below which a surrogate would only repeat its prior


def recommended_of(study: Study, results: Results) -> Recommendation | None:
    """The point to use by the surrogate's predictions; None with few results, or with all the same.

    Of several objectives the member of the front that serves all alike.
    """
    if int(results.feasible.sum()) < _FEWEST or not _vary(results):
        return None
    if results.goals.n_objectives > 1:
        return balanced_recommendation(study, results)
    try:
        return study.recommend()
    except NotSupportedError:  # the surrogate, or the space, is one of which nothing can be recommended
        return None


def _vary(results: Results) -> bool:
    """Whether any outcome has different results, without which a surrogate has nothing to tell."""
    return any(np.ptp(values[np.isfinite(values)]) > 0.0 for values in results.Y.T)
