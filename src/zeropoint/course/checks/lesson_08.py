"""Checks of lesson 08: the two worst layers, which layers to leave in float, and the break-it lab."""

from __future__ import annotations

from zeropoint.course.checks.lesson_08_choice import FLOAT_LAYERS
from zeropoint.course.checks.lesson_08_ward import WardCheck
from zeropoint.course.checks.lesson_08_worst import WORST_TWO
from zeropoint.course.spec import FunctionCheck

WARD = WardCheck(
    hints=(
        "Take the checks in the lesson's order for each patient: inputs, shared images, parameters, layers. Stop at "
        "the first that is out of the ordinary.",
        "Two faults are visible in the inputs (range, channel means), one in the images that both sets share, one in "
        "scale_shape. The other two have one layer with a very low weight SQNR.",
        "Float and quantized weights of such a layer side by side: if the largest ones changed their sign, the codes "
        "wrapped around; if whole channels are too large or too small, something is wrong with batch norm.",
    ),
    praise="Six patients, six causes, each with its evidence. Accuracy alone would have convicted none of them.",
)

EXERCISES: dict[str, FunctionCheck | WardCheck] = {"08.1": WORST_TWO, "08.2": FLOAT_LAYERS, "08.3": WARD}
