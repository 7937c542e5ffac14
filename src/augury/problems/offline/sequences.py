"""Offline problems of sequences: TF-Bind-8 and RNA binding."""

from __future__ import annotations

import numpy as np

from augury.datasets.rna_binding import RNA, RNA_LENGTH, RNA_TARGETS, rna_binding, rna_offline_set
from augury.datasets.tf_bind_8 import DNA, tf_bind_8_table
from augury.problems.offline.problem import OfflineProblem


def tf_bind_8() -> OfflineProblem:
    """TF-Bind-8 as Design-Bench has it: the weaker half of all 65,792 rows is known, the table is the oracle.

    32,898 rows, of which the best has the normalised score 0.439.

    Source: see `augury.datasets.tf_bind_8`.
    """
    X, y = tf_bind_8_table()
    powers = len(DNA) ** np.arange(X.shape[1] - 1, -1, -1)
    scores = np.empty(len(DNA) ** X.shape[1])
    scores[X.astype(np.int64) @ powers] = y
    known = y <= np.median(y)

    def oracle(designs: np.ndarray) -> np.ndarray:
        return scores[designs.astype(np.int64) @ powers]

    return OfflineProblem.of_arrays(
        X[known], y[known], categories=[DNA] * X.shape[1], oracle=oracle, y_min=0.0, y_max=1.0
    )


def rna_binding_problem(target: int) -> OfflineProblem:
    """Strands of 14 letters that bind an RNA: 5,000 weak ones are known, ViennaRNA is the oracle.

    Scores are as published, with 1 for a perfect complement of the strand's share of the target, so that a
    strand may exceed it.

    Args:
        target: 1, 2 or 3.

    Raises:
        InvalidInputError: another target, or the table is not below `AUGURY_DATA`.

    Source: see `augury.datasets.rna_binding`.
    """
    X, y = rna_offline_set(target)
    letters = np.array(RNA)

    def oracle(designs: np.ndarray) -> np.ndarray:
        strands = ["".join(row) for row in letters[designs.astype(np.int64)]]
        return rna_binding(strands, RNA_TARGETS[target - 1])

    return OfflineProblem.of_arrays(X, y, categories=[RNA] * RNA_LENGTH, oracle=oracle, y_min=0.0, y_max=1.0)
