"""`vtzoo vot`: entries that the toolkit can run, and scores of the runs it stored."""

import os
import sys
import types
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.evaluation.sets import write_checkpoint
from tests.evaluation.test_scoring import golden
from vtzoo.cli import main
from vtzoo.evaluation.vot.entry import serve
from vtzoo.evaluation.vot.workspace import read_trackers, score_workspace


def as_rows(boxes):
    return ''.join(','.join(repr(float(value)) for value in box) + '\n' for box in boxes)


@pytest.fixture
def workspace(tmp_path):
    """The recorded runs of tracker a, as the toolkit stores them in text."""
    g, names = golden(), list(map(str, golden()['vot/box/sequences']))
    for name in names:
        folder = tmp_path / 'sequences' / name
        folder.mkdir(parents=True)
        width, height = g[f'vot/input/{name}/image_size']
        (folder / 'sequence').write_text(f'name={name}\nwidth={width}\nheight={height}\n')
        (folder / 'groundtruth.txt').write_text(as_rows(g[f'vot/input/{name}/gt']))
        np.savetxt(folder / 'anchor.value', g[f'vot/input/{name}/anchor'], fmt='%d')
        results = tmp_path / 'results/a/baseline' / name
        results.mkdir(parents=True)
        for j, anchor in enumerate(g[f'vot/box/{name}/run_anchor_frames']):
            boxes = g[f'vot/box/{name}/a/run{j}/boxes']
            (results / f'{name}_{anchor:08d}.txt').write_text('1\n' + as_rows(boxes))
    (tmp_path / 'sequences/list.txt').write_text('\n'.join(names) + '\n')
    (tmp_path / 'trackers.ini').write_text('[a]\nprotocol = traxpython\n')
    return tmp_path


def test_a_workspace_is_scored_as_the_toolkit_does(workspace, capsys):
    g, scores = golden(), score_workspace(workspace, 'a')
    assert scores.accuracy == pytest.approx(g['vot/box/accuracy'][0], abs=1e-12)
    assert scores.robustness == pytest.approx(g['vot/box/robustness'][0], abs=1e-12)
    assert scores.eao == pytest.approx(g['vot/box/eao'][0], abs=1e-12)
    assert main(['vot', 'score', str(workspace)]) == 0
    assert '| a       | 0.083 | 0.443 | 0.565 |' in capsys.readouterr().out


def test_a_missing_or_short_run_is_named(workspace, capsys):
    run = next((workspace / 'results/a/baseline/seq00').iterdir())
    run.write_text('1\n1,2,3,4\n')
    assert main(['vot', 'score', str(workspace), 'a']) == 2
    assert f'{run} has 2 regions for' in capsys.readouterr().err
    run.unlink()
    assert main(['vot', 'score', str(workspace), 'a']) == 2
    assert f'there is no run {run.with_suffix("")}.bin or .txt' in capsys.readouterr().err


def test_init_writes_an_entry_beside_the_others(workspace, config, checkpoint, capsys):
    assert main(['vot', 'init', str(workspace), config, checkpoint]) == 0
    assert 'vtzoo vot selftest' in capsys.readouterr().out
    trackers = read_trackers(workspace)
    assert trackers.sections() == ['a', 'vtzoo_mixformer_tiny']
    entry = trackers['vtzoo_mixformer_tiny']
    assert entry['protocol'] == 'traxpython'
    assert entry['python'] == sys.executable
    assert str(workspace) in entry['paths'].split(os.pathsep)
    script = (workspace / f'{entry["command"]}.py').read_text()
    assert f"serve({str(Path(config).resolve())!r}, {checkpoint!r}, 'cpu')" in script
    compile(script, 'entry', 'exec')


def test_init_refuses_a_checkpoint_of_another_tracker(workspace, config, tmp_path, capsys):
    other = write_checkpoint(tmp_path / 'x.pth', 'sparsett_tiny')
    assert main(['vot', 'init', str(workspace), config, str(other)]) == 2
    assert 'the checkpoint does not fit' in capsys.readouterr().err
    assert read_trackers(workspace).sections() == ['a']


def test_selftest_says_what_is_missing(workspace, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, 'trax', None)
    assert main(['vot', 'selftest', str(workspace), 'b']) == 2
    assert "no tracker 'b'; known: a" in capsys.readouterr().err
    assert main(['vot', 'selftest', str(workspace), 'a']) == 2
    assert "pip install 'vot-toolkit" in capsys.readouterr().err


def test_the_entry_answers_every_request(config, checkpoint, tmp_path, monkeypatch):
    """Against a stand-in for the TraX bindings, which the tests' environment does not have."""
    image = np.random.default_rng(0).integers(0, 255, (72, 96, 3), np.uint8)
    cv2.imwrite(str(tmp_path / '1.png'), image)
    picture = types.SimpleNamespace(path=lambda: str(tmp_path / '1.png'))
    region = types.SimpleNamespace(bounds=lambda: (30.0, 20.0, 20.0, 16.0))
    kinds = ('initialize', 'frame', 'initialize', 'frame', 'quit')
    requests = [types.SimpleNamespace(type=kind, image={'color': picture}, objects=[(region, {})]) for kind in kinds]
    answers = []

    class Server:
        def __init__(self, regions, images, **_):
            assert (regions, images) == (['rectangle'], ['path'])

        def __enter__(self):
            return self

        def __exit__(self, *_):
            answers.append('closed')

        def wait(self):
            return requests.pop(0)

        def status(self, objects):
            answers.append(objects[0])

    monkeypatch.setitem(sys.modules, 'trax', types.SimpleNamespace(
        Server=Server, Rectangle=types.SimpleNamespace(create=lambda *box: box),
        Region=types.SimpleNamespace(RECTANGLE='rectangle'), FileImage=types.SimpleNamespace(PATH='path'),
        TraxStatus=types.SimpleNamespace(QUIT='quit', INITIALIZE='initialize')))
    serve(config, checkpoint, 'cpu')
    assert answers[0] == ((30.0, 20.0, 20.0, 16.0), {'confidence': '1.0'})
    assert len(answers[1][0]) == 4
    assert answers[2:4] == answers[:2]  # a second start forgets the first
    assert answers[4] == 'closed'


def test_init_keeps_what_it_did_not_write(workspace, config, checkpoint, capsys):
    text = '# our trackers\n[a]\nprotocol = traxpython\n; not run\n[b]\nCommand = x\n'
    (workspace / 'trackers.ini').write_text(text)
    for _ in range(2):
        assert main(['vot', 'init', str(workspace), config, checkpoint]) == 0
    written = (workspace / 'trackers.ini').read_text()
    assert written.startswith(text)
    assert written.count('[vtzoo_mixformer_tiny]') == 1
    entry = workspace / 'vtzoo_mixformer_tiny.py'
    entry.write_text('mine = True\n')
    assert main(['vot', 'init', str(workspace), config, checkpoint]) == 2
    assert 'was not written by `vtzoo vot init`: rename it first' in capsys.readouterr().err
    assert (entry.read_text(), (workspace / 'trackers.ini').read_text()) == ('mine = True\n', written)


@pytest.mark.parametrize(('file', 'content', 'message'), [
    ('trackers.ini', b'[a]\n[a]\n', 'trackers.ini cannot be read'),
    ('trackers.ini', b'a = 1\n', 'trackers.ini cannot be read'),
    ('trackers.ini', b'\xff\xfe', 'trackers.ini cannot be read'),
    ('sequences/list.txt', b'../../victim\n', "names a sequence '../../victim', which cannot name a folder"),
    ('sequences/seq00/sequence', b'name=x\n', 'does not say the width and the height'),
    ('sequences/seq00/sequence', b'width=x\nheight=2\n', 'does not say the width and the height'),
    ('sequences/seq00/groundtruth.txt', b'1,2,x,4\n', 'is not a trajectory of the VOT toolkit'),
    ('sequences/seq00/groundtruth.txt', b'm0,0,1000000,1000000,5\n', 'it has more than 160 megapixels'),
    ('sequences/seq00/groundtruth.txt', b'1,2,3,4\n', 'values for 1 frames'),
    ('sequences/seq00/groundtruth.txt', b'minf,0,1,1,5\n', 'is not a trajectory of the VOT toolkit'),
    ('sequences/seq00/anchor.value', b'1\nx\n', 'anchor.value line 2')])
def test_what_cannot_be_read_is_named(workspace, capsys, file, content, message):
    (workspace / file).write_bytes(content)
    assert main(['vot', 'score', str(workspace)]) == 2
    said = capsys.readouterr().err
    assert message in said
    assert len(said.strip().splitlines()) == 1
