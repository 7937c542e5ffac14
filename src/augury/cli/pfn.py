"""`augury pfn`: train prior-fitted networks, measure them, and predict tables with them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from augury.cli.output import check_network_file
from augury.cli.sheet_options import Ignored
from augury.errors import InvalidInputError

if TYPE_CHECKING:
    import pandas as pd
    import torch

    from augury.inference.prior_fitted.training import Trainer

pfn = typer.Typer(rich_markup_mode=None, add_completion=False, no_args_is_help=True)


@pfn.callback()
def _group() -> None:
    """Train prior-fitted networks, and predict tables with them."""


@pfn.command()
def train(
    prior: Annotated[str, typer.Option("--prior", metavar="NAME", help="gp, hyper-gp, surrogate, classes.")],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE.safetensors", help="The network.")],
    steps: Annotated[int | None, typer.Option("--steps", help="Batches. [the prior's recipe]")] = None,
    seconds: Annotated[
        float | None, typer.Option("--seconds", help="End by then; the learning rate reaches zero.")
    ] = None,
    width: Annotated[int | None, typer.Option("--width", help="Of the tokens.")] = None,
    layers: Annotated[int | None, typer.Option("--layers", help="Number of blocks.")] = None,
    learning_rate: Annotated[float | None, typer.Option("--learning-rate", help="At its highest.")] = None,
    seed: Annotated[int, typer.Option("--seed", help="Of weights and data.")] = 0,
    more: Annotated[
        bool, typer.Option("--continue", help="Train on after the end, with a new learning-rate schedule.")
    ] = False,
    save_every: Annotated[float, typer.Option("--save-every", help="Seconds between checkpoints.")] = 120.0,
) -> None:
    """Train a network on fresh data sets of a prior; resumes by itself.

    FILE.training.safetensors beside the network holds the whole state: weights, optimiser, random numbers and
    the log. A training that was interrupted goes on from there.
    """
    from dataclasses import replace

    from augury.cli.training_progress import shown_training
    from augury.inference.prior_fitted.checkpoints import resume_training, save_network, save_training
    from augury.inference.prior_fitted.recipes import recipe
    from augury.inference.prior_fitted.training import Trainer

    chosen = recipe(prior)
    sizes: dict[str, Any] = {"width": width, "layers": layers}
    schedule: dict[str, Any] = {
        "steps": steps,
        "seconds": seconds,
        "learning_rate": learning_rate,
    }
    shape = replace(chosen.shape, **{name: value for name, value in sizes.items() if value is not None})
    plan = replace(
        chosen.plan, seed=seed, **{name: value for name, value in schedule.items() if value is not None}
    )
    check_network_file(out, "--out")
    state = out.with_suffix(".training.safetensors")
    trainer = Trainer(chosen.prior, shape, plan)
    if state.is_file():
        resume_training(trainer, state, restart_schedule=more)
        typer.echo(f"resumed {state} after {len(trainer.log) and trainer.log[-1].step} steps")
    elif more:
        raise InvalidInputError(f"--continue: there is no training {state}")

    def save(trainer: Trainer) -> None:
        about = {"prior": prior, "plan": plan.as_dict(), "step": trainer.step}
        save_training(trainer, state, {"prior": prior})
        save_network(trainer.network, out, about)

    with shown_training(trainer) as note:
        trainer.run(note, save, save_every)
    typer.echo(f"wrote {out}")


@pfn.command()
def evaluate(
    network: Annotated[str, typer.Argument(help="A network's file, or the name of a shipped one.")],
    prior: Annotated[str, typer.Option("--prior", metavar="NAME", help="Where fresh data sets come from.")],
    rows: Annotated[list[int] | None, typer.Option("--rows", help="Rows of the context. Repeatable.")] = None,
    dim: Annotated[list[int] | None, typer.Option("--dim", help="Inputs. Repeatable.")] = None,
    data_sets: Annotated[int, typer.Option("--data-sets", help="How many.")] = 500,
    seed: Annotated[int, typer.Option("--seed", help="Of the data sets.")] = 1000,
) -> None:
    """Measure the gap in negative log likelihood to the law that the data were drawn from.

    That law is the exact posterior where the prior has fixed hyperparameters; else it knows them, and the gap
    to the exact posterior is smaller.
    """
    from augury.inference.prior_fitted.evaluation import measure_gap
    from augury.inference.prior_fitted.recipes import recipe
    from augury.models.prior_fitted.weights import TrainedNetwork

    chosen = recipe(prior)
    trained = TrainedNetwork.of(network).network
    typer.echo(f"{'rows':>5} {'inputs':>6} {'network':>9} {'reference':>9} {'gap':>8} {'+-':>6}")
    for count in rows or [0, 1, 5, 10, 20]:
        for inputs in dim or [chosen.plan.dims[0]]:
            gap = measure_gap(trained, chosen.prior, count, inputs, data_sets=data_sets, seed=seed)
            numbers = f"{gap.network:9.3f} {gap.reference:9.3f} {gap.gap:8.3f} {gap.error:6.3f}"
            typer.echo(f"{count:5d} {inputs:6d} {numbers}")


@pfn.command()
def predict(
    table: Annotated[Path, typer.Argument(help="Table of measured rows: CSV, Excel or Parquet.")],
    new: Annotated[Path, typer.Argument(help="Table of rows to predict, with the same settings.")],
    target: Annotated[str, typer.Option("--target", "-t", metavar="COLUMN", help="What is predicted.")],
    network: Annotated[str, typer.Option("--network", help="A file, or a shipped network.")] = "surrogate",
    ignore: Ignored = None,
) -> None:
    """Predict rows of a table from those of another, with quantiles; prints CSV.

    Every column but the target and those ignored is a setting: numbers, scaled by the range of both tables,
    or words, which are categories.
    """
    import torch

    from augury.models.prior_fitted_network import PriorFittedNetwork

    known, asked = _frame(table), _frame(new)
    ignored = ignore or []
    for name in (target, *ignored):
        if name not in known.columns:
            raise InvalidInputError(f"{table} has no column {name!r}; it has {_names(list(known.columns))}")
    settings = [name for name in known.columns if name not in (target, *ignored)]
    if not settings:
        raise InvalidInputError(f"{table} has no column to predict {target!r} from")
    missing = [name for name in settings if name not in asked.columns]
    if missing:
        raise InvalidInputError(f"{new} has no column {_names(missing)}, which {table} has; add it")
    known = known.dropna(subset=[target])
    if known.empty:
        raise InvalidInputError(f"{table} has no row with {target!r}")
    if asked.empty:
        raise InvalidInputError(f"{new} has no rows")
    _check_cells(table, known, settings, target)
    _check_cells(new, asked, settings)
    X, categorical = _encoded(known[settings], asked[settings])
    Y = torch.from_numpy(known[target].to_numpy(dtype=float, copy=True)[:, None])
    model = PriorFittedNetwork(X[: len(known)], Y, categorical_features=categorical, network=network)
    with torch.no_grad():
        posterior: Any = model.posterior(X[len(known) :].unsqueeze(-2), observation_noise=True)
        columns = {
            "mean": posterior.mean,
            "std": posterior.variance.sqrt(),
            **{f"q{p:02d}": posterior.quantile(torch.tensor(p / 100)) for p in (5, 25, 50, 75, 95)},
        }
    shown = asked[[name for name in asked.columns if name in (*settings, *ignored)]]
    result = shown.assign(**{f"{target} {k}": v.reshape(-1).numpy() for k, v in columns.items()})
    typer.echo(result.to_csv(index=False, float_format="%.6g").rstrip())


def _frame(path: Path) -> pd.DataFrame:
    """A table with numbers as numbers and everything else as it stands."""
    import pandas as pd

    from augury.study.sheet.cells import Number
    from augury.study.sheet.table import read_table

    cells = read_table(path).columns
    return pd.DataFrame(
        {name: [c.value if isinstance(c, Number) else c for c in column] for name, column in cells.items()}
    )


def _names(columns: list[str]) -> str:
    return ", ".join(map(repr, columns))


def _check_cells(path: Path, frame: pd.DataFrame, settings: list[str], target: str | None = None) -> None:
    """Refuses empty cells among the settings, and text among the results."""
    for name in settings:
        if frame[name].isna().any():
            raise InvalidInputError(
                f"{path}, column {name!r}: a cell is empty; fill it in or leave the row out"
            )
    words = [] if target is None else [one for one in frame[target] if not isinstance(one, (int, float))]
    if words:
        raise InvalidInputError(
            f"{path}, column {target!r}: {str(words[0])!r} is not a number; correct it, or leave the "
            "cell empty"
        )


def _encoded(known: pd.DataFrame, asked: pd.DataFrame) -> tuple[torch.Tensor, list[int]]:
    """The rows of both in the unit cube, and which columns are categories."""
    import numpy as np
    import pandas as pd
    import torch
    from pandas.api.types import is_numeric_dtype

    settings = pd.concat([known, asked], ignore_index=True)
    columns, categorical = [], []
    for index, name in enumerate(settings.columns):
        values = settings[name]
        if is_numeric_dtype(values):
            low, span = values.min(), float(np.ptp(values)) or 1.0
            columns.append((values.to_numpy(dtype=float, copy=True) - low) / span)
        else:
            categorical.append(index)
            columns.append(values.astype("category").cat.codes.to_numpy(dtype=float))
    return torch.from_numpy(np.stack(columns, axis=1)), categorical
