"""Is INT8 really running? What a runtime executed for each layer: which kernel, in which precision, for how long."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from zeropoint.deploy.onnx_graph import CLIP
from zeropoint.deploy.packages import needed
from zeropoint.deploy.runtimes import Session, open_session

if TYPE_CHECKING:
    import pandas

INT8 = "INT8"
FP32 = "FP32"
CONVERSION = "conversion"
COLUMNS = ("layer", "kernel", "precision", "time share", "fused")
_CONVERSIONS = {
    *("QuantizeLinear", "DequantizeLinear", "Transpose", "Cast", "ReorderInput", "ReorderOutput"),  # ONNX Runtime
    *("Reorder", "Convert", "FakeQuantize", "Quantize"),  # OpenVINO
}
_INTEGERS = {"uint8", "int8", "u8", "i8"}
_PAIR = ("QuantizeLinear", "DequantizeLinear")
# ONNX Runtime appends these to the names of what it changes.
_SUFFIXES = re.compile(r"(_kernel_time|_token_\d+|_nchwc|/duplicated\S*)+$")


class _Kernel(NamedTuple):
    """One executed operation: names that lead to its layers, its kind, the types that it reads, microseconds."""

    names: tuple[str, ...]
    kind: str
    types: frozenset[str]
    microseconds: float


def executed_kernels(session: Session, *, runs: int = 10) -> pandas.DataFrame:
    """Return what the runtime executes for one image.

    The session's file is opened once more with profiling, so that the session itself is not slowed.

    Parameters
    ----------
    session : Session
    runs : int – calls of which the median time counts, after one that is not timed

    Returns
    -------
    DataFrame, one row an executed operation, in the order of execution

        ``layer`` – of the network, or the operation's own name where a runtime inserted it;
        ``kernel`` – the operation as run, e.g. QLinearConv;
        ``precision`` – "INT8", "FP32", or "conversion" for what only changes type or layout, and for what the
        runtime has inserted on its own;
        ``time share`` – of all operations together, 0 … 1;
        ``fused`` – further layers that this kernel computes, as far as the runtime tells.

    Raises
    ------
    ValueError
        For fewer runs than one.

    Notes
    -----
    ONNX Runtime tells what it ran in its profile (``end_profiling``), OpenVINO in its execution graph
    (``get_runtime_model``). A ReLU has no row: it became part of the kernel before it.
    """
    import pandas

    if runs < 1:
        raise ValueError(f"runs is {runs}: expected 1 or more.")
    layers = _Layers(session.path)
    profiled = open_session(session.path, session.runtime, threads=session.threads, profile=True)
    image = np.zeros((1, *layers.input_shape), np.float32)
    profile = _onnxruntime if session.runtime == "onnxruntime" else _openvino
    kernels = list(profile(profiled, image, runs))
    total = sum(kernel.microseconds for kernel in kernels) or 1.0
    rows = []
    for kernel in kernels:
        found = layers.of(kernel)
        first, *others = [node.name for node in found] or kernel.names[:1]
        share = kernel.microseconds / total
        rows.append((first, kernel.kind, _precision(kernel, found), share, ", ".join(others)))
    return pandas.DataFrame(rows, columns=list(COLUMNS))


def fallbacks(kernels: pandas.DataFrame) -> list[str]:
    """Return the layers that ran in float, in the order of execution.

    Parameters
    ----------
    kernels : DataFrame – of :func:`executed_kernels`, or any with the columns ``layer`` and ``precision``
    """
    return list(dict.fromkeys(kernels.loc[kernels["precision"] == FP32, "layer"]))


def _precision(kernel: _Kernel, layers: list[Any]) -> str:
    if kernel.kind in _CONVERSIONS or all(map(_rounds, layers)):  # the latter also for what a runtime has inserted
        return CONVERSION
    return INT8 if kernel.types & _INTEGERS else FP32


def _rounds(node: Any) -> bool:
    """Return whether a node is part of a quantizer."""
    return node.op_type in _PAIR or node.name.endswith(CLIP)


class _Layers:
    """The layers of a file by every name that a runtime may use for them."""

    def __init__(self, path: Path):
        graph = needed("onnx").load(str(path), load_external_data=False).graph
        self.input_shape = [d.dim_value for d in graph.input[0].type.tensor_type.shape.dim][1:]
        self.makers = {node.output[0]: node for node in graph.node}
        self.nodes = {node.name: node for node in graph.node} | self.makers
        self.order = {node.name: i for i, node in enumerate(graph.node)}

    def of(self, kernel: _Kernel) -> list[Any]:
        """Return the nodes of the layers that a kernel computes, in the network's order; none for an inserted one."""
        found = [self.nodes[name] for name in map(self._known, kernel.names) if name]
        layers = [node for node in found if not _rounds(node)] or found
        if len(layers) == 1 and kernel.kind not in _CONVERSIONS:
            layers = [self._source(layers[0], kernel.kind.removeprefix("QLinear"))]
        return sorted({node.name: node for node in layers}.values(), key=lambda node: self.order[node.name])

    def _known(self, name: str) -> str | None:
        """Return the part of a name that the file has: runtimes append to it."""
        for part in (name, _SUFFIXES.sub("", name), name.split("/")[0]):
            if part in self.nodes:
                return part
        return None

    def _source(self, node: Any, kind: str) -> Any:
        """Walk back from a ReLU that a kernel absorbed to the layer that it is called after."""
        before = node
        while before is not None and before.op_type in ("Relu", "Clip", "Add", *_PAIR):
            if before.op_type == kind:
                return before
            before = self.makers.get(before.input[0])
        return before if before is not None and before.op_type == kind else node


def _onnxruntime(session: Session, image: np.ndarray, runs: int) -> Iterator[_Kernel]:
    for _ in range(runs + 1):
        session.run(image)
    file = Path(session.native.end_profiling())
    events = [event for event in json.loads(file.read_text(encoding="utf-8")) if event.get("cat") == "Node"]
    file.unlink()
    file.parent.rmdir()
    calls: dict[str, list[dict]] = {}
    for event in events:
        if event["name"].endswith("_kernel_time"):
            calls.setdefault(event["name"], []).append(event)
    for name, found in calls.items():
        told = found[0]["args"]
        types = frozenset(kind for entry in told["input_type_shape"] for kind in entry)
        shown = _SUFFIXES.sub("", name)
        yield _Kernel((shown,), told["op_name"], types, median(event["dur"] for event in found[1:]))


def _openvino(session: Session, image: np.ndarray, runs: int) -> Iterator[_Kernel]:
    session.run(image)
    request = session.native[1]
    times: dict[str, list[float]] = {}
    for _ in range(runs):
        session.run(image)
        for entry in request.get_profiling_info():
            if "NOT_RUN" not in str(entry.status):
                times.setdefault(entry.node_name, []).append(entry.real_time.total_seconds() * 1e6)
    for operation in request.get_compiled_model().get_runtime_model().get_ordered_ops():
        told = operation.get_rt_info()
        name = operation.get_friendly_name()
        kind = told["layerType"].astype(str)
        if name in times and kind not in ("Input", "Output", "Const"):
            origins = told["originalLayersNames"].astype(str).split(",")
            names = tuple(filter(None, origins)) or (name,)
            yield _Kernel(names, kind, frozenset({told["runtimePrecision"].astype(str)}), median(times[name]))
