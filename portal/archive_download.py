"""Fetching the archive's dumps from the hub.

Each of the five data sets is a repository that holds its dump as .json.gz, as parquet shards, or both: the .json.gz is taken
where there is one, since shards of evaluation tables lose the order of a result's metrics.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

ORGANISATION = "pwc-archive"
# "paper" in the singular is the hub's.
DATASETS = ("methods", "papers-with-abstracts", "links-between-paper-and-code", "datasets", "evaluation-tables")
SECONDS_TO_ANSWER = 10

_BY_HAND = f"fetch the files of the hub's {ORGANISATION} data sets by hand, then run: manage.py import_archive FOLDER"


class DownloadFailed(Exception):
    """The dumps could not be fetched; the message is one line that says what to do."""


@dataclass(frozen=True, slots=True)
class HubFile:
    """A file that the hub lists; `size` in bytes, `sha256` where the hub tells it."""

    dataset: str
    name: str
    size: int
    sha256: str | None
    revision: str

    @property
    def repository(self) -> str:
        return f"{ORGANISATION}/{self.dataset}"


def download(folder: Path, *, say: Callable[[str], None], endpoint: str | None = None) -> list[Path]:
    """Fetch the five dumps into `folder`, a sub-folder each, and return their files.

    What is there is not fetched again, and what was broken off goes on; each file has the size that the hub says, and the
    digest where it says one. `say` gets a line a file; `endpoint` is another hub's address. Raises `DownloadFailed`, soon
    where the hub cannot be reached.
    """
    if settings.HUB_OFFLINE:
        raise DownloadFailed(f"HF_HUB_OFFLINE is set, so nothing is fetched: unset it, or {_BY_HAND}.")
    files = [file for dataset in DATASETS for file in _listed(dataset, endpoint=endpoint)]
    paths = []
    for file in files:
        say(f"{file.repository}: {file.name}, {file.size:,} bytes")
        paths.append(_fetched(file, folder=folder / file.dataset, endpoint=endpoint))
    return paths


def dumps_among(names: Iterable[str]) -> list[str]:
    """The files of a repository that make up its dump: those of the first format that it has."""
    # A name may not lead out of the folder.
    held = sorted(name for name in names if not name.startswith((".", "/")) and ".." not in Path(name).parts)
    for suffix in (".json.gz", ".parquet", ".json"):
        # Beside shards a repository may describe itself in a .json of its own.
        if found := [name for name in held if name.endswith(suffix) and name != "dataset_infos.json"]:
            return found
    return []


def _listed(dataset: str, *, endpoint: str | None) -> list[HubFile]:
    repository = f"{ORGANISATION}/{dataset}"
    with _faults_named(repository):
        # imported here: it is heavy, and it reads its environment once, when it is imported
        from huggingface_hub import HfApi

        found = HfApi(endpoint=endpoint).dataset_info(repository, files_metadata=True, timeout=SECONDS_TO_ANSWER)
    siblings = {sibling.rfilename: sibling for sibling in found.siblings or []}
    files = []
    for name in dumps_among(siblings):
        size, lfs = siblings[name].size or 0, siblings[name].lfs
        files.append(HubFile(dataset, name, size, lfs.sha256 if lfs else None, found.sha or "main"))
    if not files:
        raise DownloadFailed(f"The hub's {repository} holds no .json.gz, .parquet or .json file: {_BY_HAND}.")
    return files


def _fetched(file: HubFile, *, folder: Path, endpoint: str | None) -> Path:
    path = folder / file.name
    with _faults_named(file.repository):
        if not _is_whole(path, file):
            path.parent.mkdir(parents=True, exist_ok=True)
            part = path.with_name(f"{path.name}.{file.revision[:12]}.part")
            _fetch(file, part, endpoint=endpoint)
            if not _is_whole(part, file):
                part.unlink()
                raise DownloadFailed(f"{file.repository}: {file.name} did not come as the hub describes it: run this again.")
            part.replace(path)
    return path


def _fetch(file: HubFile, part: Path, *, endpoint: str | None) -> None:
    """Add to the part that is there what is missing of the file.

    The client's own download function begins a file anew in each process; this one below it goes on.
    """
    from huggingface_hub import hf_hub_url  # as above
    from huggingface_hub.file_download import http_get
    from huggingface_hub.utils import build_hf_headers  # type: ignore[attr-defined]  # exported at run time alone

    url = hf_hub_url(file.repository, file.name, repo_type="dataset", revision=file.revision, endpoint=endpoint)
    with part.open("ab") as stream:
        try:
            http_get(url, stream, resume_size=stream.tell(), headers=build_hf_headers(), expected_size=file.size)
        except OSError as error:
            # The client's word for a file of another size; the system's errors have a number.
            if type(error) is not OSError or error.errno:
                raise


def _is_whole(path: Path, file: HubFile) -> bool:
    if not path.is_file() or path.stat().st_size != file.size:
        return False
    if file.sha256 is None:
        return True
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest() == file.sha256


@contextmanager
def _faults_named(repository: str) -> Iterator[None]:
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError  # imported here for the reason given above

    # Its client lets the errors of httpx through, whose package changes with its releases.
    from huggingface_hub.utils import httpx  # type: ignore[attr-defined]  # exported at run time alone

    try:
        yield
    except HfHubHTTPError as error:
        reason = f"it answers {error.response.status_code}" if error.response is not None else "it gives no answer"
        raise DownloadFailed(f"The hub gives no {repository} ({reason}): {_BY_HAND}.") from error
    except (httpx.HTTPError, ConnectionError, LocalEntryNotFoundError) as error:
        raise DownloadFailed(f"The hub cannot be reached: try again later, or {_BY_HAND}.") from error
    except OSError as error:
        raise DownloadFailed(
            f"{repository} cannot be stored ({error.strerror or error}): make room and run this again."
        ) from error
