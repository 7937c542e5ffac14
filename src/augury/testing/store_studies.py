"""Checks of stores: studies, and the states of their strategies."""

from __future__ import annotations

from augury.testing.store_cases import (
    NEW,
    OpenStore,
    insert,
    study,
    table_of,
    together,
)


def studies_are_found_again(open_store: OpenStore) -> None:
    """A study comes back as it was stored, through any handle."""
    record = study(open_store())
    assert open_store().find(record.name) == record, "a study did not come back as it was stored"
    assert open_store().find("another") is None, "a study was found that was never stored"
    assert open_store().names() == [record.name], "the names of the studies are wrong"


def the_first_definition_wins(open_store: OpenStore) -> None:
    """Creating a study of a name that is taken returns the stored one, unchanged."""
    first = study(open_store())
    second = open_store().create(first.name, {"other": True}, {}, {}, 99)
    assert second == first, "a study was changed by another one of the same name"


def threads_create_one_study(open_store: OpenStore) -> None:
    """Several threads that create the same study all get the same one."""
    records = together(lambda _: study(open_store()))
    assert len({record.id for record in records}) == 1, "threads created several studies of one name"


def states_are_kept_per_strategy(open_store: OpenStore) -> None:
    """A strategy gets back the bytes it saved, and none of another strategy's."""
    record = study(open_store())
    open_store().save_state(record.id, "mine", b"\x00\xff" * 1000)
    assert open_store().load_state(record.id, "mine") == b"\x00\xff" * 1000, "a state was changed"
    assert open_store().load_state(record.id, "other") is None, "a strategy got another one's state"


def studies_do_not_mix(open_store: OpenStore) -> None:
    """Trials of one study are not seen or counted by another."""
    store = open_store()
    first, second = table_of(store), table_of(store, "second")
    insert(first, NEW)
    assert second.changed_since() == [], "a study sees another one's trials"
    assert insert(second, NEW).number == 0, "a study counts another one's trials"
    assert second.take_queued(9)[0].number == 0, "a study cannot take its own trial"
    assert len(first.take_queued(9)) == 1, "a study took another one's trial"
