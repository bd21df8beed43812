"""Every type of page that the site has: what the browser's tests visit. A new page is one more line."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.factories.whole_catalogue import Made


@dataclass(frozen=True)
class PageType:
    """A type of page: where one stands, given a catalogue with one thing of every kind.

    `is_fixed`: it says the same whatever the catalogue holds.
    """

    name: str
    address: Callable[[Made], str]
    status: int = 200
    is_fixed: bool = False


def _at(address):
    return lambda made: address


PAGE_TYPES = [
    PageType("home", _at("/")),
    PageType("papers", _at("/papers")),
    PageType("papers that have code", lambda made: f"/papers?task={made.task.slug}&code=yes"),
    PageType("latest", _at("/latest")),
    PageType("greatest", _at("/greatest")),
    PageType("paper", lambda made: f"/paper/{made.paper.slug}"),
    PageType("tasks", _at("/tasks")),
    PageType("task", lambda made: f"/task/{made.task.slug}"),
    PageType("area", lambda made: f"/area/{made.area.slug}"),
    PageType("boards", _at("/sota")),
    PageType("notable boards", _at("/benchmarks")),
    PageType("board", lambda made: f"/sota/{made.board.slug}"),
    PageType("datasets", _at("/datasets")),
    PageType("dataset", lambda made: f"/dataset/{made.dataset.slug}"),
    PageType("methods", _at("/methods")),
    PageType("area of methods", lambda made: f"/methods/area/{made.method_area}"),
    PageType("collection of methods", lambda made: f"/methods/category/{made.collection.slug}"),
    PageType("method", lambda made: f"/method/{made.method.slug}"),
    PageType("model", lambda made: f"/model/{made.model}"),
    PageType("conferences", _at("/conferences")),
    PageType("conference", lambda made: f"/conference/{made.proceeding.conference.slug}"),
    PageType("proceeding", lambda made: f"/conference/{made.proceeding.conference.slug}/{made.proceeding.slug}"),
    PageType("author", lambda made: f"/author/{made.author.slug}"),
    PageType("runs", _at("/runs")),
    PageType("run", lambda made: f"/runs/{made.run.public_id}"),
    PageType("items of a run", lambda made: f"/runs/{made.run.public_id}/samples"),
    PageType("runs compared", lambda made: f"/runs/{made.run.public_id}/compare/{made.run.public_id}"),
    PageType("measurement", lambda made: f"/measurements/{made.measurement.public_id}"),
    PageType("search", _at("/search?q=image")),
    PageType("search of papers with filters", lambda made: f"/search?q=paper&task={made.task.slug}&year=2021&code=yes"),
    PageType("search without words", _at("/search"), is_fixed=True),
    PageType("trends", _at("/trends")),
    PageType("libraries", _at("/libraries")),
    PageType("history of a paper", lambda made: f"/history/paper/{made.paper.slug}"),
    PageType("history of a board", lambda made: f"/history/sota/{made.board.slug}"),
    PageType("recent changes", _at("/changes")),
    PageType("status", _at("/status")),
    PageType("downloads", _at("/downloads")),
    PageType("submit", _at("/submit"), is_fixed=True),
    PageType("about", _at("/about"), is_fixed=True),
    PageType("design", _at("/design"), is_fixed=True),
    PageType("sign in", _at("/accounts/login"), is_fixed=True),
    PageType("make an account", _at("/accounts/signup"), is_fixed=True),
    PageType("not found", _at("/nope"), status=404, is_fixed=True),
    PageType("removed", lambda made: f"/paper/{made.removed.slug}", status=410),
]
