"""Formulas in texts of strangers: readable, harmless, and bounded in time and size."""

import time

import pytest

from portal import formulas
from portal.markdown import LONGEST_TEXT, to_html, with_formulas
from tests.factories.catalogue import make_method, make_paper
from tests.portal.reading import read


def math(inside, *, alttext, display="inline"):
    return f'<math alttext="{alttext}" display="{display}"><mrow>{inside}</mrow></math>'


X = math("<mi>x</mi>", alttext="x")
X_DISPLAYED = math("<mi>x</mi>", alttext="x", display="block")


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("an $x$ here", f"<p>an {X} here</p>\n"),
        (r"an \(x\) here", f"<p>an {X} here</p>\n"),
        ("$$x$$", f"<p>{X_DISPLAYED}</p>\n"),
        ("$$\nx\n$$", f"<p>{X_DISPLAYED}</p>\n"),
        (r"so \[x\] holds", f"<p>so {X_DISPLAYED} holds</p>\n"),
        ("- $x$", f"<ul>\n<li>{X}</li>\n</ul>\n"),
        ("**$x$** at 5$x$", f"<p><strong>{X}</strong> at 5{X}</p>\n"),
        (r"$x\_{t}$", "<p>" + math("<msub><mi>x</mi><mrow><mi>t</mi></mrow></msub>", alttext=r"x\_{t}") + "</p>\n"),
        ("`$x$`", "<p><code>$x$</code></p>\n"),
        (r"\$x\$", "<p>$x$</p>\n"),
    ],
)
def test_formulas_of_every_notation_become_mathml(text, html):
    assert to_html(text) == html


def test_a_block_keeps_its_lines_together_whatever_markdown_would_make_of_them():
    html = to_html("$$\nx = a\n+ b\n- c\n$$")
    assert html.count("<math") == 1
    assert "<li>" not in html


def test_rows_of_a_formula_are_aligned_at_their_signs():
    html = to_html(r"$$\begin{aligned}a&=b\\c&=d\end{aligned}$$")
    assert html.count('<mtd columnalign="right">') == 2
    assert html.count('<mtd columnalign="left">') == 2


@pytest.mark.parametrize(
    "text", ["$5 and $6", "it costs $5", "$ x $", "a $ b $ c", "$$$$", r"\(\)", r"\(x", "US$5 to US$7", "$x\n\ny$"]
)
def test_money_and_lone_signs_stay_words(text):
    assert "<math" not in to_html(text)
    assert "<math" not in with_formulas(text)


@pytest.mark.parametrize("latex", [r"\model{}", r"\left(x", "x^", "x^a^b", "{" * 1900, r"\def\a{\a\a}\a"])
def test_what_is_no_latex_stays_as_its_source(latex):
    assert to_html(f"${latex}$") == f'<p><code class="formula-source">{latex}</code></p>\n'


def test_plain_text_has_formulas_and_no_markdown():
    assert with_formulas("<b> *a* $x$ [l](http://e.example) & \\_") == f"&lt;b&gt; *a* {X} [l](http://e.example) &amp; _"
    assert with_formulas("<b> *a* & _") == "&lt;b&gt; *a* &amp; _"


@pytest.mark.parametrize(
    "hostile",
    [
        r"\text{<script>alert(1)</script>}", r"\text{<img src=x onerror=alert(1)>}", r"\href{javascript:alert(1)}{x}", r"\style{color:red}{x}",
        r"\text{</math><script>alert(1)</script>}", r"\class{x}{y}", r'x" onclick="alert(1)', r"\text{<style>*{color:red}</style>}",
        r"\text{<mglyph><style><img src=x onerror=alert(1)>}", r"\text{<annotation-xml encoding='text/html'><img src=x>}",
        r"<mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    ],
)  # fmt: skip
def test_nothing_that_runs_or_loads_comes_out_of_a_formula(hostile):
    for made in (to_html(f"${hostile}$"), with_formulas(f"${hostile}$"), to_html(f"$${hostile}$$")):
        outside_quotes = made.replace("&lt;", "").replace("&quot;", "")
        for sign in (
            "<script",
            "<img",
            "<style",
            "<mglyph",
            "<annotation",
            " href=",
            " style=",
            ' onclick="',
            ' class="x',
            "<table",
        ):
            assert sign not in outside_quotes, made


N = LONGEST_TEXT


@pytest.mark.parametrize(
    "text",
    [
        "$" * N, "$a $" * (N // 4), r"\(" * (N // 2), r"\[" * (N // 2), "$x^2$ " * (N // 6), "$" + r"\$" * (N // 2), "\\" * (N - 1) + "$",
        ("$" + "x+" * 990 + "$\n") * 10, "$" + "{" * 1990 + "$", "$" + r"\frac{" * 330 + "$", "$" + r"\hat" * 490 + "$", "$" + "(" * 1990 + "$",
        "$" + r"\left(" * 330 + "$", "$" + r"\sqrt[" * 330 + "$", "$" + r"\begin{matrix}" * 140 + "$", "$" + "x_{" * 660 + "$", "[" * N, "**x" * (N // 3),
    ],
    ids=range(18),
)  # fmt: skip
def test_hostile_formulas_are_bounded_in_time_and_size(text):
    for make in (to_html, with_formulas):
        begun = time.process_time()
        made = make(text)
        assert time.process_time() - begun < 2
        assert len(made) < 2 * formulas.MOST_MATHML


def test_a_text_longer_than_any_description_is_shown_as_it_is():
    text = "**<b>** $x$ " + "a" * LONGEST_TEXT
    assert to_html(text) == f"<p>{text.replace('<b>', '&lt;b&gt;')}</p>"
    assert with_formulas(text) == text.replace("<b>", "&lt;b&gt;")


@pytest.mark.django_db
def test_descriptions_and_abstracts_show_their_formulas(client):
    make_method(name="Method", slug="method", description="Adds $x$.")
    make_paper(title="On $x$", slug="paper", abstract="We add $x$ <b>.")
    assert f"<p>Adds {X}.</p>" in client.get("/method/method").content.decode()
    response = client.get("/paper/paper")
    assert f"<p>We add {X} &lt;b&gt;.</p>" in response.content.decode()
    assert read(response).title == "On $x$ | Papers With Code 2"
