"""Static files under hashed names once they are collected, and under their own names before that."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # whitenoise's class is untyped
    """Hashed and compressed files; without a manifest (tests, a fresh clone) the plain names, which the finders serve."""

    def stored_name(self, name: str) -> str:
        """The hashed name of a file, or the name itself while nothing is collected."""
        return str(super().stored_name(name)) if self.hashed_files else name
