"""Fetching the archive from a hub: a real client against a real server on this machine, and no hub at all."""

import gzip
import json
import os
import random
import subprocess
import sys
import time

import pytest
from django.core.management import CommandError, call_command

from portal.archive_download import DATASETS, DownloadFailed, download, dumps_among
from portal.var_dir import BASE_DIR
from tests.portal.dumps import link_row, paper_row
from tests.portal.hub_server import Hub, serving

BY_HAND = "fetch the files of the hub's pwc-archive data sets by hand, then run: manage.py import_archive FOLDER."


def packed(rows):
    return gzip.compress(json.dumps(rows).encode(), mtime=0)


@pytest.fixture(autouse=True)
def online(monkeypatch):
    """Tests of the evaluation engine keep their process from asking the hub; these do ask one."""
    for name in ("HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE", "TRANSFORMERS_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)


@pytest.fixture
def hub():
    rows = {"papers-with-abstracts": [paper_row()], "links-between-paper-and-code": [link_row()]}
    datasets = {
        f"pwc-archive/{name}": {
            "README.md": b"#",
            f"{name}.json.gz": packed(rows.get(name, [])),
            "data/train-00000-of-00001.parquet": b"-",
        }
        for name in DATASETS
    }
    return Hub(datasets)


def fetch(folder, address):
    lines = []
    paths = download(folder, say=lines.append, endpoint=address)
    return [str(path.relative_to(folder)) for path in paths], lines


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        (["data/train-00000-of-00001.parquet", "methods.json.gz", "README.md"], ["methods.json.gz"]),
        (["data/train-00001-of-00002.parquet", "data/train-00000-of-00002.parquet", ".gitattributes", "dataset_infos.json"],
         ["data/train-00000-of-00002.parquet", "data/train-00001-of-00002.parquet"]),
        (["methods.json", "dataset_infos.json"], ["methods.json"]),
        (["README.md", "dataset_infos.json", "../methods.json.gz", "a/../../b.json", "/c.parquet"], []),
    ],
)  # fmt: skip
def test_the_dump_is_taken_in_the_best_format_there_is(names, chosen):
    assert dumps_among(names) == chosen


def test_the_five_dumps_are_fetched_once(hub, tmp_path):
    with serving(hub) as address:
        names, lines = fetch(tmp_path, address)
        assert names == [f"{name}/{name}.json.gz" for name in DATASETS]
        assert lines[0] == f"pwc-archive/methods: methods.json.gz, {len(packed([]))} bytes"
        assert (tmp_path / names[1]).read_bytes() == packed([paper_row()])
        assert hub.asked == [(f"{name}.json.gz", 0) for name in DATASETS]
        assert fetch(tmp_path, address) == (names, lines)
        assert len(hub.asked) == 5


def test_a_download_that_was_broken_off_goes_on_where_it_was(hub, tmp_path):
    piece = 10 << 20  # what the client stores at a time
    data = random.Random(1).randbytes(piece + 5000)
    hub.datasets["pwc-archive/methods"] = {"methods.json.gz": data}
    hub.break_off_after = piece + 1000
    with serving(hub) as address:
        with pytest.raises(DownloadFailed) as failure:
            fetch(tmp_path, address)
        assert str(failure.value) == f"The hub cannot be reached: try again later, or {BY_HAND}"
        hub.break_off_after = None
        hub.asked.clear()
        fetch(tmp_path, address)
    assert hub.asked[0] == ("methods.json.gz", piece)
    assert (tmp_path / "methods" / "methods.json.gz").read_bytes() == data


def test_shards_are_fetched_where_there_is_nothing_better(hub, tmp_path):
    shards = {f"data/train-0000{index}-of-00002.parquet": b"shard %d" % index for index in range(2)}
    hub.datasets["pwc-archive/evaluation-tables"] = shards
    with serving(hub) as address:
        names, _ = fetch(tmp_path, address)
    assert names[4:] == [f"evaluation-tables/{name}" for name in shards]


@pytest.mark.parametrize(
    "said", [{"claimed": {"methods.json.gz": 5_442_057}}, {"claimed_digests": {"methods.json.gz": {"sha256": "0" * 64}}}]
)
def test_a_file_that_is_not_as_the_hub_says_is_not_kept(hub, tmp_path, said):
    vars(hub).update(said)
    with serving(hub) as address, pytest.raises(DownloadFailed) as failure:
        fetch(tmp_path, address)
    assert str(failure.value) == ("pwc-archive/methods: methods.json.gz did not come as the hub describes it: run this again.")
    assert list((tmp_path / "methods").iterdir()) == []


def test_a_file_that_changed_is_fetched_again(hub, tmp_path):
    path = tmp_path / "papers-with-abstracts" / "papers-with-abstracts.json.gz"
    path.parent.mkdir()
    path.write_bytes(bytes(len(packed([paper_row()]))))
    with serving(hub) as address:
        fetch(tmp_path, address)
    assert path.read_bytes() == packed([paper_row()])


def test_a_data_set_that_is_gone_or_empty_is_named(hub, tmp_path):
    hub.datasets["pwc-archive/datasets"] = {"README.md": b"moved"}
    with serving(hub) as address, pytest.raises(DownloadFailed) as failure:
        fetch(tmp_path, address)
    assert str(failure.value) == f"The hub's pwc-archive/datasets holds no .json.gz, .parquet or .json file: {BY_HAND}"
    del hub.datasets["pwc-archive/methods"]
    with serving(hub) as address, pytest.raises(DownloadFailed) as failure:
        fetch(tmp_path, address)
    assert str(failure.value) == f"The hub gives no pwc-archive/methods (it answers 404): {BY_HAND}"
    assert hub.asked == []


def test_without_a_hub_one_line_says_so_at_once(tmp_path):
    begin = time.monotonic()
    with pytest.raises(DownloadFailed) as failure:
        fetch(tmp_path, "http://127.0.0.1:9")
    assert str(failure.value) == f"The hub cannot be reached: try again later, or {BY_HAND}"
    assert time.monotonic() - begin < 20


def test_a_closed_network_is_not_asked(hub, tmp_path, settings):
    settings.HUB_OFFLINE = True
    with serving(hub) as address, pytest.raises(DownloadFailed) as failure:
        fetch(tmp_path, address)
    assert str(failure.value) == f"HF_HUB_OFFLINE is set, so nothing is fetched: unset it, or {BY_HAND}"


def manage(*arguments, **environment):
    command = [sys.executable, "manage.py", "import_archive", *map(str, arguments)]
    return subprocess.run(command, cwd=BASE_DIR, env=os.environ | environment, capture_output=True, text=True, timeout=120)


def test_the_command_fetches_and_imports(hub, tmp_path, committed_db):
    with serving(hub) as address:
        done = manage("--download", tmp_path, HF_ENDPOINT=address)
    assert (done.returncode, done.stderr) == (0, "")
    papers = tmp_path / "papers-with-abstracts" / "papers-with-abstracts.json.gz"
    assert f"{papers}: rows read 1, new 1, changed 0, same 0, repeated 0, rejected 0" in done.stdout.splitlines()


@pytest.mark.parametrize(
    ("environment", "line"),
    [
        ({"HF_ENDPOINT": "http://127.0.0.1:9"}, f"CommandError: The hub cannot be reached: try again later, or {BY_HAND}"),
        ({"HF_HUB_OFFLINE": "1"}, f"CommandError: HF_HUB_OFFLINE is set, so nothing is fetched: unset it, or {BY_HAND}"),
    ],
)
def test_the_command_without_a_hub_is_one_line(tmp_path, committed_db, environment, line):
    done = manage("--download", tmp_path, **environment)
    assert (done.returncode, done.stdout, done.stderr.splitlines()) == (1, "", [line])


def test_the_command_wants_something_to_import():
    with pytest.raises(CommandError) as refusal:
        call_command("import_archive")
    assert str(refusal.value) == "Name a dump or a folder of dumps, or say --download."
