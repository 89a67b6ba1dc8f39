"""Exercise 03.3: predict what two rounding rules do to single values, to a long sum, and to a pooling layer.

The answer is a dictionary of results; every field is right or wrong by itself.
"""

from __future__ import annotations

from zeropoint.course.spec import ChoiceField, Field, FieldsCheck

SCALE = 0.02  # of the brief, as the next
COUNT = 10_000

NO_ROOT = "√10,000 is right for errors that partly cancel; a bias adds up with the number itself."
HALF_A_STEP = "half a step is the largest error of a term; its standard deviation is scale/√12."
TIES_OCCUR = "the rule is right, the reason is not: half of a sum of two codes is a tie whenever the sum is odd."
NO_SMALLER = (
    "the rule is right, the reason is not: its single error is no smaller than that of half up; what differs is their "
    "mean."
)
UPWARDS = "half of all results are ties here, and half up sends every one of them up: a quarter of a step of bias."
DOWNWARDS = "half of all results lose half a step here: a quarter of a step of bias, downwards."

CHECK = FieldsCheck(
    fields=(
        Field(
            name="codes_even",
            expected=[0, 2, 2, 4, 4],
            misconceptions=(
                ([1, 2, 3, 4, 4], "that is half up; half to even sends 0.5 to 0 and 2.5 to 2, the even neighbour."),
                ([0, 1, 2, 3, 4], "that is truncation, or half down; asked is the nearest code, ties to the even one."),
                ([0, 2, 2, 4, 5], "4.2 is no tie: its nearest code is 4."),
                ([0, 0.04, 0.04, 0.08, 0.08], "those are real values; asked are the codes, whole steps."),
                ([1, 1, 3, 3, 4], "those are the odd neighbours; ties go to the even one."),
            ),
            otherwise="each tie goes to the even one of its two neighbours; what is no tie goes to the nearest.",
        ),
        Field(
            name="codes_truncated",
            expected=[0, 1, 2, 3, 4],
            misconceptions=(
                ([0, 2, 2, 4, 4], "that is half to even; truncation cuts the fraction off."),
                ([1, 2, 3, 4, 4], "that is half up; truncation cuts the fraction off."),
                ([1, 2, 3, 4, 5], "that is rounding up; truncation cuts the fraction off."),
            ),
            otherwise="cut the fraction of each number off.",
        ),
        Field(
            name="bias",
            expected=-SCALE / 2,
            misconceptions=(
                (SCALE / 2, "the sign: e = x_hat − x, and truncation makes positive values smaller."),
                (-0.5, "that is in steps; asked is the real value, so multiply by the scale."),
                (0.5, "that is in steps, and the sign is wrong: truncation makes positive values smaller."),
                (-SCALE, "that is the largest error; the mean of errors between 0 and −1 step is half of it."),
                (0, "every error points down: they do not average out."),
            ),
            otherwise="the errors lie evenly between −1 and 0 steps: what is their mean, times the scale?",
            tolerance=0.01,
        ),
        Field(
            name="sum_truncated",
            expected=-COUNT * SCALE / 2,
            misconceptions=(
                (COUNT * SCALE / 2, "the sign: every term is too small, so the sum is too small as well."),
                (-COUNT / 2, "that is in steps; asked is the real value, so multiply by the scale."),
                (-SCALE / 2, "that is the error of one term; there are 10,000, all in the same direction."),
                (1, NO_ROOT),
                (-1, NO_ROOT),
                (-COUNT * SCALE, "that would be the worst case, a whole step each time; asked is the mean."),
            ),
            otherwise="10,000 times the bias of one term.",
            tolerance=0.01,
        ),
        Field(
            name="sum_rounded",
            expected=SCALE / 12**0.5 * COUNT**0.5,
            misconceptions=(
                (COUNT * SCALE / 12**0.5, "independent errors partly cancel: they grow with √n, not with n."),
                (SCALE / 12**0.5, "that is the standard deviation of one term; the sum has 10,000 of them."),
                ((COUNT / 12) ** 0.5, "that is in steps; asked is the real value, so multiply by the scale."),
                (SCALE * COUNT**0.5, "one error is not a whole scale but scale/√12: spread evenly over a step."),
                (SCALE / 2 * COUNT**0.5, HALF_A_STEP),
                (SCALE**2 / 12 * COUNT, "that is the variance; asked is its root, the standard deviation."),
                ((COUNT / 3) ** 0.5 * SCALE, "s²/3 is the mean square of truncation; of rounding it is s²/12."),
                (0.6, "nearly: give two digits."),
                (0, "0 is its mean; a single sum is off by something, typically by the standard deviation."),
            ),
            otherwise="one term has scale/√12; the sum of n independent ones has √n times that.",
            tolerance=0.01,
        ),
        Field(
            name="lost_db",
            expected=6.02,
            misconceptions=(
                (3.01, "the mean square is four times as large (s²/3 against s²/12): 10 · log10(4)."),
                (12.04, "10 · log10 of the ratio of mean squares, not 20."),
                (-6.02, "asked is how much is lost, a positive number."),
                (4, "that is the ratio of the mean squares; in decibels it is 10 · log10 of it."),
                (2, "that is the ratio of the roots of the mean squares; in decibels it is 20 · log10 of it."),
                (0.602, "that is log10 of the ratio, in bel; a decibel is a tenth of it."),
                (9, "that is what the lesson's layer lost at its *output*; asked is a single input."),
                (1, "one bit is right; asked is how many decibels that is."),
            ),
            otherwise="compare the mean squares: s²/3 of truncation with s²/12 of rounding, in decibels.",
            tolerance=0.01,
        ),
        ChoiceField(
            name="pooling",
            choices=("half to even", "half up", "truncation"),
            reasons=("a", "b", "c"),
            right=("half to even", "b"),
            messages=(
                (("half to even", "a"), TIES_OCCUR),
                (("half to even", "c"), NO_SMALLER),
                (("half up", None), UPWARDS),
                (("truncation", None), DOWNWARDS),
            ),
            otherwise="choose a rule and a reason from the brief.",
        ),
    ),
    hints=(
        "Between which two ends do the errors of each rule lie, in steps? For which of them is the mean not 0?",
        "Truncation: from −1 to 0 steps; rounding: from −½ to ½; both spread evenly. A mean error (a bias) grows with "
        "the number of terms, a standard deviation with its root.",
        "mean square of truncation: s²/3; of rounding: s²/12. The ratio is 4. And: is the sum of two codes odd? Then "
        "half of it is a tie.",
    ),
    praise="A bias of −0.01 becomes −100 in a sum of 10,000; rounding leaves 0.58, whatever it does with ties. Where "
    "half of the results are ties, as in the pooling layer, half to even is what keeps the bias away.",
)
