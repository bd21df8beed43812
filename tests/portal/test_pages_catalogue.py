"""Pages of methods, authors and conferences."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from papers.models import Conference, MethodCollection, Proceeding, SlugHistory
from portal.pages import author as author_pages
from portal.pages import method as method_pages
from portal.pages import method_list
from tests.factories.catalogue import (
    make_board,
    make_collection,
    make_dataset,
    make_method,
    make_paper,
    make_proceeding,
    make_result,
    make_task,
)
from tests.portal.reading import in_order, read

pytestmark = pytest.mark.django_db

GONE = {"removed_at": timezone.now(), "removed_reason": "Vandalism."}
HOSTILE = '"><script>alert(1)</script>'


def test_methods_stand_under_areas_and_collections(client):
    models, layers = (
        make_collection(name="Language Models", area="Natural Language Processing"),
        make_collection(name="Layers", area="General"),
    )
    odd = make_collection(name="Odd", area=None)
    bert = make_method(name="BERT", main_collection=models)
    lora = make_method(name="LoRA", introduced_year=2021, main_collection=layers)
    for method, collections in ((bert, [models]), (lora, [layers, models]), (make_method(name="Free"), [odd])):
        method.collections.add(*collections)
    models.methods.add(make_method(name="Spam", spam_reason="An address."))
    make_paper(methods=[lora, bert])
    make_paper(methods=[lora])
    page = read(client.get("/methods"))
    in_order(
        page.main,
        ["General", "1 collection", "Layers", "1 method", "Natural Language Processing", "Language Models", "2 methods", "Other", "Odd", "All methods"],
    )  # fmt: skip
    assert [row[0] for row in page.tables[0][1:]] == ["LoRA", "BERT", "Free"]
    assert page.link("Natural Language Processing") == "/methods/area/natural-language-processing"
    assert page.link("Language Models") == "/methods/category/language-models"
    area = read(client.get("/methods/area/natural-language-processing"))
    assert [row[:4] for row in area.tables[0][1:]] == [["LoRA", "", "Layers", "2021"], ["BERT", "", "Language Models", ""]]
    assert [row[0] for row in read(client.get("/methods/area/other")).tables[0][1:]] == ["Free"]
    collection = read(client.get("/methods/category/language-models"))
    assert [row[0] for row in collection.tables[0][1:]] == ["LoRA", "BERT"]
    in_order(collection.main, ["Methods / Natural Language Processing / Language Models".replace(" / ", " "), "Language Models"])


def test_lists_of_methods_are_paged_by_papers(client, monkeypatch):
    monkeypatch.setattr(method_list, "PAGE", 1)
    methods = [make_method(name=f"M{number}") for number in range(4)]
    make_paper(methods=methods[2:])
    make_paper(methods=methods[3:])
    seen, address = [], "/methods"
    while address:
        page = read(client.get(address))
        seen += [row[0] for row in page.tables[0][1:]]
        address = next((href for text, href, _ in page.links if text == "Next page"), None)
    assert seen == ["M3", "M2", "M0", "M1"]
    assert client.get("/methods", {"after": "M3"}).status_code == 404


def test_collections_and_areas_that_are_not_there(client):
    make_collection(name="Empty", area="General")
    assert "No method of this collection is known here." in read(client.get("/methods/category/empty")).main
    assert client.get("/methods/area/general").status_code == 404
    make_collection(name="Gone", area="General", **GONE)
    response = client.get("/methods/category/gone")
    assert response.status_code == 410
    assert "This collection was removed" in read(response).main


def test_a_method_shows_use_by_year_tasks_and_where_it_comes_from(client, monkeypatch):
    monkeypatch.setattr(method_pages, "PAPERS_ASKED", 3)
    method = make_method(
        name="LoRA", description="Adds $W + BA$.", introduced_year=2021, source_url="https://arxiv.org/abs/2106.09685", source_title="LoRA paper",
        code_snippet_url="https://github.com/microsoft/LoRA", paper=make_paper(title="LoRA: low rank", slug="lora"),
        main_collection=make_collection(name="Adapters", area="General"),
    )  # fmt: skip
    tasks = [make_task(name="QA"), make_task(name="MT"), make_task(name="Old")]
    make_paper(title="Old paper", date=date(2019, 1, 1), methods=[method], tasks=[tasks[2]])
    for number in range(3):
        make_paper(title=f"Paper {number}", date=date(2021 + number, 1, 1), methods=[method], tasks=tasks[: 2 if number else 1])
    page = read(client.get("/method/lora"))
    in_order(
        page.main,
        [
            "Methods Adapters LoRA", "Introduced 2021", "Paper LoRA: low rank", "Source LoRA paper", "Code github.com", "General Adapters",
            "Used by 4 papers", "What it is used for", "Of its newest 3 papers.", "Papers", "Paper 2", "Paper 1", "Paper 0", "Old paper",
        ],
    )  # fmt: skip
    assert page.tables == [
        [["Year", "Papers"], ["2019", "1"], ["2021", "1"], ["2022", "1"], ["2023", "1"]],
        [["Task", "Papers", "Share"], ["QA", "3", "100 %"], ["MT", "2", "67 %"]],
    ]


def test_an_author_has_coauthors_and_tasks(client, monkeypatch):
    task = make_task(name="QA")
    make_paper(title="One", authors=["Ada", "Bob", "Eve"], tasks=[task], date=date(2020, 1, 1))
    make_paper(title="Two", authors=["Ada", "Bob", "Ada"], tasks=[task], date=date(2021, 1, 1))
    make_paper(title="Gone", authors=["Ada", "Zoe"], **GONE)
    page = read(client.get("/author/ada"))
    in_order(page.main, ["Ada", "2 papers with this name", "Tasks QA 2", "Co-authors Bob 2", "Eve 1", "Two", "One"])
    assert page.main.count("Two 2021") == 1
    assert "Zoe" not in page.main
    assert page.link("Bob") == "/author/bob"
    monkeypatch.setattr(author_pages, "PAPERS_ASKED", 1)
    page = read(client.get("/author/ada"))
    assert "Counted on the newest 1 paper." in page.main
    assert "Eve" not in page.main.split("Papers")[1]


def test_conferences_have_meetings_and_papers(client):
    meetings = [make_proceeding(name=f"NeurIPS {year} 12", year=year) for year in (2017, 2018)]
    make_proceeding(name="Empty 2020", conference="Empty", year=2020)
    workshop = Proceeding.objects.create(name="A workshop", slug="a-workshop", source="archive")
    make_paper(title="Paper old", proceeding=meetings[0], date=date(2017, 12, 1))
    make_paper(title="Paper new", proceeding=meetings[1], date=date(2018, 12, 1))
    make_paper(title="Paper alone", proceeding=workshop)
    page = read(client.get("/conferences"))
    assert page.tables[0][1:] == [["NeurIPS", "2017 to 2018", "2", "2"]]
    conference = read(client.get(page.link("NeurIPS")))
    in_order(
        conference.main,
        ["NeurIPS 2018 December 2018 1 paper", "NeurIPS 2017 December 2017 1 paper", "Paper new", "Paper old"],
    )
    meeting = read(client.get(conference.link("NeurIPS 2017")))
    in_order(meeting.main, ["Conferences NeurIPS NeurIPS 2017", "December 2017 1 paper", "Paper old"])
    assert "Paper new" not in meeting.main
    assert "Paper alone" in read(client.get("/conference/a-workshop")).main
    assert "No paper of this conference is here." in read(client.get("/conference/empty")).main


@pytest.mark.parametrize(
    ("address", "target"),
    [
        ("/conference/neurips-2018-12", "/conference/neurips/neurips-2018-12"),
        ("/conference/icml/neurips-2018-12", "/conference/neurips/neurips-2018-12"),
        ("/conference/neurips/a-workshop", "/conference/a-workshop"),
        ("/conference/neurips/", "/conference/neurips"),
        ("/methods/area/general/", "/methods/area/general"),
    ],
)
def test_addresses_of_meetings_lead_to_the_one_that_is_right(client, address, target):
    make_proceeding()
    Proceeding.objects.create(name="A workshop", slug="a-workshop", source="archive")
    response = client.get(address)
    assert (response.status_code, response["Location"]) == (301, target)


def test_removed_conferences_and_meetings_say_so(client):
    meeting = make_proceeding()
    Conference.objects.update(**GONE)
    response = client.get("/conference/neurips")
    assert response.status_code == 410
    assert "This conference was removed" in read(response).main
    assert client.get("/conference/neurips/neurips-2018-12")["Location"] == "/conference/neurips-2018-12"
    assert client.get("/conference/neurips-2018-12").status_code == 200
    Proceeding.objects.filter(pk=meeting.pk).update(**GONE)
    assert client.get("/conference/neurips/neurips-2018-12").status_code == 410
    assert client.get("/conference/nothing").status_code == 404
    assert "No conference is here." in read(client.get("/conferences")).main


def test_a_merged_method_redirects(client):
    kept = make_method(name="Kept")
    SlugHistory.objects.create(kind=SlugHistory.Kind.METHOD, slug="old", target=kept.public_id)
    assert client.get("/method/old")["Location"] == "/method/kept"


@pytest.mark.parametrize(
    "address", ["/dataset/hostile", "/method/hostile", "/author/hostile", "/methods/category/hostile", "/datasets", "/methods"]
)
def test_what_strangers_wrote_is_text(client, address):
    area = make_collection(name="hostile", area=HOSTILE, description=HOSTILE, parent_name=HOSTILE)
    MethodCollection.objects.filter(pk=area.pk).update(name=HOSTILE)
    words = {"full_name": HOSTILE, "description": HOSTILE}
    method = make_method(
        name="hostile",
        main_collection=area,
        source_title=HOSTILE,
        source_url=HOSTILE,
        code_snippet_url="javascript:alert(1)",
        **words,
    )
    make_dataset(
        name="hostile", short_description=HOSTILE, homepage=HOSTILE, modalities=[HOSTILE], languages=[HOSTILE], variants=[HOSTILE], warning=HOSTILE,
        data_loaders=[{"url": "https://x.example/", "frameworks": [HOSTILE]}], **words,
    )  # fmt: skip
    make_paper(title=HOSTILE, authors=["hostile", HOSTILE], methods=[method])
    response = client.get(address)
    assert response.status_code == 200
    page = read(response)
    assert all("src" in values for tag, values in page.elements if tag == "script")
    assert "alert(1)" in page.main
    assert not any((href or "").startswith("javascript") for href in page.hrefs())


@pytest.mark.parametrize(
    ("address", "queries"),
    [
        ("/datasets", 3), ("/datasets?modality=Texts&task=main&language=English&order=newest", 3), ("/dataset/data", 7),
        ("/methods", 2), ("/methods/area/general", 2), ("/methods/category/layers", 2), ("/method/way", 6), ("/author/person", 5),
        ("/conferences", 1), ("/conference/neurips", 4), ("/conference/neurips/neurips-2018-12", 3), ("/libraries", 2),
    ],
)  # fmt: skip
def test_the_number_of_queries_does_not_grow_with_the_page(client, django_assert_num_queries, address, queries):
    task, layers, meeting = make_task(name="Main"), make_collection(name="Layers", area="General"), make_proceeding()
    dataset, method = make_dataset(name="Data", modalities=["Texts"]), make_method(name="Way", main_collection=layers)
    for size in (2, 15):
        for number in range(size):
            paper = make_paper(
                tasks=[task], methods=[method, make_method(main_collection=layers)], authors=["Person", f"Other {size} {number}"],
                proceeding=meeting, date=date(2000, 1, 1) + timedelta(days=400 * number),
            )  # fmt: skip
            make_result(
                make_board(task=task, dataset=dataset, dataset_name=f"Data {size} {number}"),
                scores={"Accuracy": "1"},
                paper=paper,
            )
            make_dataset(modalities=["Texts"], languages=["English"]).tasks.add(task)
            make_proceeding(name=f"NeurIPS {size} {number}", year=2000 + number)
        with django_assert_num_queries(queries):
            assert client.get(address).status_code == 200
