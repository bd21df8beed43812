"""The colours of css/tokens.css: text on its grounds is readable in both themes (WCAG 2.2 AA)."""

import re

import pytest
from django.conf import settings

TOKENS = {
    name: (light, dark)
    for name, light, dark in re.findall(
        r"--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);", (settings.BASE_DIR / "static/css/tokens.css").read_text()
    )
}
TEXT, PART = 4.5, 3.0
GROUNDS = ["ground", "surface", "surface-sunk"]
PAIRS = [
    *[
        (text, ground, TEXT)
        for text in ("ink", "ink-quiet", "accent", "accent-strong", "measured", "notice", "bad")
        for ground in GROUNDS
    ],
    ("on-accent", "accent", TEXT),
    ("on-accent", "accent-strong", TEXT),
    ("accent-strong", "accent-soft", TEXT),
    ("ink", "accent-soft", TEXT),
    ("ink", "measured-soft", TEXT),
    ("ink-quiet", "measured-soft", TEXT),
    ("measured", "measured-soft", TEXT),
    ("accent", "measured-soft", TEXT),
    ("ink", "notice-soft", TEXT),
    ("notice", "notice-soft", TEXT),
    ("ink", "bad-soft", TEXT),
    ("bad", "bad-soft", TEXT),
    ("good", "good-soft", TEXT),
    *[("line-strong", ground, PART) for ground in GROUNDS],
]


def luminance(colour):
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


def test_the_measure_is_that_of_the_standard():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("text", "ground", "least"), PAIRS)
def test_text_can_be_read_on_its_ground(text, ground, least, theme):
    assert contrast(TOKENS[text][theme], TOKENS[ground][theme]) >= least
