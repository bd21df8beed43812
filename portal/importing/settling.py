"""What is left to do once dumps are loaded: second rows of one paper, links between dumps, counts, search, sums."""

from django.db import transaction

from leaderboards import counts as board_counts
from leaderboards.archive import linking, rejoining
from leaderboards.copies import COPIES
from leaderboards.models import Claim, Leaderboard
from papers import counts, redaction, search_rebuild
from papers.archive.duplicates import alias_conference_slugs, mark_duplicates
from papers.archive.introductions import link_introductions
from papers.archive.report import DumpKind, ImportReport
from papers.archive.session import OWNER, Session
from papers.archive.upsert import give_way as _give_way
from papers.models import ArchiveImport, Change, Paper, PaperRepository
from portal.importing.faults import count_faults
from portal.importing.sources import Progress

_ANALYZED = (
    "papers_author", "papers_paper", "papers_paperauthor", "papers_papertask", "papers_papermethod", "papers_paperrepository",
    "papers_repository", "papers_task", "papers_method", "papers_dataset", "leaderboards_leaderboard", "leaderboards_metric",
    "leaderboards_claim", "leaderboards_score",
)  # fmt: skip


def give_way(session: Session, kind: DumpKind) -> int:
    """The demo's rows of a kind that the archive did not bring give way; how many."""
    if kind == DumpKind.PAPERS:
        return _give_way(session, Paper)
    if kind == DumpKind.LINKS:
        return _give_way(session, PaperRepository)
    if kind != DumpKind.TABLES:
        return 0
    # A board with a note, such as the self-test's, is no demo of the archive.
    noted = "leaderboard_id NOT IN (SELECT id FROM leaderboards_leaderboard WHERE note <> '')"
    return _give_way(session, Claim, where=noted) + _give_way(session, Leaderboard, where="note = ''")


def settle(session: Session, *, report: ImportReport, progress: Progress) -> None:
    """Bring what depends on several dumps up to date. Each step can be done again, so that a kill between them does no harm.

    An import that changed nothing has nothing to settle, unless the one before it was broken off before it settled.
    """
    if report.has_changed or _has_recorded(session) or _is_owed(session):
        _bring_up_to_date(session, report=report, progress=progress)
        report.was_settled = True
    with session.timed("report"), transaction.atomic(using=OWNER):
        session.begin()
        report.faults = count_faults(session)
    report.note_seconds(session.seconds)


def _has_recorded(session: Session) -> bool:
    """Whether something changed that the files' reports do not count, such as a task's areas."""
    return Change.objects.using(OWNER).filter(archive_import=session.import_id).exists()


def _is_owed(session: Session) -> bool:
    """Whether the import before this one never came to its end."""
    before = ArchiveImport.objects.using(OWNER).filter(pk__lt=session.import_id).order_by("-pk").first()
    return before is not None and before.finished_at is None


def _bring_up_to_date(session: Session, *, report: ImportReport, progress: Progress) -> None:
    with transaction.atomic(using=OWNER):
        session.begin()
        for table in _ANALYZED:
            session.run(f"ANALYZE {table}")
        progress.say("second rows of one paper")
        with session.timed("duplicates"):
            mark_duplicates(session)
            alias_conference_slugs(session)
        progress.say("links between the dumps")
        with session.timed("linking"):
            link_introductions(session)
            rejoining.rejoin(session)
            report.linked += linking.link_waiting_claims(session)
            redaction.hold(session, copies=COPIES)
        progress.say("counts")
        with session.timed("counts"):
            counts.recount_all(using=OWNER)
            board_counts.recount_all(using=OWNER)
    progress.say("search index")
    with session.timed("search"):
        search_rebuild.rebuild()
