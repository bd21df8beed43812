"""The API over an imported archive."""

import pytest
from django.core.management import call_command

from tests.portal.api_reading import get, ids

pytestmark = pytest.mark.usefixtures("committed_db")


def test_the_seed_archive_is_served(client, shared_data):
    call_command("import_archive", str(shared_data / "pwc" / "archive-seed"), "--skip-related", verbosity=0)
    here = "/papers/gpt-neox-20b-an-open-source-autoregressive-1/"
    paper = get(client, here)
    assert (len(paper["authors"]), paper["published"]) == (17, "2022-04-14")
    assert ids(get(client, f"{here}tasks/")) == ["multi-task-language-understanding", "language-modelling"]
    assert [item["name"] for item in get(client, f"{here}repositories/")["results"]] == ["gpt-neox"]
    results = get(client, f"{here}results/")["results"]
    assert [(item["metrics"], item["methodology"], item["best_rank"]) for item in results] == [
        ({"Average (%)": "33.6"}, "GPT-NeoX 20B (5-shot)", 1),
        ({"Average (%)": "33.6"}, "GPT-NeoX 20B (5-shot)", 1),
    ]
