"""`python -m playmirror` is `playmirror`."""

import sys

from .cli import main

sys.exit(main())
