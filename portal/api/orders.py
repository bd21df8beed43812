"""The orders of lists that several nouns have."""

from collections.abc import Mapping

from portal.api.pagination import Order

BY_SLUG = Order(column="slug")
BY_DATE = Order(column="date", is_nullable=True)
OF_PAPERS: Mapping[str, Order] = {
    "published": BY_DATE,
    "stars": Order(column="star_count__stars", is_nullable=True),
    "repositories": Order(column="count__code_links", is_nullable=True),
    "added": Order(),
}
"""Further orders of papers, by their names in `ordering=`."""
