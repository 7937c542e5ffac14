"""The weights of a small convolutional network, chosen so that it imitates a teacher."""

from __future__ import annotations

from functools import lru_cache
from typing import final

import torch
from botorch.test_functions.synthetic import SyntheticTestFunction
from torch import Tensor
from torch.nn.functional import conv2d, log_softmax, max_pool2d

from augury.errors import InvalidInputError

_CLASSES = 10


@final
class Distillation(SyntheticTestFunction):
    r"""Mean Kullback-Leibler divergence of a small convolutional network from its teacher; minimised.

    .. math::
        f(w) = \frac 1 N \sum_n \sum_k p_k(x_n) \log \frac{p_k(x_n)}{q_k(x_n; w)}

    p are the teacher's class probabilities, q those of the student: 3 x 3 convolution, ReLU, 2 x 2 maximum,
    twice, then a linear layer. All its weights and biases are inputs, each in [-1, 1].

    As in Li, Rudner and Wilson (ICLR 2024), with these differences: the images are scikit-learn's 1,797
    digits of 8 x 8 pixels rather than MNIST's 60,000 of 28 x 28 (so convolutions are padded, and the student
    with the paper's 16 and 12 channels has 2,390 weights rather than 6,230); the teacher is a logistic
    regression on RBF features, which any machine fits alike, rather than LeNet-5; and f is the divergence
    that their text describes (the public code gives `KLDivLoss` probabilities in place of logarithms).

    Args:
        channels: of the two convolutions; (16, 12) is the paper's student.
        noise_std, negate: as in BoTorch.

    Raises:
        InvalidInputError: fewer than one channel.
    """

    _check_grad_at_opt = False
    images: Tensor
    teacher: Tensor

    def __init__(
        self, channels: tuple[int, int] = (16, 12), noise_std: float | None = None, negate: bool = False
    ) -> None:
        if min(channels) < 1:
            raise InvalidInputError(f"channels={channels}: each convolution needs at least one channel")
        first, second = channels
        self._shapes = [
            (first, 1, 3, 3),
            (first,),
            (second, first, 3, 3),
            (second,),
            (_CLASSES, 4 * second),
            (_CLASSES,),
        ]
        self._sizes = [torch.Size(shape).numel() for shape in self._shapes]
        self.dim = sum(self._sizes)
        self.continuous_inds = list(range(self.dim))
        self._bounds = [(-1.0, 1.0)] * self.dim
        super().__init__(noise_std=noise_std, negate=negate)
        images, teacher = _digits()
        self.register_buffer("images", images)
        self.register_buffer("teacher", teacher)

    def logits(self, weights: Tensor) -> Tensor:
        """The student's logits (`N x 10`) on all images, for one vector of weights (`dim`)."""
        w1, b1, w2, b2, w3, b3 = (
            part.reshape(shape) for part, shape in zip(weights.split(self._sizes), self._shapes, strict=True)
        )
        hidden = max_pool2d(conv2d(self.images.to(weights), w1, b1, padding=1).relu(), 2)
        hidden = max_pool2d(conv2d(hidden, w2, b2, padding=1).relu(), 2)
        return hidden.flatten(1) @ w3.T + b3

    def _evaluate_true(self, X: Tensor) -> Tensor:
        rows = X.reshape(-1, self.dim)
        return torch.stack([self._divergence(row) for row in rows]).reshape(X.shape[:-1])

    def _divergence(self, weights: Tensor) -> Tensor:
        teacher = self.teacher.to(weights)
        student = log_softmax(self.logits(weights), -1)
        return (torch.special.xlogy(teacher, teacher) - teacher * student).sum(-1).mean()


@lru_cache(maxsize=1)
def _digits() -> tuple[Tensor, Tensor]:
    """Images (`1797 x 1 x 8 x 8`, in [0, 1]) and the teacher's probabilities (`1797 x 10`)."""
    from sklearn.datasets import load_digits
    from sklearn.kernel_approximation import Nystroem
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    digits = load_digits()
    pixels = digits.data / 16.0
    features = Nystroem(gamma=0.1, n_components=200, random_state=0)
    teacher = make_pipeline(features, LogisticRegression(C=10.0, max_iter=1000, tol=1e-6))
    probabilities = teacher.fit(pixels, digits.target).predict_proba(pixels)
    return torch.from_numpy(pixels.reshape(-1, 1, 8, 8).copy()), torch.from_numpy(probabilities)
