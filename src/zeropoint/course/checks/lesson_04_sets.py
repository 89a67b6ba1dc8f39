"""Exercise 04.3: five calibration sets, four of them faulty, and what each wrong diagnosis overlooks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from zeropoint.course.spec import Field, FieldsCheck

if TYPE_CHECKING:
    from torch import Tensor

COUNT = 100  # images in a set
FAULTS = ("none", "one class", "too dark", "not normalised", "channels swapped", "one broken image")
_HORSE = 7


def five_sets() -> dict[str, Tensor]:
    """Return the five calibration sets of exercise 04.3, "A" to "E".

    Returns
    -------
    dict of float32 tensors, shape (100, 3, 32, 32), as somebody's calibration script would hand them over
    """
    import torch

    from zeropoint.vision import cifar

    images, labels = cifar.calibration(1000)
    pixels, _ = cifar.calibration(1000, raw=True)  # (1000, 32, 32, 3) uint8
    chosen = np.random.default_rng(43).permutation(1000).reshape(-1, COUNT)  # disjoint sets
    as_float = torch.from_numpy(pixels).permute(0, 3, 1, 2).float()
    broken = images[chosen[3]].clone()
    broken[17] = as_float[chosen[3][17]]  # 0 … 255: this one was decoded but never preprocessed
    return {
        "A": cifar.normalise(np.ascontiguousarray(pixels[chosen[0], :, :, ::-1])),
        "B": images[chosen[1]],
        "C": images[labels == _HORSE][:COUNT],
        "D": broken,
        "E": (as_float[chosen[4]] / 255).contiguous(),
    }


_NO_FAULT = "something is wrong with it: compare every column with the row of the inference images."

SETS = FieldsCheck(
    fields=(
        Field(
            "A",
            "channels swapped",
            (
                ("none", "its ranges are fine, which is why this fault survives: compare the means of red and blue."),
                ("too dark", "a dark set has all three channel means far below 0; here one is lower and one higher."),
                ("one class", "the predictions are spread over the classes: look at the channel means again."),
            ),
            "its ranges look healthy; which columns differ from the inference images, and in opposite directions?",
        ),
        Field(
            "B",
            "none",
            (
                ("one class", "its most frequent prediction has about a tenth of the images, as ten classes should."),
                (
                    "channels swapped",
                    "its channel means differ from the reference by no more than chance would have it.",
                ),
            ),
            "what you see is the scatter of 100 healthy images: a fault moves a column by far more.",
        ),
        Field(
            "C",
            "one class",
            (
                ("none", "its ranges hide it: what does the network predict for almost every one of its images?"),
                ("too dark", "its input reaches both ends of the range: look at the predictions instead."),
                ("channels swapped", "red and blue did not change places; look at the predictions."),
            ),
            "look at the share of the most frequent prediction.",
        ),
        Field(
            "D",
            "one broken image",
            (
                ("not normalised", "were all images in 0 … 255, the mean would be near 120: how many of them are?"),
                ("none", _NO_FAULT),
            ),
            "its maximum is enormous while its mean is small: how many images can that be?",
        ),
        Field(
            "E",
            "not normalised",
            (
                ("too dark", "dark images, normalised, come close to −2; here none is below 0: which step is missing?"),
                ("not normalized", "that is it: write it as the brief does, 'not normalised'."),
                ("one broken image", "one image cannot lift the minimum of all the others to 0."),
                ("none", _NO_FAULT),
            ),
            "where do its values begin and end, and which step of the preprocessing leaves them there?",
        ),
    ),
    hints=(
        "Start with the input: smallest and largest value. Preprocessed images of this course lie between −2 and 2.2.",
        "Two sets have input ranges of another kind. Of the other three, compare the means of the channels.",
        "Of the last two, one differs in what the network predicts: the share of the most frequent class.",
    ),
    praise="All five. Two of these faults leave every range intact: a range check alone would have passed them.",
)
