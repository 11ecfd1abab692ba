"""`vtzoo data check` finds what is wrong, says where, resumes, and writes what training skips."""


import pytest

from tests.data.checking import check, set_to_check
from tests.data.datasets import layouts
from vtzoo.cli import main
from vtzoo.data import check as check_module
from vtzoo.data.check_report import load_skip_list
from vtzoo.data.datasets import GOT10k
from vtzoo.data.index import Indexed


@pytest.fixture
def root(tmp_path, monkeypatch):
    return set_to_check(tmp_path, monkeypatch, train=4)


def faults(report, split, name):
    return {fault['kind']: fault['frames'] for fault in report['splits'][split]['faults'].get(name, [])}


def test_a_sound_set_is_clean(root, capsys):
    code, report = check(root)
    assert code == 0
    assert report['clean']
    assert {name: split['sequences'] for name, split in report['splits'].items()} == {
        'got10k/train': 4, 'got10k/val': 2, 'got10k/test': 2}
    out = capsys.readouterr().out
    assert 'No faults.' in out
    assert 'report.json' in out
    assert load_skip_list('report_skip.json') == {}
    assert not list(root.parent.glob('*.unfinished'))


def test_every_kind_of_fault_is_found_and_skipped(root, capsys):
    train = root / 'got10k/train'
    one, two, three, four = (train / f'GOT-10k_Train_{i:06d}' for i in range(1, 5))
    (one / '00000002.jpg').unlink()
    layouts.write(one / '00000003.jpg', layouts.picture(3)[:300])
    layouts.write(two / '00000004.jpg', layouts.picture(4, (32, 24)))
    layouts.write(three / 'groundtruth.txt',
                  ['5,6,20,15', '5,6,20,15', '500,6,20,15', '5,6,0,15', '-9,6,20,15', '5,6,20,15'])
    layouts.write(three / 'cover.label', [8] * 6)
    layouts.write(four / 'groundtruth.txt', layouts.rows(5))
    val = root / 'got10k/val/GOT-10k_Val_000001/00000001.jpg'
    layouts.write(val, (two / '00000001.jpg').read_bytes())
    layouts.write(root / 'got10k/test/GOT-10k_Test_000002/groundtruth.txt', ['nan,nan,nan,nan'])
    code, report = check(root)
    assert code == 1
    assert faults(report, 'got10k/train', one.name) == {'missing frame': [1], 'corrupt frame': [2]}
    assert faults(report, 'got10k/train', two.name) == {'resolution change': [3], 'shared by train and test': []}
    assert faults(report, 'got10k/train', three.name) == {'box outside the image': [2], 'box without size': [3]}
    assert faults(report, 'got10k/train', four.name) == {'unreadable or wrong count': []}
    assert faults(report, 'got10k/test', 'GOT-10k_Test_000002') == {
        'box without size': [0], 'target never visible': [0]}
    assert report['splits']['got10k/train']['notes'] == {'boxes partly outside': 1}
    out = capsys.readouterr().out
    assert 'corrupt frame: 1 sequence of got10k/train, such as: ' in out
    assert 'GOT-10k_Train_000001/00000003.jpg is cut off' in out
    skip = load_skip_list('report_skip.json')['got10k']
    assert skip[one.name] == [1, 2]
    assert skip[three.name] == [2, 3]
    assert skip[two.name] is skip[four.name] is None
    with pytest.warns(UserWarning, match='1 of 4 sequences cannot be read'):
        indexed = Indexed(GOT10k('train', root), skip)
    assert [(sequence.name, len(sequence)) for sequence in indexed] == [(one.name, 2), (three.name, 4)]
    for sequence in indexed:
        for i in range(len(sequence)):
            assert sequence.frames[i].shape == (48, 64, 3)


def test_several_processes_find_the_same(root):
    (root / 'got10k/train/GOT-10k_Train_000003/00000002.jpg').unlink()
    _, alone = check(root)
    code, together = check(root, '--workers', '2')
    assert code == 1
    assert together == alone


def test_an_interrupted_check_goes_on_where_it_was(root, monkeypatch):
    (root / 'got10k/train/GOT-10k_Train_000001/00000002.jpg').unlink()
    checked, check_sequence = [], check_module.check_sequence

    def interrupted(sequence, *args):
        if len(checked) == 3:
            raise KeyboardInterrupt
        checked.append(sequence.name)
        return check_sequence(sequence, *args)

    with monkeypatch.context() as patch:
        patch.setattr(check_module, 'check_sequence', interrupted)
        assert main(['data', 'check', str(root), '--workers', '1', '--out', 'report.json']) == 130
    unfinished = root.parent / 'report.unfinished'
    unfinished.write_text(unfinished.read_text() + '{"set": "got10k/tr')  # a line cut short
    checked.clear()
    monkeypatch.setattr(check_module, 'check_sequence',
                        lambda *args: checked.append(args[0].name) or check_sequence(*args))
    code, report = check(root)
    assert code == 1
    assert len(checked) == 5  # of 8
    assert report['splits']['got10k/train']['sequences'] == 4
    assert faults(report, 'got10k/train', 'GOT-10k_Train_000001') == {'missing frame': [1]}


def test_a_changed_set_is_checked_from_the_start(root):
    (root.parent / 'report.unfinished').write_text('[["got10k", "train"]]\n{"set": "got10k/train", "video": "x"}\n')
    assert check(root)[0] == 0


def test_sets_are_chosen_by_name(root, capsys):
    layouts.trackingnet_sequence(root / 'TrackingNet/TRAIN_2', 'a_0')
    assert list(check(root, '--sets', 'TrackingNet')[1]['splits']) == ['trackingnet/train']
    assert 'got10k/val' in check(root)[1]['splits']
    assert main(['data', 'check', str(root), '--sets', 'lasot']) == 2
    assert 'LaSOT is not under the data root' in capsys.readouterr().err
    assert main(['data', 'check', str(root), '--sets', 'lassot']) == 2
    assert "no set called 'lassot'; known: coco, got10k" in capsys.readouterr().err


@pytest.mark.parametrize(('args', 'message'), [
    (['nowhere'], 'there is no folder nowhere'), (['.'], 'there is no set under .'), ([], r'set $VTZOO_DATA'),
    (['.', '--workers', '0'], '--workers is 1 or more')])
def test_bad_arguments_are_one_line(tmp_path, monkeypatch, capsys, args, message):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv('VTZOO_DATA', raising=False)
    assert main(['data', 'check', *args]) == 2
    err = capsys.readouterr().err
    assert message in err
    assert err.count('\n') == 1


def test_a_split_of_which_nothing_is_there_is_no_fault(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    layouts.lasot_sequence(tmp_path / 'sets/lasot/airplane/airplane-1')
    monkeypatch.setattr('vtzoo.data.tables.names', lambda table: ('airplane-1',) if table == 'lasot_test' else ('a-2',))
    assert check(tmp_path / 'sets')[0] == 0
    assert 'none of its sequences is there' in capsys.readouterr().out
    (tmp_path / 'sets/lasot/airplane').rename(tmp_path / 'airplane')
    code, report = check(tmp_path / 'sets')
    assert code == 1  # nothing at all
    assert all(split['missing'] for split in report['splits'].values())


def test_a_split_of_which_every_sequence_lacks_a_file_is_faulty(root):
    for path in root.rglob('cover.label'):
        path.unlink()
    assert check(root)[1]['splits']['got10k/train']['notes'] == {'sequences without cover.label': 4}
    for path in root.rglob('groundtruth.txt'):
        path.unlink()
    code, report = check(root)
    assert code == 1
    assert len(report['splits']['got10k/train']['faults']) == 4


def test_your_own_test_videos_are_told_by_their_frames_and_not_by_their_names(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for split, first in (('train', 0), ('test', 5)):
        layouts.frames(tmp_path / f'sets/own/{split}/clip', '%d.jpg', first, 3)
        layouts.write(tmp_path / f'sets/own/{split}/clip.txt', layouts.rows(3))
    assert check(tmp_path / 'sets')[0] == 0
    layouts.write(tmp_path / 'sets/own/train/clip/0.jpg', layouts.picture(5))
    assert list(faults(check(tmp_path / 'sets')[1], 'own/train', 'clip')) == ['shared by train and test']


@pytest.mark.parametrize('content', ['', '[]', '{"format": "vtzoo skip list 1"}',
                                     '{"format": "vtzoo skip list 1", "sets": {"a": {"b": "c"}}}',
                                     '{"format": "other", "sets": {}}'])
def test_what_is_no_skip_list_is_refused(tmp_path, content):
    path = layouts.write(tmp_path / 'skip.json', content)
    with pytest.raises(ValueError, match=r'skip.json is not a skip list of `vtzoo data check`'):
        load_skip_list(path)


def test_a_report_replaces_reports_only(root, tmp_path, capsys):
    mine = layouts.write(tmp_path / 'mine.json', '{"images": []}')
    boxes = next(root.rglob('groundtruth.txt'))
    before = boxes.read_bytes()
    for out in (mine, boxes, root):
        assert main(['data', 'check', str(root), '--workers', '1', '--out', str(out)]) == 2
        assert 'was not written by `vtzoo data check`: name another file with --out' in capsys.readouterr().err
    assert mine.read_text() == '{"images": []}'
    assert boxes.read_bytes() == before
    assert check(root)[0] == check(root)[0] == 0  # its own is replaced
