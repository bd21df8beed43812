"""The key that signs cookies, generated on first use."""

import os
import secrets
from pathlib import Path

from portal.environment import BadSetting


def secret_key(var_dir: Path) -> str:
    """The key kept in VAR_DIR, made (mode 0600) when there is none.

    Two processes that start at once agree: whoever links its draft into place first wins, and both read that file.
    """
    path = var_dir / "secret_key"
    try:
        if not path.exists():
            _write(path)
        return path.read_text().strip()
    except OSError as error:
        raise BadSetting(
            f"The secret key cannot be kept in {path} ({error.strerror}): "
            "make the folder writable, or set VAR_DIR to another folder, or set SECRET_KEY."
        ) from None


def _write(path: Path) -> None:
    path.parent.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
    draft = path.with_name(f"secret_key.{os.getpid()}")
    draft.unlink(missing_ok=True)
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(50))
        try:
            os.link(draft, path)
        except FileExistsError:
            return
    finally:
        draft.unlink(missing_ok=True)
