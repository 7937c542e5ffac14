"""`augury evaluate`: one trial, inside a job that `augury run --submit` submitted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer


def evaluate(
    file: Annotated[Path, typer.Argument(metavar="TRIAL.JSON", help="The file in the folder of its job.")],
) -> None:
    """Evaluate one trial, inside a job that run --submit submitted.

    It is what {evaluate} stands for in a job's template. The result goes to result.json beside the file: a
    number, [value, stderr], {"outcome": either}, or {"failed": "why"}.
    """
    from augury.study.execution.batch.evaluation import evaluate_job

    typer.echo(json.dumps(evaluate_job(file)))
