"""Where commands write: the names of their files, and the console."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from augury.errors import InvalidInputError

if TYPE_CHECKING:
    from rich.console import Console

_PICTURES = (".png", ".svg", ".pdf")
#: The width of what has no edge to wrap at.
NO_EDGE = 10_000


def check_folder(path: Path, option: str) -> None:
    """Refuses a file in a folder that is not there, or a folder itself, before anything is computed for it.

    Args:
        path: of the file.
        option: that named it.
    """
    if not path.parent.is_dir():
        raise InvalidInputError(
            f"{option} {path}: there is no folder {path.parent}; make it, or name another place"
        )
    if path.is_dir():
        raise InvalidInputError(f"{option} {path}: this is a folder; name a file")


def check_picture(path: Path | None, option: str) -> None:
    """Refuses a name that is not a picture's, or a folder that is not there; None is no picture.

    Args:
        path: of the picture.
        option: that named it.
    """
    if path is None:
        return
    if path.suffix.lower() not in _PICTURES:
        raise InvalidInputError(f"{option} {path}: the name must end in .png, .svg or .pdf")
    check_folder(path, option)


def check_network_file(path: Path, option: str) -> None:
    """Refuses a name that does not end in .safetensors.

    Args:
        path: of the file.
        option: that named it.
    """
    if path.suffix != ".safetensors":
        raise InvalidInputError(f"{option} {path}: the name must end in .safetensors")


def unwrapped_console() -> Console:
    """Standard output; a file or a pipe has no edge to wrap at."""
    from rich.console import Console

    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = NO_EDGE
    return console
