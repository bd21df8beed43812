"""The keeper's own process (portal/embedded/keeper.py)."""

import sys

from portal.embedded.keeper import main

sys.exit(main())
