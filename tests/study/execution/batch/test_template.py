"""Templates of job scripts: what is filled in, and what is refused."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from augury.errors import InvalidInputError
from augury.study.execution.batch.template import Template

WORDS = {name: name for name in ("params", "result", "directory", "trial", "study")}


def template_of(text: str) -> Template:
    return Template(Path("template"), text)


def test_only_our_own_places_are_filled_in() -> None:
    rest = "for f in {a,b}; do awk '{print $1}' ${trial}; done"
    text = f"#!/bin/bash\n#SBATCH -o {{directory}}/%j\n{rest}\n{{evaluate}}"
    filled = template_of(text).filled(["augury", "evaluate", "a b"], **WORDS)
    assert filled == f"#!/bin/bash\n#SBATCH -o directory/%j\n{rest}\naugury evaluate 'a b'"


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30))
def test_the_shell_takes_every_word_as_it_is(word: str) -> None:
    filled = template_of("printf '%s|' {study} {evaluate}").filled(["a", word], **WORDS | {"study": word})
    assert shlex.split(filled) == ["printf", "%s|", word, "a", word]


@pytest.mark.parametrize(
    "word", ["$(touch broken)", "`touch broken`", "a; touch broken", "'; touch broken; '", "{result}"]
)
def test_nothing_in_a_name_is_run(word: str, tmp_path: Path) -> None:
    filled = template_of("#!/bin/sh\nprintf %s {study}").filled([], **WORDS | {"study": word})
    script = tmp_path / "script.sh"
    script.write_text(filled)
    script.chmod(0o755)
    done = subprocess.run([str(script)], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == word
    assert not (tmp_path / "broken").exists()


def test_the_documented_template_can_be_used(tmp_path: Path) -> None:
    page = Path(__file__).parents[4] / "docs" / "clusters.md"
    path = tmp_path / "sbatch.template"
    path.write_text(page.read_text().split("```text\n")[1].split("```")[0])
    Template.read(path)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"#!/bin/bash\nsimulate\n", "does not evaluate the trial"),
        (b"#!/bin/bash\nsimulate {params}\n", "writes {result}"),
        (b"#!/bin/bash\nsimulate ${params} ${result}\n", "does not evaluate the trial"),
        (b"{evaluate}\n", "first line"),
        (b"", "first line"),
        (b"#!/bin/bash\n\xff{evaluate}", "UTF-8"),
    ],
)
def test_templates_that_cannot_be_used_are_refused(content: bytes, complaint: str, tmp_path: Path) -> None:
    path = tmp_path / "sbatch.template"
    path.write_bytes(content)
    with pytest.raises(InvalidInputError, match=complaint):
        Template.read(path)


def test_missing_templates_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="cannot be read: No such file"):
        Template.read(tmp_path / "none")
    with pytest.raises(InvalidInputError, match="cannot be read"):
        Template.read(tmp_path)
