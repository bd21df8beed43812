"""What makes two mentions one thing."""

import pytest

from papers.archive.keys import (
    LONGEST_KEY,
    arxiv_id_of_url,
    arxiv_id_without_version,
    bounded,
    folded_title,
    folded_url,
    joined,
    repository_key,
    url_spellings,
)


@pytest.mark.parametrize(
    ("text", "arxiv_id"),
    [
        ("2204.06745", "2204.06745"),
        ("2204.06745v12", "2204.06745"),
        ("arXiv:2204.06745v1", "2204.06745"),
        ("0704.0001", "0704.0001"),
        ("cond-mat/9207017v1", "cond-mat/9207017"),
        ("math.GT/0309136", "math.GT/0309136"),
        ("2204.0674512", None),
        ("10.1000/182", None),
        ("", None),
        ("1" * 10_000, None),
    ],
)
def test_an_arxiv_id_loses_its_version(text, arxiv_id):
    assert arxiv_id_without_version(text) == arxiv_id


@pytest.mark.parametrize(
    ("url", "arxiv_id"),
    [
        ("https://arxiv.org/abs/2204.06745v1", "2204.06745"),
        ("http://arxiv.org/pdf/1711.03953.pdf", "1711.03953"),
        ("https://www.arxiv.org/pdf/1711.03953v3", "1711.03953"),
        ("https://arxiv.org/abs/cond-mat/9207017v1", "cond-mat/9207017"),
        ("http://export.arxiv.org/abs/1711.03953?context=cs", "1711.03953"),
        ("https://evil.example/arxiv.org/abs/1711.03953", None),
        ("https://arxiv.org/list/cs.CL/recent", None),
    ],
)
def test_an_address_of_arxiv_holds_an_id(url, arxiv_id):
    assert arxiv_id_of_url(url) == arxiv_id


@pytest.mark.parametrize(
    "url",
    [
        "https://github.com/EleutherAI/gpt-neox",
        "http://www.github.com/eleutherai/GPT-NeoX.git",
        "https://github.com/EleutherAI/gpt-neox/",
        "github.com/EleutherAI/gpt-neox.git/",
        "git@github.com:EleutherAI/gpt-neox.git",
        " HTTPS://GITHUB.COM/EleutherAI/gpt-neox#readme",
    ],
)
def test_spellings_of_one_repository_have_one_key(url):
    assert repository_key(url) == "github.com/eleutherai/gpt-neox"


def test_other_repositories_have_other_keys():
    assert repository_key("https://gitlab.com/EleutherAI/gpt-neox") == "gitlab.com/eleutherai/gpt-neox"
    assert repository_key("https://github.com/a/b/tree/main/c") == "github.com/a/b/tree/main/c"


def test_a_page_keeps_the_case_of_its_path():
    assert folded_url("https://WWW.OpenReview.net/forum?id=aBc#x") == "openreview.net/forum?id=aBc"
    assert folded_url("http://papers.nips.cc/paper/8192/") == "papers.nips.cc/paper/8192"
    assert "http://www.papers.nips.cc/paper/8192/" in url_spellings("papers.nips.cc/paper/8192")


def test_titles_are_compared_without_case_and_spaces():
    assert folded_title("  Breaking the\n SOFTMAX ") == "breaking the softmax"


def test_a_long_key_stays_within_an_index_and_apart_from_others():
    long = "é" * 5000
    assert len(bounded(long).encode()) <= LONGEST_KEY
    assert bounded(long) != bounded(long + "x")
    assert bounded("short") == "short"


def test_joined_parts_are_never_mistaken():
    assert joined("a", "b on c") != joined("a on b", "c")
