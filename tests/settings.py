"""Settings of a test run: those of a developer's machine, with a data folder that goes when the run ends.

pytest-django reads the settings before any conftest, so the environment has to be made here.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

os.environ.setdefault("DEBUG", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy: with small products threads wait for each other
if "DATA_DIR" not in os.environ:  # xdist's workers and other processes inherit the one that was made first
    os.environ["DATA_DIR"] = tempfile.mkdtemp(prefix="plumbline-tests-")
    atexit.register(shutil.rmtree, os.environ["DATA_DIR"], ignore_errors=True)
(Path(os.environ["DATA_DIR"]) / "static").mkdir(
    parents=True, exist_ok=True
)  # where it is missing, each request warns

from config.settings import *  # noqa: E402, F403
