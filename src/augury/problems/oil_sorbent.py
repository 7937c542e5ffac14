"""Electrospun oil sorbent: three properties of a mat of fibres, from seven settings of its making."""

from __future__ import annotations

from typing import final

import torch
from botorch.test_functions.base import MultiObjectiveTestProblem
from torch import Tensor

# The levels of the five stepped settings, in the units of the paper; models use them divided by the largest.
_LEVELS: dict[int, tuple[float, ...]] = {
    1: (0.7, 1.0, 1.4, 1.7, 2.0),
    2: (12.0, 15.0, 18.0, 21.0, 24.0),
    3: (0.12, 0.135, 0.15, 0.165, 0.18),
    5: (16.0, 20.0, 26.0, 28.0),
    6: (0.41, 0.6, 0.84, 1.32),
}

# Response surfaces: the constant; then row i has the coefficient of V_i and those of V_i V_j, j = i ... 7.
_CONTACT_ANGLE = (
    -197.0928,
    (-78.3309, -16.7536, -11.0715, 201.8934, 17.1270, 2.5198, -109.3922, 30.1607),
    (98.6355, -45.6507, -46.1790, 19.2888, -102.9493, -19.1245, 53.6297),
    (300.0701, -91.4134, -73.0649, -37.7181, -219.1268, -55.3704),
    (89.8360, 0.0, 3.8778, -6.9252, -105.1650),
    (208.2343, -76.8701, -34.3181, -36.3892),
    (332.9341, 0.0, -82.3222),
    (135.6621, 0.0),
)
_CAPACITY = (
    -212.8531,
    (245.7998, 0.0, 42.8351, 262.3775, -103.5274, -196.1568, -394.7975, -176.3341),
    (-127.3395, 0.0, 74.8291, 4.1557, -133.8683, 65.8711, -42.6911),
    (305.8461, 0.0, -323.9363, -107.3983, -323.2353, 46.9172),
    (638.1605, -286.0182, -144.4199, 272.3729, 49.0799),
    (301.2118, 0.0, 318.4706, -236.2498),
    (-451.3796, 393.5992, 252.4848),
    (-115.5485, 0.0),
)
_STRENGTH = (
    7.7696,
    (15.4344, -18.7356, -1.2041, -37.2207, -3.2265, 7.3121, 52.3994, 9.7485),
    (-10.6190, 12.1928, -15.9371, -1.1706, -2.6297, 7.0225, -1.4938),
    (-17.9367, 0.0, 30.2786, 14.5061, 48.5021, -11.4857),
    (17.1385, -17.5460, -3.1381, -14.9747, 4.5204),
    (2.5026, 5.4997, -17.6907, -19.2489),
    (-24.3010, -26.2718, -9.8219),
    (10.6058, 0.0),
)


@final
class OilSorbent(MultiObjectiveTestProblem):
    r"""Water contact angle, oil absorption capacity and mechanical strength; the negatives are minimised.

    Each is a quadratic response surface fitted to experiments,

    .. math:: f(V) = c + \sum_i \beta_i V_i + \sum_{i \le j} \beta_{ij} V_i V_j

    in the seven settings V1 ... V7. V1 and V5 are continuous in [0, 1]; the others have five or four levels
    (here the index of the level), whose values are divided by the largest.

    Sources: Wang et al., "Harnessing a novel machine-learning-assisted evolutionary algorithm to co-optimize
    three characteristics of an electrospun oil sorbent", ACS Applied Materials & Interfaces (2020), for the
    surfaces; Daulton et al., "Bayesian optimization over discrete and mixed spaces via probabilistic
    reparameterization" (NeurIPS 2022), for the mixed problem and its reference point.

    Args:
        noise_std, negate: as in BoTorch.
    """

    dim = 7
    num_objectives = 3
    _bounds = [(0.0, 1.0), (0.0, 4.0), (0.0, 4.0), (0.0, 4.0), (0.0, 1.0), (0.0, 3.0), (0.0, 3.0)]
    continuous_inds = [0, 4]
    discrete_inds = [1, 2, 3, 5, 6]
    _ref_point = [-125.3865, -57.8292, 43.2665]
    _max_hv = 1279774.75
    constants: Tensor
    linear: Tensor
    quadratic: Tensor

    def __init__(self, noise_std: float | list[float] | None = None, negate: bool = False) -> None:
        super().__init__(noise_std=noise_std, negate=negate)
        surfaces = [_surface(table) for table in (_CONTACT_ANGLE, _CAPACITY, _STRENGTH)]
        constants, linear, quadratic = map(torch.stack, zip(*surfaces, strict=True))
        self.register_buffer("constants", constants)
        self.register_buffer("linear", linear)
        self.register_buffer("quadratic", quadratic)

    def settings(self, X: Tensor) -> Tensor:
        """V1 ... V7 (`... x 7`, scaled) of inputs X (`... x 7`, levels by index)."""
        V = X.clone()
        for column, levels in _LEVELS.items():
            scaled = X.new_tensor(levels) / max(levels)
            V[..., column] = scaled[X[..., column].long()]
        return V

    def _evaluate_true(self, X: Tensor) -> Tensor:
        V = self.settings(X)
        values = self.constants.to(V) + V @ self.linear.to(V).T
        values = values + torch.einsum("...i,mij,...j->...m", V, self.quadratic.to(V), V)
        return -values


def _surface(table: tuple[float | tuple[float, ...], ...]) -> tuple[Tensor, Tensor, Tensor]:
    """Constant, linear coefficients (7) and upper triangular quadratic ones (7 x 7) of a response surface."""
    constant, *rows = table
    linear, quadratic = torch.zeros(7, dtype=torch.float64), torch.zeros(7, 7, dtype=torch.float64)
    for i, row in enumerate(rows):
        values = torch.tensor(row, dtype=torch.float64)
        linear[i], quadratic[i, i:] = values[0], values[1:]
    return torch.tensor(constant, dtype=torch.float64), linear, quadratic
