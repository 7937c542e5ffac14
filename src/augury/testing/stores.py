"""The conformance suite of stores: what a Study relies on, on any database, as small named checks.

    @pytest.mark.parametrize("check", augury.testing.STORE_CHECKS, ids=lambda check: check.__name__)
    def test_the_store_conforms(check, empty_database):
        check(lambda: Store(empty_database))

Each check takes a function that opens the store under test, and may call it several times: every call gives a
handle to the same database, which is empty at first. It raises AssertionError with one sentence about what
is wrong.
"""

from __future__ import annotations

from collections.abc import Callable

from augury.testing import store_queue, store_reports, store_results, store_studies, store_trials
from augury.testing.store_cases import OpenStore

StoreCheck = Callable[[OpenStore], None]

STORE_CHECKS: tuple[StoreCheck, ...] = (
    store_studies.studies_are_found_again,
    store_studies.the_first_definition_wins,
    store_studies.threads_create_one_study,
    store_trials.trials_come_back_as_written,
    store_trials.trials_are_written_together,
    store_trials.numbers_are_never_given_twice,
    store_trials.unused_numbers_are_given_back,
    store_results.a_result_completes_its_trial,
    store_results.late_results_are_kept,
    store_results.simultaneous_results_are_all_kept,
    store_results.transient_failures_are_tried_again,
    store_queue.queued_trials_are_taken_once,
    store_queue.queued_trials_are_taken_by_value,
    store_queue.budgets_hold_among_threads,
    store_queue.stale_leases_go_back_to_the_queue,
    store_queue.heartbeats_keep_leases,
    store_queue.released_trials_are_queued,
    store_results.closed_trials_stay_closed,
    store_reports.reports_come_back_in_order,
    store_reports.reports_of_many_are_all_kept,
    store_reports.a_stopped_trial_keeps_its_reports,
    store_reports.what_starts_again_reports_anew,
    store_reports.retries_wait_their_time,
    store_reports.late_passing_failures_tell_nothing,
    store_trials.changes_are_seen_once,
    store_trials.surprises_are_noticed,
    store_studies.states_are_kept_per_strategy,
    store_studies.studies_do_not_mix,
)


def check_store(open_store: OpenStore, new_database: Callable[[], None] = lambda: None) -> None:
    """Run every check of `STORE_CHECKS` over one kind of store.

    Args:
        open_store: opens the store under test.
        new_database: called before each check; puts an empty database where `open_store` finds it.

    Raises:
        AssertionError: the store breaks a rule; the message says which.
    """
    for check in STORE_CHECKS:
        new_database()
        check(open_store)
