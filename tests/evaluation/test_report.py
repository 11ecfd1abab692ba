"""`vtzoo report`: tables, plots, film strips and differences of any number of trackers."""

import csv
import json
import shutil
from dataclasses import replace

import cv2
import numpy as np
import pytest

from tests.evaluation.test_scoring import cases
from vtzoo.cli import main
from vtzoo.data.datasets.got10k import GOT10k
from vtzoo.data.sequence import TrackingSequence
from vtzoo.evaluation.benchmarks import BENCHMARKS
from vtzoo.evaluation.comparison import difference, subsets
from vtzoo.evaluation.report import Report, name_trackers
from vtzoo.evaluation.results import SequenceResult, write_result
from vtzoo.evaluation.scoring.protocols import PROTOCOLS
from vtzoo.evaluation.scoring.score import score
from vtzoo.evaluation.tables import Table


@pytest.fixture(scope='module')
def trackers(run_folder, data, tmp_path_factory):
    """A run of ours, and the first box and the truth a pixel aside as published results in other layouts."""
    root = tmp_path_factory.mktemp('trackers')
    shutil.copytree(run_folder, root / 'ours')
    for sequence in GOT10k('val', data):
        frames = len(sequence)
        still = SequenceResult(np.tile(sequence.boxes[0], (frames, 1)), np.ones(frames), np.full(frames, 0.5))
        write_result(root / 'still', sequence.name, still, 'folders')
        (root / 'near').mkdir(exist_ok=True)
        np.savetxt(root / 'near' / f'{sequence.name}.txt', sequence.boxes + np.eye(4)[0], fmt='%.3f', delimiter='\t')
    return [str(root / name) for name in ('near', 'still', 'ours')]


def test_everything_is_written_and_can_be_read(trackers, data, tmp_path, capsys):
    assert main(['report', *trackers, '--data', str(data), '--protocol', 'all', '--out', str(tmp_path / 'out')]) == 0
    said = capsys.readouterr().out
    assert '| got10k      | near    |' in said
    assert 'near - still' in said
    written = {path.name for path in (tmp_path / 'out').iterdir()}
    assert written == {'report.md', 'report.json', 'overall.csv', 'rules.csv', 'differences.csv', 'sequences.csv',
                       'success.png', 'success.pdf', 'worst.png'}
    overall = list(csv.DictReader((tmp_path / 'out/overall.csv').open()))
    assert len(overall) == 8 * 3
    assert overall[0]['protocol'] == 'got10k'  # the benchmark's own comes first
    assert float(overall[0]['AO']) > 85
    record = json.loads((tmp_path / 'out/report.json').read_text())
    assert record['protocols']['got10k']['near']['scores']['AO'] == float(overall[0]['AO'])
    assert record['protocols']['got10k']['still']['fps'] == 2
    assert len(record['sequences']) == 4
    strip = cv2.imread(str(tmp_path / 'out/worst.png'))
    assert strip.shape[1] == 6 * 324
    assert strip.shape[0] > 4 * 200
    assert (tmp_path / 'out/success.pdf').read_bytes().startswith(b'%PDF')
    assert '![success](success.png)' in (tmp_path / 'out/report.md').read_text()


def test_the_screen_speaks_markdown_csv_and_json(trackers, data, capsys):
    command = ['report', *trackers[:2], '--data', str(data), '--benchmark', 'got10k_val', '--format']
    assert main([*command, 'csv']) == 0
    assert capsys.readouterr().out.startswith('# Scores in percent\nprotocol,tracker,AO,SR0.5,SR0.75,FPS,sequences\n')
    assert main([*command, 'json']) == 0
    assert json.loads(capsys.readouterr().out)['differences'][0]['trackers'] == 'near - still'


def test_three_plots_where_the_protocol_has_three_curves(trackers, data, tmp_path):
    assert main(['report', trackers[0], '--benchmark', 'got10k_val', '--data', str(data), '--protocol', 'lasot',
                 '--out', str(tmp_path)]) == 0
    assert {path.stem for path in tmp_path.glob('*.pdf')} == {'success', 'precision', 'norm_precision'}


def test_what_is_wrong_is_named_and_leaves_no_figure(trackers, data, tmp_path, capsys):
    shutil.copytree(trackers[0], tmp_path / 'near')
    first, second, third, fourth = sorted((tmp_path / 'near').iterdir())
    first.unlink()
    second.write_text('1,2,3,4\n')
    third.write_text('1\t2\t3\t4\nnan\t2\t3\t4\n' + '1\t2\t3\t4\n' * 3)
    fourth.write_text('x\n')
    assert main(['report', str(tmp_path / 'near'), '--benchmark', 'got10k_val', '--data', str(data), '--protocol',
                 'trackingnet']) == 0
    said = capsys.readouterr().out
    assert 'near: GOT-10k_Val_000001: there are no results.' in said
    assert 'near: GOT-10k_Val_000002: 1 boxes for 12 frames.' in said
    assert 'near: GOT-10k_Val_000003: 1 prediction is NaN, the first in frame 1' in said
    assert "GOT-10k_Val_000004.txt line 1 is 'x': expected" in said
    assert '..\n' not in said
    assert main(['report', str(tmp_path / 'near'), '--benchmark', 'got10k_val', '--data', str(data)]) == 2
    assert 'got10k can score no sequence of near' in capsys.readouterr().err
    fourth.write_text(''.join(trackers_text(trackers[0], fourth.name)))
    assert main(['report', str(tmp_path / 'near'), '--benchmark', 'got10k_val', '--data', str(data)]) == 0
    said = capsys.readouterr().out
    assert '1 of 4' in said
    assert 'got10k gives near no score: it refuses GOT-10k_Val_000001 and 2 more (there are no results).' in said


def trackers_text(folder, name):
    with open(f'{folder}/{name}') as file:
        return file.readlines()


@pytest.mark.parametrize(('more', 'message'), [
    (['--benchmark', 'lasot'], 'LaSOT'), ([], 'no run.json says what the results are of: add --benchmark NAME'),
    (['--benchmark', 'vot2020'], 'come from runs of the VOT toolkit')])
def test_bad_input_is_one_sentence(trackers, data, more, message, capsys):
    assert main(['report', trackers[0], '--data', str(data), *more]) == 2
    said = capsys.readouterr().err
    assert message in said
    assert len(said.strip().splitlines()) == 1


def test_trackers_are_named_by_what_tells_them_apart(tmp_path):
    assert list(name_trackers(['results/lasot/a', 'results/lasot/b'])) == ['a', 'b']
    assert list(name_trackers(['raw/STARK/lasot', 'raw/OSTrack/lasot/'])) == ['STARK', 'OSTrack']
    assert list(name_trackers(['x/a', 'y/a', 'y/b'])) == ['x/a', 'y/a', 'y/b']
    with pytest.raises(ValueError, match='cannot be told apart'):
        name_trackers(['x/a', 'x/a', 'x/b'])


def scores_of(values, frames, protocol='lasot'):
    scores = score(PROTOCOLS[protocol], {'x': [replace(cases('a', protocol)[0])]})['x']
    return replace(scores, names=[f's{i}' for i in range(len(values))], scores={'AUC': np.array(values)},
                   frames=np.array(frames))


def test_the_interval_covers_the_true_difference_and_repeats():
    rng = np.random.default_rng(0)
    base = rng.uniform(20, 90, 60)
    ours, theirs = scores_of(base + rng.normal(2, 4, 60), [10] * 60), scores_of(base, [10] * 60)
    found = difference(ours, theirs, 'AUC')
    assert found == difference(ours, theirs, 'AUC')
    assert found.low < 2 < found.high
    assert found.low > 0
    expected = (ours.scores['AUC'] - base).std() / 60 ** 0.5 * 1.96
    assert (found.high - found.low) / 2 == pytest.approx(expected, rel=0.1)
    assert found.sequences == 60


def test_pooled_protocols_weigh_sequences_by_their_frames():
    ours, theirs = scores_of([10.0, 0.0], [90, 10]), scores_of([0.0, 10.0], [90, 10])
    assert difference(ours, theirs, 'AUC').mean == 0
    pooled = replace(ours, protocol=PROTOCOLS['got10k'])
    assert difference(pooled, theirs, 'AUC').mean == pytest.approx(8)
    with pytest.raises(ValueError, match='share no scored sequence'):
        difference(replace(ours, names=['a', 'b']), theirs, 'AUC')


def sequence(name, **attributes):
    return TrackingSequence(name, [], np.zeros((1, 4)), np.ones(1, bool), attributes)


def test_lasot_and_uav123_have_their_attributes():
    groups = subsets('lasot', [sequence('airplane-1'), sequence('zebra-17')])
    assert groups['SV'] == ['airplane-1', 'zebra-17']
    assert groups['POC'][0] == 'airplane-1'
    assert 'DEF' in groups
    assert len(subsets('uav123', [sequence('bike1')])) == 7
    assert subsets('nfs', [sequence('airplane-1')]) == {}
    assert subsets('nfs', [sequence('a', attributes=['IV'])]) == {'IV': ['a']}


def test_a_subset_is_averaged_by_the_protocols_own_rules():
    held = {tracker: [case for case in cases(tracker, 'lasot') if case.name != 'seq09'] for tracker in 'ab'}
    report = Report(BENCHMARKS['lasot'], [], held, {'lasot': score(PROTOCOLS['lasot'], held)}, [])
    members = ['seq00', 'seq11']
    table = report._attributes({'DEF': members, 'none': ['seq99']})
    assert [row[:2] for row in table.rows] == [['DEF', 2]]
    alone = {tracker: [case for case in cases(tracker, 'lasot') if case.name in members] for tracker in 'ab'}
    expected = [scores.overall['AUC'] for scores in score(PROTOCOLS['lasot'], alone).values()]
    assert table.rows[0][2:] == expected
    per_sequence = report.main['b'].scores['AUC'][[report.main['b'].names.index(name) for name in members]]
    assert expected[1] != pytest.approx(per_sequence.mean())  # b is dead on seq11, which LaSOT leaves out


def test_tables_align_and_keep_every_digit():
    table = Table('T', ['a', 'number'], [['x|y', 1 / 3], ['z', None]])
    assert table.markdown().splitlines()[2:] == [
        '| a    | number |', '| ---- | -----: |', '| x\\|y |   0.33 |', '| z    |      - |']
    assert table.csv() == 'a,number\nx|y,0.3333333333333333\nz,\n'
    assert table.records()[1] == {'a': 'z', 'number': None}
