"""Django's PostgreSQL backend with one thing more: what a connection of ours changes on the pages is known at once."""
