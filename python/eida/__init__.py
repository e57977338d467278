"""Results of EIDA's programs in a notebook.

>>> run = eida.load_run("demo/probe")
>>> run.curves, run.plan, run.subspaces

Needs pandas, and safetensors with numpy for the subspaces: ``pip install eida[notebook]``. Reads files only; no program
is called.
"""

from __future__ import annotations

import os
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._results import Run

try:
    __version__ = version("eida")
except PackageNotFoundError:  # used from a checkout
    __version__ = "0+unknown"

__all__ = ["load_run"]


def load_run(path: str | os.PathLike[str]) -> Run:
    """The run folder of eida-probe, eida-train or eida-eval.

    Raises FileNotFoundError where the folder is none, and warns where the run did not finish.
    """
    from ._results import Run  # needs pandas

    return Run(path)
