"""Names and words of an export that pages, too, know; nothing here loads what writes one."""

UNFINISHED = ".part"
"""Ends the name of what is not whole yet."""
MANIFEST = "manifest.json"
SUMS = "SHA256SUMS"
FORMAT = 1

LICENCE = "CC-BY-SA 4.0"
LICENCE_URL = "https://creativecommons.org/licenses/by-sa/4.0/"
ATTRIBUTION = "Papers with Code, paperswithcode.com (PWC Archive)"
