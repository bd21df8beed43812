"""Finding papers by their words, in a few milliseconds whatever the words are.

What a search finds, in this order: the paper of that very title; titles that begin with the query; titles that hold it as it
stands; then the best by rank (a word in the title weighs more than one in the abstract) of the newest 1,000 papers that match
and the newest 1,000 whose title does. So a rare word is ranked among all of its papers, and a common one among the newest; a
title is found however old it is. Of a phrase the newest 5,000 papers with all of its words are looked at, and for signs such as
those of C++ the best 500 that were found.

A search within a task, among papers with code or of one year looks into the same indexes: tasks and code are marks among a
paper's words, and a year is a stretch of the tables' order. So the newest 1,000 are those of that kind.

The index is papers/search_sql.py, the reading of queries papers/search_words.py, names of other things papers/search_names.py.
"""

from dataclasses import dataclass, replace
from functools import cache

from django.db import connection

from papers import search_words
from papers.search_words import clean

__all__ = ["ALL", "CAP", "MOST_HITS", "Found", "Hit", "Suggestion", "Within", "clean", "papers", "suggest"]

CAP = 1000
PHRASE_CAP = 5000
SIGNS_CAP = 500
BEGINNINGS_CAP = 200
SUGGESTIONS_CAP = 50
MOST_HITS = 3 * CAP + 2 * BEGINNINGS_CAP
"""No search finds more papers than this."""

LAST_SIGN = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class Hit:
    """A paper that was found, by its primary key; `rank` compares hits of one search alone."""

    paper: int
    rank: float


@dataclass(frozen=True, kw_only=True)
class Found:
    """Some of the papers that were found, best first; `count` of them in all, or more than that where it is capped."""

    hits: tuple[Hit, ...]
    count: int
    is_capped: bool

    @property
    def count_text(self) -> str:
        """How many, as a reader reads it: "17", "1,000+"."""
        return f"{min(CAP, self.count):,}+" if self.is_capped else f"{self.count:,}"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A paper that somebody who types may mean."""

    title: str
    slug: str


@dataclass(frozen=True, kw_only=True)
class Within:
    """Which papers are searched: those of a task (its primary key), those with code, those of a year; all of it together."""

    task: int | None = None
    with_code: bool = False
    year: int | None = None

    @property
    def marks(self) -> str:
        """What papers/search_sql.py marks such papers with, as a tsquery; empty for none."""
        marks = [f"'#task{self.task:d}'"] if self.task is not None else []
        return " & ".join([*marks, "'#code'"] if self.with_code else marks)


ALL = Within()

NOTHING = Found(hits=(), count=0, is_capped=False)

# Newest first is the tables' physical order. A scan that several backends share begins in the middle and workers read in any
# order, so neither may happen; a big bitmap that does not fit forgets which rows of a page it meant.
_IN_PHYSICAL_ORDER = """
SET LOCAL synchronize_seqscans = off;
SET LOCAL max_parallel_workers_per_gather = 0;
SET LOCAL work_mem = '32MB';
SET LOCAL jit = off;
"""

# The planner takes words to be independent: of those that go together it expects many papers without one of them, and reads
# the whole table in search of a thousand. The index has none or all of them in a tenth of that time.
_BY_INDEX = "SET LOCAL enable_seqscan = off;"

_NOT_REWRITTEN = "NOT EXISTS (SELECT FROM papers_search_added a WHERE a.paper_id = found.paper_id)"

# `querytree` says what of a query an index can answer: '' for stop words alone, T where every paper would have to be read.
_ANSWERABLE = "querytree({query}) NOT IN ('', 'T')"


@dataclass(frozen=True, kw_only=True)
class _Shape:
    """What makes one statement different from another."""

    has_phrases: bool
    has_signs: bool
    has_marks: bool
    has_year: bool
    has_exclusions: bool

    def kept(self, words: str) -> str:
        """SQL of the condition that a row is of the papers that are searched; `words` is the column that has its marks."""
        marks = f" AND {words} @@ %(marks)s::tsquery" if self.has_marks else ""
        return marks + (" AND date BETWEEN %(first_day)s AND %(last_day)s" if self.has_year else "")


def _newest(columns: str, *, table: str, words: str, kind: str, shape: _Shape) -> str:
    """SQL for the newest rows of a table whose `words` match; `kind` is the configuration.

    No ORDER BY, on purpose: with one the planner would walk through the whole table by date where it expects many matches.
    """
    loose, exact = (f"websearch_to_tsquery('{kind}', papers_without_accents(%({part})s))" for part in ("loose", "exact"))
    # One query of words and marks, not two conditions: the index then skips through the common words by the rare ones.
    wanted = f"({loose} && %(marks)s::tsquery)" if shape.has_marks else loose
    kept = replace(shape, has_marks=False).kept(words)
    inner = f"SELECT {columns}, {words} FROM {table} WHERE {words} @@ {wanted} AND {_ANSWERABLE.format(query=loose)}{kept} LIMIT "
    if not shape.has_phrases:
        return f"{inner} %(cap)s"
    return f"SELECT * FROM ({inner} %(phrase_cap)s) candidate WHERE {words} @@ {exact} LIMIT %(cap)s"


@cache
def _statement(shape: _Shape) -> str:
    by_words = _newest("paper_id, date", table="papers_search", words="words", kind="english", shape=shape)
    by_title = _newest("paper_id, date, title", table="papers_search_title", words="title_words", kind="simple", shape=shape)
    kept = shape.kept("title_words")
    english, simple = (f"websearch_to_tsquery('{kind}', papers_without_accents(%(exact)s))" for kind in ("english", "simple"))
    in_words, in_titles = (_ANSWERABLE.format(query=query) for query in (english, simple))
    key = 'papers_title_key(%(title)s) COLLATE "C"'
    begins = f"title >= {key} AND title < {key} || '{LAST_SIGN}' AND {key} <> ''"
    found = "told" if shape.has_signs else "hits"
    return f"""{_IN_PHYSICAL_ORDER}{_BY_INDEX if shape.has_exclusions else ""}
WITH by_words AS MATERIALIZED ({by_words}),
by_title AS MATERIALIZED ({by_title}),
by_key AS MATERIALIZED (
    SELECT paper_id, date, title FROM papers_search_title WHERE title = {key} AND {key} <> ''{kept} LIMIT %(beginnings)s
),
by_beginning AS MATERIALIZED (
    SELECT paper_id, date, title FROM papers_search_title WHERE {begins}{kept} LIMIT %(beginnings)s
),
built AS (
    SELECT paper_id, date, NULL::text AS title, ts_rank(words, {english}) AS rank FROM by_words
    UNION ALL
    SELECT paper_id, date, title, ts_rank(setweight(title_words, 'A'), {simple}) FROM by_title
    UNION ALL
    SELECT paper_id, date, title, 0 FROM by_key
    UNION ALL
    SELECT paper_id, date, title, 0 FROM by_beginning
),
pool AS (
    SELECT * FROM built found WHERE {_NOT_REWRITTEN}
    UNION ALL
    (SELECT paper_id, date, title, greatest(ts_rank(words, {english}), ts_rank(setweight(title_words, 'A'), {simple}))
     FROM papers_search_added WHERE is_shown AND (
        (words @@ {english} AND {in_words}) OR (title_words @@ {simple} AND {in_titles}) OR ({begins})
     ){kept} LIMIT %(cap)s)
),
hits AS (
    SELECT paper_id, max(date) AS date, max(rank) AS rank, min(CASE
        WHEN title = {key} THEN 0 WHEN starts_with(title, {key}) THEN 1 WHEN strpos(title, {key}) > 0 THEN 2 ELSE 3 END) AS tier
    FROM pool GROUP BY paper_id
){_JUDGED if shape.has_signs else ""}
SELECT paper_id, rank, (SELECT count(*) FROM {found}),
    (SELECT count(*) FROM by_words) >= %(cap)s OR (SELECT count(*) FROM by_title) >= %(cap)s
        OR (SELECT count(*) FROM by_key) >= %(beginnings)s OR (SELECT count(*) FROM by_beginning) >= %(beginnings)s
FROM {found} hit JOIN papers_paper ON papers_paper.id = paper_id
WHERE removed_at IS NULL AND duplicate_of_id IS NULL
ORDER BY tier, rank DESC, hit.date DESC NULLS LAST, paper_id DESC LIMIT %(limit)s OFFSET %(offset)s
"""


# Signs mean themselves wherever a paper has them so; where none has, the words alone will have to do.
_JUDGED = """,
judged AS (
    SELECT hits.*, (
        SELECT bool_and(strpos(lower(papers_without_accents(concat_ws(' ', paper.title, paper.abstract))), word) > 0)
        FROM unnest(%(signed)s::text[]) AS sign, lower(papers_without_accents(sign)) AS word
    ) AS has_signs
    FROM (SELECT * FROM hits ORDER BY tier, rank DESC, date DESC NULLS LAST, paper_id DESC LIMIT %(signs_cap)s) hits
    JOIN papers_paper paper ON paper.id = paper_id
),
told AS (SELECT * FROM judged WHERE has_signs OR NOT EXISTS (SELECT FROM judged WHERE has_signs))"""


def papers(query: str, *, limit: int, offset: int = 0, within: Within = ALL) -> Found:
    """The published papers that a query finds `within` some of them, best first; one query. Nothing for a query without words.

    Words are joined by "and" and stand for their other forms too; quotes make a phrase, OR an alternative, a minus excludes.
    Only the first 200 characters and 12 words of a query count. `offset` reaches no further than the papers found, which are
    the newest where there are too many.
    """
    question = search_words.read(clean(query))
    if question is None:
        return NOTHING
    shape = _Shape(
        has_phrases=question.has_phrases,
        has_signs=bool(question.signed),
        has_marks=bool(within.marks),
        has_year=within.year is not None,
        has_exclusions=question.has_exclusions,
    )
    with connection.cursor() as cursor:
        cursor.execute(
            _statement(shape),
            {
                "marks": within.marks,
                "first_day": f"{within.year or 1:04d}-01-01",
                "last_day": f"{within.year or 1:04d}-12-31",
                "exact": question.exact,
                "loose": question.loose,
                "title": question.title,
                "signed": list(question.signed),
                "cap": CAP,
                "phrase_cap": PHRASE_CAP,
                "signs_cap": SIGNS_CAP,
                "beginnings": BEGINNINGS_CAP,
                "limit": limit,
                "offset": offset,
            },
        )
        rows = cursor.fetchall()
    if not rows:
        return NOTHING
    return Found(hits=tuple(Hit(paper, rank) for paper, rank, *_ in rows), count=rows[0][2], is_capped=rows[0][3])


_SUGGESTIONS = (
    _IN_PHYSICAL_ORDER
    + f"""
WITH built AS (
    (SELECT paper_id, 0 AS tier FROM papers_search_title
     WHERE title >= papers_title_key(%(typed)s) AND title < papers_title_key(%(typed)s) || '{LAST_SIGN}' LIMIT %(cap)s)
    UNION ALL
    (SELECT paper_id, 1 FROM papers_search_title
     WHERE title_words @@ to_tsquery('simple', papers_without_accents(%(words)s)) LIMIT %(cap)s)
),
pool AS (
    SELECT * FROM built found WHERE {_NOT_REWRITTEN}
    UNION ALL
    (SELECT paper_id, CASE WHEN starts_with(title, papers_title_key(%(typed)s)) THEN 0 ELSE 1 END FROM papers_search_added
     WHERE is_shown AND title_words @@ to_tsquery('simple', papers_without_accents(%(words)s)) LIMIT %(cap)s)
)
SELECT coalesce(title, ''), slug FROM (SELECT paper_id, min(tier) AS tier FROM pool GROUP BY paper_id) hit
JOIN papers_paper ON papers_paper.id = paper_id
WHERE removed_at IS NULL AND duplicate_of_id IS NULL
ORDER BY tier, date DESC NULLS LAST, paper_id DESC LIMIT %(limit)s
"""
)


def suggest(prefix: str, *, limit: int = 10) -> tuple[Suggestion, ...]:
    """Papers whose title has all words typed, the last of them perhaps unfinished; titles that begin so first, then the newest.

    Nothing for less than three letters; one query.
    """
    typed = clean(prefix)
    words = search_words.typed(typed)
    if not words:
        return ()
    with connection.cursor() as cursor:
        cursor.execute(_SUGGESTIONS, {"typed": typed, "words": words, "cap": SUGGESTIONS_CAP, "limit": limit})
        return tuple(Suggestion(title, slug) for title, slug in cursor.fetchall())
