r"""LaTeX among the words of titles and abstracts."""

import time

import pytest

from portal.latex_words import plain
from portal.markdown import LONGEST_TEXT, to_html, with_formulas
from tests.factories.catalogue import make_paper
from tests.portal.reading import read


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (r"We call it \textit{abc}, \emph{x} and \textbf{y z}.", "We call it abc, x and y z."),
        (r"\textbf{\textit{a} and \emph{b}} c", "a and b c"),
        (r"{\em very} good and {\bf bold text}", "very good and bold text"),
        ("``quoted'' and ``it's so'' here", "“quoted” and “it's so” here"),
        (r"50\% of Q\&A, \#1, a\_b, \{x\}", "50% of Q&A, #1, a_b, {x}"),
        (r"as shown in Fig.~\ref{a} and~\cite{b, c}, see Sec.~2", "as shown in Fig. and, see Sec. 2"),
        (r"code at \url{https://example.org/a_b} or \href{https://example.org}{here}", "code at https://example.org/a_b or here"),
        ("about ~100 and http://example.org/~me and a ~ b", "about ~100 and http://example.org/~me and a ~ b"),
        ("it's 'so' and ``open and `x' ''", "it's 'so' and ``open and `x' ''"),
        (r"C:\temp \unknown{x} \textit{open \alpha", r"C:\temp \unknown{x} \textit{open \alpha"),
        (r"\begin{abstract} \item", r"\begin{abstract} \item"),
        ("", ""),
    ],
)
def test_what_is_known_becomes_words_and_all_else_stays(text, words):
    assert plain(text) == words


def test_formulas_keep_their_commands_and_words_around_them_lose_theirs():
    made = with_formulas(r"\emph{We} take $\textbf{x}_{50\%}$ of 50\%")
    assert made.startswith("We take <math")
    assert made.endswith("</math> of 50%")
    assert r'alttext="\textbf{x}_{50\%}"' in made
    assert with_formulas(r"\textit{a $x$ b}").startswith(r"\textit{a <math")


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        (r"\textit{<script>alert(1)</script>}", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        (r"<scr\emph{ipt}>", "&lt;script&gt;"),
        (r"\href{javascript:alert(1)}{x}", "x"),
        (r"\url{javascript:alert(1)}", "javascript:alert(1)"),
        (r"``<b onclick='x'>''", "“&lt;b onclick='x'&gt;”"),
        (r"\&lt;script\&gt;", "&amp;lt;script&amp;gt;"),
        (r"\emph{\1 \g<0>}", r"\1 \g&lt;0&gt;"),
        ("\\textit{a\x00b}", "ab"),
    ],
)
def test_nothing_that_runs_comes_out(hostile, shown):
    made = with_formulas(hostile)
    assert made.replace("&#39;", "'").replace("\ufffd", "") == shown
    assert "<" not in made


N = LONGEST_TEXT


@pytest.mark.parametrize(
    "text",
    [
        r"\textit{" * (N // 8), r"\textit{" * (N // 16) + "}" * (N // 16), r"\textit{}" * (N // 9), "`" * N, "``" + "a" * (N - 2), "``a'" * (N // 4),
        "``" + "'a" * (N // 2 - 1), r"\href{" * (N // 6), r"\href{}{" * (N // 8), "{\\em " * (N // 5), "~" * N, "a~" * (N // 2), r"~\ref{" * (N // 6),
        "\\" * N, r"\%" * (N // 2), r"\textit " * (N // 8),
    ],
    ids=range(16),
)  # fmt: skip
def test_hostile_texts_take_no_longer_than_their_length(text):
    begun = time.process_time()
    made = with_formulas(text)
    assert time.process_time() - begun < 1
    assert len(made) <= 6 * N


def test_descriptions_in_markdown_stay_what_they_were():
    assert to_html(r"\textit{abc} 50\%") == "<p>\\textit{abc} 50%</p>\n"


@pytest.mark.django_db
def test_titles_and_abstracts_are_shown_without_it(client):
    make_paper(title=r"On \emph{all} ``things''", slug="paper", abstract=r"We gain 50\% with \textit{this}.")
    page = read(client.get("/paper/paper"))
    assert page.headings[0] == ("h1", "On all “things”")
    assert "We gain 50% with this." in page.main
    assert "On all “things”" in read(client.get("/papers")).main
