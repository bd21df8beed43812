"""What a page says to machines (schema.org, as JSON-LD): values in, plain data out; templates write them with `tojson`.

Browsers do not run such a block, so that the Content-Security-Policy lets it stand.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from papers.citations import Citation
from portal.site import DATA_LICENCE, DESCRIPTION, SITE_NAME

Data = dict[str, Any]

CONTEXT = "https://schema.org"
RESULTS_SAID = 10
LONGEST_TEXT = 5000


def web_site(origin: str) -> Data:
    """The site, and how to search it."""
    return _thing(
        "WebSite",
        name=SITE_NAME,
        description=DESCRIPTION,
        url=f"{origin}/",
        potentialAction={
            "@type": "SearchAction",
            "target": {"@type": "EntryPoint", "urlTemplate": f"{origin}/search?q={{search_term_string}}"},
            "query-input": "required name=search_term_string",
        },
    )


def breadcrumbs(steps: Iterable[tuple[str, str]], *, here: str) -> Data:
    """Where a page stands; addresses are relative to the page's own, which JSON-LD in a page is."""
    places = [{"@type": "ListItem", "name": text, "item": href} for text, href in steps] + [{"@type": "ListItem", "name": here}]
    return _thing("BreadcrumbList", itemListElement=[{**place, "position": number} for number, place in enumerate(places, 1)])


def scholarly_article(citation: Citation, *, url: str, topics: Iterable[str], authors: Iterable[tuple[str, str]]) -> Data:
    """A paper; `authors` are names with the addresses of their pages."""
    return _thing(
        "ScholarlyArticle",
        name=citation.title,
        headline=citation.title[:110],
        url=url,
        author=[{"@type": "Person", "name": name, "url": href} for name, href in authors],
        datePublished=_day(citation.date),
        abstract=citation.abstract[:LONGEST_TEXT],
        isPartOf={"@type": "PublicationEvent", "name": citation.venue} if citation.venue else None,
        identifier={"@type": "PropertyValue", "propertyID": "arXiv", "value": citation.eprint} if citation.eprint else None,
        about=[{"@type": "Thing", "name": topic} for topic in topics],
        sameAs=citation.url,
        encoding={"@type": "MediaObject", "encodingFormat": "application/pdf", "contentUrl": citation.pdf}
        if citation.pdf
        else None,
    )


def dataset(
    *,
    name: str,
    full_name: str,
    description: str,
    url: str,
    homepage: str,
    introduced: date | None,
    paper: tuple[str, str] | None,
    keywords: Iterable[str],
) -> Data:
    """A dataset; `paper` is the title and address of the one that introduces it."""
    return _thing(
        "Dataset",
        name=name,
        alternateName=full_name,
        description=description[:LONGEST_TEXT] or f"{full_name or name}: a dataset of machine learning, with its boards.",
        url=url,
        sameAs=homepage,
        datePublished=_day(introduced),
        citation={"@type": "ScholarlyArticle", "name": paper[0], "url": paper[1]} if paper else None,
        keywords=list(keywords),
    )


def board(
    *,
    title: str,
    description: str,
    url: str,
    image: str,
    task: str,
    dataset_name: str,
    metrics: Iterable[str],
    results: Iterable[tuple[int | None, str, str]],
) -> Data:
    """A board; `results` are ranks, models and values of the first of `metrics`, best first. The first few that rank are said."""
    metrics = list(metrics)
    ranked = [result for result in results if result[0]][:RESULTS_SAID]
    return _thing(
        "Dataset",
        name=f"{title}: results",
        description=description[:LONGEST_TEXT]
        or f"Results of models on {title}, as papers claim them and as they were measured here.",
        url=url,
        image=image,
        license=DATA_LICENCE,
        creator={"@type": "Organization", "name": SITE_NAME},
        keywords=[task, dataset_name],
        variableMeasured=[{"@type": "PropertyValue", "name": metric} for metric in metrics],
        mainEntity={
            "@type": "ItemList",
            "itemListOrder": "https://schema.org/ItemListOrderAscending",
            "itemListElement": [_result(result, metric=metrics[0]) for result in ranked],
        }
        if ranked and metrics
        else None,
    )


def _result(result: tuple[int | None, str, str], *, metric: str) -> Data:
    rank, model, value = result
    said = {"@type": "PropertyValue", "name": metric, "value": value}
    return {"@type": "ListItem", "position": rank, "item": {"@type": "Thing", "name": model, "additionalProperty": said}}


def _thing(kind: str, **properties: object) -> Data:
    """A thing of a schema.org type; what is empty is not said."""
    said: Mapping[str, object] = {name: value for name, value in properties.items() if value not in ("", None, [])}
    return {"@context": CONTEXT, "@type": kind, **said}


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""
