import pytest
import torch

from augury.errors import InvalidInputError
from augury.hardware import Design, Layer, LayerEncoding, layer_table
from augury.hardware.designs import CODES, FIELDS, MISSING
from augury.hardware.encoding import NUM_FEATURES, NUM_GLOBALS

DENSE = Layer("QDense", (16,), (8,), prec=4, rf=2)
RELU = Layer("activation", (8,), (8,), prec=6, activation_type="relu")
CONV = Layer("QConv1D", (10, 3), (8, 4), prec=8, rf=1, filters=4, kernel_size=3, stride=1, padding="valid")
DESIGNS = [Design((DENSE, RELU)), Design((CONV,), strategy="resource", io_type="stream")]


def test_a_table_has_a_row_a_layer_and_missing_numbers_in_the_rest():
    table = layer_table(DESIGNS, max_layers=3)
    assert table.shape == (2, 3, 18)
    assert table[0, 0].tolist() == [16, -1, -1, 8, -1, -1, 4, 2, 0, 1, 0, -1, -1, -1, 0, -1, 0, 0]
    assert (table[0, 2] == MISSING).all()
    assert (table[1, 1:] == MISSING).all()


@pytest.mark.parametrize("logarithms", [True, False])
def test_numbers_are_scaled_by_the_layers_that_have_them_and_missing_ones_count_as_zero_before(logarithms):
    encoding = LayerEncoding.of(layer_table(DESIGNS, max_layers=4), logarithms=logarithms)
    features, mask, whole = encoding(layer_table(DESIGNS, max_layers=4))
    assert NUM_FEATURES == features.shape[-1] == 33
    assert NUM_GLOBALS == whole.shape[-1] == 4
    assert mask.tolist() == [[True, True, False, False], [True, False, False, False]]
    widths = torch.tensor([16.0, 8.0, 10.0], dtype=torch.float64)  # d_in1 of the three layers
    widths = widths.log() if logarithms else widths
    assert features[mask][:, 0].tolist() == pytest.approx(
        ((widths - widths.mean()) / widths.std(correction=0)).tolist()
    )
    reuse = FIELDS.index("rf")
    assert layer_table(DESIGNS)[0, 1, reuse] == MISSING
    # of 2 and 1, the mean is three deviations above 0, or their logarithms' one above that of 1
    assert float(features[0, 1, 7]) == pytest.approx(-1.0 if logarithms else -3.0)
    assert (features[~mask] == 0).all()


def test_names_are_one_hot():
    features, mask, whole = LayerEncoding.of(layer_table(DESIGNS))(layer_table(DESIGNS))
    kinds, activations, paddings = features[mask][:, 12:].split([12, 6, 3], dim=-1)
    assert kinds.argmax(dim=-1).tolist() == [1, 0, 2]
    assert activations.argmax(dim=-1).tolist() == [0, 2, 0]
    assert paddings.argmax(dim=-1).tolist() == [0, 0, 1]
    assert (features[mask][:, 12:].sum(dim=-1) == 3).all()
    assert whole.tolist() == [[1, 0, 1, 0], [0, 1, 0, 1]]


def test_padding_does_not_change_an_encoding():
    short, long = layer_table(DESIGNS), layer_table(DESIGNS, max_layers=6)
    torch.testing.assert_close(LayerEncoding.of(short).mean, LayerEncoding.of(long).mean)
    encoding = LayerEncoding.of(short)
    torch.testing.assert_close(encoding(short)[0], encoding(long)[0][:, :2])


@pytest.mark.parametrize("field", sorted(CODES))
def test_a_code_that_stands_for_nothing_is_refused_with_row_and_field(field):
    table = layer_table(DESIGNS)
    table[0, 1, FIELDS.index(field)] = 99.0
    with pytest.raises(InvalidInputError, match=f"layer 1 of design 0 has the {field} code 99"):
        LayerEncoding.of(table)


def test_designs_that_cannot_be_are_refused():
    with pytest.raises(InvalidInputError, match="QDense"):
        Layer("Dense", (4,), (4,))
    with pytest.raises(InvalidInputError, match="d_out"):
        Layer("QDense", (4,), ())
    with pytest.raises(InvalidInputError, match="at least one layer"):
        Design(())
    with pytest.raises(InvalidInputError, match="design 0 has 2 layers"):
        layer_table(DESIGNS, max_layers=1)
    with pytest.raises(InvalidInputError, match="layer 1 has 'width'"):
        Design.of(
            [{"layer_type": "QDense", "d_in": (4,), "d_out": (4,)}, {"layer_type": "QDense", "width": 3}]
        )
    table = layer_table(DESIGNS)
    with pytest.raises(InvalidInputError, match="design 1 has no layer"):
        LayerEncoding.of(torch.stack([table[0], torch.full_like(table[0], MISSING)]))
    with pytest.raises(InvalidInputError, match="after a row of none"):
        LayerEncoding.of(torch.cat([table, torch.full_like(table[:, :1], MISSING), table[:, :1]], dim=1))
