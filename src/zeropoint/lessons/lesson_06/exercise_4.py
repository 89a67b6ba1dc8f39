"""Exercise 06.4: does a quantized detector pass, by which margins, and which evidence comes first?"""

from __future__ import annotations

from zeropoint.course.spec import ChoiceField, Field, FieldsCheck

MARGINS = (
    Field(
        "drop",
        0.6,
        misconceptions=(
            (-0.6, "a drop of 0.6 is a positive number."),
            (1.7647, "that is in percent of 34.0; the brief asks for mAP."),
        ),
        otherwise="FP32 minus INT8, in mAP.",
        tolerance=1e-6,
    ),
    Field(
        "drop_margin",
        0.1,
        misconceptions=(
            (-0.1, "the drop is smaller than what is allowed, so the margin is positive."),
            (0.7, "that is the limit."),
        ),
        otherwise="what is allowed minus what was lost, in mAP.",
        tolerance=1e-6,
    ),
    Field(
        "speed_margin",
        0.1,
        misconceptions=(
            (2.1, "that is the speed-up; how far is it above what is needed?"),
            (1.05, "the difference, not the ratio."),
        ),
        otherwise="the measured speed-up minus the one needed.",
        tolerance=1e-6,
    ),
)

DECISIONS = (
    ChoiceField(
        "decision",
        choices=("passes", "fails"),
        reasons=("a", "b", "c"),
        right=("passes", "b"),
        messages=(
            (("fails", None), "33.4 is 0.6 below 34.0 and 2.1 is above 2: both limits are kept."),
            (("passes", "a"), "it passes, but 0.1 mAP of margin is small against the interval of a mAP."),
            (("passes", "c"), "it passes already, so nothing has to be repaired first: what is thin is the evidence."),
        ),
        otherwise="compare both numbers with both limits.",
    ),
    ChoiceField(
        "first_evidence",
        choices=("more images", "more bits", "a faster device"),
        reasons=("a", "b", "c"),
        right=("more images", "c"),
        messages=(
            (("more images", None), "the choice is right; why does a margin of 0.1 mAP need more images?"),
            (("more bits", None), "more bits change the model; asked is how sure you can be of this one."),
            (("a faster device", None), "the product's device is what it is: 2.1× there is what counts."),
        ),
        otherwise="which of them tells whether the margin is real?",
    ),
)

CHECK = FieldsCheck(
    fields=(*MARGINS, *DECISIONS),
    hints=(
        "Which two limits does the brief set, and what does it say about intervals?",
        "It names none, so by its letter the two numbers that were measured decide. What is not known yet is whether "
        "it would pass again, on other images.",
        "drop = 34.0 − 33.4, drop_margin = 0.7 − drop, speed_margin = 2.1 − 2; both limits are kept, barely, and what "
        "makes a margin of 0.1 mAP trustworthy is more images.",
    ),
    praise="It passes; the margins are thin, so the next thing to collect is evidence and not another repair.",
)
