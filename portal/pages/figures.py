"""Numbers as readers see them."""

from math import floor, log10

MISSING = "–"
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def count(number: int) -> str:
    """A whole number with its thousands apart: 14,042."""
    return f"{number:,}"


def counted(number: int, one: str, many: str = "") -> str:
    """A number with its noun: "1 result", "14,042 results"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def decimals(standard_error: float | None) -> int:
    """How many decimals a value deserves: those that show its standard error by two digits, 1 to 4 of them."""
    if not standard_error or standard_error < 0:
        return 2
    return min(4, max(1, 1 - floor(log10(standard_error))))


def measured(value: float, *, standard_error: float | None) -> str:
    """A measured value, as precise as its standard error allows."""
    return f"{value:.{decimals(standard_error)}f}"


def plain(value: float) -> str:
    """A number with at most three decimals and none that say nothing: 25, 0.25, 33.333."""
    return f"{value:.3f}".rstrip("0").rstrip(".")


def size(number_of_bytes: int) -> str:
    """An amount of memory or disk by powers of ten, as GPUs are sold: "45 GB", "3.3 MB", "700 B"."""
    for unit_size, unit in ((10**9, "GB"), (10**6, "MB"), (10**3, "KB")):
        if number_of_bytes >= unit_size:
            amount = number_of_bytes / unit_size
            return f"{amount:.0f} {unit}" if amount >= 10 else f"{amount:.1f} {unit}"
    return f"{number_of_bytes} B"


def device(name: str, number: int, *, has_cores: bool) -> str:
    """What is computed on: a processor with its cores, a GPU, several: "Xeon, 16 cores", "NVIDIA H200", "2 × NVIDIA H200"."""
    if has_cores and name and number:
        return f"{name}, {counted(number, 'core')}"
    return f"{number} × {name}" if number > 1 and name else name


def parameters(number: int) -> str:
    """How large a model is: "20.6 B", "1.4 M"."""
    for size, unit in ((10**9, "B"), (10**6, "M"), (10**3, "K")):
        if number >= size:
            return f"{number / size:.1f} {unit}"
    return str(number)


def duration(seconds: float) -> str:
    """How long something took: "4 s", "2 min 5 s", "3 h 20 min"."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
