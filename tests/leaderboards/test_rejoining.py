"""Boards that move to the datasets which list theirs as variants, and back."""

import pytest

from leaderboards.archive.rejoining import rejoin
from leaderboards.models import Leaderboard
from papers import history
from papers.archive.report import DumpKind
from papers.models import Change, Dataset, SlugHistory
from tests.factories.catalogue import make_board, make_dataset
from tests.factories.importing import importing, load_dump, load_tables

pytestmark = pytest.mark.usefixtures("committed_db")


def tables(*datasets, **values):
    rows = [{"model_name": "Model", "metrics": {"Accuracy": "1"}}]
    boards = [{"dataset": name, "sota": {"metrics": ["Accuracy"], "rows": rows}, **values} for name in datasets]
    return [{"task": "Task", "datasets": boards, "subtasks": []}]


def load_datasets(**variants):
    url = "https://paperswithcode.com/dataset"
    load_dump(
        DumpKind.DATASETS, [{"url": f"{url}/{name}", "name": name, "variants": listed} for name, listed in variants.items()]
    )


def rejoined(**options):
    with importing(**options) as session:
        return rejoin(session)


def joined():
    return dict(Leaderboard.objects.order_by("pk").values_list("dataset_name", "dataset__name"))


def events(row, table):
    found = history.of(row).filter(table=table, via="import").order_by("pk")
    return list(found.values_list("action", "old", "new"))


@pytest.mark.parametrize("is_baseline", [False, True])
def test_the_move_of_a_board_the_merging_and_the_address_go_into_the_history(is_baseline):
    load_tables(tables("COCO minival"), is_baseline=True)
    load_datasets(COCO=["COCO minival"])
    before = Change.objects.count()
    assert rejoined(is_baseline=is_baseline) == 1
    coco, own, board = Dataset.objects.get(name="COCO"), Dataset.objects.get(name="COCO minival"), Leaderboard.objects.get()
    assert board.dataset == coco
    assert events(board, "leaderboards_leaderboard") == [("changed", {"dataset_id": own.pk}, {"dataset_id": coco.pk})]
    [(action, old, new)] = events(own, "papers_dataset")
    assert (action, old, new.pop("removed_at") is not None) == ("removed", {"removed_at": None}, True)
    assert new == {"removed_reason": "In the archive a variant of COCO.", "merged_into": str(coco.public_id)}
    address = {"kind": "dataset", "slug": "coco-minival", "target": str(coco.public_id)}
    assert events(coco, "papers_slughistory") == [("created", {}, address)]
    assert rejoined() == 0
    assert Change.objects.count() == before + 3


def test_a_board_that_a_person_put_stays_and_so_does_its_dataset():
    load_tables(tables("COCO minival", "COCO test"))
    Leaderboard.objects.filter(dataset_name="COCO test").update(dataset=Dataset.objects.get(name="COCO minival"))
    Leaderboard.objects.filter(dataset_name="COCO test").update(edited_fields=["dataset"])
    load_datasets(COCO=["COCO minival"])
    assert rejoined() == 0
    assert joined() == {"COCO minival": "COCO", "COCO test": "COCO minival"}
    assert Dataset.objects.get(name="COCO minival").removed_at is None
    assert not SlugHistory.objects.exists()
    load_tables(tables("COCO minival", "COCO test"))
    assert joined() == {"COCO minival": "COCO", "COCO test": "COCO minival"}
    assert Leaderboard.objects.published().count() == 2


def test_a_dataset_that_a_person_made_is_no_variant():
    ours = make_dataset(name="COCO minival", source="form")
    make_board(dataset=ours, source="form")
    load_tables(tables("COCO minival"))
    load_datasets(COCO=["COCO minival"])
    assert rejoined() == 0
    assert set(joined().values()) == {"COCO minival"}
    assert Leaderboard.objects.published().count() == 2


def test_a_dataset_that_is_no_variant_any_more_comes_back_with_its_board():
    load_tables(tables("COCO minival"))
    load_datasets(COCO=["COCO minival"], Cityscapes=[])
    rejoined()
    load_datasets(COCO=[], Cityscapes=[])
    assert (rejoined(), joined()) == (0, {"COCO minival": "COCO"})
    load_tables(tables("COCO minival"))
    own = Dataset.objects.get(name="COCO minival")
    assert (joined(), own.removed_at, own.removed_reason) == ({"COCO minival": "COCO minival"}, None, "")
    assert events(own, "papers_dataset")[-1][0] == "restored"
    assert Leaderboard.objects.published().count() == 1
    load_datasets(COCO=[], Cityscapes=["COCO minival"])
    cityscapes = Dataset.objects.get(name="Cityscapes")
    assert (rejoined(), joined()) == (1, {"COCO minival": "Cityscapes"})
    assert SlugHistory.objects.get().target == cityscapes.public_id
    coco = Dataset.objects.get(name="COCO")
    [(action, old, new)] = events(cityscapes, "papers_slughistory")
    assert (action, old, new["target"]) == ("changed", {"target": str(coco.public_id)}, str(cityscapes.public_id))


def test_a_variant_that_the_datasets_dump_states_itself_comes_back():
    load_tables(tables("COCO minival"))
    load_datasets(COCO=["COCO minival"])
    rejoined()
    load_datasets(**{"COCO": ["COCO minival"], "COCO minival": []})
    assert Dataset.objects.get(name="COCO minival").removed_at is None
    assert rejoined() == 0


def test_a_dataset_to_which_a_board_moved_stays_when_the_datasets_dump_drops_it():
    load_tables(tables("COCO minival"))
    load_datasets(COCO=["COCO minival"], Other=[])
    rejoined()
    load_datasets(Other=[])
    assert Dataset.objects.get(name="COCO").removed_at is None
    assert Leaderboard.objects.published().count() == 1
