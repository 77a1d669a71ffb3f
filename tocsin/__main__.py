"""`python -m tocsin`: the command line, where the script is not on the path."""

import sys

from tocsin.cli import main

if __name__ == "__main__":
    sys.exit(main())
