"""The catalogue's past: what is recorded, and who may touch it."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.utils import ProgrammingError

from accounts.models import User
from leaderboards.models import Score
from papers import history
from papers.models import Change, Paper, PaperTask, SlugHistory
from tests.factories.catalogue import make_board, make_paper, make_result, make_task

pytestmark = pytest.mark.django_db


def changes(row):
    return list(history.of(row).order_by("id").values_list("action", "old", "new"))


def test_a_new_row_is_recorded_with_all_that_it_says():
    paper = make_paper(title="A paper", abstract="Words", slug="a-paper")
    [(action, old, new)] = changes(paper)
    assert (action, old) == ("created", {})
    assert (new["title"], new["abstract"], new["slug"], new["source"]) == ("A paper", "Words", "a-paper", "archive")
    assert not {"id", "public_id", "created_at", "updated_at", "archive_digest"} & new.keys()


def test_a_change_is_recorded_with_the_fields_that_differ_and_no_others():
    paper = make_paper(title="Old")
    paper.title = "New"
    paper.save()
    assert changes(paper)[1:] == [("changed", {"title": "Old"}, {"title": "New"})]


def test_a_save_that_changes_nothing_leaves_no_trace():
    paper = make_paper()
    paper.save()
    assert [action for action, _, _ in changes(paper)] == ["created"]


def test_changes_in_bulk_and_past_the_models_are_recorded_too():
    papers = [make_paper(title="One"), make_paper(title="Two")]
    Paper.objects.update(date="2022-04-14")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE papers_paper SET title = 'By hand' WHERE id = %s", [papers[0].pk])
    assert changes(papers[1])[1:] == [("changed", {"date": None}, {"date": "2022-04-14"})]
    assert changes(papers[0])[2:] == [("changed", {"title": "One"}, {"title": "By hand"})]


def test_removal_and_return_are_called_so():
    paper = make_paper()
    history.remove(paper, reason="Spam.")
    history.restore(paper)
    assert [action for action, _, _ in changes(paper)] == ["created", "removed", "restored"]
    assert changes(paper)[1][2]["removed_reason"] == "Spam."


def test_a_removal_needs_a_reason():
    with pytest.raises(ValueError, match="reason"):
        history.remove(make_paper(), reason=" ")


def test_a_deleted_row_leaves_all_that_it_said():
    task = make_task(name="A task")
    public_id = task.public_id
    task.delete()
    last = Change.objects.filter(object_id=public_id).latest("id")
    assert (last.action, last.old["name"], last.new) == ("deleted", "A task", {})


def test_links_stand_under_the_thing_that_owns_them():
    paper, task = make_paper(), make_task(name="A task")
    PaperTask.objects.create(paper=paper, task=task, position=0)
    PaperTask.objects.filter(paper=paper).delete()
    linked = {"task_id": str(task.public_id), "position": 0}
    assert changes(paper)[1:] == [("linked", {}, linked), ("unlinked", linked, {})]


def test_a_cell_that_changed_stands_under_its_claim():
    claim = make_result(make_board(), scores={"Accuracy": "33.6"})
    score = Score.objects.get(claim=claim)
    score.raw, score.value = '"34.0"', 34.0
    score.save()
    action, old, new = changes(claim)[-1]
    assert (action, old["raw"], new["raw"], old["metric_id"]) == ("changed", '"33.6"', '"34.0"', str(score.metric.public_id))


def test_an_address_that_moved_stands_under_the_thing_it_means():
    paper = make_paper()
    SlugHistory.objects.create(kind="paper", slug="old", target=paper.public_id)
    assert changes(paper)[-1][2]["slug"] == "old"


def test_who_acts_is_recorded_and_forgotten_after_the_block():
    user = User.objects.create_user("ada")
    with history.acting(via=Change.Via.FORM, by=user.pk, origin="/paper/x/edit"):
        mine = make_paper()
    other = make_paper()
    said = history.of(mine).get()
    assert (said.actor_id, said.via, said.origin) == (user.pk, "form", "/paper/x/edit")
    assert history.of(other).values_list("actor", "via", "origin").get() == (None, "database", "")


def test_after_a_block_within_another_the_outer_one_counts_again_even_where_the_inner_broke_off():
    ada, bo = (User.objects.create_user(name) for name in ("ada", "bo"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('portal.acting', %s, false)", ['{"via": "command", "origin": "psql"}'])
    with history.acting(via=Change.Via.FORM, by=ada.pk):
        with history.acting(via=Change.Via.API, by=bo.pk):
            inner = make_paper(slug="taken")
        with pytest.raises(IntegrityError), transaction.atomic(), history.acting(via=Change.Via.API, by=bo.pk):
            make_paper(slug="taken")
        outer = make_paper()
    after = make_paper()
    said = [history.of(paper).values_list("actor", "via").get() for paper in (inner, outer, after)]
    assert said == [(bo.pk, "api"), (ada.pk, "form"), (None, "command")]
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('portal.acting', '', false)")


def test_what_staff_changes_in_the_administration_is_recorded_under_their_name(client):
    staff = User.objects.create_superuser("grace")
    client.force_login(staff)
    paper = make_paper(title="Old")
    page = f"/admin/papers/paper/{paper.pk}/change/"
    form = client.get(page).context["adminform"].form
    values = {name: form.get_initial_for_field(field, name) for name, field in form.fields.items()}
    sent = {name: value for name, value in values.items() if value not in (None, [], {})} | {"title": "New"}
    prefixes = [formset.formset.prefix for formset in client.get(page).context["inline_admin_formsets"]]
    sent |= {f"{prefix}-{name}": 0 for prefix in prefixes for name in ("TOTAL_FORMS", "INITIAL_FORMS")}
    response = client.post(page, sent)
    assert response.status_code == 302, response.context["errors"]
    last = history.of(paper).latest("id")
    assert (last.actor_id, last.via, last.origin, last.new["title"]) == (staff.pk, "admin", page, "New")


def test_the_role_of_the_site_can_neither_change_nor_delete_the_past():
    make_paper()
    for statement in ("UPDATE papers_change SET new = '{}'", "DELETE FROM papers_change", "TRUNCATE papers_change"):
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_the_role_of_the_site_cannot_say_that_it_writes_the_history_itself():
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('portal.bulk', 'on', true)")
    assert [action for action, _, _ in changes(make_paper())] == ["created"]


def test_the_role_of_the_site_cannot_take_the_triggers_away():
    with pytest.raises(ProgrammingError, match="owner"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE papers_paper DISABLE TRIGGER record_change")


def test_a_redaction_needs_a_reason():
    with pytest.raises(ValueError, match="reason"):
        history.redact(Change.objects.all(), reason="")
