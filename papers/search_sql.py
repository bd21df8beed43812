"""The search index as SQL: folding, the tables, and the trigger that notes what was changed since they were built.

Three tables hold what can be searched. `papers_search` has one row a published paper, laid down newest first: a bare LIMIT
takes the newest matches because Postgres reads a table in its physical order. `papers_search_title` has the titles alone, in
the same order. Both are built whole (papers/search_rebuild.py) and never changed. `papers_search_added` has every paper that
was written since, as it is now; a row of it stands for the paper's rows in the other two.

Among a paper's words are marks: its tasks and whether it has code, as words that no text has. So one look into the index
answers "these words, with code, of this task", however common each of them is (docs/decisions/0016).
"""

# Letters that Unicode does not take apart into a plain letter and a mark, and signs that people type in a plainer way.
PLAIN = {
    "ß": "ss", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ı": "i",
    "‘": "'", "’": "'", "\u2010": "-", "\u2011": "-", "–": "-", "—": "-", "−": "-",
}  # fmt: skip

# Postgres' parser takes "and/or" for a file, "gpt-4" for a word and a negative number, and "a<b and c>d" for an element.
SEPARATORS = "-/_<"

LONGEST_TEXT = 50_000
"""Characters of a text that are indexed: a tsvector holds no more than 1 MB, and a longer one would be an error."""

LONGEST_TITLE = 400
"""Characters of a title that the index of beginnings holds: an entry of a B-tree has 2,700 bytes."""


def _replaced(expression: str, pairs: dict[str, str]) -> str:
    """Nested `replace` calls: a hundred times cheaper than `translate` on a long text where nothing is found."""
    for old, new in pairs.items():
        expression = "replace({}, '{}', '{}')".format(expression, old.replace("'", "''"), new.replace("'", "''"))
    return expression


_WITHOUT_MARKS = f"regexp_replace(normalize(left(words, {LONGEST_TEXT}), NFKD)" + r", '[\u0300-\u036f]', '', 'g')"

FUNCTIONS = f"""
-- Accents off. Text of ASCII alone, which most is, costs no more than a look at its length.
CREATE FUNCTION papers_without_accents(words text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN octet_length(words) <> length(words) THEN left({_replaced(_WITHOUT_MARKS, PLAIN)}, {2 * LONGEST_TEXT})
    WHEN octet_length(words) > {LONGEST_TEXT} THEN left(words, {LONGEST_TEXT})
    ELSE words END;

-- What a text's words are read from.
CREATE FUNCTION papers_search_text(words text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN {_replaced("papers_without_accents(words)", dict.fromkeys(SEPARATORS, " "))};

-- A title as it is compared: in small letters, with one space between words.
CREATE FUNCTION papers_title_key(title text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN left(btrim(regexp_replace(lower(papers_search_text(coalesce(title, ''))), '\\s+', ' ', 'g')), {LONGEST_TITLE});
"""

MARKS = """
CREATE OR REPLACE FUNCTION papers_search_marks(paper bigint) RETURNS tsvector LANGUAGE sql STABLE PARALLEL SAFE
RETURN (
    SELECT array_to_tsvector(coalesce(array_agg(mark), '{}')) FROM (
        SELECT '#task' || task_id AS mark FROM papers_papertask WHERE paper_id = paper
        UNION ALL
        SELECT '#code' FROM papers_papercount WHERE paper_id = paper
    ) AS marks
);
"""
DROP_MARKS = "DROP FUNCTION papers_search_marks(bigint);"

DROP_FUNCTIONS = """
DROP FUNCTION papers_title_key(text);
DROP FUNCTION papers_search_text(text);
DROP FUNCTION papers_without_accents(text);
"""

# English stems, and no stop words: they would be a third of the index, and titles have them in their own (docs/decisions/0009).
WORDS = """setweight(to_tsvector('english', papers_search_text(coalesce({row}title, ''))), 'A')
    || setweight(to_tsvector('english', papers_search_text(coalesce({row}abstract, ''))), 'B') || papers_search_marks({row}id)"""

# Titles are completed while they are typed, so their words stay whole: no beginning of a word finds its stem.
TITLE_WORDS = "to_tsvector('simple', papers_search_text(coalesce({row}title, ''))) || papers_search_marks({row}id)"

_IS_SHOWN = "{row}removed_at IS NULL AND {row}duplicate_of_id IS NULL"

# Rows of more than 2 kB stay as they are: to compress a vector and put it elsewhere costs more than the space is worth.
_UNCOMPRESSED = "WITH (toast_tuple_target = 8160)"

_NEWEST_FIRST = f"FROM papers_paper WHERE {_IS_SHOWN.format(row='')} ORDER BY date DESC NULLS LAST, id DESC"


def build_words(table: str) -> str:
    """SQL that makes the table of all words."""
    return f"CREATE TABLE {table} {_UNCOMPRESSED} AS SELECT id AS paper_id, date, {WORDS.format(row='')} AS words {_NEWEST_FIRST}"


def build_titles(table: str) -> str:
    """SQL that makes the table of titles."""
    columns = f'papers_title_key(title) COLLATE "C" AS title, {TITLE_WORDS.format(row="")} AS title_words'
    return f"CREATE TABLE {table} AS SELECT id AS paper_id, date, {columns} {_NEWEST_FIRST}"


TABLES = {"papers_search": build_words, "papers_search_title": build_titles}
"""The tables that are built whole, in the order in which searches lock them."""

INDEXES = {
    "papers_search_by_words": ("papers_search", "USING gin (words) WITH (fastupdate = off)"),
    "papers_search_title_by_words": ("papers_search_title", "USING gin (title_words) WITH (fastupdate = off)"),
    "papers_search_title_by_title": ("papers_search_title", "(title)"),
    # Descending, so that who reads it forward reads the newest papers first, as in the tables.
    "papers_search_by_date": ("papers_search", "(date DESC)"),
    "papers_search_title_by_date": ("papers_search_title", "(date DESC)"),
}
"""Their indexes: by name the table, and what is behind it in CREATE INDEX."""

ADDED = """
CREATE TABLE papers_search_added (
    paper_id bigint PRIMARY KEY,
    date date,
    title text COLLATE "C" NOT NULL,
    title_words tsvector NOT NULL,
    words tsvector NOT NULL,
    is_shown boolean NOT NULL,
    changed_in xid8 NOT NULL
);
CREATE INDEX papers_search_added_by_words ON papers_search_added USING gin (words);
CREATE INDEX papers_search_added_by_title_words ON papers_search_added USING gin (title_words);
CREATE INDEX papers_search_added_by_title ON papers_search_added (title);
"""

# The bulk import says so and may empty the table, as its owner alone may. The look at the session's word comes first and at every
# row of a COPY, so this is no function of ours. Who is not the owner says it in vain, as in papers/history_triggers.py.
_NOT_BULK = "coalesce(current_setting('portal.bulk', true), '') <> 'on' OR NOT has_table_privilege('papers_paper', 'TRUNCATE')"

_NOTE = f"""
    INSERT INTO papers_search_added AS added (paper_id, date, title, title_words, words, is_shown, changed_in)
    SELECT paper.id, paper.date, papers_title_key(paper.title), {TITLE_WORDS.format(row="paper.")}, {WORDS.format(row="paper.")},
        {{is_shown}}, pg_current_xact_id() {{source}}
    ON CONFLICT (paper_id) DO UPDATE SET date = EXCLUDED.date, title = EXCLUDED.title, title_words = EXCLUDED.title_words,
        words = EXCLUDED.words, is_shown = EXCLUDED.is_shown, changed_in = EXCLUDED.changed_in;
"""
_IS_PAPER_SHOWN = _IS_SHOWN.format(row="paper.")

MARKED = ("papers_papertask", "papers_papercount")
"""The tables that marks are read from: rows come and go, and what a paper's mark says of them never changes."""


def _note_marks(table: str) -> str:
    """SQL of the triggers that note papers whose rows of a table came or went."""
    return "".join(
        f"""
CREATE TRIGGER note_{change.lower()}_for_search AFTER {change} ON {table} REFERENCING {rows} TABLE AS changed
FOR EACH STATEMENT WHEN ({_NOT_BULK}) EXECUTE FUNCTION papers_note_marks_for_search();
"""
        for change, rows in (("INSERT", "NEW"), ("DELETE", "OLD"))
    )


TRIGGER = f"""
-- By the rights of its owner: the runtime role reads the index and does not write it.
CREATE FUNCTION papers_note_for_search() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    paper papers_paper := CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
BEGIN
    {_NOTE.format(is_shown=f"TG_OP <> 'DELETE' AND {_IS_PAPER_SHOWN}", source="")}
    RETURN NULL;
END
$$;

CREATE FUNCTION papers_note_marks_for_search() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    {_NOTE.format(is_shown=_IS_PAPER_SHOWN, source="FROM papers_paper paper WHERE paper.id IN (SELECT paper_id FROM changed)")}
    RETURN NULL;
END
$$;

CREATE TRIGGER note_for_search AFTER INSERT OR DELETE ON papers_paper
FOR EACH ROW WHEN ({_NOT_BULK}) EXECUTE FUNCTION papers_note_for_search();

CREATE TRIGGER note_change_for_search AFTER UPDATE OF title, abstract, date, removed_at, duplicate_of_id ON papers_paper
FOR EACH ROW WHEN (
    (OLD.title, OLD.abstract, OLD.date, OLD.removed_at IS NULL, OLD.duplicate_of_id IS NULL)
    IS DISTINCT FROM (NEW.title, NEW.abstract, NEW.date, NEW.removed_at IS NULL, NEW.duplicate_of_id IS NULL)
    AND ({_NOT_BULK})
) EXECUTE FUNCTION papers_note_for_search();
{"".join(map(_note_marks, MARKED))}
"""

DROP_TRIGGER = """
DROP TRIGGER note_change_for_search ON papers_paper;
DROP TRIGGER note_for_search ON papers_paper;
DROP TRIGGER IF EXISTS note_insert_for_search ON papers_papertask;
DROP TRIGGER IF EXISTS note_delete_for_search ON papers_papertask;
DROP TRIGGER IF EXISTS note_insert_for_search ON papers_papercount;
DROP TRIGGER IF EXISTS note_delete_for_search ON papers_papercount;
DROP FUNCTION papers_note_for_search();
DROP FUNCTION IF EXISTS papers_note_marks_for_search();
"""


def index(name: str, *, table: str, definition: str) -> str:
    """SQL that makes an index."""
    return f"CREATE INDEX {name} ON {table} {definition}"


def create_built_tables() -> str:
    """SQL that makes the built tables, of the papers that there are."""
    tables = [build(table) for table, build in TABLES.items()]
    indexes = [index(name, table=table, definition=definition) for name, (table, definition) in INDEXES.items()]
    return ";\n".join([*tables, *indexes])


def drop_tables() -> str:
    """SQL that drops all tables of the index."""
    return ";\n".join(f"DROP TABLE {table}" for table in ["papers_search_added", *TABLES])


def index_names(table: str, *, column: str = "name") -> str:
    """SQL that has the words of a column of names found (see papers/search_names.py)."""
    return f"CREATE INDEX {table}_search ON {table} USING gin (to_tsvector('simple', papers_search_text({column})))"
