"""The conformance suite of kernels: what a Gaussian process relies on, as small named checks.

    @pytest.mark.parametrize("check", augury.testing.KERNEL_CHECKS, ids=lambda check: check.__name__)
    def test_my_kernel_conforms(check):
        check(MyKernel)

Each check takes a factory (a Kernel class, or any callable without arguments, that returns a new kernel of
two inputs in the unit cube) and raises AssertionError with one sentence about what is wrong.
"""

from __future__ import annotations

from collections.abc import Callable

from augury.testing import kernel_cases
from augury.testing.kernel_cases import KernelFactory

KernelCheck = Callable[[KernelFactory], None]

KERNEL_CHECKS: tuple[KernelCheck, ...] = (
    kernel_cases.is_symmetric,
    kernel_cases.is_positive_semidefinite,
    kernel_cases.diagonal_is_that_of_the_matrix,
    kernel_cases.entries_depend_on_their_two_points,
    kernel_cases.serves_batches,
    kernel_cases.computes_in_double_precision,
    kernel_cases.leaves_its_arguments_alone,
    kernel_cases.is_differentiable_in_its_inputs,
    kernel_cases.is_differentiable_in_its_hyperparameters,
    kernel_cases.serves_a_gaussian_process,
)


def check_kernel(factory: KernelFactory) -> None:
    """Run every check of `KERNEL_CHECKS` over one kernel.

    Args:
        factory: returns a new kernel of two inputs; a Kernel class will do.

    Raises:
        AssertionError: the kernel breaks a rule; the message says which.
    """
    for check in KERNEL_CHECKS:
        check(factory)
