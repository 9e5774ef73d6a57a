"""Numbers as people write them."""

import pytest

from audits.numbers import read_number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("2.5", 2.5), (" 2,5 ", 2.5), ("0,125", 0.125), ("12,50", 12.5), ("1,2345", 1.2345), ("1234,567", 1234.567),
        ("-3,5", -3.5), ("−3.5", -3.5), ("٢٫٥", 2.5), ("٢,٥", 2.5), ("２.５", 2.5), ("२.५", 2.5), ("1e3", 1000),
    ],
)  # fmt: skip
def test_a_decimal_comma_and_digits_of_other_scripts_are_read(text, number):
    assert read_number(text) == number


@pytest.mark.parametrize("text", ["1,234", "12,345", "1,234.5", "1.234,5", "1,2,3", "", "two", "2,", ",5", "½"])
def test_what_may_be_two_numbers_or_none_is_refused(text):
    with pytest.raises(ValueError, match=r"."):
        read_number(text)
