from __future__ import annotations

from augury.strategies.region_size import LENGTH_MAX, RegionSize


def after(size, *bests, dim=10, batch=1, feasible=True):
    for best in bests:
        size = size.after(size.seen + batch, (feasible, best), dim)
    return size


def test_three_better_results_in_a_row_double_the_region():
    size = after(RegionSize(), 0.0, 1.0, 2.0)
    assert (size.length, size.successes) == (0.8, 2)
    assert after(size, 3.0).length == 1.6
    assert after(size, 3.0, 4.0, 5.0, 6.0).length == LENGTH_MAX
    assert after(size, 2.0, 3.0).length == 0.8  # not in a row


def test_as_many_failures_as_columns_halve_it():
    size = after(RegionSize(), 1.0, *[1.0] * 9)
    assert (size.length, size.failures) == (0.8, 9)
    assert after(size, 1.0).length == 0.4
    assert after(RegionSize(), 1.0, 1.0, batch=10).length == 0.4
    assert after(RegionSize(), 1.0, *[1.0] * 4, dim=2).length == 0.4  # at least four


def test_a_gain_of_less_than_a_thousandth_is_none():
    assert after(RegionSize(), 10.0, 10.005).failures == 1
    assert after(RegionSize(), 10.0, 10.02).successes == 1


def test_the_first_feasible_point_is_a_success():
    size = after(RegionSize(), -0.5, feasible=False)
    assert after(size, -100.0, feasible=True).successes == 1


def test_no_new_rows_change_nothing():
    size = after(RegionSize(), 1.0, 1.0)
    assert size.after(size.seen, (True, 1.0), 10) == size


def test_a_tiny_region_is_exhausted():
    size = after(RegionSize(), 1.0, *[1.0] * 6, dim=1, batch=4)
    assert not size.is_exhausted
    assert after(size, 1.0, dim=1, batch=4).is_exhausted


def test_it_survives_json_and_anything_else_is_a_new_region():
    size = after(RegionSize(start=3), 1.0, 2.0)
    assert RegionSize.from_dict(size.to_dict()) == size
    for damaged in (None, {}, {"length": "x"}, {**size.to_dict(), "best": []}):
        assert RegionSize.from_dict(damaged) == RegionSize()
