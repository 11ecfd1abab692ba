"""The figures of validation: a toolkit's protocol over whole sequences, by the one scorer of this project."""

from __future__ import annotations

from collections.abc import Sequence

from mmengine.dist import all_gather_object
from mmengine.evaluator import BaseMetric

from vtzoo.data.sequence import TrackingSequence
from vtzoo.evaluation.benchmarks import truth_of
from vtzoo.evaluation.results import SequenceResult
from vtzoo.evaluation.scoring.protocols import Protocol, choose
from vtzoo.evaluation.scoring.score import Case, score
from vtzoo.evaluation.scoring.validation import validation_case
from vtzoo.registry import METRICS


@METRICS.register_module()
class TrackingMetric(BaseMetric):
    """Scores of a protocol in percent, such as AO, SR0.5 and SR0.75 of ``got10k``.

    Args:
        protocol: a row or a toolkit of :mod:`vtzoo.evaluation.scoring.protocols`, as ``vtzoo report --protocol``
            takes it.
        dataset: the set, where a toolkit has rules of its own for it: 'lasot'.
        prefix: stands before the names, for several metrics side by side: 'lasot' gives 'lasot/AUC'.

    Raises:
        ValueError: there is no such protocol.
    """

    default_prefix = ''

    def __init__(self, protocol: str = 'got10k', dataset: str = '', prefix: str | None = None) -> None:
        super().__init__(prefix=prefix)
        self.protocol: Protocol = choose(protocol, dataset)[0]

    def process(self, data_batch: Sequence[TrackingSequence], data_samples: Sequence[SequenceResult]) -> None:
        """Keep the results of sequences."""
        for sequence, result in zip(data_batch, data_samples, strict=True):
            if self.protocol.nan_overlap == 'error':  # GOT-10k's: frames of unknown truth do not count
                case = validation_case(sequence, result)
            else:
                truth = truth_of(sequence, self.protocol.clipped)
                case = Case(sequence.name, truth, [result.boxes], result.seconds)
            self.results.append(case)

    def evaluate(self, size: int) -> dict[str, float]:
        """-> name -> percent, over all sequences of all processes.

        Raises:
            ValueError: not one sequence can be scored.
        """
        cases = [case for part in all_gather_object(self.results) for case in part]
        self.results.clear()
        return {f'{self.prefix}/{name}' if self.prefix else name: value
                for name, value in self.compute_metrics(cases).items()}

    def compute_metrics(self, results: list[Case]) -> dict[str, float]:
        """-> name -> percent."""
        if not results:
            raise ValueError('not one validation sequence can be read: check the set with `vtzoo data check`.')
        return dict(score(self.protocol, dict(tracker=results))['tracker'].overall)
