"""Settings from the environment: every name the product reads, and typed readers that refuse a bad value in one sentence.

A name that is not in VARIABLES cannot be read, so the list is complete: the compose file's test relies on it.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

VARIABLES: Mapping[str, str] = {
    "DATABASE_URL": "address of the database by the runtime role, postgresql://role:password@host:5432/name",
    "DATABASE_OWNER_URL": "address of the same database by the owner role, which migrates",
    "DATABASE_WORKER_ROLE": "name of the role that workers connect as, where they have one of their own",
    "DATABASE_WORKER_URL": "address of the same database by that role, for the worker that manage.py up starts",
    "REDIS_URL": "address of Celery's broker, redis://:password@host:6379/0",
    "CACHE_URL": "address of the cache's Redis, when it is not the broker's",
    "PAGE_CACHE_MB": "megabytes of pages that each web process keeps; 0 keeps none",
    "SECRET_KEY": "key that signs cookies and tokens, 50 random characters",
    "HOST": "address the website listens on",
    "PORT": "port the website listens on",
    "VAR_DIR": "folder of everything the site keeps on disk",
    "DEBUG": "1 shows errors in the browser; never on a public machine",
    "ALLOWED_HOSTS": "comma-separated names the site answers to",
    "CSRF_TRUSTED_ORIGINS": "comma-separated origins, https://example.org, that forms may come from",
    "HTTPS": "1 when readers reach the site by https only",
    "HSTS_SECONDS": "how long browsers shall insist on https",
    "HSTS_SUBDOMAINS": "1 when every name below the site's own speaks https too",
    "HSTS_PRELOAD": "1 when browsers may be told so beforehand, for good",
    "TRUST_FORWARDED_PROTO": "1 when a proxy of yours always sets X-Forwarded-Proto",
    "TRUSTED_PROXIES": "how many proxies of yours each add who asked to X-Forwarded-For; 0 believes nobody",
    "SIGN_UP": "0 lets nobody make an account of their own",
    "STAFF_SECOND_FACTOR": "1 or 0: whether staff need a second factor; unset, they do where the site has a public name",
    "EMAIL_URL": "mail server, smtp://user:password@host:587 (STARTTLS) or smtps://…:465 (TLS); unset, no mail is sent",
    "EMAIL_FROM": "address that mail comes from, portal@example.org",
    "GITHUB_CLIENT_ID": "id of an OAuth app at GitHub, to sign in by it",
    "GITHUB_CLIENT_SECRET": "its secret",
    "ORCID_CLIENT_ID": "id of a client of ORCID's public API, to sign in by it",
    "ORCID_CLIENT_SECRET": "its secret",
    "API_ADDRESS_PER_MINUTE": "requests that the API answers an address each minute; 0 counts none",
    "API_PERSON_PER_MINUTE": "requests that it answers each minute with a person's tokens; 0 counts none",
    "CHECKPOINT_ROOTS": "folders that checkpoints may be loaded from",
    "CHECKPOINT_OWNERS": "comma-separated hub owners that checkpoints may be loaded from",
    "BENCHMARK_DATA": "folder of benchmark data for machines without the hub",
    "HF_HUB_OFFLINE": "1 when the workers shall never ask the hub, e.g. on a closed network",
    "WORKER_DEVICE": "auto, cpu or cuda",
    "SHARD_SECONDS": "how long a worker shall score one piece of a run, 180",
    "PORTAL_COMMIT": "commit of this portal's code, which runs are recorded with; unset, it is read from a .git beside manage.py",
    "SELFTEST": "0 keeps a new site from asking for its self-test",
    "EXPORT_AT": "hour of the day, UTC, at which the nightly export begins",
    "EXPORT_KEEP": "how many nightly exports are kept; 0 makes none",
    "BRAKE_DELETIONS": "how many things a contributor may remove in a day; reviewers five times, staff ten times that",
    "BRAKE_EDITS": "how many things a contributor may change in a day; reviewers five times, staff ten times that",
    "WRITES_A_MINUTE": "how many forms and API writes an account may send in a minute; an address five times that",
    "PROMOTED_AFTER": "how many accepted submissions, none refused, make a reader a contributor; 0 makes none",
    "LOG_LEVEL": "DEBUG, INFO, WARNING or ERROR",
}

TRUE_WORDS = frozenset({"1", "true", "yes", "on"})
FALSE_WORDS = frozenset({"0", "false", "no", "off"})
POSTGRES_OPTIONS = frozenset({"sslmode", "sslrootcert", "sslcert", "sslkey", "connect_timeout", "application_name"})
REDIS_SCHEMES = frozenset({"redis", "rediss", "unix", "redis+socket"})


class BadSetting(ImproperlyConfigured):
    """A value of the environment that cannot be used; the message says which, why and what to set."""


@dataclass(frozen=True, kw_only=True)
class PostgresAddress:
    """Where a database is and who connects; a host that starts with "/" is a socket's folder."""

    name: str
    user: str
    password: str
    host: str
    port: str
    options: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class MailServer:
    """Where mail is handed over. Mail never goes in the clear: `is_tls` from the first byte, else by STARTTLS."""

    host: str
    port: int
    user: str
    password: str
    is_tls: bool


@dataclass(frozen=True, kw_only=True)
class RedisAddress:
    """A Redis database, as redis-py spells it and as Celery does."""

    client_url: str
    celery_url: str


def text(name: str, default: str = "") -> str:
    """The value of a variable without the space around it; an empty one counts as not set."""
    if name not in VARIABLES:
        raise LookupError(f"{name} is not in portal.environment.VARIABLES: add it there with its meaning")
    return os.environ.get(name, "").strip() or default


def flag(name: str, *, default: bool = False) -> bool:
    """A yes or no."""
    value = text(name).lower()
    if not value:
        return default
    if value in TRUE_WORDS | FALSE_WORDS:
        return value in TRUE_WORDS
    raise BadSetting(f"{name} is {value!r}, which is neither yes nor no: set it to 1 or 0.")


def number(name: str, default: int, *, low: int, high: int) -> int:
    """A whole number between two bounds, both included."""
    value = text(name, str(default))
    if not (value.isascii() and value.isdigit()) or not low <= int(value) <= high:
        raise BadSetting(f"{name} is {value!r}: set it to a whole number from {low} to {high}.")
    return int(value)


def choice(name: str, default: str, *, among: tuple[str, ...]) -> str:
    """One of a few words; upper and lower case are the same."""
    value = text(name, default)
    for word in among:
        if value.lower() == word.lower():
            return word
    raise BadSetting(f"{name} is {value!r}: set it to one of {', '.join(among)}.")


def words(name: str, default: str = "") -> list[str]:
    """A comma-separated list."""
    return [word for part in text(name, default).split(",") if (word := part.strip())]


def folder(name: str, *, default: Path) -> Path:
    """A folder's absolute path, which need not exist yet."""
    return Path(text(name, str(default))).expanduser().absolute()


def folders(name: str) -> list[Path]:
    """Existing folders, separated as PATH is, links followed."""
    paths = [Path(part.strip()).expanduser().resolve() for part in text(name).split(os.pathsep) if part.strip()]
    for path in paths:
        if not path.is_dir():
            raise BadSetting(f"{name} names {path}, which is not a folder: create it or take it out of {name}.")
    return paths


def existing_folder(name: str) -> Path | None:
    """A folder that must exist when it is named."""
    value = text(name)
    path = Path(value).expanduser().resolve() if value else None
    if path is not None and not path.is_dir():
        raise BadSetting(f"{name} names {path}, which is not a folder: correct it, or leave {name} unset.")
    return path


def origins(name: str) -> list[str]:
    """A list of origins, each with its scheme."""
    values = words(name)
    for value in values:
        if not value.startswith(("http://", "https://")):
            raise BadSetting(f"{name} holds {value!r}, which has no scheme: write it as https://{value}.")
    return values


def postgres_address(name: str, default: str) -> PostgresAddress:
    """A database from its URL: over TCP, or over a socket with an empty host and ?host=/folder.

    Messages never repeat the URL: it holds a password.
    """
    example = f"set {name} to an address like postgresql://role:password@host:5432/name"
    try:
        parts = urlsplit(text(name, default))
        port = str(parts.port or "")
    except ValueError:
        raise BadSetting(f"{name} is not an address: {example}.") from None
    if parts.scheme not in {"postgres", "postgresql"}:
        raise BadSetting(f"{name} begins with {parts.scheme + '://' if parts.scheme else 'no scheme'!r}: {example}.")
    options = dict(parse_qsl(parts.query))
    host = options.pop("host", "") or unquote(parts.hostname or "")
    database = unquote(parts.path.removeprefix("/"))
    if not database or not parts.username or not host:
        raise BadSetting(f"{name} lacks a role, a host or a database's name: {example}.")
    if unknown := sorted(set(options) - POSTGRES_OPTIONS):
        raise BadSetting(f"{name} holds the option {unknown[0]!r}: only {', '.join(sorted(POSTGRES_OPTIONS))} are known.")
    return PostgresAddress(
        name=database,
        user=unquote(parts.username),
        password=unquote(parts.password or ""),
        host=host,
        port=port,
        options=options,
    )


def user_of(name: str, default: str) -> str:
    """The role in a database's URL; empty where there is no URL."""
    return postgres_address(name, default).user if text(name, default) else ""


def mail_server(name: str) -> MailServer | None:
    """The mail server, None where none is set. Messages never repeat the URL: it holds a password."""
    example = f"set {name} to an address like smtp://user:password@host:587"
    if not text(name):
        return None
    try:
        parts = urlsplit(text(name))
        port = parts.port
    except ValueError:
        raise BadSetting(f"{name} is not an address: {example}.") from None
    if parts.scheme not in {"smtp", "smtps"}:
        raise BadSetting(f"{name} begins with {parts.scheme + '://' if parts.scheme else 'no scheme'!r}: {example}.")
    if not parts.hostname:
        raise BadSetting(f"{name} names no host: {example}.")
    is_tls = parts.scheme == "smtps"
    return MailServer(
        host=parts.hostname,
        port=port or (465 if is_tls else 587),
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        is_tls=is_tls,
    )


def pair(first: str, second: str) -> tuple[str, str] | None:
    """Two values that only mean something together; None where neither is set."""
    values = text(first), text(second)
    if any(values) and not all(values):
        missing, given = (second, first) if values[0] else (first, second)
        raise BadSetting(f"{given} is set and {missing} is not: set both, or neither.")
    return values if all(values) else None


def redis_address(name: str, default: str) -> RedisAddress:
    """A Redis from its URL: redis://, rediss://, or unix://:password@/path/to/socket?db=0."""
    example = f"set {name} to an address like redis://:password@host:6379/0 or unix://:password@/path/to/socket?db=0"
    try:
        parts = urlsplit(text(name, default))
        parts.port  # noqa: B018 (reading it is what checks it)
    except ValueError:
        raise BadSetting(f"{name} is not an address: {example}.") from None
    if parts.scheme not in REDIS_SCHEMES:
        raise BadSetting(f"{name} begins with {parts.scheme + '://' if parts.scheme else 'no scheme'!r}: {example}.")
    if parts.scheme in {"redis", "rediss"}:
        if not parts.hostname:
            raise BadSetting(f"{name} names no host: {example}.")
        return RedisAddress(client_url=parts.geturl(), celery_url=parts.geturl())
    options = dict(parse_qsl(parts.query))
    database = options.get("db") or options.get("virtual_host") or "0"
    if not database.isdigit() or not parts.path.startswith("/"):
        raise BadSetting(f"{name} names no socket, or a database that is not a number: {example}.")
    login = f"{parts.netloc.rpartition('@')[0]}@" if "@" in parts.netloc else ""
    return RedisAddress(
        client_url=f"unix://{login}{parts.path}?db={database}",
        celery_url=f"redis+socket://{login}{parts.path}?virtual_host={database}",
    )


def other_database(url: str, *, number: int) -> str:
    """The same Redis under another database number, for a cache beside the broker."""
    parts = urlsplit(url)
    if parts.scheme in {"redis", "rediss"}:
        return parts._replace(path=f"/{number}").geturl()
    return parts._replace(query=f"db={number}").geturl()
