"""Makes a float network small: dynamic int8, per channel."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import onnx
from onnxruntime.quantization import QuantType, quantize_dynamic


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
    )
