"""What pages say to machines: JSON-LD, cards, canonical addresses; and the files of browsers and reference managers."""

import json
from datetime import date
from io import BytesIO
from xml.etree import ElementTree

import pytest
import rispy
from django.contrib.staticfiles import finders
from django.utils import timezone
from pybtex.database import parse_string

from papers.models import Paper, SlugHistory
from tests.factories.catalogue import (
    make_area,
    make_board,
    make_dataset,
    make_method,
    make_paper,
    make_proceeding,
    make_result,
    make_task,
)
from tests.portal.reading import read

HOSTILE = '</script><script>alert(1)</script><!-- <script> & "quoted" \u2028 \\u003c'
SITE = "http://testserver"

pytestmark = pytest.mark.django_db


def structured(client, address, kind):
    """What the page says of the thing of that type."""
    found = [data for data in read(client.get(address)).structured if data["@type"] == kind]
    assert len(found) == 1
    assert found[0].pop("@context") == "https://schema.org"
    return found[0]


def meta(response):
    """The card's properties, and what else the head says by name."""
    elements = read(response).elements
    return {
        attributes.get("property") or attributes["name"]: attributes["content"]
        for tag, attributes in elements
        if tag == "meta" and "content" in attributes
    }


def links(response, rel):
    return [attributes["href"] for tag, attributes in read(response).elements if tag == "link" and attributes["rel"] == rel]


def paper(**values):
    return make_paper(
        **{
            "title": "GPT-NeoX-20B", "slug": "neox", "authors": ["Sid Black", "Leo Gao"], "tasks": [make_task(name="Parsing")],
            "date": date(2022, 4, 14), "arxiv_id": "2204.06745", "url_abs": "https://arxiv.org/abs/2204.06745",
            "url_pdf": "https://arxiv.org/pdf/2204.06745.pdf", "abstract": "Words.\n\nMore.", **values,
        }
    )  # fmt: skip


def test_a_paper_says_what_it_is(client):
    paper(proceeding=make_proceeding(name="NeurIPS 2022 12", conference="NeurIPS", year=2022))
    assert structured(client, "/paper/neox", "ScholarlyArticle") == {
        "@type": "ScholarlyArticle",
        "name": "GPT-NeoX-20B",
        "headline": "GPT-NeoX-20B",
        "url": f"{SITE}/paper/neox",
        "author": [
            {"@type": "Person", "name": "Sid Black", "url": f"{SITE}/author/sid-black"},
            {"@type": "Person", "name": "Leo Gao", "url": f"{SITE}/author/leo-gao"},
        ],
        "datePublished": "2022-04-14",
        "abstract": "Words.\n\nMore.",
        "isPartOf": {"@type": "PublicationEvent", "name": "NeurIPS 2022"},
        "identifier": {"@type": "PropertyValue", "propertyID": "arXiv", "value": "2204.06745"},
        "about": [{"@type": "Thing", "name": "Parsing"}],
        "sameAs": "https://arxiv.org/abs/2204.06745",
        "encoding": {
            "@type": "MediaObject", "encodingFormat": "application/pdf", "contentUrl": "https://arxiv.org/pdf/2204.06745.pdf",
        },
    }  # fmt: skip


def test_what_is_not_known_is_not_said(client):
    make_paper(title="Bare", slug="bare")
    said = {"@type": "ScholarlyArticle", "name": "Bare", "headline": "Bare", "url": f"{SITE}/paper/bare"}
    assert structured(client, "/paper/bare", "ScholarlyArticle") == said


def test_a_summary_of_ours_is_not_called_the_papers_abstract(client):
    paper(abstract_by="portal")
    assert "abstract" not in structured(client, "/paper/neox", "ScholarlyArticle")
    assert "AB  -" not in client.get("/paper/neox.ris").content.decode()


def test_a_dataset_says_what_it_is(client):
    make_dataset(
        name="MML", slug="mml", full_name="Massive Things", description="Many **questions**, [linked](https://a.org).",
        homepage="https://mml.example.org", introduced_date=date(2020, 1, 2), paper=paper(),
    ).tasks.add(make_task(name="Parsing"))  # fmt: skip
    assert structured(client, "/dataset/mml", "Dataset") == {
        "@type": "Dataset",
        "name": "MML",
        "alternateName": "Massive Things",
        "description": "Many questions, linked.",
        "url": f"{SITE}/dataset/mml",
        "sameAs": "https://mml.example.org",
        "datePublished": "2020-01-02",
        "citation": {"@type": "ScholarlyArticle", "name": "GPT-NeoX-20B", "url": f"{SITE}/paper/neox"},
        "keywords": ["Parsing"],
    }


def test_a_board_says_its_first_results(client):
    board = make_board(task=make_task(name="Parsing"), dataset=make_dataset(name="Trees"), metrics=["Accuracy", "Loss"], slug="b")
    for number in range(12):
        make_result(board, model_name=f"M{number}", scores={"Accuracy": f"{50 + number}%"})
    make_result(board, model_name="Unranked")
    said = structured(client, "/sota/b", "Dataset")
    assert (said["name"], said["url"]) == ("Parsing on Trees: results", f"{SITE}/sota/b")
    assert said["image"] == f"{SITE}/sota/b.png"
    assert said["license"] == "https://creativecommons.org/licenses/by-sa/4.0/"
    assert [metric["name"] for metric in said["variableMeasured"]] == ["Accuracy", "Loss"]
    results = said["mainEntity"]["itemListElement"]
    assert [result["position"] for result in results] == list(range(1, 11))
    assert results[0]["item"] == {
        "@type": "Thing", "name": "M11", "additionalProperty": {"@type": "PropertyValue", "name": "Accuracy", "value": "61%"},
    }  # fmt: skip


def test_an_empty_board_says_no_results(client):
    make_board(slug="empty", metrics=[])
    assert "mainEntity" not in structured(client, "/sota/empty", "Dataset")


def test_the_site_says_how_to_search_it(client):
    action = structured(client, "/", "WebSite")["potentialAction"]
    assert action["target"]["urlTemplate"] == f"{SITE}/search?q={{search_term_string}}"


def test_pages_say_where_they_stand(client):
    area = make_area(name="Area", slug="area")
    make_task(name="Task", slug="task", areas=[area])
    assert structured(client, "/task/task", "BreadcrumbList")["itemListElement"] == [
        {"@type": "ListItem", "name": "Tasks", "item": "/tasks", "position": 1},
        {"@type": "ListItem", "name": "Area", "item": "/area/area", "position": 2},
        {"@type": "ListItem", "name": "Task", "position": 3},
    ]


def test_hostile_words_stay_inside_their_block_and_their_attributes(client):
    task = make_task(name=HOSTILE, slug="task", description=HOSTILE)
    dataset = make_dataset(name=HOSTILE, slug="dataset", description=HOSTILE, homepage="javascript:alert(1)")
    board = make_board(task=task, dataset=dataset, metrics=[HOSTILE], slug="board", description=HOSTILE)
    paper(title=HOSTILE, authors=[HOSTILE], tasks=[task], abstract=HOSTILE, url_abs="javascript:alert(1)", url_pdf="data:,x")
    make_result(board, model_name=HOSTILE, scores={HOSTILE: "1"})
    for address, kind in (("/paper/neox", "ScholarlyArticle"), ("/dataset/dataset", "Dataset"), ("/sota/board", "Dataset")):
        response = client.get(address)
        page = read(response)
        scripts = [attributes.get("src") for tag, attributes in page.elements if tag == "script"]
        assert all(source and source.startswith("/static/") for source in scripts), address
        assert b"alert(1)</script>" not in response.content
        assert b"<!--" not in response.content
        said = structured(client, address, kind)
        assert HOSTILE in said["name"]
        assert "javascript:" not in json.dumps(said).lower()
        assert HOSTILE in meta(response)["og:title"]
    assert structured(client, "/paper/neox", "ScholarlyArticle")["author"][0]["name"] == HOSTILE


def test_every_page_has_a_card(client):
    task = make_task(name="Parsing", slug="parsing", description=f"**Bold** words. {'More words. ' * 40}")
    paper()
    make_board(task=task, dataset=make_dataset(name="Trees", slug="trees"), slug="b")
    make_method(name="LoRA", slug="lora")
    make_area(name="Area", slug="area")
    pages = ["/", "/papers", "/tasks", "/sota", "/datasets", "/methods", "/about", "/search", "/downloads", "/runs", "/submit",
             "/paper/neox", "/task/parsing", "/sota/b", "/dataset/trees", "/method/lora", "/area/area", "/author/sid-black"]  # fmt: skip
    for address in pages:
        response = client.get(address)
        said = meta(response)
        assert f"{said['og:title']} | {said['og:site_name']}" == read(response).title, address
        assert said["og:description"] == said["description"]
        assert said["description"]
        assert len(said["description"]) <= 300
        assert said["og:url"] == f"{SITE}{address}"
        assert said["og:type"] == ("article" if address == "/paper/neox" else "website")
        assert said["og:image"] == f"{SITE}{'/sota/b.png' if address == '/sota/b' else '/static/img/card.png'}"
        assert said["twitter:card"] == "summary_large_image"
    assert meta(client.get("/task/parsing"))["description"].startswith("Bold words. More words.")


def test_the_picture_of_the_card_is_of_the_size_that_cards_have():
    with open(finders.find("img/card.png"), "rb") as file:
        picture = file.read()
    assert picture[:8] == b"\x89PNG\r\n\x1a\n"
    assert (int.from_bytes(picture[16:20]), int.from_bytes(picture[20:24])) == (1200, 630)
    assert len(picture) < 60_000


@pytest.mark.parametrize("address", ["/nope", "/paper/gone"])
def test_pages_of_errors_have_no_card_and_no_canonical_address(client, address):
    make_paper(slug="gone", removed_at=timezone.now(), removed_reason="Spam.")
    response = client.get(address)
    assert links(response, "canonical") == []
    assert not [name for name in meta(response) if name.startswith("og:")]


def test_a_strange_host_gets_400_and_no_error(client):
    assert client.get("/", headers={"host": "evil.example"}).status_code == 400


@pytest.mark.parametrize(
    ("address", "canonical"),
    [
        ("/papers", "/papers"),
        ("/papers?utm_source=x&sort=new", "/papers"),
        ("/papers?after=2024-01-01~5&utm=x", "/papers?after=2024-01-01~5"),
        ("/search?q=a+b&x=1", "/search?q=a+b"),
        ("/search?q=%22%3E%3Cscript%3E", "/search?q=%22%3E%3Cscript%3E"),
        ("/search?q=", "/search"),
        (f"/search?q={'x' * 600}", "/search"),
        ("/task/a%26b", "/task/a&b"),
    ],
)
def test_canonical_addresses_leave_out_what_only_arranges(client, address, canonical):
    make_task(slug="a&b")
    response = client.get(address, follow=True)  # what only says that nothing is looked for leads to the bare address
    assert links(response, "canonical") == [SITE + canonical]
    assert meta(response)["og:url"] == SITE + canonical


def test_the_next_page_is_named_next_and_is_its_own_canonical(client):
    for number in range(40):
        make_paper(date=date(2024, 1, 1 + number % 28))
    first = read(client.get("/papers"))
    (following,) = [href for _, href, attributes in first.links if attributes.get("rel") == "next"]
    second = client.get(following)
    assert links(second, "canonical") == [SITE + following]
    assert [href for _, href, attributes in read(second).links if attributes.get("rel") == "next"] == []


def test_files_of_citations(client, django_assert_max_num_queries):
    paper(proceeding=make_proceeding(name="NeurIPS 2022 12", conference="NeurIPS", year=2022))
    with django_assert_max_num_queries(3):
        bib = client.get("/paper/neox.bib")
    assert bib["Content-Type"] == "application/x-bibtex; charset=utf-8"
    assert bib["Content-Disposition"] == 'attachment; filename="black2022gpt.bib"'
    (entry,) = parse_string(bib.content.decode(), "bibtex").entries.values()
    assert entry.fields["booktitle"] == "NeurIPS 2022"
    ris = client.get("/paper/neox.ris")
    assert ris["Content-Type"] == "application/x-research-info-systems; charset=utf-8"
    (record,) = rispy.loads(ris.content.decode())
    assert (record["type_of_reference"], record["authors"]) == ("CONF", ["Black, Sid", "Gao, Leo"])


def test_the_paper_page_shows_its_entry_and_leads_to_the_files(client):
    paper(title="On <b> & \\input{x}")
    response = client.get("/paper/neox")
    page = read(response)
    assert page.link("BibTeX") == "/paper/neox.bib"
    assert page.link("RIS") == "/paper/neox.ris"
    shown = " ".join(client.get("/paper/neox.bib").content.decode().split())
    assert shown in page.main
    assert r"\textbackslash{}input\textbraceleft{}x" in shown


@pytest.mark.parametrize("ending", ["bib", "ris"])
def test_papers_with_dots_moved_removed_and_unknown(client, ending):
    paper()
    make_paper(title="Dotted", slug=f"neox.{ending}")
    SlugHistory.objects.create(kind="paper", slug="old", target=Paper.objects.get(slug="neox").public_id)
    make_paper(slug="gone", removed_at=timezone.now(), removed_reason="Spam.")
    assert read(client.get(f"/paper/neox.{ending}")).title == "Dotted | Papers With Code 2"
    assert client.get(f"/paper/neox.{ending}.{ending}")["Content-Disposition"].endswith(f'.{ending}"')
    moved = client.get(f"/paper/old.{ending}")
    assert (moved.status_code, moved["Location"]) == (301, f"/paper/neox.{ending}")
    assert client.get(f"/paper/gone.{ending}").status_code == 410
    assert client.get(f"/paper/never.{ending}").status_code == 404


def test_browsers_can_search_here(client):
    response = client.get("/opensearch.xml")
    assert response["Content-Type"] == "application/opensearchdescription+xml"
    ns = "{http://a9.com/-/spec/opensearch/1.1/}"
    root = ElementTree.parse(BytesIO(response.content)).getroot()
    assert root.tag == f"{ns}OpenSearchDescription"
    assert len(root.findtext(f"{ns}ShortName")) <= 16
    templates = {url.get("type"): url.get("template") for url in root.findall(f"{ns}Url")}
    assert templates["text/html"] == f"{SITE}/search?q={{searchTerms}}"
    assert client.get(templates["text/html"].replace("{searchTerms}", "a").removeprefix(SITE)).status_code == 200
    complete = templates["application/x-suggestions+json"].replace("{searchTerms}", "a").removeprefix(SITE)
    assert client.get(complete).json() == ["a", [], [], []]
    assert links(client.get("/about"), "search") == ["/opensearch.xml"]


def test_the_manifest_names_the_site_and_an_icon_that_is_there(client):
    assert links(client.get("/about"), "manifest") == ["/site.webmanifest"]
    response = client.get("/site.webmanifest")
    assert response["Content-Type"] == "application/manifest+json"
    said = json.loads(response.content)
    assert (said["name"], said["start_url"]) == ("Papers With Code 2", "/")
    assert [icon["src"] for icon in said["icons"]] == ["/static/img/favicon.svg"]
