"""Addresses, figures and Markdown: the pure parts of pages."""

from uuid import UUID

import pytest

from portal.markdown import to_html
from portal.pages import figures
from portal.pages.links import address, host_of, repository_name, web_address


@pytest.mark.parametrize(
    "url", ["https://arxiv.org/abs/2204.06745v1", "http://x.org", "https://x.org:8080/a?b=c#d", "HTTPS://X.org/é"]
)
def test_web_addresses_can_be_followed(url):
    assert web_address(url) == url


@pytest.mark.parametrize(
    "url",
    [
        None, "", "javascript:alert(1)", "java\nscript:alert(1)", "data:text/html,x", "//x.org", "/paper/x", "ftp://x.org", "https://",
        "https:x.org", 'https://x.org/"onclick="', "https://x.org/<b>", "https://x.org/a b", "https://x.org\\@y.org", "https://[x",
        "https://x.org/\x00", "www.x.org", "https://x.org/\u202e",
    ],
)  # fmt: skip
def test_other_addresses_cannot(url):
    assert web_address(url) == ""


def test_space_around_an_address_is_dropped():
    assert web_address(" https://x.org/a \n") == "https://x.org/a"


def test_things_have_addresses_with_odd_signs_quoted():
    assert address("papers:detail", "a-paper") == "/paper/a-paper"
    assert address("tasks:detail", "was ist das?") == "/task/was%20ist%20das%3F"
    assert address("runs:detail", UUID(int=5)) == "/runs/00000000-0000-0000-0000-000000000005"


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://github.com/EleutherAI/gpt-neox", "EleutherAI/gpt-neox"),
        ("http://www.github.com/a/b.git", "a/b"),
        ("https://github.com/a/b/tree/main/c/", "a/b/tree/main/c"),
        ("https://gitlab.com/a/b", "gitlab.com/a/b"),
        ("https://github.com", "github.com"),
    ],
)
def test_repositories_are_called_as_people_call_them(url, name):
    assert repository_name(url) == name


def test_a_host_is_named_without_www():
    assert host_of("https://www.example.org/x") == "example.org"


@pytest.mark.parametrize(
    ("error", "text"), [(None, "25.04"), (0.0, "25.04"), (0.3656, "25.04"), (2.5, "25.0"), (30.0, "25.0"), (0.0041, "25.0400")]
)
def test_a_measured_value_is_as_precise_as_its_error_allows(error, text):
    assert figures.measured(25.04, standard_error=error) == text


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0 B"), (700, "700 B"), (3_300_000, "3.3 MB"), (45_220_000_000, "45 GB"), (1_500_000_000, "1.5 GB")]
)
def test_sizes(number, text):
    assert figures.size(number) == text


@pytest.mark.parametrize(("number", "text"), [(20_554_567_680, "20.6 B"), (812_345, "812.3 K"), (7_000_000, "7.0 M"), (12, "12")])
def test_parameter_counts(number, text):
    assert figures.parameters(number) == text


@pytest.mark.parametrize(("seconds", "text"), [(-1, "0 s"), (59.4, "59 s"), (62, "1 min 2 s"), (12_000, "3 h 20 min")])
def test_durations(seconds, text):
    assert figures.duration(seconds) == text


def test_counted_things_have_their_number():
    assert [figures.counted(n, "batch", "batches") for n in (0, 1, 1234)] == ["0 batches", "1 batch", "1,234 batches"]
    assert figures.counted(2, "paper") == "2 papers"


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("**a** and *b*", "<p><strong>a</strong> and <em>b</em></p>"),
        ("# Title", "<h2>Title</h2>"),
        ("[x](https://x.org)", '<p><a href="https://x.org" rel="nofollow noopener">x</a></p>'),
        ("[x](javascript:alert(1))", "<p>[x](javascript:alert(1))</p>"),
        ("[x](/task/y)", '<p><a rel="nofollow noopener">x</a></p>'),
        ("![x](https://x.org/a.png)", "<p></p>"),
        ("<script>alert(1)</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>"),
        ("<img src=x onerror=alert(1)>", "<p>&lt;img src=x onerror=alert(1)&gt;</p>"),
        ("a\n\nb", "<p>a</p>\n<p>b</p>"),
        ("$5 + y_i and $6", "<p>$5 + y_i and $6</p>"),
    ],
)
def test_markdown_becomes_harmless_html(text, html):
    assert to_html(text).strip() == html
