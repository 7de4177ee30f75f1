"""Reads shipped int8 weights back into floats, so that training can go on from them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import NodeProto, numpy_helper
from torch import Tensor

_PRODUCTS = ("MatMulInteger", "MatMul")
_BETWEEN = ("Cast", "Mul")
"""What quantisation puts between a product of integers and the bias that is added to it."""
_QUANTIZED = "_quantized"

Arrays = Mapping[str, NDArray[np.generic]]


def read_floats(model: Path, prefix: str = "") -> dict[str, Tensor]:
    """Answer the weights in an ONNX file that ``shrink`` wrote, by their names in the network.

    Tables keep their names in the file. A layer's matrix loses its own there, and is found by the
    bias that is added to its product; so each layer must have one.

    Args:
        model: The ONNX file.
        prefix: Taken off the names, which begin with it.
    """
    graph = onnx.load(model).graph
    arrays = {one.name: numpy_helper.to_array(one) for one in graph.initializer}
    named = dict(_tables(arrays)) | dict(_matrices(list(graph.node), arrays))
    return {
        name.removeprefix(prefix): torch.from_numpy(np.array(array, dtype=np.float32))
        for name, array in named.items()
    }


def _tables(arrays: Arrays) -> Iterator[tuple[str, NDArray[np.generic]]]:
    for name, array in arrays.items():
        bare = name.removesuffix(_QUANTIZED)
        if bare.endswith(".weight") or bare.endswith(".bias"):
            yield bare, _floats(bare, arrays) if bare != name else array


def _matrices(nodes: list[NodeProto], arrays: Arrays) -> Iterator[tuple[str, NDArray[np.generic]]]:
    makers = {output: node for node in nodes for output in node.output}
    for node in nodes:
        biases = [name for name in node.input if name in arrays and name.endswith(".bias")]
        others = [name for name in node.input if name not in arrays]
        if node.op_type != "Add" or len(biases) != 1 or len(others) != 1:
            continue
        product = _product(others[0], makers)
        if product is not None:
            weight = product.input[1].removesuffix(_QUANTIZED)
            yield biases[0].removesuffix("bias") + "weight", _floats(weight, arrays).T


def _product(value: str, makers: Mapping[str, NodeProto]) -> NodeProto | None:
    node = makers.get(value)
    while node is not None and node.op_type in _BETWEEN:
        node = makers.get(node.input[0])
    return node if node is not None and node.op_type in _PRODUCTS else None


def _floats(name: str, arrays: Arrays) -> NDArray[np.float32]:
    if name in arrays:
        return arrays[name].astype(np.float32)
    whole, zero = (arrays[name + end].astype(np.float32) for end in (_QUANTIZED, "_zero_point"))
    answer: NDArray[np.float32] = (whole - zero) * arrays[name + "_scale"].astype(np.float32)
    return answer
