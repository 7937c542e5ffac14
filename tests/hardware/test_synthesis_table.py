import pytest

from augury.errors import InvalidInputError
from augury.hardware.synthesis_table import drawn_networks, read_table, write_table


def _counts(network):
    return (sum(network.widths), network.bits, 0, network.seed, network.cycles, network.initiation_interval)


def test_drawn_networks_differ_and_fewer_are_the_first_of_more():
    networks = drawn_networks(40)
    assert len({(network.widths, network.bits, network.reuse) for network in networks}) == 40
    assert drawn_networks(10) == networks[:10]


def test_a_table_is_read_as_written_and_gone_on_with(tmp_path):
    networks, path = drawn_networks(6), tmp_path / "table.csv"
    write_table(path, networks[:2], make=_counts)
    made = []
    write_table(path, networks, make=lambda network: made.append(network) or _counts(network))
    assert made == networks[2:]
    assert read_table(path) == [(network, _counts(network)) for network in networks]


def test_what_is_done_before_a_failure_is_kept(tmp_path):
    networks, path = drawn_networks(3), tmp_path / "table.csv"

    def fail(network):
        if network == networks[2]:
            raise KeyboardInterrupt
        return _counts(network)

    with pytest.raises(KeyboardInterrupt):
        write_table(path, networks, make=fail)
    assert [network for network, _ in read_table(path)] == networks[:2]


def test_a_table_with_other_columns_is_refused(tmp_path):
    (tmp_path / "table.csv").write_text("a,b\n1,2\n")
    with pytest.raises(InvalidInputError, match="widths"):
        read_table(tmp_path / "table.csv")
