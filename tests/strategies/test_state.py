from __future__ import annotations

import json

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from augury.strategies import State


def test_data_and_tensors_survive_bytes():
    state = State(3, {"a": [1, 2.5, None], "b": {"c": "é"}}, {"y.lengthscale": torch.rand(2, 3).double()})
    copy = State.from_bytes(state.to_bytes())
    assert copy is not None
    assert (copy.version, copy.data) == (state.version, state.data)
    assert copy.tensors.keys() == state.tensors.keys()
    assert torch.equal(copy.tensors["y.lengthscale"], state.tensors["y.lengthscale"])
    assert copy.tensors["y.lengthscale"].dtype == torch.float64


def test_a_state_without_tensors_survives_bytes():
    assert State.from_bytes(State(1, {"seed": 2**62}).to_bytes()) == State(1, {"seed": 2**62})


def test_a_view_of_a_tensor_is_stored_by_value():
    tensor = torch.arange(12.0).reshape(3, 4).T
    copy = State.from_bytes(State(1, {}, {"t": tensor}).to_bytes())
    assert copy is not None
    assert torch.equal(copy.tensors["t"], tensor)


@given(st.binary(max_size=200))
def test_bytes_of_another_origin_are_no_state(block):
    assert State.from_bytes(block) is None


@given(st.data())
def test_damaged_bytes_never_raise(data):
    block = bytearray(State(1, {"k": "v"}, {"t": torch.ones(3)}).to_bytes())
    position = data.draw(st.integers(0, len(block) - 1))
    block[position] ^= data.draw(st.integers(1, 255))
    state = State.from_bytes(bytes(block[: data.draw(st.integers(0, len(block)))]))
    assert state is None or isinstance(state.data, dict)


@pytest.mark.parametrize(
    "document", ["[]", '{"version": "1", "data": {}}', '{"version": 1, "data": []}', "{}"]
)
def test_another_document_in_the_header_is_no_state(document):
    from safetensors.torch import save

    assert State.from_bytes(save({"t": torch.ones(1)}, metadata={"augury.state": document})) is None
    assert State.from_bytes(save({"t": torch.ones(1)}, metadata={"other": json.dumps({})})) is None
