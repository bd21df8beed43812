"""The lock files: complete, exact, hashed, and free of what differs by machine."""

import importlib.metadata
import re
import tomllib
from itertools import product
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]


def locked(name):
    """The packages of a lock file with their versions."""
    found = re.findall(r"^([a-z0-9._-]+)==(\S+)", (ROOT / name).read_text(), re.MULTILINE)
    return {canonicalize_name(package): version for package, version in found}


def declared(extra):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lines = project["dependencies"] + (project["optional-dependencies"]["dev"] if extra else [])
    return {canonicalize_name(requirement.name): requirement for requirement in map(Requirement, lines)}


@pytest.mark.parametrize(("name", "extra"), [("requirements.lock", False), ("requirements-dev.lock", True)])
def test_every_declared_package_is_locked_at_a_version_that_it_allows(name, extra):
    versions = locked(name)
    wrong = {
        package: versions.get(package)
        for package, requirement in declared(extra).items()
        if package != "torch" and (package not in versions or not requirement.specifier.contains(versions[package]))
    }
    assert wrong == {}


def test_both_locks_agree():
    runtime, development = locked("requirements.lock"), locked("requirements-dev.lock")
    assert {package: development.get(package) for package in runtime} == runtime


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_nothing_in_a_lock_differs_by_machine(name):
    text = (ROOT / name).read_text()
    # nvidia-ml-py is pure Python, the same everywhere
    assert [package for package in locked(name) if re.match(r"torch$|triton|nvidia-(?!ml-py$)|cuda", package)] == []
    assert re.findall(r"https?://|file://|--(?:extra-)?index-url|--trusted-host|--find-links", text) == []


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_every_locked_package_has_a_hash(name):
    blocks = re.split(r"^(?=[a-z0-9._-]+==)", (ROOT / name).read_text(), flags=re.MULTILINE)[1:]
    assert len(blocks) > 50
    assert [block.splitlines()[0] for block in blocks if "--hash=sha256:" not in block] == []


PYTHONS = [("3.11", "3.11.0"), ("3.12", "3.12.0"), ("3.13", "3.13.0")]
SYSTEMS = [("linux", "Linux", "x86_64"), ("linux", "Linux", "aarch64"), ("darwin", "Darwin", "arm64")]


def machines():
    """The environments that a lock has to serve, as requirement markers name them."""
    for (version, full), (platform, system, machine) in product(PYTHONS, SYSTEMS):
        yield {
            "python_version": version, "python_full_version": full, "sys_platform": platform, "platform_system": system,
            "platform_machine": machine, "os_name": "posix", "platform_python_implementation": "CPython", "extra": "",
        }  # fmt: skip


def test_a_lock_holds_what_its_packages_need_on_every_machine():
    """A lock is made on one machine, which leaves out what only others need. torch brings its own libraries."""
    versions = locked("requirements.lock")
    missing = set()
    for package in versions:
        for requirement in map(Requirement, importlib.metadata.requires(package) or []):
            marker = requirement.marker
            is_needed = marker is None or any(marker.evaluate(machine) for machine in machines())
            if is_needed and canonicalize_name(requirement.name) not in {*versions, "torch"}:
                missing.add((package, str(requirement)))
    assert missing == set()
