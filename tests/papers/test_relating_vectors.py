"""Texts to sparse vectors."""

import math

import numpy as np
import pytest

from papers.relating import vectors
from papers.relating.vectors import count_words
from papers.relating.words import BUCKETS, WordNumbers

NUMBERS = WordNumbers()


def row_of(matrix, row):
    """A row as {number: value}."""
    part = slice(matrix.indptr[row], matrix.indptr[row + 1])
    return dict(zip(matrix.indices[part].tolist(), matrix.data[part].tolist(), strict=True))


def test_a_rare_word_weighs_more_by_the_stated_formula():
    counts = count_words(["graph parsing", "graph graph", "graph walls"])
    found = row_of(counts.vectors(counts.frequencies()), 0)
    graph, parsing = math.log(4 / 3.5), math.log(4 / 1.5)
    length = math.hypot(graph, parsing)
    assert found == pytest.approx({NUMBERS["graph"]: graph / length, NUMBERS["parsing"]: parsing / length}, rel=1e-5)


def test_a_word_said_often_weighs_more_but_not_in_proportion():
    counts = count_words(["graph graph graph parsing", "walls"])
    found = row_of(counts.vectors(counts.frequencies()), 0)
    assert found[NUMBERS["graph"]] / found[NUMBERS["parsing"]] == pytest.approx(1 + math.log(3), rel=1e-5)


def test_only_the_strongest_words_are_kept_and_of_equal_ones_the_lower_number():
    counts = count_words(["alpha beta gamma delta delta", "other"])
    found = row_of(counts.vectors(counts.frequencies(), strongest=2), 0)
    equal = min(NUMBERS[word] for word in ("alpha", "beta", "gamma"))
    assert sorted(found) == sorted([NUMBERS["delta"], equal])
    assert math.hypot(*found.values()) == pytest.approx(1, rel=1e-5)


def test_a_text_without_words_has_no_vector():
    counts = count_words(["", "the of 12", "graph"])
    found = counts.vectors(counts.frequencies())
    assert np.diff(found.indptr).tolist() == [0, 0, 1]


def test_no_texts_have_no_vectors():
    counts = count_words([])
    assert counts.vectors(counts.frequencies()).shape == (0, BUCKETS)


@pytest.mark.parametrize("chunk", [1, 2, 3, 5, 7])
def test_the_size_of_chunks_changes_nothing(monkeypatch, chunk):
    texts = ["graph parsing", "", "graph networks", "parsing walls", "networks"]
    whole = count_words(texts)
    expected = whole.vectors(whole.frequencies())
    monkeypatch.setattr(vectors, "CHUNK", chunk)
    counts = count_words(texts)
    assert (counts.vectors(counts.frequencies()) != expected).nnz == 0


def test_a_word_of_nearly_every_paper_says_nothing(monkeypatch):
    monkeypatch.setattr(vectors, "_COMMON_AT_LEAST", 2)
    counts = count_words(["model graph", "model parsing", "model walls"])
    assert NUMBERS["model"] not in row_of(counts.vectors(counts.frequencies()), 0)
