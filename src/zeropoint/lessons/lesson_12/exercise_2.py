"""Exercise 12.2: what small formats really take, and which of them four tensors should have."""

from __future__ import annotations

from zeropoint.course.spec import ChoiceField, Field, FieldsCheck

_OUT = 24
_IN = 40
_POSITIONS = 3 * 3
_WEIGHTS = _OUT * _IN * _POSITIONS  # 8,640
_MX_SCALES = _OUT * _POSITIONS * 2  # 40 channels are 32 + 8
_NV_SCALES = _OUT * _POSITIONS * 3  # 40 channels are 16 + 16 + 8
_NV_BYTES = _WEIGHTS // 2 + _NV_SCALES + 4
_FORMATS = ("INT8 per channel", "FP8", "MXFP4", "NVFP4", "float")
_REASONS = ("a", "b", "c", "d", "e")

_MXFP8_BITS = Field(
    name="mxfp8_bits",
    expected=8 + 8 * _MX_SCALES / _WEIGHTS,
    misconceptions=tuple(
        {
            8.25: "that holds for full blocks: 40 channels are a block of 32 and one of 8, and both have a scale.",
            8.2: "there are two blocks for 40 channels: one of 32 and one of 8.",
            8.0: "the scales of the blocks are stored as well.",
            8 + 32 * _MX_SCALES / _WEIGHTS: "a scale of MX takes 8 bits, not 32.",
            8 + _MX_SCALES / _WEIGHTS: "a scale takes 8 bits: one byte, not one bit.",
            4 + 8 * _MX_SCALES / _WEIGHTS: "an element of MXFP8 has 8 bits.",
        }.items()
    ),
    otherwise="all bits of the layer, scales included, divided by its 8,640 weights. How many blocks are there?",
)

_NVFP4_BYTES = Field(
    name="nvfp4_bytes",
    expected=_NV_BYTES,
    misconceptions=tuple(
        {
            _NV_BYTES - 4: "almost: the scale of the whole tensor is stored too, in FP32.",
            _WEIGHTS // 2: "those are the elements alone: every block has a scale of one byte.",
            _WEIGHTS * 9 // 16 + 4: "40 channels are two full blocks and one of 8: three scales, not 2.5.",
            _WEIGHTS // 2 + 4 * _NV_SCALES + 4: "a block's scale is FP8: it takes one byte, not four.",
            _WEIGHTS + _NV_SCALES + 4: "two elements of 4 bits share a byte.",
            _WEIGHTS // 2 + _NV_SCALES + 4 * _OUT: "the FP32 scale belongs to the tensor, not to each output channel.",
            8 * _NV_BYTES: "that is in bits: the brief asks for bytes.",
        }.items()
    ),
    otherwise="half a byte for each weight, a byte for each block, and four for the tensor.",
)

_MOST_FITTING = Field(
    name="most_layers",
    expected=1_000_000 // _NV_BYTES,
    misconceptions=tuple(
        {
            1_000_000 * 8 // (_WEIGHTS * 4): "that counts the elements only; each layer brings its scales.",
            1_000_000 // _NV_BYTES + 1: "one too many: round down, or the last layer does not fit.",
            2**20 // _NV_BYTES: "a megabyte of the brief has 1,000,000 bytes.",
            1_000_000 // _WEIGHTS: "an element takes half a byte.",
        }.items()
    ),
    otherwise="1,000,000 bytes divided by what one layer takes, and rounded down.",
)

_CAMERA = ChoiceField(
    name="camera",
    choices=_FORMATS,
    reasons=_REASONS,
    right=("INT8 per channel", "a"),
    messages=tuple(
        {
            ("NVFP4", None): "this processor multiplies no 4-bit floats: it would unpack them and compute in float.",
            ("MXFP4", None): "this processor multiplies no 4-bit floats: it would unpack them and compute in float.",
            (
                "FP8",
                None,
            ): "this processor has no arithmetic for FP8: it would compute in float, and gain nothing.",
            ("float", None): "float keeps the time that the brief wants to cut.",
            ("INT8 per channel", "b"): "the right format for a wrong reason: each channel has a scale of its own here.",
            ("INT8 per channel", "c"): "the right format for a wrong reason: four-bit formats take fewer bytes.",
            ("INT8 per channel", "d"): "the right format for a wrong reason: no budget of bits is named here.",
        }.items()
    ),
    otherwise="which numbers can this processor multiply?",
)

_OUTLIERS = ChoiceField(
    name="outliers",
    choices=_FORMATS,
    reasons=_REASONS,
    right=("FP8", "b"),
    messages=tuple(
        {
            ("INT8 per channel", None): (
                "an activation has one scale here: at a crest factor of 60 INT8 keeps 52.9 − 35.6 = 17 dB."
            ),
            ("NVFP4", None): "this accelerator has no scales for blocks, so it cannot read it.",
            ("MXFP4", None): "this accelerator has no scales for blocks, so it cannot read it.",
            ("float", None): "eight bits suffice: one of the formats keeps 30 dB whatever the crest factor.",
            ("FP8", "a"): "the right format for a wrong reason: the accelerator multiplies INT8 as well.",
            ("FP8", "c"): "the right format for a wrong reason: INT8 takes as many bytes.",
            ("FP8", "d"): "the right format for a wrong reason: no budget of bits is named here.",
        }.items()
    ),
    otherwise="one scale for the tensor, and a crest factor of 60: whose error does not depend on the largest value?",
)

_TIGHT = ChoiceField(
    name="tight",
    choices=_FORMATS,
    reasons=_REASONS,
    right=("MXFP4", "d"),
    messages=tuple(
        {
            ("NVFP4", None): "it takes 4.5 bits a weight, and there is room for 4.3.",
            ("INT8 per channel", None): "its codes alone take 8 bits, and there is room for 4.3.",
            ("FP8", None): "it takes 8 bits, and there is room for 4.3.",
            ("MXFP4", "c"): "the right format for a wrong reason: the fewest bytes are no demand, 4.3 bits are one.",
            ("MXFP4", "b"): "the right format for a wrong reason: every block has a scale of its own.",
            ("MXFP4", "a"): "the right format for a wrong reason: the card multiplies the other formats as well.",
            ("MXFP4", "e"): "the right format for a wrong reason: of those offered it has the lowest SQNR.",
        }.items()
    ),
    otherwise="which formats fit into 4.3 bits a weight, scales included?",
)

_CLOSE = ChoiceField(
    name="close",
    choices=_FORMATS,
    reasons=_REASONS,
    right=("NVFP4", "d"),
    messages=tuple(
        {
            ("MXFP4", None): "18.4 dB are less than the 20 that the brief asks for.",
            ("INT8 per channel", None): "its codes alone take 8 bits, and there is room for 4.6.",
            ("FP8", None): "it takes 8 bits, and there is room for 4.6.",
            ("NVFP4", "c"): "the right format for a wrong reason: MXFP4 takes fewer bytes.",
            ("NVFP4", "e"): "the right format for a wrong reason: INT8 and FP8 have a higher SQNR.",
            ("NVFP4", "a"): "the right format for a wrong reason: the card multiplies the other formats as well.",
            ("NVFP4", "b"): "the right format for a wrong reason: every block has a scale of its own.",
        }.items()
    ),
    otherwise="which formats fit into 4.6 bits and reach 20 dB?",
)

CHECK = FieldsCheck(
    fields=(_MXFP8_BITS, _NVFP4_BYTES, _MOST_FITTING, _CAMERA, _OUTLIERS, _TIGHT, _CLOSE),
    hints=(
        "How many blocks does one position of one filter have along its 40 input channels? And for each choice: what "
        "can the device multiply at all?",
        "A short block has a whole scale. There are 24 · 9 = 216 runs of 40 channels. For the choices strike out what "
        "the device cannot read, then what does not fit, then what is not good enough: one format is left.",
        "MX: 216 · 2 scales, so 8 + 8 · 432 / 8,640. NVFP4: 8,640 / 2 + 216 · 3 + 4 bytes. For outliers compare 52.9 − "
        "20 · log10(60) with the 31 dB of E4M3; for the card compare 4.25 and 4.5 bits with the room.",
    ),
    praise="Counted as a file counts, and chosen by what the device reads, what fits, and what is good enough.",
)
