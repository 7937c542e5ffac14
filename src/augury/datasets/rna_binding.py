"""RNA binding: how well a strand of 14 letters binds one of three targets, by the thermodynamics of folding.

Source: Sinai et al., "AdaLead: a simple and robust adaptive greedy search algorithm for sequence design",
arXiv:2010.02141 (2020), landscapes L14_RNA1 to L14_RNA3 of the package FLEXS. The energies are computed by
ViennaRNA (Lorenz et al., 2011), which `pip install augury[rna]` brings.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from augury.datasets.data_directory import data_file
from augury.errors import InvalidInputError, NotSupportedError

RNA = ("U", "G", "C", "A")
RNA_LENGTH = 14
RNA_TARGETS: tuple[str, ...] = (
    "GAACGAGGCACAUUCCGGCUCGCCCGGCCCAUGUGAGCAUGGGCCGGACCCCGUCCGCGCGGGGCCCCCGCGCGGACGGGGGCGAGCCGGAAUGUGCCUC",
    "GAGGCACAUUCCGGCUCGCCCCCGUCCGCGCGGGGGCCCCGCGCGGACGGGGUCCGGCCCGCGCGGGGCCCCCGCGCGGGAGCCGGAAUGUGCCUCGUUC",
    "CCGGUGAUACUGUUAGUGGUCACGGUGCAUUUAUAGCGCUAAAGUACAGUCUUCCCCUGUUGAACGGCGCCAUUGCAUACAGGGCCAGCCGCGUAACGCC",
)
"""The three targets, 100 letters each."""

_COMPLEMENT = str.maketrans("ACGU", "UGCA")
_SOURCE = "the offline sets of Kim et al. (2023, https://github.com/kaist-silab/bootgen)"


def rna_binding(sequences: Sequence[str], target: str) -> np.ndarray:
    r"""The binding of strands to a target, as a share of what a perfect complement of their length would
    reach.

    .. math::
        \frac{E(\text{target}, s)}{E(\text{target}, \bar{\text{target}}) \; |s| / |\text{target}|}

    with `E` the free energy of the best duplex and the bar the reverse complement.

    Args:
        sequences: strands, in the letters A, C, G, U.
        target: what they bind to.

    Returns:
        One number for each; larger is stronger.

    Raises:
        NotSupportedError: ViennaRNA is not installed.
    """
    try:
        import RNA as VIENNA
    except ImportError:
        raise NotSupportedError(
            "RNA binding is computed by ViennaRNA, which is not installed; pip install augury[rna]"
        ) from None
    whole = VIENNA.duplexfold(target.translate(_COMPLEMENT)[::-1], target).energy
    energies = np.array([VIENNA.duplexfold(target, strand).energy for strand in sequences])
    shares: np.ndarray = energies / (whole * np.array([len(strand) for strand in sequences]) / len(target))
    return shares


def rna_offline_set(target: int) -> tuple[np.ndarray, np.ndarray]:
    """The published table of weakly binding strands, from the directory that `AUGURY_DATA` names.

    Args:
        target: 1, 2 or 3.

    Returns:
        `5,000 x 14` letters (0 to 3 stand for U, G, C, A) and 5,000 values of `rna_binding`.

    Raises:
        InvalidInputError: another target, or the file is not there.
    """
    if target not in range(1, len(RNA_TARGETS) + 1):
        raise InvalidInputError(f"there is no RNA target {target!r}; choose one of 1, 2, 3")
    with np.load(data_file(f"rna_binding_{target}.npz", source=_SOURCE)) as stored:
        return stored["x"], np.asarray(stored["y"], dtype=np.float64).reshape(-1)
