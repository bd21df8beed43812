"""The commit of the portal's own code, read without git."""

import pytest

from workers.portal_commit import commit_in

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def git(tmp_path):
    folder = tmp_path / ".git"
    (folder / "refs" / "heads").mkdir(parents=True)
    (folder / "HEAD").write_text("ref: refs/heads/main\n")
    return folder


def test_a_branch_is_followed_to_its_commit(git, tmp_path):
    (git / "refs" / "heads" / "main").write_text(f"{COMMIT}\n")
    assert commit_in(tmp_path) == COMMIT


def test_a_packed_branch_too(git, tmp_path):
    (git / "packed-refs").write_text(f"# pack-refs with: peeled\n{'f' * 40} refs/heads/other\n{COMMIT} refs/heads/main\n")
    assert commit_in(tmp_path) == COMMIT


def test_a_commit_that_is_checked_out_by_itself(git, tmp_path):
    (git / "HEAD").write_text(COMMIT)
    assert commit_in(tmp_path) == COMMIT


def test_a_second_checkout_of_a_repository(git, tmp_path):
    (git / "refs" / "heads" / "side").write_text(COMMIT)
    (git / "worktrees" / "side").mkdir(parents=True)
    (git / "worktrees" / "side" / "HEAD").write_text("ref: refs/heads/side\n")
    (git / "worktrees" / "side" / "commondir").write_text("../..\n")
    (tmp_path / "side").mkdir()
    (tmp_path / "side" / ".git").write_text(f"gitdir: {git / 'worktrees' / 'side'}\n")
    assert commit_in(tmp_path / "side") == COMMIT


def test_what_cannot_be_told_is_left_out(git, tmp_path):
    assert commit_in(tmp_path) == ""
    assert commit_in(tmp_path / "nowhere") == ""
