"""A real Postgres and a real Redis of the site's own, for machines where nobody runs them."""

from portal.embedded.errors import EmbeddedError
from portal.embedded.lease import Lease, running

__all__ = ["EmbeddedError", "Lease", "running"]
