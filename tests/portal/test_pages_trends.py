"""Trends, libraries and status."""

from dataclasses import replace
from datetime import date, timedelta
from xml.etree import ElementTree

import pytest
from django.conf import settings as project_settings
from django.utils import timezone

from papers.models import ArchiveExport, ArchiveImport, ExportedFile
from portal.pages import bar_chart, libraries, line_chart, trends
from tests.factories.catalogue import make_code_link, make_paper, make_repository
from tests.factories.runs import make_checkpoint, make_protocol, make_worker
from tests.portal.reading import in_order, read
from workers.models import Run

pytestmark = pytest.mark.django_db


def make_run():
    return Run.objects.create(checkpoint=make_checkpoint(), protocol=make_protocol())


def with_code(day, *frameworks):
    paper = make_paper(date=day)
    for framework in frameworks:
        make_code_link(paper, framework=framework)
    return paper


def test_trends_count_papers_code_and_frameworks_by_year(client):
    with_code(date(2019, 5, 1), "tf")
    with_code(date(2020, 5, 1), "pytorch", "tf")
    with_code(date(2020, 7, 1), "pytorch", "PyTorch ")
    with_code(date(2020, 7, 2), None, "none")
    make_paper(date=date(2020, 1, 1))
    make_paper(date=None)
    make_paper(date=timezone.now().date() + timedelta(days=500))
    page = read(client.get("/trends"))
    assert page.tables == [
        [
            ["Year", "Papers", "With code", "Share", "PyTorch", "TensorFlow", "Framework not known"],
            ["2020 to July", "4", "3", "75 %", "2", "1", "1"],
            ["2019", "1", "1", "100 %", "0", "1", "0"],
        ]
    ]
    in_order(page.main, ["papers 7", "papers with code 4", "Papers with code", "The share of a year’s papers", "Frameworks"])


def test_trends_follow_a_removal_at_once(client):
    paper = with_code(date(2020, 5, 1), "jax")
    with_code(date(2020, 6, 1), "jax")
    paper.removed_at, paper.removed_reason = timezone.now(), "Spam."
    paper.save()
    assert read(client.get("/trends")).tables[0][1] == ["2020 to June", "1", "1", "100 %", "1", "0"]


def test_trends_of_nothing_and_of_no_framework_say_so(client):
    assert "No dated paper is here yet." in read(client.get("/trends")).main
    make_paper(date=date(2020, 1, 1))
    assert "No framework of any repository is known here." in read(client.get("/trends")).main


def test_names_of_frameworks_are_words_and_no_markup(client):
    with_code(date(2020, 5, 1), "<script>alert(1)</script>", "x" * 5000)
    page = read(client.get("/trends"))
    assert "<script>alert(1)</script>" in page.tables[0][0]
    assert ["script" for tag, values in page.elements if tag == "script" and "src" not in values] == []
    assert "x" * 61 not in page.text


def test_trends_ask_as_many_questions_of_many_papers_as_of_few(client, django_assert_num_queries):
    for size in (2, 30):
        for number in range(size):
            with_code(date(1990 + number, 1 + number % 12, 1), "pytorch", f"framework {number}")
        with django_assert_num_queries(3):
            assert client.get("/trends").status_code == 200


def papers_in(month, *, number, coded):
    for place in range(number):
        paper = make_paper(date=month)
        if place < coded:
            make_code_link(paper, framework="pytorch")


def test_a_year_that_is_not_over_is_left_out_of_the_charts_and_said_to_be(client):
    papers_in(date(2019, 12, 1), number=4, coded=2)
    papers_in(date(2020, 12, 1), number=4, coded=3)
    papers_in(date(2021, 7, 1), number=2, coded=0)
    found = trends.read()
    assert found.left_out == "2021"
    assert [tick.label for tick in found.code.times] == ["2019", "2020"]
    assert found.code.lines[0].paths == ("M0.0 37.5L100.0 6.25",)
    page = read(client.get("/trends"))
    assert "2021 is not over in this catalogue, and is left out of them." in page.main
    assert [row[:3] for row in page.tables[0][1:]] == [["2021 to July", "2", "0"], ["2020", "4", "3"], ["2019", "4", "2"]]


def test_a_year_that_is_over_is_drawn(client):
    for year in (2019, 2020, 2021):
        papers_in(date(year, 12, 31), number=2, coded=1)
    assert trends.read().left_out == ""
    assert [tick.label for tick in trends.read().code.times] == ["2019", "2020", "2021"]
    assert "is not over" not in read(client.get("/trends")).main


def test_the_month_that_we_are_in_is_not_over():
    today = timezone.now().date()
    for year in (today.year - 2, today.year - 1):
        papers_in(date(year, 12, 1), number=2, coded=1)
    papers_in(today.replace(day=1), number=2, coded=0)
    assert trends.read().left_out == str(today.year)


def test_a_year_of_very_few_papers_has_no_point():
    papers_in(date(2018, 1, 1), number=1, coded=1)
    papers_in(date(2019, 1, 1), number=60, coded=10)
    papers_in(date(2020, 12, 1), number=60, coded=20)
    found = trends.read()
    assert found.code.lines[0].paths == ("M50.0 58.33L100.0 16.67",)
    assert [tick.label for tick in found.code.shares][-1] == "40%"


def test_libraries_are_repositories_of_several_papers(client, monkeypatch):
    monkeypatch.setattr(libraries, "PAGE", 1)
    large, small = (
        make_repository(url="https://github.com/hub/transformers", framework="pytorch"),
        make_repository(url="javascript:alert(1)"),
    )
    for number in range(3):
        make_paper(date=date(2020, 1, 1), repositories=[large, small] if number else [large, make_repository()])
    page = read(client.get("/libraries"))
    assert page.tables[0][1:] == [["hub/transformers", "github.com", "PyTorch", "3"]]
    assert page.link("hub/transformers") == "https://github.com/hub/transformers"
    following = read(client.get(page.link("Next page")))
    assert following.tables[0][1:] == [["javascript:alert(1)", "", "", "2"]]
    assert not any((href or "").startswith("javascript") for href in following.hrefs())
    assert client.get("/libraries", {"after": "3"}).status_code == 404


def test_libraries_without_any_say_what_is_missing(client):
    main = read(client.get("/libraries")).main
    in_order(
        main, ["in none of the archive’s dumps, so they are not here", "No repository here has code of more than one paper."]
    )


def test_status_shows_services_workers_runs_and_transfers(client):
    make_worker()
    make_run()
    report = {
        "files": [{"file": "papers.json", "kind": "papers", "new": 1200, "same": 0}, {"file": "README.md", "kind": None}, 7]
    }
    ArchiveImport.objects.create(source="archive", finished_at=timezone.now() + timedelta(seconds=65), report=report)
    export = ArchiveExport.objects.create(folder="/x", finished_at=timezone.now())
    ExportedFile.objects.create(export=export, name="methods.json.gz", size=2_000_000, sha256="0" * 64, rows=3)
    response = client.get("/status")
    in_order(
        read(response).main,
        [
            "Everything answers.", "Works Database PostgreSQL", "Works Redis", "CPU: a device", "Waiting 1", "Last import", "PWC Archive, took 1 min 5 s",
            "papers.json: 1,200 new", "Last export", "1 file", "2.0 MB",
        ],
    )  # fmt: skip
    assert "README.md" not in read(response).main
    assert "/x" not in read(response).main


def test_status_of_a_new_site_and_of_a_broken_import(client):
    main = read(client.get("/status")).main
    in_order(main, ["Everything answers.", "No worker is online", "Nothing was imported yet.", "Nothing was exported yet."])
    ArchiveImport.objects.create(source="demo", report="nonsense")
    assert "It has not ended: it still runs, or it was broken off." in read(client.get("/status")).main


def test_status_says_when_redis_is_down(client, settings):
    settings.BROKER = replace(project_settings.BROKER, client_url="redis://127.0.0.1:1/0")
    main = read(client.get("/status")).main
    in_order(main, ["Something does not answer.", "Works Database", "Down Redis does not answer"])


def test_status_asks_as_many_questions_of_many_runs_as_of_few(client, django_assert_num_queries):
    for size in (2, 12):
        for _ in range(size):
            make_worker()
            make_run()
        with django_assert_num_queries(8):
            assert client.get("/status").status_code == 200


@pytest.mark.parametrize(
    "counts",
    [{2020: 1}, {2020: 3, 2023: 9}, dict.fromkeys(range(1950, 2025), 5), {1: 2, 2020: 1}, {9999: 4, 2021: 4}, {2020: 10**9}],
)
def test_bars_stand_inside_of_the_drawing(counts):
    chart = bar_chart.by_year(counts)
    assert chart.bars
    assert len(chart.bars) <= bar_chart.MOST_YEARS
    for bar in chart.bars:
        assert 0 <= bar.x <= bar.x + bar.width <= 100
        assert 0 <= bar.y <= bar.y + bar.height <= 100.01
        assert 0 < bar.middle < 100
    assert chart.counts == tuple(sorted(counts.items()))
    assert max(bar.height for bar in chart.bars) == 100


def test_nothing_makes_no_chart():
    assert bar_chart.by_year({}) is None
    assert bar_chart.by_year({2020: 0}) is None
    assert line_chart.of_shares([], [("A", [])]) is None
    assert line_chart.of_shares(["2020"], [("A", [None])]) is None


def test_a_line_breaks_where_nothing_is_known_and_keeps_inside_of_its_axes():
    chart = line_chart.of_shares(["1", "2", "3", "4", "5"], [("A", [0.1, 0.37, None, 0.2, None]), ("B", [None] * 5)])
    assert [len(line.paths) for line in chart.lines] == [1, 0]
    assert len(chart.lines[0].dots) == 1
    assert [tick.label for tick in chart.shares] == ["0%", "10%", "20%", "30%", "40%"]
    assert chart.shares[-1].place == 0
    assert chart.times[-1].place == 100


def test_charts_are_well_formed_and_named(client):
    with_code(date(2020, 5, 1), 'a"b<c>&')
    html = client.get("/trends").content.decode()
    for part in html.split("<figure")[1:]:
        ElementTree.fromstring("<figure" + part.split("</figure>")[0] + "</figure>")
    named = [values for tag, values in read(client.get("/trends")).elements if tag == "svg" and values.get("role") == "img"]
    assert [values["aria-label"].split(".")[0] for values in named] == [
        "Share of papers with code by year", "Share of papers with code by framework and year",
    ]  # fmt: skip
