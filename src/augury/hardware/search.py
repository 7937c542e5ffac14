"""Small classifiers for a chip: what can be chosen, what a choice is worth, and what it costs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, final

import numpy as np

from augury.errors import InvalidInputError
from augury.hardware.designs import layer_table
from augury.hardware.fixed_point import fixed_point_inputs, fixed_point_outputs, train_fixed_point
from augury.hardware.layer_surrogate import LayerSurrogate
from augury.hardware.synthesis import SYNTHESIS_TARGETS, as_design
from augury.hardware.verilog import QuantisedNetwork, network_verilog
from augury.space.goal import Maximize, Minimize
from augury.space.goals import Goals
from augury.space.parameters import Categorical, Parameter
from augury.space.space import Space

#: Lookup tables that a 7-series chip has for each of its multiplier blocks (XC7Z020: 53,200 and 220).
LUTS_PER_DSP = 240.0
_HIDDEN = 2


@final
class NetworkSearch:
    """Dense classifiers with up to two hidden layers as a problem of three objectives.

    The accuracy is measured: each network is trained in the arithmetic of its Verilog, on a part of the rows,
    and judged on the others (once for each set of widths and bits). Area and cycles are predicted.

        search = NetworkSearch(X, y, surrogate)
        study = augury.Study(search.space, search.goals)
        study.run(search, budget=60)

    Args:
        X: `n x d` inputs, scaled by their deviations to the range of the signals.
        y: `n` classes, whole numbers from 0.
        surrogate: predicts the costs of `SYNTHESIS_TARGETS`, trained on `synthesised_networks`.
        widths: of hidden layers, two or more, increasing.
        bits: of signals and weights, likewise.
        reuses: of each layer's multipliers, likewise; one that does not divide the layer becomes their
            common divisor.
        held_out: the share of rows that networks are judged on.
        num_steps: of each training.
        seed: of the division of the rows and of the trainings.

    Raises:
        InvalidInputError: rows and classes that do not agree, a surrogate of other costs, a single width or
            number of bits or reuse.
    """

    def __init__(
        self,
        X: np.ndarray,
        y: np.ndarray,
        surrogate: LayerSurrogate,
        *,
        widths: Sequence[int] = (2, 3, 4, 6, 8),
        bits: Sequence[int] = (2, 3, 4, 5),
        reuses: Sequence[int] = (1, 2, 4),
        held_out: float = 0.3,
        num_steps: int = 300,
        seed: int = 0,
    ) -> None:
        if X.ndim != 2 or y.shape != X.shape[:1] or not np.issubdtype(y.dtype, np.integer) or y.min() < 0:
            raise InvalidInputError(
                f"X is n x d and y n classes from 0; given shapes {X.shape} and {y.shape} of {y.dtype}"
            )
        if surrogate.num_outputs != len(SYNTHESIS_TARGETS):
            raise InvalidInputError(
                f"the surrogate predicts {', '.join(SYNTHESIS_TARGETS)}; given {surrogate.num_outputs} costs"
            )
        for name, values in (("widths", widths), ("bits", bits), ("reuses", reuses)):
            if len(values) < 2:
                raise InvalidInputError(f"{name} to choose among are two or more; given {tuple(values)}")
        self.surrogate = surrogate
        self.widths, self.bits, self.reuses = tuple(widths), tuple(bits), tuple(reuses)
        self._X, self._y, self._seed, self._num_steps = X, y, seed, num_steps
        order = np.random.default_rng(seed).permutation(len(X))
        held = max(1, round(held_out * len(X)))
        self._judged, self._learnt = order[:held], order[held:]
        self._trained: dict[tuple[tuple[int, ...], int], tuple[list[np.ndarray], float]] = {}

    @cached_property
    def space(self) -> Space:
        """Depth, widths, bits and reuse; what a shallow network lacks is inactive."""
        parameters: dict[str, Any] = {"hidden_layers": list(range(_HIDDEN + 1)), "bits": list(self.bits)}
        for layer in range(1, _HIDDEN + 1):
            there = {"hidden_layers": list(range(layer, _HIDDEN + 1))}
            parameters[f"width_{layer}"] = _ordered(self.widths, there)
            parameters[f"reuse_{layer}"] = _ordered(self.reuses, there)
        parameters["reuse_out"] = list(self.reuses)
        return Space(parameters)

    @property
    def goals(self) -> Goals:
        """Small area (lookup tables, with 240 for each multiplier block), few cycles, accuracy."""
        return Goals.of([Minimize("area"), Minimize("cycles"), Maximize("accuracy")])

    def network(self, params: Mapping[str, Any]) -> QuantisedNetwork:
        """The shape that a choice of the space stands for; its weights are random, not the trained ones."""
        layers = range(1, params["hidden_layers"] + 1)
        widths = (self._X.shape[1], *(params[f"width_{layer}"] for layer in layers), int(self._y.max()) + 1)
        asked = (*(params[f"reuse_{layer}"] for layer in layers), params["reuse_out"])
        reuse = tuple(math.gcd(*pair) for pair in zip(asked, widths[1:], strict=True))
        return QuantisedNetwork(widths, params["bits"], reuse)

    def costs(self, choices: Sequence[Mapping[str, Any]]) -> np.ndarray:
        """Predicted mean costs of `n` choices, `n x 6` as in `SYNTHESIS_TARGETS`."""
        designs = [as_design(self.network(params)) for params in choices]
        posterior: Any = self.surrogate.posterior(layer_table(designs).flatten(1))
        costs: np.ndarray = posterior.mean.numpy()
        return costs

    def accuracy(self, params: Mapping[str, Any]) -> float:
        """The share of held-out rows that the trained network classifies as they are."""
        return self._train(self.network(params))[1]

    def verilog(self, params: Mapping[str, Any]) -> str:
        """The trained network, ready for synthesis."""
        network = self.network(params)
        return network_verilog(self._train(network)[0], network.bits, network.reuse)

    def __call__(self, params: Mapping[str, Any]) -> dict[str, float]:
        """All three outcomes of a choice."""
        (costs,) = self.costs([params])
        by_name = dict(zip(SYNTHESIS_TARGETS, map(float, costs), strict=True))
        return {
            "area": by_name["LUT"] + LUTS_PER_DSP * by_name["DSP"],
            "cycles": by_name["CYCLES"],
            "accuracy": self.accuracy(params),
        }

    def _train(self, network: QuantisedNetwork) -> tuple[list[np.ndarray], float]:
        key = (network.widths, network.bits)
        if key not in self._trained:
            numbers = fixed_point_inputs(self._X, self._X[self._learnt], network.bits)
            weights = train_fixed_point(
                numbers[self._learnt],
                self._y[self._learnt],
                *key,
                num_steps=self._num_steps,
                seed=self._seed,
            )
            outputs = fixed_point_outputs(weights, numbers[self._judged], network.bits)
            right = outputs.argmax(axis=1) == self._y[self._judged]
            self._trained[key] = weights, float(right.mean())
        return self._trained[key]


def _ordered(values: Sequence[int], active_if: Mapping[str, Any]) -> Parameter:
    return Categorical(list(values), ordered=True, active_if=dict(active_if))
