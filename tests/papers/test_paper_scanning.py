"""Reading papers in a process of its own says what reading them here says."""

import gzip
import json

import psutil
import pytest

from papers.archive import paper_scanning
from papers.archive.plain_papers import PlainPapers
from papers.archive.prepared_papers import Prepared
from papers.archive.reader import RawRow, read_raw
from papers.archive.rows import ArchiveFileError, RejectedRow
from tests.papers.test_plain_papers import METHOD, ROW


def written(folder, rows, *, cut=0):
    path = folder / "papers-with-abstracts.json.gz"
    text = json.dumps(rows).encode()
    path.write_bytes(gzip.compress(text[: len(text) - cut]))
    return path


def here(path):
    """What the rows are without another process."""
    plain = PlainPapers()
    for row in read_raw(path):
        yield (plain.prepare(row.data) or row) if isinstance(row, RawRow) else row


def compared(row):
    if not isinstance(row, Prepared):
        return row
    return (row.key, row.slug, row.text, row.proceeding, row.authors, row.tasks, row.methods, row.raw)


def test_all_rows_come_as_they_are_here_with_their_numbers(tmp_path):
    address = "https://paperswithcode.com/paper/"
    other = {**METHOD, "name": "Other"}
    rows = [
        {**ROW, "paper_url": f"{address}paper-{number}", "methods": [METHOD, other][: number % 3]}
        for number in range(2 * paper_scanning.BATCH + 7)
    ]
    rows[3:3] = [5, {**ROW, "date": ""}, {"title": "x"}]
    path, told = written(tmp_path, rows), []
    found = list(paper_scanning.scan(path, at=told.append))
    assert list(map(compared, found)) == list(map(compared, here(path)))
    assert [row.number for row in found] == list(range(1, len(rows) + 1))
    assert isinstance(found[3], RejectedRow)
    assert (isinstance(found[4], RawRow), told[-1]) == (True, path.stat().st_size)


def test_a_file_that_is_cut_short_is_refused_in_the_same_words(tmp_path):
    path = written(tmp_path, [ROW, ROW], cut=1)
    with pytest.raises(ArchiveFileError) as here_refused:
        list(here(path))
    with pytest.raises(ArchiveFileError) as refused:
        list(paper_scanning.scan(path, at=lambda position: None))
    assert str(refused.value) == str(here_refused.value)


def test_methods_that_are_many_are_forgotten_at_both_ends(tmp_path):
    many = paper_scanning.MOST_METHODS + 10
    rows = [
        {**ROW, "paper_url": f"https://paperswithcode.com/paper/p-{number}", "methods": [{"name": f"M{number % many}"}]}
        for number in range(many + 4000)
    ]
    names = [row.methods[0].name for row in paper_scanning.scan(written(tmp_path, rows), at=lambda position: None)]
    assert names == [f"M{number % many}" for number in range(many + 4000)]


def test_whoever_stops_reading_ends_the_process(tmp_path):
    rows = [{**ROW, "paper_url": f"https://paperswithcode.com/paper/p-{number}"} for number in range(3 * paper_scanning.BATCH)]
    scanning = paper_scanning.scan(written(tmp_path, rows), at=lambda position: None)
    assert next(scanning).slug == "p-0"
    (reader,) = readers()
    scanning.close()
    assert (readers(), reader.is_running()) == ([], False)


def test_a_reader_that_is_killed_is_told_of_in_one_sentence(tmp_path):
    rows = [{**ROW, "paper_url": f"https://paperswithcode.com/paper/p-{number}"} for number in range(6 * paper_scanning.BATCH)]
    scanning = paper_scanning.scan(written(tmp_path, rows), at=lambda position: None)
    next(scanning)
    (reader,) = readers()
    reader.kill()
    with pytest.raises(ArchiveFileError, match="the process that reads it ended; import it again"):
        list(scanning)


def readers():
    """The processes of ours that read papers."""
    alive = [child for child in psutil.Process().children() if child.status() != psutil.STATUS_ZOMBIE]
    return [child for child in alive if "papers.archive.paper_scanning" in child.cmdline()]
