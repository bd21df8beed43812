"""Answers beside a measurement: who may give and take them back, what readers see, and that nothing of it is deleted."""

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils import timezone

from leaderboards.models import Answer, Measurement
from papers.models import Change
from tests.factories.people import proof
from tests.portal.reading import in_order, read
from tests.portal.test_pages_publishing import measured  # noqa: F401 (the fixture)

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(django_user_model):
    """A browser for each sort of person."""
    roles = {"author": {}, "other": {}, "reviewer": {"role": "reviewer"}, "boss": {"is_staff": True}}
    found = {"stranger": Client()}
    for name, values in roles.items():
        found[name] = Client()
        found[name].force_login(django_user_model.objects.create_user(name, **values))
    return found


@pytest.fixture
def published(measured):  # noqa: F811
    Measurement.objects.filter(pk=measured.pk).update(published_at=timezone.now())
    return measured


def at(measurement, rest=""):
    return f"/measurements/{measurement.public_id}{rest}"


def give(client, measurement, text="We used *fp32*."):
    return client.post(at(measurement, "/answers"), {"text": text, **proof()})


def take_back(client, answer, reason="A slip."):
    return client.post(at(answer.measurement, f"/answers/{answer.public_id}/withdraw"), {"reason": reason})


def test_an_answer_stands_beside_the_measurement_with_who_and_when_wherever_it_is_shown(people, published):
    assert give(people["author"], published).headers["Location"] == at(published, "#answers")
    answer = Answer.objects.get()
    page = read(people["stranger"].get(at(published)))
    in_order(
        page.main,
        ["Claimed: 77.9", "76.54", "inconclusive", "Answers", "author", f"{answer.posted_at:%Y-%m-%d}", "We used fp32."],
    )
    assert ("em", {}) in page.elements
    for place in ("/sota/qa-on-piqa", "/paper/its-paper", "/model/claimed", f"/runs/{published.run_id}"):
        assert read(people["stranger"].get(place)).link("1 answer") == at(published), place
    change = Change.objects.get(table="leaderboards_answer", object_id=answer.public_id)
    assert (change.action, change.actor.username, change.new["text"]) == ("created", "author", "We used *fp32*.")


def test_what_a_stranger_writes_is_shown_harmless(people, published):
    give(people["other"], published, "<script>alert(1)</script> [x](javascript:alert(1)) ![i](http://evil.example/i.png)")
    html = people["stranger"].get(at(published)).content.decode()
    assert "&lt;script&gt;alert(1)" in html
    assert "javascript:" not in html.partition("<main")[2].replace("(javascript:alert(1))", "")
    assert "<img" not in html.partition("<main")[2]


@pytest.mark.parametrize(
    ("who", "status"), [("stranger", 403), ("author", 302), ("other", 302), ("reviewer", 302), ("boss", 302)]
)
def test_whoever_signed_in_answers_what_is_published(people, published, who, status):
    assert give(people[who], published).status_code == status
    assert Answer.objects.count() == (status == 302)
    has_form = ("textarea", "answer-words") in [(tag, it.get("id")) for tag, it in read(people[who].get(at(published))).elements]
    assert has_form == (status == 302)


@pytest.mark.parametrize(("who", "status"), [("stranger", 404), ("author", 404), ("reviewer", 404), ("boss", 200)])
def test_what_is_not_published_is_there_for_staff_alone(people, measured, who, status):  # noqa: F811
    assert people[who].get(at(measured)).status_code == status
    assert give(people[who], measured).status_code == (302 if status == 200 else 404)


@pytest.mark.parametrize(
    ("who", "status"), [("stranger", 403), ("other", 403), ("author", 302), ("reviewer", 302), ("boss", 302)]
)
def test_its_author_and_reviewers_take_an_answer_back_with_a_reason_that_readers_see(people, published, who, status):
    give(people["author"], published)
    answer = Answer.objects.get()
    offered = "Take back" in read(people[who].get(at(published))).main
    assert offered == (status == 302)
    assert take_back(people[who], answer, reason="Off <topic>.").status_code == status
    page = read(people["stranger"].get(at(published))).main
    if status == 403:
        assert "We used fp32." in page
        return
    by = "" if who == "author" else f" by {who}"
    assert f"Taken back{by}" in page and "Off <topic>." in page and "We used" not in page
    published.refresh_from_db()
    assert (Answer.objects.get().text, published.answer_count) == ("We used *fp32*.", 0)
    last = Change.objects.filter(table="leaderboards_answer", object_id=answer.public_id).latest("id")
    assert (last.actor.username, last.new["withdrawal_reason"]) == (who, "Off <topic>.")
    assert not Change.objects.filter(table="leaderboards_measurement", new__has_key="answer_count").exists()
    assert take_back(people[who], answer).status_code == 400


@pytest.mark.parametrize(
    ("text", "complaint"),
    [(" \n", "Write what you have to say"), ("x" * 5001, "at most 5,000 characters, and this one has 5,001")],
)
def test_an_answer_that_says_nothing_or_too_much_is_refused_in_a_sentence(people, published, text, complaint):
    response = give(people["author"], published, text)
    assert (response.status_code, complaint in read(response).main, Answer.objects.count()) == (400, True, 0)


def test_a_second_click_is_one_answer_a_bare_reason_is_none_and_a_day_has_a_limit(people, published, django_user_model):
    give(people["author"], published)
    give(people["author"], published)
    answer = Answer.objects.get()
    bare = take_back(people["author"], answer, reason=" ")
    assert (bare.status_code, "Say in a sentence why it is taken back" in read(bare).main) == (400, True)
    author = django_user_model.objects.get(username="author")
    Answer.objects.bulk_create(Answer(measurement=published, author=author, text=f"More {n}") for n in range(19))
    assert "within a day: wait until tomorrow" in read(give(people["author"], published, "One more")).main
    assert give(people["other"], published, "One more").status_code == 302


@pytest.mark.parametrize("act", ["delete", "rewrite", "restore"])
def test_the_database_lets_nobody_delete_or_rewrite_an_answer(people, published, act):
    give(people["author"], published)
    take_back(people["author"], Answer.objects.get())
    rows = Answer.objects.all()
    acts = {
        "delete": rows._raw_delete, "rewrite": lambda using: rows.update(text="Other"),
        "restore": lambda using: rows.update(withdrawn_at=None, withdrawn_by=None, withdrawal_reason=""),
    }  # fmt: skip
    with pytest.raises(DatabaseError, match="answers are taken back"), transaction.atomic():
        acts[act]("default")
