"""Where the project and the sample files are. No fixtures here: parametrising tests need these."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent

_ASKED: Final = os.environ.get("MYDATA_SAMPLES", "")
SAMPLES: Final = Path(_ASKED).resolve() if _ASKED else ROOT.parent / "shared" / "samples"

NO_SAMPLES: Final = "the shared sample files are not beside the project (or in MYDATA_SAMPLES)"
