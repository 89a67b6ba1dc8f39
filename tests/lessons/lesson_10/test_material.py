"""The profiles of exercise 10.1: drawn by seed, consistent, and different in what the check asks about."""

from __future__ import annotations

import pytest

from zeropoint.lessons.lesson_10.exercise_1 import SEEDS, read_profile
from zeropoint.lessons.lesson_10.material import draw_profile


def test_profiles_of_one_seed_are_equal_and_those_of_the_check_differ_in_what_they_ask() -> None:
    assert draw_profile(4).equals(draw_profile(4))
    found = [read_profile(draw_profile(seed)) for seed in SEEDS]
    assert found[0][0] and any(not fallbacks for fallbacks, _, _ in found)
    assert any(conversions < 2 * len(fallbacks) for fallbacks, conversions, _ in found), "neighbours share conversions"


@pytest.mark.parametrize("seed", range(30))
def test_types_of_a_profile_fit_from_kernel_to_kernel(seed: int) -> None:
    profile = draw_profile(seed)
    assert profile["reads"].tolist()[1:] == profile["writes"].tolist()[:-1]
    converts = profile["kernel"].isin(["QuantizeLinear", "DequantizeLinear"])
    assert ((profile["reads"] != profile["writes"]) == converts).all()
