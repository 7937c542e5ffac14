import pytest
import torch

from augury.errors import InvalidInputError
from augury.hardware.aggregate_network import AggregateNetwork
from augury.hardware.graph_network import GraphAttention, LayerGraphNetwork
from augury.hardware.transformer import LayerTransformer


def _transformer():
    return LayerTransformer(3, max_layers=8, d_model=8, num_heads=2)


NETWORKS = [_transformer, lambda: LayerGraphNetwork(3, hidden=4, num_heads=2)]


@pytest.fixture(params=range(2))
def network(request):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(request.param)
        return NETWORKS[request.param]().double()


def _designs(length, padding=0):
    generator = torch.Generator().manual_seed(1)
    features = torch.randn(5, length, 33, generator=generator, dtype=torch.float64)
    features = torch.cat([features, torch.zeros(5, padding, 33, dtype=torch.float64)], dim=1)
    mask = torch.arange(length + padding).expand(5, -1) < length
    return features, mask, torch.eye(5, 4, dtype=torch.float64)


def test_padding_changes_nothing(network):
    torch.testing.assert_close(network(*_designs(3)), network(*_designs(3, padding=4)))


def test_designs_do_not_hear_each_other(network):
    features, mask, whole = _designs(3, padding=1)
    torch.testing.assert_close(
        network(features, mask, whole)[2:3], network(features[2:3], mask[2:3], whole[2:3])
    )


def test_the_order_of_layers_matters(network):
    features, mask, whole = _designs(3)
    assert (network(features, mask, whole) - network(features.flip(1), mask, whole)).abs().max() > 1e-3


def test_aggregates_and_whole_designs_are_read():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = AggregateNetwork(3, d_in=5)
    features, whole = torch.randn(2, 1, 5, generator=torch.Generator().manual_seed(1)), torch.eye(2, 4)
    outputs = network(features, torch.ones(2, 1, dtype=torch.bool), whole)
    assert outputs.shape == (2, 3)
    others = network(features, torch.ones(2, 1, dtype=torch.bool), whole.flip(0))
    assert (outputs - others).abs().min() > 1e-4


def test_every_parameter_has_a_gradient(network):
    network(*_designs(3, padding=2)).square().sum().backward()
    for name, parameter in network.named_parameters():
        assert torch.isfinite(parameter.grad).all(), name
        assert parameter.grad.abs().sum() > 0, name


def test_encoder_layers_start_with_weights_of_their_own():
    first, second = _transformer().blocks
    assert not torch.equal(first.linear1.weight, second.linear1.weight)
    assert not torch.equal(first.self_attn.in_proj_weight, second.self_attn.in_proj_weight)


def test_attention_is_the_formula():
    layer = GraphAttention(3, 2, 1).double()
    X = torch.randn(1, 2, 3, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    neighbours = torch.tensor([[0, 1], [0, 1]])
    heard = torch.tensor([[True, False], [True, True]])
    s, t = layer.source(X)[0].detach(), layer.target(X)[0].detach()
    logit = [
        float(layer.attention[0].detach() @ torch.nn.functional.leaky_relu(s[j] + t[1], 0.2)) for j in (0, 1)
    ]
    alpha = torch.tensor(logit, dtype=torch.float64).softmax(0)
    expected = torch.stack([s[0], alpha[0] * s[0] + alpha[1] * s[1]])
    torch.testing.assert_close(layer(X, neighbours, heard)[0], expected)


def test_a_width_that_heads_do_not_divide_is_refused():
    with pytest.raises(InvalidInputError, match="multiple"):
        LayerTransformer(1, max_layers=3, d_model=10, num_heads=4)
