import numpy as np
import pytest

from augury.numerics.exponential import exponentiate


@pytest.mark.parametrize("shape", [(3, 4), (40, 50)])
@pytest.mark.parametrize("order", ["C", "F"])
def test_values_become_their_exponentials(shape, order):
    values = np.array(-40.0 * np.random.default_rng(0).random(shape), order=order)
    expected = np.exp(values)
    exponentiate(values)
    np.testing.assert_allclose(values, expected, rtol=4e-16)


@pytest.mark.parametrize("count", [8, 1000])
def test_limits(count):
    values = np.tile([-np.inf, -800.0, 0.0, np.nan], count // 4)
    exponentiate(values)
    np.testing.assert_array_equal(values, np.tile([0.0, 0.0, 1.0, np.nan], count // 4))


def test_a_view_is_replaced_alone():
    values = np.zeros((60, 40))
    exponentiate(values[:, ::2])
    np.testing.assert_array_equal(values[:, ::2], 1.0)
    np.testing.assert_array_equal(values[:, 1::2], 0.0)
