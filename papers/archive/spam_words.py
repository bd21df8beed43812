"""What the advertisers and vandals in the archive write: patterns over folded text, and the folding. Tables of `screening`."""

import re
import unicodedata
from enum import StrEnum


class Pitch(StrEnum):
    """What an advertisement of a support line talks about; two of them say more than one said twice."""

    CUSTOMER = "customer"
    NUMBER = "number"
    PERSON = "person"
    MONEY = "money"
    CHANGE = "change"
    ACCOUNT = "account"


_STAFF = "(?:person|human|agent|representative)"
_PITCHES = {
    Pitch.CUSTOMER: (
        r"customer (?:service|support|care|help)\w*", r"tech(?:nical)? support", r"help ?desk", r"servicio al cliente",
        r"servicio de atencion", r"atencion al cliente", r"soporte tecnico",
    ),
    Pitch.NUMBER: (
        r"(?:tele)?phone (?:support|no)", r"(?:tele)?phone numbers?",
        r"(?:contact|support|service|care|helpline|reservations?) numbers?", r"toll free", r"help ?lines?", r"hot ?lines?",
        r"call (?:us|now|at|on|this|our|1)", r"dial \+?1", r"telefonos?", r"numero de (?:contacto|atencion|servicio)",
        r"llam(?:ar|e|a|o) (?:a|al)", r"por telefono",
    ),
    Pitch.PERSON: (
        rf"(?:speak|talk|speaking|talking|connect) (?:to|with) (?:an? )?(?:live |real )?(?:{_STAFF}|someone|somebody)",
        rf"(?:get|reach) (?:an? )?(?:live |real )?{_STAFF}", rf"live {_STAFF}",
        r"(?:habl(?:ar|o)|comunic\w+|contact\w+) con (?:una? )?(?:persona|agente|alguien|humano|representante|\w+ air\w*)",
    ),
    Pitch.MONEY: (
        r"refund\w*", r"reembols\w*", r"cancell?ation (?:policy|fee|number)", r"cancel (?:my|your|an?|the) \w+",
        r"cancelar \w+", r"money back", r"dispute a", r"compensation from",
    ),
    Pitch.CHANGE: (
        r"(?:name|flight|date|ticket) (?:change|correction)s?",
        r"change (?:my|your|the|an?) (?:\w+ )?(?:flight|name|ticket|booking)",
        r"cambi(?:o|ar) (?:de |el |mi |un )?(?:nombre|vuelo|fecha|boleto)",
        r"(?:book|reserve|reschedule|rebook) (?:a |my |your )?(?:flight|ticket)s?", r"group travel",
        r"(?:manage|modify) (?:my |your )?booking", r"reservations? (?:desk|phone)", r"pet policy", r"baggage policy",
    ),
    Pitch.ACCOUNT: (
        r"wallet (?:support|help|recovery)",
        r"(?:recover|restore|unlock|reset) (?:an? |my |your |the )?(?:\w+ )?(?:account|wallet|funds|crypto|password)",
        r"(?:login|activation|installation|update|payroll|sync) (?:error|issue|problem)s?", r"error (?:code )?h?\d{3,5}",
        r"support wallet",
    ),
}  # fmt: skip

# Firms whose customers are fished for. Names that mean something else in research (Gemini, Ledger, Delta, Phantom) stand in
# two words or not at all.
_BRANDS = (
    r"(?:american|delta|united|southwest|spirit|frontier|alaska|hawaiian|turkish|singapore|allegiant|japan) air ?lines?",
    r"(?:british|qatar|etihad|copa|breeze|jet|cathay|korean|kenya) air ?ways",
    r"(?:copa|avianca|latam|iberia) (?:air ?lines|aerolineas?)", r"delta air", r"air (?:canada|france|india|europa|transat)",
    r"emirates airlines?", r"lufthansa", r"jet ?blue", r"aeromexico", r"avianca", r"volaris", r"viva ?aerobus", r"vueling",
    r"ryanair", r"easyjet", r"west ?jet", r"swiss air", r"klm", r"expedia", r"orbitz", r"priceline", r"vrbo",
    r"quick ?books", r"quicken", r"turbo ?tax", r"sage 50", r"mcafee", r"norton (?:antivirus|360|security)", r"coinbase",
    r"binance", r"metamask", r"trust wallet", r"ledger (?:live|wallet|nano)", r"trezor", r"crypto com", r"kucoin",
    r"(?:kraken|gemini|exodus|phantom|blockchain) (?:wallet|exchange|support)", r"cash ?app", r"venmo", r"robinhood",
    r"geek squad",
)  # fmt: skip
# Trades that are fished in, and firms that researchers also write about.
_TRADES = (
    r"air ?lines?", r"air ?ways", r"aerolineas?", r"latam", r"flights?", r"vuelos?", r"boletos?", r"tickets?", r"booking com",
    r"airbnb", r"paypal", r"printers?", r"antivirus", r"crypto\w*", r"bitcoin", r"wallets?", r"facebook", r"instagram",
    r"gmail", r"yahoo", r"outlook", r"hotmail",
)  # fmt: skip
_ASKS = (
    r"(?:how (?:to|do|can|does|long)|can (?:i|you)|do(?:es)?|what (?:is|are|s)|is|who|where|will"
    r"|como|puedo|cual|que|cuanto|se puede)\b"
)

_PITCH_PATTERNS = {pitch: re.compile(rf"\b(?:{'|'.join(patterns)})\b") for pitch, patterns in _PITCHES.items()}
_BRAND = re.compile(rf"\b(?:{'|'.join(_BRANDS)})\b")
_TRADE = re.compile(rf"\b(?:{'|'.join(_TRADES)})\b")
_ASK = re.compile(rf"^{_ASKS}")
_NO_WORD = re.compile(r"[^\w+]+")

_GAP = r"[^\w,;]{0,3}"
# North American toll-free codes are an 8 and a digit twice. Marks, brackets and pictures stand between the digits.
_TOLL_FREE = re.compile(rf"(?<!\d)(?<!\d\.)(?:1{_GAP})?8{_GAP}([03-8]){_GAP}\1{_GAP}(?:\d{_GAP}){{6}}\d(?!\d)")
_INTERNATIONAL = re.compile(rf"\+{_GAP}(?:\d{_GAP}){{9,13}}\d(?!\d)")

_ATTACKS = re.compile(
    r"""['"]\s?(?:and|or|xor)\b\s{0,3}['"\d(].{0,80}?=|\bunion\s{1,9}(?:all\s{1,9})?select\b|\b(?:pg_)?sleep\s?\(\s?\d"""
    r"""|\bwaitfor\s{1,9}delay\b|\b(?:drop|truncate|alter)\s{1,9}table\b|<\s?(?:script|iframe|svg|img)\b|\bjavascript:|\$\{jndi"""
    r"""|^\s{0,9}\.{1,2}/|(?:\.\./){2}|/etc/passwd|\bxp_cmdshell\b|\bdbms_pipe\b"""
    r"",
    re.IGNORECASE | re.DOTALL,
)


def folded(text: str) -> str:
    """A text in lower case without accents, full-width and mathematical letters and digits as plain ones.

    At most twice as long as the text: some letters stand for whole sentences.
    """
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text)[: 2 * len(text)].casefold()
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter) and unicodedata.category(letter) != "Cf")


def worded(folded_text: str) -> str:
    """The words of a folded text with single spaces between."""
    return _NO_WORD.sub(" ", folded_text).strip()


def pitches(words: str) -> set[Pitch]:
    """What of an advertisement stands in these words."""
    return {pitch for pitch, pattern in _PITCH_PATTERNS.items() if pattern.search(words)}


def names_a_brand(words: str) -> bool:
    """Whether one of the firms is named whose customers are fished for."""
    return _BRAND.search(words) is not None


def names_a_trade(words: str) -> bool:
    """Whether travel, money or another trade is named in which customers are fished for."""
    return _TRADE.search(words) is not None


def asks(words: str) -> bool:
    """Whether it begins as a question of a search engine's user does."""
    return _ASK.match(words) is not None


def has_toll_free_number(folded_text: str) -> bool:
    """Whether a toll-free number stands in it, whatever stands between its digits."""
    return _TOLL_FREE.search(folded_text) is not None


def has_phone_number(folded_text: str) -> bool:
    """Whether a toll-free number stands in it, or one that begins with + and a country."""
    return has_toll_free_number(folded_text) or _INTERNATIONAL.search(folded_text) is not None


def is_attack(text: str) -> bool:
    """Whether it is a probe of a database or of a browser: SQL, script, a path out of its folder."""
    return _ATTACKS.search(text) is not None
