"""Moving boards from datasets that are known by their boards alone to those that list them as variants."""

from papers.archive.ledger import UNKNOWN_DIGEST
from papers.archive.report import DumpKind
from papers.archive.session import A_VARIANT, Session
from papers.archive.staging import is_open, log_change, log_values

_PUT_BY_A_PERSON = "b.edited_fields && ARRAY['dataset', 'dataset_id']"


def rejoin(session: Session) -> int:
    """Move boards to the datasets that list theirs as variants; how many datasets were merged.

    Needed where the datasets dump came after the tables. The merged rows leave a tombstone, and their addresses lead on. A
    board that a person put on a dataset stays there, and so does the dataset. In a baseline too all of it goes into the
    history, since what is moved stood before.
    """
    words = {"datasets": DumpKind.DATASETS.value, "tables": DumpKind.TABLES.value, "reason": A_VARIANT}
    # All parts see the tables as they were before, so that `before` is where an address led until now.
    found = session.rows(
        f"""
        WITH {_wanted(session)}, {_MOVED}, {_MERGED}, noted AS (
            {log_change(session)}
            SELECT {log_values(session, "leaderboards_leaderboard")}, 'changed', public_id,
                jsonb_build_object('dataset_id', variant), jsonb_build_object('dataset_id', whole) FROM moved
            UNION ALL
            SELECT {log_values(session, "papers_dataset")}, 'removed', public_id, jsonb_build_object('removed_at', NULL),
                jsonb_build_object('removed_at', removed_at, 'removed_reason', removed_reason, 'merged_into', target) FROM merged
            UNION ALL
            SELECT {log_values(session, "papers_slughistory")}, CASE WHEN before.id IS NULL THEN 'created' ELSE 'changed' END,
                led.target, jsonb_strip_nulls(jsonb_build_object('target', before.target)), to_jsonb(led)
            FROM led LEFT JOIN papers_slughistory before USING (kind, slug)
        )
        SELECT count(*) FROM merged
        """,
        words,
    )
    return int(found[0][0])


def _wanted(session: Session) -> str:
    """Datasets that tables alone brought, each with the dataset that lists it."""
    return f"""wanted AS (
        SELECT DISTINCT ON (own.id) own.id AS variant, whole.id AS whole FROM papers_dataset whole
        JOIN papers_dataset own ON own.name = ANY(whole.variants) AND own.id <> whole.id
        WHERE whole.removed_at IS NULL AND whole.spam_reason = '' AND %(datasets)s = ANY(whole.archive_dumps)
        AND own.removed_at IS NULL AND own.archive_dumps = ARRAY[%(tables)s] AND own.edited_fields = '{{}}'
        AND {is_open(session, "own")}
        ORDER BY own.id, NOT starts_with(own.name, whole.name), length(whole.name) DESC, whole.id
    )"""


# The tables are to be asked again about a board that moved, and that it stands on a dataset counts as their word for that.
_MOVED = f"""moved AS (
    UPDATE leaderboards_leaderboard b SET dataset_id = w.whole, updated_at = now(), archive_digest = {UNKNOWN_DIGEST}
    FROM wanted w WHERE b.dataset_id = w.variant AND NOT {_PUT_BY_A_PERSON} RETURNING b.public_id, w.variant, w.whole
), used AS (
    UPDATE papers_dataset SET archive_dumps = archive_dumps || %(tables)s::text
    WHERE id IN (SELECT whole FROM moved) AND NOT %(tables)s = ANY(archive_dumps)
)"""
_MERGED = f"""merged AS (
    UPDATE papers_dataset d SET removed_at = now(), updated_at = now(), removed_reason = %(reason)s || whole.name || '.'
    FROM wanted w JOIN papers_dataset whole ON whole.id = w.whole WHERE d.id = w.variant
    AND NOT EXISTS (SELECT FROM leaderboards_leaderboard b WHERE b.dataset_id = d.id AND {_PUT_BY_A_PERSON})
    RETURNING d.slug, d.public_id, d.removed_at, d.removed_reason, whole.public_id AS target
), led AS (
    INSERT INTO papers_slughistory (kind, slug, target, since) SELECT 'dataset', slug, target, now() FROM merged
    ON CONFLICT (kind, slug) DO UPDATE SET target = excluded.target, since = excluded.since
    WHERE papers_slughistory.target <> excluded.target RETURNING kind, slug, target
)"""
