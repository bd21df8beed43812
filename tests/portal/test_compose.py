"""docker-compose.yml: against the Compose specification, and against what the settings and the images read."""

import json
import re
from importlib import resources
from pathlib import Path

import jsonschema
import pytest
import yaml

from portal.embedded import addresses
from portal.environment import VARIABLES

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def compose():
    """The compose file, its anchors resolved."""
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text())


@pytest.fixture(scope="module")
def schema():
    """The Compose specification's JSON schema, as the package check-jsonschema carries it."""
    return json.loads(resources.files("check_jsonschema").joinpath("builtin_schemas/vendor/compose-spec.json").read_text())


def ours(compose):
    return {name: service for name, service in compose["services"].items() if "build" in service}


def test_the_file_follows_the_specification(compose, schema):
    validator = jsonschema.validators.validator_for(schema)(schema)
    assert [error.message for error in validator.iter_errors(compose)] == []


def test_a_misspelled_key_would_be_seen(compose, schema):
    validator = jsonschema.validators.validator_for(schema)(schema)
    broken = {**compose, "services": {"web": {**compose["services"]["web"], "enviroment": {}}}}
    assert [list(error.path) for error in validator.iter_errors(broken)] == [["services", "web"]]


def test_every_service_is_there(compose):
    assert set(compose["services"]) == {"postgres", "redis", "migrate", "web", "assistants", "scheduler", "worker", "worker-gpu"}
    assert set(ours(compose)) == {"migrate", "web", "assistants", "scheduler", "worker", "worker-gpu"}


def test_every_name_it_sets_is_one_that_the_settings_read(compose):
    unknown = {name: set(service["environment"]) - set(VARIABLES) for name, service in ours(compose).items()}
    assert unknown == {name: set() for name in ours(compose)}


def test_only_the_migrations_know_the_owner(compose):
    knowing = [name for name, service in ours(compose).items() if "OWNER_PASSWORD" in json.dumps(service["environment"])]
    assert knowing == ["migrate"]


def test_workers_connect_as_the_role_that_migrations_grant_a_worker_s_rights(compose):
    users = {
        name: re.match(r"postgresql://(\w+):", service["environment"]["DATABASE_URL"])[1]
        for name, service in ours(compose).items()
    }
    assert users == {
        "migrate": addresses.RUNTIME_ROLE, "web": addresses.RUNTIME_ROLE, "assistants": addresses.RUNTIME_ROLE, "scheduler": addresses.RUNTIME_ROLE,
        "worker": addresses.WORKER_ROLE, "worker-gpu": addresses.WORKER_ROLE,
    }  # fmt: skip
    assert compose["services"]["migrate"]["environment"]["DATABASE_WORKER_ROLE"] == addresses.WORKER_ROLE


def test_every_image_is_pinned(compose):
    images = [service["image"] for service in compose["services"].values() if "build" not in service]
    assert len(images) == 2
    for image in images:
        assert re.fullmatch(r"[a-z]+:\d+\.\d+(\.\d+)?-bookworm", image)
    bases = re.findall(r"^FROM (\S+)", (ROOT / "docker/Dockerfile").read_text(), re.MULTILINE)
    assert [bool(re.fullmatch(r"python:3\.11\.\d+-slim-bookworm", base)) for base in bases] == [True]


def test_every_lasting_service_has_a_health_check(compose):
    without = [name for name, service in compose["services"].items() if "healthcheck" not in service]
    assert without == ["migrate"]


def test_no_password_has_a_default():
    text = (ROOT / "docker-compose.yml").read_text()
    secrets = re.findall(r"\$\{(\w*(?:PASSWORD|SECRET)\w*)([^}]*)\}", text)
    assert {name for name, _ in secrets} == {
        "POSTGRES_PASSWORD", "OWNER_PASSWORD", "RUNTIME_PASSWORD", "WORKER_PASSWORD", "REDIS_PASSWORD", "SECRET_KEY",
    }  # fmt: skip
    assert {rest for name, rest in secrets if rest != f":?set {name}"} == set()


def test_our_containers_run_without_privileges(compose):
    for service in ours(compose).values():
        assert service["cap_drop"] == ["ALL"]
        assert service["read_only"] is True
    assert "\nUSER portal\n" in (ROOT / "docker/Dockerfile").read_text()


def test_the_gpu_worker_is_a_profile_with_a_device(compose):
    worker = compose["services"]["worker-gpu"]
    assert worker["profiles"] == ["gpu"]
    (device,) = worker["deploy"]["resources"]["reservations"]["devices"]
    assert (device["driver"], device["capabilities"]) == ("nvidia", ["gpu"])


def test_every_queue_has_a_worker(compose):
    queues = [word for service in ours(compose).values() for word in service.get("command", []) if word in {"cpu", "gpu,cpu"}]
    assert queues == ["cpu", "gpu,cpu"]


def test_the_roles_are_those_of_the_embedded_database():
    made = (ROOT / "docker/postgres-roles.sql").read_text()
    assert re.findall(r"CREATE ROLE (\w+)", made) == [addresses.OWNER_ROLE, addresses.RUNTIME_ROLE, addresses.WORKER_ROLE]
    assert f"CREATE DATABASE {addresses.DATABASE} OWNER {addresses.OWNER_ROLE};" in made
