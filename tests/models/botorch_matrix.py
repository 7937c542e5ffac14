"""Which acquisition functions of BoTorch serve which surrogate: measured, as the table of docs/botorch.md.

python -m tests.models.botorch_matrix    # writes the table
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from botorch.acquisition import (
    AcquisitionFunction,
    LogExpectedImprovement,
    PosteriorMean,
    UpperConfidenceBound,
    qKnowledgeGradient,
    qLogExpectedImprovement,
    qLogNoisyExpectedImprovement,
    qSimpleRegret,
    qUpperConfidenceBound,
)
from botorch.acquisition.active_learning import qNegIntegratedPosteriorVariance
from botorch.acquisition.max_value_entropy_search import qMaxValueEntropy
from botorch.acquisition.multi_objective import logei
from botorch.acquisition.multi_objective.logei import (
    qLogExpectedHypervolumeImprovement,
    qLogNoisyExpectedHypervolumeImprovement,
)
from botorch.acquisition.multi_objective.parego import qLogNParEGO
from botorch.exceptions.errors import UnsupportedError
from botorch.posteriors import GPyTorchPosterior
from botorch.sampling.get_sampler import get_sampler
from botorch.utils.multi_objective.box_decompositions import FastNondominatedPartitioning
from torch import Tensor

from augury.errors import NotSupportedError
from augury.models.build import build_model, fit_model
from augury.models.registry import MODELS
from augury.space import Space

logei._load_attempted = True  # its compiled kernel, which takes half a minute to build, is the same

PAGE = Path(__file__).parents[2] / "docs" / "botorch.md"
BEGIN, END = "<!-- table: begin -->", "<!-- table: end -->"
DRAWS = torch.Size([16])
#: How a surrogate or BoTorch says no.
REFUSALS = (UnsupportedError, NotSupportedError, NotImplementedError)

X = torch.rand(10, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
Y = torch.stack([torch.sin(4.0 * X[:, 0]) + X[:, 1], X[:, 0] - X[:, 1].square()], dim=-1)


def _sampler(model: Any, points: Tensor | None = None) -> Any:
    return get_sampler(model.posterior(X[:1] if points is None else points), DRAWS, seed=0)


#: Those of one objective: name -> makes one of a fitted model of one outcome.
ONE: dict[str, Callable[[Any], AcquisitionFunction]] = {
    "LogEI": lambda model: LogExpectedImprovement(model, 1.0),
    "UCB": lambda model: UpperConfidenceBound(model, 2.0),
    "mean": PosteriorMean,
    "qLogEI": lambda model: qLogExpectedImprovement(model, 1.0, sampler=_sampler(model)),
    "qLogNEI": lambda model: qLogNoisyExpectedImprovement(
        model, X, sampler=_sampler(model), prune_baseline=False
    ),
    "qUCB": lambda model: qUpperConfidenceBound(model, 2.0, sampler=_sampler(model)),
    "qSimpleRegret": lambda model: qSimpleRegret(model, sampler=_sampler(model)),
    "qKG": lambda model: qKnowledgeGradient(model, num_fantasies=2, sampler=_fantasies(model)),
    "qMES": lambda model: qMaxValueEntropy(model, X, num_mv_samples=4, num_y_samples=8),
    "qNIPV": lambda model: qNegIntegratedPosteriorVariance(model, X[:4]),
}
#: Those of two objectives.
TWO: dict[str, Callable[[Any], AcquisitionFunction]] = {
    "qLogEHVI": lambda model: qLogExpectedHypervolumeImprovement(
        model,
        [-1.0, -1.0],
        FastNondominatedPartitioning(torch.tensor([-1.0, -1.0]).double(), Y),
        _sampler(model),
    ),
    "qLogNEHVI": lambda model: qLogNoisyExpectedHypervolumeImprovement(
        model, [-1.0, -1.0], X, sampler=_sampler(model), cache_root=False
    ),
    "qLogNParEGO": lambda model: qLogNParEGO(
        model, X, scalarization_weights=torch.tensor([0.4, 0.6]).double(), sampler=_sampler(model)
    ),
}
ANALYTIC = {"LogEI", "UCB", "mean"}


def _fantasies(model: Any) -> Any:
    return get_sampler(model.posterior(X[:1]), torch.Size([2]), seed=0)


def fitted(name: str, outcomes: int) -> Any:
    """A registered surrogate of one or two outcomes of two inputs."""
    space = Space({"a": (0.0, 1.0), "b": (0.0, 1.0)})
    return fit_model(build_model(name, X, Y[:, :outcomes], None, space))


def word(name: str, make: Callable[[Any], AcquisitionFunction], model: Any) -> str:
    """What an acquisition function does with a model: "exact", "moments", "draws" or "-" (refused).

    Raises:
        Exception: whatever is neither a finite value with a finite gradient nor a clear refusal.
    """
    q = 3 if name == "qKG" else 1 if name in (*ANALYTIC, "qMES") else 2
    points = (0.9 * X[:q] + 0.02).unsqueeze(0).requires_grad_(True)
    try:
        value = make(model)(points)
    except REFUSALS:
        return "-"
    except AttributeError as error:  # BoTorch's entropy search takes a normal law for granted
        if "no attribute 'distribution'" not in str(error):
            raise
        return "-"
    (gradient,) = torch.autograd.grad(value.sum(), points)
    assert torch.isfinite(value).all(), f"{name} is {value}"
    assert torch.isfinite(gradient).all(), f"the gradient of {name} is {gradient}"
    if name not in ANALYTIC:
        return "draws"
    if name == "mean" or isinstance(model.posterior(X[:1]), GPyTorchPosterior):
        return "exact"
    return "moments"


def row(name: str) -> list[str]:
    """The words of one surrogate, in the order of the table."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        one, two = fitted(name, 1), fitted(name, 2)
        words = [word(acquisition, make, one) for acquisition, make in ONE.items()]
        return words + [word(acquisition, make, two) for acquisition, make in TWO.items()]


def table(rows: dict[str, list[str]]) -> str:
    """The rows as Markdown."""
    names = [*ONE, *TWO]
    lines = [
        "| surrogate | " + " | ".join(f"`{name}`" for name in names) + " |",
        "|---" * (len(names) + 1) + "|",
    ]
    lines += [f"| `{name}` | " + " | ".join(words) + " |" for name, words in rows.items()]
    return "\n".join(lines)


def written() -> dict[str, list[str]]:
    """The rows that the page has."""
    text = PAGE.read_text(encoding="utf-8").split(BEGIN)[1].split(END)[0]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.strip().splitlines()[2:]]
    return {first.strip("`"): words for first, *words in cells}


def main() -> None:
    """Measure all registered surrogates, and write the table into the page."""
    rows = {name: row(name) for name in MODELS.names()}
    before, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    after = rest.split(END)[1]
    PAGE.write_text(f"{before}{BEGIN}\n\n{table(rows)}\n\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
