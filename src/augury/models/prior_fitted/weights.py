"""The trained networks that are shipped, and where each may be used."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Self

from augury.errors import InvalidInputError
from augury.inference.prior_fitted.checkpoints import load_network
from augury.networks.prior_fitted.transformer import PriorFittedTransformer

_FOLDER = Path(__file__).parent / "trained"


class PriorFittedWarning(UserWarning):
    """A prior-fitted network is used outside of where its quality was measured."""


@dataclass(frozen=True)
class TrainedNetwork:
    """A network and its range.

    Args:
        network: in double precision, not to be changed.
        rows: of the context, at most.
        dim: inputs (categories one-hot), at most.
        name: of it, or its file.
    """

    network: PriorFittedTransformer
    rows: int
    dim: int
    name: str

    @classmethod
    def of(cls, network: str | Path | PriorFittedTransformer) -> Self:
        """From a shipped network's name, a file, or a network.

        Raises:
            InvalidInputError: there is no such network.
        """
        if isinstance(network, PriorFittedTransformer):
            return cls(network.double().requires_grad_(False), 10**9, network.shape.dim, "the given network")
        return cls._load(str(network))

    @classmethod
    @lru_cache(maxsize=8)
    def _load(cls, name: str) -> Self:
        shipped = _FOLDER / f"{name}.safetensors"
        path = shipped if shipped.is_file() else Path(name)
        if not path.is_file():
            known = ", ".join(map(repr, shipped_networks()))
            raise InvalidInputError(f"network={name!r} is neither a file nor one of those shipped: {known}")
        network, about = load_network(path)
        limits: dict[str, Any] = about.get("range", {})
        return cls(
            network.double(),
            int(limits.get("rows", about.get("plan", {}).get("max_context", 10**9))),
            int(limits.get("dim", network.shape.dim)),
            name,
        )

    def objection(self, rows: int, dim: int) -> str | None:
        """Why the network should not be trusted with so many rows and inputs, None where it may.

        It is the same sentence for a growing number of rows, so that Python says it once in a study.
        """
        too_many = ["more rows"] * (rows > self.rows) + [f"{dim} inputs"] * (dim > self.dim)
        if not too_many:
            return None
        return (
            f"{self.name} was measured with up to {self.rows} rows and {self.dim} inputs (categories count "
            f"one by one); given {' and '.join(too_many)}, its predictions may be poor"
        )


def shipped_networks() -> list[str]:
    """Names of the networks in this package."""
    return sorted(path.stem for path in _FOLDER.glob("*.safetensors"))
