"""Exercise 08.1: the two layers with the lowest SQNR, and what goes wrong on the way to them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from zeropoint.course.spec import Case, FunctionCheck, Impostor

Outputs = dict[str, np.ndarray]  # layer → what it computes for the same images
Ranking = list[tuple[str, float]]  # (layer, dB), the worst first
Metric = Callable[[np.ndarray, np.ndarray], float]
ONE_DIGIT = 0.06  # dB: what rounding to one digit after the point may change, and a little


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
    right = [name for name, _ in want]
    are_tied = want[0][1] == want[1][1]
    if names != right and not (are_tied and names == right[::-1]):
        return f"{names[0]} and {names[1]} are not the two layers with the lowest SQNR, the lowest first."
    if not np.allclose([float(value) for _, value in pairs], [value for _, value in want], rtol=0, atol=ONE_DIGIT):
        return "the layers are right, but their SQNR in dB is not."
    return None


# --- cases ----------------------------------------------------------------------------------------------------------

QUIET = 2.0**-30  # about 1e-9: beside it no number is small
_PLANS: tuple[
    tuple[Any, ...], ...
] = (  # layers, about the lowest level in dB, whether the two worst layers are equally bad, how many are quiet
    (3, 5.0, False),
    (2, 4.0, False),
    (5, -7.0, False),
    (6, 4.0, True),
    (7, -9.0, True),
    (8, 5.0, False),
    (9, -4.0, True),
    (9, -12.0, False),
    (9, 4.0, False),
    (5, 4.0, False, 1),
    (6, -3.0, False, 3),
    (5, 3.0, False, 2),
    (4, 64.0, False),
    (3, 102.0, False),
)


def _networks() -> list[Case]:
    """Return outputs of networks with loud and quiet layers, uneven images, shifted means and a layer in float.

    The layers of ``found`` come in an order of their own. Of three networks one layer or more is as quiet as 1e-9, and
    two are nearly as good as float.
    """
    rng = np.random.default_rng(81)
    networks = [_network(rng, *plan) for plan in _PLANS]
    dead = [_with_dead_layer(*_network(rng, 3, 20.0, False), place) for place in (0, 1)]
    return [Case(network, public=number == 0) for number, network in enumerate(networks + dead)]


def _with_dead_layer(expected: Outputs, found: Outputs, place: int) -> tuple[Outputs, Outputs]:
    """Return the outputs with a layer of zeros at a place of both: 0 / 0 is no SQNR, and no error is none."""
    zeros = np.zeros_like(expected["fc"])
    both = []
    for outputs in (expected, found):
        items = list(outputs.items())
        both.append(dict([*items[:place], ("dead", zeros.copy()), *items[place:]]))
    return both[0], both[1]


def _network(
    rng: np.random.Generator, layers: int, lowest: float, are_tied: bool, quiet: int = 0
) -> tuple[Outputs, Outputs]:
    """Return what every layer computes in float, and quantized."""
    names = [f"stage{i // 3 + 1}.{i % 3}.conv" for i in range(layers - 1)] + ["fc"]
    levels = rng.permutation(layers) * 3 + lowest + rng.uniform(0, 2)  # dB, 3 apart
    images = int(rng.integers(2, 7))
    size = int(rng.integers(3, 7))
    expected = {}
    found = {}
    for name, level in zip(names, levels, strict=True):
        shape = (images, 10) if name == "fc" else (images, 3, size, size)
        expected[name], found[name] = _layer(rng, level, shape)
    if are_tied:  # twice the values and twice the error: to the last bit the same SQNR
        levels[-1] = levels.max() + 3
        expected["fc"], found["fc"] = _layer(rng, levels[-1], expected["fc"].shape)
        worst, twin = (names[i] for i in np.argsort(levels)[:2])
        expected[twin] = 2 * expected[worst]
        found[twin] = 2 * found[worst]
    for i in np.argsort(levels)[:quiet]:
        expected[names[i]] = QUIET * expected[names[i]]
        found[names[i]] = QUIET * found[names[i]]
    in_float = names[int(np.argsort(levels)[-1 if layers == 2 else 2])]  # the two worst stay what they are
    found[in_float] = expected[in_float].copy()
    order = [*rng.permutation(layers - 1), layers - 1]
    return expected, {names[i]: found[names[i]] for i in order}


def _layer(rng: np.random.Generator, level: float, shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Return values, and the same with an error of the given SQNR in dB; both have means other than 0."""
    by_image = (shape[0], *[1] * (len(shape) - 1))
    loudness = 10 ** rng.uniform(-4, 1.5) * 10 ** rng.uniform(-1, 1, by_image)
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


def _by_position(expected: Outputs, found: Outputs) -> Ranking:
    return rank()(expected, dict(zip(expected, found.values(), strict=True)))


def _keyed_by_decibels(expected: Outputs, found: Outputs) -> Ranking:
    names = {_decibels(expected[name], found[name]): name for name in expected}
    return [(names[value], value) for value in sorted(names)][:2]


def _with_epsilon(epsilon: float, *, of_signal: bool) -> Metric:
    def metric(x: np.ndarray, x_hat: np.ndarray) -> float:
        signal = np.sum(x.astype(np.float64) ** 2) + (epsilon if of_signal else 0)
        noise = np.sum((x.astype(np.float64) - x_hat) ** 2)
        return _db(signal, noise + epsilon)

    return metric


def _if_not_close(smallest: float) -> Metric:
    return lambda x, y: float("inf") if np.allclose(x, y, atol=smallest) else _decibels(x, y)


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
            _by_position,
            "You pair the two dictionaries by position, but their layers come in different orders: look each layer up "
            "by its name.",
        ),
        Impostor(
            _keyed_by_decibels,
            "You lose a layer: two layers may have the same SQNR, so decibels are no keys of a dictionary.",
        ),
        Impostor(
            rank(lambda x, x_hat: abs(_decibels(x, x_hat))),
            "An SQNR may be negative: the noise is then louder than the signal, and that is worse than 0 dB. You drop "
            "the sign.",
        ),
        Impostor(
            rank(lambda x, x_hat: max(0.0, _decibels(x, x_hat))),
            "An SQNR may be negative, and you stop at 0 dB: where the noise is louder than the signal, it goes on.",
        ),
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
        *(
            Impostor(
                rank(_with_epsilon(epsilon, of_signal=of_signal)),
                "You add a small number to avoid 0 / 0: beside a quiet layer, with values of 1e-9, it is large. Ask "
                "for a noise of exactly 0.",
            )
            for epsilon in (1e-12, 1e-10, 1e-8, 1e-6)
            for of_signal in (True, False)
        ),
        *(
            Impostor(
                rank(_if_not_close(smallest)),
                "You take a layer for one in float because its error is small: np.allclose and its like call a quiet "
                "layer equal whatever is wrong. Only a noise of exactly 0 is none.",
            )
            for smallest in (1e-8, 1e-6, 1e-4)
        ),
        Impostor(
            _fails_in_float,
            "A layer without any error (it is in float) comes out as the worst: its SQNR is +inf, the best there is.",
        ),
    ),
    hints=(
        "One layer has values around 100, another around 0.1: how can their errors be compared? And which layer can "
        "never be the worst, whatever its values are?",
        "Divide by the signal. For each name: signal = sum of x², noise = sum of (x − x_hat)², over all values of all "
        "images at once. Without any noise the SQNR is infinite; with more noise than signal it is negative.",
        "db = 10 * np.log10(signal / noise) if noise > 0 else float('inf'); collect pairs (name, db) in a list, then "
        "sorted(table, key=lambda pair: pair[1])[:2].",
    ),
    praise="Relative to the signal, over all images, and a layer in float is not blamed.",
)
