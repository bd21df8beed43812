"""What the site is called, and what it says of itself wherever it is named."""

SITE_NAME = "Papers With Code 2"
SHORT_NAME = "PWC 2"
"""For places that take 16 letters."""
DESCRIPTION = "Papers, code, benchmarks and results of machine learning, with claimed numbers measured again."
DATA_LICENCE = "https://creativecommons.org/licenses/by-sa/4.0/"
