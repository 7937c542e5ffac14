"""What a function raises, or `tell` is given, instead of a result."""

from __future__ import annotations


class Pruned(Exception):  # noqa: N818 - it is no error
    """The evaluation was stopped early because it did not look promising.

        for step in range(100):
            trial.report(step, loss)
            if trial.should_prune():
                raise augury.Pruned

    `study.tell(trial, augury.Pruned())` says the same. The trial gets the status "pruned", keeps its
    reports and counts against the budget.

    Args:
        reason: why, for people; may be left out.
    """

    def __init__(self, reason: str = "") -> None:
        super().__init__(reason)
        self.reason = reason


class TransientFailure(Exception):  # noqa: N818 - named as what it makes of the trial
    """The evaluation failed for a reason that has nothing to do with its point: a licence, a lost machine.

        raise augury.TransientFailure("no licence left")

    The trial is tried again (`Study.run(retries=..., backoff=...)`); the model learns nothing from it.

    Args:
        reason: what happened, for people.
    """

    def __init__(self, reason: str = "transient failure") -> None:
        super().__init__(reason)
        self.reason = reason
