"""Storing the evaluation tables."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from django.utils import timezone

from leaderboards.archive.linking import PaperFinder
from leaderboards.archive.result_rows import ResultRecord
from leaderboards.archive.score_loading import sync_metrics, sync_scores
from leaderboards.archive.tables import BoardTable, Share, Tables
from leaderboards.archive.task_loading import store_tasks
from leaderboards.models import Claim, Leaderboard
from papers.archive.keys import joined
from papers.archive.naming import adoption_by_name, named
from papers.archive.report import FileReport
from papers.archive.slug_desk import SlugDesk
from papers.archive.upsert import Incoming, batches, is_open_to, upsert
from papers.catalogue_row import Source
from papers.models import Dataset, SlugHistory
from papers.slugs import slugify_title

BATCH = 500

BoardKey = tuple[str, str]


def load(share: Share, *, merged: Tables, source: Source, report: FileReport) -> None:
    """Store what one file brought and count its results; the caller holds the transaction and the import's lock.

    Texts and columns come from `merged`, the tables of all files of the import: so the order of files changes nothing, and
    a repeated import neither.
    """
    boards = {key: merged.boards[key] for key in share.rows}
    desk = _TableDesk(source, task_ids=store_tasks({name: merged.tasks[name] for name in share.tasks}, source=source))
    desk.store_boards(boards, datasets={name: merged.datasets[name] for name in share.datasets})
    results = [(boards[key], row) for key, rows in share.rows.items() for row in rows]
    finder = PaperFinder((row.paper_key, row.paper_title) for _, row in results)
    for batch in batches(results, size=BATCH):
        new, changed = desk.store_results(batch, finder=finder)
        report.count(new=new, changed=changed, same=len(batch) - new - changed)
    report.notes.append(f"tasks {len(share.tasks):,}, boards {len(boards):,}")


class _TableDesk:
    """Stores boards, then results; each needs the ids of what came before."""

    def __init__(self, source: Source, *, task_ids: Mapping[str, int]) -> None:
        self._source = source
        self._task_ids = task_ids
        self._boards: dict[BoardKey, Leaderboard] = {}
        self._metrics: dict[tuple[int, str], int] = {}

    def store_boards(self, boards: Mapping[BoardKey, BoardTable], *, datasets: Mapping[str, str | None]) -> None:
        """Store datasets, boards and their metrics."""
        rows = {name: named(name, table=Dataset, description=description) for name, description in datasets.items()}
        slugs = SlugDesk(Dataset, kind=SlugHistory.Kind.DATASET)
        stored_datasets = upsert(Dataset, list(rows.values()), source=self._source, slugs=slugs, adopt=adoption_by_name(Dataset))
        ids = {name: stored_datasets.rows[row.key].pk for name, row in rows.items()}
        incoming = {key: self._board(board, dataset_id=ids[board.dataset]) for key, board in boards.items()}
        # Addresses that stand in the dump win over those that the rule makes.
        ordered = [incoming[key] for key in sorted(incoming, key=lambda key: boards[key].slug is None)]
        board_slugs = SlugDesk(Leaderboard, kind=SlugHistory.Kind.LEADERBOARD)
        stored = upsert(Leaderboard, ordered, source=self._source, slugs=board_slugs, adopt=_adopt_boards)
        self._boards = {key: stored.rows[row.key] for key, row in incoming.items()}
        self._metrics = sync_metrics({self._boards[key].pk: board.metrics for key, board in boards.items()})

    def store_results(self, batch: Sequence[tuple[BoardTable, ResultRecord]], *, finder: PaperFinder) -> tuple[int, int]:
        """Store one batch of results with their scores; how many are new and how many changed."""
        incoming: list[Incoming] = []
        cells: dict[str, ResultRecord] = {}
        for board, row in batch:
            item = self._result(board, row, finder.paper_id(row.paper_key, title=row.paper_title))
            incoming.append(item)
            cells[item.key] = row
        stored = upsert(Claim, incoming, source=self._source, adopt=_adopt_claims)
        writable = {key: claim for key, claim in stored.rows.items() if is_open_to(claim, source=self._source)}
        rescored = sync_scores(
            {
                claim.pk: {self._metrics[claim.leaderboard_id, cell.metric]: cell for cell in cells[key].cells}
                for key, claim in writable.items()
                if "scores" not in claim.edited_fields
            }
        )
        late = {key for key, claim in writable.items() if claim.pk in rescored} - stored.new - stored.changed
        Claim.objects.filter(pk__in=[stored.rows[key].pk for key in late]).update(updated_at=timezone.now())
        return len(stored.new), len(stored.changed | late)

    def _board(self, board: BoardTable, *, dataset_id: int) -> Incoming:
        fields = {
            "task_id": self._task_ids[board.task],
            "dataset_id": dataset_id,
            "dataset_name": board.name,
            "description": board.description,
            "position": board.position,
            "archive_raw": board.raw,
            "archive_absent": board.absent,
            "archive_extra": board.extra,
        }
        return Incoming(joined(board.task, board.name), fields, board.slug or slugify_title(f"{board.task} on {board.name}"))

    def _result(self, board: BoardTable, row: ResultRecord, paper_id: int | None) -> Incoming:
        return Incoming(
            joined(board.task, board.name, row.model_name, row.paper_key, str(row.occurrence)),
            {
                "leaderboard_id": self._boards[board.task, board.name].pk,
                "model_name": row.model_name,
                "paper_key": row.paper_key,
                "occurrence": row.occurrence,
                "paper_id": paper_id,
                "paper_title": row.paper_title,
                "paper_url": row.paper_url,
                "paper_date": row.paper_date,
                "uses_additional_data": row.uses_additional_data,
                "code_links": row.code_links,
                "model_links": row.model_links,
                "position": row.position,
                "archive_raw": row.raw,
                "archive_absent": row.absent,
                "archive_extra": row.extra,
            },
        )


def _adopt_boards(missing: Sequence[Incoming]) -> dict[str, Leaderboard]:
    """Boards that were made here for a task and a dataset name that the archive brings now."""
    wanted = {(item.fields["task_id"], item.fields["dataset_name"]): item.key for item in missing}
    rows = Leaderboard.objects.filter(archive_key__isnull=True, task_id__in={task for task, _ in wanted})
    return {wanted[row.task_id, row.dataset_name]: row for row in rows if (row.task_id, row.dataset_name) in wanted}


def _adopt_claims(missing: Sequence[Incoming]) -> dict[str, Claim]:
    """Claims that were made here and are what the archive brings now."""
    by_board: dict[int, dict[tuple[str, str, int], str]] = defaultdict(dict)
    for item in missing:
        by_board[item.fields["leaderboard_id"]][
            item.fields["model_name"], item.fields["paper_key"], item.fields["occurrence"]
        ] = item.key
    found = {}
    for claim in Claim.objects.filter(archive_key__isnull=True, leaderboard_id__in=list(by_board)):
        key = by_board[claim.leaderboard_id].get((claim.model_name, claim.paper_key, claim.occurrence))
        if key:
            found[key] = claim
    return found
