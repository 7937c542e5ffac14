"""Verilog of small quantised dense networks: what the synthesiser is given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from augury.errors import InvalidInputError


@dataclass(frozen=True)
class QuantisedNetwork:
    """A chain of dense layers with constant weights, rectified between them, every signal `bits` wide.

    Args:
        widths: inputs, then the outputs of each layer.
        bits: of each signal and weight, signed.
        reuse: of each layer: its multipliers serve that many groups of outputs, one group a cycle; it divides
            the layer's outputs.
        seed: of the weights, uniform over the signed range without its lowest value.

    Raises:
        InvalidInputError: no layer, a width below 1, fewer than 2 bits, reuse that does not divide its width.
    """

    widths: tuple[int, ...]
    bits: int
    reuse: tuple[int, ...]
    seed: int = 0

    def __post_init__(self) -> None:
        if len(self.widths) < 2 or len(self.reuse) != len(self.widths) - 1:
            raise InvalidInputError(
                "widths are those of the inputs and of each layer, and reuse is one number a layer; given "
                f"{self.widths} and {self.reuse}"
            )
        if min(self.widths) < 1 or self.bits < 2:
            raise InvalidInputError(f"widths from 1 and bits from 2; given {self.widths} and {self.bits}")
        for width, reuse in zip(self.widths[1:], self.reuse, strict=True):
            if reuse < 1 or width % reuse:
                raise InvalidInputError(f"a reuse of {reuse} does not divide the layer's {width} outputs")

    @property
    def cycles(self) -> int:
        """From a sample at the inputs to its outputs in their registers: each layer takes its reuse."""
        return sum(self.reuse)

    @property
    def initiation_interval(self) -> int:
        """Cycles between two samples: the slowest layer's."""
        return max(self.reuse)

    def weights(self) -> list[np.ndarray]:
        """One `outputs x inputs` matrix of integers a layer."""
        generator = np.random.default_rng(self.seed)
        most = 2 ** (self.bits - 1) - 1
        return [
            generator.integers(-most, most, size=(n_out, n_in), endpoint=True)
            for n_in, n_out in zip(self.widths[:-1], self.widths[1:], strict=True)
        ]

    def verilog(self) -> str:
        """The source: `network_verilog` of these weights."""
        return network_verilog(self.weights(), self.bits, self.reuse)


def network_verilog(weights: Sequence[np.ndarray], bits: int, reuse: Sequence[int]) -> str:
    """The source of a network: a module for each layer, and `network`, which chains them.

    A layer starts with the pulse `start` and gives `done` with its outputs; products are summed in full,
    shifted right by `bits - 1` and saturated.

    Args:
        weights: an `outputs x inputs` matrix of signed whole numbers for each layer.
        bits: of each signal and weight.
        reuse: of each layer, dividing its outputs.
    """
    layers = [
        _layer(index, matrix, bits, times, rectified=index < len(weights) - 1)
        for index, (matrix, times) in enumerate(zip(weights, reuse, strict=True))
    ]
    widths = [weights[0].shape[1], *(len(matrix) for matrix in weights)]
    return "\n".join([*layers, _chain(widths, bits)])


def _layer(index: int, weights: np.ndarray, bits: int, reuse: int, *, rectified: bool) -> str:
    n_out, n_in = weights.shape
    group = n_out // reuse
    head = (
        f"module layer_{index}(input clk, input start, input [{n_in * bits - 1}:0] x, "
        f"output reg done, output reg [{n_out * bits - 1}:0] y);"
    )
    lines = [head, *(_signal(i, bits) for i in range(n_in))]
    if reuse > 1:
        lines.append(f"  reg [{(reuse - 1).bit_length() - 1}:0] step = 0;")
    for unit in range(group):
        lines += _unit(unit, weights[unit::group], bits, rectified=rectified)
    outputs = ", ".join(f"o_{unit}" for unit in reversed(range(group)))
    return "\n".join([*lines, *_registers(outputs, group * bits, reuse), "endmodule"])


def _signal(index: int, bits: int) -> str:
    return f"  wire signed [{bits - 1}:0] x_{index} = x[{(index + 1) * bits - 1}:{index * bits}];"


def _unit(unit: int, rows: np.ndarray, bits: int, *, rectified: bool) -> list[str]:
    """One neuron's arithmetic; `rows` are its weights in each step."""
    n_in = rows.shape[1]
    wide = 2 * bits + (n_in - 1).bit_length()
    terms = []
    lines = []
    for i in range(n_in):
        if len(rows) == 1:
            terms.append(f"x_{i} * {_constant(rows[0, i], bits)}")
        else:
            chosen = _selected(rows[:, i], bits)
            lines.append(f"  wire signed [{bits - 1}:0] w_{unit}_{i} = {chosen};")
            terms.append(f"x_{i} * w_{unit}_{i}")
    most = 2 ** (bits - 1) - 1
    floor = 0 if rectified else -most
    return [
        *lines,
        f"  wire signed [{wide - 1}:0] s_{unit} = {' + '.join(terms)};",
        f"  wire signed [{wide - 1}:0] t_{unit} = s_{unit} >>> {bits - 1};",
        f"  wire [{bits - 1}:0] o_{unit} = t_{unit} > {most} ? {_constant(most, bits)} : "
        f"t_{unit} < {floor} ? {_constant(floor, bits)} : t_{unit}[{bits - 1}:0];",
    ]


def _constant(value: int, bits: int) -> str:
    return f"{'-' if value < 0 else ''}{bits}'sd{abs(value)}"


def _selected(values: Sequence[int] | np.ndarray, bits: int) -> str:
    """The weight of the step at hand."""
    choice = _constant(values[-1], bits)
    for step in reversed(range(len(values) - 1)):
        choice = f"step == {step} ? {_constant(values[step], bits)} : {choice}"
    return choice


def _registers(outputs: str, width: int, reuse: int) -> list[str]:
    if reuse == 1:
        return [f"  always @(posedge clk) begin done <= start; y <= {{{outputs}}}; end"]
    held = width * (reuse - 1)  # the groups before the last wait, so that the outputs change together
    shifted = f"{{{outputs}}}" if reuse == 2 else f"{{{outputs}, held[{held - 1}:{width}]}}"
    return [
        f"  reg [{held - 1}:0] held;",
        "  wire active = start | (step != 0);",
        f"  wire last = step == {reuse - 1};",
        "  always @(posedge clk) begin",
        "    done <= last;",
        "    if (active) step <= last ? 0 : step + 1;",
        f"    if (active & !last) held <= {shifted};",
        f"    if (last) y <= {{{outputs}, held}};",
        "  end",
    ]


def _chain(widths: Sequence[int], bits: int) -> str:
    last = len(widths) - 1
    lines = [
        f"module network(input clk, input start, input [{widths[0] * bits - 1}:0] x, "
        f"output done, output [{widths[-1] * bits - 1}:0] y);"
    ]
    for index, width in enumerate(widths[1:]):
        source = ("start", "x") if index == 0 else (f"d_{index - 1}", f"y_{index - 1}")
        lines += [
            f"  wire d_{index}; wire [{width * bits - 1}:0] y_{index};",
            f"  layer_{index} l_{index}(clk, {source[0]}, {source[1]}, d_{index}, y_{index});",
        ]
    return "\n".join([*lines, f"  assign done = d_{last - 1}; assign y = y_{last - 1};", "endmodule"])
