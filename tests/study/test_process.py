"""Owners of leases can be told dead or alive."""

from __future__ import annotations

import subprocess
import sys

import pytest

from augury.study.process import host, is_gone, new_owner

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")


def test_owners_differ_and_live() -> None:
    first, second = new_owner(), new_owner()
    assert first != second
    assert not is_gone(first)


@linux
def test_an_ended_process_is_gone() -> None:
    program = "from augury.study.process import new_owner; print(new_owner())"
    owner = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert is_gone(owner.strip())


@linux
def test_a_reused_process_id_is_another_process() -> None:
    machine, process_id, started, token = new_owner().split("|")
    assert is_gone("|".join([machine, process_id, str(int(started) - 1), token]))


def test_nothing_is_known_of_other_hosts() -> None:
    _, process_id, _, token = new_owner().split("|")
    assert not is_gone(f"{host()}x|{process_id}|1|{token}")
    assert not is_gone(f"{host()}|{process_id}|?|{token}")
