"""Exercise 08.1: the two layers with the lowest SQNR, and what goes wrong on the way to them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from zeropoint.course.spec import Case, FunctionCheck, Impostor

Outputs = dict[str, np.ndarray]  # layer → what it computes for the same images
Ranking = list[tuple[str, float]]  # (layer, dB), the worst first
Metric = Callable[[np.ndarray, np.ndarray], float]


def rank(metric: Metric | None = None, pick: slice = slice(0, 2)) -> Callable[[Outputs, Outputs], Ranking]:
    """Return a function that orders layers by a metric, by default their SQNR, lowest first, and keeps some of them."""
    measure = metric or _decibels

    def worst_two(expected: Outputs, found: Outputs) -> Ranking:
        table = sorted((measure(expected[name], found[name]), name) for name in expected)
        return [(name, value) for value, name in table][pick]

    return worst_two


def _decibels(x: np.ndarray, x_hat: np.ndarray) -> float:
    x = x.astype(np.float64)
    return _db(np.sum(x**2), np.sum((x - x_hat) ** 2))


def _db(signal: float | np.floating, noise: float | np.floating) -> float:
    return float("inf") if noise == 0 else 10 * float(np.log10(signal / noise))


def _compare_two(got: Any, want: Ranking) -> str | None:
    pairs = [tuple(pair) for pair in got] if isinstance(got, list | tuple) else []
    if len(pairs) != 2 or any(len(pair) != 2 or not isinstance(pair[0], str) for pair in pairs):
        return "expected a list of two pairs (name, dB), the worst layer first."
    names = [name for name, _ in pairs]
    if names != [name for name, _ in want]:
        return f"{names[0]} and {names[1]} are not the two layers with the lowest SQNR, the lowest first."
    if not np.allclose([float(value) for _, value in pairs], [value for _, value in want], atol=0.02):
        return "the layers are right, but their SQNR in dB is not."
    return None


# --- cases ----------------------------------------------------------------------------------------------------------


def _networks() -> list[Case]:
    """Return outputs of networks with loud and quiet layers, uneven images, shifted means and a layer in float."""
    rng = np.random.default_rng(81)
    return [Case(_network(rng, layers), public=number == 0) for number, layers in enumerate((3, 5, 6, 7, 8, 9, 9, 9))]


def _network(rng: np.random.Generator, layers: int) -> tuple[Outputs, Outputs]:
    """Return what every layer computes in float, and quantized."""
    expected = {}
    found = {}
    levels = rng.permutation(np.arange(layers)) * 3 + rng.uniform(4, 6)  # dB, at least 3 apart
    for i, level in enumerate(levels):
        is_last = i == layers - 1
        is_in_float = i == layers // 2 and layers > 3
        name = "fc" if is_last else f"stage{i // 3 + 1}.{i % 3}.conv"
        x, x_hat = _layer(rng, level, (4, 10) if is_last else (4, 3, 5, 5))
        expected[name] = x
        found[name] = x.copy() if is_in_float else x_hat
    return expected, found


def _layer(rng: np.random.Generator, level: float, shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Return values, and the same with an error of the given SQNR in dB; both have means other than 0."""
    by_image = (shape[0], *[1] * (len(shape) - 1))
    loudness = 10 ** rng.uniform(-1.5, 1.5) * 10 ** rng.uniform(-1, 1, by_image)
    x = loudness * (rng.standard_normal(shape) + rng.uniform(0, 2))
    error = rng.standard_normal(shape) + rng.uniform(-3, 3)
    error *= np.sqrt(np.sum(x**2) / np.sum(error**2) / 10 ** (level / 10))
    return x.astype(np.float32), (x + error).astype(np.float32)


# --- wrong ideas ----------------------------------------------------------------------------------------------------


def _mse(x: np.ndarray, x_hat: np.ndarray) -> float:
    return -float(np.mean((x.astype(np.float64) - x_hat) ** 2))


def _by_image(x: np.ndarray, x_hat: np.ndarray) -> float:
    return float(np.mean([_decibels(a, b) for a, b in zip(x, x_hat, strict=True)]))


def _of_variances(x: np.ndarray, x_hat: np.ndarray) -> float:
    return _db(np.var(x.astype(np.float64)), np.var(x.astype(np.float64) - x_hat))


def _by_peak(x: np.ndarray, x_hat: np.ndarray) -> float:
    return _db(float(np.max(np.abs(x))) ** 2, float(np.max(np.abs(x - x_hat))) ** 2)


def _own_signal(x: np.ndarray, x_hat: np.ndarray) -> float:
    return _db(np.sum(x_hat.astype(np.float64) ** 2), np.sum((x - x_hat) ** 2))


def _scaled(factor: float) -> Metric:
    return lambda x, x_hat: factor * _decibels(x, x_hat)


def _fails_in_float(expected: Outputs, found: Outputs) -> Ranking:
    finite = {name: x for name, x in expected.items() if not np.array_equal(x, found[name])}
    equal = [(name, float("-inf")) for name in expected if name not in finite]
    return [*equal, *rank()(finite, found)][:2]


_LAST_TWO = slice(None, -3, -1)  # the highest first
ABSOLUTE = (
    "You rank by the size of the error: a layer with large values then looks worse than it is. Divide by the signal: "
    "that is what SQNR does."
)

CHECK = FunctionCheck(
    reference=rank(),
    cases=_networks,
    compare=_compare_two,
    impostors=(
        Impostor(rank(_mse), ABSOLUTE),
        Impostor(rank(lambda x, y: -_mse(x, y), _LAST_TWO), ABSOLUTE),
        Impostor(rank(pick=_LAST_TWO), "Those are the two best layers: a low SQNR is a bad one."),
        Impostor(rank(pick=slice(1, None, -1)), "The right two layers in the wrong order: the worst one comes first."),
        Impostor(
            rank(_by_image),
            "You average decibels over the images: add up signal and noise over all images first, then take one "
            "logarithm. A quiet image otherwise counts as much as a loud one.",
        ),
        Impostor(
            rank(_own_signal),
            "The signal is what the float network computes; you take that of the quantized one, error included.",
        ),
        Impostor(
            rank(_of_variances),
            "You take variances, which forget the mean: a channel that is shifted as a whole is wrong too.",
        ),
        Impostor(rank(_by_peak), "You compare the largest values only: sum the squares of all of them."),
        Impostor(rank(_scaled(2)), "Squares are powers: 10 · log10, not 20, or take the root first."),
        Impostor(
            rank(_scaled(0.5)), "You take the root of the sums and then 10 · log10: that is half of the decibels."
        ),
        Impostor(rank(_scaled(np.log(10))), "np.log is the natural logarithm: decibels want np.log10."),
        Impostor(rank(_scaled(0.1)), "The factor 10 is missing: a bel has ten decibels."),
        Impostor(
            rank(_scaled(-1), _LAST_TWO),
            "Signal over noise, not the reverse: your decibels have the wrong sign.",
        ),
        Impostor(
            _fails_in_float,
            "A layer without any error (it is in float) comes out as the worst: its SQNR is +inf, the best there is.",
        ),
    ),
    hints=(
        "For each name: signal = sum of x², noise = sum of (x − x_hat)², over all values of the layer at once.",
        "dB = 10 · log10(signal / noise). Where noise is 0, the SQNR is float('inf').",
        "sorted(table, key=lambda pair: pair[1])[:2] gives the two pairs with the lowest dB, the lowest first.",
    ),
    praise="Relative to the signal, over all images, and a layer in float is not blamed.",
)
