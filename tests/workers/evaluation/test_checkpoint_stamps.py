"""Whether a checkpoint's files are still the ones that were looked at: stamps at once, digests of every byte."""

import hashlib
import shutil

import pytest

from tests.workers.evaluation.checkpoint_files import edit, source
from workers.evaluation.checkpoints import CheckpointSource, digests, inspect, stamps
from workers.evaluation.errors import CheckpointMissing


def test_stamps_name_the_files_that_inspect_names(checkpoint):
    names = [file.name for file in inspect(source(checkpoint)).files]
    weights = (checkpoint / "model.safetensors").stat()

    found = stamps(source(checkpoint))

    assert [stamp[0] for stamp in found] == names
    assert ("model.safetensors", weights.st_dev, weights.st_ino, weights.st_mtime_ns, weights.st_size) in found
    assert stamps(source(checkpoint)) == found


def test_stamps_change_with_a_file_that_is_written_exchanged_or_added(checkpoint, tmp_path):
    seen = [stamps(source(checkpoint))]
    path = checkpoint / "config.json"
    edit(path, bos_token_id=1)
    seen.append(stamps(source(checkpoint)))
    copy = shutil.copy2(path, tmp_path / "copy.json")  # same content, size and time
    copy.replace(path)
    seen.append(stamps(source(checkpoint)))
    (checkpoint / "generation_config.json").write_text('{"x": 1}')
    seen.append(stamps(source(checkpoint)))

    assert len(set(seen)) == 4


def test_stamps_follow_links(checkpoint, tmp_path):
    target = (checkpoint / "model.safetensors").rename(tmp_path / "blob")
    (checkpoint / "model.safetensors").symlink_to(target)
    before = stamps(source(checkpoint))

    with target.open("ab") as blob:
        blob.write(b"\0")

    (changed,) = set(stamps(source(checkpoint))) - set(before)
    assert (changed[0], changed[4]) == ("model.safetensors", target.stat().st_size)


def test_stamps_of_nothing_are_refused(checkpoint):
    (checkpoint / "model.safetensors").unlink()

    with pytest.raises(CheckpointMissing, match="holds no weights"):
        stamps(source(checkpoint))
    with pytest.raises(CheckpointMissing, match="hub can't be reached"):
        stamps(CheckpointSource("EleutherAI/gpt-neox-20b", False, None, "float16"))


def test_digests_tell_their_progress_often_enough_to_renew_a_lease(checkpoint):
    with (checkpoint / "large.json").open("wb") as file:
        file.truncate(70_000_000)
    total = sum(file.size for file in inspect(source(checkpoint)).files)
    told = []

    found = digests(source(checkpoint), progress=lambda done, of: told.append((done, of)))

    done = [0, *(done for done, _ in told)]
    assert {of for _, of in told} == {total}
    assert done[-1] == total
    assert all(0 < after - before <= 64_000_000 for before, after in zip(done, done[1:], strict=False))
    for file in found:
        assert file.sha256 == hashlib.sha256((checkpoint / file.name).read_bytes()).hexdigest()


def test_what_progress_raises_ends_the_digests(checkpoint):
    def lose_the_lease(done, of):
        raise InterruptedError("the lease is lost")

    with pytest.raises(InterruptedError, match="the lease is lost"):
        digests(source(checkpoint), progress=lose_the_lease)
