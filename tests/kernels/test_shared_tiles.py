"""Tiles shared among threads."""

from __future__ import annotations

import threading

import pytest

from augury.kernels.shared_tiles import InOrder, share


@pytest.mark.parametrize("threads", [1, 3])
def test_each_tile_is_done_once(threads):
    done = []
    share(done.extend, range(50), threads)
    assert sorted(done) == list(range(50))


def test_a_thread_that_is_held_up_leaves_its_tiles_to_the_others():
    main, shares = threading.get_ident(), {}

    def work(tiles):
        mine = shares.setdefault(threading.get_ident() == main, [])
        for tile in tiles:
            mine.append(tile)
            if threading.get_ident() != main:
                finished.wait(10)
        finished.set()

    finished = threading.Event()
    share(work, range(20), 2)
    assert len(shares.get(False, [])) <= 1
    assert sorted(shares[True] + shares.get(False, [])) == list(range(20))


def test_an_error_in_another_thread_is_raised():
    def work(tiles):
        for tile in tiles:
            raise ValueError(tile)

    with pytest.raises(ValueError, match=r"\d"):
        share(work, range(4), 2)


def test_results_are_taken_in_order():
    taken = []
    order = InOrder(taken.append)
    for place in (2, 0, 3, 1):
        order.add(place, place)
    assert taken == [0, 1, 2, 3]
