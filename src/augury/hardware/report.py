"""Predictions judged by target and cohort."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from augury.errors import InvalidInputError
from augury.hardware.metrics import MODEL_CODE_OFFSET, percent_error_quartiles, r2, rmse, smape

if TYPE_CHECKING:
    import pandas as pd

#: The cohort of every design.
ALL = "All"


def benchmark_report(
    Y: np.ndarray,
    predicted: np.ndarray,
    targets: Sequence[str],
    cohorts: Mapping[str, np.ndarray] | None = None,
) -> pd.DataFrame:
    """All metrics, a row for each cohort and target.

    R2 is judged with its `n` and RMSE beside it: it is hugely negative where a cohort hardly varies.

    Args:
        Y: `n x m` costs.
        predicted: `n x m`.
        targets: `m` names.
        cohorts: by name, which rows (`n` booleans) belong to it; `All` comes by itself, first.

    Returns:
        Columns `cohort`, `target`, `n`, `r2`, `smape`, `smape_model_code`, `rmse` and `error_q1`,
        `error_median`, `error_q3` (percent).

    Raises:
        InvalidInputError: shapes that do not agree, or a cohort without a row.
    """
    import pandas as pd

    if Y.ndim != 2 or Y.shape[1] != len(targets):
        raise InvalidInputError(f"costs of {len(targets)} targets are n x {len(targets)}; given {Y.shape}")
    rows = []
    for cohort, chosen in {ALL: np.ones(len(Y), dtype=bool), **(cohorts or {})}.items():
        if chosen.shape != (len(Y),) or chosen.dtype != bool or not chosen.any():
            raise InvalidInputError(f"cohort {cohort!r} must be {len(Y)} booleans, one of them true")
        true, guess = Y[chosen], predicted[chosen]
        columns = {
            "cohort": cohort,
            "target": list(targets),
            "n": len(true),
            "r2": r2(true, guess),
            "smape": smape(true, guess),
            "smape_model_code": smape(true, guess, MODEL_CODE_OFFSET),
            "rmse": rmse(true, guess),
        }
        quartiles = percent_error_quartiles(true, guess)
        columns |= dict(zip(("error_q1", "error_median", "error_q3"), quartiles, strict=True))
        rows.append(pd.DataFrame(columns))
    return pd.concat(rows, ignore_index=True)
