"""Start the program: `python -m recognizer`, the console script and the packaged executable."""

import sys

from recognizer.cli import main

if __name__ == "__main__":
    sys.exit(main())
