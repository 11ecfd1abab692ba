"""The kinds of result files, folders of results and places to write, and what each gives. A refusal changes nothing."""

import json
import os
import re
import shutil

import numpy as np
import pytest

from tests.evaluation.sets import write_got10k
from tests.evaluation.test_packing import GOT10K, SECONDS, fill
from vtzoo.cli import main
from vtzoo.data.datasets.got10k import GOT10k
from vtzoo.evaluation.report import check_out
from vtzoo.evaluation.result_text import as_text
from vtzoo.evaluation.results import ResultFolder, SequenceResult, boxes_file, check_names, write_result
from vtzoo.evaluation.tables import Table
from vtzoo.utils.names import tells_case

FIRST = 'GOT-10k_Val_000001'


@pytest.fixture(scope='module')
def truth(data):
    return {sequence.name: sequence.boxes for sequence in GOT10k('val', data)}


@pytest.fixture
def results(truth, tmp_path):
    """A tracker that answers the truth, as flat files."""
    folder = tmp_path / 'results'
    folder.mkdir()
    for name, boxes in truth.items():
        (folder / f'{name}.txt').write_text(as_text(boxes))
    return folder


def snapshot(folder):
    """Every path with what makes a change of it visible."""
    return {path: (path.lstat().st_mtime_ns, path.lstat().st_size, path.is_file() and path.read_bytes())
            for path in folder.rglob('*') if not path.is_fifo() and not path.is_symlink()}


def report(data, *words):
    return main(['report', *map(str, words), '--benchmark', 'got10k_val', '--data', str(data)])


def refused(capsys, tmp_path, code, command, *words):
    """Run a command that is to end in one sentence with these words, and to change nothing."""
    before = snapshot(tmp_path)
    capsys.readouterr()
    assert command() == code
    said = capsys.readouterr().err.strip()
    for word in words:
        assert word in said
    assert 'Traceback' not in said
    assert snapshot(tmp_path) == before
    return said


def lines(separator=',', **more):
    def write(boxes):
        row = more.get('row', lambda i, box: separator.join(f'{value:g}' for value in box))
        text = more.get('head', '') + ''.join(f'{row(i, box)}\n' for i, box in enumerate(boxes))
        return text.replace('\n', more.get('end', '\n')).encode(more.get('encoding', 'utf-8'))
    return write


def corners(i, box):
    x, y, w, h = box
    return f'{x},{y},{x + w},{y},{x + w},{y + h},{x},{y + h}'


def scored(i, box):
    return ','.join(map(str, [*box, 0.25]))


def numbered(first):
    return lambda i, box: ','.join(f'{value:g}' for value in (i + first, *box))


READ = {
    'commas': lines(), 'tabs': lines('\t'), 'spaces': lines(' '), 'semicolons': lines(';'),
    'comma and space': lines(', '), 'byte order mark': lines(encoding='utf-8-sig'), 'UTF-16': lines(encoding='utf-16'),
    'Windows lines': lines(end='\r\n'), 'comma at the end': lines(row=lambda i, box: ','.join(map(str, box)) + ','),
    'brackets': lines(row=lambda i, box: str(box.tolist())),
    'quotes': lines(row=lambda i, box: ','.join(f'"{value}"' for value in box)),
    'header': lines(head='x,y,w,h\n'), 'words in the header': lines(';', head='left;top;width;height\n'),
    'header in a comment, as demo writes': lines(head='# x,y,w,h,score\n', row=scored), 'scores': lines(row=scored),
    'polygons': lines(row=corners), 'comments': lines(head='# a tracker\n% of ours\n'),
    'blank lines': lines(end='\n\n'),
    'frames from 0': lines(head='frame,x,y,w,h\n', row=numbered(0)),
    'frames from 1': lines(head='frame,x,y,w,h\n', row=numbered(1)),
    'no end of line at the end': lambda boxes: lines()(boxes).rstrip()}


@pytest.mark.parametrize('kind', READ)
def test_a_result_file_is_read(truth, results, kind):
    for name, boxes in truth.items():
        (results / f'{name}.txt').write_bytes(READ[kind](boxes))
        found, = ResultFolder(results).boxes(name, len(boxes))
        assert np.array_equal(found, boxes)
        found, = ResultFolder(results).boxes(name)
        assert np.array_equal(found, boxes)


@pytest.mark.parametrize('mark', ['NaN,NaN,NaN,NaN', 'nan', 'NA', 'None', '-', ','.join(['nan(ind)'] * 4), ''])
def test_a_frame_without_a_box_is_one_whatever_says_so(results, mark):
    rows = (results / f'{FIRST}.txt').read_text().splitlines()
    rows[2] = mark
    (results / f'{FIRST}.txt').write_text('\n'.join(rows) + '\n')
    boxes, = ResultFolder(results).boxes(FIRST, len(rows))
    assert np.isnan(boxes).any(1).nonzero()[0].tolist() == [2]


UNREADABLE = {
    'empty': (b'', 'is empty'), 'blank': (b'\n \n', 'is empty'), 'words': (b'no result\n', 'line 1'),
    'ragged': (b'1,2,3,4\n1,2,3\n', "line 2 is '1,2,3': expected 4 numbers as in line 1"),
    'decimal commas': (b'1,5;2,5;3;4\n', 'one separator, and a point in decimal numbers'),
    'a fifth column that is no score': (b'0,1,2,30,40\n1,1,2,30,40\n', 'other columns need a header'),
    'six columns': (b'1,2,3,4,5,6\n', 'expected x,y,w,h'), 'binary': (bytes(range(256)) * 4, 'is not a text file'),
    'frames with a gap': (b'frame,x,y,w,h\n0,1,2,3,4\n2,1,2,3,4\n', 'goes on with another frame than the next one'),
    'frames from 5': (b'frame,x,y,w,h\n5,1,2,3,4\n', 'begins at frame 5'),
    'far too long': (b'1,2,3,4\n' * 200_000, 'bytes, too many for the results of 7 frames')}


@pytest.mark.parametrize('kind', UNREADABLE)
def test_an_unreadable_file_is_named(results, kind):
    content, why = UNREADABLE[kind]
    path = results / f'{FIRST}.txt'
    path.write_bytes(content)
    with pytest.raises(ValueError, match=re.escape(str(path))) as error:
        ResultFolder(results).boxes(FIRST, 7)
    assert why in str(error.value)


def test_the_others_count_and_none_is_an_error(data, results, tmp_path, capsys):
    (results / f'{FIRST}.txt').write_text('no result\n')
    assert report(data, results) == 0
    said = capsys.readouterr().out
    assert f'{FIRST}.txt line 1 is' in said
    assert '3 of 4' in said
    assert '| 100.00 |' not in said
    for path in results.iterdir():
        path.write_text('no result\n')
    refused(capsys, tmp_path, 2, lambda: report(data, results, '--out', tmp_path / 'out'),
            'holds 4 result file(s) of these sequences, and none can be read. The first: ', f'{FIRST}.txt line 1 is')


@pytest.mark.parametrize('kind', ['folder', 'pipe', 'device', 'link to nothing'])
def test_what_is_not_a_file_is_no_result(results, kind):
    path = results / f'{FIRST}.txt'
    path.unlink()
    make = {'folder': path.mkdir, 'pipe': lambda: os.mkfifo(path),
            'link to nothing': lambda: path.symlink_to('nowhere'), 'device': lambda: path.symlink_to('/dev/zero')}
    make[kind]()
    assert ResultFolder(results).boxes(FIRST) == []


@pytest.mark.parametrize('times', [b'', b'fast\n', b'\xff\xfe\x00', b'0.1\n0.1,0.2\n'])
def test_an_unreadable_time_file_leaves_the_boxes(data, results, capsys, times):
    for path in list(results.iterdir()):
        path.with_name(f'{path.stem}_time.txt').write_text('0.5\n' * 5)
    (results / f'{FIRST}_time.txt').write_bytes(times)
    assert report(data, results) == 0
    said = capsys.readouterr().out
    assert '| 100.00 | 100.00 |' in said
    assert f'{FIRST}: its times are left out: ' in said
    assert '2.00' in said


def one_deeper(results):
    shutil.move(results, results.with_name('inner'))
    results.mkdir()
    shutil.move(results.with_name('inner'), results / 'baseline')


def two_deeper(results):
    one_deeper(results)
    one_deeper(results)


def in_folders(results):
    for path in list(results.iterdir()):
        (results / path.stem).mkdir()
        path.rename(results / path.stem / f'{path.stem}_001.txt')


def deeper_in_folders(results):
    in_folders(results)
    one_deeper(results)


def with_prefix(results):
    for path in list(results.iterdir()):
        path.rename(path.with_name(f'otb_{path.name}'))


def beside_side_files(results):
    for path in list(results.iterdir()):
        for ending in ('_all_scores.txt', '_all_boxes.txt', '_confidence.value', '_object_presence_scores.txt'):
            path.with_name(path.stem + ending).write_text('0.5\n0.25\n')
    (results / 'log.txt').write_text('started\n')
    (results / 'times').mkdir()


def from_a_mac(results):
    (results / '.DS_Store').write_bytes(b'\0')
    shutil.copytree(results, results / '__MACOSX' / 'inner')
    for path in list(results.glob('*.txt')):
        path.with_name(f'._{path.name}').write_bytes(b'\0\5\x16\7')


def from_a_mac_and_deeper(results):
    one_deeper(results)
    from_a_mac(results)


@pytest.mark.parametrize('change', [
    one_deeper, two_deeper, in_folders, deeper_in_folders, with_prefix, beside_side_files, from_a_mac,
    from_a_mac_and_deeper])
def test_a_folder_of_results_is_found_as_people_have_it(data, results, capsys, change):
    change(results)
    assert report(data, results) == 0
    said = capsys.readouterr().out
    assert '| 100.00 | 100.00 |' in said
    assert 'results: ' not in said


def test_folders_that_cannot_be_told_apart_or_hold_nothing_are_refused(data, results, tmp_path, capsys):
    both = tmp_path / 'both'
    shutil.copytree(results, both / 'first')
    shutil.copytree(results, both / 'second')
    (tmp_path / 'empty').mkdir()
    (tmp_path / 'results.zip').write_bytes(b'PK')
    for name, words in (('both', 'in several folders (first, second): name one'), ('empty', 'holds no results'),
                        ('results.zip', 'it is a file: unpack archives first'), ('no', 'there is no folder')):
        refused(capsys, tmp_path, 2, lambda name=name: report(data, tmp_path / name, '--out', tmp_path / 'out'), words)


@pytest.mark.parametrize('content', ['', '{"benchmark": "got10', '[]', '{}', '{"benchmark": 7, "frames": {}}', '\0',
                                     '{"benchmark": "got10k_val", "frames": {"a": "b"}}', '[' * 100_000])
def test_a_damaged_run_record_is_named_with_the_way_out(data, run_folder, config, checkpoint, tmp_path, capsys,
                                                        content):
    shutil.copytree(run_folder, tmp_path / 'run')
    (tmp_path / 'run/run.json').write_text(content)
    words = f'{tmp_path / "run/run.json"} is damaged or no record of `vtzoo test`', 'put it back from a copy'
    refused(capsys, tmp_path, 2, lambda: main(['report', str(tmp_path / 'run'), '--data', str(data)]), *words)
    pack = ['pack', 'got10k', str(tmp_path / 'run'), str(tmp_path / 'out.zip')]
    refused(capsys, tmp_path, 2, lambda: main(pack), *words)
    test = ['test', config, checkpoint, '--benchmark', 'got10k_val', '--data', str(data), '--workers', '1', '--out']
    refused(capsys, tmp_path, 2, lambda: main([*test, str(tmp_path / 'run')]), *words)


def test_damaged_result_files_are_made_again_and_said(data, run_folder, config, checkpoint, tmp_path, capsys):
    out = tmp_path / 'run'
    shutil.copytree(run_folder, out)
    one, two, three, four = (out / f'GOT-10k_Val_{i:06d}' / f'GOT-10k_Val_{i:06d}_{kind}.txt' for i, kind in enumerate(
        ('001', '001', 'time', 'score'), 1))
    one.write_bytes(one.read_bytes()[:-3])  # within the last number
    two.write_bytes(b'')
    three.write_bytes(three.read_bytes()[:30])
    four.unlink()
    command = ['test', config, checkpoint, '--benchmark', 'got10k_val', '--data', str(data), '--out', str(out)]
    assert main([*command, '--workers', '1']) == 0
    said = capsys.readouterr().out
    assert '4 of 4 sequences to run' in said
    for path, why in ((one, ' ends within a line'), (two, ' is empty'), (three, ''), (four, ' cannot be read')):
        assert f'run again: {path}{why}' in said
    for kind in ('001', 'score'):
        for path in out.rglob(f'*_{kind}.txt'):
            assert path.read_bytes() == (run_folder / path.relative_to(out)).read_bytes()
    assert main([*command, '--workers', '1']) == 0
    assert '0 of 4 sequences to run' in capsys.readouterr().out


NAMES = ['../../victim', '/etc/victim', '..', '.hidden', 'a/b', 'a\\b', 'a\nb', 'a\x1b[2Jb', 'con', 'C:victim',
         'x' * 400, 'x' * 401, 'a\0b', '-v001_0', '=cmd()', 'plain', 'é', 'a%2Fb', 'trailing.']


def test_names_from_a_list_lead_nowhere_and_stay_apart(tmp_path):
    out = tmp_path / 'deep' / 'er' / 'results'
    for layout in ('flat', 'folders'):
        for i, name in enumerate(NAMES):
            boxes = np.full((2, 4), i + 1.0)
            write_result(out / layout, name, SequenceResult(boxes, np.ones(2), np.ones(2)), layout)
        assert len({boxes_file(out, name, layout) for name in NAMES}) == len(NAMES)
        folder = ResultFolder(out / layout, NAMES)
        for i, name in enumerate(NAMES):
            assert folder.boxes(name)[0][0, 0] == i + 1
            assert folder.seconds(name) is not None
    written = [path for path in tmp_path.rglob('*') if path.is_file()]
    assert len(written) == 2 * 3 * len(NAMES)
    assert all(path.resolve().is_relative_to(out) for path in written)


def test_names_do_nothing_on_a_screen_in_markdown_or_in_a_spreadsheet():
    evil = ['\x1b[2J', 'a\nb', '=cmd|calc', '+1;2', '@x', '[x](y)', '<b>', '`x`', 'http://a.b', 'a|b', '\u202eb']
    table = Table('\x1b]0;x', ['name\n', 'value'], [[name, 1.5] for name in evil])
    for text in (table.markdown(), table.csv()):
        assert not re.search(r'[\x00-\x09\x0b-\x1f\u202e]', text)
    shown = table.markdown().splitlines()
    assert len(shown) == 4 + len(evil)
    assert all(line.count('|') - line.count('\\|') == 3 for line in shown[2:])
    assert not any(word in table.markdown() for word in ('[x]', '<b>', ' `x`', 'http://'))
    for row in table.csv().splitlines()[1:]:
        assert row.strip('"')[0] not in '=+@'
    assert Table('T', ['name'], [['-v001_0'], ['-0.31 to +0.20']]).csv() == 'name\n-v001_0\n-0.31 to +0.20\n'


def test_nothing_is_written_over(data, results, config, checkpoint, tmp_path, capsys):
    mine = tmp_path / 'mine'
    mine.mkdir()
    (mine / 'overall.csv').write_text('mine\n')
    (tmp_path / 'file').write_text('mine\n')
    test = ['test', config, checkpoint, '--benchmark', 'got10k_val', '--data', str(data), '--workers', '1', '--out']
    refused(capsys, tmp_path, 2, lambda: report(data, results, '--out', mine), 'holds overall.csv, which no report')
    refused(capsys, tmp_path, 2, lambda: report(data, results, '--out', tmp_path / 'file'), 'is a file: name a folder')
    refused(capsys, tmp_path, 2, lambda: main([*test, str(tmp_path / 'file')]), 'is a file: name a folder')
    refused(capsys, tmp_path, 2, lambda: main([*test, str(mine)]), 'holds files and no run.json')
    assert report(data, results, '--out', mine, '--overwrite') == 0
    assert (mine / 'overall.csv').read_text() != 'mine\n'
    check_out(mine)  # an earlier report may be replaced


def test_a_submission_that_is_there_is_kept(tmp_path, capsys):
    folder, out = fill(tmp_path / 'results', GOT10K, 'folders'), tmp_path / 'out.zip'
    out.write_bytes(b'mine')
    command = ['pack', 'got10k', str(folder), str(out)]
    refused(capsys, tmp_path, 2, lambda: main(command), 'out.zip is there already: name another file, or')
    assert main([*command, '--overwrite']) == 0
    assert out.read_bytes().startswith(b'PK')


def test_a_submission_beside_other_trackers_side_files(tmp_path, capsys):
    folder = fill(tmp_path / 'results' / 'baseline', GOT10K, 'folders')
    for name in GOT10K[:3]:
        (folder / f'{name}_all_scores.txt').write_text('0.5\n')
        (folder / name / f'{name}_confidence.value').write_text('0.5\n')
    for junk in ('__MACOSX', '.ipynb_checkpoints', 'times', 'logs'):
        (folder / junk).mkdir()
        (folder / junk / 'notes.txt').write_text('hello\n')
    (folder / '.DS_Store').write_bytes(b'\0')
    (folder / 'README.txt').write_text('our tracker\n')
    assert main(['pack', 'got10k', str(tmp_path / 'results'), str(tmp_path / 'out.zip')]) == 0
    assert '360 files of 180 sequences' in capsys.readouterr().out
    (folder / 'GOT-10k_Test_000999').mkdir()
    refused(capsys, tmp_path, 2, lambda: main(['pack', 'got10k', str(folder), str(tmp_path / 'other.zip')]),
            'GOT-10k_Test_000999: no sequence of the set has this name')


@pytest.mark.parametrize(('boxes', 'times', 'message'), [
    ('10,20,-30,40\n' * 3, None, '3 boxes have a negative width or height'),
    (None, '0.5\n-0.5\n0.5\n', '1 times are negative'),
    ('nan\n' + '1,2,3,4\n' * 2, None, '1 boxes are NaN or infinite'),
    ('1,2,3,4\n1,2,3,inf\n1,2,3,4\n', None, '1 boxes are NaN or infinite'), ('', None, 'is empty'),
    (None, '', 'is empty'), (None, 'x\n' * 3, "line 1 is 'x'")])
def test_a_submission_with_numbers_that_no_server_takes(tmp_path, capsys, boxes, times, message):
    folder = fill(tmp_path / 'results', GOT10K, 'folders')
    home = folder / GOT10K[4]
    (home / f'{GOT10K[4]}_001.txt').write_text('1,2,3,4\n' * 3 if boxes is None else boxes)
    (home / f'{GOT10K[4]}_time.txt').write_text(as_text(SECONDS) if times is None else times)
    pack = ['pack', 'got10k', str(folder), str(tmp_path / 'out.zip')]
    said = refused(capsys, tmp_path, 2, lambda: main(pack), message)
    assert GOT10K[4] in said


def test_names_in_a_run_record_do_not_leave_the_zip(tmp_path, capsys):
    folder = fill(tmp_path / 'results', GOT10K[1:], 'folders')
    (folder / 'run.json').write_text(json.dumps(dict(benchmark='got10k_test', frames=dict.fromkeys(
        ['../../victim', *GOT10K[1:]], 3))))
    refused(capsys, tmp_path, 2, lambda: main(['pack', 'got10k', str(folder), str(tmp_path / 'out.zip')]),
            "names a sequence '../../victim', which cannot name a file")


def test_a_tracker_that_a_protocol_cannot_score_leaves_the_others(data, truth, results, tmp_path, capsys):
    lost = tmp_path / 'lost'
    shutil.copytree(results, lost)
    for name, boxes in truth.items():
        (lost / f'{name}.txt').write_text('nan\n' * len(boxes))
    assert report(data, lost, results, '--protocol', 'all', '--out', tmp_path / 'out') == 0
    said = capsys.readouterr().out
    assert 'got10k can score no sequence of lost' in said
    assert re.search(r'\| got10k +\| results \|', said)
    assert not re.search(r'\| got10k +\| lost ', said)
    assert re.search(r'\| pysot +\| lost ', said)
    assert 'got10k can score no sequence of lost' in (tmp_path / 'out/report.md').read_text()
    refused(capsys, tmp_path, 2, lambda: report(data, lost), 'got10k can score no sequence of lost')


@pytest.fixture(scope='module')
def part(tmp_path_factory):
    """A set of which two of four sequences are on disk."""
    root = write_got10k(tmp_path_factory.mktemp('part'))
    for number in (2, 4):
        shutil.rmtree(root / 'got10k/val' / f'GOT-10k_Val_{number:06d}')
    return root


def test_a_part_of_a_set_is_scored_on_request_and_every_table_says_so(data, part, results, run_folder, tmp_path,
                                                                      capsys):
    refused(capsys, tmp_path, 2, lambda: report(part, results), '2 of 4 sequences of got10k_val are not on disk')
    out = tmp_path / 'out'
    assert report(part, results, run_folder, '--partial', '--protocol', 'all', '--out', out) == 0
    said = capsys.readouterr().out
    tables = said.split('**')[1::2]
    assert len(tables) == 3
    assert all(title.endswith('partial set: 2 of 4 sequences') for title in tables)
    assert {path.stem for path in out.glob('*.csv')} == {'differences', 'overall', 'rules', 'sequences'}
    for path in out.glob('*.csv'):
        header, *rows = path.read_text().splitlines()
        assert header.endswith(',partial set')
        assert rows
        assert all(row.endswith(',2 of 4 sequences') for row in rows)
    record = json.loads((out / 'report.json').read_text())
    assert record['partial set'] == record['protocols']['got10k']['results']['partial set'] == '2 of 4 sequences'
    assert '2 of 4 sequences of got10k_val' in (out / 'report.md').read_text().splitlines()[0]
    assert report(data, results, '--partial') == 0  # all of it is there
    assert 'partial' not in capsys.readouterr().out


def test_a_part_of_a_set_is_tested_on_request_and_never_mixed(data, part, run_folder, config, checkpoint, tmp_path,
                                                              capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    command = ['test', config, checkpoint, '--benchmark', 'got10k_val', '--data', str(part), '--workers', '1']
    assert main([*command, '--partial']) == 0
    said = capsys.readouterr().out
    assert '2 of 2 sequences to run' in said
    assert 'partial set: 2 of 4 sequences' in said
    out = tmp_path / 'results/got10k_val/mixformer_tiny-partial'
    assert json.loads((out / 'run.json').read_text())['partial'] is True
    assert json.loads((out / 'scores.json').read_text())['got10k']['partial set'] == '2 of 4 sequences'
    whole = [word if word != str(part) else str(data) for word in command] + ['--out', str(out)]
    refused(capsys, tmp_path, 2, lambda: main(whole), 'holds results of another run (partial differ)')
    shutil.copytree(run_folder, tmp_path / 'whole')
    mixed = [*command, '--partial', '--out', str(tmp_path / 'whole')]
    refused(capsys, tmp_path, 2, lambda: main(mixed), 'partial differ')
    assert main([*command, '--out', str(tmp_path / 'unasked')]) == 1
    assert '--partial leaves out what is not on disk' in capsys.readouterr().err


def test_an_annotation_without_frames_is_not_on_disk(data, results, tmp_path, capsys):
    """Annotations are small and often downloaded first."""
    root = tmp_path / 'data'
    shutil.copytree(data, root)
    bare, torn = (root / 'got10k/val' / f'GOT-10k_Val_{number:06d}' for number in (1, 3))
    for frame in bare.glob('*.jpg'):
        frame.unlink()
    (torn / '00000002.jpg').unlink()  # this one is damaged, and not left out
    assert report(root, results, '--partial') == 0
    assert '3 of 4 sequences' in capsys.readouterr().out
    for frame in root.rglob('*.jpg'):
        frame.unlink()
    refused(capsys, tmp_path, 2, lambda: report(root, results, '--partial'),
            'no sequence of the set is on disk, the first: ')


def test_sequences_that_would_share_a_file_are_refused(tmp_path, monkeypatch):
    folder = tmp_path / 'not/yet'
    check_names(['dog', 'Dog', 'dog_1', 'dog.time'], folder)
    for names in (['dog', 'cat', 'dog'], ['dog_time', 'dog'], ['dog', 'dog_score']):
        with pytest.raises(ValueError, match=r"named '(dog|dog_time)' and 'dog\w*': one would overwrite a file"):
            check_names(names, folder)
    assert tells_case(folder)
    assert not list(tmp_path.iterdir()), 'asking leaves nothing behind'
    monkeypatch.setattr('vtzoo.evaluation.results.tells_case', lambda folder: False)
    with pytest.raises(ValueError, match=r"named 'Dog' and 'dog', and the disk of .* does not tell capitals .*--out"):
        check_names(['Dog', 'dog'], folder)
