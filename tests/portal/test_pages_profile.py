"""People's pages: their own and those that everybody sees."""

import pytest

from accounts.models import User
from leaderboards import submissions
from leaderboards.models import Submission
from papers import history
from papers.models import Change, Paper
from portal.pages import profile
from portal.pages.links import Link
from portal.pages.profile import Contribution, ProfileList
from tests.factories.catalogue import make_board, make_dataset, make_paper, make_result, make_task
from tests.factories.people import make_person
from tests.portal.reading import read

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada():
    return User.objects.create_user("ada", email="ada@example.org", first_name="Augusta", role="contributor")


def acts(user):
    return history.acting(via=Change.Via.FORM, by=user.pk, origin="/submit")


def test_everybody_sees_what_a_person_did_and_nothing_private(client, ada):
    board = make_board(task=make_task(name="Task"), dataset=make_dataset(name="Data"), slug="board")
    with acts(ada):
        paper = make_paper(title="First", slug="first")
        make_result(board, model_name="Model", scores={"Accuracy": "1"})
    Paper.objects.filter(pk=paper.pk).update(title="First of all")  # somebody else's change
    response = client.get("/users/ADA")
    page = read(response)
    assert page.title == "ada | Papers With Code 2"
    assert "Contributor" in page.main
    assert page.link("First of all") == "/paper/first"
    assert page.link("Model on Task on Data") == "/sota/board"
    assert page.main.count("Created") == 2
    for private in ("ada@example.org", "Augusta"):
        assert private not in response.content.decode()
    assert response["X-Robots-Tag"] == "noindex"


def test_what_was_removed_is_not_told(client, ada):
    with acts(ada):
        removed = make_paper(title="Removed")
    history.remove(removed, reason="spam")
    page = read(client.get("/users/ada"))
    assert "a paper that is not shown" in page.main
    assert "Removed" not in page.main


def test_a_page_costs_the_same_whatever_a_person_did(client, ada, django_assert_max_num_queries):
    with acts(ada):
        for number in range(70):
            make_paper(title=f"Paper {number}")
        make_board(task=make_task(name="Task"), dataset=make_dataset(name="Data"))
    with django_assert_max_num_queries(14):
        page = read(client.get("/users/ada"))
    assert 0 < len([text for text, _, _ in page.links if text.startswith("Paper ")]) <= profile.SHOWN_CHANGES


@pytest.mark.parametrize("name", ["nobody", "ada%00", "a'b", "%F0%9F%98%80"])
def test_who_is_not_there_has_no_page(client, ada, name):
    assert client.get(f"/users/{name}").status_code == 404


def test_other_parts_of_the_site_add_their_lists(client, ada, monkeypatch):
    def list_of(person, is_own):
        entry = Contribution(at=person.date_joined, deed="Submitted", thing=Link(text="A result", href="/sota"))
        return ProfileList(key="submissions", title="Submissions", entries=(entry,), empty="", more=Link(text="All", href="/all"))

    monkeypatch.setattr(profile, "LISTS", [list_of, lambda person, is_own: None])
    page = read(client.get("/users/ada"))
    assert [text for tag, text in page.headings if tag == "h2" and "Explore" not in text and "Community" not in text] == [
        "Submissions"
    ]
    assert (page.link("A result"), page.link("All")) == ("/sota", "/all")


def test_ones_own_page_leads_to_what_belongs_to_the_account(client, ada):
    assert client.get("/accounts")["Location"] == "/accounts/profile"
    assert client.get("/accounts/profile")["Location"] == "/accounts/login?next=/accounts/profile"
    client.force_login(ada)
    page = read(client.get("/accounts/profile"))
    assert page.link("As others see it") == "/users/ada"
    wanted = {"/accounts/2fa", "/accounts/tokens", "/accounts/erase", "/accounts/password/set"}
    assert wanted <= set(page.hrefs())
    assert not {"/accounts/email", "/accounts/connections"} & set(page.hrefs())
    assert "Nothing was changed yet." in page.main


def test_strangers_get_the_same_header_everywhere_and_the_signed_in_their_name(client, ada):
    assert read(client.get("/papers")).link("Sign in") == "/accounts/login"
    assert not client.get("/papers").cookies
    client.force_login(ada)
    page = read(client.get("/papers"))
    assert page.link("ada") == "/accounts/profile"
    assert "Sign in" not in [text for text, _, _ in page.links]


def test_submissions_are_listed_to_their_owner_whole_and_to_others_as_far_as_they_are_public(client, ada):
    board = make_board(task=make_task(name="Task"), dataset=make_dataset(name="Data"), slug="board")
    said = {"board": "board", "paper": "1810.04805", "table": "Table 1", "scores": [{"metric": "Accuracy", "value": "91.4"}]}
    reader, staff = make_person(), make_person("staff")
    sent = [submissions.submit("result", {**said, "model_name": name}, by=reader, via=Submission.Via.FORM) for name in "ABC"]
    submissions.accept(sent[0], by=staff)
    submissions.refuse(sent[1], by=staff, reason="No.")
    titles = [each.title for each in sent]
    assert [title in read(client.get(f"/users/{reader}")).main for title in titles] == [True, False, False]
    assert read(client.get(f"/users/{reader}")).link("All changes, with what each was") == f"/changes/by/{reader}"
    client.force_login(reader)
    page = read(client.get("/accounts/profile"))
    assert [page.link(title) for title in titles] == [f"/submissions/{each.public_id}" for each in sent]
    assert board.slug in client.get(page.link(titles[0])).text
