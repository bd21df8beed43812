"""How the site's log says what strangers ask for in vain."""

import logging


class RefusalsInALine(logging.Filter):
    """Requests that are refused (too many parameters, a host that is not ours, a page for staff) are warnings of one line.

    Anybody can make as many as they like: as errors with tracebacks they would hide those of our own.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Keep the record, in its milder form where it is such a refusal."""
        if record.name.startswith("django.security."):
            record.levelno, record.levelname = logging.WARNING, logging.getLevelName(logging.WARNING)
        elif record.name != "django.request" or getattr(record, "status_code", 500) >= 500:
            return True
        record.exc_info = record.exc_text = record.stack_info = None
        return True
