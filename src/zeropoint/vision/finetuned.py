"""Files of fine-tuned networks: integer codes and scales as an integer runtime would store them."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import cast

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from zeropoint.quant import QConfig, QParams, dequantize_affine, fold_batchnorm, quant_range, quantize_affine
from zeropoint.quant.operators import layer_of
from zeropoint.quant.ptq import insert_quantizers, sort_layers, weighted_layers
from zeropoint.quant.quantized_model import QUANTIZER_SUFFIX, ActivationQuantizer, QuantizedModel
from zeropoint.vision.models import ARCHITECTURES

INT32_MIN = -(2**31)
INT32_MAX = 2**31 - 1
ENDS = {"resnet20": ("conv1", "fc"), "mobilenet": ("stem", "fc")}  # the first and the last layer


@dataclass(frozen=True)
class Target:
    """What a network is fine-tuned for: bits of weights and activations, or float (the control).

    Attributes
    ----------
    network : str – one of ``models.ARCHITECTURES``
    weight_bits, activation_bits : int, 2 to 8
    ends_bits : int or None – bits of the first and the last layer, where they are to differ
    learn_step : bool – train the scales too (LSQ)
    floating : bool – quantize nothing: the control, with everything else equal

    Raises
    ------
    ValueError
        For a network or a number of bits that does not exist.

    Examples
    --------
    >>> Target("resnet20", 2, 4, ends_bits=8).stem, Target("mobilenet", floating=True).stem
    ('resnet20_w2a4_ends8', 'mobilenet_float')
    """

    network: str
    weight_bits: int = 4
    activation_bits: int = 4
    ends_bits: int | None = None
    learn_step: bool = True
    floating: bool = False

    def __post_init__(self) -> None:
        if self.network not in ARCHITECTURES:
            raise ValueError(
                f"There is no network called {self.network!r}: expected one of {', '.join(ARCHITECTURES)}."
            )
        for name, bits in (("weight_bits", self.weight_bits), ("activation_bits", self.activation_bits)):
            if not 2 <= bits <= 8:
                raise ValueError(f"{name} is {bits}: expected 2 to 8, codes are stored in a byte.")

    @property
    def stem(self) -> str:
        """The name of the run's files."""
        if self.floating:
            return f"{self.network}_float"
        ends = "" if self.ends_bits is None else f"_ends{self.ends_bits}"
        return f"{self.network}_w{self.weight_bits}a{self.activation_bits}{ends}{'' if self.learn_step else '_fixed'}"

    @property
    def config(self) -> QConfig:
        """Weights per channel; activation ranges, and those of weights whose scales are trained, by least error."""
        ends = {} if self.ends_bits is None else {name: self.ends_bits for name in ENDS[self.network]}
        return QConfig(
            weight_bits=self.weight_bits,
            activation_bits=self.activation_bits,
            weight_range="mse" if self.learn_step else "minmax",
            activation_range="mse",
            layer_bits=ends,
        )


def save(model: nn.Module, target: Target, folder: Path) -> Path:
    """Write what fine-tuning gave, ``<stem>.safetensors``; return its path.

    Parameters
    ----------
    model : QuantizedModel, or the folded float network of a control
        Weights are stored as int8 codes with a float32 scale a channel, whatever their bits; the rest as float32.
    """
    network = model.graph_module if isinstance(model, QuantizedModel) else model
    tensors = dict(network.state_dict())
    if isinstance(model, QuantizedModel):
        for name, qparams in model.weight_qparams.items():
            tensors[f"{name}.weight"] = quantize_affine(tensors[f"{name}.weight"], *qparams)  # int8
            tensors[f"{name}.weight_scale"] = qparams.scale
        tensors |= {f"{name}.bias_scale": qparams.scale for name, qparams in model.bias_qparams.items()}
        for name, quantizer in model.activation_quantizers().items():
            qparams = cast(QParams, quantizer.qparams)  # which every finished model has
            tensors[f"{name}.scale"] = qparams.scale
            tensors[f"{name}.zero_point"] = qparams.zero_point
    path = folder / f"{target.stem}.safetensors"
    folder.mkdir(parents=True, exist_ok=True)
    stored = {name: tensor.detach().clone(memory_format=torch.contiguous_format) for name, tensor in tensors.items()}
    save_file(stored, path, {"target": json.dumps(asdict(target))})
    return path


def load(path: Path) -> nn.Module:
    """Return the network of a file that :func:`save` has written, in evaluation mode.

    Returns
    -------
    QuantizedModel
        With the codes, scales and zero points of the file; for a control, the folded float network.

    Raises
    ------
    FileNotFoundError, ValueError
        When the file is missing, or is none of these.
    """
    target, tensors = _read(path)
    network = fold_batchnorm(ARCHITECTURES[target.network]().eval())
    if target.floating:
        network.load_state_dict(tensors)
        return network.eval()
    quantized = QuantizedModel(network, target.config)
    sort_layers(quantized)
    insert_quantizers(quantized, lambda bits: ActivationQuantizer(bits, target.config))
    for name, quantizer in quantized.activation_quantizers().items():
        qparams = _activation_grid(name, quantizer.bit_width, tensors)
        network.set_submodule(f"{name}{QUANTIZER_SUFFIX}", ActivationQuantizer.fixed(qparams, target.config))
    for name in weighted_layers(quantized):
        _put_weights(quantized, name, tensors)
    return quantized.eval()


def target_of(path: Path) -> Target:
    """Return what the network of a file was fine-tuned for; raises as :func:`load` does."""
    return _read(path)[0]


def _activation_grid(name: str, bit_width: int, tensors: dict[str, Tensor]) -> QParams:
    low, high = quant_range(bit_width, signed=False)
    return QParams(tensors[f"{name}.scale"], tensors[f"{name}.zero_point"].to(torch.int32), low, high)


def _put_weights(quantized: QuantizedModel, name: str, tensors: dict[str, Tensor]) -> None:
    """Give a layer its weights and bias, and the model what it knows about them."""
    weight_bits, _ = quantized.config.bits(name)
    low, high = quant_range(cast(int, weight_bits), signed=True, narrow_range=True)
    scale = tensors[f"{name}.weight_scale"]
    zero_point = torch.zeros(scale.shape, dtype=torch.int32)
    quantized.weight_qparams[name] = QParams(scale, zero_point, low, high)
    layer = layer_of(name, quantized.graph_module)
    layer.weight = nn.Parameter(dequantize_affine(tensors[f"{name}.weight"], scale, zero_point))
    layer.bias = nn.Parameter(tensors[f"{name}.bias"])
    if f"{name}.bias_scale" in tensors:
        zero_point = torch.zeros((), dtype=torch.int32)
        quantized.bias_qparams[name] = QParams(tensors[f"{name}.bias_scale"], zero_point, INT32_MIN, INT32_MAX)


def _read(path: Path) -> tuple[Target, dict[str, Tensor]]:
    if not path.is_file():
        raise FileNotFoundError(f"There is no file {path}: make it with 'zeropoint finetune'.")
    with safe_open(path, "pt") as stored:
        metadata = stored.metadata() or {}
        if "target" not in metadata:
            raise ValueError(f"{path} holds no fine-tuned network: expected a file that 'zeropoint finetune' wrote.")
        tensors = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118 – it cannot be iterated
    return Target(**json.loads(metadata["target"])), tensors
