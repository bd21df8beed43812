#!/usr/bin/env python
"""Django's command line, with the embedded servers under every command that needs them."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

from portal.embedded import EmbeddedError
from portal.embedded.commands import prepared
from portal.var_dir import var_dir


def main() -> None:
    """Run one command; what stands in its way is said in one line."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    try:
        with prepared(sys.argv, var_dir=var_dir()):
            execute_from_command_line(sys.argv)
    except (EmbeddedError, ImproperlyConfigured) as error:
        sys.exit(f"{error}")
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
