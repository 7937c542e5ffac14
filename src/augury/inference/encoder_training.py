"""Training of an encoder as part of a plain regression network, in minibatches."""

from __future__ import annotations

import copy
import hashlib
import json
import time
from dataclasses import asdict, dataclass
from math import cos, pi
from pathlib import Path
from typing import Any, final

import torch
from torch import Tensor, nn

from augury.errors import InvalidInputError
from augury.inference.base import Progress
from augury.inference.training_files import read_tensors, restore_training, training_tensors, write_tensors
from augury.numerics.seeding import global_generator

_WARM_UP = 0.3  # share of the steps in which the learning rate rises
_SECONDS = 30.0  # between checkpoints
_VERSION = 1
_WHAT = "the training of an encoder"
_NETWORK = "network."


@final
@dataclass(frozen=True)
class SeparateTraining:
    r"""The encoder learns from some rows by squared error; kernel and noise learn from the others.

    .. math:: \min_{\varphi, w, b}\; \frac1{|B|} \sum_{i \in B} \big(y_i - w^T \varphi(x_i) - b\big)^2

    by AdamW over minibatches `B` of the first, in training mode (batch statistics, dropout), at a rate that
    rises and falls to zero. An encoder fits the rows it has seen better than new ones; hyperparameters of
    rows it has not seen know how well it does. Predictions are then conditioned on all rows.

    Args:
        steps: of AdamW.
        held_out: share of the rows from which kernel and noise are learnt, in `(0, 1)`.
        batch_size: rows of a step.
        learning_rate: at its highest.
        weight_decay: of AdamW.
        device: on which the encoder is trained, in single precision; predictions are made on the CPU, in
            double.

    Raises:
        InvalidInputError: a number out of range.
    """

    steps: int = 500
    held_out: float = 1.0 / 3.0
    batch_size: int = 64
    learning_rate: float = 1e-2
    weight_decay: float = 1e-2
    device: str = "cpu"

    def __post_init__(self) -> None:
        if self.steps < 1 or self.batch_size < 2:
            raise InvalidInputError(
                f"steps must be at least 1 and batch_size at least 2; given {self.steps}, {self.batch_size}"
            )
        if not 0.0 < self.held_out < 1.0:
            raise InvalidInputError(f"held_out is a share of the rows in (0, 1); given {self.held_out:g}")
        if self.learning_rate <= 0.0 or self.weight_decay < 0.0:
            raise InvalidInputError(
                "learning_rate must be positive and weight_decay not negative; given "
                f"{self.learning_rate:g}, {self.weight_decay:g}"
            )

    def rate(self, step: int) -> float:
        """The learning rate of a step, counted from 0."""
        done = (step + 1) / self.steps
        if done <= _WARM_UP:
            return self.learning_rate * done / _WARM_UP
        return 0.5 * self.learning_rate * (1.0 + cos(pi * (done - _WARM_UP) / (1.0 - _WARM_UP)))


class EncoderTrainer:
    """A training that can be interrupted.

    Args:
        encoder: maps `n x d` to `n x p`; left as it is until `run` ends.
        X: `n x d`, at least two rows.
        y: `n` standardised outcomes.
        plan: of the training.
        seed: of the minibatches, of dropout and of the linear layer's first weights.
    """

    def __init__(self, encoder: nn.Module, X: Tensor, y: Tensor, plan: SeparateTraining, seed: int) -> None:
        self.encoder, self.plan, self.step = encoder, plan, 0
        at: dict[str, Any] = {"device": plan.device, "dtype": torch.float32}
        self.X, self.y = X.to(**at), y.to(**at)
        self.generator = torch.Generator().manual_seed(seed)
        network = copy.deepcopy(encoder).to(**at)
        with torch.no_grad():
            count = network.eval()(self.X[:1]).shape[-1]
        with global_generator(self.generator):
            self.network = nn.Sequential(network, nn.Linear(count, 1)).to(**at).train()
        trained = [parameter for parameter in self.network.parameters() if parameter.requires_grad]
        self.optimizer = torch.optim.AdamW(trained, lr=plan.learning_rate, weight_decay=plan.weight_decay)
        digest = hashlib.sha256(json.dumps([asdict(plan), seed]).encode())
        for tensor in (self.X, self.y, *self.network.state_dict().values()):
            digest.update(tensor.cpu().numpy().tobytes())
        self.fingerprint = digest.hexdigest()

    def run(self, progress: Progress | None = None, checkpoint: Path | None = None) -> None:
        """Train to the end, and give the encoder what was learnt.

        Args:
            progress: called after each step.
            checkpoint: a file that holds the whole state every 30 seconds and at the end. Where it is there
                already, the training goes on from it, to the same result as without the interruption.

        Raises:
            InvalidInputError: the file is of another training.
        """
        if checkpoint is not None and checkpoint.exists():
            self._resume(checkpoint)
        saved = time.monotonic()
        while self.step < self.plan.steps:
            self._step()
            if progress is not None:
                progress(self.step, self.plan.steps, "training the encoder")
            if checkpoint is not None and time.monotonic() - saved > _SECONDS:
                self._save(checkpoint)
                saved = time.monotonic()
        if checkpoint is not None:
            self._save(checkpoint)
        self.encoder.load_state_dict(self.network[0].state_dict())
        absorb_batch_statistics_(self.encoder)

    def _step(self) -> None:
        for group in self.optimizer.param_groups:
            group["lr"] = self.plan.rate(self.step)
        rows = torch.randperm(len(self.X), generator=self.generator)[: self.plan.batch_size]
        rows = rows.to(self.X.device)
        with torch.enable_grad(), global_generator(self.generator):
            predicted = self.network(self.X[rows]).squeeze(-1)
            loss = (predicted - self.y[rows]).square().mean()
            self.optimizer.zero_grad()
            loss.backward()
        self.optimizer.step()
        self.step += 1

    def _save(self, path: Path) -> None:
        tensors = training_tensors(_NETWORK, self.network, self.optimizer, self.generator)
        header = {"version": _VERSION, "step": self.step, "training": self.fingerprint}
        write_tensors(path, tensors, header)

    def _resume(self, path: Path) -> None:
        tensors, header = read_tensors(path, _WHAT, _VERSION)
        if header.get("training") != self.fingerprint:
            raise InvalidInputError(
                f"{path} is a checkpoint of another training (other rows, settings, seed or first weights); "
                "remove it, or name another file"
            )
        restore_training(_NETWORK, self.network, self.optimizer, self.generator, tensors)
        self.step = int(header["step"])


@torch.no_grad()
def absorb_batch_statistics_(module: nn.Module) -> None:
    """Move the running statistics of batch normalisations into their scales and shifts, in place.

    In evaluation mode the function is the same, and its parameters are all there is of it: the statistics
    are mean 0 and variance 1 then, as in a new layer.

    Args:
        module: any; normalisations without scale and shift are left alone.
    """
    for part in module.modules():
        if not isinstance(part, nn.modules.batchnorm._BatchNorm) or not part.affine:
            continue
        if part.running_mean is None or part.running_var is None:
            continue
        ratio = (part.running_var + part.eps).rsqrt()
        part.bias.sub_(part.weight * ratio * part.running_mean)
        part.weight.mul_(ratio * (1.0 + part.eps) ** 0.5)
        part.reset_running_stats()
