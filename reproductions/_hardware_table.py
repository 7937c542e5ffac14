"""Synthesise the networks whose costs the package ships; what a table has already is left as it is.

python -m reproductions._hardware_table FOLDER            # some 15 minutes of Yosys 0.23
"""

from __future__ import annotations

import argparse
from pathlib import Path

from augury.hardware.synthesis_table import drawn_networks, exemplar_networks, write_table

DRAWN = 200


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args().folder
    for name, networks in (
        ("synthesised_networks.csv", drawn_networks(DRAWN)),
        ("synthesised_exemplars.csv", exemplar_networks()),
    ):
        write_table(folder / name, networks, after_row=lambda added: print(f"{added} rows", end="\r"))
        print(f"{folder / name}: {len(networks)} networks")


if __name__ == "__main__":
    main()
