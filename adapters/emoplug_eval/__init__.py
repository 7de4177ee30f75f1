"""Measures emoplug on public benchmarks, honestly: with intervals, baselines and what others have.

report = evaluate("goemotions", "data")     # the data set's folder, the folder of all, or a file
"""

from emoplug_eval._evaluate import evaluate
from emoplug_eval._report import Data, Published, Report

__all__ = ["Data", "Published", "Report", "evaluate"]
