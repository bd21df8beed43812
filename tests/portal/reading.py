"""Reads a page as a reader does: its words, links, headings and tables."""

import json
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "link", "br", "hr", "input", "img", "rect", "circle", "path", "source", "wbr"}
DATA = ("script", "application/ld+json")
"""What is said to machines; no browser runs it."""


@dataclass
class Page:
    """What is on a page; a table is a list of rows, a row a list of cells' words; `structured` is its JSON-LD."""

    title: str = ""
    text: str = ""
    main: str = ""
    links: list = field(default_factory=list)
    headings: list = field(default_factory=list)
    tables: list = field(default_factory=list)
    forms: list = field(default_factory=list)
    elements: list = field(default_factory=list)
    structured: list = field(default_factory=list)

    def hrefs(self):
        """Where the page leads to."""
        return [href for _, href, _ in self.links]

    def link(self, words):
        """The address of the link with these words."""
        return next(href for text, href, _ in self.links if text == words)


class _Reader(HTMLParser):
    def __init__(self):
        super().__init__()
        self.page = Page()
        self.open = []

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        if (tag, attributes.get("type")) != DATA:
            self.page.elements.append((tag, attributes))
        if tag == "table":
            self.page.tables.append([])
        elif tag == "tr":
            self.page.tables[-1].append([])
        elif tag == "form":
            self.page.forms.append(attributes)
        if tag not in VOID:
            self.open.append((tag, attributes, []))

    def handle_data(self, data):
        if self.open and self.open[-1][0] == "script":
            if ("script", self.open[-1][1].get("type")) == DATA:
                self.page.structured.append(json.loads(data))
            return
        for _, _, words in self.open:
            words.append(data)

    def handle_endtag(self, tag):
        if tag in VOID:
            return
        opened, attributes, words = self.open.pop()
        assert opened == tag, f"<{opened}> is closed by </{tag}>"
        text = " ".join("".join(words).split())
        if tag == "a":
            self.page.links.append((text, attributes.get("href"), attributes))
        elif tag in {"h1", "h2", "h3", "h4"}:
            self.page.headings.append((tag, text))
        elif tag in {"th", "td"}:
            self.page.tables[-1][-1].append(text)
        elif tag == "title" and not any(name == "svg" for name, _, _ in self.open):
            self.page.title = text
        elif tag == "main":
            self.page.main = text
        elif tag == "html":
            self.page.text = text


def read(response):
    """The page of a response; unclosed or crossed elements fail."""
    reader = _Reader()
    reader.feed(response.content.decode())
    assert not reader.open, f"never closed: {reader.open}"
    return reader.page


def in_order(text, parts):
    """Check that the parts stand in the text one after the other."""
    place = 0
    for part in parts:
        found = text.find(part, place)
        assert found >= 0, f"{part!r} is not behind {text[max(0, place - 60) : place]!r}"
        place = found + len(part)
