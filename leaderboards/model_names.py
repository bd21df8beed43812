"""The address of a model: its name folded, by one SQL function that indexes and queries share.

Claims name their model in free text, and seventy thousand of them have no row in `Model`, which holds what can be measured
here. So a model's page is found by the name (docs/decisions/0012): "GPT-3 (175B)" and "GPT-3 175B" share the address
gpt-3-175b. A plus counts, since X and X+ are two models; letters outside of ASCII stay, so that "β-VAE" is not "VAE".
"""

from typing import Any, TypeVar

from django.db import connection
from django.db.models import CharField, Func, Q, QuerySet
from django.db.models.expressions import Combinable
from django.db.models.functions import Collate

RowsT = TypeVar("RowsT", bound=QuerySet[Any])

LONGEST = 200
"""Characters of an address; longer names that begin alike share one."""

# Everything of ASCII that is neither a letter nor a digit, and the blanks and hyphens beyond it.
_BETWEEN = r"[\x01-/:-@[-`{-\u00bf\u2000-\u206f\u3000-\u303f]+"

FUNCTION = f"""
CREATE FUNCTION leaderboards_model_slug(name text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN btrim(left(regexp_replace(
    replace(lower(papers_without_accents(name)), '+', ' plus '), '{_BETWEEN}', '-', 'g'
), {LONGEST}), '-');
"""
DROP_FUNCTION = "DROP FUNCTION leaderboards_model_slug(text);"

TABLES = ("leaderboards_claim", "leaderboards_measurement")
"""Where a model's name stands."""


def index(table: str) -> str:
    """SQL of the index of a table's model names; its collation lets it answer what begins with an address, too."""
    return f'CREATE INDEX {table}_model_slug ON {table} ((leaderboards_model_slug(model_name) COLLATE "C"))'


class _Slug(Func):
    function = "leaderboards_model_slug"
    output_field = CharField()


def slug(name: str | Combinable) -> Collate:
    """The address of the model of that name, as an expression over rows; "" where nothing of the name can stand in one."""
    return Collate(_Slug(name), "C")


def fold(name: str) -> str:
    """The address of the model of that name: one query, since the rule is written once, in SQL."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT leaderboards_model_slug(%s)", [name])
        return str(cursor.fetchone()[0])


def named(rows: RowsT, address: str) -> RowsT:
    """Those of the claims or measurements whose model has this address."""
    found: RowsT = rows.annotate(model_slug=slug("model_name")).filter(model_slug=address)
    return found


def variants(rows: RowsT, address: str) -> RowsT:
    """Those whose model's name goes on behind this address: of bert also bert-large, not bertha.

    Written as a range, which an index answers: "." is the sign behind "-".
    """
    found: RowsT = rows.annotate(model_slug=slug("model_name")).filter(_beyond(address))
    return found


def named_or_variants(rows: RowsT, address: str) -> RowsT:
    """Those of the model and of its variants."""
    found: RowsT = rows.annotate(model_slug=slug("model_name")).filter(Q(model_slug=address) | _beyond(address))
    return found


def _beyond(address: str) -> Q:
    return Q(model_slug__gt=f"{address}-", model_slug__lt=f"{address}.")
