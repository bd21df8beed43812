"""What axe-core finds on a page, by the rules of WCAG 2.2 AA and by good practice."""

from axe_playwright_python.sync_playwright import Axe

PHONE = {"width": 390, "height": 844}
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}
OF_LOOKS = {
    "type": "rule",
    "values": ["color-contrast", "link-in-text-block", "meta-viewport", "scrollable-region-focusable", "target-size"],
}
"""What can differ by theme and width; the rest goes by the document, which is one."""


def faults(page, only=RULES["runOnly"]):
    """What axe-core finds, a line each."""
    found = Axe().run(page, options={**RULES, "runOnly": only}).response["violations"]
    return [f"{fault['id']}: {node['html'][:200]} {node['failureSummary'][:300]}" for fault in found for node in fault["nodes"]]


def faults_in_both_themes(page):
    """The same on a desk in the light theme, and on a phone in the dark one."""
    light = faults(page)
    page.set_viewport_size(PHONE)
    page.emulate_media(color_scheme="dark")
    return {"light": light, "dark, phone": faults(page, OF_LOOKS)}


NONE = {"light": [], "dark, phone": []}
