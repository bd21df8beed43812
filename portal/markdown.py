"""Descriptions of tasks, datasets and methods: Markdown from strangers, made into HTML that is safe to show."""

from functools import lru_cache

import nh3
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markupsafe import Markup

from portal.pages.links import web_address

# No images: each would be a request of the reader's browser to somebody else's host.
TAGS = {
    "a", "blockquote", "br", "code", "em", "h4", "hr", "li", "ol", "p", "pre", "s", "strong", "table", "tbody", "td", "th",
    "thead", "tr", "ul",
}  # fmt: skip
ATTRIBUTES = {"a": {"href", "title"}}


def _one_heading_level(state: StateCore) -> None:
    """Turn every heading into an h4: a description stands below the page's own h1 and h2."""
    for token in state.tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = "h4"


def _only_web_addresses(tag: str, attribute: str, value: str) -> str | None:
    """Drop a link's address unless it is a whole http(s) one; a relative one would lead to pages of ours that are not there."""
    if (tag, attribute) == ("a", "href"):
        return web_address(value) or None
    return value


_parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
_parser.core.ruler.push("one_heading_level", _one_heading_level)


@lru_cache(maxsize=2048)
def to_html(text: str) -> Markup:
    """The text as HTML of a few harmless tags; links go to http(s) addresses only."""
    html = nh3.clean(
        _parser.render(text),
        tags=TAGS,
        attributes=ATTRIBUTES,
        attribute_filter=_only_web_addresses,
        url_schemes={"http", "https"},
        link_rel="nofollow noopener",
    )
    return Markup(html)


def in_brief(text: str, length: int = 200) -> str:
    """The beginning of a Markdown text as plain words on one line, cut behind a word."""
    words = to_html(text).striptags()
    return words if len(words) <= length else words[: length - 1].rsplit(" ", 1)[0] + "…"
