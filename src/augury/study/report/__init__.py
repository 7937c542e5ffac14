"""The report of a study: one self-contained HTML file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from augury.whole_file import replacing

if TYPE_CHECKING:
    from augury.study.study import Study


def write_report(study: Study, path: str | os.PathLike[str]) -> Path:
    """Write the report of a study to an HTML file that needs nothing else: no network.

    With several objectives it has a slider over preferences, which is moved by a script of its own; without
    scripts a table stands there.

    Args:
        study: with any number of trials, finished or not.
        path: the file to write; one that exists is replaced only when the new one is complete.

    Returns:
        The path.

    Raises:
        OSError: the file cannot be written.
    """
    from augury.study.report.page import render

    path = Path(path)
    page = render(study)
    with replacing(path) as part:
        part.write_text(page, encoding="utf-8")
    return path
