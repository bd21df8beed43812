"""Random JSON arrays that are valid and as odd as may be, and damage to them; the same for the same seed."""

import random

_NUMBERS = ["0", "-0", "7", "-3", "1.50", "1E5", "2e-3", "12345678901234567890123"]
_LETTERS = ["a", "}", "]", "{", "[", ",", "é", "\U0001f600", "\x7f", r"}, {\"a\""]
_ESCAPES = [r"\"", r"\\", r"\u0000", r"\ud800", r"\udc00", r"\ud83d\ude00", r"\n", r"\u00e9", r"\/"]
_BREAKERS = [b"}", b"{", b'"', b",", b"]", b"[", b"\\", b" ", b"1", b"\n", b"x"]


class OddJson(random.Random):
    """A generator of texts."""

    def rows(self):
        """Texts of JSON values, most of them objects."""
        return [self._object(0) if self.random() < 0.9 else self._value(0) for _ in range(self.randint(0, 6))]

    def array(self, rows):
        return self._space() + "[" + self._joined(rows) + "]" + self._space()

    def damaged(self, text):
        """The bytes with one or two of them lost, added or changed, or cut off."""
        text = bytearray(text)
        for _ in range(self.randint(1, 2)):
            start = self.randrange(len(text) + 1)
            end = self.choice([start, start, start + 1, start + 1, len(text)])
            text[start:end] = self.choice(_BREAKERS) if end <= start + 1 and self.random() < 0.7 else b""
        return bytes(text)

    def _value(self, depth):
        kind = self.random()
        if depth < 9 and kind < 0.2:
            return "[" + self._joined([self._value(depth + 1) for _ in range(self.randint(0, 3))]) + "]"
        if depth < 9 and kind < 0.45:
            return self._object(depth + 1)
        return self._text() if kind < 0.7 else self.choice([*_NUMBERS, "null", "true", "false"])

    def _object(self, depth):
        keys = [self.choice(['"a"', '"b"', '"c"', self._text()]) for _ in range(self.randint(0, 4))]
        return "{" + self._joined([key + self._space() + ":" + self._space() + self._value(depth) for key in keys]) + "}"

    def _text(self):
        return '"' + "".join(self.choice([*_LETTERS, *_ESCAPES]) for _ in range(self.randint(0, 6))) + '"'

    def _joined(self, parts):
        return self._space() + (self._space() + "," + self._space()).join(parts) + self._space()

    def _space(self):
        return self.choice(["", "", "", " ", "\n", "\t \r"])
