"""What in the archive is spam or vandalism. Pure; a person can correct each judgement, and nothing judged is thrown away.

Each judge returns why a row is taken for one, in words that complete "a method that ...", and "" for an innocent row.
An innocent row that is hidden does more harm than spam that is shown, so a single word never convicts: a name does with a
phone number in it, or with a firm and what is asked of its support line; a description with a phone number and an
invitation to call. Only the first letters of a text are looked at: an advertisement does not hide.
"""

import re

from papers.archive.spam_words import (
    Pitch,
    asks,
    folded,
    has_phone_number,
    has_toll_free_number,
    is_attack,
    names_a_brand,
    names_a_trade,
    pitches,
    worded,
)

LONGEST_NAME_JUDGED = 500
LONGEST_DESCRIPTION_JUDGED = 5000

NAMELESS = "has no name"
ATTACK = "has a name that probes for weaknesses of a site"
NO_LETTER = "has a name without a letter"
QUANTITY = "has a name that is a bare quantity"
PLACEHOLDER = "has a name that names nothing"
PHONE_NUMBER = "has a phone number in its name"
SUPPORT_LINE = "advertises a support line"
UNFILLED = "was never filled in"

_UNKNOWN_YEARS = {None, 2000}
_QUANTITY = re.compile(r"\d{1,9}[kmKM]")
_PLACEHOLDERS = {"model", "models", "test", "testing", "asdf", "foo", "xxx", "null", "none", "undefined", "n/a", "na", "todo"}
# The words that the old site's form for a new method began with.
_UNFILLED = re.compile(r"please enter a description about the (?:method|dataset|task) here\.?")
_SOLICITS = {Pitch.NUMBER, Pitch.PERSON}
_SUPPORTS = {Pitch.CUSTOMER, Pitch.NUMBER, Pitch.PERSON}


def judge_method(
    name: str, *, full_name: str | None = None, description: str | None = None, introduced_year: int | None = None
) -> str:
    """Why a method is spam or vandalism, or "".

    The archive's first fault: three methods in four are advertisements for support lines of airlines and firms, in English
    and Spanish, or random letters whose description is still the form's own and whose year is the filler 2000.
    """
    return (
        _vandalised(name)
        or _advertises(name, full_name, description)
        or _unfilled(name, full_name=full_name, description=description, year=introduced_year)
    )


def judge_dataset(name: str, *, full_name: str | None = None, description: str | None = None) -> str:
    """Why a dataset, or the dataset string of a board, is spam or vandalism, or "".

    The archive's first two faults: datasets carry the same advertisements as methods, and names of benchmarks are
    SQL injections and strings of signs. A name may be a bare number here: years and sizes are good names of parts.
    """
    return _vandalised(name) or _advertises(name, full_name, description)


def judge_task(name: str, *, description: str | None = None) -> str:
    """Why a task is spam or vandalism, or "".

    The archive's second fault: tasks without a name, SQL injections, strings of signs, bare quantities ("16k", "2k") and
    words that name nothing ("model").
    """
    return _vandalised(name) or _advertises(name, None, description) or _no_task(name.strip())


def _vandalised(name: str) -> str:
    start = name[:LONGEST_NAME_JUDGED]
    if not start.strip():
        return NAMELESS
    if is_attack(start):
        return ATTACK
    return "" if any(letter.isalnum() for letter in start) else NO_LETTER


def _no_task(name: str) -> str:
    if _QUANTITY.fullmatch(name):
        return QUANTITY
    if not any(letter.isalpha() for letter in name[:LONGEST_NAME_JUDGED]):
        return NO_LETTER
    return PLACEHOLDER if name.lower() in _PLACEHOLDERS else ""


def _advertises(name: str, full_name: str | None, description: str | None) -> str:
    names = [folded(text[:LONGEST_NAME_JUDGED]) for text in dict.fromkeys([name, full_name or ""])]
    if any(has_phone_number(text) for text in names):
        return PHONE_NUMBER
    texts = [worded(text) for text in names]
    if any(_is_advertising_name(words) for words in texts):
        return SUPPORT_LINE
    is_of_brand = any(names_a_brand(words) for words in texts)
    is_advertising = description and _is_advertising_text(folded(description[:LONGEST_DESCRIPTION_JUDGED]), is_of_brand)
    return SUPPORT_LINE if is_advertising else ""


def _is_advertising_name(words: str) -> bool:
    """A firm with a question or one pitch; a trade or none with two pitches of support, or a question and a pitch of a trade."""
    said = pitches(words)
    if names_a_brand(words):
        return bool(said) or asks(words)
    if not names_a_trade(words):
        return len(said & _SUPPORTS) >= 2
    return len(said & _SUPPORTS) >= 2 or Pitch.PERSON in said or bool(said and asks(words))


def _is_advertising_text(text: str, is_of_brand: bool) -> bool:
    """A phone number with an invitation, or a firm with a way to reach it and one pitch more.

    Sets of dialogues speak of refunds, flights and customer service too: they give no number to call and name no firm's.
    """
    words = worded(text)
    names_brand = is_of_brand or names_a_brand(words)
    has_number = has_phone_number(text)
    if not (names_brand or has_number):
        return False
    said = pitches(words)
    if has_toll_free_number(text):
        return bool(said) or names_brand
    if has_number:
        return names_brand or bool(said & {Pitch.CUSTOMER, Pitch.PERSON})
    return bool(said & _SOLICITS) and len(said) >= 2


def _unfilled(name: str, *, full_name: str | None, description: str | None, year: int | None) -> str:
    if year not in _UNKNOWN_YEARS or (full_name or name).strip().lower() != name.strip().lower():
        return ""
    start = " ".join((description or "")[:200].lower().split())
    return UNFILLED if _UNFILLED.fullmatch(start) else ""
