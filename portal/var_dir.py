"""Where the site keeps what it writes; known before the settings are, since the servers' folders are in it."""

from pathlib import Path

from portal import environment

BASE_DIR = Path(__file__).resolve().parent.parent


def var_dir() -> Path:
    """The absolute path of VAR_DIR: the folder `var` of the clone unless the environment names another."""
    return environment.folder("VAR_DIR", default=BASE_DIR / "var")
