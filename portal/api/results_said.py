"""Results as the old API's clients send them, in the words of submissions, and as they would be while they wait."""

from collections.abc import Mapping
from typing import Any

from leaderboards.models import Claim, Submission, cell_text
from leaderboards.submissions import finding
from leaderboards.submissions.things import CELL
from papers.models import Paper
from portal.api.shapes.results import Result
from portal.api.shapes.rows import maybe_address
from portal.api.writing import without

OLD_ADDRESS = "https://paperswithcode.com/paper/"


def values_of(said: Mapping[str, Any], *, board: str) -> dict[str, Any]:
    """A new result, as a submission has it; a number that only stands elsewhere has that address in place of a paper's."""
    elsewhere = said.get("external_source_url") or ""
    values = {
        "board": board,
        "model_name": said["methodology"],
        "metrics": said["metrics"],
        "paper": said.get("paper") or elsewhere,
        "source_url": elsewhere,
        "uses_additional_data": said.get("uses_additional_data"),
        "evaluated_on": _day(said),
        "external_id": said.get("external_id"),
    }
    return without(values)


def fields_of(said: Mapping[str, Any], claim: Claim) -> dict[str, Any]:
    """What is said anew of a result, as an edit has it."""
    fields = {
        "model_name": said.get("methodology"),
        "uses_additional_data": said.get("uses_additional_data"),
        "source_url": said.get("external_source_url"),
        "paper_date": _day(said),
    }
    if said.get("paper"):
        fields |= _paper(said["paper"], claim)
    columns = {name.casefold(): name for name in claim.leaderboard.metrics.values_list("name", flat=True)}
    cells = {
        f"{CELL}{columns.get(name.casefold(), name)}": value
        for name, value in said.get("metrics", {}).items()
        if value is not None
    }
    return {**without(fields), **cells}


def proposed(said: Mapping[str, Any], *, evaluation: str, sent: Submission) -> Result:
    """A result that waits, as it would be; it has the submission's id."""
    return Result(
        id=sent.public_id,
        best_rank=None,
        metrics={name: value for name, value in said["metrics"].items() if value is not None},
        methodology=said["methodology"],
        uses_additional_data=said.get("uses_additional_data") or False,
        paper=_slug(said.get("paper")),
        best_metric=None,
        evaluated_on=said.get("evaluated_on"),
        external_source_url=maybe_address(said.get("external_source_url")),
        measurements=[],
        evaluation=evaluation,
    )


def laid_over(said: Mapping[str, Any], claim: Claim) -> dict[str, Any]:
    """What a result would say anew, by the API's names."""
    new = {name: said[name] for name in ("methodology", "uses_additional_data", "evaluated_on") if name in said}
    if "external_source_url" in said:
        new["external_source_url"] = maybe_address(said["external_source_url"])
    if said.get("paper"):
        new["paper"] = _slug(said["paper"])
    if "metrics" in said:
        held = {score.metric.name: cell_text(score.raw) for score in claim.scores.select_related("metric")}
        new["metrics"] = {name: value for name, value in (held | said["metrics"]).items() if value}
    return new


def is_so(said: Mapping[str, Any], claim: Claim) -> bool:
    """Whether the board says all of this already."""
    fields = fields_of(said, claim)
    cells = {f"{CELL}{score.metric.name}": cell_text(score.raw) for score in claim.scores.select_related("metric")}
    held = {name: getattr(claim, name, None) for name in fields if not name.startswith(CELL)}
    held["paper_date"] = claim.paper_date.isoformat() if claim.paper_date else None
    return all({**held, **cells}.get(name) == value for name, value in fields.items())


def _paper(said: str, claim: Claim) -> dict[str, str]:
    found = finding.paper(said)
    if found is None:
        address = finding.paper_address(said)
        return {"paper_url": address, "paper_title": "" if address else said}
    if found.pk == claim.paper_id:
        return {}
    return {"paper_url": _address(found), "paper_title": found.title or ""}


def _address(paper: Paper) -> str:
    if paper.arxiv_id:
        return finding.ARXIV + paper.arxiv_id
    return paper.url_abs or OLD_ADDRESS + paper.slug


def _slug(said: str | None) -> str | None:
    found = finding.paper(said) if said else None
    return found.slug if found else None


def _day(said: Mapping[str, Any]) -> str | None:
    day = said.get("evaluated_on")
    return day.isoformat() if day else None
