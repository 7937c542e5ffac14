"""What the open synthesiser Yosys makes of a small quantised network."""

from __future__ import annotations

import re
import shutil
import subprocess  # the synthesiser is a program of its own
import tempfile
from collections import Counter
from pathlib import Path

from augury.errors import InvalidInputError, NotSupportedError
from augury.hardware.designs import Design, Layer
from augury.hardware.verilog import QuantisedNetwork

#: What a synthesis tells; cycles and interval are those of the source, by construction.
SYNTHESIS_TARGETS = ("LUT", "FF", "DSP", "CARRY", "CYCLES", "II")
_LIBRARY = "read_verilog -lib -specify +/xilinx/cells_sim.v"  # cells it may use; the others take it longer
_SCRIPT = (
    f"{_LIBRARY}; read_verilog {{source}}; hierarchy -check -top network; "
    "synth_xilinx -flatten -noiopad -noclkbuf -run prepare: -top network; tee -o {counts} stat"
)
_CELL = re.compile(r"^\s+([A-Z][A-Z0-9_]*)\s+(\d+)\s*$", re.MULTILINE)


def synthesise(network: QuantisedNetwork, *, yosys: str = "yosys", timeout: float = 600.0) -> tuple[int, ...]:
    """The costs of a network, as in `SYNTHESIS_TARGETS`: its resources, cycles and initiation interval.

    Args:
        network: what to make.
        yosys: the program, by name or path.
        timeout: seconds.

    Raises:
        NotSupportedError, InvalidInputError: as `resources` raises.
    """
    counts = resources(network.verilog(), yosys=yosys, timeout=timeout)
    return (*counts, network.cycles, network.initiation_interval)


def resources(source: str, *, yosys: str = "yosys", timeout: float = 600.0) -> tuple[int, int, int, int]:
    """The resources of a source on a Xilinx 7-series chip, counted after technology mapping.

    Args:
        source: Verilog with a module `network`.
        yosys: the program, by name or path.
        timeout: seconds.

    Returns:
        Lookup tables of every size, flip-flops, multiplier blocks, carry chains.

    Raises:
        NotSupportedError: the program is not there.
        InvalidInputError: it refuses the source (with its words), or takes longer than `timeout`.
    """
    program = shutil.which(yosys)
    if program is None:
        raise NotSupportedError(f"synthesis needs {yosys!r}, which is not on the path; install Yosys")
    with tempfile.TemporaryDirectory() as folder:
        file, counts = Path(folder, "network.v"), Path(folder, "counts.txt")
        file.write_text(source)
        command = [program, "-q", "-p", _SCRIPT.format(source=file, counts=counts)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False)  # noqa: S603
        except subprocess.TimeoutExpired:
            raise InvalidInputError(f"synthesis took longer than {timeout:g} s") from None
        if done.returncode:
            raise InvalidInputError(f"Yosys refuses the source: {done.stderr.strip()}")
        return count_cells(counts.read_text())


def count_cells(statistics: str) -> tuple[int, int, int, int]:
    """Lookup tables, flip-flops, multiplier blocks and carry chains in what `stat` prints."""
    cells: Counter[str] = Counter()
    for name, count in _CELL.findall(statistics):
        cells[re.sub(r"^(LUT|FD|DSP|CARRY)\w*$", r"\1", name)] += int(count)
    return cells["LUT"], cells["FD"], cells["DSP"], cells["CARRY"]


def as_design(network: QuantisedNetwork) -> Design:
    """The network as surrogates see it: its dense layers, the rectifiers between them; not its weights."""
    layers = []
    for index, reuse in enumerate(network.reuse):
        n_in, n_out = network.widths[index : index + 2]
        if index:
            layers.append(
                Layer("activation", (n_in,), (n_in,), prec=network.bits, rf=1, activation_type="relu")
            )
        layers.append(Layer("QDense", (n_in,), (n_out,), prec=network.bits, rf=reuse))
    return Design(tuple(layers), strategy="latency" if network.initiation_interval == 1 else "resource")
