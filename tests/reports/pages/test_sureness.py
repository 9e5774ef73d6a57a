"""Words for how sure a flag is, and how far its level has moved."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.pages.sentences.sureness import drop, how_sure, odds_in_words, such_flags

CHANCES = st.floats(0, 1)


@pytest.mark.parametrize(
    ("chance", "word", "sentence"),
    [
        (0.99, "very sure", "99 in 100 such flags are real"),
        (0.95, "very sure", "19 in 20 such flags are real"),
        (0.9, "sure", "9 in 10 such flags are real"),
        (0.8, "sure", "4 in 5 such flags are real"),
        (0.75, "likely", "3 in 4 such flags are real"),
        (0.5, "likely", "1 in 2 such flags is real"),
        (None, "", ""),
    ],
)
def test_a_chance_has_a_word_and_odds(chance, word, sentence):
    assert (how_sure(chance), such_flags(chance)) == (word, sentence)


@given(CHANCES, CHANCES)
def test_the_surer_flag_never_has_the_lower_odds(one, other):
    def share(chance):
        k, n = odds_in_words(chance).split(" in ")
        return int(k) / int(n)

    assert share(min(one, other)) <= share(max(one, other))


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({}, "about 14 points below what is expected here; 19 were seen"),
        (
            {"direction": "improvement", "seen": 0.83, "expected": 0.64},
            "about 14 points above what is expected here;",
        ),
        (
            {"channel": "consistency", "seen": 0.2, "expected": 0.1},
            "about 14 points more uneven than is expected here;",
        ),
        ({"drop": 0.011, "seen": 0.82}, "about 1 point below what is expected here; 1 was seen"),
        ({"drop": 0.002}, "less than a point below"),
        ({"drop": None}, "19 points below what is expected here were seen"),
        ({"seen": 0.676, "expected": 0.843}, "; 16 were seen"),
    ],
)
def test_a_drop_stands_beside_what_was_seen(told, words):
    flag = {"direction": "decline", "channel": "overall", "seen": 0.64, "expected": 0.83, "drop": 0.14} | told
    assert words in drop(**flag)


def test_less_seen_than_is_likely_is_explained():
    said = drop(direction="decline", channel="overall", seen=0.774, expected=0.893, drop=0.131)
    assert said.startswith("about 13 points below what is expected here; 12 were seen since the likeliest day")
    usual = drop(direction="decline", channel="overall", seen=0.64, expected=0.83, drop=0.14)
    assert "likeliest day" not in usual


def test_rounding_alone_makes_no_drop_likelier_than_what_was_seen():
    said = drop(direction="decline", channel="overall", seen=0.676, expected=0.843, drop=0.167)
    assert said == "about 16 points below what is expected here; 16 were seen"
