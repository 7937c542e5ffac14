import pytest
import torch

from augury.hardware.aggregates import AGGREGATES, AggregateEncoding, aggregate_features
from augury.hardware.designs import Design, layer_table


def _of(*layers, **settings):
    design = Design.of(layers, **settings)
    return dict(
        zip(AGGREGATES, aggregate_features(layer_table([design], max_layers=6))[0].tolist(), strict=True)
    )


DENSE = {"layer_type": "QDense", "d_in": (4,), "d_out": (8,), "prec": 4, "rf": 2}
RELU = {
    "layer_type": "activation",
    "d_in": (8,),
    "d_out": (8,),
    "prec": 4,
    "rf": 1,
    "activation_type": "relu",
}
LAST = {"layer_type": "QDense", "d_in": (8,), "d_out": (3,), "prec": 6, "rf": 1}


def test_a_dense_chain_by_hand():
    found = _of(DENSE, RELU, LAST)
    expected = {
        "number of QDense": 2.0,
        "number of activation": 1.0,
        "mean inputs": 6.0,
        "mean outputs": 5.5,
        "mean parameters": 28.0,
        "mean reuse": 1.5,
        "mean bits": 5.0,
        "total multiplications": 56.0,
        "total rectifications": 8.0,
    }
    assert {name: value for name, value in found.items() if value} == expected


@pytest.mark.parametrize(
    ("kind", "parameters"),
    [("QConv2D", 9 * 3 * 16), ("QSepConv2D", 9 * 3 + 3 * 16), ("QDWConv2D", 9 * 3)],
)
def test_convolutions_multiply_at_each_place(kind, parameters):
    filters = 3 if kind == "QDWConv2D" else 16
    layer = {"layer_type": kind, "d_in": (8, 8, 3), "d_out": (6, 6, filters), "filters": filters}
    found = _of({**layer, "kernel_size": 3, "stride": 1, "padding": "valid", "prec": 8, "rf": 1})
    assert found["mean parameters"] == parameters
    assert found["total multiplications"] == parameters * 36


def test_softmax_is_looked_up_and_pooling_has_no_weights():
    pool = {"layer_type": "MaxPool", "d_in": (8, 4), "d_out": (4, 4), "pooling": 2}
    found = _of(pool, {**RELU, "activation_type": "softmax", "d_out": (5,)})
    assert found["total lookups"] == 5.0
    assert found["total multiplications"] == found["mean inputs"] == found["total rectifications"] == 0.0


def test_order_is_not_seen_and_padding_changes_nothing():
    designs = [Design.of(layers) for layers in ([DENSE, RELU, LAST], [LAST, DENSE, RELU])]
    encoding = AggregateEncoding.of(layer_table(designs))
    features, mask, whole = encoding(layer_table(designs, max_layers=5))
    assert features.shape == (2, 1, len(AGGREGATES))
    assert mask.all()
    assert whole.shape == (2, 4)
    torch.testing.assert_close(features[0], features[1])
    torch.testing.assert_close(features, encoding(layer_table(designs))[0])
