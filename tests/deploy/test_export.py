"""Exported trackers answer as PyTorch does, through every door; what cannot be exported leaves nothing behind."""

import json
import subprocess
import sys

import cv2
import numpy as np
import pytest
import torch

import vtzoo
from vtzoo.checkpoints.exports import SETTINGS, is_export, read_settings
from vtzoo.cli import main
from vtzoo.deploy.check import BOUNDS
from vtzoo.deploy.engines import installed
from vtzoo.deploy.runner import runner
from vtzoo.inference.multi import MultiTracker
from vtzoo.synthetic import Synthetic

CONFIGS = {  # many candidates need trained weights: random ones score them all alike
    'corner and SPM': ('tests/configs/mixformer_tiny_spm.py', 'seeded'),
    'dense head': ('nano/lite_nano', 'shipped'),
}
HYBRIDS = {
    'query head': ('tests/configs/sparsett_tiny.py', {'model.head.type': 'QueryHead'}),
    'double head and SPM': ('tests/configs/sparsett_tiny.py', {'model.confidence': dict(type='SPM')}),
    'MAM': ('tests/configs/mixformer_tiny.py', {'model.fusion.type': 'MAM'}),
    'cross-attention': ('tests/configs/sparsett_tiny.py', {'model.fusion.type': 'CrossAttention'}),
}
needs_packages = pytest.mark.skipif(not (installed('onnx') and installed('openvino')),
                                    reason='needs the export extra: onnxruntime and openvino')


def weights(cfg, which, path):
    if which == 'shipped':
        return which
    torch.manual_seed(0)
    torch.save(dict(state_dict=vtzoo.build_model(cfg).state_dict()), path)
    return path


def follow(tracker, sequence, count=6):
    """Boxes and scores of a free run, in which differences of 1e-4 in a crop grow: whole pixels are cut."""
    tracker.init(sequence.frames[0], sequence.boxes[0])
    return np.array([[*(one := tracker.track(sequence.frames[i])).box, one.score] for i in range(1, count)])


@needs_packages
@pytest.mark.slow
@pytest.mark.parametrize('form', ['onnx', 'openvino'])
@pytest.mark.parametrize('name', CONFIGS)
def test_an_exported_tracker_follows_as_pytorch_does(name, form, tmp_path):
    config, which = CONFIGS[name]
    cfg, sequence = vtzoo.load_config(config), Synthetic('test')[1]
    file, out = weights(cfg, which, tmp_path / 'w.pth'), tmp_path / 'out'
    assert main(['export', config, str(file), str(out), '--format', form]) == 0
    expected = follow(vtzoo.load_tracker(cfg, file), sequence)
    np.testing.assert_allclose(follow(vtzoo.load_tracker(out), sequence), expected, atol=0.3)
    many = MultiTracker(vtzoo.load_tracker(out))
    for name in 'ab':
        many.add(sequence.frames[0], sequence.boxes[0], name)
    for i in range(1, 4):
        for result in many.track(sequence.frames[i]).values():
            np.testing.assert_allclose(result.box, expected[i - 1, :4], atol=0.3)
    settings = read_settings(out)
    assert max(settings['check']['differences'].values()) <= BOUNDS['fp32']
    check_program(out, sequence, tmp_path, vtzoo.load_tracker(cfg, file))


def check_program(out, sequence, folder, tracker):
    """The small program gives the boxes of a tracker that keeps its first template."""
    video = folder / 'video.avi'
    writer = cv2.VideoWriter(str(video), cv2.VideoWriter_fourcc(*'FFV1'), 25, (320, 240))
    for i in range(4):
        writer.write(np.ascontiguousarray(sequence.frames[i][..., ::-1]))
    writer.release()
    box = ','.join(map(str, sequence.boxes[0]))
    done = subprocess.run([sys.executable, 'run.py', str(video), box], cwd=out, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = np.array([list(map(float, line.split(','))) for line in done.stdout.splitlines()])
    capture = cv2.VideoCapture(str(video))
    frames = [cv2.cvtColor(capture.read()[1], cv2.COLOR_BGR2RGB) for _ in range(4)]
    tracker.init(frames[0], sequence.boxes[0])
    expected = [tracker.track(frame).box for frame in frames[1:]]
    np.testing.assert_allclose(found[1:], expected, atol=0.3)


PROGRAMS = {
    'best of one': ('mixformer_tiny.py', {}),
    'slow size': ('mixformer_tiny.py', {'tracking.ranking': dict(type='Best', rate=0.3)}),
    'Hann window': ('ostrack_tiny.py', {}),
    'window penalty': ('sparsett_tiny.py', {}),
    'best of many': ('sparsett_tiny.py', {'tracking.ranking': dict(type='Best')}),
    'window penalty and SPM': ('sparsett_tiny.py', {'model.confidence': dict(type='SPM')}),
}


@needs_packages
@pytest.mark.slow
@pytest.mark.parametrize('name', PROGRAMS)
def test_the_program_follows_as_the_exported_tracker(name, tmp_path):
    """Both run the same graphs, so that even candidates alike are chosen alike; a target at the image's edge too."""
    from vtzoo.deploy.export import export

    config, options = PROGRAMS[name]
    cfg = vtzoo.load_config(f'tests/configs/{config}', {'tracking.templates': dict(type='FirstOnly'), **options})
    torch.manual_seed(0)
    done = export(vtzoo.build_model(cfg), cfg, tmp_path / 'out', bound=1e3)
    video, frames = tmp_path / 'video.avi', Synthetic('test')[1].frames
    writer = cv2.VideoWriter(str(video), cv2.VideoWriter_fourcc(*'FFV1'), 25, (320, 240))
    for i in range(6):
        writer.write(np.ascontiguousarray(frames[i][..., ::-1]))
    writer.release()
    for box in ((100, 80, 60, 50), (-20, 200, 70, 60)):
        tracker = vtzoo.load_tracker(done.folder)
        expected = [tracked.box for tracked in vtzoo.track(str(video), box, tracker, recovery=None)]
        said = subprocess.run([sys.executable, 'run.py', str(video), ','.join(map(str, box))], cwd=done.folder,
                              capture_output=True, text=True)
        assert said.returncode == 0, said.stderr
        found = [list(map(float, line.split(','))) for line in said.stdout.splitlines()]
        np.testing.assert_allclose(found, expected, atol=0.02)


@needs_packages
def test_a_program_for_parts_of_your_own_says_what_it_lacks():
    settings = dict(crop=dict(type='AreaCrop'), format='onnx', precision='fp32', graphs=dict(read=dict(outputs=[])),
                    tracking=dict(ranking=dict(type='Mine')))
    assert 'the ranking Mine is yours' in runner(settings)
    assert 'the crop Cut is yours' in runner(settings | dict(crop=dict(type='Cut')))


@needs_packages
@pytest.mark.slow
@pytest.mark.parametrize('name', HYBRIDS)
def test_hybrids_export(name, tmp_path):
    base, options = HYBRIDS[name]
    cfg = vtzoo.load_config(base, options)
    from vtzoo.deploy.export import export

    done = export(vtzoo.build_model(cfg), cfg, tmp_path / 'out')
    assert max(one.value for one in done.differences) <= BOUNDS['fp32']
    assert ('score' in read_settings(done.folder)['graphs']) == (name == 'double head and SPM')


@needs_packages
@pytest.mark.slow
def test_lower_precisions_are_held_to_their_bounds(tmp_path, capsys):
    config, file = CONFIGS['dense head']
    sizes = {}
    for form, precision in (('onnx', 'fp32'), ('onnx', 'int8'), ('openvino', 'bf16')):
        out = tmp_path / precision
        assert main(['export', config, str(file), str(out), '--format', form, '--precision', precision]) == 0
        settings = read_settings(out)
        assert max(settings['check']['differences'].values()) <= BOUNDS[precision]
        sizes[precision] = sum(path.stat().st_size for path in out.iterdir())
    assert sizes['int8'] < sizes['fp32']
    assert main(['export', config, str(file), str(tmp_path / 'no'), '--precision', 'int8', '--bound', '1e-9']) == 2
    assert 'more than the bound of 1e-09' in capsys.readouterr().err
    assert {path.name for path in tmp_path.iterdir()} == {'fp32', 'int8', 'bf16'}


@needs_packages
@pytest.mark.slow
def test_a_fast_tracker_is_exported_once(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv('VTZOO_CACHE', str(tmp_path / 'cache'))
    (config, file), sequence = CONFIGS['dense head'], Synthetic('test')[2]
    expected = follow(vtzoo.load_tracker(config, file), sequence)
    for said in ('exporting', ''):
        tracker = vtzoo.load_tracker(config, file, speed='fast')
        assert said in capsys.readouterr().out
        np.testing.assert_allclose(follow(tracker, sequence), expected, atol=0.3)
    assert 'exporting' not in said


@pytest.mark.parametrize(('arguments', 'said'), [
    (dict(speed='quick'), 'there is no speed'),
    (dict(speed='fast', device='cuda'), 'there is no GPU'),
])
def test_a_speed_that_cannot_be_is_refused(arguments, said):
    with pytest.raises(ValueError, match=said):
        vtzoo.load_tracker('tests/configs/sparsett_tiny.py', 'random', **arguments)


@needs_packages
@pytest.mark.parametrize(('arguments', 'said'), [
    (['--precision', 'bf16'], 'write --format openvino'),
    ([], 'exists: name another folder'),
])
def test_a_request_that_cannot_be_met_writes_nothing(arguments, said, tmp_path, capsys):
    (tmp_path / 'mine.txt').write_text('mine')
    assert main(['export', 'tests/configs/sparsett_tiny.py', 'random', str(tmp_path), *arguments]) == 2
    assert said in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ['mine.txt']


@pytest.mark.parametrize(('text', 'said'), [
    ('', 'cannot be read'), ('[]', 'not of layout'), ('{"version": 99}', 'not of layout'),
    (json.dumps(dict(version=1, format='onnx', precision='fp32')), "has no 'config'"),
    (json.dumps(dict(version=1, config=[])), "has no 'config'"),
])
def test_a_broken_export_is_named(text, said, tmp_path):
    (tmp_path / SETTINGS).write_text(text)
    assert is_export(tmp_path)
    with pytest.raises(ValueError, match=said):
        vtzoo.load_tracker(tmp_path)
