"""Papers by a part of their title and authors by a part of their name: the API's `title` and `full_name`.

A part may begin and end within a word, so no index finds all of it. But what stands in it behind its first word are words, of
which only the last may go on; and the indexes of words know those. Where they leave few candidates, these alone are compared.
Else, as with a single word, titles are looked through by themselves, a seventh of what their table is. What is so common that
this too finds many is a good part of all papers: a page of them is soon read in their order.
"""

import re

from django.db import connection
from django.db.models import QuerySet

from papers.models import Author, Paper
from papers.search_words import MOST_WORDS, SHORTEST_BEGINNING

CAP = 5000
"""Candidates that are compared one by one; of what has more, the table is read."""

_SEPARATORS = re.compile(r"[\s\-/_<\u2010\u2011–—−]+")
"""What ends a word for certain (papers/search_sql.py); of other signs the database's parser makes what it likes."""

_QUERY = "to_tsquery('simple', %(words)s)"
_TITLES = f"""
SELECT paper_id FROM papers_search_title WHERE title_words @@ {_QUERY}
UNION ALL SELECT paper_id FROM papers_search_added WHERE title_words @@ {_QUERY} LIMIT %(most)s
"""
# The key of a title is cut at 400 characters: longer ones are compared in any case.
_IN_TITLES = "(strpos(title, papers_title_key(%(part)s)) > 0 OR length(title) >= 400)"
_WITHIN_TITLES = f"""
SELECT paper_id FROM papers_search_title WHERE {_IN_TITLES}
UNION ALL SELECT paper_id FROM papers_search_added WHERE {_IN_TITLES} LIMIT %(most)s
"""
_NAMES = f"SELECT id FROM papers_author WHERE to_tsvector('simple', papers_search_text(name)) @@ {_QUERY} LIMIT %(most)s"


def titled(papers: QuerySet[Paper], part: str) -> QuerySet[Paper]:
    """Those whose title has this part, in whatever case."""
    words = certain(part)
    keys = _few(_TITLES, words=words, part=part) if words else None
    if keys is None:
        keys = _few(_WITHIN_TITLES, words=words, part=part)
    found = papers.filter(title__icontains=part)
    return found if keys is None else found.filter(pk__in=keys)


def called(authors: QuerySet[Author], part: str) -> QuerySet[Author]:
    """Those whose name has this part, in whatever case."""
    words = certain(part)
    keys = _few(_NAMES, words=words, part=part) if words else None
    found = authors.filter(name__icontains=part)
    return found if keys is None else found.filter(pk__in=keys)


def certain(part: str) -> str:
    """The words that a text with this part has, for to_tsquery; "" where none is certain.

    The first piece may be the end of a word, unless a separator is before it; the last may be the beginning of one.
    """
    pieces = _SEPARATORS.split(part)[1:]
    if not pieces:
        return ""
    *inner, last = pieces
    words = [f"'{word}'" for word in inner if _is_word(word)][: MOST_WORDS - 1]
    if _is_word(last) and len(last) >= SHORTEST_BEGINNING:
        words.append(f"'{last}':*")
    return " & ".join(words)


def _is_word(piece: str) -> bool:
    """Whether the database's parser, too, takes it for one word."""
    return piece.isascii() and piece.isalnum() and not piece[0].isdigit()


def _few(statement: str, *, words: str, part: str) -> list[int] | None:
    """The keys that a statement finds; None for more than are compared."""
    with connection.cursor() as cursor:
        cursor.execute(statement, {"words": words, "part": part, "most": CAP + 1})
        keys = [key for (key,) in cursor.fetchall()]
    return keys if len(keys) <= CAP else None
