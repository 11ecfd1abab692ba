"""`vtzoo test`: parallel equals serial, a killed run goes on, a crash is told and the others finish."""

import json
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from tests.data.datasets import layouts
from tests.evaluation.sets import write_checkpoint, write_got10k
from vtzoo.cli import main
from vtzoo.data.datasets.got10k import GOT10k
from vtzoo.evaluation.results import ResultFolder, read_rows
from vtzoo.evaluation.run_benchmark import place
from vtzoo.evaluation.run_sequence import run_sequence
from vtzoo.inference.online import Result

SHELL = [sys.executable, '-m', 'vtzoo']


def command(data, config, checkpoint, out, *more):
    return ['test', config, checkpoint, '--benchmark', 'got10k_val', '--data', str(data), '--out', str(out), *more]


def files(folder, kinds=('_001.txt', '_score.txt')):
    """Names and bytes of boxes and scores."""
    return {path.name: path.read_bytes() for path in sorted(Path(folder).rglob('*')) if path.name.endswith(kinds)}


def test_a_run_says_what_produced_it_and_scores_itself(run_folder, data):
    about = json.loads((run_folder / 'run.json').read_text())
    assert about['benchmark'] == 'got10k_val'
    assert about['config'] == 'mixformer_tiny'
    assert 'CornerHead' in about['config_text']
    assert about['settings']['templates']['interval'] == 5
    assert len(about['checkpoint_sha256']) == 64
    assert about['frames'] == {f'GOT-10k_Val_{n:06d}': length for n, length in enumerate((7, 12, 5, 9), 1)}
    session, = about['sessions']
    assert {'torch', 'numpy', 'opencv', 'vtzoo'} <= set(session['versions'])
    assert {'started', 'machine', 'revision'} <= set(session)
    scores = json.loads((run_folder / 'scores.json').read_text())['got10k']
    assert scores['sequences'] == 4
    assert scores['frames'] == 6 + 11 + 4 + 8 - 1  # the first frames and the hidden one do not count
    assert 0 <= scores['scores']['AO'] <= 100


def test_the_first_box_is_the_truth_and_every_frame_has_a_row(run_folder, data):
    dataset, results = GOT10k('val', data), ResultFolder(run_folder)
    for sequence in dataset:
        boxes, = results.boxes(sequence.name)
        assert boxes.shape == (len(sequence), 4)
        assert np.array_equal(boxes[0], sequence.boxes[0])
        assert (results.seconds(sequence.name) > 0).all()
        assert read_rows(run_folder / sequence.name / f'{sequence.name}_score.txt')[0] == 1


def test_processes_of_a_torchrun_share_the_sequences(run_folder, data, config, checkpoint, tmp_path, monkeypatch,
                                                     capsys):
    for rank in '01':
        monkeypatch.setenv('RANK', rank)
        monkeypatch.setenv('WORLD_SIZE', '2')
        assert main(command(data, config, checkpoint, tmp_path / 'out', '--workers', '1')) == 0
        said = capsys.readouterr().out
        assert '2 of 2 sequences to run' in said
        assert ('not all sequences are done' in said) == (rank == '0')
    assert files(tmp_path / 'out') == files(run_folder)


@pytest.mark.parametrize('moment', [1, 4, 9])
def test_a_run_killed_at_any_file_goes_on_where_it_was(run_folder, data, config, checkpoint, tmp_path, moment):
    """kill -9 as a file is about to get its name: run.json is the first, then three a sequence."""
    out = tmp_path / 'out'

    def run():
        replace, left = os.replace, iter(range(moment, -1, -1))

        def replace_or_die(*paths):
            if not next(left):
                os.kill(os.getpid(), signal.SIGKILL)
            replace(*paths)

        os.replace = replace_or_die
        main(command(data, config, checkpoint, out, '--workers', '1'))

    process = multiprocessing.get_context('fork').Process(target=run)
    process.start()
    process.join(100)
    assert process.exitcode == -signal.SIGKILL
    done = {path: path.stat().st_mtime_ns for path in out.rglob('*_001.txt')}
    assert len(done) == (moment - 1) // 3
    assert main(command(data, config, checkpoint, out, '--workers', '1')) == 0
    assert files(out) == files(run_folder)
    assert len(json.loads((out / 'run.json').read_text())['sessions']) == 2
    assert all(path.stat().st_mtime_ns == when for path, when in done.items())


@pytest.mark.slow
def test_a_killed_run_leaves_no_process_and_goes_on_where_it_was(run_folder, data, config, checkpoint, tmp_path):
    out = tmp_path / 'out'
    process = subprocess.Popen([*SHELL, *command(data, config, checkpoint, out, '--workers', '2')],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    children, deadline = Path(f'/proc/{process.pid}/task/{process.pid}/children'), time.monotonic() + 100
    while not files(out, '_001.txt') and time.monotonic() < deadline:
        time.sleep(0.01)
    workers = children.read_text().split() if children.is_file() else []
    process.send_signal(signal.SIGKILL)
    process.wait()
    while any(map(alive, workers)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(map(alive, workers))
    done = {path: path.stat().st_mtime_ns for path in out.rglob('*_001.txt')}
    assert 1 <= len(done) < 4
    assert main(command(data, config, checkpoint, out, '--workers', '1')) == 0
    assert files(out) == files(run_folder)
    assert len(json.loads((out / 'run.json').read_text())['sessions']) == 2
    assert all(path.stat().st_mtime_ns == when for path, when in done.items())


def alive(process):
    stat = Path(f'/proc/{process}/stat')
    return stat.exists() and stat.read_text().rpartition(')')[2].split()[0] not in 'ZX'


@pytest.mark.parametrize(('workers', 'start'), [
    ('1', None), ('2', 'fork'), pytest.param('2', 'spawn', marks=pytest.mark.slow)])
def test_parallel_equals_serial_and_a_crash_is_told_while_the_others_finish(run_folder, config, checkpoint, tmp_path,
                                                                            capfd, monkeypatch, workers, start):
    """Processes are spawned, which takes seconds each to import torch; forked ones do the same work."""
    start = multiprocessing.get_context(start)
    monkeypatch.setattr('vtzoo.evaluation.run_benchmark.multiprocessing.get_context', lambda _: start)
    data = write_got10k(tmp_path / 'data')
    broken = data / 'got10k/val/GOT-10k_Val_000002/00000004.jpg'
    whole = broken.read_bytes()
    broken.write_bytes(b'no image')
    assert main(command(data, config, checkpoint, tmp_path / 'out', '--workers', workers)) == 1
    said = capfd.readouterr()
    assert 'GOT-10k_Val_000002 failed:\nTraceback' in said.err
    assert 'FrameError' in said.err
    assert '00000004.jpg' in said.err
    assert '1 of 4 sequences failed, the others are done' in said.err
    assert len(files(tmp_path / 'out', '_001.txt')) == 3
    broken.write_bytes(whole)
    assert main(command(data, config, checkpoint, tmp_path / 'out', '--workers', workers)) == 0
    assert '1 of 4 sequences to run' in capfd.readouterr().out
    assert files(tmp_path / 'out') == files(run_folder)


def test_results_of_two_trackers_never_mix(run_folder, data, config, tmp_path, capsys):
    other = write_checkpoint(tmp_path / 'other.pth', seed=1)
    assert main(command(data, config, str(other), run_folder)) == 2
    assert 'holds results of another run (checkpoint, checkpoint_sha256 differ)' in capsys.readouterr().err
    stray = tmp_path / 'stray'
    stray.mkdir()
    (stray / 'GOT-10k_Val_000001.txt').write_text('1,2,3,4\n')
    assert main(command(data, config, str(other), stray)) == 2
    assert 'no run.json' in capsys.readouterr().err


def test_repetitions_are_averaged_as_got10k_does(run_folder, data, config, checkpoint, tmp_path, capsys):
    shutil.copytree(run_folder, tmp_path / 'out')
    assert main(command(data, config, checkpoint, tmp_path / 'out', '--workers', '1', '--repeat', '2')) == 0
    assert ResultFolder(tmp_path / 'out').seconds('GOT-10k_Val_000001').shape == (7, 2)
    scores = json.loads((tmp_path / 'out/scores.json').read_text())['got10k']
    once = json.loads((run_folder / 'scores.json').read_text())['got10k']
    assert scores['frames'] == 2 * once['frames']
    assert scores['scores']['AO'] == pytest.approx(once['scores']['AO'], abs=1e-12)  # the tracker is deterministic


def test_a_mended_annotation_is_run_and_counted(tmp_path, config, checkpoint, capsys):
    data = write_got10k(tmp_path / 'data', (5, 5))
    path = data / 'got10k/val/GOT-10k_Val_000002/groundtruth.txt'
    whole = path.read_text()
    path.write_text(whole.partition('\n')[2])
    assert main(command(data, config, checkpoint, tmp_path / 'out', '--workers', '1')) == 1
    said = capsys.readouterr().err
    assert 'GOT-10k_Val_000002 holds 5 frames, of which 4 are annotated' in said
    assert '1 of 2 sequences failed' in said
    path.write_text(whole)
    assert main(command(data, config, checkpoint, tmp_path / 'out', '--workers', '1')) == 0
    frames = json.loads((tmp_path / 'out/run.json').read_text())['frames']
    assert frames == {'GOT-10k_Val_000001': 5, 'GOT-10k_Val_000002': 5}


def test_videos_of_your_own_are_run_and_scored_where_their_truth_is_known(tmp_path, config, checkpoint, capsys):
    for name in 'ab':
        layouts.frames(tmp_path / 'own' / name, '%d.jpg', 0, 3)
        layouts.write(tmp_path / 'own' / name / 'boxes.txt', layouts.rows(3))
    words = ['test', config, checkpoint, '--benchmark', f'own:{tmp_path / "own"}', '--workers', '1', '--out']
    assert main([*words, str(tmp_path / 'scored')]) == 0
    assert '| lorat ' in capsys.readouterr().out
    assert main(['report', str(tmp_path / 'scored')]) == 2
    assert 'own_own, videos of your own: add --benchmark own:FOLDER' in capsys.readouterr().err
    assert main(['report', str(tmp_path / 'scored'), '--benchmark', f'own:{tmp_path / "own"}']) == 0
    layouts.write(tmp_path / 'own/b/boxes.txt', layouts.rows(1))
    assert main([*words, str(tmp_path / 'unscored')]) == 0
    assert 'no scores, b has a truth for its first frame only' in capsys.readouterr().out


@pytest.mark.parametrize(('wrong', 'message'), [
    (['--benchmark', 'lassot'], "no benchmark 'lassot'; known: got10k_val"),
    (['--protocol', 'mine'], "no protocol 'mine'; known: otb"),
    (['--workers', '0'], '--workers is at least 1'),
    (['--repeat', '0'], '--repeat is at least 1'),
    (['--device', 'cuda'], 'there is no GPU'),
    (['--device', 'tpu'], "there is no device 'tpu' here: write cpu, cuda or cuda:N"),
    (['--device', 'xpu'], "there is no device 'xpu' here"),
    (['--data', '/nowhere'], 'GOT-10k is not under the data root /nowhere'),
    (['--benchmark', 'uav123', '--repeat', '3'], '--repeat is for GOT-10k'),
    (['--workers', '2'], 'the checkpoint does not fit')])
def test_bad_input_is_one_sentence(data, config, checkpoint, tmp_path, capsys, monkeypatch, wrong, message):
    monkeypatch.setattr('torch.cuda.is_available', lambda: False)
    if 'checkpoint' in message:
        checkpoint = write_checkpoint(tmp_path / 'other.pth', 'sparsett_tiny')
    assert main([*command(data, config, str(checkpoint), tmp_path / 'out'), *wrong]) == 2
    said = capsys.readouterr().err
    assert message in said
    assert len(said[said.index('vtzoo test'):].strip().splitlines()) == 1
    assert not (tmp_path / 'out').exists()


def test_devices_and_cores_are_found(monkeypatch):
    monkeypatch.setattr('torch.cuda.is_available', lambda: True)
    monkeypatch.setattr('torch.cuda.device_count', lambda: 4)
    assert place().devices == ('cuda:0', 'cuda:1', 'cuda:2', 'cuda:3')
    assert place(workers=6).devices[4:] == ('cuda:0', 'cuda:1')
    assert place('cuda:2', 2).devices == ('cuda:2', 'cuda:2')
    with pytest.raises(ValueError, match='there is no cuda:4: torch finds 4'):
        place('cuda:4')
    for key, value in dict(RANK=5, WORLD_SIZE=8, LOCAL_RANK=1, LOCAL_WORLD_SIZE=4).items():
        monkeypatch.setenv(key, str(value))
    assert (place().rank, place().world, place().devices) == (5, 8, ('cuda:1',))
    assert len(place('cpu').devices) == max(1, len(os.sched_getaffinity(0)) // 4)


def test_the_loop_gives_the_tracker_the_truth_once():
    class Follower:
        """Adds one to x each frame."""

        def init(self, image, box):
            self.box, self.seen = np.array(box), [image.sum()]

        def track(self, image):
            self.box, self.seen = self.box + np.eye(4)[0], [*self.seen, image.sum()]
            return Result(tuple(self.box), 0.25, False)

    class Clip:
        frames = [np.full((4, 4, 3), i, np.uint8) for i in range(3)]
        boxes = np.array([[0.5, 1, 2, 2], [np.nan] * 4, [9, 9, 1, 1]])

    tracker = Follower()
    result = run_sequence(tracker, Clip)
    assert result.boxes.tolist() == [[0.5, 1, 2, 2], [1.5, 1, 2, 2], [2.5, 1, 2, 2]]
    assert result.scores.tolist() == [1, 0.25, 0.25]
    assert tracker.seen == [0, 48, 96]
    assert (result.seconds > 0).all()


def test_a_run_is_held_against_a_card(run_folder, data, config, checkpoint, tmp_path, capsys):
    out, card = tmp_path / 'out', tmp_path / 'card.md'
    shutil.copytree(run_folder, out)
    found = json.loads((out / 'scores.json').read_text())['got10k']['scores']['AO']
    front = ('---\nmodel-index:\n- name: mixformer_tiny\n  results:\n  - dataset: {{type: got10k_val}}\n    metrics:\n'
             '    - {{type: AO, value: {}, band: 0.3, args: {{protocol: got10k, checkpoint_sha256: {}}}}}\n---\n')
    expect = [*command(data, config, checkpoint, out), '--expect', str(card)]
    for value, code in ((found + 0.2, 0), (found + 0.4, 1)):
        card.write_text(front.format(value, 'a' * 64))
        assert main(expect) == code
        said = capsys.readouterr().out
        assert ('pass' in said, 'FAIL' in said) == (code == 0, code == 1)
        assert f'{value:.2f}' in said
        assert 'other weights' in said
    assert main([*expect, '--partial']) == 2
    card.write_text(front.format(1, 'a' * 64).replace('got10k_val', 'lasot'))
    assert main([*command(data, config, checkpoint, tmp_path / 'new'), '--expect', str(card)]) == 2
    assert 'it has: lasot by got10k' in capsys.readouterr().err
    assert not (tmp_path / 'new').exists()
