"""Engineering designs of several objectives: the RE suite, with violations of limits as an objective.

Each is minimised. Where a design has limits, the last objective is the sum of their violations. The reference
point lies a tenth of the range between the published ideal and nadir points behind the nadir point.

Source: Tanabe and Ishibuchi, "An easy-to-use real-world multi-objective optimization problem suite", Applied
Soft Computing 89 (2020), and its supplement; the designs' own sources are named there.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

import torch
from botorch.test_functions import multi_objective as botorch_functions
from botorch.test_functions.base import MultiObjectiveTestProblem
from torch import Tensor

_BEHIND = 0.1


class _Design(MultiObjectiveTestProblem):
    """What all have: double precision inputs `... x d` to objectives `... x k`."""

    _ref_point: list[float]

    def _evaluate_true(self, X: Tensor) -> Tensor:
        return torch.stack(list(self._objectives(*X.unbind(-1))), dim=-1)

    def _objectives(self, *x: Tensor) -> Sequence[Tensor]:
        raise NotImplementedError


def _reference(ideal: Sequence[float], nadir: Sequence[float]) -> list[float]:
    return [worst + _BEHIND * (worst - best) for best, worst in zip(ideal, nadir, strict=True)]


def _violation(*slacks: Tensor) -> Tensor:
    """The sum of what is missing to limits that are met when `slack >= 0`."""
    return torch.stack(slacks).clamp_max(0.0).neg().sum(dim=0)


class FourBarTruss(_Design):
    r"""RE21: volume and displacement of a truss, from the cross sections of its four bars.

    .. math::
        f_1 = L (2 x_1 + \sqrt 2 x_2 + \sqrt{x_3} + x_4), \quad
        f_2 = \frac{F L}{E} \left(\frac{2}{x_1} + \frac{2 \sqrt 2}{x_2} - \frac{2 \sqrt 2}{x_3}
        + \frac{2}{x_4}\right)

    with L = 200 cm, F = 10 kN, E = 2e5 kN/cm^2. The ends of the front are known: all sections smallest, and
    all but the third largest (the nadir point of the suite's table, (2086, 0.0034), is not on it).
    """

    dim = 4
    continuous_inds = list(range(4))
    num_objectives = 2
    _bounds = [(1.0, 3.0), (sqrt(2.0), 3.0), (sqrt(2.0), 3.0), (1.0, 3.0)]
    _ref_point = _reference((1237.8414230005742, 0.002761423749158419), (2886.3695604236016, 0.04))
    _max_hv = 54.58381260

    def _objectives(self, *x: Tensor) -> Sequence[Tensor]:
        x1, x2, x3, x4 = x
        two = 2.0 * sqrt(2.0)
        volume = 200.0 * (2.0 * x1 + sqrt(2.0) * x2 + x3.sqrt() + x4)
        return volume, 0.01 * (2.0 / x1 + two / x2 - two / x3 + 2.0 / x4)


class WeldedBeam(_Design):
    """RE32: cost, deflection and violations (shear, bending, geometry, buckling) of a welded beam.

    The units of the violations (psi, inches, pounds) are added as they are, as in the suite; BoTorch's
    `WeldedBeam` divides them.
    """

    dim = 4
    continuous_inds = list(range(4))
    num_objectives = 3
    _bounds = [(0.125, 5.0), (0.1, 10.0), (0.1, 10.0), (0.125, 5.0)]
    _ref_point = _reference((0.010205496875, 0.00043904, 0.0), (37.7831517014, 17561.6, 425062976.628))

    def _objectives(self, *x: Tensor) -> Sequence[Tensor]:
        h, length, height, b = x
        P, L, E, G = 6000.0, 14.0, 30e6, 12e6
        cost = 1.10471 * h.square() * length + 0.04811 * height * b * (14.0 + length)
        deflection = 4.0 * P * L**3 / (E * b * height**3)
        half = ((h + height) / 2.0).square()
        R = (length.square() / 4.0 + half).sqrt()
        J = 2.0 * sqrt(2.0) * h * length * (length.square() / 12.0 + half)
        bending_shear = P * (L + length / 2.0) * R / J
        shear = P / (sqrt(2.0) * h * length)
        tau = (shear.square() + shear * bending_shear * length / R + bending_shear.square()).sqrt()
        sigma = 6.0 * P * L / (b * height.square())
        buckling = 4.013 * E * height * b**3 / (6.0 * L**2) * (1.0 - height / (2.0 * L) * sqrt(E / (4.0 * G)))
        return cost, deflection, _violation(13600.0 - tau, 30000.0 - sigma, b - h, buckling - P)


class DiscBrake(_Design):
    """RE33: mass, stopping time and violations of a disc brake; mass and time are BoTorch's."""

    dim = 4
    continuous_inds = list(range(4))
    num_objectives = 3
    _bounds = botorch_functions.DiscBrake._bounds
    _ref_point = _reference((-0.721525, 1.13907203907, 0.0), (5.3067, 3.12833430979, 25.0))

    def __init__(self, noise_std: float | list[float] | None = None, negate: bool = False) -> None:
        super().__init__(noise_std=noise_std, negate=negate)
        self._limited = botorch_functions.DiscBrake()

    def _evaluate_true(self, X: Tensor) -> Tensor:
        slack = self._limited.evaluate_slack_true(X)
        violation = _violation(*slack.unbind(-1))
        return torch.cat([self._limited._evaluate_true(X), violation.unsqueeze(-1)], dim=-1)


class GearTrain(_Design):
    """RE36: error of the ratio, largest gear and violation of a train of four gears of 12 to 60 teeth."""

    dim = 4
    num_objectives = 3
    _bounds = [(12.0, 60.0)] * 4
    discrete_inds = [0, 1, 2, 3]
    continuous_inds: list[int] = []
    _ref_point = _reference((7.89473684213e-05, 12.0, 0.0), (5.931, 56.0, 0.355720675227))
    _max_hv = 93.38254685  # of all trains

    def _objectives(self, *x: Tensor) -> Sequence[Tensor]:
        x1, x2, x3, x4 = (one.round() for one in x)
        error = (6.931 - (x3 / x1) * (x4 / x2)).abs()
        largest = torch.stack([x1, x2, x3, x4]).amax(dim=0)
        return error, largest, _violation(0.5 - error / 6.931)


class RocketInjector(_Design):
    """RE37: face temperature, distance from the inlet, and post tip temperature of a rocket injector.

    Response surfaces in the flow angle, the changes of the hydrogen's and the oxygen's area, and the post tip
    thickness, all scaled to [0, 1].
    """

    dim = 4
    continuous_inds = list(range(4))
    num_objectives = 3
    _bounds = [(0.0, 1.0)] * 4
    _ref_point = _reference(
        (0.00889341391106, 0.00488, -0.431499999825), (0.98949120096, 0.956587924661, 0.987530948586)
    )

    def _objectives(self, *x: Tensor) -> Sequence[Tensor]:
        a, h, o, p = x
        face = (
            0.692 + 0.477 * a - 0.687 * h - 0.080 * o - 0.0650 * p - 0.167 * a * a - 0.0129 * h * a
            + 0.0796 * h * h - 0.0634 * o * a - 0.0257 * o * h + 0.0877 * o * o - 0.0521 * p * a
            + 0.00156 * p * h + 0.00198 * p * o + 0.0184 * p * p
        )  # fmt: skip
        inlet = (
            0.153 - 0.322 * a + 0.396 * h + 0.424 * o + 0.0226 * p + 0.175 * a * a + 0.0185 * h * a
            - 0.0701 * h * h - 0.251 * o * a + 0.179 * o * h + 0.0150 * o * o + 0.0134 * p * a
            + 0.0296 * p * h + 0.0752 * p * o + 0.0192 * p * p
        )  # fmt: skip
        tip = (
            0.370 - 0.205 * a + 0.0307 * h + 0.108 * o + 1.019 * p - 0.135 * a * a + 0.0141 * h * a
            + 0.0998 * h * h + 0.208 * o * a - 0.0301 * o * h - 0.226 * o * o + 0.353 * p * a
            - 0.0497 * p * o - 0.423 * p * p + 0.202 * h * a * a - 0.281 * o * a * a - 0.342 * h * h * a
            - 0.245 * h * h * o + 0.281 * o * o * h - 0.184 * p * p * a - 0.281 * h * a * o
        )  # fmt: skip
        return face, inlet, tip


class MarineDesign(_Design):
    """RE42: cost of transport, light ship weight, negated annual cargo and violations of a bulk carrier."""

    dim = 6
    continuous_inds = list(range(6))
    num_objectives = 4
    _bounds = [(150.0, 274.32), (20.0, 32.31), (13.0, 25.0), (10.0, 11.71), (14.0, 18.0), (0.63, 0.75)]
    _ref_point = _reference(
        (-2756.2590400638524, 3962.557843228888, 1947.880856925791, 0.0),
        (-1010.5229595219643, 13827.138456300128, 2611.9668107424536, 12.437669929732023),
    )

    def _objectives(self, *x: Tensor) -> Sequence[Tensor]:
        L, B, D, T, speed, block = x
        displacement = 1.025 * L * B * T * block
        froude = 0.5144 * speed / (9.8065 * L).sqrt()
        a = 4977.06 * block.square() - 8105.61 * block + 4456.51
        b = -10847.2 * block.square() + 12817.0 * block - 6960.32
        power = displacement ** (2.0 / 3.0) * speed**3 / (a + b * froude)
        outfit = L**0.8 * B**0.6 * D**0.3 * block**0.1
        steel = 0.034 * L**1.7 * B**0.7 * D**0.4 * block**0.5
        light_ship = steel + outfit + 0.17 * power**0.9
        ship_cost = 1.3 * (2000.0 * steel**0.85 + 3500.0 * outfit + 2400.0 * power**0.8)
        deadweight = displacement - light_ship
        sea_days = 5000.0 / 24.0 * speed  # as printed; a distance divided by a speed would be days
        daily_fuel = 0.19 * power * 24.0 / 1000.0 + 0.2
        voyage = 1.05 * daily_fuel * sea_days * 100.0 + 6.3 * deadweight**0.8
        cargo = deadweight - daily_fuel * (sea_days + 5.0) - 2.0 * deadweight**0.5
        trips = 350.0 / (sea_days + 2.0 * (cargo / 8000.0 + 0.5))
        annual_cost = 0.2 * ship_cost + 40000.0 * deadweight**0.3 + voyage * trips
        annual_cargo = cargo * trips
        stability = 0.53 * T + (0.085 * block - 0.002) * B.square() / (T * block) - 1.0 - 0.52 * D
        violation = _violation(
            L / B - 6.0,
            15.0 - L / D,
            19.0 - L / T,
            0.45 * deadweight**0.31 - T,
            0.7 * D + 0.7 - T,
            500000.0 - deadweight,
            deadweight - 3000.0,
            0.32 - froude,
            stability - 0.07 * B,
        )
        return annual_cost / annual_cargo, light_ship, -annual_cargo, violation
