"""Spam as it filled the archive's methods and datasets: telephone lines of firms that do not exist."""

import numpy as np

from bench.archive_generator.randomness import pick

PLACEHOLDER = "Please enter a description about the method here"

_FIRMS = (
    "Fendral Air", "Quillo Wallet", "Marnet Airways", "Tolbix Exchange", "Osprey Voyage", "Lumo Travel", "Brikk Ledger",
    "Aerovista Sur", "Pelican Tax", "Norvik Antivirus", "Zamba Hotels", "Cobalt Cruises",
)  # fmt: skip
_QUESTIONS = (
    "How do I speak to someone at {firm}?", "What is the {firm} customer service phone number?",
    "How do I file a dispute with {firm}?",
    "[[24/7~Helpline]] How can I get a full refund from {firm}?", "{firm}™ Customer Support Number {phone}",
    "Does {firm} have 24 hour live support? {phone}", "how to change the name on a {firm} ticket +1~888~555~01{two}",
    "¿Cómo puedo hablar con un agente de {firm}?", "¿Cuál es el número de teléfono de {firm} en español?",
    "¿Cómo llamar a {firm} desde México? {phone}", "{firm} Teléfono Atención al Cliente", "Call {firm} Now ({phone}) Fast Answer",
)  # fmt: skip
_BODIES = (
    "To reach a live person at {firm} dial {phone} (USA) or {phone}. Say \"agent\" when the menu begins and wait. "
    "The helpline is open around the clock for cancellations, refunds and date changes.",
    "Call {firm} customer service at {phone} now. An expert answers within two minutes, day and night. "
    "Keep your booking number ready; refunds, name changes and lost money are handled by phone at {phone}.",
    "Para comunicarse con {firm} marque {phone} y elija español. Un agente en vivo atiende las 24 horas para cambios, "
    "reembolsos y equipaje. También puede llamar al {phone} desde cualquier país.",
    "☎️ {phone} ☎️ {firm} support desk: dial ☎️ {phone} ☎️ for wallet recovery, disputes and account problems. "
    "Toll-free, no waiting.",
)  # fmt: skip
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def spam_text(rng: np.random.Generator) -> tuple[str, str]:
    """A name and a description; one name in four is a few random letters with the site's placeholder for a description."""
    if rng.random() < 0.25:
        name = "".join(pick(rng, _LETTERS) for _ in range(int(rng.integers(5, 10))))
        return name[:2] + name[2:].capitalize(), PLACEHOLDER
    firm, phone, two = pick(rng, _FIRMS), _phone(rng), f"{int(rng.integers(100)):02}"
    name = pick(rng, _QUESTIONS).format(firm=firm, phone=phone, two=two)
    if rng.random() < 0.15:
        return name, PLACEHOLDER
    # Such pages say the same thing many times over, for search engines.
    bodies = [pick(rng, _BODIES).format(firm=firm, phone=_phone(rng)) for _ in range(int(rng.integers(3, 28)))]
    return name, "\r\n".join(bodies)


def _phone(rng: np.random.Generator) -> str:
    last = f"01{int(rng.integers(100)):02}"
    return pick(
        rng, ("+1-888-555-{0}", "+1 (855) 555-{0}", "1*801*555*{0}", "+1||844||555||{0}", "【+1-805-555-{0}】", "+52-55-5555-{0}")
    ).format(last)
