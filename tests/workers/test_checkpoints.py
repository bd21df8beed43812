"""Which checkpoints may be loaded."""

import pytest

from workers.checkpoints import CheckpointRefused, location_of
from workers.models import Checkpoint

COMMIT = "c292233c833e336628618a88a648727eb3dff0a7"


@pytest.fixture
def roots(settings, tmp_path):
    settings.CHECKPOINT_ROOTS = [tmp_path / "first", tmp_path / "second"]
    settings.CHECKPOINT_OWNERS = ["EleutherAI"]
    (tmp_path / "second" / "small").mkdir(parents=True)
    (tmp_path / "outside").mkdir()
    return tmp_path


def test_a_folder_is_looked_for_below_every_root(roots):
    assert location_of(Checkpoint(folder="small")) == str(roots / "second" / "small")


def test_a_folder_that_is_not_there_yet_is_expected_below_the_first_root(roots):
    assert location_of(Checkpoint(folder="selftest")) == str(roots / "first" / "selftest")


@pytest.mark.parametrize("folder", ["../outside", "small/../../outside", "/etc", ".", "small/..", "a/" * 3000])
def test_a_folder_outside_of_the_roots_is_refused(roots, folder):
    with pytest.raises(CheckpointRefused, match=r"not below any of CHECKPOINT_ROOTS|cannot be looked up"):
        location_of(Checkpoint(folder=folder))


def test_an_absolute_folder_is_refused_even_below_a_root(roots):
    with pytest.raises(CheckpointRefused, match="relative to one of them"):
        location_of(Checkpoint(folder=str(roots / "second" / "small")))


def test_a_symbolic_link_out_of_the_roots_is_refused(roots):
    (roots / "first").mkdir()
    (roots / "first" / "link").symlink_to(roots / "outside")
    settings_refuse = pytest.raises(CheckpointRefused, match="not below any")
    (roots / "second" / "link").symlink_to(roots / "outside")
    with settings_refuse:
        location_of(Checkpoint(folder="link"))


def test_a_hub_checkpoint_of_an_allowed_owner_is_taken_at_its_commit(roots):
    assert location_of(Checkpoint(hub_id="EleutherAI/gpt-neox-20b", revision=COMMIT)) == "EleutherAI/gpt-neox-20b"


@pytest.mark.parametrize(
    ("hub_id", "revision", "sentence"),
    [
        ("somebody/gpt-neox-20b", COMMIT, 'Checkpoints of "somebody" are not allowed here: CHECKPOINT_OWNERS names EleutherAI.'),
        ("EleutherAI/gpt-neox-20b", "main", "needs its revision as a commit of 40 hexadecimal digits"),
        ("EleutherAI/../x", COMMIT, "is no hub id: write owner/name"),
        ("https://example.org/x", COMMIT, "is no hub id: write owner/name"),
    ],
)
def test_other_hub_checkpoints_are_refused_with_the_reason(roots, hub_id, revision, sentence):
    with pytest.raises(CheckpointRefused) as refused:
        location_of(Checkpoint(hub_id=hub_id, revision=revision))
    assert sentence in str(refused.value)
