"""Which state of augury's decisions a long benchmark measured, so that those of two are never mixed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import augury

#: The rooms that decide what is evaluated next, and those that say what comes of it.
ROOMS = ("numerics", "space", "kernels", "models", "acquisition", "strategies", "problems", "datasets")


def code_version() -> str:
    """Twelve digits that change with the source of the `ROOMS`; anything else leaves them as they are."""
    package = Path(augury.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(path for room in ROOMS for path in (package / room).rglob("*.py")):
        digest.update(path.relative_to(package).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


def of_version(
    records: Sequence[dict[str, Any]],
    version: str,
    depends: Callable[[dict[str, Any]], bool] = lambda job: True,
) -> list[dict[str, Any]]:
    """The records made by this state of the code, and those of jobs that do not depend on it.

    Says how many others were left out.
    """
    kept = [r for r in records if not depends(r["job"]) or r["job"].get("code") == version]
    others = {str(r["job"].get("code", "unmarked")) for r in records if depends(r["job"])} - {version}
    if others:
        print(f"{len(records) - len(kept)} runs of other states of the code are left out; to report one:")
        print("\n".join(f"  --report --code {other}" for other in sorted(others)))
    return kept
