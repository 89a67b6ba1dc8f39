"""Exercise 05.4: what scales cost in bytes, and which granularity a target can multiply with."""

from __future__ import annotations

from functools import partial

from zeropoint.course.spec import ChoiceField, Field, FieldsCheck

_choice = partial(ChoiceField, choices=("per-tensor", "per-channel", "per-group"), reasons=("a", "b", "c", "d"))

BYTES = (
    Field(
        "per_tensor_bytes",
        16,
        misconceptions=((4, "that is the number of scales; each of them is a float32."),),
        otherwise="one scale per layer, 4 bytes each.",
    ),
    Field(
        "per_channel_bytes",
        552,
        misconceptions=(
            (138, "that is the number of scales; each of them is a float32."),
            (400, "you counted input channels: the scales lie along axis 0, the output channels."),
            (424, "the depthwise layer has 32 output channels as well, each with a scale."),
        ),
        otherwise="one scale for each output channel, 4 bytes each; the bias costs the same in all schemes.",
    ),
    Field(
        "per_group_bytes",
        928,
        misconceptions=(
            (232, "that is the number of scales; each of them is a float32."),
            (672, "stem and depthwise keep one scale for each output channel, and those have to be stored too."),
            (640, "a row of fc has 64 weights, four groups of 16, not one."),
            (376, "every output channel has groups of its own: 64 · 2 scales in pointwise, not 2."),
        ),
        otherwise="stem and depthwise as per-channel; pointwise and fc have out · in / 16 scales.",
    ),
    Field(
        "bits_a_weight",
        4.5,
        misconceptions=(
            (5, "that would be a float32 scale; a float16 has 16 bits for 32 weights."),
            (4.0625, "2 bytes are 16 bits: 16 / 32, not 2 / 32."),
            (20, "the 16 bits of the scale are shared by the 32 weights of the group."),
            (0.5, "that is the share of the scale alone; add the code's own bits."),
        ),
        otherwise="the bits of the code plus the scale's bits shared by the group.",
        tolerance=1e-6,
    ),
)

TARGETS = (
    _choice(
        name="npu",
        right=("per-channel", "a"),
        messages=(
            (("per-channel", None), "the choice is right; which reason says why it costs no multiplication more?"),
            (("per-tensor", None), "the multiplier for each output channel is there: use it, above all depthwise."),
            (("per-group", None), "one multiplier for each output channel cannot rescale parts of its sum."),
        ),
        otherwise="how many factors can this hardware apply to one output channel?",
    ),
    _choice(
        name="dsp",
        right=("per-tensor", "b"),
        messages=(
            (("per-tensor", None), "the choice is right; what is it about this hardware that leaves no other?"),
            (
                ("per-channel", None),
                "finer would be better, but it has a single multiplier for the layer: the converter will refuse, "
                "or fall back to float without telling you.",
            ),
            (("per-group", None), "it has a single multiplier for the whole layer: nothing finer runs there."),
        ),
        otherwise="what does this hardware multiply the sums of a layer with?",
    ),
    _choice(
        name="language_model",
        right=("per-group", "c"),
        messages=(
            (("per-group", None), "the choice is right; which reason says why groups are possible *here*?"),
            (
                ("per-channel", None),
                "with 4 bits and rows of 4,096 weights, one outlier decides the step of a whole row, and this "
                "kernel offers you finer scales.",
            ),
            (("per-tensor", None), "4 bits, and one step for millions of weights? The kernel offers much finer."),
        ),
        otherwise="what does the kernel do with the codes before it multiplies?",
    ),
    _choice(
        name="activations",
        right=("per-tensor", "d"),
        messages=(
            (("per-tensor", None), "the choice is right; what happens to the sum with a scale per input channel?"),
            (
                ("per-channel", None),
                "the channels of an activation are the *input* channels of the next layer: its integer sum runs "
                "over them, and a factor that differs from product to product cannot be taken out.",
            ),
            (("per-group", None), "the integer sum runs over all input channels: groups of them are no better."),
        ),
        otherwise="over which index does the next layer's sum run?",
    ),
)

CHECK = FieldsCheck(
    fields=(*BYTES, *TARGETS),
    hints=(
        "How many scales has each layer, in each scheme? And how many bytes has one of them?",
        "One per layer; one per output channel, the depthwise ones too; out · in / 16 where groups are formed. For the "
        "bits per weight: 4 bits of code, and a float16 shared by 32.",
        "For the choices, ask each time: which factor can stand in front of the sum of an output – one for the layer, "
        "one for each output channel, or one for each part of a sum that is added up in float?",
    ),
    praise="Counted and chosen: the finest scales that the target can multiply with, and no finer.",
)
