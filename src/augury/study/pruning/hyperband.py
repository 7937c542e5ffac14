"""Hyperband: successive halving several times, from an early first rung to a late one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from zlib import crc32

from augury.errors import InvalidInputError
from augury.study.pruning.base import Pruner, whole
from augury.study.pruning.successive_halving import SuccessiveHalvingPruner
from augury.study.trial import COMPLETE, Trial


class HyperbandPruner(Pruner):
    """Deals the trials into brackets; each is a successive halving whose first rung is eta times later.

    How early a trial may be judged is not known beforehand, so several answers are tried at once. With
    R = `max_resource` and r = `min_resource` there are B = floor(log_eta(R / r)) + 1 brackets; bracket b,
    from 0, starts at step r eta^b and gets a share of the trials in proportion to ceil(B eta^s / (s + 1)),
    s = B - 1 - b. Trials are compared within their bracket.

    Li et al., 2018, "Hyperband", JMLR 18; in this form Optuna's. It suits some tens of trials or more.

    Args:
        min_resource: r, at least 1.
        max_resource: R, the steps of a whole evaluation; "auto" takes the most steps that a complete trial
            reported, and stops nothing before there is one.
        reduction_factor: eta, at least 2.

    Raises:
        InvalidInputError: an option out of its range.
    """

    def __init__(
        self, min_resource: int = 1, max_resource: int | str = "auto", reduction_factor: int = 3
    ) -> None:
        self.min_resource = whole("min_resource", min_resource, 1)
        self.reduction_factor = whole("reduction_factor", reduction_factor, 2)
        if max_resource != "auto" and whole("max_resource", max_resource, 1) < min_resource:
            raise InvalidInputError(
                f"max_resource is {max_resource}; it must not be below min_resource, {min_resource}"
            )
        self.max_resource = max_resource

    def should_prune(self, trial: Trial, trials: Sequence[Trial], *, maximize: bool) -> bool:
        largest = self._largest(trials)
        if largest is None:
            return False
        count = self.brackets(largest)
        bracket = self.bracket_of(trial.number, count)
        rivals = [one for one in trials if self.bracket_of(one.number, count) == bracket]
        halving = SuccessiveHalvingPruner(self.min_resource, self.reduction_factor, bracket)
        return halving.should_prune(trial, rivals, maximize=maximize)

    def _largest(self, trials: Sequence[Trial]) -> int | None:
        if isinstance(self.max_resource, int):
            return self.max_resource
        steps = [one.last_step for one in trials if one.status == COMPLETE and one.last_step is not None]
        return max(max(steps), self.min_resource) if steps else None

    def brackets(self, max_resource: int) -> int:
        """How many brackets evaluations of so many steps have."""
        count, step = 1, self.min_resource * self.reduction_factor
        while step <= max_resource:
            count, step = count + 1, step * self.reduction_factor
        return count

    def bracket_of(self, number: int, count: int) -> int:
        """The bracket of trial `number`, the same in every process."""
        eta = self.reduction_factor
        shares = [math.ceil(count * eta**s / (s + 1)) for s in range(count - 1, -1, -1)]
        ticket = crc32(str(number).encode()) % sum(shares)
        for bracket, share in enumerate(shares):
            if ticket < share:
                return bracket
            ticket -= share
        raise AssertionError  # unreachable: the ticket is below the sum of the shares
