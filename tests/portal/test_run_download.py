"""A run's export over the web: who may have it, and that it is what the manifest says."""

import hashlib
import json
from io import BytesIO
from random import Random
from uuid import uuid4
from zipfile import ZipFile

import pytest

from portal.zip_stream import AT_ONCE, zipped
from tests.factories.scored_runs import logged_as_harness_does, make_licence, make_scored_run
from tests.portal.reading import read
from workers.models import Run
from workers.run_export import Part
from workers.states import RunState

pytestmark = pytest.mark.django_db


def address(run):
    return f"/runs/{run.public_id}/export.zip"


def make_run(picks="AB"):
    return logged_as_harness_does(make_scored_run(picks, tasks=("mmlu_anatomy", "mmlu_virology")))


def test_an_open_run_is_everybodys(client):
    make_licence()
    run = make_run()
    response = client.get(address(run))
    assert (response.status_code, response["Content-Type"], response["X-Robots-Tag"]) == (200, "application/zip", "noindex")
    archive = ZipFile(BytesIO(b"".join(response.streaming_content)))
    assert archive.testzip() is None
    root = f"run-{str(run.public_id)[:8]}/"
    held = {name.removeprefix(root): archive.read(name) for name in archive.namelist()}
    manifest = json.loads(held.pop("manifest.json"))
    assert {file["name"]: (file["size"], file["sha256"]) for file in manifest["files"]} == {
        name: (len(content), hashlib.sha256(content).hexdigest()) for name, content in held.items()
    }
    assert len(held) == 3
    (lines,) = (content.decode().splitlines() for name, content in held.items() if "samples_mmlu_virology_" in name)
    (entry,) = map(json.loads, lines)
    assert entry["resps"] == [[["-1.1", "False"]], [["-1.0", "True"]], [["-1.12", "False"]], [["-1.1300000000000001", "False"]]]
    assert manifest["licences"] == [{"dataset": "cais/mmlu", "name": "MIT", "url": "https://example.org/licence"}]


def test_a_closed_run_is_for_staff(client, admin_user):
    run = make_run()
    response = client.get(address(run))
    assert response.status_code == 403
    assert "No licence of cais/mmlu is on record here" in read(response).main
    client.force_login(admin_user)
    assert b"".join(client.get(address(run)).streaming_content)[:2] == b"PK"


@pytest.mark.parametrize("state", [RunState.SCORING, RunState.FAILED])
def test_only_a_finished_run_can_be_had(client, state):
    make_licence()
    run = make_run()
    Run.objects.update(state=state)
    response = client.get(address(run))
    assert response.status_code == 404
    assert f"The run is {state.label.lower()}: only a finished run can be exported." in read(response).main


def test_a_run_of_before_says_why_it_cannot_be_had(client):
    make_licence()
    response = client.get(address(make_scored_run("A")))
    assert response.status_code == 404
    assert "The run ended before items were logged as lm-eval logs them: run it again to export it." in read(response).main


def test_a_run_that_is_not_there_has_no_export(client):
    assert client.get(f"/runs/{uuid4()}/export.zip").status_code == 404


def test_a_large_file_goes_out_in_pieces():
    random = Random(0)
    chunks = [random.randbytes(6400) for _ in range(400)]
    pieces = list(zipped([Part("a/b.txt", iter(chunks)), Part("c", iter([]))], folder="x"))
    assert len(pieces) > 5
    assert max(map(len, pieces)) < 2 * AT_ONCE
    archive = ZipFile(BytesIO(b"".join(pieces)))
    assert archive.namelist() == ["x/a/b.txt", "x/c"]
    assert archive.read("x/a/b.txt") == b"".join(chunks)
