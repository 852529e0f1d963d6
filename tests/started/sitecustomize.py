"""What every Python that tests start does first: the secrets that it makes are marked too."""

import runpy
from pathlib import Path

runpy.run_path(str(Path(__file__).parents[1] / "planted.py"))["plant"]()
