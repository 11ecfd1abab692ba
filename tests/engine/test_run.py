"""Runs from the shell: killed and resumed, in two processes, stopped by what can go wrong."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import OrderedDict
from pathlib import Path

import pytest
import torch
from mmengine.logging import MMLogger

import vtzoo
from vtzoo.checkpoints.files import read_checkpoint
from vtzoo.cli import main
from vtzoo.engine.checkpoints import newest_checkpoint
from vtzoo.engine.optim import optim_wrapper_of

CONFIG = str(Path(__file__).parents[1] / 'configs' / 'run_tiny.py')
ROOT = Path(__file__).parents[2]


def command(work_dir, *words, launcher=()):
    return [*(launcher or [sys.executable, '-m', 'vtzoo']), 'train', CONFIG, '--work-dir', str(work_dir), *words]


def shell(cwd, words, **more):
    """Run to the end, away from the checkout, without a data root."""
    env = os.environ | dict(PYTHONPATH=str(ROOT), OMP_NUM_THREADS='1') | more
    env.pop('VTZOO_DATA', None)
    return subprocess.run(words, cwd=cwd, env=env, capture_output=True, text=True)


@pytest.fixture
def here(tmp_path, monkeypatch, capfd):
    """Run in this process, which saves its start of seconds -> exit code, what it printed, its errors."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv('OMP_NUM_THREADS', '1')
    monkeypatch.delenv('VTZOO_DATA', raising=False)
    monkeypatch.setattr(MMLogger, '_instance_dict', OrderedDict())  # an older logger writes to an older screen

    def run(*words):
        capfd.readouterr()
        code = main(command(tmp_path / 'run', *words)[3:])
        return code, *capfd.readouterr()
    return run


def weights(path):
    return torch.load(path, weights_only=True)['state_dict']


def same(a, b):
    return a.keys() == b.keys() and all(torch.equal(a[key], b[key]) for key in a)


@pytest.fixture(scope='module')
def whole(tmp_path_factory):
    """An uninterrupted run."""
    folder = tmp_path_factory.mktemp('whole')
    done = shell(folder, command(folder / 'run'))
    assert done.returncode == 0, done.stderr + done.stdout
    return folder / 'run', done.stdout + done.stderr


def test_a_run_says_what_it_is(whole):
    run, screen = whole
    assert 'EMBEDDED SYNTHETIC DATA, no data root was named' in screen
    assert 'weights: random (from scratch)' in screen
    for word in ('eta:', 'lr:', 'grad_norm:', 'loss_conv_focal:', 'iou:', 'AO:', 'SR0.5:'):
        assert word in screen, word
    facts = json.loads((run / 'run.json').read_text())
    assert facts['sets'] == [dict(name='synthetic', split='train', sequences=facts['sets'][0]['sequences'])]
    assert facts['versions']['torch'] == torch.__version__
    assert facts['seed'] == 0
    assert any('EMBEDDED' in line for line in facts['banner'])
    assert (run / 'config.py').is_file()
    assert list(run.glob('best_AO_iter_*.pth'))
    assert list(run.rglob('events.out.tfevents.*'))


def test_checkpoints_are_plain_data(whole):
    run, _ = whole

    def check(value):
        if isinstance(value, dict):
            assert type(value) is dict
            for key, item in value.items():
                assert type(key) in (str, int)
                check(item)
        elif isinstance(value, list | tuple):
            for item in value:
                check(item)
        else:
            assert value is None or type(value) in (torch.Tensor, int, float, str, bool), type(value)

    checkpoint = torch.load(run / 'iter_12.pth', weights_only=True)
    assert {'state_dict', 'optimizer', 'param_schedulers', 'message_hub', 'meta'} <= set(checkpoint)
    check(checkpoint)
    model = vtzoo.build_model(CONFIG)
    model.load_state_dict(vtzoo.convert(run / 'iter_12.pth', CONFIG, model))


@pytest.mark.parametrize('moment', [7, pytest.param(3, marks=pytest.mark.slow)])
def test_killed_and_resumed_ends_the_same_bit_for_bit(whole, tmp_path, moment):
    run, _ = whole
    words = command(tmp_path / 'run')
    env = os.environ | dict(PYTHONPATH=str(ROOT), OMP_NUM_THREADS='1', PYTHONUNBUFFERED='1')
    process = subprocess.Popen(words, cwd=tmp_path, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                               text=True)
    steps = 0
    for line in process.stdout:
        steps += 'Epoch(train)' in line
        if steps == moment:
            process.send_signal(signal.SIGKILL)
            break
    process.wait()
    process.stdout.close()
    assert newest_checkpoint(tmp_path / 'run') is not None
    assert not (tmp_path / 'run' / 'iter_12.pth').exists()
    done = shell(tmp_path, [*words, '--resume'])
    assert done.returncode == 0, done.stderr
    assert 'the checkpoint resumed from' in done.stdout + done.stderr
    assert same(weights(run / 'iter_12.pth'), weights(tmp_path / 'run' / 'iter_12.pth'))


def test_a_torn_checkpoint_is_passed_over(whole, tmp_path, here):
    run, _ = whole
    shutil.copytree(run, tmp_path / 'run')
    torn = tmp_path / 'run' / 'iter_12.pth'
    torn.write_bytes(torn.read_bytes()[:30000])
    code, out, errors = here('--resume')
    assert code == 0, errors
    assert 'The one before it is taken' in out + errors
    assert 'iter_10.pth' in out + errors
    assert same(weights(run / 'iter_12.pth'), weights(torn)), 'the last two steps were made again'
    facts = json.loads((tmp_path / 'run' / 'run.json').read_text())
    assert facts['weights'] == 'the checkpoint resumed from'
    assert facts['before']['weights'] == 'random (from scratch)'


class Harm:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.system, (f'touch {self.path}',)


def test_a_checkpoint_that_would_run_code_ends_a_resume(tmp_path, capsys):
    (tmp_path / 'run').mkdir()
    torch.save(dict(state_dict={}, settings=Harm(tmp_path / 'harm')), tmp_path / 'run' / 'iter_2.pth')
    assert main(command(tmp_path / 'run', '--resume')[3:]) == 2
    assert 'is refused: it holds more than data' in capsys.readouterr().err
    assert not (tmp_path / 'harm').exists()
    (tmp_path / 'run' / 'iter_2.pth').write_bytes(b'torn')
    assert main(command(tmp_path / 'run', '--resume')[3:]) == 2
    assert 'start anew in another folder' in capsys.readouterr().err


def torchrun(n):
    return [sys.executable, '-m', 'torch.distributed.run', '--standalone', '--nproc-per-node', str(n), '-m', 'vtzoo']


@pytest.mark.slow
def test_two_processes_train_validate_and_resume(tmp_path):
    words = command(tmp_path / 'run', '--launcher', 'pytorch', launcher=torchrun(2))
    whole = shell(tmp_path, words)
    assert whole.returncode == 0, whole.stderr
    assert 'AO:' in whole.stdout + whole.stderr
    again = command(tmp_path / 'again', '--launcher', 'pytorch', launcher=torchrun(2))
    first = shell(tmp_path, [*again, '--max-iters', '4'])
    assert first.returncode == 0, first.stderr
    second = shell(tmp_path, [*again, '--resume'])
    assert second.returncode == 0, second.stderr
    last = newest_checkpoint(tmp_path / 'run')
    assert last.name == 'iter_6.pth', '24 samples in batches of 4 x 2 processes, 2 epochs'
    assert same(weights(last), weights(tmp_path / 'again' / last.name))


@pytest.mark.slow
def test_bfloat16_and_accumulation_and_averaging(tmp_path):
    def run(name, *words):
        done = shell(tmp_path, command(tmp_path / name, '--amp', *words, '--cfg-options', 'val_dataloader=None',
                                       'optim_wrapper.accumulative_counts=2',
                                       'ema=0.9'))
        assert done.returncode == 0, done.stderr
        return torch.load(tmp_path / name / 'iter_4.pth', weights_only=True)

    whole = run('whole', '--max-iters', '4')
    assert not same(whole['state_dict'], {key: whole['ema_state_dict'][f'module.{key}'] for key in whole['state_dict']})
    run('part', '--max-iters', '4')
    (tmp_path / 'part' / 'iter_4.pth').unlink()
    again = run('part', '--max-iters', '4', '--resume')
    assert same(whole['state_dict'], again['state_dict'])
    assert same(whole['ema_state_dict'], again['ema_state_dict'])


@pytest.mark.slow
def test_the_second_stage(whole, tmp_path):
    run, _ = whole
    stage2 = ['--cfg-options', 'train_dataloader.dataset.embedded.length=24', 'model.confidence.type=SPM',
              'model.confidence.dim=32', 'train_dataloader.dataset.frames.type='
              'TridentPro', 'train_dataloader.dataset.frames.positive=0.5', 'val_dataloader=None', f'stage1={run}']
    done = shell(tmp_path, command(tmp_path / 'spm', '--max-iters', '3', *stage2))
    assert done.returncode == 0, done.stderr
    assert 'weights: stage 1 from' in done.stdout + done.stderr
    before, after = weights(next(run.glob('best_AO_iter_*.pth'))), weights(tmp_path / 'spm' / 'iter_3.pth')
    assert all(torch.equal(before[key], after[key]) for key in before), 'only the confidence module moved'
    assert {key.split('.')[0] for key in set(after) - set(before)} == {'confidence'}

    odd = read_checkpoint(run / 'iter_12.pth')
    odd['state_dict'].pop('head.fc.score.bn.weight')
    odd['state_dict']['neck.weight'] = torch.zeros(1)
    torch.save(odd, tmp_path / 'odd.pth')
    stage2[-1] = f'stage1={tmp_path / "odd.pth"}'
    done = shell(tmp_path, command(tmp_path / 'odd', *stage2))
    assert done.returncode == 2
    assert 'missing: head.fc.score.bn.weight; left over: neck.weight' in done.stderr


WRONG = {
    'no such root': (['--data', 'nowhere'], 2, 'GOT-10k is not under the data root nowhere; looked for nowhere/'),
    'a set that is none of the config': (['--data', '.', '--sets', 'lasot'], 2, 'this config trains on got10k'),
    'no steps': (['--max-iters', '0'], 2, '--max-iters is 1 or more'),
    'an impossible batch': (['--cfg-options', 'train_dataloader.batch_size=99'], 2, 'does not fill one batch of 99'),
    'weights that cannot be had': (['--data', 'data', '--cfg-options', 'model.backbone.pretrained=x.pth'], 2,
                                   '--from-scratch'),
    'no torchrun': (['--launcher', 'pytorch'], 2, 'torchrun --nproc-per-node'),
    'a batch size in words': (['--cfg-options', 'train_dataloader.batch_size=many'], 2, 'is a whole number'),
    'an override without a value': (['--cfg-options', 'resume'], 2, '--cfg-options takes KEY=VALUE'),
    'a misspelt setting': (['--cfg-options', 'train_dataloader.batchsize=2'], 2, "did you mean 'batch_size'"),
    'an unknown optimizer setting': (['--cfg-options', 'optim_wrapper.optimizer.momentum=1'], 2,
                                     "AdamW takes no 'momentum'"),
    'gradients that a resume would lose': (['--cfg-options', 'optim_wrapper.accumulative_counts=3'], 2,
                                          'default_hooks.checkpoint.interval'),
    'an average of nothing': (['--cfg-options', 'ema=2'], 2, 'such as 0.999'),
    'a compiler in words': (['--cfg-options', 'compile=yes'], 2, 'compile is True, or a mapping'),
    'a mode that no compiler has': (['--cfg-options', 'compile.mode=quick'], 2, 'Unrecognized mode=quick'),
    'a compiler that is not there': (['--cfg-options', 'compile.backend=quick'], 2, 'does not take'),
    'brackets that do not match': (['--cfg-options', 'custom_hooks=[dict(type=EMAHook)'], 2, 'custom_hooks is a list'),
    'a list of parts': (['--cfg-options', 'custom_hooks=[dict(type=EMAHook)]'], 2, 'a hook is written as dict(type='),
    'an unknown hook': (['--cfg-options', 'default_hooks.logger.type=LogerHook'], 2, "did you mean 'LoggerHook'"),
    'an unknown setting of a hook': (['--cfg-options', 'default_hooks.logger.intervall=1'], 2,
                                     "default_hooks.logger: LoggerHook takes no 'intervall'"),
    'an unknown backend': (['--cfg-options', 'visualizer.vis_backends.0.type=Wandb'], 2,
                           "did you mean 'WandbVisBackend'"),
    'a ranking that does not fit the head': (
        ['--cfg-options', 'model.head.type=QueryHead', 'tracking.ranking.type=WindowPenalty'], 2,
        "write tracking.ranking=dict(type='Best')"),
    'fp16 without a GPU': (['--cfg-options', 'optim_wrapper.type=AmpOptimWrapper'], 2,
                           "type='BFloat16OptimWrapper', which runs on a CPU"),
}


@pytest.mark.parametrize('what', WRONG)
def test_what_goes_wrong_is_a_sentence(tmp_path, monkeypatch, capsys, what):
    words, code, message = WRONG[what]
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv('VTZOO_DATA', raising=False)
    if what == 'weights that cannot be had':
        write_got10k(tmp_path / 'data' / 'got10k')
    if what == 'fp16 without a GPU' and torch.cuda.is_available():
        pytest.skip('there is a GPU')
    assert main(command(tmp_path / 'run', *words)[3:]) == code
    assert message in capsys.readouterr().err.strip().splitlines()[-1]


def test_a_loss_that_is_no_number(here):
    code, _, errors = here('--cfg-options', 'optim_wrapper.optimizer.lr=1e30',
                           'optim_wrapper.clip_grad.max_norm=1e30')
    last = errors.strip().splitlines()[-1]
    assert code == 1, errors
    assert 'Traceback' not in errors
    assert re.search(r'step \d+: (loss_\w+|iou) is nan.* for the samples \d+ synthetic\S* > \S+', last), last
    assert 'Weights were not changed; the last checkpoint' in last


def test_a_gradient_that_is_no_number_moves_no_weight(tiny):
    cfg = tiny('run_tiny')
    model = vtzoo.build_model(cfg)
    before = {key: value.clone() for key, value in model.state_dict().items()}
    wrapper = optim_wrapper_of(model, cfg.optim_wrapper)
    with pytest.raises(FloatingPointError, match=r'norm of the gradient is (nan|inf)'):
        wrapper.update_params(sum(p.sum() for p in model.parameters() if p.requires_grad) * float('inf'))
    assert same(before, model.state_dict())


def write_got10k(folder):
    """Two small sequences in GOT-10k's layout."""
    import cv2
    import numpy as np
    for split in ('train', 'val'):
        for n in range(2):
            sequence = folder / split / f'GOT-10k_Train_{n + 1:06}'
            sequence.mkdir(parents=True)
            for i in range(24):
                image = np.random.RandomState(i).randint(0, 255, (72, 96, 3)).astype(np.uint8)
                cv2.imwrite(str(sequence / f'{i + 1:08}.jpg'), image)
            np.savetxt(sequence / 'groundtruth.txt', np.tile([30, 20, 24, 18], (24, 1)), delimiter=',', fmt='%.4f')
            (sequence / 'meta_info.ini').write_text('[METAINFO]\nurl: none\n')
            for label, value in (('absence', 0), ('cover', 8), ('cut_by_image', 0)):
                np.savetxt(sequence / f'{label}.label', np.full(24, value), fmt='%d')
        (folder / split / 'list.txt').write_text(''.join(f'GOT-10k_Train_{n + 1:06}\n' for n in range(2)))


def test_an_unwritable_work_dir(tmp_path, capsys):
    (tmp_path / 'file').touch()
    assert main(command(tmp_path / 'file' / 'run')[3:]) == 2
    assert 'cannot be written to' in capsys.readouterr().err.strip().splitlines()[-1]


@pytest.mark.slow
def test_a_full_disk_keeps_the_last_checkpoint(tmp_path):
    """A limit on file size stands in for a full disk."""
    probe = shell(tmp_path, command(tmp_path / 'probe', '--max-iters', '2'))
    assert probe.returncode == 0
    size = (tmp_path / 'probe' / 'iter_2.pth').stat().st_size
    script = f'ulimit -f {size // 1024 // 2}; exec "$@"'
    done = shell(tmp_path, ['bash', '-c', script, 'bash', *command(tmp_path / 'run')])
    assert done.returncode == 1
    assert 'iter_2.pth' in done.stderr.strip().splitlines()[-1]
    assert not list((tmp_path / 'run').glob('iter_*')), 'no torn file under a checkpoint\'s name'


@pytest.mark.slow
def test_a_dead_worker_names_its_samples(tmp_path):
    words = command(tmp_path / 'run', '--cfg-options', 'train_dataloader.num_workers=1',
                    'train_dataloader.dataset.samples=4000')
    env = os.environ | dict(PYTHONPATH=str(ROOT), OMP_NUM_THREADS='1', PYTHONUNBUFFERED='1')
    process = subprocess.Popen(words, cwd=tmp_path, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    for line in process.stdout:
        if 'Epoch(train)' in line:
            break
    children = [int(pid) for pid in subprocess.run(['pgrep', '-P', str(process.pid)], capture_output=True,
                                                   text=True).stdout.split()]
    for pid in children:
        os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.2)
    _, errors = process.communicate()
    assert process.returncode == 1
    assert 'a data worker died at step' in errors
    assert 'in work were sample' in errors


@pytest.mark.slow
def test_a_compiled_step_is_the_same_step(here, tmp_path):
    """Without a code generator, which CI may lack; what is compiled is the forward pass and its gradient.

    By SGD: Adam makes whole steps of the rounding in gradients that are zero, those of a bias before BatchNorm.
    """
    found = []
    for more in ((), ('compile.backend=eager', 'optim_wrapper.optimizer.fused=True')):
        code, _, errors = here('--cfg-options', 'train_cfg.max_epochs=1', 'val_dataloader=None',
                               'optim_wrapper.optimizer.type=SGD', *more)
        assert code == 0, errors
        found.append(weights(newest_checkpoint(tmp_path / 'run')))
        shutil.rmtree(tmp_path / 'run')
    plain, compiled = found
    assert plain.keys() == compiled.keys()
    for name, tensor in plain.items():
        torch.testing.assert_close(compiled[name], tensor, atol=1e-5, rtol=1e-4, msg=name)
