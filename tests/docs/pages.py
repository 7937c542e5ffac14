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

# A block of code, and in the line before it, where it is not simply run:
#   <!-- not run: why -->   Python is compiled, and its imports of augury are made; a command is not called.
#   <!-- slow: why -->      run by `make test-slow`.
_BLOCK = re.compile(
    r"(?:^<!-- (?P<mark>not run|slow): (?P<why>[^\n]+?) -->\n\n?)?^```(?P<kind>\w*)\n(?P<code>.*?)^```",
    re.DOTALL | re.MULTILINE,
)
_LOOSE_COMMAND = re.compile(
    r"^ {4,}(?:augury|python|pip|pipx|uv|make|sbatch|git|docker) [^\n]*", re.MULTILINE
)
# So that a page takes seconds: what it shows is not how long it takes.
_SHORTER = (
    (re.compile(r"budget( ?= ?)\d+"), r"budget\g<1>5"),
    (re.compile(r"workers( ?= ?)\d+"), r"workers\g<1>1"),
    (re.compile(r"in range\(\d+\)"), "in range(7)"),
    (re.compile(r"num_samples=100"), "num_samples=10"),
    (re.compile(r"--steps 600"), "--steps 3"),
    (re.compile(r"SGHMC\(\)"), "SGHMC(num_samples=2, keep_every=2, burn_in=5, num_chains=2)"),
    (re.compile(r'distance="bures"'), 'distance="bures", num_iterations=3, num_samples=8'),
)


@dataclass(frozen=True)
class Block:
    """A piece of code in a page: its line, its language ("python", "toml", "shell"), and how it is marked
    ("", "not run" or "slow")."""

    line: int
    kind: str
    code: str
    mark: str = ""

    @property
    def commands(self) -> list[str]:
        """The commands of a block for the shell, without comments."""
        lines = self.code.replace("\\\n", " ").splitlines()
        return [line for line in lines if line.strip() and not line.lstrip().startswith("#")]


def pages() -> list[Path]:
    """README.md, CONTRIBUTING.md and every page of the documentation."""
    roots = [ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
    return [*roots, *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(page: Path) -> list[Block]:
    """The code of a page, from top to bottom."""
    text = page.read_text(encoding="utf-8")
    return [
        Block(text[: match.start("kind")].count("\n") + 1, match["kind"], match["code"], match["mark"] or "")
        for match in _BLOCK.finditer(text)
    ]


def prose(page: Path) -> str:
    """A page without its blocks of code (their lines left empty)."""
    return _BLOCK.sub(lambda block: re.sub(r"[^\n]", "", block[0]), page.read_text(encoding="utf-8"))


def loose_commands(page: Path) -> list[str]:
    """Commands that stand outside of a block, where they would not be run."""
    return _LOOSE_COMMAND.findall(prose(page))


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
        given = {"X": X, "Y": Y, "X_new": X[:4] * 0.9, "dY": 2.0 * X, "labels": Y[:, 0] > Y.median()}
        given |= {"inputs": X, "bounds": torch.stack([torch.zeros(3), torch.ones(3)]).double()}
        return given[name]

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
    from augury.models import InfiniteWidthGP

    return InfiniteWidthGP


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
    **{name: _tensor(name) for name in ("X", "Y", "X_new", "dY", "labels", "inputs", "bounds")},
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
