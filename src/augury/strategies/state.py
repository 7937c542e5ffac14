"""What a strategy remembers from one proposal to the next: JSON and tensors in one block of bytes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

_KEY = "augury.state"
_LENGTH = 8  # bytes of the header's length, little-endian, at the start of a safetensors block


@dataclass(frozen=True)
class State:
    """A strategy's memory. It only saves time: a strategy given None proposes validly all the same.

    Args:
        version: the version of the strategy's own layout; it ignores versions that it did not write.
        data: JSON-able values.
        tensors: name -> tensor.
    """

    version: int
    data: dict[str, Any] = field(default_factory=dict)
    tensors: Mapping[str, torch.Tensor] = field(default_factory=dict)

    def to_bytes(self) -> bytes:
        """The state as a safetensors block whose header carries the JSON."""
        from safetensors.torch import save

        document = json.dumps({"version": self.version, "data": self.data})
        return save({name: t.contiguous() for name, t in self.tensors.items()}, metadata={_KEY: document})

    @classmethod
    def from_bytes(cls, block: bytes) -> State | None:
        """The inverse of `to_bytes`, or None when the block is not a state: damaged, or another program's."""
        from safetensors import SafetensorError
        from safetensors.torch import load

        try:
            tensors = load(block)
            length = int.from_bytes(block[:_LENGTH], "little")
            header = json.loads(block[_LENGTH : _LENGTH + length])
            document = json.loads(header["__metadata__"][_KEY])
            version, data = document["version"], document["data"]
        except (SafetensorError, ValueError, KeyError, TypeError):
            return None
        if not isinstance(version, int) or not isinstance(data, dict):
            return None
        return cls(version, data, tensors)
