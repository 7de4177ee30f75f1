"""Makes a float network small: dynamic int8, per channel."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import onnx
from onnxruntime.quantization import QuantType, quantize_dynamic

WORST = 0.01
"""Most that a metric may lose by int8."""


def shrink(full: Path, out: Path, keep_float: Sequence[str] = ()) -> None:
    """Write an int8 copy of the ONNX file ``full`` to ``out``.

    Args:
        full: The float network.
        out: Where the small one goes.
        keep_float: Nodes with one of these in their names stay float.
    """
    # Seven-bit weights: on processors without VNNI, eight-bit products would overflow silently.
    quantize_dynamic(
        full,
        out,
        per_channel=True,
        reduce_range=True,
        weight_type=QuantType.QInt8,
        nodes_to_exclude=[
            node.name
            for node in onnx.load(full).graph.node
            if any(part in node.name for part in keep_float)
        ],
        # It cannot infer what an operator of ONNX Runtime's own answers.
        extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT},
    )


def check_loss(full: Mapping[str, float], small: Mapping[str, float]) -> str:
    """Answer both rows of metrics as JSON.

    Raises:
        SystemExit: int8 loses more than ``WORST`` of a metric.
    """
    worst = max(full, key=lambda key: full[key] - small[key])
    loss = full[worst] - small[worst]
    if loss > WORST:
        raise SystemExit(f"int8 loses {loss:.4f} of {worst}, more than {WORST}")
    rows = {"float": full, "int8": small}
    rounded = {name: {k: round(v, 4) for k, v in row.items()} for name, row in rows.items()}
    return json.dumps(rounded, indent=2)
