"""`python -m kling_foley_core.cli`."""

import sys

from . import main

sys.exit(main())
