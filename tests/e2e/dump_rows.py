"""What the dumps of the archive hold, read without the importer, and what the old API said of it."""

import gzip
import json

OLD = "https://paperswithcode.com/paper/"


def rows_of(folder, name):
    return json.loads(gzip.decompress((folder / name).read_bytes()))


def slug_of(row):
    return row["paper_url"].removeprefix(OLD)


def paper_of(row):
    """What the old API said of a row of the dump."""
    day = row["date"]
    return {
        "id": slug_of(row), "arxiv_id": row["arxiv_id"], "nips_id": row["nips_id"], "url_abs": row["url_abs"] or "",
        "url_pdf": row["url_pdf"] or "", "title": row["title"] or "", "abstract": row["abstract"] or "", "authors": row["authors"],
        "published": day, "conference": row["conference"], "conference_url_abs": row["conference_url_abs"],
        "conference_url_pdf": row["conference_url_pdf"],
    }  # fmt: skip


def tables_of(folder):
    """The evaluation dumps that are loaded: to ask the old client for each board of all of them takes minutes."""
    return [folder / "evaluation-tables" / name for name in ("coqa.json", "redditsota.json", "snli.json")]


def tables_in(folder):
    """Every table of the evaluation dumps: (task, dataset, sota)."""

    def of_task(task):
        for dataset in task.get("datasets", ()):
            yield from of_dataset(task["task"], dataset)
        for child in task.get("subtasks", ()):
            yield from of_task(child)

    def of_dataset(task, dataset):
        yield task, dataset.get("dataset") or dataset.get("subdataset"), dataset.get("sota") or {}
        for part in dataset.get("subdatasets", ()):
            yield from of_dataset(task, part)

    for path in tables_of(folder):
        for task in json.loads(path.read_text()):
            yield from of_task(task)


def cells_of(row):
    return tuple(sorted((name.strip(), str(cell).strip()) for name, cell in row["metrics"].items() if cell is not None))
