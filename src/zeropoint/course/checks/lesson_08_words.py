"""What the break-it lab of lesson 08 says about wrong diagnoses: which finding speaks against each."""

from __future__ import annotations

from zeropoint.course.breakit_faults import FAULTS

_SWAPPED, _NORMALISED, _PER_TENSOR, _WRAPS, _NORM, _LEAKED = FAULTS
_LAYERS = (_PER_TENSOR, _WRAPS, _NORM)
_INPUTS = (_SWAPPED, _NORMALISED)

_NO_LEAK = "no image occurs in both sets: compare them byte by byte."
_LAYERS_ARE_FINE = (
    "its layers add little error of their own: the fault lies before the first of them, so compare the inputs."
)
_INPUTS_ARE_FINE = "both sets look as normalised images do, so the fault lies behind the input: compare the layers."
_TOO_GOOD = "nothing is wrong with inputs or layers here. What is suspicious is how good it looks: on which images?"
_RULERS = "its table of parameters says per-channel, layer by layer: which layer's weights are wrong, and how?"

#: (fault, wrong diagnosis) → what was overlooked
OVERLOOKED = {
    (
        _SWAPPED,
        _NORMALISED,
    ): "both sets reach from −2 to 2.1, as they should: look at the mean of each channel.",
    (
        _NORMALISED,
        _SWAPPED,
    ): "red and blue are where they belong; the whole range of one set is of another kind.",
    **{(fault, layer): _LAYERS_ARE_FINE for fault in _INPUTS for layer in _LAYERS},
    **{(fault, part): _INPUTS_ARE_FINE for fault in _LAYERS for part in _INPUTS},
    **{(fault, _LEAKED): _NO_LEAK for fault in (*_INPUTS, *_LAYERS)},
    **{(_LEAKED, other): _TOO_GOOD for other in (*_INPUTS, *_LAYERS)},
    (
        _PER_TENSOR,
        _WRAPS,
    ): "no weight changed its sign; these are rounding errors. What is the scale_shape?",
    (
        _PER_TENSOR,
        _NORM,
    ): "the weights have their right size; how many scales share them, and what is claimed?",
    (_WRAPS, _PER_TENSOR): _RULERS,
    (_WRAPS, _NORM): "most weights of that layer are right, its largest ones are not: what became of them?",
    (_NORM, _PER_TENSOR): _RULERS,
    (_NORM, _WRAPS): "no weight of that layer changed its sign: whole channels are too large or too small.",
}

OTHERWISE = dict.fromkeys(FAULTS, "compare inputs, layers, parameters and images, in this order.")
INHERITED = "asked is the layer that makes the error itself; later layers inherit it (sqnr_db against own_sqnr_db)."
SATURATES = "that layer clips its largest weights, but it saturates: no sign changed. There is a worse one."
PARTS_ONLY = 'this fault sits in one of the two sets: "calibration" or "inference".'
