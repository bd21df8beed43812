"""The sixth file of an export: what the archive's format has no place for. docs/archive-export.md describes each kind of row.

Things go by their archive key (`key`; null for what was made here and for what was redacted) and their public id (`id`). The
database writes the JSON.
No account is in it: of who did something only the name, and not even that where the name is an address.
"""

from collections.abc import Iterator

from papers.archive.export.selection import MADE_HERE
from papers.archive.export.snapshot import Snapshot
from papers.archive.export.written import to_json
from papers.catalogue_row import Source
from papers.hidden_keys import shown_sql
from portal.export_names import ATTRIBUTION, FORMAT, LICENCE

TABLES = {
    "papers_paper": "paper",
    "papers_task": "task",
    "papers_dataset": "dataset",
    "papers_method": "method",
    "papers_methodcollection": "method_collection",
    "papers_author": "author",
    "papers_area": "area",
    "papers_conference": "conference",
    "papers_proceeding": "proceeding",
    "papers_repository": "repository",
    "papers_paperrepository": "code_link",
    "leaderboards_leaderboard": "board",
    "leaderboards_model": "model",
    "leaderboards_claim": "claim",
}
"""Tables of catalogue rows, and what their rows are called in the file."""

_SCREENED = ("papers_task", "papers_dataset", "papers_method")
_HERE = ", ".join(f"'{source.value}'" for source in (*MADE_HERE, Source.RUN))
_SAFE_ORIGIN = "CASE WHEN via IN ('import', 'command', 'database') THEN regexp_replace(origin, '^.*/', '') ELSE origin END"
_SAFE_NAME = "CASE WHEN position('@' IN username) = 0 THEN username END"

_KEY = {name: shown_sql(f"{name}.archive_key") for name in ("board", "claim", "model", "paper", "repository", "whole")}
_OWN_KEY = shown_sql("archive_key")

_IMPORTS = """
SELECT json_build_object('kind', 'import', 'id', public_id, 'source', source, 'is_baseline', is_baseline,
    'started_at', started_at, 'finished_at', finished_at)
FROM papers_archiveimport ORDER BY id
"""
_METRICS = f"""
SELECT json_build_object('kind', 'metric', 'id', metric.public_id, 'board', json_build_object('key', {_KEY["board"]},
    'id', board.public_id), 'name', metric.name, 'position', metric.position, 'direction', direction,
    'direction_source', direction_source, 'canonical_name', canonical_name)
FROM leaderboards_metric metric JOIN leaderboards_leaderboard board ON board.id = leaderboard_id AND board.removed_at IS NULL
ORDER BY metric.id
"""
_CELLS = f"""
SELECT json_build_object('kind', 'cell', 'claim', json_build_object('key', {_KEY["claim"]}, 'id', claim.public_id),
    'metric', metric.name, 'raw', score.raw::json, 'value', score.value, 'scale', score.scale, 'is_doubtful', score.is_doubtful)
FROM leaderboards_score score
JOIN leaderboards_claim claim ON claim.id = claim_id AND claim.removed_at IS NULL
JOIN leaderboards_metric metric ON metric.id = metric_id
WHERE score.scale <> 1 OR score.is_doubtful ORDER BY score.id
"""
_MODELS = f"""
SELECT json_build_object('kind', 'model', 'id', model.public_id, 'key', {_KEY["model"]}, 'name', name, 'slug', model.slug,
    'source', model.source, 'paper', CASE WHEN paper.id IS NOT NULL THEN
        json_build_object('key', {_KEY["paper"]}, 'id', paper.public_id) END,
    'claims', (SELECT coalesce(json_agg(json_build_object('key', {_KEY["claim"]}, 'id', claim.public_id) ORDER BY claim.id),
                               '[]')
               FROM leaderboards_claim claim WHERE claim.model_id = model.id AND claim.removed_at IS NULL))
FROM leaderboards_model model LEFT JOIN papers_paper paper ON paper.id = model.paper_id AND paper.removed_at IS NULL
WHERE model.removed_at IS NULL ORDER BY model.id
"""
_PROTOCOLS = """
SELECT json_build_object('kind', 'protocol', 'id', public_id, 'slug', slug, 'name', name,
    'task', task, 'num_fewshot', num_fewshot, 'scoring', scoring, 'aggregation', aggregation, 'metric', metric,
    'prompt_family', prompt_family, 'split', split, 'dataset_names', dataset_names, 'margin', margin, 'noise', noise,
    'versions', versions, 'description', description,
    'is_selftest', is_selftest)
FROM leaderboards_protocol ORDER BY id
"""
_BOARDS = f"""
SELECT json_build_object('kind', 'board', 'id', board.public_id, 'key', {_KEY["board"]}, 'slug', board.slug,
    'source', board.source, 'task', task.name, 'dataset', dataset_name, 'note', note)
FROM leaderboards_leaderboard board JOIN papers_task task ON task.id = task_id
WHERE board.removed_at IS NULL AND (board.source IN ({_HERE}) OR note <> '') ORDER BY board.id
"""
_CLAIMS = f"""
SELECT json_build_object('kind', 'claim', 'id', claim.public_id, 'key', {_KEY["claim"]}, 'source', claim.source,
    'board', json_build_object('key', {_KEY["board"]}, 'id', board.public_id), 'model_name', model_name,
    'paper', CASE WHEN paper.id IS NOT NULL THEN json_build_object('key', {_KEY["paper"]}, 'id', paper.public_id) END,
    'paper_title', paper_title, 'paper_url', paper_url, 'paper_date', paper_date, 'uses_additional_data', uses_additional_data,
    'code_links', code_links, 'model_links', model_links,
    'cells', (SELECT coalesce(json_object_agg(metric.name, score.raw::json), '{{}}')
              FROM leaderboards_score score JOIN leaderboards_metric metric ON metric.id = metric_id
              WHERE score.claim_id = claim.id),
    'made_at', claim.created_at)
FROM leaderboards_claim claim JOIN leaderboards_leaderboard board ON board.id = leaderboard_id AND board.removed_at IS NULL
LEFT JOIN papers_paper paper ON paper.id = claim.paper_id AND paper.removed_at IS NULL
WHERE claim.removed_at IS NULL AND claim.source IN ({_HERE}) ORDER BY claim.id
"""
_MEASUREMENTS = f"""
SELECT json_build_object('kind', 'measurement', 'id', measurement.public_id,
    'board', json_build_object('key', {_KEY["board"]}, 'id', board.public_id), 'metric', metric.name,
    'claim', CASE WHEN claim.id IS NOT NULL THEN json_build_object('key', {_KEY["claim"]}, 'id', claim.public_id) END,
    'model', model.public_id, 'model_name', measurement.model_name, 'checkpoint', measurement.checkpoint,
    'protocol', protocol.slug,
    'value', measurement.value, 'n', measurement.items, 'standard_error', measurement.standard_error,
    'interval_low', measurement.interval_low, 'interval_high', measurement.interval_high,
    'chance_level', measurement.chance_level, 'scale', measurement.scale, 'note', measurement.note,
    'run_id', measurement.run_id,
    'publication_title', measurement.publication_title,
    'publication_url', measurement.publication_url, 'measured_at', measurement.measured_at,
    'published_at', measurement.published_at,
    'superseded_by', newer.public_id, 'retracted_at', measurement.retracted_at,
    'retraction_reason', measurement.retraction_reason)
FROM leaderboards_measurement measurement
JOIN leaderboards_leaderboard board ON board.id = measurement.leaderboard_id AND board.removed_at IS NULL
JOIN leaderboards_metric metric ON metric.id = measurement.metric_id
JOIN leaderboards_protocol protocol ON protocol.id = measurement.protocol_id
LEFT JOIN leaderboards_claim claim ON claim.id = measurement.claim_id AND claim.removed_at IS NULL
LEFT JOIN leaderboards_model model ON model.id = measurement.model_id AND model.removed_at IS NULL
LEFT JOIN leaderboards_measurement newer ON newer.id = measurement.superseded_by_id
WHERE measurement.published_at IS NOT NULL ORDER BY measurement.id
"""
_STARS = f"""
SELECT json_build_object('kind', 'stars', 'repository', json_build_object('key', {_KEY["repository"]},
    'id', repository.public_id), 'observed_on', observed_on, 'stars', stars)
FROM papers_starobservation JOIN papers_repository repository ON repository.id = repository_id AND repository.removed_at IS NULL
ORDER BY papers_starobservation.id
"""
_PROVENANCE = """
SELECT json_build_object('kind', 'provenance', 'table', '{name}', 'key', {key}, 'id', public_id, 'source', source,
    'edited_fields', edited_fields, 'since', created_at)
FROM {table} WHERE removed_at IS NULL AND (source <> 'archive' OR edited_fields <> '{{}}') ORDER BY id
"""
_REMOVED = """
SELECT json_build_object('kind', 'removed', 'table', '{name}', 'key', {key}, 'id', public_id, 'removed_at', removed_at,
    'reason', removed_reason)
FROM {table} WHERE removed_at IS NOT NULL ORDER BY id
"""
_SPAM = """
SELECT json_build_object('kind', 'spam', 'table', '{name}', 'key', {key}, 'id', public_id, 'reason', spam_reason,
    'is_by_person', 'spam_reason' = ANY(edited_fields))
FROM {table} WHERE removed_at IS NULL AND (spam_reason <> '' OR 'spam_reason' = ANY(edited_fields)) ORDER BY id
"""
_DUPLICATES = f"""
SELECT json_build_object('kind', 'duplicate', 'paper', json_build_object('key', {_KEY["paper"]}, 'id', paper.public_id),
    'of', json_build_object('key', {_KEY["whole"]}, 'id', whole.public_id))
FROM papers_paper paper JOIN papers_paper whole ON whole.id = paper.duplicate_of_id
WHERE paper.removed_at IS NULL AND whole.removed_at IS NULL ORDER BY paper.id
"""
_SLUGS = f"""
SELECT json_build_object('kind', 'slug', 'noun', kind, 'slug', {shown_sql("slug")}, 'target', target, 'since', since)
FROM papers_slughistory ORDER BY id
"""
_CHANGES = f"""
SELECT json_build_object('kind', 'change', 'number', change.id, 'at', at, 'table', "table", 'object', object_id, 'action', action,
    'by', {_SAFE_NAME}, 'via', via, 'origin', {_SAFE_ORIGIN}, 'import', source_import.public_id,
    'old', CASE WHEN redacted_at IS NULL THEN old END, 'new', CASE WHEN redacted_at IS NULL THEN new END,
    'redacted_at', redacted_at, 'redaction_reason', redaction_reason)
FROM papers_change change
LEFT JOIN accounts_user ON accounts_user.id = actor_id
LEFT JOIN papers_archiveimport source_import ON source_import.id = archive_import_id
WHERE "table" <> 'leaderboards_measurement' OR object_id IN (
    SELECT public_id FROM leaderboards_measurement WHERE published_at IS NOT NULL)
ORDER BY change.id
"""
_IDENTITIES = """
SELECT json_build_object('kind', 'identity', 'table', '{name}', 'key', {key}, 'id', public_id)
FROM {table} WHERE public_id IN (SELECT object_id FROM papers_change UNION SELECT target FROM papers_slughistory) ORDER BY id
"""


def rows(data: Snapshot, *, exported_at: str) -> Iterator[list[bytes]]:
    """The rows of the file, batch by batch, what the file is about first."""
    yield [
        to_json({"kind": "about", "format": FORMAT, "exported_at": exported_at, "licence": LICENCE, "attribution": ATTRIBUTION})
    ]
    for query in _queries():
        for batch in data.batches(f"SELECT found::text FROM ({query}) AS list (found)"):
            yield [text.encode() for (text,) in batch]


def _queries() -> Iterator[str]:
    yield from (_IMPORTS, _METRICS, _CELLS, _MODELS, _PROTOCOLS, _BOARDS, _CLAIMS, _MEASUREMENTS, _STARS)
    yield from (_PROVENANCE.format(table=table, name=name, key=_OWN_KEY) for table, name in TABLES.items())
    yield from (_REMOVED.format(table=table, name=name, key=_OWN_KEY) for table, name in TABLES.items())
    yield from (_SPAM.format(table=table, name=TABLES[table], key=_OWN_KEY) for table in _SCREENED)
    yield from (_DUPLICATES, _SLUGS, _CHANGES)
    yield from (_IDENTITIES.format(table=table, name=name, key=_OWN_KEY) for table, name in TABLES.items())
