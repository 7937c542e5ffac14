"""A measured table that answers as a function: each row is a possible experiment, its outcome is known."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import pandas as pd

from augury.errors import InvalidInputError
from augury.space.goal import Maximize, Minimize
from augury.space.goals import Goals
from augury.space.parameters import Categorical
from augury.space.space import Space


class LookupTable:
    """A finite set of measured experiments, its Space, its goal and its answers.

    Rows with the same factors are replicates of one experiment; the table holds their mean.

    Args:
        frame: one row per measurement: the factors and the outcome, without missing cells.
        outcome: the column that is the result.
        maximize: whether a larger outcome is better.
        descriptors: factor -> its values (the index) and their properties, for a model to learn from.

    Raises:
        InvalidInputError: a column that is not there, or a missing cell.
    """

    def __init__(
        self,
        frame: pd.DataFrame,
        outcome: str,
        *,
        maximize: bool,
        descriptors: Mapping[str, pd.DataFrame] | None = None,
    ) -> None:
        described = dict(descriptors or {})
        absent = [name for name in (outcome, *described) if name not in frame.columns]
        if absent:
            raise InvalidInputError(
                f"the table has no column {absent[0]!r}; its columns are {', '.join(map(str, frame.columns))}"
            )
        if frame.isna().to_numpy().any():
            raise InvalidInputError("the table has missing cells; leave out or complete those rows")
        self.outcome = outcome
        self.maximize = maximize
        self.descriptors = described
        self.factors = [name for name in frame.columns if name != outcome]
        groups = frame.groupby(self.factors, sort=False, as_index=False)
        self.frame: pd.DataFrame = groups.agg({outcome: "mean"})

    @cached_property
    def space(self) -> Space:
        """The rows as a Space of finite candidates."""
        parameters = {
            name: Categorical(list(self.frame[name].unique()), descriptors=table)
            for name, table in self.descriptors.items()
        }
        return Space.from_table(self.frame[self.factors], parameters=parameters)

    @property
    def goals(self) -> Goals:
        """The outcome as the one goal."""
        return Goals.of(Maximize(self.outcome) if self.maximize else Minimize(self.outcome))

    @cached_property
    def _answers(self) -> dict[tuple[Any, ...], float]:
        keys = self.frame[self.factors].itertuples(index=False, name=None)
        return dict(zip(keys, self.frame[self.outcome].tolist(), strict=True))

    def value(self, params: Mapping[str, Any]) -> float:
        """The measured outcome of the experiment with these factors.

        Raises:
            InvalidInputError: a factor is missing, or the combination is no row of the table.
        """
        missing = [name for name in self.factors if name not in params]
        if missing:
            raise InvalidInputError(f"the factor {missing[0]!r} is missing; give {', '.join(self.factors)}")
        key = tuple(params[name] for name in self.factors)
        if key not in self._answers:
            given = ", ".join(f"{name} = {params[name]!r}" for name in self.factors)
            raise InvalidInputError(f"the table has no row with {given}; choose one of its rows")
        return self._answers[key]

    @property
    def best(self) -> float:
        """The best outcome in the table."""
        outcome = self.frame[self.outcome]
        return float(outcome.max() if self.maximize else outcome.min())

    def rank(self, value: float) -> int:
        """The place of an outcome in the table: 1 + the number of rows that are strictly better."""
        outcome = self.frame[self.outcome]
        return 1 + int(((outcome > value) if self.maximize else (outcome < value)).sum())

    def __len__(self) -> int:
        return len(self.frame)
