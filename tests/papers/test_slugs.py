"""Addresses as the old site made them."""

import gzip
import json
import re

import pytest

from papers.slugs import first_free, slug_of_old_url, slug_of_paper_url, slugify_title


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("GPT-NeoX-20B: An Open-Source Autoregressive Language Model", "gpt-neox-20b-an-open-source-autoregressive"),
        ("Dynamic Network Model from Partial Observations", "dynamic-network-model-from-partial"),
        ("The Generative Energy Arena (GEA): Incorporating Energy", "the-generative-energy-arena-gea-incorporating"),
        ("Radiation Transfer in Gamma-Ray Bursts", "radiation-transfer-in-gamma-ray-bursts"),
        ("Schrödinger's Café", "schrodinger-s-cafe"),
        ("  --Mixed__  CASE!!", "mixed-case"),
        ("x" * 60, "x" * 45),
        ("a " + "b" * 43 + " c", "a-" + "b" * 43),
        ("a " + "b" * 44, "a"),
    ],
)
def test_a_title_becomes_whole_words_of_45_characters_at_most(title, slug):
    assert slugify_title(title) == slug


@pytest.mark.parametrize("title", ["", "   ", "!!!", "深度学习", "\u0000"])
def test_a_title_without_latin_letters_gets_the_fallback(title):
    assert slugify_title(title) == "untitled"
    assert slugify_title(title, fallback="author") == "author"


def test_the_slug_of_a_board_without_names_is_the_degenerate_one_of_the_old_site():
    assert slugify_title(" on ") == "on"


def test_collisions_are_numbered_in_order():
    assert first_free("theory", set()) == "theory"
    assert first_free("theory", {"theory"}) == "theory-1"
    assert first_free("theory", {"theory", "theory-1", "theory-2"}) == "theory-3"
    assert first_free("theory", {"theory", "theory-1"}, start=5) == "theory-5"


@pytest.mark.parametrize(
    ("url", "slug"),
    [
        ("https://paperswithcode.com/paper/theory-and-practice", "theory-and-practice"),
        ("http://www.paperswithcode.com/paper/theory-and-practice/", "theory-and-practice"),
        ("https://paperswithcode.com/paper/190409925", "190409925"),
        ("https://paperswithcode.com/task/theory-and-practice", None),
        ("https://paperswithcode.com/paper/a/b", None),
        ("https://paperswithcode.com/paper/", None),
        ("https://paperswithcode.com/paper/..", None),
        ("https://paperswithcode.com/paper/a<b>", None),
        ("https://paperswithcode.com.evil.example/paper/theory", None),
        ("javascript://paperswithcode.com/paper/theory", None),
        ("https://[broken/paper/theory", None),
        ("https://paperswithcode.com/paper/" + "x" * 301, None),
    ],
)
def test_only_addresses_of_the_old_site_hold_a_slug(url, slug):
    assert slug_of_paper_url(url) == slug


def test_the_slug_of_a_board_is_harvested_alike():
    assert (
        slug_of_old_url("https://paperswithcode.com/sota/question-answering-on-squad20", noun="sota")
        == "question-answering-on-squad20"
    )


def test_the_rule_makes_93_of_100_real_slugs_of_the_sample(shared_data):
    with gzip.open(shared_data / "pwc/archive/papers-with-abstracts.json.gz") as file:
        pairs = {(row["title"], slug_of_paper_url(row["paper_url"])) for row in json.load(file)}
    with gzip.open(shared_data / "pwc/archive/links-between-papers-and-code.json.gz") as file:
        pairs |= {(row["paper_title"], slug_of_paper_url(row["paper_url"])) for row in json.load(file)}
    right = [pair for pair in pairs if re.fullmatch(rf"{slugify_title(pair[0])}(-\d+)?", pair[1])]
    assert (len(right), len(pairs)) == (2088, 2251)
