"""Wrong answers to the exercises of lesson 11, written from the briefs, without the check's own code."""

from __future__ import annotations

import itertools

import numpy as np

# --- 11.1 and 11.2: packing ---------------------------------------------------------------------------------------


def even(codes):
    return np.append(codes, 0).astype(np.int8) if len(codes) % 2 else codes


def pack_high_first(codes):
    nibbles = (even(codes) & 15).astype(np.uint8)
    return (nibbles[0::2] << 4) | nibbles[1::2]


def pack_without_mask(codes):
    codes = even(codes)
    return (codes[0::2] | (codes[1::2] << 4)).astype(np.uint8)


def pack_by_adding(codes):
    codes = even(codes).astype(int)
    return ((codes[0::2] + codes[1::2] * 16) % 256).astype(np.uint8)


def pack_excess_8(codes):
    shifted = (even(codes) + 8).astype(np.uint8)
    return shifted[0::2] | (shifted[1::2] << 4)


def pack_sign_bit(codes):
    nibbles = [abs(int(c)) % 8 + (8 if c < 0 else 0) for c in even(codes)]
    return np.array([a + 16 * b for a, b in zip(nibbles[::2], nibbles[1::2], strict=True)], dtype=np.uint8)


def pack_magnitudes(codes):
    size = np.abs(even(codes)).astype(np.uint8)
    return size[0::2] | (size[1::2] << 4)


def pack_halves(codes):
    nibbles = (even(codes) & 15).astype(np.uint8)
    half = len(nibbles) // 2
    return nibbles[:half] | (nibbles[half:] << 4)


def pack_drops_the_last(codes):
    nibbles = (codes & 15).astype(np.uint8)
    n = len(codes) // 2
    return nibbles[0 : 2 * n : 2] | (nibbles[1::2] << 4)


def pack_repeats_the_last(codes):
    codes = np.append(codes, codes[-1]) if len(codes) % 2 else codes
    nibbles = (codes & 15).astype(np.uint8)
    return nibbles[0::2] | (nibbles[1::2] << 4)


def pack_as_int64(codes):
    codes = np.append(codes, 0).astype(int) if len(codes) % 2 else codes.astype(int)
    return (codes[0::2] & 15) | ((codes[1::2] & 15) << 4)


def pack_even_lengths_only(codes):
    nibbles = (codes & 15).astype(np.uint8)
    return nibbles[0::2] | (nibbles[1::2] << 4)


def pack_one_a_byte(codes):
    return (codes & 15).astype(np.uint8)


def second_pack(codes):
    """Byte by byte, with remainders in place of masks."""
    numbers = [int(c) % 16 for c in codes] + [0] * (len(codes) % 2)
    return np.array([numbers[i] + 16 * numbers[i + 1] for i in range(0, len(numbers), 2)], dtype=np.uint8)


def nibbles_of(packed):
    return np.stack([packed & 15, packed >> 4], axis=1).ravel()


def unpack_unsigned(packed, count):
    return nibbles_of(packed)[:count].astype(np.int8)


def unpack_wraps(packed, count):
    codes = nibbles_of(packed)[:count]
    return np.where(codes > 7, codes - 16, codes)


def unpack_excess_8(packed, count):
    return nibbles_of(packed)[:count].astype(np.int8) - 8


def unpack_forgets_the_lowest(packed, count):
    codes = nibbles_of(packed)[:count].astype(np.int8)
    codes[codes > 8] -= 16
    return codes


def unpack_turns_the_highest(packed, count):
    codes = nibbles_of(packed)[:count].astype(np.int8)
    codes[codes >= 7] -= 16
    return codes


def unpack_subtracts_15(packed, count):
    codes = nibbles_of(packed)[:count].astype(np.int8)
    codes[codes > 7] -= 15
    return codes


def unpack_sign_bit(packed, count):
    codes = nibbles_of(packed)[:count].astype(np.int8)
    return np.where(codes & 8, -(codes & 7), codes).astype(np.int8)


def unpack_high_first(packed, count):
    codes = np.stack([packed >> 4, packed & 15], axis=1).ravel()[:count].astype(np.int8)
    codes[codes > 7] -= 16
    return codes


def unpack_side_by_side(packed, count):
    codes = np.concatenate([packed & 15, packed >> 4])[:count].astype(np.int8)
    codes[codes > 7] -= 16
    return codes


def unpack_ignores_count(packed, count):
    return second_unpack(packed, 2 * len(packed))


def unpack_as_int64(packed, count):
    return second_unpack(packed, count).astype(int)


def second_unpack(packed, count):
    """Through int8 arithmetic: shift the nibble up, and back down with its sign."""
    bytes_ = packed.astype(np.int8)
    low, high = (bytes_ << 4).astype(np.int8) >> 4, bytes_ >> 4
    return np.array([code for pair in zip(low, high, strict=True) for code in pair], dtype=np.int8)[:count]


# --- 11.3: bits under a budget ------------------------------------------------------------------------------------


def size_of(places, widths, counts):
    return sum(int(n) * widths[p] for n, p in zip(counts, places, strict=True)) / 8


def descending(score):
    """Return an allocation that takes bits from the layer with the smallest score until it fits."""

    def allocate(costs, widths, counts, budget_bytes):
        places = [len(widths) - 1] * len(counts)
        while size_of(places, widths, counts) > budget_bytes:
            steps = []
            for i, p in enumerate(places):
                if p > 0:
                    saved = counts[i] * (widths[p] - widths[p - 1]) / 8
                    steps.append((score(costs[i][p - 1] - costs[i][p], saved), i))
            places[min(steps)[1]] -= 1
        return [widths[p] for p in places]

    return allocate


def allocate_uniform(costs, widths, counts, budget_bytes):
    fitting = [w for w in widths if sum(counts) * w / 8 <= budget_bytes]
    return [max(fitting)] * len(counts)


def allocate_counts_bits(costs, widths, counts, budget_bytes):
    places = [len(widths) - 1] * len(counts)
    while size_of(places, widths, counts) * 8 > budget_bytes and any(places):
        steps = [
            ((costs[i][p - 1] - costs[i][p]) / counts[i] / (widths[p] - widths[p - 1]), i)
            for i, p in enumerate(places)
            if p > 0
        ]
        places[min(steps)[1]] -= 1
    return [widths[p] for p in places]


def allocate_one_step_short(costs, widths, counts, budget_bytes):
    return descending(lambda rise, saved: rise / saved)(costs, widths, counts, 1.15 * budget_bytes)


def allocate_places(costs, widths, counts, budget_bytes):
    return [widths.index(b) for b in second_allocate(costs, widths, counts, budget_bytes)]


def allocate_first_layers(costs, widths, counts, budget_bytes):
    """From the last layer on, take all bits that can be taken."""
    places = [len(widths) - 1] * len(counts)
    for i in reversed(range(len(places))):
        while places[i] and size_of(places, widths, counts) > budget_bytes:
            places[i] -= 1
    return [widths[p] for p in places]


def allocate_average(costs, widths, counts, budget_bytes):
    return 8 * budget_bytes / sum(counts)


def allocate_strange_width(costs, widths, counts, budget_bytes):
    return [5 for _ in counts]


def second_allocate(costs, widths, counts, budget_bytes):
    """Every allocation is tried."""
    best = None
    for places in itertools.product(range(len(widths)), repeat=len(counts)):
        if size_of(places, widths, counts) <= budget_bytes:
            cost = sum(costs[i][p] for i, p in enumerate(places))
            best = min(best, (cost, places)) if best else (cost, places)
    return np.array([float(widths[p]) for p in best[1]])


# --- 11.4 ---------------------------------------------------------------------------------------------------------

GROUPS = {
    "per_channel": 4 + 16 / 576,
    "groups_32": 4.5,
    "groups_32_zero_point": 4.625,
    "mxfp4": 4.25,
    "bytes_groups_64": 40_320,
    "scheme": ("INT4 groups of 32", "b"),
}

#: exercise → (wrong answer, a part of the message it must get)
MUTANTS = {
    "11.1": [
        (pack_high_first, "into the upper half"),
        (pack_without_mask, "overwrites its neighbour"),
        (pack_by_adding, "borrows 1"),
        (pack_excess_8, "another format"),
        (pack_sign_bit, "sign bit and the magnitude"),
        (pack_magnitudes, "sign is lost"),
        (pack_halves, r"two \*neighbours\*"),
        (pack_drops_the_last, "last one is missing"),
        (pack_repeats_the_last, "both halves of its byte"),
        (pack_as_int64, "their type is int64"),
        (pack_even_lengths_only, "ValueError: operands could not be broadcast"),
        (pack_one_a_byte, "the result has shape"),
        (lambda codes: list(second_pack(codes)), "expected a NumPy array"),
    ],
    "11.2": [
        (unpack_unsigned, "all positive"),
        (unpack_wraps, "wraps around"),
        (unpack_excess_8, "belongs to another format"),
        (unpack_forgets_the_lowest, r"begin \*at\* 8"),
        (unpack_turns_the_highest, "highest one"),
        (unpack_subtracts_15, "one too few"),
        (unpack_sign_bit, "sign bit and a magnitude"),
        (unpack_high_first, "are swapped"),
        (unpack_side_by_side, "side by side again"),
        (unpack_ignores_count, "one more"),
        (unpack_as_int64, "their type is int64"),
    ],
    "11.3": [
        (allocate_uniform, "same bits"),
        (descending(lambda rise, saved: rise), "whatever it saves"),
        (descending(lambda rise, saved: -saved), "never look at the costs"),
        (descending(lambda rise, saved: -rise / saved), r"costs \*most\*"),
        (allocate_counts_bits, "weights times bits are bits"),
        (allocate_one_step_short, "go on until it fits"),
        (allocate_places, r"Return widths\[place\]"),
        (allocate_first_layers, "times the least possible"),
        (allocate_average, "expected 3 numbers"),
        (allocate_strange_width, r"has 5 bits: expected one of \(2, 4, 6, 8\), the columns"),
    ],
    "11.4": [
        (GROUPS | {"per_channel": 4}, "even if they add little"),
        (GROUPS | {"per_channel": 4.25}, "kernel's positions included"),
        (GROUPS | {"per_channel": 4.125}, "128 is the number of scales"),
        (GROUPS | {"per_channel": 20}, "not for each of them"),
        (GROUPS | {"groups_32": 4}, "it has to be stored"),
        (GROUPS | {"groups_32": 5}, "32-bit scale"),
        (GROUPS | {"groups_32": 6}, "not the reverse"),
        (GROUPS | {"groups_32_zero_point": 4.5}, "a zero point of its own"),
        (GROUPS | {"groups_32_zero_point": 8.5}, "once a group too"),
        (GROUPS | {"groups_32_zero_point": 4.75}, "not 8"),
        (GROUPS | {"mxfp4": 4.5}, "E8M0, not 16"),
        (GROUPS | {"mxfp4": 8.25}, "those of MXFP8"),
        (GROUPS | {"bytes_groups_64": 36_864}, "codes alone"),
        (GROUPS | {"bytes_groups_64": 39_168}, "zero points are missing"),
        (GROUPS | {"bytes_groups_64": 77_184}, "two of them share one"),
        (GROUPS | {"bytes_groups_64": 322_560}, "that is in bits"),
        (GROUPS | {"bytes_groups_64": 37_056}, "how many groups"),
        (GROUPS | {"scheme": ("INT5 per channel", "a")}, "cannot read five-bit"),
        (GROUPS | {"scheme": ("INT8 per channel", "a")}, "codes alone take 73,728"),
        (GROUPS | {"scheme": ("INT4 per channel", "c")}, "less than the 19"),
        (GROUPS | {"scheme": ("INT4 groups of 32", "a")}, "another one fits the bytes"),
        (GROUPS | {"scheme": ("INT4 groups of 32", "c")}, "is smaller"),
        (GROUPS | {"scheme": ("INT4 groups of 32", "d")}, "groups of 8"),
        (GROUPS | {"scheme": "INT4 groups of 32"}, "expected two texts"),
        (GROUPS | {"mxfp4": "4.25"}, "expected one number"),
        (GROUPS | {"mxfp4": 5}, "divided by the weights in it"),
    ],
}

#: exercise → points of its first mutant, of which five of six entries are right
PARTIAL = {"11.4": 3}

#: exercise → a right answer that was written another way
SECOND = {
    "11.1": second_pack,
    "11.2": second_unpack,
    "11.3": second_allocate,
    "11.4": {
        "per_channel": np.float32(4.02778),
        "groups_32": np.float64(4.5),
        "groups_32_zero_point": 4 + 20 / 32,
        "mxfp4": 17 * 8 / 32,
        "bytes_groups_64": 40320.0,
        "scheme": ["int4 groups of 32", "B"],
    },
}
