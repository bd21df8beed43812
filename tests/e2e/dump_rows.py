"""What the dumps of the archive hold, read without the importer, and what the old API said of it."""

import gzip
import json
import re

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
    """The evaluation dumps, all of them."""
    return sorted((folder / "evaluation-tables").glob("*.json"))


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


def claims_in(folder):
    """Every row of every table."""
    return [row for _, _, sota in tables_in(folder) for row in sota.get("rows", ())]


def claim_of(row, papers):
    """What the old API said of a row of a table: its paper is the one of that address, arXiv number or title, if it is among these."""
    url, title = row.get("paper_url") or "", row.get("paper_title")
    number = re.search(r"arxiv\.org/(?:abs|pdf)/(\d{4}\.\d{4,5})", url)
    names = {"url_abs": url, "arxiv_id": number and number[1], "title": title}
    paper = next((paper for paper in papers if any(said and paper[name] == said for name, said in names.items())), None)
    day = row.get("paper_date") or (paper and paper["published"])
    source = url if not paper and re.fullmatch(r"https?://\S+", url) else None  # some have a whole sentence there
    extra = bool(row.get("uses_additional_data"))
    return row["model_name"].strip(), cells_of(row), extra, day, paper and paper["id"], source
