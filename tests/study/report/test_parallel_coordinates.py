"""Parallel coordinates: heights, ticks, and which trials are drawn."""

from __future__ import annotations

import numpy as np
import pytest

from augury import Categorical, Float, Int, Space
from augury.space.sampling import sobol
from augury.study.report.parallel_coordinates import (
    MOST_TRIALS,
    chosen_trials,
    coordinates,
    parallel_coordinates_figure,
)

SPACE = Space(
    {
        "x": (0.0, 10.0),
        "n": Int(1, 4),
        "rate": Float(1e-4, 1.0, log=True),
        "kind": [f"k{i}" for i in range(25)],
        "pair": Categorical([True, False]),
    }
)


def test_ticks_stand_where_their_values_are():
    X = sobol(SPACE, 6, seed=0)
    for coordinate in coordinates(SPACE, X, list(range(SPACE.dim))):
        assert np.all((coordinate.heights >= 0) & (coordinate.heights <= 1))
        assert coordinate.ticks[0] == 0.0
        assert coordinate.ticks[-1] == 1.0
        assert len(set(coordinate.texts)) == len(coordinate.texts) == len(coordinate.ticks) <= 8
    _, n, rate, kind, pair = coordinates(SPACE, X, list(range(SPACE.dim)))
    assert n.texts[0] == "1"
    assert all(h == pytest.approx((int(t) - 1) / 3) for h, t in zip(n.ticks, n.texts, strict=True))
    assert rate.texts == ["0.0001", "0.01", "1"]
    assert all(h == pytest.approx(int(t[1:]) / 24) for h, t in zip(kind.ticks, kind.texts, strict=True))
    assert pair.texts == ["True", "False"]


@pytest.mark.parametrize("sign", [1, -1])
def test_the_best_trials_are_always_drawn(sign):
    values = np.random.default_rng(0).normal(size=3 * MOST_TRIALS)
    rows = chosen_trials(values, sign)
    assert len(rows) == len(set(rows)) <= MOST_TRIALS
    best = np.argsort(-sign * values)[: MOST_TRIALS // 2]
    assert set(best) <= set(rows)
    assert np.argmin(sign * values) in rows


def test_few_trials_are_all_drawn():
    assert list(chosen_trials(np.array([3.0, 1.0]), 1)) == [0, 1]


@pytest.mark.parametrize("columns", [[0], [0, 1, 2, 3, 4]])
def test_there_is_one_axis_per_parameter(columns):
    X = sobol(SPACE, 6, seed=0)
    figure = parallel_coordinates_figure(coordinates(SPACE, X, columns), np.arange(6.0), 1, "y")
    names = [text.get_text() for text in figure.axes[0].get_xticklabels()]
    assert names == [SPACE.columns[column] for column in columns]


def test_lines_end_where_a_parameter_is_inactive():
    space = Space({"a": ["u", "v"], "b": Float(0.0, 1.0, active_if={"a": ["v"]})})
    X = space.encode([{"a": "u"}, {"a": "v", "b": 0.25}])
    a, b = coordinates(space, X, [0, 1])
    assert a.heights.tolist() == [0.0, 1.0]
    assert np.isnan(b.heights[0])
    assert b.heights[1] == 0.25
    parallel_coordinates_figure([a, b], np.arange(2.0), 1, "y").canvas.draw()
