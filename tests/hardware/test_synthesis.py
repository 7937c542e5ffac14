import re
import shutil
import subprocess

import numpy as np
import pytest

from augury.errors import InvalidInputError, NotSupportedError
from augury.hardware.synthesis import as_design, count_cells, synthesise
from augury.hardware.verilog import QuantisedNetwork

STATISTICS = """
=== network ===

   Number of wires:                230
   Number of cells:                253
     CARRY4                         22
     DSP48E1                        32
     FDRE                          120
     FDSE                            5
     INV                             3
     LUT2                           66
     LUT6                           12
     MUXF7                           9
"""


def test_weights_are_of_the_seed_and_in_range():
    network = QuantisedNetwork((20, 12, 4), 3, (1, 2), seed=3)
    first, second = network.weights()
    assert first.shape == (12, 20)
    assert second.shape == (4, 12)
    assert set(np.unique(first)) == set(range(-3, 4))
    assert np.array_equal(first, QuantisedNetwork((20, 12, 4), 3, (4, 1), seed=3).weights()[0])


def test_times_are_those_of_the_layers():
    network = QuantisedNetwork((4, 8, 6), 4, (4, 2))
    assert network.cycles == 6
    assert network.initiation_interval == 4


def test_networks_that_cannot_be_are_refused():
    with pytest.raises(InvalidInputError, match="does not divide the layer's 6"):
        QuantisedNetwork((4, 6), 4, (4,))
    with pytest.raises(InvalidInputError, match="bits from 2"):
        QuantisedNetwork((4, 6), 1, (1,))
    with pytest.raises(InvalidInputError, match="one number a layer"):
        QuantisedNetwork((4, 6), 4, (1, 1))


def test_cells_of_all_sizes_are_counted():
    assert count_cells(STATISTICS) == (78, 125, 32, 22)


def test_a_surrogate_sees_layers_and_rectifiers():
    design = as_design(QuantisedNetwork((4, 8, 6), 4, (4, 2)))
    assert [layer.layer_type for layer in design.layers] == ["QDense", "activation", "QDense"]
    assert [layer.rf for layer in design.layers] == [4, 1, 2]
    assert design.strategy == "resource"


def test_without_the_program_synthesis_says_what_to_install():
    with pytest.raises(NotSupportedError, match="install Yosys"):
        synthesise(QuantisedNetwork((2, 2), 2, (1,)), yosys="no-such-synthesiser")


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("yosys") is None, reason="needs Yosys")
@pytest.mark.parametrize("reuse", [2, 4])  # with 1, the weights are constants and some bits never change
def test_registers_are_those_of_the_source(reuse):
    _, flip_flops, *_ = synthesise(QuantisedNetwork((2, 4), 3, (reuse,), seed=1))
    held = 12 * (reuse - 1) // reuse
    counter = (reuse - 1).bit_length()
    assert flip_flops == 12 + 1 + held + counter


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("yosys") is None, reason="needs Yosys")
@pytest.mark.parametrize("reuse", [1, 3])
@pytest.mark.parametrize("rectified", [True, False])
def test_the_arithmetic_is_that_of_the_weights(reuse, rectified, tmp_path):
    bits, n_in, n_out = 4, 3, 6
    widths = (n_in, n_out, 2) if rectified else (n_in, n_out)
    network = QuantisedNetwork(widths, bits, (reuse, 1)[: len(widths) - 1], seed=2)
    (tmp_path / "network.v").write_text(network.verilog())
    inputs = np.random.default_rng(0).integers(-8, 8, size=(4, n_in))
    group, most = n_out // reuse, 2 ** (bits - 1) - 1
    commands, expected = [f"read_verilog {tmp_path}/network.v; proc; cd layer_0"], []
    for x in inputs:
        packed = sum((int(value) & 15) << (bits * place) for place, value in enumerate(x))
        outputs = np.clip((network.weights()[0] @ x) >> (bits - 1), 0 if rectified else -most, most)
        for step in range(reuse):
            at = f" -set step {(reuse - 1).bit_length()}'d{step}" if reuse > 1 else ""
            for unit in range(group):
                commands.append(f"eval -set x {n_in * bits}'d{packed}{at} -show o_{unit}")
                expected.append(int(outputs[step * group + unit]) & 15)
    command = ["yosys", "-p", "; ".join(commands)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = [int(value, 2) for value in re.findall(r"Eval result: \S+ = 4'([01]+)\.", said)]
    assert found == expected
    assert len(set(found)) > 3
