"""Networks trained side by side, each on all folds of the designs but one."""

from __future__ import annotations

from collections.abc import Callable
from typing import final

import torch
from torch import Tensor, nn
from torch.func import functional_call

from augury.inference.base import Progress
from augury.inference.map_training import adam

_LOG_VARIANCES = (-10.0, 4.0)
_BLOCK = 2048  # designs at a time in prediction
#: Features of layers, their mask, features of whole designs.
Inputs = tuple[Tensor, Tensor, Tensor]


@final
class NetworkEnsemble:
    """Members of one architecture that predict mean and log variance of standardised targets.

    They are trained on minibatches by the normal law's negative log density, in single precision.

    Args:
        network: makes a member, with `2 m` outputs.
        num_members: how many.
        seed: of their first weights.
    """

    def __init__(self, network: Callable[[], nn.Module], num_members: int, seed: int) -> None:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            members = [network() for _ in range(num_members)]
        self.initial = torch.stack(
            [nn.utils.parameters_to_vector(member.parameters()).detach() for member in members]
        )
        self._module = members[0].train()  # without dropout the same function as in evaluation
        self._names = [name for name, _ in self._module.named_parameters()]
        self._shapes = [parameter.shape for parameter in self._module.parameters()]

    def train(
        self,
        inputs: Inputs,
        targets: Tensor,
        left_out: Tensor,
        *,
        num_steps: int,
        batch_size: int,
        lr: float,
        seed: int,
        progress: Progress | None = None,
    ) -> Tensor:
        """Weights of all members, `S x D`.

        Args:
            inputs: of `n` designs.
            targets: `n x m`, standardised.
            left_out: `n`, which member does not see a design.
            num_steps: of Adam.
            batch_size: designs of each member in a step.
            lr: the first step size.
            seed: of the batches.
            progress: called after each step.
        """
        generator = torch.Generator().manual_seed(seed)
        inputs, targets = _single(inputs), targets.float()
        seen = [(left_out != member).nonzero().squeeze(-1) for member in range(len(self.initial))]

        def gradient(theta: Tensor) -> Tensor:
            theta = theta.detach().requires_grad_()
            loss = torch.zeros(())
            for weights, rows in zip(theta, seen, strict=True):
                batch = rows[torch.randint(len(rows), (min(batch_size, len(rows)),), generator=generator)]
                features, mask, whole = (part[batch] for part in inputs)
                mean, log_variance = self._outputs(weights, (features, mask, whole))
                error = (targets[batch] - mean).square() * torch.exp(-log_variance)
                loss = loss + 0.5 * (error + log_variance).mean()
            return torch.autograd.grad(loss, theta)[0]

        def report(step: int) -> None:
            if progress is not None:
                progress(step, num_steps, "training")

        return adam(gradient, self.initial, steps=num_steps, lr=lr, after_step=report)

    @torch.no_grad()
    def predict(self, weights: Tensor, inputs: Inputs) -> tuple[Tensor, Tensor]:
        """Means and variances of standardised targets, `S x b x m` each in double precision.

        Args:
            weights: `S x D`.
            inputs: of `b` designs.
        """
        length = inputs[1].sum(dim=1)
        order = length.argsort()
        blocks = []
        for rows in order.split(_BLOCK):
            longest = int(length[rows].max())  # designs of like length side by side: little padding
            features, mask, whole = _single((inputs[0][rows], inputs[1][rows], inputs[2][rows]))
            block = (features[:, :longest], mask[:, :longest], whole)
            blocks.append([self._outputs(member, block) for member in weights])
        back = order.argsort()
        mean = torch.cat([torch.stack([pair[0] for pair in block]) for block in blocks], dim=1)
        log_variance = torch.cat([torch.stack([pair[1] for pair in block]) for block in blocks], dim=1)
        return mean[:, back].double(), log_variance[:, back].double().exp()

    def _outputs(self, weights: Tensor, inputs: Inputs) -> tuple[Tensor, Tensor]:
        pieces = weights.split([shape.numel() for shape in self._shapes])
        parameters = {
            name: piece.reshape(shape)
            for name, piece, shape in zip(self._names, pieces, self._shapes, strict=True)
        }
        mean, log_variance = functional_call(self._module, parameters, inputs).chunk(2, dim=-1)
        return mean, log_variance.clamp(*_LOG_VARIANCES)


def _single(inputs: Inputs) -> Inputs:
    features, mask, whole = inputs
    return features.float(), mask, whole.float()
