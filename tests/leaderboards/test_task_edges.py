"""Which task stands below which, dump after dump, and what is recorded of it."""

import pytest

from papers import history
from papers.models import Area, Change, Source, Task, TaskEdge
from tests.factories.catalogue import make_task
from tests.factories.importing import everything, load_tables

pytestmark = pytest.mark.usefixtures("committed_db")


def task(name, *below, **values):
    return {"task": name, "datasets": [], "subtasks": [task(child) for child in below], **values}


def edges():
    return sorted(TaskEdge.objects.values_list("parent__name", "child__name"))


def told(name):
    found = history.of(Task.objects.get(name=name)).filter(table="papers_taskedge", via="import").order_by("pk")
    return list(found.values_list("action", "old", "new"))


def edge(child, position=0):
    return {"child_id": str(Task.objects.get(name=child).public_id), "position": position, "is_bare": False}


def test_edges_that_a_complete_dump_dropped_go_and_are_recorded():
    load_tables([task("A", "B", "D"), task("C")], is_baseline=True)
    load_tables([task("A", "D"), task("C", "B")])
    assert edges() == [("A", "D"), ("C", "B")]
    assert told("A") == [("changed", edge("D", 1), edge("D", 0)), ("unlinked", edge("B"), {})]
    assert told("C") == [("linked", {}, edge("B"))]
    before = everything(TaskEdge, Change)
    load_tables([task("A", "D"), task("C", "B")])
    assert everything(TaskEdge, Change) == before


def test_a_part_removes_neither_edges_nor_areas():
    load_tables([task("A", "B", categories=["Vision"]), task("C")])
    load_tables([task("A", categories=[])], is_complete=False)
    assert edges() == [("A", "B")]
    assert [area.name for area in Task.objects.get(name="A").areas.all()] == ["Vision"]


def test_edges_that_people_made_stay_and_edited_ones_stay_as_they_are():
    load_tables([task("A", "B"), task("C", "D")])
    TaskEdge.objects.create(parent=Task.objects.get(name="A"), child=make_task(name="Ours", source="form"))
    Task.objects.filter(name="C").update(edited_fields=["children"])
    load_tables([task("A"), task("C", "B"), task("D")])
    assert edges() == [("A", "Ours"), ("C", "D")]


def test_the_archive_leaves_the_edges_of_the_demos_own_tasks():
    load_tables([task("A", "B"), task("Shared", "B")], source=Source.DEMO, is_baseline=True)
    load_tables([task("Shared")], is_baseline=True)
    assert edges() == [("A", "B")]


def test_areas_that_a_complete_dump_emptied_go_and_a_persons_stay():
    load_tables([task("A", categories=["Vision", "Robots"]), task("B", categories=["Vision"])], is_baseline=True)
    ours = Task.objects.get(name="B")
    ours.edited_fields = ["areas"]
    ours.save()
    load_tables([task("A", categories=[]), task("B", categories=[])], is_complete=False)
    assert Area.objects.filter(tasks__name="A").count() == 2
    load_tables([task("A", categories=[]), task("B", categories=[])])
    assert list(Task.objects.order_by("name").values_list("name", "areas__name")) == [("A", None), ("B", "Vision")]
    changed = history.of(Task.objects.get(name="A")).first()
    assert (changed.action, changed.old, changed.new) == ("changed", {"areas": ["Robots", "Vision"]}, {"areas": []})
