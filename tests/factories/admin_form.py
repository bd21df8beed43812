"""A change form of the admin, read from its page and sent back as a browser does it."""

import re
from html.parser import HTMLParser

from django.urls import reverse

UNSENT = {"submit", "button", "reset", "image", "file"}


def address(row):
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def fields(client, row):
    """What a browser sends when nobody touches the form, by name; line ends are CRLF."""
    reader = _Form(f"{row._meta.model_name}_form")
    reader.feed(client.get(address(row)).content.decode())
    sent = {name: value for name, value in reader.fields.items() if "__prefix__" not in name}
    return {name: re.sub(r"\r\n|\r|\n", "\r\n", value) for name, value in sent.items()}


def send(client, row, **edits):
    """Edit a row: fields by name, None for a box that is not ticked. The response: where to go on, or the form with faults."""
    sent = fields(client, row) | edits
    return client.post(address(row), {name: value for name, value in sent.items() if value is not None})


def edit(client, row, **edits):
    """Edit a row, which has to work; the row as it is then."""
    response = send(client, row, **edits)
    assert response.status_code == 302, response.context["errors"]
    row.refresh_from_db()
    return row


def faults(response):
    """The sentences that a form came back with."""
    assert response.status_code == 200
    found = response.context["errors"]  # of the form alone a sentence, of a field a list of them
    return [sentence for each in found for sentence in ([each] if isinstance(each, str) else each)]


class _Form(HTMLParser):
    def __init__(self, form_id):
        super().__init__()
        self.fields = {}
        self._id = form_id
        self._is_inside = False
        self._area = self._select = None

    def handle_starttag(self, tag, attrs):
        told = dict(attrs)
        if tag == "form":
            self._is_inside = told.get("id") == self._id
        if not self._is_inside or "disabled" in told:
            return
        if tag == "input" and told.get("type") not in UNSENT and "name" in told:
            if told.get("type") not in {"checkbox", "radio"} or "checked" in told:
                self.fields[told["name"]] = told.get("value", "on" if told.get("type") == "checkbox" else "")
        elif tag == "textarea":
            self._area = told["name"]
            self.fields[self._area] = ""
        elif tag == "select":
            self._select = told["name"]
        elif tag == "option" and self._select and ("selected" in told or self._select not in self.fields):
            self.fields[self._select] = told.get("value", "")

    def handle_data(self, data):
        if self._area:
            self.fields[self._area] += data

    def handle_endtag(self, tag):
        if tag == "textarea" and self._area:
            self.fields[self._area] = self.fields[self._area].removeprefix("\r\n").removeprefix("\n")
            self._area = None
        elif tag == "select":
            self._select = None
        elif tag == "form":
            self._is_inside = False
