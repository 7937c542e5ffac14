"""What a neural network costs on a chip, predicted before it is synthesised.

- `designs`: layers, designs, and tables of them
- `encoding`: 33 features a layer, as networks read them
- `targets`: logarithms of heavy-tailed costs, standardised
- `metrics`, `report`: how well costs are predicted, by target and cohort
- `transformer`, `graph_network`: networks over layers
- `aggregates`, `aggregate_network`: the baseline, sums and means over layers
- `layer_surrogate`: ensembles of them, with predictive uncertainty
- `analytic`: synthetic costs from formulas
- `fixed_point`, `search`: classifiers for a chip: their training, and the choice among them
- `verilog`, `synthesis`, `synthesis_table`: small quantised networks, and what Yosys makes of them
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from augury.lazy import lazy_attributes

if TYPE_CHECKING:
    from augury.hardware.analytic import analytic_costs as analytic_costs
    from augury.hardware.designs import Design as Design
    from augury.hardware.designs import Layer as Layer
    from augury.hardware.designs import layer_table as layer_table
    from augury.hardware.encoding import LayerEncoding as LayerEncoding
    from augury.hardware.layer_surrogate import LayerSurrogate as LayerSurrogate
    from augury.hardware.metrics import percent_error_quartiles as percent_error_quartiles
    from augury.hardware.metrics import r2 as r2
    from augury.hardware.metrics import rmse as rmse
    from augury.hardware.metrics import smape as smape
    from augury.hardware.report import benchmark_report as benchmark_report
    from augury.hardware.search import NetworkSearch as NetworkSearch
    from augury.hardware.targets import LogStandardize as LogStandardize

_ATTRIBUTES = {
    "Layer": "augury.hardware.designs",
    "Design": "augury.hardware.designs",
    "layer_table": "augury.hardware.designs",
    "LayerEncoding": "augury.hardware.encoding",
    "LayerSurrogate": "augury.hardware.layer_surrogate",
    "LogStandardize": "augury.hardware.targets",
    "NetworkSearch": "augury.hardware.search",
    "r2": "augury.hardware.metrics",
    "rmse": "augury.hardware.metrics",
    "smape": "augury.hardware.metrics",
    "percent_error_quartiles": "augury.hardware.metrics",
    "benchmark_report": "augury.hardware.report",
    "analytic_costs": "augury.hardware.analytic",
}

__all__ = sorted(_ATTRIBUTES)

__getattr__, __dir__ = lazy_attributes(__name__, _ATTRIBUTES)
