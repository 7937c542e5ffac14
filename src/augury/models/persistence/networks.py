"""Networks among the arguments: what they were constructed with, and their weights.

Augury's encoders remember their construction; of torch's modules there are the containers that put them
together. Any other module is for the user to supply.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from augury.construction import construction_of

#: torch's modules that hold or shape others, and how a file names them.
CONTAINERS: dict[type, str] = {
    kind: f"torch.nn:{kind.__name__}" for kind in (nn.Sequential, nn.Identity, nn.Flatten, nn.Unflatten)
}


def describe(network: nn.Module) -> dict[str, Any] | None:
    """What a network is made of; None for one that does not remember, or has other parts by now.

    Args:
        network: a container of torch's, or of a class of augury's.
    """
    match network:
        case nn.Sequential() if type(network) is nn.Sequential:
            return {"positional": list(network)}
        case nn.Unflatten():
            return {"positional": [network.dim, network.unflattened_size]}
        case nn.Flatten():
            return {"positional": [network.start_dim, network.end_dim]}
        case nn.Identity():
            return {}
    arguments = construction_of(network)
    if arguments is None:
        return None
    # the weights of a network among the arguments are written with it
    inner = [value for value in arguments.values() if isinstance(value, nn.Module)]
    theirs = {id(value) for one in inner for value in one.state_dict(keep_vars=True).values()}
    content = {
        "named": arguments,
        "weights": {
            name: value
            for name, value in network.state_dict(keep_vars=True).items()
            if id(value) not in theirs
        },
        "frozen": [name for name, one in network.named_parameters() if not one.requires_grad],
    }
    try:
        return content if _parts(made(type(network), content)) == _parts(network) else None
    except RuntimeError:  # weights of other shapes
        return None


def made(kind: type, content: Mapping[str, Any]) -> nn.Module:
    """The network that `describe` described.

    Args:
        kind: its class.
        content: as `describe` returned it.

    Raises:
        RuntimeError: weights of another network.
    """
    network: nn.Module = kind(*content.get("positional", ()), **content.get("named", {}))
    network.load_state_dict({**network.state_dict(), **content.get("weights", {})})
    for name in content.get("frozen", ()):
        network.get_parameter(name).requires_grad_(False)
    return network


def _parts(network: nn.Module) -> tuple[list[tuple[str, type]], dict[str, torch.Size]]:
    modules = [(name, type(module)) for name, module in network.named_modules()]
    return modules, {name: value.shape for name, value in network.state_dict().items()}
