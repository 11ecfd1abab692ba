"""``python -m vtzoo``: the same as the ``vtzoo`` command."""

import sys

from vtzoo.cli import main

if __name__ == '__main__':
    sys.exit(main())
