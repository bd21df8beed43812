"""Storing the methods and datasets dumps, before and after the papers that name the same things."""

import pytest

from papers.archive.dataset_loading import dataset_task_slugs
from papers.archive.introductions import link_introductions
from papers.archive.method_dump_loading import MethodDumpLoader
from papers.archive.report import DumpKind
from papers.models import Area, Change, Dataset, Method, MethodCollection, Paper, SlugHistory, Task
from tests.factories.catalogue import make_dataset, make_method, make_paper
from tests.factories.importing import archive_rows, counted, everything, importing, load_dump

pytestmark = pytest.mark.usefixtures("committed_db")

TABLES = (Method, Method.collections.through, MethodCollection, Dataset, Dataset.tasks.through, Task, Area, SlugHistory, Change)
SPAM = "has a phone number in its name"


def method(name="GAN", **values):
    slug = values.pop("slug", name.lower())
    return {
        "url": f"https://paperswithcode.com/method/{slug}",
        "name": name,
        "full_name": "Generative Adversarial Network",
        "description": "Two nets.",
        "paper": None,
        "introduced_year": 2014,
        "source_url": None,
        "source_title": None,
        "code_snippet_url": "",
        "num_papers": 3,
        "collections": [{"collection": "Generative Models", "area_id": "computer-vision", "area": "Computer Vision"}],
        **values,
    }


def carried(name="GAN", **values):
    """A method as a paper carries it."""
    keys = ("name", "full_name", "description", "introduced_year", "source_url", "source_title", "code_snippet_url")
    main = {"name": "Generative Models", "description": "They make.", "parent": None, "area": "Computer Vision"}
    return {**{key: method(name)[key] for key in keys}, "main_collection": main, **values}


def paper(slug="a-paper", **values):
    return {"paper_url": f"https://paperswithcode.com/paper/{slug}", "title": "A paper", "authors": [], "tasks": [], **values}


def dataset(name="COCO", **values):
    slug = values.pop("slug", name.lower())
    return {
        "url": f"https://paperswithcode.com/dataset/{slug}",
        "name": name,
        "full_name": None,
        "description": "Images.",
        "paper": None,
        "introduced_date": "2014-05-01",
        "modalities": ["Images"],
        "tasks": [{"task": "Object Detection", "url": "https://paperswithcode.com/task/detection"}, {"task": "Captioning"}],
        "languages": [],
        "variants": ["COCO minival"],
        "num_papers": 12,
        "data_loaders": [{"url": "u", "repo": "r", "frameworks": ["pytorch"]}],
        **values,
    }


def load_methods(*rows, **options):
    report, gone = load_dump(DumpKind.METHODS, rows, **options)
    return counted(report), gone


def load_datasets(*rows, **options):
    report, gone = load_dump(DumpKind.DATASETS, rows, **options)
    return counted(report), gone


def load_papers(*rows):
    report, _ = load_dump(DumpKind.PAPERS, rows)
    return counted(report)


def kept(row):
    """What a method says, whichever dump came first."""
    row.refresh_from_db()
    names = [field.attname for field in Method._meta.concrete_fields]
    clock = {"id", "public_id", "created_at", "updated_at", "archive_digest", "archive_dumps", "main_collection_id"}
    said = {name: getattr(row, name) for name in names if name not in clock}
    main = row.main_collection
    families = sorted((family.name, family.area) for family in row.collections.all())
    return said | {"main": main and (main.name, main.description, main.area), "families": families}


def test_methods_are_stored_with_their_families_and_a_second_import_changes_nothing():
    rows = [method(), method("Dropout", collections=[]), method(), 5]
    assert load_methods(*rows[:3]) == ((2, 0, 0, 1, 0), 0)
    found = Method.objects.get(name="GAN")
    assert (found.slug, found.introduced_year, found.archive_paper_count, found.spam_reason) == ("gan", 2014, 3, "")
    assert [(family.name, family.area) for family in found.collections.all()] == [("Generative Models", "Computer Vision")]
    before = everything(*TABLES)
    assert load_methods(*rows[:3]) == ((0, 0, 2, 1, 0), 0)
    assert everything(*TABLES) == before


def test_a_changed_method_is_counted_and_recorded():
    load_methods(method())
    moved = method(description="Two nets, one game.", collections=[{"collection": "Games", "area": "General"}])
    assert load_methods(moved) == ((0, 1, 0, 0, 0), 0)
    found = Method.objects.get()
    assert [family.name for family in found.collections.all()] == ["Games"]
    changes = Change.objects.filter(object_id=found.public_id, action="changed").order_by("pk")
    assert [(change.old.get("description"), change.new.get("description")) for change in changes] == [
        ("Two nets.", "Two nets, one game."),
        (None, None),
    ]
    assert changes[1].new == {"collections": ["Games"]}


def test_a_second_thing_of_one_name_is_a_row_of_its_own():
    load_methods(method(description="First"), method(slug="gan-2", description="Second"))
    assert list(Method.objects.order_by("pk").values_list("name", "slug", "archive_key", "description")) == [
        ("GAN", "gan", "GAN", "First"),
        ("GAN", "gan-2", '["GAN", "gan-2"]', "Second"),
    ]
    load_datasets(dataset(), dataset(slug="coco-2"))
    assert list(Dataset.objects.order_by("pk").values_list("slug", flat=True)) == ["coco", "coco-2"]


def test_a_stated_address_wins_over_one_that_is_made_for_an_earlier_row():
    load_methods(method("G A N", url=None), method(slug="g-a-n"))
    assert dict(Method.objects.values_list("name", "slug")) == {"GAN": "g-a-n", "G A N": "g-a-n-1"}


def test_an_address_that_is_stated_later_redirects():
    load_papers(paper(methods=[carried("Old name")], tasks=["Object Detection"]))
    load_methods(method("Old name", slug="stated"))
    load_datasets(dataset())
    found, task = Method.objects.get(), Task.objects.get(name="Object Detection")
    assert (found.slug, task.slug) == ("old-name", "object-detection")
    assert set(SlugHistory.objects.values_list("kind", "slug", "target")) == {
        ("method", "stated", found.public_id),
        ("task", "detection", task.public_id),
    }
    before = everything(SlugHistory, Change)
    load_methods(method("Old name", slug="stated"))
    assert everything(SlugHistory, Change) == before


@pytest.mark.parametrize(
    "said",
    [
        carried(),
        carried(description="As papers say.", introduced_year=2000, source_url="https://example.org"),
        carried(main_collection=None, introduced_year=33.60, later_key=[1, {"a": None}]),
        {"name": "GAN", "description": None},
    ],
)
def test_papers_and_the_methods_dump_may_come_in_any_order(said):
    load_methods(method(later="x"))
    load_papers(paper(methods=[said]))
    load_methods(method(later="x"))
    first = kept(Method.objects.get())
    Paper.objects.all().delete()
    Method.objects.all().delete()
    MethodCollection.objects.all().delete()
    load_papers(paper(methods=[said]))
    load_methods(method(later="x"))
    assert kept(Method.objects.get()) == first
    load_papers(paper(methods=[said]))
    assert kept(Method.objects.get()) == first
    assert load_methods(method(later="x")) == ((0, 0, 1, 0, 0), 0)


def test_what_papers_say_of_a_method_is_kept_when_the_methods_dump_says_something_new():
    load_methods(method())
    load_papers(paper(methods=[carried(main_collection=None)]))
    assert "_embedded" not in Method.objects.get().archive_raw
    load_methods(method(description="New words."))
    found = Method.objects.get()
    assert (found.description, found.archive_raw["_embedded"]) == ("New words.", {"description": "Two nets."})


def test_an_edit_is_not_taken_for_what_papers_say():
    load_papers(paper(methods=[carried()]))
    Method.objects.update(description="Ours", edited_fields=["description"])
    load_methods(method(description="New words."))
    found = Method.objects.get()
    assert (found.description, "_embedded" in found.archive_raw) == ("Ours", False)


def test_spam_is_judged_and_a_persons_correction_kept():
    name = "Delta Airlines customer service 1-800-555-0199"
    load_methods(method(name, slug="delta"))
    load_datasets(dataset(name, slug="delta"))
    assert (Method.objects.get().spam_reason, Dataset.objects.get().spam_reason) == (SPAM, SPAM)
    for table in (Method, Dataset):
        table.objects.update(spam_reason="", description="Ours", edited_fields=["spam_reason", "description"])
    load_methods(method(name, slug="delta", description="New", num_papers=7))
    load_datasets(dataset(name, slug="delta", description="New", num_papers=7))
    for row in (Method.objects.get(), Dataset.objects.get()):
        assert (row.spam_reason, row.description, row.archive_paper_count) == ("", "Ours", 7)


def test_what_disappears_becomes_a_tombstone_and_comes_back():
    load_methods(method(), method("Going", slug="going"))
    load_datasets(dataset(), dataset("Going"))
    assert (load_methods(method(), is_complete=False)[1], load_datasets(dataset(), is_complete=False)[1]) == (0, 0)
    assert (load_methods(method())[1], load_datasets(dataset())[1]) == (1, 1)
    assert Method.objects.get(name="Going").removed_reason == "No longer in the archive."
    assert (load_methods(method())[1], load_datasets(dataset())[1]) == (0, 0)
    load_methods(method(), method("Going", slug="going"))
    load_datasets(dataset(), dataset("Going"))
    assert (Method.objects.published().count(), Dataset.objects.published().count()) == (2, 2)


def test_a_method_that_papers_carry_stays_when_the_methods_dump_drops_it():
    load_methods(method(), method("Alone", slug="alone"))
    load_papers(paper(methods=[carried(main_collection=None)]))
    assert load_methods(method("Third", slug="third"))[1] == 1
    assert set(Method.objects.published().values_list("name", flat=True)) == {"GAN", "Third"}


def test_only_what_the_dump_stated_counts_as_known():
    load_papers(paper(methods=[carried(), carried("Other")]))
    with importing(dump="methods") as session:
        loader = MethodDumpLoader(session)
        assert loader.stated_before() == (0, 0)


def test_rows_that_people_made_are_taken_for_the_dumps_and_only_filled():
    ours = make_method(name="GAN", source="form", description="Ours.")
    data = make_dataset(name="COCO", source="form", description="Ours.")
    load_methods(method())
    load_datasets(dataset())
    ours.refresh_from_db()
    data.refresh_from_db()
    assert (ours.archive_key, ours.description, ours.full_name) == ("GAN", "Ours.", "Generative Adversarial Network")
    assert (data.archive_key, data.description, data.variants) == ("COCO", "Ours.", ["COCO minival"])


def test_datasets_are_stored_with_their_tasks_and_a_second_import_changes_nothing():
    rows = [dataset(), dataset("MNIST", tasks=[], introduced_date=""), {"name": 5}]
    assert load_datasets(*rows) == ((2, 0, 0, 0, 1), 0)
    coco = Dataset.objects.get(name="COCO")
    assert (coco.slug, coco.introduced_date.isoformat(), coco.variants, coco.modalities) == (
        "coco",
        "2014-05-01",
        ["COCO minival"],
        ["Images"],
    )
    assert coco.data_loaders == [{"url": "u", "repo": "r", "frameworks": ["pytorch"]}]
    assert {task.name: task.slug for task in coco.tasks.all()} == {"Object Detection": "detection", "Captioning": "captioning"}
    before = everything(*TABLES)
    assert load_datasets(*rows) == ((0, 0, 2, 0, 1), 0)
    assert everything(*TABLES) == before
    assert load_datasets(dataset(tasks=[{"task": "Captioning"}]), rows[1])[0] == (0, 1, 1, 0, 0)
    assert [task.name for task in coco.tasks.all()] == ["Captioning"]


def test_addresses_of_tasks_are_harvested_from_datasets():
    rows = archive_rows(
        [dataset(), dataset("B", tasks=[{"task": "Object Detection", "url": "https://paperswithcode.com/task/x"}])]
    )
    assert dataset_task_slugs([*rows, *archive_rows([{"name": 5}])]) == {"Object Detection": "detection"}


def test_methods_and_datasets_find_their_papers_when_those_are_there():
    named = {"title": "Any", "url": "https://paperswithcode.com/paper/gan-paper"}
    load_methods(
        method("By page", slug="a", paper=named),
        method("By slug", slug="b", paper="gan-paper"),
        method("By title", slug="c", paper={"title": "a  PAPER of coco", "url": "https://example.org/unknown"}),
        method("Unknown", slug="d", paper={"title": "Nowhere", "url": "https://paperswithcode.com/paper/nowhere"}),
        method("Edited", slug="e", paper=named),
    )
    load_datasets(dataset(paper={"title": "x", "url": "https://arxiv.org/pdf/1405.0312v3"}))
    assert settle() == 0
    gan = make_paper(slug="other", archive_key="gan-paper", title="GAN")
    coco = make_paper(title="A paper of COCO", url_abs="https://arxiv.org/abs/1405.0312", arxiv_id="1405.0312")
    mine = make_paper(slug="gan-paper", source="form")
    Method.objects.filter(name="Edited").update(paper=mine, edited_fields=["paper"])
    assert settle() == 4
    assert dict(Method.objects.values_list("name", "paper")) == {
        "By page": gan.pk,
        "By slug": gan.pk,
        "By title": coco.pk,
        "Unknown": None,
        "Edited": mine.pk,
    }
    assert Dataset.objects.get().paper == coco
    assert settle() == 0
    change = Change.objects.filter(object_id=Dataset.objects.get().public_id).latest("pk")
    assert (change.old, change.new, change.via) == ({"paper_id": None}, {"paper_id": coco.pk}, "import")
    load_datasets(dataset(paper=None))
    assert settle() == 1
    assert Dataset.objects.get().paper is None


def settle():
    with importing() as session:
        return link_introductions(session)
