"""What psycopg2 and Django raise when the database is away or the connection was cut: worth asking again.

Other database errors are faults of what was asked, and asking again would not help.
"""

from django.db import InterfaceError, OperationalError

LOST_CONNECTION = (OperationalError, InterfaceError)
