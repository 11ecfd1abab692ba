"""What a data set says of itself: which of its splits judge trackers, and how."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True)
class Judges:
    """A split that trackers are judged by: a benchmark.

    Args:
        benchmark: what ``--benchmark`` calls it, and the row of a config's ``tracking.benchmarks``.
        title: as people write it.
        split: of the set; None: its only one.
        protocol: the rules of its own toolkit; None: other measures, see ``remark``.
        dataset: the set's name, by which toolkits choose their rules; None: the benchmark's.
        layout: of result files.
        remark: what else to know.
    """

    benchmark: str
    title: str
    split: str | None = None
    protocol: str | None = 'pytracking'
    dataset: str | None = None
    layout: Literal['flat', 'folders'] = 'flat'
    remark: str = ''


WITHHELD = 'the truth is withheld by its server'


def withheld(server: str) -> str:
    """The remark of a benchmark whose truth only its server has."""
    return f'{WITHHELD}: `vtzoo pack {server} RESULTS out.zip` writes the submission'


def benchmark_names() -> list[str]:
    """The benchmarks of vtzoo's own data sets, read from their files, which takes no import."""
    package = Path(__file__).parents[1]
    files = [*sorted((package / 'data' / 'datasets').glob('*.py')), package / 'synthetic' / 'dataset.py']
    return [name for path in files for name in re.findall(r"\bJudges\('(\w+)'", path.read_text('utf-8'))]
