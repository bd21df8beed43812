"""Storing the tasks of the evaluation tables: their texts and their areas; `task_edges` has which stands below which."""

from collections.abc import Iterable, Sequence

from leaderboards.archive.settling import Tables, TaskTable
from leaderboards.archive.task_edges import EdgeStore
from papers.archive.copy_text import json_text
from papers.archive.keys import bounded
from papers.archive.ledger import Ledger
from papers.archive.naming import NameDesk, made_by_people
from papers.archive.ordered_lists import ListStage
from papers.archive.screening import judge_task
from papers.archive.session import Session
from papers.archive.slug_desk import SlugDesk
from papers.archive.staging import literal
from papers.archive.upsert import Upsert, remove_unstated, tombstone
from papers.models import Area, SlugHistory, Task
from papers.slugs import slugify_title

_COLUMNS = ("name", "description", "synonyms", "archive_raw", "archive_absent", "archive_extra", "spam_reason")


class TaskStore:
    """Finds or makes tasks for the length of one import."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._adopted = {bounded(name): row_id for name, row_id in made_by_people(Task, session).items()}
        self._rows = Upsert(session, Task, _COLUMNS, made_once=("slug",), adopted=self._adopted)
        self._slugs = SlugDesk(Task, session=session, kind=SlugHistory.Kind.TASK)
        self._areas = NameDesk(Area, session=session)
        self._area_lists = ListStage(
            session,
            "papers_task_areas",
            owner="task_id",
            item="area_id",
            owner_table="papers_task",
            item_table="papers_area",
            field_name="areas",
            position="",
        )
        self._edges = EdgeStore(session)
        self._named_alone: set[int] = set()
        self._without_areas: set[int] = set()

    @property
    def ledger(self) -> Ledger:
        """Which tasks there are, and which this import met."""
        return self._rows.ledger

    def store(self, names: Iterable[str], *, merged: Tables) -> dict[str, int]:
        """Store these tasks and those below them, as all files tell of them; task ids by name."""
        tasks = _with_children(names, merged)
        ids = {task.name: self._put(task) for task in tasks}
        self._areas.flush()
        self._rows.flush()
        self._area_lists.flush()
        ids |= self._only_named([child for task in tasks for child in task.children if child not in ids])
        self._edges.store(tasks, ids=ids, merged=merged)
        return ids

    def remove_unstated(self) -> int:
        """After a complete dump: tombstones for the tasks that no dump states any more and nothing is tagged with; how many.

        Areas and edges that the dump no longer has go too.
        """
        for task_id in self._without_areas:
            self._area_lists.add(task_id, [], is_new=False)
        self._area_lists.flush()
        self._edges.remove_unstated()
        unseen = [row_id for row_id in self._rows.ledger.unseen() if row_id not in self._named_alone]
        untagged = _note_tags(self._session, unseen)
        boards = "SELECT task_id FROM leaderboards_leaderboard WHERE removed_at IS NULL"
        kept = {row[0] for row in self._session.rows(boards)}
        gone = tombstone(self._session, Task, [row_id for row_id in unseen if row_id not in kept])
        return gone + remove_unstated(self._session, Task, [row_id for row_id in untagged if row_id not in kept])

    def _put(self, task: TaskTable) -> int:
        key = bounded(task.name)
        raw = {**task.raw, "_is_top": task.is_top}
        said = [json_text(raw), task.absent, json_text(task.extra), judge_task(task.name, description=task.description)]
        is_known = key in self._rows.ledger or key in self._adopted
        slug = "" if is_known else self._slugs.give(slugify_title(task.name, fallback="task"))
        areas = self._areas.ids(task.areas)
        put = self._rows.put(key, [task.name, task.description, task.synonyms, *said], beside=f"{task.areas}", once=[slug])
        if not areas:
            # A part says nothing of them by that, and whether this is one is known at the end.
            self._without_areas.add(put.id)
        elif put.is_other:
            self._area_lists.add(put.id, areas, is_new=put.is_new)
        return put.id

    def _only_named(self, names: Sequence[str]) -> dict[str, int]:
        """Sub-tasks whose own record could not be used."""
        if not names:
            return {}
        desk = NameDesk(Task, session=self._session)
        found = dict(zip(names, desk.ids(names), strict=True))
        desk.flush()
        self._named_alone |= set(found.values())
        return found


def _with_children(names: Iterable[str], merged: Tables) -> list[TaskTable]:
    found: dict[str, TaskTable] = {}
    for name in names:
        task = merged.tasks[name]
        found[name] = task
        found.update((child, merged.tasks[child]) for child in task.children if child in merged.tasks)
    return list(found.values())


def _note_tags(session: Session, task_ids: list[int]) -> list[int]:
    """Note which other dumps state these tasks: a dump states a task that something of it is tagged with.

    Returns those that a dump tagged something with before and no longer does.
    """
    untagged = []
    for dump, through in (("papers-with-abstracts", "papers_papertask"), ("datasets", "papers_dataset_tasks")):
        name = literal(dump)
        noted = session.rows(
            f"""
            UPDATE papers_task t SET archive_dumps = CASE WHEN tagged THEN t.archive_dumps || {name}::text
                ELSE array_remove(t.archive_dumps, {name}) END
            FROM (SELECT id, id IN (SELECT task_id FROM {through}) AS tagged FROM papers_task WHERE id = ANY(%s)) AS told
            WHERE t.id = told.id AND tagged <> ({name} = ANY(t.archive_dumps)) RETURNING t.id, tagged
            """,
            [task_ids],
        )
        untagged += [row_id for row_id, is_tagged in noted if not is_tagged]
    return untagged
