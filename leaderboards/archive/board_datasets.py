"""Which dataset a board is about: the archive's boards name datasets in words of their own, with splits and variants."""

from collections.abc import Iterable, Mapping

from papers.archive.keys import bounded
from papers.archive.naming import made_by_people
from papers.archive.report import DumpKind
from papers.archive.screening import judge_dataset
from papers.archive.session import Session
from papers.archive.slug_desk import SlugDesk
from papers.archive.staging import literal
from papers.archive.upsert import Upsert, tombstone
from papers.catalogue_row import Source
from papers.hidden_keys import hidden
from papers.models import Dataset, SlugHistory
from papers.slugs import slugify_title

_USED = "id IN (SELECT dataset_id FROM leaderboards_leaderboard WHERE removed_at IS NULL)"


class DatasetDesk:
    """Finds or makes the datasets of boards for the length of one import.

    A dataset that the datasets dump or a person brought counts by its exact name, then by one of its variants; only then is
    one made of the board's own word.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._adopted = {bounded(name): row_id for name, row_id in made_by_people(Dataset, session).items()}
        columns = ("name", "description", "spam_reason")
        self._rows = Upsert(session, Dataset, columns, made_once=("slug",), adopted=self._adopted)
        self._slugs = SlugDesk(Dataset, session=session, kind=SlugHistory.Kind.DATASET)
        self._stated = _keys(session, f"{literal(DumpKind.DATASETS.value)} = ANY(archive_dumps)")
        self._by_people = _keys(session, f"source NOT IN ({literal(Source.ARCHIVE.value)}, {literal(Source.DEMO.value)})")
        self._variants = variants(
            session.rows("SELECT id, name, variants FROM papers_dataset WHERE removed_at IS NULL AND spam_reason = ''")
        )

    def ids(self, descriptions: Mapping[str, str | None]) -> dict[str, int]:
        """Row ids by name; `descriptions` are what the tables say of datasets that are made."""
        found = {name: self._id(name, description) for name, description in descriptions.items()}
        self._rows.flush()
        return found

    def note_uses(self) -> None:
        """Note that the tables state the datasets of their boards, whichever dump described them."""
        dump = literal(self._session.dump)
        self._session.run(
            f"UPDATE papers_dataset SET archive_dumps = archive_dumps || {dump}::text"
            f" WHERE archive_key IS NOT NULL AND NOT {dump} = ANY(archive_dumps) AND {_USED}"
        )

    def remove_unstated(self) -> int:
        """Tombstones for the datasets that no dump states any more; how many."""
        unused = {row[0] for row in self._session.rows(f"SELECT id FROM papers_dataset WHERE removed_at IS NULL AND NOT {_USED}")}
        return tombstone(self._session, Dataset, [row_id for row_id in self._rows.ledger.unseen() if row_id in unused])

    def _id(self, name: str, description: str | None) -> int:
        key = bounded(name)
        held = self._rows.ledger.id_of(key)
        if held is not None and (key in self._stated or hidden(key) in self._stated):
            return held
        is_of_people = key in self._adopted or key in self._by_people
        if not is_of_people and name in self._variants:
            return self._variants[name]
        slug = "" if held is not None or is_of_people else self._slugs.give(slugify_title(name, fallback="dataset"))
        values = (name, description, judge_dataset(name, description=description))
        return self._rows.put(key, values, once=[slug]).id


def variants(datasets: Iterable[tuple[int, str, list[str]]]) -> dict[str, int]:
    """Dataset ids by variant, out of (id, name, variants).

    A variant that several datasets list is that of the longest name that it begins with, else that of the oldest.
    """
    best: dict[str, tuple[int, int]] = {}
    for row_id, name, listed in datasets:
        for variant in listed:
            rank = (len(name) if variant.startswith(name) else 0, -row_id)
            best[variant] = max(best.get(variant, rank), rank)
    return {variant: -rank[1] for variant, rank in best.items()}


def _keys(session: Session, condition: str) -> frozenset[str]:
    rows = session.rows(f"SELECT archive_key FROM papers_dataset WHERE archive_key IS NOT NULL AND {condition}")
    return frozenset(row[0] for row in rows)
