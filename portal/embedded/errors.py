"""What can go wrong with the servers of our own."""


class EmbeddedError(Exception):
    """The embedded servers or the site cannot run; the message is the one line that the person at the terminal reads."""
