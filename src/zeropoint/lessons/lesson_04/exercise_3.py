"""Exercise 04.3: five calibration sets, four of them faulty, and what each wrong diagnosis overlooks.

The sets themselves are made in :mod:`~zeropoint.lessons.lesson_04.material`.
"""

from __future__ import annotations

from zeropoint.course.spec import Field, FieldsCheck

NO_FAULT = "something is wrong with it: compare every column with the row of the inference images."
CHANCE = "its channel means differ from the reference by no more than chance would have it."

CHECK = FieldsCheck(
    fields=(
        Field(
            name="A",
            expected="channels swapped",
            misconceptions=(
                ("none", "its ranges are fine, which is why this fault survives: compare the means of red and blue."),
                ("too dark", "a dark set has all three channel means far below 0; here one is lower and one higher."),
                ("one class", "the predictions are spread over the classes: look at the channel means again."),
            ),
            otherwise=(
                "its ranges look healthy; which columns differ from the inference images, and in opposite directions?"
            ),
        ),
        Field(
            name="B",
            expected="none",
            misconceptions=(
                ("one class", "its most frequent prediction has about a tenth of the images, as ten classes should."),
                ("channels swapped", CHANCE),
            ),
            otherwise="what you see is the scatter of 100 healthy images: a fault moves a column by far more.",
        ),
        Field(
            name="C",
            expected="one class",
            misconceptions=(
                ("none", "its ranges hide it: what does the network predict for almost every one of its images?"),
                ("too dark", "its input reaches both ends of the range: look at the predictions instead."),
                ("channels swapped", "red and blue did not change places; look at the predictions."),
            ),
            otherwise="look at the share of the most frequent prediction.",
        ),
        Field(
            name="D",
            expected="one broken image",
            misconceptions=(
                ("not normalised", "were all images in 0 … 255, the mean would be near 120: how many of them are?"),
                ("none", NO_FAULT),
            ),
            otherwise="its maximum is enormous while its mean is small: how many images can that be?",
        ),
        Field(
            name="E",
            expected="not normalised",
            misconceptions=(
                ("too dark", "dark images, normalised, come close to −2; here none is below 0: which step is missing?"),
                ("not normalized", "that is it: write it as the brief does, 'not normalised'."),
                ("one broken image", "one image cannot lift the minimum of all the others to 0."),
                ("none", NO_FAULT),
            ),
            otherwise="where do its values begin and end, and which step of the preprocessing leaves them there?",
        ),
    ),
    hints=(
        "Start with the input: smallest and largest value. Preprocessed images of this course lie between −2 and 2.2.",
        "Two sets have input ranges of another kind. Of the other three, compare the means of the channels.",
        "Of the last two, one differs in what the network predicts: the share of the most frequent class.",
    ),
    praise="All five. Two of these faults leave every range intact: a range check alone would have passed them.",
)
