"""What a person has not read yet, counted for the header of every page that they open."""

from django.db import connection


def counts(person: int) -> tuple[int, int]:
    """How many notices and alerts of the account are unread: one query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT count(*) FROM leaderboards_notice WHERE user_id = %(person)s AND read_at IS NULL),"
            " (SELECT count(*) FROM leaderboards_alert WHERE person_id = %(person)s AND read_at IS NULL)",
            {"person": person},
        )
        notices, alerts = cursor.fetchone()
    return int(notices), int(alerts)
