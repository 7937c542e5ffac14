"""The acquisition functions by name, and what each is built from.

A registered part is a callable `(situation: Situation) -> Acquisition`; other packages register theirs in the
entry-point group `augury.acquisitions`.
"""

from __future__ import annotations

from augury.registry import Registry

ACQUISITIONS = Registry(
    "acquisition",
    "augury.acquisitions",
    {
        "log-ei": "augury.acquisition.situation:log_ei",
        "log-nei": "augury.acquisition.situation:log_nei",
        "ucb": "augury.acquisition.situation:ucb",
    },
)
