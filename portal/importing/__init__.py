"""Importing dumps of the archive: which files, kind by kind into the catalogue, and what is left to do after them."""
