"""The ward of the break-it lab: six quantized networks, each with one planted fault, drawn anew for every learner.

A patient offers what tools offer – networks, images, labels – and nothing that names its fault. torch and the data are
touched only when a patient is opened.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from zeropoint.course.learner import current_learner
from zeropoint.lessons.lesson_08.faults import IMAGES, NAMES, PLANT, Case, as_tensor, order_of_faults

if TYPE_CHECKING:
    from torch import Tensor, nn

    from zeropoint.quant import QuantizedModel

NOBODYS_WARD = 8
_WARDS = 9000  # numbers 1000 … 9999 are those of learners with a name


@dataclass(frozen=True, eq=False)
class Patient:
    """A quantized network as its makers hand it over.

    Attributes
    ----------
    name : str – "A" to "F"
    model : nn.Module – the float network, batch norm folded
    quantized : QuantizedModel – what shall be shipped
    calibration : float tensor, shape (200, 3, 32, 32) – as the calibration script fed them
    inference : float tensor, shape (200, 3, 32, 32) – the images of the evaluation, as the application feeds them
    labels : int64 tensor, shape (200,) – of the images of the evaluation
    """

    name: str
    model: nn.Module = field(repr=False)
    quantized: QuantizedModel = field(repr=False)
    calibration: Tensor = field(repr=False)
    inference: Tensor = field(repr=False)
    labels: Tensor = field(repr=False)


class Ward(Mapping):
    """Six patients, "A" to "F", built when they are first asked for.

    Attributes
    ----------
    number : int – which faults there are, where, and in which order; the same number gives the same patients

    Examples
    --------
    >>> ward = Ward(4711)
    >>> ward, list(ward)
    (Ward 4711: patients A, B, C, D, E, F, ['A', 'B', 'C', 'D', 'E', 'F'])
    """

    def __init__(self, number: int):
        self.number = number
        self._open: dict[str, Patient] = {}

    def __getitem__(self, name: str) -> Patient:
        if name not in NAMES:
            raise KeyError(f"There is no patient {name!r}: expected one of {', '.join(NAMES)}.")
        if name not in self._open:
            self._open[name] = admit(self.number, name)
        return self._open[name]

    def __iter__(self) -> Iterator[str]:
        return iter(NAMES)

    def __len__(self) -> int:
        return len(NAMES)

    def __repr__(self) -> str:
        return f"Ward {self.number}: patients {', '.join(NAMES)}"


def open_ward(number: int | None = None) -> Ward:
    """Return a ward of six patients.

    Parameters
    ----------
    number : int, at least 0, optional
        By default the number of whoever is logged in; one and the same for all who are not.

    Raises
    ------
    ValueError
        When the number is negative or no whole number.

    Examples
    --------
    >>> open_ward(8)
    Ward 8: patients A, B, C, D, E, F
    """
    if number is None:
        learner = current_learner()
        number = ward_number(learner) if learner else NOBODYS_WARD
    if isinstance(number, bool) or not isinstance(number, int) or number < 0:
        raise ValueError(f"The ward's number is {number!r}: expected a whole number from 0 on, or none at all.")
    return Ward(number)


def ward_number(learner: str) -> int:
    """Return the number of a learner's ward, 1000 to 9999, so that neighbours get different patients.

    Examples
    --------
    >>> ward_number("Ada"), ward_number("Grace")
    (2476, 9831)
    """
    digest = hashlib.sha256(f"break-it:{learner}".encode()).digest()
    return 1000 + int.from_bytes(digest[:8]) % _WARDS


def generator_of(number: int) -> np.random.Generator:
    """Return the generator that draws which patient of a ward has which fault."""
    return np.random.default_rng([number, len(NAMES)])


def admit(number: int, name: str) -> Patient:
    """Build one patient of a ward; the same one each time."""
    from zeropoint.quant import QConfig, fold_batchnorm, quantize_model
    from zeropoint.vision import cifar, zoo

    rng = np.random.default_rng([number, NAMES.index(name)])
    pixels = {}
    labels = {}
    for part, load in {"calibration": cifar.calibration, "inference": cifar.test}.items():
        images, classes = load(raw=True)
        chosen = rng.permutation(len(images))[:IMAGES]
        pixels[part] = images[chosen]
        labels[part] = classes[chosen]
    model = zoo.load("resnet20")
    case = Case(fold_batchnorm(model), model, QConfig(), pixels, labels)
    fault = order_of_faults(generator_of(number))[NAMES.index(name)]
    PLANT[fault](case, rng)
    images = {part: case.prepare.get(part, cifar.normalise)(raw) for part, raw in case.pixels.items()}
    # torch.fx names a network anew when it traces it again: all are traced twice, so that no name tells what was done
    quantized = quantize_model(fold_batchnorm(case.source), images["calibration"].split(100), case.config)
    case.tamper(quantized)
    return Patient(name, fold_batchnorm(case.model), quantized, **images, labels=as_tensor(case.labels["inference"]))
