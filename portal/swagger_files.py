"""Where Swagger UI's files are: in a package, of whose two hundred files the site serves four (portal/api/documentation.py)."""

from importlib.util import find_spec
from pathlib import Path

_package = find_spec("drf_spectacular_sidecar")
SWAGGER_FILES = (
    Path(str(_package.origin)).parent / "static" / "drf_spectacular_sidecar" / "swagger-ui-dist" if _package else Path()
)
