"""What the counts of boards, claims and measurements are, and which changes move them."""

from papers.count_definitions import SHOWN_PAPER
from papers.count_triggers import Stored, Watch

# Tables stand behind those that their truth reads: a board is shown where it has a row of counts.
STORED = [
    Stored(
        table="leaderboards_boardcount",
        keys={"board_id": "bigint"},
        figures={
            "results": "integer",
            "measurements": "integer",
            "papers": "integer",
            "best_claim_id": "bigint",
            "best_score_id": "bigint",
            "best_value": "double precision",
            "best_is_doubtful": "boolean",
        },
        truth=f"""
            SELECT board.id, (claimed.number + measured.own)::integer, measured.number::integer, claimed.papers::integer,
                best.claim_id, best.score_id, best.value, best.is_doubtful
            FROM leaderboards_leaderboard board
            JOIN papers_task task ON task.id = board.task_id AND task.removed_at IS NULL AND task.spam_reason = ''
            JOIN papers_dataset dataset
                ON dataset.id = board.dataset_id AND dataset.removed_at IS NULL AND dataset.spam_reason = ''
            CROSS JOIN LATERAL (
                SELECT count(*) AS number, count(DISTINCT paper.id) AS papers
                FROM leaderboards_claim claim
                LEFT JOIN papers_paper paper ON paper.id = claim.paper_id AND {SHOWN_PAPER}
                WHERE claim.leaderboard_id = board.id AND claim.removed_at IS NULL
            ) AS claimed
            CROSS JOIN LATERAL (
                SELECT count(*) AS number, count(*) FILTER (WHERE measurement.claim_id IS NULL) AS own
                FROM leaderboards_measurement measurement
                WHERE measurement.leaderboard_id = board.id AND measurement.published_at IS NOT NULL
                    AND measurement.superseded_by_id IS NULL AND measurement.retracted_at IS NULL
            ) AS measured
            LEFT JOIN LATERAL (
                SELECT metric.id, metric.direction
                FROM leaderboards_metric metric
                WHERE metric.leaderboard_id = board.id AND metric.direction <> 'none'
                ORDER BY metric.position, metric.id LIMIT 1
            ) AS ranking ON true
            LEFT JOIN LATERAL (
                SELECT claim.id AS claim_id, score.id AS score_id, score.value, score.is_doubtful
                FROM leaderboards_score score
                JOIN leaderboards_claim claim ON claim.id = score.claim_id AND claim.removed_at IS NULL
                LEFT JOIN papers_paper paper ON paper.id = claim.paper_id
                WHERE score.metric_id = ranking.id AND abs(score.value) < 'infinity'
                ORDER BY CASE ranking.direction WHEN 'lower' THEN -score.value ELSE score.value END DESC,
                    coalesce(claim.paper_date, paper.date), claim.id
                LIMIT 1
            ) AS best ON true
            WHERE board.removed_at IS NULL
        """,
        totals={"boards": "count(*)", "results": "coalesce(sum(results), 0)"},
    ),
    Stored(
        table="leaderboards_taskboards",
        keys={"task_id": "bigint"},
        figures={"boards": "integer", "results": "integer", "papers_with_result": "integer"},
        truth=f"""
            SELECT task.id, stand.boards::integer, stand.results::integer, claimed.papers::integer
            FROM papers_task task
            CROSS JOIN LATERAL (
                SELECT count(*) AS boards, coalesce(sum(counted.results), 0) AS results
                FROM leaderboards_leaderboard board
                JOIN leaderboards_boardcount counted ON counted.board_id = board.id
                WHERE board.task_id = task.id
            ) AS stand
            CROSS JOIN LATERAL (
                SELECT count(DISTINCT paper.id) AS papers
                FROM leaderboards_leaderboard board
                JOIN leaderboards_boardcount counted ON counted.board_id = board.id
                JOIN leaderboards_claim claim ON claim.leaderboard_id = board.id AND claim.removed_at IS NULL
                JOIN papers_paper paper ON paper.id = claim.paper_id AND {SHOWN_PAPER}
                WHERE board.task_id = task.id
            ) AS claimed
            WHERE task.removed_at IS NULL AND task.spam_reason = ''
        """,
    ),
    Stored(
        table="leaderboards_datasetcount",
        keys={"dataset_id": "bigint"},
        figures={"boards": "integer", "results": "integer", "papers": "integer"},
        truth=f"""
            SELECT dataset.id, stand.boards::integer, stand.results::integer, claimed.papers::integer
            FROM papers_dataset dataset
            CROSS JOIN LATERAL (
                SELECT count(*) AS boards, coalesce(sum(counted.results), 0) AS results
                FROM leaderboards_leaderboard board
                JOIN leaderboards_boardcount counted ON counted.board_id = board.id
                WHERE board.dataset_id = dataset.id
            ) AS stand
            CROSS JOIN LATERAL (
                SELECT count(DISTINCT paper.id) AS papers
                FROM leaderboards_leaderboard board
                JOIN leaderboards_boardcount counted ON counted.board_id = board.id
                JOIN leaderboards_claim claim ON claim.leaderboard_id = board.id AND claim.removed_at IS NULL
                JOIN papers_paper paper ON paper.id = claim.paper_id AND {SHOWN_PAPER}
                WHERE board.dataset_id = dataset.id
            ) AS claimed
            WHERE dataset.removed_at IS NULL AND dataset.spam_reason = ''
        """,
        totals={"datasets": "count(*)"},
    ),
    Stored(
        table="leaderboards_datasetyear",
        keys={"dataset_id": "bigint", "year": "integer"},
        figures={"papers": "integer"},
        truth=f"""
            SELECT board.dataset_id, extract(year FROM paper.date)::integer, count(DISTINCT paper.id)::integer
            FROM leaderboards_leaderboard board
            JOIN leaderboards_boardcount counted ON counted.board_id = board.id
            JOIN leaderboards_claim claim ON claim.leaderboard_id = board.id AND claim.removed_at IS NULL
            JOIN papers_paper paper ON paper.id = claim.paper_id AND {SHOWN_PAPER}
            WHERE paper.date IS NOT NULL
            GROUP BY board.dataset_id, extract(year FROM paper.date)::integer
        """,
    ),
]

RECOUNTS = """
-- Of these boards, tasks and datasets, and of the tasks and datasets of the boards.
CREATE FUNCTION leaderboards_recount(boards bigint[], tasks bigint[], datasets bigint[]) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    all_tasks bigint[] := ARRAY(SELECT task_id FROM leaderboards_leaderboard WHERE id = ANY (boards) UNION SELECT unnest(tasks));
    all_datasets bigint[] := ARRAY(
        SELECT dataset_id FROM leaderboards_leaderboard WHERE id = ANY (boards) UNION SELECT unnest(datasets)
    );
BEGIN
    PERFORM leaderboards_boardcount_recount(boards);
    PERFORM leaderboards_taskboards_recount(all_tasks);
    PERFORM leaderboards_datasetcount_recount(all_datasets);
    PERFORM leaderboards_datasetyear_recount(all_datasets);
END
$$;
"""

DROP_RECOUNTS = "DROP FUNCTION leaderboards_recount(bigint[], bigint[], bigint[]);"

WATCHED = [
    Watch(
        table="leaderboards_leaderboard",
        columns=["task_id", "dataset_id", "removed_at"],
        collect={"boards": "id", "tasks": "task_id", "datasets": "dataset_id"},
        then="PERFORM leaderboards_recount(boards, tasks, datasets);",
    ),
    Watch(
        table="leaderboards_claim",
        columns=["leaderboard_id", "paper_id", "paper_date", "removed_at"],
        collect={"boards": "leaderboard_id"},
        then="PERFORM leaderboards_recount(boards, NULL, NULL);",
    ),
    Watch(
        table="leaderboards_measurement",
        columns=["leaderboard_id", "claim_id", "published_at", "superseded_by_id", "retracted_at"],
        collect={"boards": "leaderboard_id"},
        then="PERFORM leaderboards_recount(boards, NULL, NULL);",
    ),
    Watch(
        table="leaderboards_metric",
        columns=["leaderboard_id", "position", "direction"],
        collect={"boards": "leaderboard_id"},
        then="PERFORM leaderboards_boardcount_recount(boards);",
    ),
    Watch(
        table="leaderboards_score",
        columns=["claim_id", "metric_id", "value", "is_doubtful"],
        collect={"metrics": "metric_id"},
        then="""
            PERFORM leaderboards_boardcount_recount(ARRAY(
                SELECT DISTINCT leaderboard_id FROM leaderboards_metric WHERE id = ANY (metrics)
            ));
        """,
    ),
    Watch(
        table="papers_paper",
        columns=["removed_at", "duplicate_of_id", "date"],
        collect={"papers": "id"},
        then="""
            PERFORM leaderboards_recount(
                ARRAY(SELECT DISTINCT leaderboard_id FROM leaderboards_claim WHERE paper_id = ANY (papers)), NULL, NULL
            );
        """,
    ),
    Watch(
        table="papers_task",
        columns=["removed_at", "spam_reason"],
        collect={"tasks": "id"},
        then="""
            PERFORM leaderboards_recount(
                ARRAY(SELECT id FROM leaderboards_leaderboard WHERE task_id = ANY (tasks)), tasks, NULL
            );
        """,
    ),
    Watch(
        table="papers_dataset",
        columns=["removed_at", "spam_reason"],
        collect={"datasets": "id"},
        then="""
            PERFORM leaderboards_recount(
                ARRAY(SELECT id FROM leaderboards_leaderboard WHERE dataset_id = ANY (datasets)), NULL, datasets
            );
        """,
    ),
]

TOTALS = {name: f"SELECT {total} FROM {table.table}" for table in STORED for name, total in table.totals.items()}
"""The truth of each total."""
