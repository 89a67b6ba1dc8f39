"""Exercise 10.1: what fell back to float, which conversions that cost, and how much of the time it takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from zeropoint.course.spec import Case, FunctionCheck, Impostor
from zeropoint.lessons.lesson_10.material import draw_profile

if TYPE_CHECKING:
    import pandas

# with one name for both kinds of kernel and with two; none, one, several fallbacks, alone or with neighbours
SEEDS = (2, 11, 46, 15, 30, 3, 34, 9, 21, 41, 43, 36, 1, 5, 58)
SUFFIXES = (".quantize", ".dequantize", ".reformat", ".to_uint8", ".to_float32")
CONVERSIONS = ("QuantizeLinear", "DequantizeLinear")
FRACTION = "the share is a fraction, 0 to 1: the brief asks for percent."
Found = tuple[list[str], int, float]
Row = Any  # of a profile: layer, kernel, reads, writes, microseconds


def _in_float(row: Row) -> bool:
    return row.reads == row.writes == "float32"


def _converts(row: Row) -> bool:
    return row.kernel in CONVERSIONS


def read_profile(
    profile: pandas.DataFrame,
    *,
    falls: Callable[[Row], bool] = _in_float,
    converts: Callable[[Row], bool] = _converts,
    everywhere: bool = False,
    all_conversions: bool = False,
    cost: str = "both",
    of: str = "time",
) -> Found:
    """Return fallbacks, conversions and their share of the time; the keyword arguments are the impostors' errors."""
    kernels = list(profile["kernel"])
    first = kernels.index("QuantizeLinear")
    last = len(kernels) - 1 - kernels[::-1].index("DequantizeLinear")
    rows: list[Row] = list(profile.itertuples())
    inside = rows[first + 1 : last]
    looked_at = rows if everywhere else inside
    fallen = [row for row in looked_at if row.kernel not in CONVERSIONS and falls(row)]
    looked_at = rows if all_conversions else inside
    converted = [row for row in looked_at if converts(row)]
    chosen = {"both": fallen + converted, "layers": fallen, "conversions": converted}[cost]
    whole = [row for row in rows if row not in chosen] if of == "rest" else rows
    weigh: Callable[[list[Row]], float] = len if of == "count" else _time
    share = weigh(chosen) / weigh(whole)
    return [row.layer for row in fallen], len(converted), 100 * float(share)


def _time(rows: list[Row]) -> float:
    return sum(row.microseconds for row in rows)


def _wrong(**options: Any) -> Callable[[pandas.DataFrame], Found]:
    return lambda profile: read_profile(profile, **options)


def _cases() -> list[Case]:
    return [Case((draw_profile(seed),), public=seed == SEEDS[0]) for seed in SEEDS]


def _compare(got: Any, want: Found) -> str | None:
    if not isinstance(got, tuple | list) or len(got) != 3:
        return "expected three results: the fallbacks, the number of conversions, the share in percent."
    fallbacks, conversions, share = got
    if not isinstance(fallbacks, list | tuple | np.ndarray) or not all(isinstance(name, str) for name in fallbacks):
        return "the fallbacks have to be a list of layer names."
    missing = [name for name in want[0] if name not in fallbacks]
    extra = [name for name in fallbacks if name not in want[0]]
    if missing:
        return f"{missing[0]} is missing among the fallbacks."
    if extra:
        return f"{extra[0]} is no fallback."
    if list(fallbacks) != want[0]:
        return "the fallbacks are right, but not in the order of execution, each once."
    if isinstance(conversions, bool) or not np.isscalar(conversions) or conversions != want[1]:
        return "the fallbacks are right, but the number of conversions is not."
    return _compare_share(share, want[2])


def _compare_share(share: Any, want: float) -> str | None:
    number = bool(np.isscalar(share))
    if number and not isinstance(share, bool) and np.isclose(share, want, rtol=0, atol=0.06):
        return None
    if number and np.isclose(100 * share, want, rtol=0, atol=0.6):
        return FRACTION
    if number and float(share).is_integer() and abs(share - want) < 1:
        return "their share of the time has lost its digits: the brief asks for percent to a tenth."
    return "fallbacks and conversions are right, but their share of the time is not."


CHECK = FunctionCheck(
    reference=read_profile,
    cases=_cases,
    compare=_compare,
    impostors=(
        Impostor(
            _wrong(everywhere=True, all_conversions=True),
            "You count what lies outside as well: normalisation before the first QuantizeLinear and softmax after the "
            "last DequantizeLinear are in float on purpose, and every INT8 network needs these two conversions.",
        ),
        Impostor(
            _wrong(everywhere=True),
            "Kernels before the first QuantizeLinear or after the last DequantizeLinear are in float on purpose: "
            "they are no fallbacks. Look inside only.",
        ),
        Impostor(
            _wrong(all_conversions=True),
            "You count the first QuantizeLinear and the last DequantizeLinear too: the image arrives in float and the "
            "logits leave in float in every INT8 network. No fallback asked for those two.",
        ),
        Impostor(
            _wrong(falls=lambda row: not row.kernel.startswith("Q")),
            "You go by the kernel's name. MaxPool and Flatten have no Q in front and work on codes all the same: look "
            "at what a kernel reads and writes.",
        ),
        Impostor(
            _wrong(falls=lambda row: row.kernel == "Conv"),
            "You look at convolutions only. An activation or an addition in float costs its two conversions as well, "
            "and is the most common fallback.",
        ),
        Impostor(
            _wrong(falls=lambda row: row.kernel in ("Conv", "Sigmoid", "Add")),
            "You have a list of kernels that are in float. Another network has others (Gelu, HardSwish, Tanh), and "
            "some runtimes call an integer convolution Conv as well: look at what a kernel reads and writes.",
        ),
        Impostor(
            _wrong(converts=lambda row: "quantize" in row.layer),
            "You find conversions by the layer's name. One is called reformat, and a layer called …_quantized is none: "
            "look at the kernel, or at a type that changes from reads to writes.",
        ),
        Impostor(
            _wrong(converts=lambda row: row.layer.endswith(SUFFIXES)),
            "You find conversions by the endings of layers' names. Some carry the plain name of the layer that they "
            "serve: look at the kernel, or at a type that changes from reads to writes.",
        ),
        Impostor(
            _wrong(falls=lambda row: "float" in row.layer),
            "You go by the layer's name, which somebody chose once: it says nothing about what ran. Look at reads and "
            "writes.",
        ),
        Impostor(
            _wrong(falls=lambda row: "int8" not in row.layer),
            "You go by the layer's name: a layer called …_int8 may have run in float. Look at reads and writes.",
        ),
        Impostor(
            _wrong(cost="layers"),
            "The share lacks the conversions: they run only because of the fallbacks, so they are part of what those "
            "cost.",
        ),
        Impostor(
            _wrong(cost="conversions"),
            "The share has the conversions only: the time of the layers in float belongs to it.",
        ),
        Impostor(
            _wrong(of="count"),
            "You divide numbers of kernels. A convolution in float takes many times as long as an addition on codes: "
            "divide microseconds.",
        ),
        Impostor(
            _wrong(of="rest"),
            "You divide by the time of the other kernels: a share is of the whole, these kernels included.",
        ),
    ),
    hints=(
        "Which two rows of the profile above would be there even if nothing had fallen back? What lies between them, "
        "and which two columns tell there, without any name, what a kernel computed in?",
        "Cut the table first: the row behind the first QuantizeLinear up to the row before the last DequantizeLinear. "
        "There a fallback has float32 on both sides, and a conversion has float32 on one side only.",
        'kernels = list(profile["kernel"]); first = kernels.index("QuantizeLinear"); last = len(kernels) - 1 - '
        'kernels[::-1].index("DequantizeLinear"); inside = profile.iloc[first + 1 : last]; the share is 100 times the '
        'microseconds of both kinds over profile["microseconds"].sum().',
    ),
    praise="By what is read and written, inside only, and the conversions are on the fallbacks' bill.",
)
