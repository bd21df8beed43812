"""The methods and datasets dumps: rows to records, and records back to rows."""

import json

import pytest

from papers.archive import datasets, methods
from papers.archive.export import datasets as dataset_export
from papers.archive.export import methods as method_export
from papers.archive.export.datasets import DatasetRow
from papers.archive.export.methods import Collection, MethodRow
from papers.archive.export.restored import Beside
from papers.archive.export.written import to_json
from papers.archive.fields import RowFault
from papers.archive.methods import Introduction

METHOD = {
    "url": "https://paperswithcode.com/method/gan",
    "name": "GAN",
    "full_name": "Generative Adversarial Network",
    "description": "A **GAN**:\r\n$G$ against $D$.",
    "paper": {
        "title": "Generative Adversarial Networks",
        "url": "https://paperswithcode.com/paper/generative-adversarial-networks",
    },
    "introduced_year": 2014,
    "source_url": "https://arxiv.org/abs/1406.2661v1",
    "source_title": "Generative Adversarial Networks",
    "code_snippet_url": "",
    "num_papers": 9000,
    "collections": [
        {"collection": "Generative Models", "area_id": "computer-vision", "area": "Computer Vision"},
        {"collection": "Generative Training", "area_id": "general", "area": "General"},
    ],
}
DATASET = {
    "url": "https://paperswithcode.com/dataset/coco",
    "name": "COCO",
    "full_name": "Common Objects in Context",
    "homepage": "https://cocodataset.org/",
    "description": "Images.\r\n",
    "paper": {"title": "Microsoft COCO", "url": "https://example.org/coco.pdf"},
    "introduced_date": "2014-05-01",
    "warning": None,
    "modalities": ["Images"],
    "tasks": [
        {"task": "Object Detection", "url": "https://paperswithcode.com/task/object-detection"},
        {"task": "Captioning", "url": None},
    ],
    "languages": [],
    "variants": ["COCO minival", "COCO test-dev"],
    "num_papers": 12,
    "data_loaders": [{"url": "https://example.org", "repo": "https://github.com/a/b", "frameworks": ["pytorch"]}],
    "short_description": None,
    "parent_dataset": None,
    "image": "https://production-media.paperswithcode.com/coco.jpg",
}
ODD_METHODS = [
    {},
    {"paper": None, "collections": []},
    {"paper": "generative-adversarial-networks", "collections": None},
    {"introduced_year": 2000.5, "num_papers": -1},
    {"introduced_year": None, "url": None, "name": ""},
    {"url": "http://www.paperswithcode.com/method/gan/", "later_key": [1, {"a": None}]},
    {"collections": [{"collection": "A", "area_id": None, "area": None}, {"collection": "A"}, {}]},
]
ODD_DATASETS = [
    {},
    {"introduced_date": "", "paper": None, "tasks": None, "variants": None, "data_loaders": None},
    {"introduced_date": "2014-02-30", "languages": ["English", "English"], "num_papers": None},
    {"introduced_date": "2014-05-01T00:00:00", "tasks": [{"task": "A"}, {"task": "A", "url": "x"}, {"no": "name"}]},
    {"url": "https://example.org/dataset/coco", "parent_dataset": "Whole", "later_key": ""},
]


def without(row, *keys):
    return {key: value for key, value in row.items() if key not in keys}


def method_row(record, **fields):
    """The method as the database holds it after an import of this record alone."""
    beside = Beside(raw=record.raw, absent=record.absent, extra=record.extra)
    columns = {"num_papers" if name == "archive_paper_count" else name: value for name, value in record.columns.items()}
    collections = [Collection(name, area=area) for name, area in record.areas.items()]
    return MethodRow(
        **{
            "slug": "here",
            "name": record.name,
            "is_in_dump": True,
            "collections": collections,
            "beside": beside,
            **columns,
            **fields,
        }
    )


def dataset_row(record):
    names = {"archive_paper_count": "num_papers", "parent_name": "parent_dataset"}
    columns = {names.get(name, name): value for name, value in record.columns.items()}
    day = columns["introduced_date"]
    return DatasetRow(
        **{
            **columns,
            "slug": "here",
            "name": record.name,
            "introduced_date": day and day.isoformat(),
            "tasks": [(name, record.task_slugs.get(name, "made-here")) for name in record.tasks],
            "beside": Beside(raw=record.raw, absent=record.absent, extra=record.extra),
        }
    )


def test_a_method_is_read():
    record = methods.parse(METHOD)
    assert (record.key, record.name, record.slug) == ("GAN", "GAN", "gan")
    assert record.key_if_repeated == '["GAN", "gan"]'
    assert record.columns["introduced_year"] == 2014 and record.columns["archive_paper_count"] == 9000
    assert record.paper == Introduction(
        "Generative Adversarial Networks",
        "https://paperswithcode.com/paper/generative-adversarial-networks",
        "generative-adversarial-networks",
    )
    assert record.areas == {"Generative Models": "Computer Vision", "Generative Training": "General"}
    assert record.collections == ["Generative Models", "Generative Training"]
    assert sorted(record.raw) == ["collections", "paper", "url"]
    assert (record.absent, record.extra) == ([], {})


def test_a_dataset_is_read():
    record = datasets.parse(DATASET)
    assert (record.key, record.slug, record.paper.slug, record.paper.url) == (
        "COCO",
        "coco",
        None,
        "https://example.org/coco.pdf",
    )
    assert (record.tasks, record.task_slugs) == (["Object Detection", "Captioning"], {"Object Detection": "object-detection"})
    assert record.columns["variants"] == ["COCO minival", "COCO test-dev"]
    assert sorted(record.raw) == ["paper", "tasks", "url"]


@pytest.mark.parametrize("parse", [methods.parse, datasets.parse])
@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ({}, "has no name"),
        ({"name": None}, "has no name"),
        ({"name": 5}, "name is a number where text belongs"),
        ({"name": "A", "paper": 5}, "has a paper that is neither an object nor a slug"),
        ({"name": "A", "full_name": []}, "full_name is a list where text belongs"),
    ],
)
def test_what_is_no_row_is_refused_in_one_sentence(parse, row, fault):
    with pytest.raises(RowFault) as caught:
        parse(row)
    assert str(caught.value) == fault


@pytest.mark.parametrize("odd", ODD_METHODS)
def test_a_method_is_written_as_it_was_read(odd):
    row = {**METHOD, **odd}
    assert json.loads(to_json(method_export.render(method_row(methods.parse(row))))) == row


@pytest.mark.parametrize("key", [key for key in METHOD if key != "name"])
def test_a_key_that_a_method_lacked_stays_away(key):
    row = without(METHOD, key)
    assert json.loads(to_json(method_export.render(method_row(methods.parse(row))))) == row


@pytest.mark.parametrize("odd", ODD_DATASETS)
def test_a_dataset_is_written_as_it_was_read(odd):
    row = {**DATASET, **odd}
    assert json.loads(to_json(dataset_export.render(dataset_row(datasets.parse(row))))) == row


@pytest.mark.parametrize("key", [key for key in DATASET if key != "name"])
def test_a_key_that_a_dataset_lacked_stays_away(key):
    row = without(DATASET, key)
    assert json.loads(to_json(dataset_export.render(dataset_row(datasets.parse(row))))) == row


def test_what_a_person_edited_wins_over_what_the_archive_said():
    record = methods.parse({**METHOD, "introduced_year": 2014.5})
    beside = Beside(raw=record.raw, absent=["full_name"], edited=["introduced_year", "full_name", "collections"])
    row = method_row(record, introduced_year=2013, full_name=None, collections=[Collection("RL", area="Reinforcement Learning")])
    written = method_export.render(MethodRow(**{name: getattr(row, name) for name in row.__slots__} | {"beside": beside}))
    assert (written["introduced_year"], written["full_name"]) == (2013, None)
    assert written["collections"] == [{"collection": "RL", "area_id": "reinforcement-learning", "area": "Reinforcement Learning"}]


EMBEDDED = {
    "name": "GAN",
    "full_name": "Generative Adversarial Network",
    "description": "A **GAN**:\r\n$G$ against $D$.",
    "introduced_year": 2014,
    "source_url": "https://arxiv.org/abs/1406.2661v1",
    "source_title": "Generative Adversarial Networks",
    "code_snippet_url": "",
    "main_collection": {"name": "Generative Models", "description": "Make data.", "parent": None, "area": "Computer Vision"},
}


@pytest.mark.parametrize(
    ("odd", "lacking", "kept"),
    [
        ({}, [], {}),
        ({"description": "Another"}, [], {"_embedded": {"description": "Another"}}),
        ({"introduced_year": 2014.5, "more": 1}, [], {"_embedded": {"introduced_year": 2014.5, "more": 1}}),
        ({"main_collection": None}, ["source_url"], {"_embedded": {"main_collection": None}, "_embedded_absent": ["source_url"]}),
    ],
)
def test_the_record_that_papers_carry_comes_back_beside_that_of_the_dump(odd, lacking, kept):
    main = Collection("Generative Models", description="Make data.", area="Computer Vision")
    record = methods.parse({**METHOD, "introduced_year": 2014, "later_key": 1})
    row = method_row(record, main_collection=main)
    values = without({**EMBEDDED, **odd}, *lacking)
    assert method_export.embedded_beside(values, method_export.embedded_columns(row)) == kept
    beside = Beside(raw={**record.raw, **kept}, absent=record.absent, extra=record.extra)
    again = method_row(record, main_collection=main, beside=beside)
    assert method_export.embedded_record(again) == values
    assert json.loads(to_json(method_export.embedded(again).written)) == values
    assert json.loads(to_json(method_export.render(again))) == {**METHOD, "later_key": 1}
