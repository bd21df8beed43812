"""Related papers."""

from django.db.models import Count, F

from papers.models import Paper, PaperTask


def related_to(paper: Paper, *, limit: int = 8) -> list[Paper]:
    """The newest published papers that share a task with this one, which is how the old site chose them.

    One query. Papers of one day stay in the order in which the archive has them. Each has the number of tasks that it
    shares as `shared_tasks`.
    """
    tasks = PaperTask.objects.filter(paper=paper).values("task")
    sharing = Paper.objects.published().filter(task_places__task__in=tasks).exclude(pk=paper.pk)
    counted = sharing.annotate(shared_tasks=Count("task_places__task", distinct=True))
    return list(counted.order_by(F("date").desc(nulls_last=True), "pk")[:limit])
