"""Wrong answers to exercise 12.2, what formats take and which to choose, and a right one."""

from __future__ import annotations

from fractions import Fraction

CHOSEN = {
    "mxfp8_bits": 8.4,
    "nvfp4_bytes": 4972,
    "most_layers": 201,
    "camera": ("INT8 per channel", "a"),
    "outliers": ("FP8", "b"),
    "tight": ("MXFP4", "d"),
    "close": ("NVFP4", "d"),
}

WRONG = [
    (CHOSEN | {"mxfp8_bits": 8.25}, "holds for full blocks"),
    (CHOSEN | {"mxfp8_bits": 8.2}, "two blocks for 40"),
    (CHOSEN | {"mxfp8_bits": 8}, "stored as well"),
    (CHOSEN | {"mxfp8_bits": 4.4}, "has 8 bits"),
    (CHOSEN | {"nvfp4_bytes": 4968}, "in FP32"),
    (CHOSEN | {"nvfp4_bytes": 4320}, "elements alone"),
    (CHOSEN | {"nvfp4_bytes": 4864}, r"not 2\.5"),
    (CHOSEN | {"nvfp4_bytes": 9292}, "share a byte"),
    (CHOSEN | {"nvfp4_bytes": 39_776}, "that is in bits"),
    (CHOSEN | {"most_layers": 231}, "brings its scales"),
    (CHOSEN | {"most_layers": 202}, "one too many"),
    (CHOSEN | {"most_layers": 201.13}, "rounded down"),
    (CHOSEN | {"camera": ("NVFP4", "c")}, "would unpack them"),
    (CHOSEN | {"camera": ("FP8", "b")}, "no arithmetic for FP8"),
    (CHOSEN | {"camera": ("INT8 per channel", "c")}, "four-bit formats take fewer"),
    (CHOSEN | {"outliers": ("INT8 per channel", "a")}, "17 dB"),
    (CHOSEN | {"outliers": ("NVFP4", "d")}, "no scales for blocks"),
    (CHOSEN | {"outliers": ("FP8", "a")}, "multiplies INT8 as well"),
    (CHOSEN | {"tight": ("NVFP4", "d")}, r"4\.5 bits a weight"),
    (CHOSEN | {"tight": ("MXFP4", "c")}, r"4\.3 bits are one"),
    (CHOSEN | {"close": ("MXFP4", "d")}, r"18\.4 dB"),
    (CHOSEN | {"close": ("NVFP4", "c")}, "MXFP4 takes fewer"),
    (CHOSEN | {"close": ("FP8", "d")}, r"room for 4\.6"),
    (CHOSEN | {"close": "NVFP4"}, "expected two texts"),
]

RIGHT = {
    "mxfp8_bits": Fraction(42, 5),
    "nvfp4_bytes": 4972.0,
    "most_layers": 201,
    "camera": ["int8-per-channel", "A"],
    "outliers": ("fp8", "b"),
    "tight": ("mxfp4", "D"),
    "close": ("nvfp4", "d"),
}

POINTS = 3  # of four, as six of seven entries of the first wrong answer are right, rounded down
