"""Papers by the name of an author together with words: "vaswani attention".

Names of authors are not among the words of papers (docs/decisions/0009), so this is a second look, for a search that found
nothing: at the newest papers of the people whose names have words of the query. It is bounded at each step, and so may miss old
papers of people whose name many share.
"""

import re

from django.db import connection

from papers.search_words import clean

MOST_PEOPLE = 20
MOST_NAMES = 5000
MOST_PAPERS = 150
MOST_WORDS = 8
_WORD = re.compile(r"[^\W_]+")
_NO_PLAIN_WORDS = re.compile(r'"|(?:^|\s)-\S|(?:^|\s)or(?:\s|$)', re.IGNORECASE)

# A beginning of each word has to be there before a paper's words are read: to stem an abstract takes a hundred times longer.
_STATEMENT = """
WITH named AS MATERIALIZED (
    SELECT id, to_tsvector('simple', papers_search_text(name)) AS words FROM papers_author
    WHERE removed_at IS NULL
        AND to_tsvector('simple', papers_search_text(name)) @@ to_tsquery('simple', papers_without_accents(%(any)s))
    LIMIT %(names)s
),
judged AS MATERIALIZED (
    SELECT id, (
        SELECT count(*) FROM unnest(%(words)s::text[]) AS word
        WHERE named.words @@ plainto_tsquery('simple', papers_without_accents(word))
    ) AS fits FROM named
),
people AS (
    SELECT judged.id FROM judged JOIN papers_authorcount counted ON counted.author_id = judged.id
    WHERE fits = (SELECT max(fits) FROM judged)
    ORDER BY counted.papers DESC, judged.id LIMIT %(people)s
),
newest AS (
    SELECT id FROM papers_paper
    WHERE removed_at IS NULL AND duplicate_of_id IS NULL AND id = ANY (ARRAY(
        SELECT DISTINCT paper_id FROM papers_paperauthor WHERE author_id IN (SELECT id FROM people)
    ))
    ORDER BY date DESC NULLS LAST LIMIT %(papers)s
),
wanted AS MATERIALIZED (
    SELECT paper.id, paper.date, lower(papers_search_text(concat_ws(' ', paper.title, paper.abstract, (
        SELECT string_agg(author.name, ' ') FROM papers_paperauthor place JOIN papers_author author ON author.id = place.author_id
        WHERE place.paper_id = paper.id
    )))) AS text
    FROM papers_paper paper WHERE paper.id = ANY (ARRAY(SELECT id FROM newest))
),
likely AS MATERIALIZED (
    SELECT * FROM wanted WHERE (
        SELECT bool_and(strpos(text, beginning) > 0) FROM unnest(%(words)s::text[]) AS word,
            lower(left(papers_without_accents(word), greatest(3, length(word) - 4))) AS beginning
        WHERE numnode(plainto_tsquery('english', word)) > 0
    )
)
SELECT id FROM likely WHERE to_tsvector('english', text) @@ plainto_tsquery('english', papers_without_accents(%(query)s))
ORDER BY date DESC NULLS LAST, id DESC LIMIT %(limit)s
"""


def papers(query: str, *, limit: int) -> tuple[int, ...]:
    """Keys of published papers that have all words of the query in their title, abstract or authors, newest first; one query.

    Nothing for one word, and for quotes, minus and OR.
    """
    query = clean(query)
    words = _WORD.findall(query)
    if not 2 <= len(words) <= MOST_WORDS or _NO_PLAIN_WORDS.search(query):
        return ()
    any_word = " | ".join(f"'{word}'" for word in words if len(word) > 1)
    if not any_word:
        return ()
    with connection.cursor() as cursor:
        cursor.execute(
            _STATEMENT,
            {
                "any": any_word,
                "words": words,
                "query": " ".join(words),
                "names": MOST_NAMES,
                "people": MOST_PEOPLE,
                "papers": MOST_PAPERS,
                "limit": limit,
            },
        )
        return tuple(paper for (paper,) in cursor.fetchall())
