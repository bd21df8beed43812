"""What the workers' own database role may do: claim, plan, score and reduce runs, and nothing else.

It is a role of all workers together: what keeps one from another's shards are fences. It reads what a run is made of and writes
what a run becomes, column by column: it can ask for no run, set no priority, change no checkpoint, protocol, claim or paper,
read no account, delete nothing (but counts, which triggers renew) and rewrite no history.
"""

from collections.abc import Mapping

from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg2 import sql

READS = (
    "leaderboards_claim", "leaderboards_leaderboard", "leaderboards_measurement", "leaderboards_metric", "leaderboards_model",
    "leaderboards_protocol", "leaderboards_score", "papers_dataset", "papers_paper", "papers_task", "papers_taskedge",
    "workers_checkpoint", "workers_claimmapping", "workers_fault", "workers_prompt", "workers_request",
    "workers_run", "workers_runevent", "workers_sample", "workers_shard", "workers_worker",
)  # fmt: skip
ADDS = (
    "leaderboards_measurement", "workers_fault", "workers_prompt", "workers_request", "workers_runevent", "workers_sample",
    "workers_shard", "workers_worker",
)  # fmt: skip
COUNTS = (
    "leaderboards_boardcount", "leaderboards_datasetcount", "leaderboards_datasetyear", "leaderboards_taskboards", "papers_total",
)  # fmt: skip
"""What triggers count anew when a measurement comes in, by the rights of whoever brings it: wrong counts are counted again."""
CHANGES: Mapping[str, tuple[str, ...]] = {
    "leaderboards_measurement": ("superseded_by_id",),
    "workers_request": ("log_likelihood", "is_greedy", "response_text", "tokens"),
    "workers_run": (
        "state", "fence", "attempts", "lease_owner", "lease_expires_at", "activity", "error_code", "error_message", "provenance",
        "results", "plan_version", "token_budget", "shard_tokens", "threads", "samples_total", "requests_total", "started_at",
        "planned_at", "finished_at",
    ),
    "workers_sample": ("prediction", "is_correct", "margin", "logged"),
    "workers_shard": (
        "state", "fence", "attempts", "not_before", "lease_owner", "lease_expires_at", "claimed_at", "done_at", "plan_version",
        "batches", "batches_done", "tokens", "scored_by", "device", "device_tokens", "device_seconds", "device_joules",
        "error_code", "error_message",
    ),
    "workers_worker": (
        "device", "device_name", "device_count", "memory_bytes", "software", "warm_checkpoint_id", "registered_at",
        "last_seen_at", "set_aside_at", "set_aside_reason", "log_tail", "log_run_id",
    ),
}  # fmt: skip


def grant_worker_rights(owner: BaseDatabaseWrapper, *, role: str, database: str) -> None:
    """Give the workers' role its rights; all that it had before are taken away first."""
    name = sql.Identifier(role)
    statements = [
        sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(sql.Identifier(database), name),
        sql.SQL("REVOKE CREATE ON SCHEMA public FROM {}").format(name),
        sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(name),
        sql.SQL("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {}").format(name),
        sql.SQL("GRANT SELECT ON TABLE {} TO {}").format(_listed(READS), name),
        sql.SQL("GRANT INSERT ON TABLE {} TO {}").format(_listed(ADDS), name),
        sql.SQL("GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE {} TO {}").format(_listed(COUNTS), name),
        *(
            sql.SQL("GRANT UPDATE ({}) ON TABLE {} TO {}").format(_listed(columns), sql.Identifier(table), name)
            for table, columns in CHANGES.items()
        ),
    ]
    with owner.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _listed(names: tuple[str, ...]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, names))
