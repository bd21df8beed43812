"""Text to words and their numbers."""

import pytest

from papers.relating.words import BUCKETS, WordNumbers, text_of, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Attention Is All You Need", ["attention", "is", "all", "you", "need"]),
        ("GPT-NeoX-20B: open-source", ["gpt", "neox", "20b", "open", "source"]),
        (r"We show \textbf{robust} gains on $\mathcal{L}_1$", ["we", "show", "robust", "gains", "on", "l", "1"]),
        ("Poincaré Embeddings", ["poincare", "embeddings"]),
        ("naïve_bayes – тест", ["naive", "bayes", "тест"]),
        ("", []),
    ],
)
def test_words_are_folded_and_latex_commands_are_none(text, expected):
    assert words(text) == expected


def test_a_title_counts_twice_and_nothing_is_missing_where_a_text_is():
    assert words(text_of("A title", None)) == ["a", "title", "a", "title"]
    assert words(text_of(None, "an abstract")) == ["an", "abstract"]


def test_words_that_say_nothing_have_number_zero():
    numbers = WordNumbers()
    assert [numbers[word] for word in ("the", "http", "x", "2018", "w" * 41)] == [0, 0, 0, 0, 0]


def test_plural_and_singular_are_one_word():
    numbers = WordNumbers()
    assert numbers["networks"] == numbers["network"]
    assert numbers["memories"] == numbers["memory"]
    assert numbers["loss"] != numbers["los"]
    assert numbers["analysis"] != numbers["analysi"]


def test_numbers_stay_the_same_between_versions_of_the_site_and_fit_their_range():
    assert WordNumbers()["transformer"] == 957_767
    assert 0 < WordNumbers()["transformer"] < BUCKETS


def test_what_is_remembered_of_words_is_bounded(monkeypatch):
    monkeypatch.setattr("papers.relating.words.MOST_KNOWN", 10)
    numbers = WordNumbers()
    first = numbers["word0"]
    for number in range(1, 40):
        assert numbers[f"word{number}"]
        assert len(numbers) <= 10
    assert numbers["word0"] == first
