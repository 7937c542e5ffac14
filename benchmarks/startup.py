"""How long does augury take to start? Fresh processes, from the import to a suggestion on 30 rows."""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.timing import Entrant, alternate, print_table, verdict, write_json

TARGETS = {"import augury": 0.15, "augury --help": 0.2, "augury suggest": 3.5}
ROWS = 30


def experiments(path: Path) -> None:
    """A table of 30 of the Suzuki-Miyaura couplings, as a chemist might keep it."""
    from augury.datasets import load_suzuki

    frame = load_suzuki().drop(columns="reactant_pair")
    frame.iloc[:384].sample(ROWS, random_state=0).round({"yield": 1}).to_csv(path, index=False)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--quick", action="store_true", help="two repeats")
    parser.add_argument("--json", type=Path, help="also write the rows to this file")
    arguments = parser.parse_args()
    repeats = 2 if arguments.quick else arguments.repeats
    with tempfile.TemporaryDirectory() as directory:
        sheet = Path(directory) / "experiments.csv"
        experiments(sheet)
        augury = str(Path(sys.executable).with_name("augury"))
        commands = {
            "import augury": [sys.executable, "-c", "import augury"],
            "augury --help": [augury, "--help"],
            "augury suggest": [augury, "suggest", str(sheet), "--goal", "max:yield", "-n", "4"],
        }
        entrants = {name: fresh_process(command, directory) for name, command in commands.items()}
        entrants["python -c pass"] = fresh_process([sys.executable, "-c", "pass"], directory)
        seconds = alternate(entrants, repeats)
    rows: list[dict[str, Any]] = [
        {
            "what": name,
            "median s": value,
            "target s": TARGETS.get(name),
            "": verdict(value, TARGETS.get(name)),
        }
        for name, value in seconds.items()
    ]
    print_table(f"start-up of fresh processes, medians of {repeats}", rows)
    write_json(arguments.json, "startup", rows)


def fresh_process(command: list[str], directory: str) -> Entrant:
    """Runs the command from `directory`, without the files that the run before left there."""

    def prepare(_: int) -> None:
        for path in Path(directory).iterdir():
            if path.name != "experiments.csv":
                path.unlink()

    def call(_: None) -> None:
        finished = subprocess.run(command, cwd=directory, capture_output=True, text=True)
        if finished.returncode != 0:
            raise SystemExit(f"{' '.join(command)} failed:\n{finished.stderr}")

    return Entrant(call, prepare)


if __name__ == "__main__":
    main()
