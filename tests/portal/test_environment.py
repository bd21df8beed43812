"""Values of the environment: what is read from them, and the sentence for a bad one."""

import pytest

from portal import environment
from portal.environment import BadSetting


@pytest.fixture
def variable(monkeypatch):
    """Set one variable of the environment."""
    return monkeypatch.setenv


def test_a_name_that_is_not_listed_cannot_be_read():
    with pytest.raises(LookupError, match="NO_SUCH_NAME is not in portal.environment.VARIABLES"):
        environment.text("NO_SUCH_NAME")


def test_an_empty_value_counts_as_not_set(variable):
    variable("LOG_LEVEL", "  ")
    assert environment.text("LOG_LEVEL", "INFO") == "INFO"


@pytest.mark.parametrize(("value", "meaning"), [("1", True), ("Yes", True), ("on", True), ("0", False), ("FALSE", False)])
def test_a_flag_is_yes_or_no(variable, value, meaning):
    variable("DEBUG", value)
    assert environment.flag("DEBUG") is meaning


def test_a_flag_that_is_neither_is_refused(variable):
    variable("DEBUG", "perhaps")
    with pytest.raises(BadSetting, match="^DEBUG is 'perhaps', which is neither yes nor no: set it to 1 or 0.$"):
        environment.flag("DEBUG")


@pytest.mark.parametrize("value", ["0", "65536", "-1", "80a", "8_000", "٨٠", "8e3"])
def test_a_port_outside_its_bounds_is_refused(variable, value):
    variable("PORT", value)
    with pytest.raises(BadSetting, match="^PORT is .*: set it to a whole number from 1 to 65535.$"):
        environment.number("PORT", 8000, low=1, high=65535)


def test_a_choice_is_one_of_its_words(variable):
    variable("WORKER_DEVICE", "CUDA")
    assert environment.choice("WORKER_DEVICE", "auto", among=("auto", "cpu", "cuda")) == "cuda"
    variable("WORKER_DEVICE", "tpu")
    with pytest.raises(BadSetting, match="^WORKER_DEVICE is 'tpu': set it to one of auto, cpu, cuda.$"):
        environment.choice("WORKER_DEVICE", "auto", among=("auto", "cpu", "cuda"))


def test_a_list_is_cut_at_commas(variable):
    variable("ALLOWED_HOSTS", " a.example , ,b.example,")
    assert environment.words("ALLOWED_HOSTS") == ["a.example", "b.example"]


def test_folders_are_cut_as_a_path_is_and_have_to_exist(variable, tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").symlink_to("a")
    variable("CHECKPOINT_ROOTS", f"{tmp_path}/a:{tmp_path}/b")
    assert environment.folders("CHECKPOINT_ROOTS") == [tmp_path / "a", tmp_path / "a"]
    variable("CHECKPOINT_ROOTS", f"{tmp_path}/c")
    with pytest.raises(BadSetting, match=f"^CHECKPOINT_ROOTS names {tmp_path}/c, which is not a folder: create it"):
        environment.folders("CHECKPOINT_ROOTS")


def test_a_named_folder_has_to_exist(variable, tmp_path):
    variable("BENCHMARK_DATA", "")
    assert environment.existing_folder("BENCHMARK_DATA") is None
    variable("BENCHMARK_DATA", str(tmp_path))
    assert environment.existing_folder("BENCHMARK_DATA") == tmp_path
    variable("BENCHMARK_DATA", str(tmp_path / "none"))
    with pytest.raises(BadSetting, match="^BENCHMARK_DATA names .*/none, which is not a folder"):
        environment.existing_folder("BENCHMARK_DATA")


def test_an_origin_needs_its_scheme(variable):
    variable("CSRF_TRUSTED_ORIGINS", "https://a.example,b.example")
    with pytest.raises(BadSetting, match="holds 'b.example', which has no scheme: write it as https://b.example"):
        environment.origins("CSRF_TRUSTED_ORIGINS")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgresql://me:p%40ss@db:5433/papers", ("papers", "me", "p@ss", "db", "5433", {})),
        ("postgres://me@/papers?host=/run/pg&sslmode=require", ("papers", "me", "", "/run/pg", "", {"sslmode": "require"})),
        ("postgres://me:x@%2Frun%2Fpg/papers", ("papers", "me", "x", "/run/pg", "", {})),
    ],
)
def test_a_database_is_read_from_its_address(variable, url, expected):
    variable("DATABASE_URL", url)
    found = environment.postgres_address("DATABASE_URL", "")
    assert (found.name, found.user, found.password, found.host, found.port, found.options) == expected


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("mysql://me:secret@db/papers", "begins with 'mysql://'"),
        ("papers", "begins with 'no scheme'"),
        ("postgres://me:secret@db", "lacks a role, a host or a database's name"),
        ("postgres://db/papers", "lacks a role, a host or a database's name"),
        ("postgres://me:secret@db:port/papers", "is not an address"),
        ("postgres://me:secret@db/papers?passfile=/etc/shadow", "holds the option 'passfile'"),
    ],
)
def test_a_bad_address_of_a_database_is_refused_without_its_password(variable, url, why):
    variable("DATABASE_URL", url)
    with pytest.raises(BadSetting) as error:
        environment.postgres_address("DATABASE_URL", "")
    assert why in str(error.value)
    assert str(error.value).startswith("DATABASE_URL ")
    assert "secret" not in str(error.value)


@pytest.mark.parametrize(
    ("url", "client", "celery"),
    [
        ("redis://:pw@cache:6380/2", "redis://:pw@cache:6380/2", "redis://:pw@cache:6380/2"),
        ("unix://:pw@/run/r.sock?db=3", "unix://:pw@/run/r.sock?db=3", "redis+socket://:pw@/run/r.sock?virtual_host=3"),
        ("redis+socket:///run/r.sock", "unix:///run/r.sock?db=0", "redis+socket:///run/r.sock?virtual_host=0"),
    ],
)
def test_redis_is_spelled_for_its_client_and_for_celery(variable, url, client, celery):
    variable("REDIS_URL", url)
    found = environment.redis_address("REDIS_URL", "")
    assert (found.client_url, found.celery_url) == (client, celery)


@pytest.mark.parametrize(
    "url", ["http://cache:6379", "redis://", "unix://:secret@?db=0", "unix:///run/r.sock?db=x", "redis://h:p/0"]
)
def test_a_bad_address_of_redis_is_refused_without_its_password(variable, url):
    variable("REDIS_URL", url)
    with pytest.raises(BadSetting, match="^REDIS_URL ") as error:
        environment.redis_address("REDIS_URL", "")
    assert "secret" not in str(error.value)


def test_the_cache_goes_beside_the_broker():
    assert environment.other_database("redis://:pw@h:1/0", number=1) == "redis://:pw@h:1/1"
    assert environment.other_database("unix://:pw@/r.sock?db=0", number=1) == "unix://:pw@/r.sock?db=1"
