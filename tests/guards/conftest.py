"""Makes the tests' own builders importable."""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

if str(ROOT) not in sys.path:  # the tests are not part of the package
    sys.path.insert(0, str(ROOT))
