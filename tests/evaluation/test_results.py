"""Result files: exact, atomic, and read back in every form in use."""

import numpy as np
import pytest

from vtzoo.evaluation.results import ResultFolder, SequenceResult, read_rows, write_result

BOXES = np.array([[1.0, 2, 30, 40], [0.1, 1 / 3, 30.000000000000004, 1e-7], [-5.25, 1e6, 2, 3]])
RESULT = SequenceResult(BOXES, np.array([1, 0.5, 1 / 7]), np.array([0.1, 0.02, 0.03]))


def test_flat_results_read_back_to_the_last_bit(tmp_path):
    write_result(tmp_path, 'car-1', RESULT)
    folder = ResultFolder(tmp_path)
    assert np.array_equal(folder.boxes('car-1')[0], BOXES)
    assert np.array_equal(folder.seconds('car-1')[:, 0], RESULT.seconds)
    assert np.array_equal(read_rows(tmp_path / 'car-1_score.txt')[:, 0], RESULT.scores)
    assert sorted(path.name for path in tmp_path.iterdir()) == ['car-1.txt', 'car-1_score.txt', 'car-1_time.txt']
    assert (tmp_path / 'car-1.txt').read_text().startswith('1.0,2.0,30.0,40.0\n0.1,0.3333333333333333,')


def test_got10k_results_hold_a_column_a_repetition(tmp_path):
    write_result(tmp_path, 'G', RESULT, 'folders', 1)
    second = SequenceResult(BOXES + 1, RESULT.scores, RESULT.seconds * 2)
    write_result(tmp_path, 'G', second, 'folders', 2)
    folder = ResultFolder(tmp_path)
    assert [path.name for path in folder.files('G')] == ['G_001.txt', 'G_002.txt']
    assert np.array_equal(folder.boxes('G')[1], BOXES + 1)
    assert np.array_equal(folder.seconds('G'), np.stack([RESULT.seconds, second.seconds], 1))
    write_result(tmp_path, 'G', second, 'folders', 2)  # after a death between its times and its boxes
    assert folder.seconds('G').shape == (3, 2)


@pytest.mark.parametrize('separator', [',', '\t', ' ', ', ', '   '])
def test_commas_tabs_and_spaces_are_read(tmp_path, separator):
    text = '\n'.join(separator.join(map(repr, row)) for row in BOXES.tolist())
    (tmp_path / 'a.txt').write_text(text)  # no line end after the last
    assert np.array_equal(ResultFolder(tmp_path).boxes('a')[0], BOXES)


@pytest.mark.parametrize('name', ['uav_bike1.txt', 'nfs_bike1.txt', 'bike1.txt', 'bike1/bike1_001.txt'])
def test_other_toolkits_names_are_found(tmp_path, name):
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text('1,2,3,4\nNaN,NaN,NaN,NaN\n')
    boxes = ResultFolder(tmp_path).boxes('bike1')[0]
    assert boxes.shape == (2, 4)
    assert np.isnan(boxes[1]).all()


def test_numbered_targets_are_found_under_every_mark_and_nothing_is_guessed(tmp_path):
    for name in ('Jogging-1', 'Skating2.2', 'car11'):
        (tmp_path / f'{name}.txt').write_text('1 2 3 4\n')
    folder = ResultFolder(tmp_path)
    assert folder.boxes('Jogging_1')
    assert folder.boxes('Skating2_2')
    assert not folder.boxes('car1_1')
    (tmp_path / 'times').mkdir()
    (tmp_path / 'times' / 'car11_time.txt').write_text('0.1\n')
    assert folder.seconds('car11').shape == (1, 1)
    assert folder.seconds('Jogging_1') is None


@pytest.mark.parametrize(('text', 'message'), [
    ('', 'is empty'), ('1,2,3,4\n1,2,3\n', "line 2 is '1,2,3': expected 4 numbers as in line 1"),
    ('a,b,c,d\n', "line 1 is 'a,b,c,d': expected"), ('0,1,2,3,4\n', 'expected x,y,w,h in pixels'),
    ('1+2i,3,4,5\n', 'expected 4 numbers'), ('1,2,3,4,5,6\n', 'expected x,y,w,h in pixels')])
def test_a_bad_file_is_named(tmp_path, text, message):
    (tmp_path / 'a.txt').write_text(text)
    with pytest.raises(ValueError, match=r'a\.txt') as error:
        ResultFolder(tmp_path).boxes('a')
    assert message in str(error.value)


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match='there is no folder of results'):
        ResultFolder(tmp_path / 'nowhere')
