"""The code in the documentation, and what its pages take for granted."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]

# <!-- not run: why --> in the line before a block: it is compiled, and its imports are made, but not more.
_BLOCK = re.compile(
    r"(?P<mark><!-- not run:[^\n]*-->\n\n?)?^```(?P<kind>\w*)\n(?P<code>.*?)^```", re.DOTALL | re.MULTILINE
)
_COMMAND = re.compile(r"^    (?P<code>augury [^\n#]*)", re.MULTILINE)
# So that a page takes seconds: what it shows is not how long it takes.
_SHORTER = (
    (re.compile(r"budget( ?= ?)\d+"), r"budget\g<1>5"),
    (re.compile(r"workers( ?= ?)\d+"), r"workers\g<1>1"),
)


@dataclass(frozen=True)
class Block:
    """A piece of code in a page: its line, its language ("python", "toml", "shell"), whether it is run."""

    line: int
    kind: str
    code: str
    is_run: bool


def pages() -> list[Path]:
    """README.md and every page of the documentation."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(page: Path) -> list[Block]:
    """The code of a page, from top to bottom."""
    text = page.read_text(encoding="utf-8")
    found = []
    for match in _BLOCK.finditer(text):
        line = text[: match.start("kind")].count("\n") + 1
        kind, is_run = match["kind"] or "shell", match["mark"] is None
        codes = match["code"].splitlines() if kind == "shell" else [match["code"]]
        found += [Block(line, kind, code, is_run) for code in codes]
    prose = _BLOCK.sub(lambda block: re.sub(r"[^\n]", " ", block[0]), text)
    found += [
        Block(prose[: match.start()].count("\n") + 1, "shell", match["code"].strip(), True)
        for match in _COMMAND.finditer(prose)
    ]
    return sorted(found, key=lambda block: block.line)


def shortened(code: str) -> str:
    """The same code with small budgets, in one process."""
    for pattern, replacement in _SHORTER:
        code = pattern.sub(replacement, code)
    return code


class Names(dict[str, Any]):
    """The names that pages use without defining them, made when first used."""

    def __missing__(self, name: str) -> Any:
        if name not in _GIVEN:
            raise KeyError(name)
        self[name] = _GIVEN[name]()
        return self[name]


def _tensor(name: str) -> Callable[[], Any]:
    def make() -> Any:
        import torch

        generator = torch.Generator().manual_seed(0)
        X = torch.rand(6, 3, generator=generator, dtype=torch.float64).repeat_interleave(2, dim=0)
        X[:, 2] = torch.arange(12) % 2  # a category, or a level, at the same inputs each
        Y = (X[:, :2] ** 2).sum(dim=1, keepdim=True) + 0.1 * X[:, 2:]
        return {"X": X, "Y": Y, "X_new": X[:4] * 0.9, "dY": 2.0 * X, "labels": Y[:, 0] > Y.median()}[name]

    return make


def _space() -> Any:
    import augury

    return augury.Space({"x": (0.0, 1.0), "y": (0.0, 1.0)})


def _evaluate(params: dict[str, Any]) -> dict[str, float]:
    if "temperature" in params:
        return {"yield": params["temperature"] / 2.0, "pressure": 3.0}
    return {"yield": params["x"], "cost": params["y"]}


def _network() -> Any:
    import torch

    return torch.nn.Sequential(torch.nn.Linear(3, 8), torch.nn.ReLU(), torch.nn.Linear(8, 2)).double()


def _two_inputs() -> Any:
    import torch

    return torch.tensor([[1.0, 0.0, 0.5], [0.2, 1.0, -0.3]], dtype=torch.float64)


def _kernel() -> Any:
    from gpytorch.kernels import RBFKernel

    return RBFKernel(ard_num_dims=3).double()


def _model() -> Any:
    from augury.models import GaussianProcess

    return GaussianProcess


def _strategy() -> Any:
    from augury.strategies.random_search import RandomSearch

    return RandomSearch


def _goals() -> Any:
    import augury

    return [augury.Minimize("cost")]


def _solvents() -> Any:
    import pandas as pd

    return pd.DataFrame({"polarity": [6.4, 6.5]}, index=["DMF", "DMAc"])


_GIVEN: dict[str, Callable[[], Any]] = {
    **{name: _tensor(name) for name in ("X", "Y", "X_new", "dY", "labels")},
    **{name: partial(import_module, name) for name in ("augury", "torch", "functools")},
    "space": _space,
    "goals": _goals,
    "evaluate": lambda: _evaluate,
    "network": _network,
    "trained": _network,
    "module": _network,
    "two_inputs": _two_inputs,
    "kernel": _kernel,
    "solvents": _solvents,
    "MyModel": _model,
    "MyStrategy": _strategy,
    "d": lambda: 3,
}
