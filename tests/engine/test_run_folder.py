"""A folder belongs to one run, and says what it is; whatever is refused changes nothing."""

import json
import subprocess
import sys
from types import SimpleNamespace

import pytest
import torch

import vtzoo
from tests.engine.test_run import CONFIG, ROOT, command
from vtzoo.cli import main
from vtzoo.engine.checkpoints import changed_rates, check_resumable, newest_checkpoint, saved_checkpoints
from vtzoo.engine.run_folder import check_folder, lock, read_record, unlock

STATE = dict(state_dict=dict(w=torch.zeros(2)), optimizer=dict(param_groups=[dict(lr=1e-3, initial_lr=1e-3)]),
             message_hub={}, meta=dict(epoch=1, iter=2))


def contents(folder):
    return {path: path.read_bytes() for path in folder.rglob('*') if path.is_file()}


@pytest.fixture
def run(tmp_path):
    """A run's folder with checkpoints of steps 2 and 10."""
    folder = tmp_path / 'run'
    folder.mkdir()
    for step in (2, 10):
        torch.save(STATE, folder / f'iter_{step}.pth')
    (folder / 'run.json').write_text('{"config": "tiny"}\n')
    return folder


def test_whose_a_folder_is(run, tmp_path):
    before = contents(tmp_path)
    check_folder(tmp_path / 'new', None, False)
    check_folder(run, None, True)
    check_folder(run, run / 'iter_10.pth', True)
    with pytest.raises(ValueError, match=r'holds a run \(iter_10\.pth\): go on with it by --resume, or name another'):
        check_folder(run, None, False)
    with pytest.raises(ValueError, match=r'holds checkpoints later than iter_2\.pth \(iter_10\.pth\)'):
        check_folder(run, run / 'iter_2.pth', True)
    with pytest.raises(ValueError, match='holds another run'):
        check_folder(run, tmp_path / 'other' / 'iter_10.pth', True)
    assert contents(tmp_path) == before


def test_a_torn_later_checkpoint_does_not_count(run):
    (run / 'iter_12.pth').write_bytes(b'torn')
    check_folder(run, run / 'iter_10.pth', True)


def test_names_that_are_no_checkpoints(run):
    for name in ('iter_.pth', 'iter_x.pth', 'iter_3.pth.part', 'best_AO_iter_99.pth', 'iter_4_copy.pth'):
        (run / name).write_bytes(b'')
    assert [path.name for path in saved_checkpoints(run)] == ['iter_10.pth', 'iter_2.pth']
    assert newest_checkpoint(run).name == 'iter_10.pth'


@pytest.mark.parametrize('text', ['', '{"config": "ti', '[1]', '\0\0\0'])
def test_a_damaged_record_is_named(run, text):
    (run / 'run.json').write_text(text)
    with pytest.raises(ValueError, match=r'run\.json cannot be read .*Checkpoints do not need it: remove it'):
        check_folder(run, run / 'iter_10.pth', True)
    with pytest.raises(ValueError, match=r'run\.json cannot be read'):
        read_record(run)


def test_a_checkpoint_to_go_on_from():
    model = SimpleNamespace(state_dict=lambda: dict(w=torch.zeros(2)))
    check_resumable(STATE, model, 'x.pth')
    for part in (dict(state_dict=STATE['state_dict']), STATE | dict(meta=dict(config='c')), [1], None,
                 STATE | dict(optimizer=None)):
        with pytest.raises(ValueError, match=r'x\.pth is not the state of a training: .* load_from=FILE instead'):
            check_resumable(part, model, 'x.pth')
    with pytest.raises(ValueError, match=r'x\.pth is of another model: 2 weights differ, such as v'):
        check_resumable(STATE | dict(state_dict=dict(v=torch.zeros(1))), model, 'x.pth')


def test_other_learning_rates_are_said():
    def runner(*rates):
        groups = [dict(lr=rate, initial_lr=rate) for rate in rates]
        return SimpleNamespace(optim_wrapper=SimpleNamespace(optimizer=SimpleNamespace(param_groups=groups)))

    assert changed_rates(runner(1e-3), STATE) is None
    said = changed_rates(runner(2e-3, 1e-4), STATE)
    assert 'the learning rates of the config, 0.002 and 0.0001, are not those of the checkpoint, 0.001' in said
    assert 'goes on with the latter' in said


HOLD = '''
import sys
from vtzoo.engine.run_folder import lock
lock(sys.argv[1])
print('held', flush=True)
sys.stdin.read()
'''


def test_two_at_once(tmp_path):
    """The lock ends with its process, even one that is killed; this process may take it twice."""
    words = [sys.executable, '-c', HOLD, str(tmp_path)]
    with subprocess.Popen(words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout.readline() == 'held\n'
        with pytest.raises(ValueError, match=r'another run is writing to .*: wait for it, or name another folder'):
            lock(tmp_path)
        other.kill()
    lock(tmp_path)
    lock(tmp_path)
    unlock(tmp_path)


@pytest.mark.parametrize(('words', 'message'), [
    ([], 'holds a run (iter_10.pth)'),
    (['--resume'], 'iter_10.pth is of another model'),
    (['--resume', 'nowhere.pth'], 'nowhere.pth'),
    (['--cfg-options', 'stage1=nowhere.pth', 'model.confidence.type=SPM'], 'the stage-1 checkpoint nowhere.pth is not'),
    (['--cfg-options', 'model.backbone.pretrained=nowhere.pth'], 'nowhere.pth cannot be had'),
    (['--auto-scale-lr', '--work-dir', 'else'], '--auto-scale-lr needs the batch size'),
    (['--launcher', 'slurm'], 'srun'), (['--launcher', 'mpi'], 'mpirun'),
])
def test_a_refused_run_changes_nothing(run, tmp_path, monkeypatch, capsys, words, message):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv('VTZOO_DATA', raising=False)
    before = contents(run)
    assert main([*command(run)[3:], *words]) == 2
    assert message in capsys.readouterr().err.strip().splitlines()[-1]
    assert {path: data for path, data in contents(run).items() if path.name != '.lock'} == before


def test_the_record_of_a_config(run):
    assert read_record(run) == dict(config='tiny')
    assert read_record(run.parent) is None
    assert json.loads((run / 'run.json').read_text())
    assert vtzoo.load_config(CONFIG).name == 'run_tiny'
