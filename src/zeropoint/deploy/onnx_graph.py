"""The ONNX file under construction: nodes, stored tensors, and the checks before it is written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from zeropoint.deploy.packages import needed

IR_VERSION = 10  # of opset 21
CLIP = ".clip"  # ends the name of what keeps an activation within codes narrower than their type


class OnnxGraph:
    """Nodes and initializers in the order of computation.

    Attributes
    ----------
    nodes : list of NodeProto
    initializers : dict – name → TensorProto
    values : dict – free for the writer: what was written already, under which name
    output_shape : tuple – of the result, without the batch
    """

    def __init__(self) -> None:
        self._onnx = needed("onnx")
        self.nodes: list[Any] = []
        self.initializers: dict[str, Any] = {}
        self.values: dict[str, str] = {}
        self.output_shape: tuple[int, ...] = ()

    def constant(self, name: str, value: npt.ArrayLike, dtype: str | None = None) -> str:
        """Store an array under a name; ``dtype`` is an ONNX type such as "INT4", by default that of the array."""
        array = np.asarray(value, order="C")  # unlike np.ascontiguousarray this leaves a scalar without dimensions
        if dtype is not None:
            kind = getattr(self._onnx.TensorProto, dtype)
            array = array.astype(self._onnx.helper.tensor_dtype_to_np_dtype(kind)).reshape(array.shape)
        self.initializers[name] = self._onnx.numpy_helper.from_array(array, name)
        return name

    def add(self, op_type: str, inputs: list[str], output: str, *, name: str | None = None, **attributes: Any) -> str:
        """Append a node with one output; its name is that of the output unless given, or taken. Return the output."""
        taken = any(node.name == name for node in self.nodes)
        if name is None or taken:
            name = output
        self.nodes.append(self._onnx.helper.make_node(op_type, inputs, [output], name=name, **attributes))
        return output

    def rename(self, old: str, new: str) -> None:
        """Call a tensor otherwise, wherever it is written or read."""
        for node in self.nodes:
            for names in (node.input, node.output):
                for i, found in enumerate(names):
                    if found == old:
                        names[i] = new


def check_and_save(graph: OnnxGraph, path: Path, opset: int, source: tuple[str, tuple[int, ...]], output: str) -> Path:
    """Infer every shape, check the model in full, and write it; return the path."""
    onnx = needed("onnx")
    name, shape = source
    describe = onnx.helper.make_tensor_value_info
    inputs = [describe(name, onnx.TensorProto.FLOAT, ["N", *shape])]
    outputs = [describe(output, onnx.TensorProto.FLOAT, ["N", *graph.output_shape])]
    body = onnx.helper.make_graph(graph.nodes, "zeropoint", inputs, outputs, list(graph.initializers.values()))
    opsets = [onnx.helper.make_opsetid("", opset)]
    model = onnx.helper.make_model(body, opset_imports=opsets, ir_version=IR_VERSION, producer_name="zeropoint")
    inferred = onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True)
    onnx.checker.check_model(inferred, full_check=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(inferred, str(path))
    return path
