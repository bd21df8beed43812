"""What a person typed, as questions to the database."""

import pytest

from papers.search_words import Question, beginnings, clean, contradiction, read, typed


@pytest.mark.parametrize(
    ("query", "exact", "loose"),
    [
        ("language models", "language models", "language models"),
        ('"language models" neural', '"language models" neural', "language models neural"),
        ('"language models', "language models", "language models"),
        ("gpt-4 vision", '"gpt 4" vision', "gpt 4 vision"),
        ("and/or", '"and or"', 'and "or"'),
        ("bert OR roberta", "bert OR roberta", "bert OR roberta"),
        ("bert or", "bert", "bert"),
        ("OR OR bert", "bert", "bert"),
        ('"or"', '"or"', '"or"'),
        ("bert -vision", "bert -vision", "bert -vision"),
        ('bert -"language model"', 'bert -"language model"', "bert"),
        ("bert OR -vision", "bert", "bert"),
        ("bert - vision", "bert vision", "bert vision"),
        ("--bert -- vision", "-bert vision", "-bert vision"),
        ("a :*&|! b", "a b", "a b"),
    ],
)  # fmt: skip
def test_words_phrases_alternatives_and_exclusions_are_told_apart(query, exact, loose):
    question = read(query)
    assert (question.exact, question.loose) == (exact, loose)


@pytest.mark.parametrize("query", ["", "-", "-bert", "-bert OR -vision", "++ $", "OR", ":*&|!", '""', '"""', "- / _"])
def test_what_has_no_word_to_look_for_is_no_question(query):
    assert read(query) is None


@pytest.mark.parametrize(
    ("query", "word", "exact"),
    [
        ("bert -bert", "bert", None),
        ("the we task -TASK", "TASK", None),
        ("café -Cafe\u0301", "Cafe\u0301", None),
        ('"language model" -model', "model", None),
        ("gpt-4 -gpt-4", "gpt 4", None),
        ("bert -bert OR vision", "bert", "vision"),
        ("gpt-4 -gpt-3", "", '"gpt 4" -"gpt 3"'),
        ('language model -"language model"', "", 'language model -"language model"'),
        ("bert -vision OR vision", "", "bert -vision OR vision"),
    ],
)
def test_what_is_both_wanted_and_excluded_is_not_looked_for(query, word, exact):
    question = read(query)
    assert (contradiction(query), question and question.exact) == (word, exact)


def test_only_twelve_words_count():
    assert read("a-b " * 9).exact == " ".join(['"a b"'] * 6)


@pytest.mark.parametrize(
    ("query", "signed"),
    [
        ("C++ and C#.", ("C++", "C#")),
        ("100% (x)", ("100%", "(x)")),
        ("it's state-of-the-art: a, b; c?", ()),
        ("bert -c++", ()),
        ("++ $ bert", ()),
    ],
)
def test_signs_that_mean_something_are_kept_with_their_word(query, signed):
    assert read(query).signed == signed


def test_a_question_knows_the_title_that_it_may_be():
    assert read('"Why?" trust') == Question(
        exact="Why? trust", loose="Why? trust", title="Why? trust", signed=(), has_exclusions=False
    )


def test_a_query_is_cleaned_to_one_line():
    assert clean(" a\x00b\n\tc \ud800 \u2028d ") == "a b c d"
    assert clean("x " * 5000) == ("x " * 100).strip()


def test_words_of_names_may_be_beginnings_from_three_letters_on():
    assert beginnings("Ann de Müller_2") == ("'Ann':*", "'de'", "'Müller':*", "'2'")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("at", ""),
        ("att", "'att':*"),
        ("attention is a", "'attention' & 'is'"),
        ("of all yo you", "'of' & 'all' & 'yo' & 'you':*"),
        ("':*|!", ""),
    ],
)
def test_the_last_word_typed_may_be_unfinished(text, words):
    assert typed(text) == words
