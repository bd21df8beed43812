"""How long searches take on the database that the settings name: `python -m bench.search [--seed N] [--times N] [--brief]`.

Queries are drawn, from a fixed seed, out of the words of that database's own papers, class by class: by how many papers have
them. Printed for each class: how many papers match (median), milliseconds at the median and the 95th percentile, the median of
the naive way (all matches ranked, best 20), and how many of the naive way's first 20 are among ours. `--brief` leaves the naive
way out, asks each query three times, of which the shortest counts (others may use the machine), and prints the slowest query.
Then the same queries are asked of the whole page (names of boards, tasks, people and the rest too, and the template), and what
is typed of the whole answer to a search field.
"""

import argparse
import os
import random
import re
import statistics
import time
from collections import Counter
from collections.abc import Callable, Sequence

import django

NAIVE = """
SELECT paper_id, ts_rank(words, query) FROM papers_search, websearch_to_tsquery('english', papers_without_accents(%s)) AS query
WHERE words @@ query ORDER BY 2 DESC, date DESC NULLS LAST, paper_id DESC LIMIT 20
"""
COUNT = "SELECT count(*) FROM papers_search WHERE words @@ websearch_to_tsquery('english', papers_without_accents(%s))"
SAMPLE = 4000
NAIVE_TIMES = 5
BRIEF_HEAD = "{:<18}   p50 ms   p95 ms   max ms"


def main() -> None:
    """Draw, search, print."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seed", type=int, default=7)
    arguments.add_argument("--times", type=int, default=40, help="queries a class")
    arguments.add_argument("--brief", action="store_true", help="our own times alone")
    said = arguments.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    os.environ["PAGE_CACHE_MB"] = "0"
    django.setup()
    chance = random.Random(said.seed)
    titles, shares = _sample()
    if said.brief:
        print(BRIEF_HEAD.format("search"))
    else:
        print(f"{'class':<18} {'matches':>9} {'p50 ms':>8} {'p95 ms':>8} {'naive p50':>10} {'speed-up':>9} {'overlap@20':>11}")
    asked = {name: [draw(chance) for _ in range(said.times)] for name, draw in _classes(titles, shares, _people()).items()}
    for name, queries in asked.items():
        print(_brief_line(name, queries, ask=_search) if said.brief else _line(name, queries), flush=True)
    typed = {name: [draw(chance) for _ in range(said.times)] for name, draw in _typing(titles, shares).items()}
    for head, texts, ask in (
        ("the whole page", asked, _page("/search")),
        ("titles typed", typed, _suggest),
        ("type-ahead, whole", typed, _page("/search/suggest")),
    ):
        print("\n" + BRIEF_HEAD.format(head))
        for name, queries in texts.items():
            print(_brief_line(name, queries, ask=ask), flush=True)


def _sample() -> tuple[list[str], list[tuple[str, float]]]:
    """Titles of papers from all over the table, and words of them with the share of papers that have each."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT title, abstract FROM papers_paper WHERE title <> '' ORDER BY public_id LIMIT %s", [SAMPLE])
        rows = cursor.fetchall()
        counts = Counter(word for row in rows for word in set(re.findall(r"[a-z]{4,}", " ".join(filter(None, row)).lower())))
        cursor.execute("SELECT word FROM unnest(%s) AS word WHERE numnode(plainto_tsquery('english', word)) > 0", [list(counts)])
        words = [word for (word,) in cursor.fetchall()]
    return [title for title, _ in rows], [(word, counts[word] / len(rows)) for word in words]


Draw = Callable[[random.Random], str]


def _people() -> list[str]:
    """Family names of authors from all over the table."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM papers_author WHERE name <> '' ORDER BY public_id LIMIT %s", [SAMPLE // 10])
        return [name.split()[-1] for (name,) in cursor.fetchall() if name.split()]


def _classes(titles: Sequence[str], shares: Sequence[tuple[str, float]], people: Sequence[str]) -> dict[str, Draw]:
    ranked = [word for word, _ in sorted(shares, key=lambda pair: (-pair[1], pair[0]))]
    head, common, mid, rare = ranked[:8], ranked[8:60], ranked[400:1500], ranked[-4000:]
    return {
        "huge": lambda chance: chance.choice(head),
        "huge OR": lambda chance: " OR ".join(chance.sample(ranked[:60], 6)),
        "common": lambda chance: chance.choice(common),
        "common AND": lambda chance: " ".join(chance.sample(common, 2)),
        "common AND 3": lambda chance: " ".join(chance.sample(common, 3)),
        "middling": lambda chance: chance.choice(mid),
        "rare": lambda chance: chance.choice(rare),
        "common + rare": lambda chance: f"{chance.choice(common)} {chance.choice(rare)}",
        "phrase": lambda chance: '"{} {}"'.format(*chance.sample(head + common, 2)),
        "OR": lambda chance: " OR ".join(chance.sample(common, 2)),
        "very common AND 3": lambda chance: " ".join(chance.sample(head, 3)),
        "minus": lambda chance: "{} -{}".format(*chance.sample(head + common, 2)),
        "minus of itself": lambda chance: "{0} {1} -{0}".format(*chance.sample(head + common, 2)),
        "minus of its form": lambda chance: "{0} -{0}ing".format(chance.choice(head)),
        "letters by OR": lambda chance: " OR ".join(chance.sample("abcdefgh", 2)),
        "signs": lambda chance: f"({chance.choice(common)})",
        "a stop word": lambda chance: chance.choice(["the", "with", "from", "and", "for", "what"]),
        "stop words": lambda chance: " ".join(chance.sample(["the", "with", "from", "and", "for", "what"], 2)),
        "a name + a word": lambda chance: f"{chance.choice(people)} {chance.choice(common)}",
        "a title": lambda chance: chance.choice(titles),
        "hostile": lambda chance: '"{} {}" OR "{} {}" OR "{} {}" OR "{} {}"'.format(*chance.sample(head + common, 8)),
    }


def _typing(titles: Sequence[str], shares: Sequence[tuple[str, float]]) -> dict[str, Draw]:
    common = [word for word, _ in sorted(shares, key=lambda pair: (-pair[1], pair[0]))[:200]]

    def beginning(length: int) -> Draw:
        return lambda chance: chance.choice([title for title in titles if len(title) > length])[:length]

    def in_the_middle(chance: random.Random) -> str:
        words: list[str] = re.findall(r"[A-Za-z]{5,}", " ".join(chance.sample(list(titles), 5)))
        return chance.choice(words)[:5]

    def of_a_common_word(chance: random.Random) -> str:
        return chance.choice(common)[:3]

    return {
        "2 letters": beginning(2),
        "3 letters": beginning(3),
        "3, common word": of_a_common_word,
        "6 letters": beginning(6),
        "12 letters": beginning(12),
        "any word": in_the_middle,
    }


def _line(name: str, queries: Sequence[str]) -> str:
    from papers import search

    taken = _milliseconds(_search, queries)
    some = queries[:NAIVE_TIMES]
    naive = _milliseconds(lambda query: _rows(NAIVE, query), some)
    matches = statistics.median(_rows(COUNT, query)[0][0] for query in some)
    shares = []
    for query in some:
        exact = {row[0] for row in _rows(NAIVE, query)}
        found = {hit.paper for hit in search.papers(query, limit=20).hits}
        if exact:
            shares.append(len(exact & found) / len(exact))
    overlap = f"{statistics.mean(shares):.2f}" if shares else "-"
    middle, late = _quantiles(taken)
    slow = statistics.median(naive)
    return f"{name:<18} {matches:>9,.0f} {middle:>8.1f} {late:>8.1f} {slow:>10.1f} {slow / middle:>8.1f}x {overlap:>11}"


def _brief_line(name: str, texts: Sequence[str], *, ask: Callable[[str], object]) -> str:
    taken = _milliseconds(ask, texts, times=3)
    middle, late = _quantiles(taken)
    return f"{name:<18} {middle:>8.1f} {late:>8.1f} {max(taken):>8.1f}"


def _search(query: str) -> object:
    from papers import search

    return search.papers(query, limit=20)


def _page(path: str) -> Callable[[str], object]:
    """The whole answer of a page, as its view gives it in this process; nothing is kept."""
    from django.conf import settings
    from django.test import Client

    settings.ALLOWED_HOSTS = ["testserver"]
    client = Client()

    def ask(text: str) -> object:
        response = client.get(path, {"q": text})
        if response.status_code != 200:
            raise SystemExit(f"{path} answered {response.status_code} to {text!r}.")
        return response

    return ask


def _suggest(prefix: str) -> object:
    from papers import search

    return search.suggest(prefix)


def _milliseconds(ask: Callable[[str], object], queries: Sequence[str], *, times: int = 1) -> list[float]:
    """How long each query takes, once it has been asked before: with a warm cache. Of several times the shortest counts."""
    taken = []
    for query in queries:
        ask(query)
        spent = []
        for _ in range(times):
            begin = time.perf_counter()
            ask(query)
            spent.append((time.perf_counter() - begin) * 1000)
        taken.append(min(spent))
    return taken


def _quantiles(taken: Sequence[float]) -> tuple[float, float]:
    ordered = sorted(taken)
    return statistics.median(ordered), ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]


def _rows(statement: str, query: str) -> list[tuple[int, ...]]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SET max_parallel_workers_per_gather = 0")
        cursor.execute(statement, [query])
        rows: list[tuple[int, ...]] = cursor.fetchall()
    return rows


if __name__ == "__main__":
    main()
