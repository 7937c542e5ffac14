"""Maps of the surrogate: they hold what the surrogate says at each of their points."""

from __future__ import annotations

import numpy as np
import torch

from augury import Float, Space
from augury.models.left_out import LeftOut
from augury.study.report.maps import surrogate_map
from augury.study.report.surrogate import Surrogate

SPACE = Space({"a": (0.0, 2.0), "b": Float(0.01, 100.0, log=True), "n": (1, 5), "c": ["x", "y", "z"]})


class _Known:
    """A posterior of known moments: mean a + 10 b + 100 n + 1000 c in the cube, standard deviation b."""

    def posterior(self, X: torch.Tensor) -> _Known:
        weights = torch.tensor([1.0, 10.0, 100.0, 1000.0], dtype=X.dtype)
        self.mean, self.variance = (X * weights).sum(-1, keepdim=True), X[..., 1:2] ** 2
        return self


def _surrogate() -> Surrogate:
    nothing = torch.empty(0, 1)
    return Surrogate("y", _Known(), np.empty((0, 4)), np.empty(0), LeftOut(nothing, nothing, None))


def test_a_map_is_the_surrogate_with_the_others_held() -> None:
    best = SPACE.encode([{"a": 0.5, "b": 1.0, "n": 2, "c": "y"}])[0]
    drawn = surrogate_map(_surrogate(), SPACE, best, 0, 1)
    a, b = np.linspace(0, 1, 33), np.linspace(0, 1, 33)
    np.testing.assert_allclose(drawn.mean, a + 10 * b[:, None] + 100 * best[2] + 1000 * best[3])
    np.testing.assert_allclose(drawn.std, np.broadcast_to(b[:, None], (33, 33)))
    np.testing.assert_allclose(drawn.across.values, 2 * a)
    np.testing.assert_allclose(drawn.up.values, np.geomspace(0.01, 100, 33))
    assert (drawn.across.best, drawn.up.log, drawn.across.log) == (0.5, True, False)


def test_levels_and_categories_are_points_of_their_own() -> None:
    best = SPACE.encode([{"a": 0.5, "b": 1.0, "n": 2, "c": "y"}])[0]
    drawn = surrogate_map(_surrogate(), SPACE, best, 3, 2)
    assert drawn.across.values == ["x", "y", "z"]
    assert drawn.up.values == [1, 2, 3, 4, 5]
    assert not drawn.across.numeric
    assert drawn.across.best == "y"
    assert drawn.mean.shape == (5, 3)
