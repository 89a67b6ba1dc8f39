"""One convolution in an ONNX file, its weights stored in a small format: what a runtime makes of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

OPSETS = {"INT8": 21, "FLOAT8E4M3FN": 21, "INT4": 21, "FLOAT4E2M1": 23, "INT2": 25}
_CHANNELS = 64
_BLOCK = 16
_SIDE = 8


def write_conv(path: Path, kind: str) -> Path:
    """Write a 1 × 1 convolution whose weights are stored in a type of ONNX, with a float scale for 16 of them.

    Parameters
    ----------
    path : where to write
    kind : one of :data:`OPSETS`, which says for each type the version of ONNX's operators that knows it

    Returns
    -------
    Path – of the file; its input is ``images``, float32 of shape (N, 64, 8, 8)
    """
    from onnx import TensorProto, checker, helper, numpy_helper, save

    dtype = helper.tensor_dtype_to_np_dtype(getattr(TensorProto, kind))
    codes = np.random.default_rng(12).integers(-1, 2, (_CHANNELS, _CHANNELS, 1, 1))  # −1, 0 and 1: every type has them
    weights = numpy_helper.from_array(codes.astype(np.float32).astype(dtype), "codes")
    scales = np.full((_CHANNELS, _CHANNELS // _BLOCK, 1, 1), 0.5, np.float32)
    nodes = [
        helper.make_node("DequantizeLinear", ["codes", "scales"], ["weights"], "dequantize", axis=1, block_size=_BLOCK),
        helper.make_node("Conv", ["images", "weights"], ["features"], "conv"),
    ]
    shape = ["N", _CHANNELS, _SIDE, _SIDE]
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name in ("images", "features")]
    graph = helper.make_graph(nodes, "stored", ends[:1], ends[1:], [weights, numpy_helper.from_array(scales, "scales")])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSETS[kind])])
    checker.check_model(model)
    save(model, str(path))
    return path
