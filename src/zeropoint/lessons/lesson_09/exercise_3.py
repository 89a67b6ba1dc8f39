"""Exercise 09.3: has QAT paid off? Its loss against a control that was trained as long, and which way to take."""

from __future__ import annotations

from zeropoint.course.spec import ChoiceField, Field, FieldsCheck

_WAYS = ("ptq", "adaround", "qat")
_REASONS = ("a", "b", "c", "d")

_CLASSIFIER_QUANTIZATION = Field(
    name="classifier_quantization",
    expected=-1.5,
    misconceptions=tuple(
        {
            1.5: "the sign: negative means that the quantized network is worse.",
            6.3: "that is QAT against PTQ; most of it is training on new images, which the control has had too.",
            0.8: (
                "that is QAT against the FP32 network, which has not seen the new images: what is equal to QAT in "
                "everything but the quantization?"
            ),
            5.5: "that is FP32 against PTQ: what was the loss of QAT, against training of the same length?",
        }.items()
    ),
    otherwise="what differs from QAT in the quantization alone, and in nothing else? Subtract its accuracy.",
    tolerance=0.01,
)

_CLASSIFIER_TRAINING = Field(
    name="classifier_training",
    expected=2.3,
    misconceptions=tuple(
        {
            -2.3: "the sign: the network after the further training minus the one before it.",
            0.8: "that is QAT against FP32: it mixes what training gave with what quantization took.",
            7.8: "that is the control against PTQ: both training and quantization differ.",
        }.items()
    ),
    otherwise="which two networks are both in float and differ by the further training alone?",
    tolerance=0.01,
)

_SORTER = ChoiceField(
    name="sorter",
    choices=_WAYS,
    reasons=_REASONS,
    right=("ptq", "b"),
    messages=tuple(
        {
            ("qat", None): (
                "all three intervals lie above −1 point and contain 0: training would buy what cannot be shown."
            ),
            ("adaround", None): "there is nothing to repair: the loss of PTQ cannot be shown.",
            ("ptq", None): "right, but for another reason: which of the three keep the brief, and what do they cost?",
        }.items()
    ),
    otherwise="which of the three keep the brief, and what do they cost?",
)

_GATE = ChoiceField(
    name="gate",
    choices=_WAYS,
    reasons=_REASONS,
    right=("adaround", "b"),
    messages=tuple(
        {
            ("ptq", None): "it loses 4.0 points, and the brief allows one.",
            ("qat", None): (
                "its interval overlaps with AdaRound's almost wholly, and both keep the brief; AdaRound takes an hour "
                "and no labels."
            ),
            ("adaround", None): (
                "right, but for another reason: both AdaRound and QAT keep the brief, so what else tells them apart?"
            ),
        }.items()
    ),
    otherwise="which of those that keep the brief costs least?",
)

_WATCH = ChoiceField(
    name="watch",
    choices=_WAYS,
    reasons=_REASONS,
    right=("qat", "c"),
    messages=tuple(
        {
            ("ptq", None): "it loses 31 points.",
            ("adaround", None): (
                "it repairs a lot and still loses 6.2 points; its interval ends far below the limit of one point."
            ),
            ("qat", "a"): (
                "right, but the highest accuracy is no reason by itself: had AdaRound kept the brief, it would have "
                "been taken."
            ),
            ("qat", None): "right, but for another reason: which of the ways keep the brief?",
        }.items()
    ),
    otherwise="which of them keeps the limit of one point?",
)

CHECK = FieldsCheck(
    fields=(_CLASSIFIER_QUANTIZATION, _CLASSIFIER_TRAINING, _SORTER, _GATE, _WATCH),
    hints=(
        "For each question: which two networks differ in that one thing and in nothing else? And for each project: "
        "which of the three ways are allowed at all, before anything is said about the best?",
        "The control is trained exactly like QAT and quantizes nothing, so it stands between FP32 and QAT. A way is "
        "allowed when its whole interval against FP32 lies above −1 point; only then does its price count.",
        "classifier_quantization is QAT − control, classifier_training is control − FP32. Two of the projects have "
        "more than one way that is allowed, one has a single one: that decides between the reasons b and c.",
    ),
    praise="Against the control, with intervals, and the cheapest way that keeps the brief: that is how QAT is judged.",
)
