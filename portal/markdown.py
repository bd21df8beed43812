"""Texts of strangers, made into HTML that is safe to show: descriptions in Markdown, abstracts in plain text, both with LaTeX."""

from functools import lru_cache

import nh3
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markupsafe import Markup, escape

from portal import formulas, latex_words
from portal.pages.links import web_address

LONGEST_TEXT = 20_000
"""Characters that are read as Markdown; a longer text is shown as it was written."""

# No images: each would be a request of the reader's browser to somebody else's host.
TAGS = {
    "a", "blockquote", "br", "code", "em", "h2", "hr", "li", "ol", "p", "pre", "s", "strong", "table", "tbody", "td", "th",
    "thead", "tr", "ul",
}  # fmt: skip
ATTRIBUTES = {"a": {"href", "title"}}


def _one_heading_level(state: StateCore) -> None:
    """Turn every heading into an h2: a description stands below the page's h1, and no level may be left out."""
    for token in state.tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = "h2"


def _harmless(tag: str, attribute: str, value: str) -> str | None:
    """Drop a class that is not ours, and a link's address unless it is a whole http(s) one: others lead to no page of ours."""
    if attribute == "class":
        return value if value == formulas.CLASS else None
    if (tag, attribute) == ("a", "href"):
        return web_address(value) or None
    return value


_markdown = formulas.add_formulas(MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"]))
_markdown.core.ruler.push("one_heading_level", _one_heading_level)
_plain = formulas.add_formulas(MarkdownIt("zero"))
_plain.add_render_rule("text", lambda self, tokens, index, options, env: escape(latex_words.plain(tokens[index].content)))


@lru_cache(maxsize=2048)
def to_html(text: str) -> Markup:
    """A Markdown text as HTML of a few harmless tags; links go to http(s) addresses only."""
    if len(text) > LONGEST_TEXT:
        return Markup("<p>{}</p>").format(text)
    return _clean(_markdown.render(text))


def with_formulas(text: str) -> Markup:
    """A plain text, escaped, with its formulas readable and without LaTeX among its words."""
    has_latex = "$" in text or latex_words.has_some(text)
    return _formulas(text) if has_latex and len(text) <= LONGEST_TEXT else escape(text)


@lru_cache(maxsize=2048)
def _formulas(text: str) -> Markup:
    return _clean(_plain.renderInline(text))


def _clean(html: str) -> Markup:
    cleaned = nh3.clean(
        html,
        tags=TAGS | formulas.TAGS,
        attributes=ATTRIBUTES | formulas.ATTRIBUTES,
        attribute_filter=_harmless,
        url_schemes={"http", "https"},
        link_rel="nofollow noopener",
    )
    return Markup(cleaned)


def in_brief(text: str, length: int = 200) -> str:
    """The beginning of a Markdown text as plain words on one line, cut behind a word."""
    words = to_html(text).striptags()
    return words if len(words) <= length else words[: length - 1].rsplit(" ", 1)[0] + "…"
