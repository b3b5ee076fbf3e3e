"""Numbers as a reader meets them."""

from __future__ import annotations

import pytest

from kling_foley_core.evaluation.report.page.numbers import interval, number


@pytest.mark.parametrize(
    ("value", "signed", "shown"),
    [(-0.04, True, "0.0"), (0.04, True, "0.0"), (-0.04, False, "0.0"), (0.0, True, "0.0"),
     (-0.06, True, "−0.1"), (0.06, True, "+0.1"), (10.0, True, "+10.0"), (-12.0, False, "−12.0")],
)  # fmt: skip
def test_what_rounds_to_0_has_no_sign(value: float, signed: bool, shown: str) -> None:
    assert number(value, 1, signed=signed) == shown


def test_no_number_is_shown_as_none() -> None:
    assert number(None, 1) == "–" and interval(None, 1.0, 1) == ""
    assert interval(-0.001, 2.0, 2, signed=True) == "0.00 to +2.00"
