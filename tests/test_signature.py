"""What callables can be called with."""

from __future__ import annotations

from augury.signature import accepts, signature_of, takes


def test_calls_that_fit() -> None:
    signature = signature_of(lambda a, b=1, *, c: None)
    assert signature is not None
    assert accepts(signature, 1, ["c"])
    assert accepts(signature, 0, ["a", "b", "c"])
    assert not accepts(signature, 1)
    assert not accepts(signature, 3, ["c"])
    assert not accepts(signature, 1, ["c", "d"])


def test_a_number_of_arguments() -> None:
    assert takes(lambda a, b=1: None, 1)
    assert not takes(lambda a: None, 2)
    assert takes(max, 7)  # which does not say
    assert signature_of(max) is None
