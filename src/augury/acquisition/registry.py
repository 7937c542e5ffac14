"""The acquisition functions by name, and what each is built from.

A registered part is a callable `(situation) -> Acquisition`, of a `Situation` (one objective) or of a
`MultiObjectiveSituation`; other packages register theirs in the entry-point groups `augury.acquisitions` and
`augury.multi_objective_acquisitions`.
"""

from __future__ import annotations

from augury.registry import Registry

ACQUISITIONS = Registry(
    "acquisition for one objective",
    "augury.acquisitions",
    {
        "log-ei": "augury.acquisition.situation:log_ei",
        "log-nei": "augury.acquisition.situation:log_nei",
        "ucb": "augury.acquisition.situation:ucb",
    },
)

MULTI_OBJECTIVE_ACQUISITIONS = Registry(
    "acquisition for several objectives",
    "augury.multi_objective_acquisitions",
    {
        "log-ehvi": "augury.acquisition.multi_objective:log_ehvi",
        "log-nehvi": "augury.acquisition.multi_objective:log_nehvi",
        "parego": "augury.acquisition.multi_objective:parego",
    },
)
