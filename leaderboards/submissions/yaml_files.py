"""Reading YAML that somebody uploads: plain values alone, no aliases (a few lines of them can stand for gigabytes). Pure."""

from typing import Any

import yaml

LARGEST = 512 * 1024
DEEPEST = 20


class YamlFault(ValueError):
    """It cannot be read; the message is a sentence."""


class _Plain(yaml.SafeLoader):
    """A safe loader that refuses aliases and what nests deeper than any honest file."""

    depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        """One node."""
        if self.check_event(yaml.AliasEvent):
            raise YamlFault("The YAML has an alias (*name): write what it stands for.")
        self.depth += 1
        if self.depth > DEEPEST:
            raise YamlFault(f"The YAML nests deeper than {DEEPEST} levels.")
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


def load(text: str) -> Any:
    """The values of a YAML text. Raises `YamlFault`."""
    if len(text) > LARGEST:
        raise YamlFault(f"The YAML is larger than {LARGEST // 1024} kB.")
    try:
        return yaml.load(text, Loader=_Plain)
    except YamlFault:
        raise
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" in line {mark.line + 1}" if mark else ""
        raise YamlFault(f"This is no YAML that can be read: look at it{where}.") from error


def front_matter(card: str) -> Any:
    """The values between the two lines of hyphens that a model card begins with. Raises `YamlFault` where there are none."""
    lines = card.lstrip("\ufeff").splitlines()
    if not lines or lines[0].strip() != "---":
        raise YamlFault("A model card begins with a line of three hyphens and its data.")
    end = next((place for place, line in enumerate(lines[1:], start=1) if line.strip() == "---"), None)
    if end is None:
        raise YamlFault("The model card's data has no end: a line of three hyphens ends it.")
    return load("\n".join(lines[1:end]))
