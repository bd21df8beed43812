"""Who may decide about a submission, and which wait for whom."""

from collections.abc import Collection

from django.db.models import Count, Exists, OuterRef, Q

from accounts.models import User
from accounts.roles import Person, may_review
from leaderboards.models import ReviewArea, Submission
from leaderboards.submission_models import SubmissionQuerySet
from papers.models import Area


def queue_of(person: Person) -> SubmissionQuerySet:
    """What waits for this person, oldest first; nothing for who is no reviewer."""
    if not (isinstance(person, User) and may_review(person)):
        return Submission.objects.none()
    return Submission.objects.waiting().filter(_concerns(person))


def may_decide(person: Person, submission: Submission) -> bool:
    """Whether this person decides about it: not about what they sent themselves, unless they are staff."""
    if not (isinstance(person, User) and may_review(person)):
        return False
    return (submission.submitter_id != person.pk or person.is_staff) and is_theirs(person, submission)


def waits_for(person: Person, submission: Submission) -> bool:
    """Whether it waits, and this person may decide about it."""
    return submission.state == Submission.State.WAITING and may_decide(person, submission)


def is_theirs(person: User, submission: Submission) -> bool:
    """Whether this person reviews what it is about, whoever sent it."""
    return may_review(person) and Submission.objects.filter(pk=submission.pk).filter(_concerns(person)).exists()


def may_see(person: Person, submission: Submission) -> bool:
    """Whether this person sees it: who sent it, and every reviewer."""
    return may_review(person) or (isinstance(person, User) and person.is_active and submission.submitter_id == person.pk)


def limits_of(person: User) -> list[Area]:
    """The areas that a reviewer is limited to, by name; none for who decides about everything."""
    if person.is_staff:
        return []
    return list(Area.objects.filter(pk__in=ReviewArea.objects.filter(reviewer=person).values("area")).order_by("name"))


def record_of(person: User | None) -> dict[str, int]:
    """How many submissions of a person are in each state; {} for somebody unknown."""
    return records_of({person.pk}).get(person.pk, {}) if person else {}


def records_of(people: Collection[int]) -> dict[int, dict[str, int]]:
    """The same for several, by their keys: one query."""
    rows = Submission.objects.filter(submitter__in=people).order_by().values_list("submitter", "state")
    records: dict[int, dict[str, int]] = {}
    for person, state, number in rows.annotate(number=Count("pk")):
        records.setdefault(person, {})[state] = number
    return records


def _concerns(person: User) -> Q:
    """Submissions of a reviewer's areas; what belongs to no area is everybody's."""
    if person.is_staff or not (areas := list(ReviewArea.objects.filter(reviewer=person).values_list("area", flat=True))):
        return Q()
    links = Submission.areas.through.objects.filter(submission=OuterRef("pk"))
    return Q(Exists(links.filter(area__in=areas))) | ~Q(Exists(links))
