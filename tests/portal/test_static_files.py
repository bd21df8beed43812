"""Static files as a site serves them: collected under hashed names, and compressed before anybody asks."""

import gzip
import json
import re

import brotli
import pytest
from django.conf import settings
from django.core.files.storage import storages
from django.core.management import call_command

HEAVIEST = 30_000
"""Bytes of all our own style sheets and scripts together, compressed by brotli."""


@pytest.fixture(scope="module")
def collected(tmp_path_factory):
    """The folder of collected files."""
    folder = tmp_path_factory.mktemp("static")
    storage = storages["staticfiles"]
    before = (storage.location, storage.base_location)
    storage.__dict__.update(location=str(folder), base_location=str(folder))
    call_command("collectstatic", interactive=False, verbosity=0)
    yield folder
    storage.__dict__.update(location=before[0], base_location=before[1])
    storage.hashed_files.clear()


def hashed(folder):
    return json.loads((folder / "staticfiles.json").read_text())["paths"]


def test_our_styles_and_scripts_are_hashed_and_compressed_both_ways(collected):
    names = [
        name
        for name in hashed(collected)
        if re.fullmatch(r"(css|js)/[\w-]+\.(css|js)", name) and (settings.BASE_DIR / "static" / name).is_file()
    ]
    assert {"css/tokens.css", "css/base.css", "js/theme.js"} <= set(names)
    weight = 0
    for name in names:
        target = collected / hashed(collected)[name]
        assert re.search(r"\.[0-9a-f]{12}\.(css|js)$", target.name)
        plain, packed = target.read_bytes(), target.with_name(target.name + ".br").read_bytes()
        assert brotli.decompress(packed) == gzip.decompress(target.with_name(target.name + ".gz").read_bytes()) == plain
        weight += len(packed)
    assert weight < HEAVIEST


def test_styles_name_other_files_by_their_hashed_names(collected):
    layout = (collected / hashed(collected)["css/layout.css"]).read_text()
    assert re.search(r'url\("\.\./img/search\.[0-9a-f]{12}\.svg"\)', layout)
