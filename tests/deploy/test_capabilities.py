"""Which processors saturate, what is said about them, and the settings that avoid it."""

from __future__ import annotations

import pytest

from zeropoint.deploy import cpu_capabilities, safe_config
from zeropoint.quant import QConfig

NO_DOT, VNNI = cpu_capabilities(["fma", "avx2"]), cpu_capabilities(["avx2", "avx512f", "avx512_vnni"])


@pytest.mark.parametrize(
    ("flags", "dot", "saturates"),
    [
        (["sse4_2"], False, False),
        (["AVX2"], False, True),
        (["avx2", "avx512f", "avx512bw"], False, True),
        (["avx2", "avx512_vnni"], True, False),
        (["avx2", "avx512vnni"], True, False),
        (["avx2", "avx_vnni"], True, False),
        (["avx2", "amx_int8", "amx_tile"], True, False),
        (["asimd"], False, False),
        (["asimd", "asimddp"], True, False),
        ([], False, False),
    ],
)
def test_flags_decide(flags: list[str], dot: bool, saturates: bool) -> None:
    found = cpu_capabilities(flags)
    assert (found.int8_dot, found.saturates) == (dot, saturates)


def test_the_trap_is_named_where_there_is_one() -> None:
    assert NO_DOT.sentence == (
        "this CPU has no INT8 dot product: ONNX Runtime's U8S8 kernels saturate 16-bit intermediates – "
        "use reduce_range (7-bit weights) or S8S8"
    )
    assert "fast and exact" in VNNI.sentence


def test_instructions_are_named() -> None:
    assert VNNI.instructions == ("AVX2", "AVX-512", "AVX-512 VNNI")


def test_this_machine_has_a_verdict() -> None:
    assert cpu_capabilities().sentence


def test_nothing_changes_where_there_is_a_dot_product() -> None:
    config = QConfig(exclude=("fc",), layer_bits={"conv1": 8})
    assert safe_config(config, capabilities=VNNI) is config


def test_eight_bit_weights_get_seven_bits_and_nothing_else_changes() -> None:
    config = QConfig(activation_range="mse", layer_bits={"a": 8, "b": (8, 4), "c": (None, 8), "d": 4, "e": (4, 8)})
    found = safe_config(config, capabilities=NO_DOT)
    assert [found.bits(name) for name in "abcdex"] == [(7, 8), (7, 4), (None, 8), (4, 4), (4, 8), (7, 8)]
    assert found.activation_range == "mse"


def test_the_largest_pair_of_products_fits_16_bits() -> None:
    bits = safe_config(capabilities=NO_DOT).weight_bits
    assert 2 * 255 * (2 ** (bits - 1) - 1) <= 2**15 - 1 < 2 * 255 * (2**bits - 1)
