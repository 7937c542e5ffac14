"""The template of a job script, with places for what differs from trial to trial."""

from __future__ import annotations

import os
import re
import shlex
from dataclasses import dataclass
from pathlib import Path

from augury.errors import InvalidInputError

EVALUATE = "evaluate"
PARAMS = "params"
RESULT = "result"
PLACES = (EVALUATE, PARAMS, RESULT, "directory", "trial", "study")

# ${trial} is a variable of the shell.
_PLACE = re.compile(r"(?<!\$)\{(" + "|".join(PLACES) + r")\}")


@dataclass(frozen=True)
class Template:
    """A job script in which `{evaluate}` and others stand for what differs; each is filled in as one word
    (or, `{evaluate}`, as one command) that the shell takes as it is.

    Args:
        path: the file.
        text: its content.
    """

    path: Path
    text: str

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> Template:
        """Reads and checks a template.

        Raises:
            InvalidInputError: it cannot be read, is no script, or does not evaluate the trial.
        """
        path = Path(path).absolute()
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            raise InvalidInputError(f"the template {path} is not text in UTF-8") from None
        except OSError as error:
            raise InvalidInputError(f"the template {path} cannot be read: {error.strerror}") from None
        if not text.startswith("#!"):
            raise InvalidInputError(
                f"the template {path} is no script: its first line must be such as #!/bin/bash"
            )
        found = set(_PLACE.findall(text))
        if EVALUATE not in found and not {PARAMS, RESULT} <= found:
            raise InvalidInputError(
                f"the template {path} does not evaluate the trial: write a line {{{EVALUATE}}}, or call a "
                f"program of your own that reads {{{PARAMS}}} and writes {{{RESULT}}}"
            )
        return cls(path, text)

    def filled(self, evaluate: list[str], **words: str) -> str:
        """The script of one trial.

        Args:
            evaluate: the command for `{evaluate}`.
            words: the other places.
        """
        texts = {EVALUATE: shlex.join(evaluate)} | {name: shlex.quote(word) for name, word in words.items()}
        return _PLACE.sub(lambda match: texts[match.group(1)], self.text)
