"""What a person typed, as the questions that the database is asked. Pure: no query."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

LONGEST_QUERY = 200
MOST_WORDS = 12
SHORTEST_BEGINNING = 3
"""Letters that the beginning of a word has to have; every word begins with one of few shorter ones."""

_TOKEN = re.compile(r'-?"[^"]*"|[^\s"]+|"')
_WORD = re.compile(r"[^\W_]+")
_ACCENTS = re.compile("[\u0300-\u036f]")
_PARTS = re.compile(r"[-/_<\u2010\u2011–—−]+")
_EDGES = "\"'.,:;!?-"
_PLAIN_SIGNS = frozenset("-/_'‘’.,:;!?\u2010\u2011–—−")


@dataclass(frozen=True, kw_only=True)
class Question:
    """A search.

    `exact` and `loose` are in the language of websearch_to_tsquery; `loose` finds all that `exact` finds, without phrases, and is
    what an index answers. `title` is what a title would have to be. `signed` are the words with signs that no index has.
    `has_exclusions` says that something is left out: what remains may be next to nothing, however common its words.
    """

    exact: str
    loose: str
    title: str
    signed: tuple[str, ...]
    has_exclusions: bool

    @property
    def has_phrases(self) -> bool:
        """Whether `exact` asks more than `loose`."""
        return self.exact != self.loose


@dataclass(frozen=True, kw_only=True)
class _Term:
    words: tuple[str, ...]
    is_excluded: bool

    @property
    def folded(self) -> tuple[str, ...]:
        """The words as they are compared: without accents, in small letters."""
        return tuple(_ACCENTS.sub("", unicodedata.normalize("NFKD", word)).lower() for word in self.words)

    @property
    def exact(self) -> str:
        text = " ".join(self.words)
        return ("-" if self.is_excluded else "") + (f'"{text}"' if len(self.words) > 1 or text.lower() == "or" else text)

    @property
    def loose(self) -> str:
        """Never stricter than `exact`: to exclude a phrase is not to exclude its words."""
        if not self.is_excluded:
            return " ".join(f'"{word}"' if word.lower() == "or" else word for word in self.words)
        return self.exact if len(self.words) == 1 else ""


def clean(query: str) -> str:
    """The query as one line of at most 200 printable characters."""
    printable = "".join(sign if sign.isprintable() else " " for sign in query[: 10 * LONGEST_QUERY])
    return " ".join(printable.split())[:LONGEST_QUERY].strip()


def read(query: str) -> Question | None:
    """A cleaned query as a question; None without a word to look for.

    Words are joined by "and"; OR stands between alternatives, a minus before what must be absent, quotes around a phrase.
    Words joined by hyphens, slashes or low lines are phrases. An alternative that only excludes is left out, for it would be
    everything; and one that excludes what it wants, for nothing can be that.
    """
    alternatives = [terms for terms in _alternatives(_TOKEN.findall(query)) if not _contradiction(terms)]
    if not alternatives:
        return None
    return Question(
        exact=" OR ".join(" ".join(term.exact for term in terms) for terms in alternatives),
        loose=" OR ".join(" ".join(term.loose for term in terms if term.loose) for terms in alternatives),
        title=query.replace('"', ""),
        signed=tuple(_signed(query)),
        has_exclusions=any(term.is_excluded for terms in alternatives for term in terms),
    )


def contradiction(query: str) -> str:
    """The first words that a cleaned query both wants and excludes; empty if there are none."""
    return next(filter(None, map(_contradiction, _alternatives(_TOKEN.findall(query)))), "")


def _contradiction(terms: Iterable[_Term]) -> str:
    """What of one alternative is wanted and excluded: a whole term, or a word of a wanted phrase."""
    terms = list(terms)
    wanted = {part for term in terms if not term.is_excluded for part in (term.folded, *((word,) for word in term.folded))}
    return next((" ".join(term.words) for term in terms if term.is_excluded and term.folded in wanted), "")


def _alternatives(tokens: Iterable[str]) -> list[list[_Term]]:
    found: list[list[_Term]] = [[]]
    left = MOST_WORDS
    for token in tokens:
        if token.lower() == "or":
            found.append([])
            continue
        words = _words(token)[:left]
        left -= len(words)
        if words:
            found[-1].append(_Term(words=words, is_excluded=token.startswith("-") and len(token) > 1))
    return [terms for terms in found if not all(term.is_excluded for term in terms)]


def _words(token: str) -> tuple[str, ...]:
    """The words of a token: parts of it that have a letter or a digit."""
    parts = (word for part in _PARTS.split(token.strip('-"')) for word in part.split())
    return tuple(part for part in parts if _WORD.search(part))


def _signed(query: str) -> Iterable[str]:
    """The words that hold a sign which means something and which the database's parser throws away: `C++`, `100%`, `(x)`."""
    for token in query.replace('"', " ").split()[:MOST_WORDS]:
        word = token.strip(_EDGES)
        if _WORD.search(word) and any(not (sign.isalnum() or sign in _PLAIN_SIGNS) for sign in word) and token[0] != "-":
            yield word


def beginnings(query: str) -> tuple[str, ...]:
    """The words of a cleaned query as operands of to_tsquery that also find longer words, if they have three letters or more."""
    words = _WORD.findall(query)[:MOST_WORDS]
    return tuple(f"'{word}':*" if len(word) >= SHORTEST_BEGINNING else f"'{word}'" for word in words)


def typed(query: str) -> str:
    """The words of a query that is being typed, as to_tsquery reads them: the last one may be a beginning; "" for too little.

    The first letter or two of a further word say nothing yet, and would be looked up in half the index: they are left out.
    """
    words = _WORD.findall(query)[:MOST_WORDS]
    if sum(map(len, words)) < SHORTEST_BEGINNING:
        return ""
    *whole, last = words
    if len(last) < SHORTEST_BEGINNING and whole:
        return " & ".join(f"'{word}'" for word in whole)
    return " & ".join([*(f"'{word}'" for word in whole), f"'{last}':*"])
