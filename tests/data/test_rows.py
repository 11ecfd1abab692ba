"""One parser for annotations and results: what people have is read, what may mean two things is refused."""

import numpy as np
import pytest

from vtzoo.data.rows import in_fractions, parse_boxes, parse_numbers
from vtzoo.data.sequence import AnnotationError

TWO = [[1, 2, 3, 4], [5, 6, 7, 8]]
GAP = [[1, 2, 3, 4], None]
SAME = {
    'plain': '1,2,3,4\n5,6,7,8\n',
    'no last line end': '1,2,3,4\n5,6,7,8',
    'Windows': '1,2,3,4\r\n5,6,7,8\r\n',
    'old Mac': '1,2,3,4\r5,6,7,8\r',
    'twice translated': '1,2,3,4\r\r\n5,6,7,8\r\r\n',
    'tabs': '1\t2\t3\t4\n5\t6\t7\t8',
    'semicolons': '1;2;3;4\n5;6;7;8',
    'spaces': '  1  2 3   4\n 5 6 7 8 ',
    'comma, space': '1, 2, 3, 4\n5, 6, 7, 8',
    'comma, tab': '1,\t2,\t3,\t4\n5,\t6,\t7,\t8',
    'comma at the end': '1,2,3,4,\n5,6,7,8,\n',
    'mark': '\ufeff1,2,3,4\n5,6,7,8',
    'comments': '# made by x\n1,2,3,4 # first\n// and\n5,6,7,8\n% end',
    'empty lines at the end': '1,2,3,4\n5,6,7,8\n\n\n',
    'every second line empty': '1,2,3,4\n\n5,6,7,8\n\n',
    'list': '[[1, 2, 3, 4],\n[5, 6, 7, 8]]',
    'brackets': '[1 2 3 4]\n(5, 6, 7, 8)',
    'quotes': '"1,2,3,4"\n"5","6","7","8"',
    'exponents': '1e0,2.,3E+0,4\n5,6,.7e1,8',
    'header': 'x,y,w,h\n1,2,3,4\n5,6,7,8',
    'header of words': 'Left;Top;Width;Height\n1;2;3;4\n5;6;7;8',
    'header with units': 'x [px]\ty [px]\tw [px]\th [px]\n1\t2\t3\t4\n5\t6\t7\t8',
    'header, spaces': 'x y w h\n1 2 3 4\n5 6 7 8',
    'corners': 'xmin,ymin,xmax,ymax\n1,2,4,6\n5,6,12,14',
    'centres': 'cx,cy,w,h\n2.5,4,3,4\n8.5,10,7,8',
    'header, other columns': 'label,h,w,y,x\n"a, b",4,3,2,1\nc#1,8,7,6,5',
    'bbox_': 'bbox_x,bbox_y,bbox_w,bbox_h\n1,2,3,4\n5,6,7,8',
    'spreadsheet': 'sep=;\nx;y;w;h\n1;2;3;4\n5;6;7;8',
    'scores': '1,2,3,4,1\n5,6,7,8,0.25',
    'demo': '# x,y,w,h,score\n1,2,3,4,1\n5,6,7,8,0.5',
    'polygons': '1,2,4,2,4,6,1,6\n5,6,12,6,12,14,5,14',
    'points': '[(1,2),(4,2),(4,6),(1,6)]\n[(5,6),(12,6),(12,14),(5,14)]',
}


@pytest.mark.parametrize('text', SAME.values(), ids=SAME)
@pytest.mark.parametrize('encoding', ['utf-8', 'utf-16', 'utf-16-le'])
def test_what_people_write_is_read(text, encoding):
    found = parse_boxes(text.encode(encoding), 'f', 2)
    assert found.boxes.tolist() == TWO
    assert found.boxes.dtype == np.float64
    assert parse_boxes(text, 'f', 2).boxes.tolist() == TWO


@pytest.mark.parametrize(
    'absent',
    [
        'nan,nan,nan,nan',
        'NaN NaN NaN NaN',
        'NA',
        'n/a',
        'None',
        'null',
        '-',
        '- - - -',
        ',,,',
        '-nan(ind),-nan(ind),-nan(ind),-nan(ind)',
        '-1.#IND\t-1.#IND\t-1.#IND\t-1.#IND',
        '',
    ],
)
def test_absent_is_written_in_many_ways(absent):
    for tail in ('', '\n5,6,7,8'):
        boxes = parse_boxes(f'1,2,3,4\n{absent}{tail}\n', 'f', 3 if tail else 2).boxes
        assert boxes[0].tolist() == [1, 2, 3, 4]
        assert np.isnan(boxes[1]).all()
        assert len(boxes) == (3 if tail else 2)


def test_empty_lines_are_frames_where_that_makes_the_count():
    text = '1,2,3,4\n\n5,6,7,8\n\n\n'
    assert [len(parse_boxes(text, 'f', count).boxes) for count in (2, 3, 5, None, 9)] == [2, 3, 5, 3, 3]


def test_columns_beside_the_box():
    found = parse_boxes('frame,x,y,w,h,visible,confidence\n3,1,2,3,4,yes,0.5\n\n1,5,6,7,8,0,1\n0,,,,,,\n', 'f', 4)
    assert found.frames.tolist() == [3, 1, 0]
    assert found.visible.tolist() == [True, False, False]
    assert found.lines.tolist() == [2, 4, 5]
    np.testing.assert_array_equal(found.scores, [0.5, 1, np.nan])
    assert parse_boxes('x,y,w,h,lost\n1,2,3,4,1\n1,2,3,4,0', 'f').visible.tolist() == [False, True]
    assert parse_boxes('1,2,3,4,1\n5,6,7,8,0.25', 'f').scores.tolist() == [1, 0.25]


@pytest.mark.parametrize(
    ('text', 'line', 'expected'),
    [
        ('', None, 'is empty'),
        ('\n\n', None, 'is empty'),
        ('x,y,w,h\n', None, 'is empty'),
        ('1,2,3', 1, 'x,y,w,h in pixels'),
        ('1,2,3,4\n1,2,3', 2, '4 numbers as in line 1'),
        ('1,2,3,4\n\n1,2,3,4,5', 3, '4 numbers'),
        ('1,5;2,5;3,5;4,5', 1, 'one separator'),
        ('1,5 2,5 3,5 4,5', 1, 'one separator'),
        ('1 234,5,6,7', 1, 'one separator'),
        ('1,2,,4', 1, 'a number, or NaN, in every'),
        ('1,,2,,3,,4', 1, 'in every'),
        ('0,0.1,0.2,0.3,0.4', 1, 'other columns need a header'),
        ('0 0.5 0.5 0.1 0.2', 1, 'a header'),
        ('1,10,20,30,40\n2,10,20,30,40', 1, 'frame,x,y,w,h'),
        ('1,2,3,4,5,6', 1, 'x,y,w,h'),
        ('[[1,2,3,4],[5,6,7,8]]', 1, 'one box a line'),
        ('1,2,three,4', 1, '4 numbers'),
        ('1_0,2,3,4', 1, '4 numbers'),
        ('١,2,3,4', 1, '4 numbers'),
        ('<html>', 1, 'x,y,w,h in pixels'),
        ('x,y,w,h\n1,2,,4', 2, 'a whole box, or none'),
        ('x,y,w,h,visible\n1,2,3,4,', 2, "a value in the column 'visible'"),
        ('frame,x,y,w,h\n,1,2,3,4', 2, "a value in the column 'frame'"),
        ('x,y,w,h,left\n1,2,3,4,5', 1, 'each column named once'),
        ('x,y,w,h\n1,2,"3' + '0' * 200000, 2, 'a line of at most 10,000 characters'),
        (b'\x89PNG\r\n\x1a\n\0\0', None, 'not a text file'),
        ('1,2,3,4\n\x1b[2J', 2, r"\\x1b\[2J"),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_what_may_mean_two_things_is_refused(text, line, expected):
    with pytest.raises(AnnotationError, match=expected) as error:
        parse_boxes(text, 'a/b.txt')
    assert str(error.value).startswith('a/b.txt' + (f' line {line} ' if line else ' '))
    assert '\n' not in str(error.value)
    assert '\x1b' not in str(error.value)


def test_numbers_of_other_files():
    assert parse_numbers('0.1\n0.2\n', 'f').tolist() == [[0.1], [0.2]]
    assert parse_numbers('0.1;0.2\n0.3;0.4', 'f', 2).tolist() == [[0.1, 0.2], [0.3, 0.4]]
    assert parse_numbers('# seconds\n0.1\nnan\n\n', 'f').shape == (2, 1)
    with pytest.raises(AnnotationError, match=r"f line 1 is '0.1': expected 2 numbers"):
        parse_numbers('0.1\n0.2\n', 'f', 2)


def test_fractions_are_told_from_pixels():
    assert in_fractions([0.19, 0.13, 0.13, 0.24])
    assert in_fractions(np.array([[np.nan] * 4, [0, 0, 1, 1], [0, 0, 0, 0]]))
    assert not in_fractions(np.array([[0.5, 0.5, 0.9, 0.9], [1, 2, 30, 40]]))
    assert not in_fractions(np.full((2, 4), np.nan))


def test_what_vtzoo_writes_is_read():
    text = '# x,y,w,h,score\n1.0,2.0,3.0,4.0,1.0\nnan,nan,nan,nan,nan\n0.1,0.1,0.2,0.2,0.5\n'
    for data in (text.encode(), text, '\ufeff' + text, text.replace('\n', '\r\n').encode()):
        found = parse_boxes(data, 'f', 3)
        np.testing.assert_array_equal(found.boxes, [[1, 2, 3, 4], [np.nan] * 4, [0.1, 0.1, 0.2, 0.2]])
        np.testing.assert_array_equal(found.scores, [1, np.nan, 0.5])
    found = parse_boxes('frame,time,name,x,y,w,h,score,lost\r\n0,0.0,target,1.0,2.0,3.0,4.0,1.0,0\r\n'
                        '1,0.04,target,5.0,6.0,7.0,8.0,0.2,1\r\n', 'f', 2)
    assert found.boxes.tolist() == TWO
    assert found.visible.tolist() == [True, False]


def test_what_track_writes_as_mot_is_read_as_boxes():
    text = '1,1,11,21,30,40,0.9,1,1,-1\n3,1,12,22,30,40,0.5,1,0,-1\n'
    rows = parse_boxes(text.encode(), 'cup.txt')
    np.testing.assert_array_equal(rows.boxes, [[10, 20, 30, 40], [11, 21, 30, 40]])
    np.testing.assert_array_equal(rows.frames, [0, 2])
    np.testing.assert_array_equal(rows.scores, [0.9, 0.5])
    truth = parse_boxes('1 4 11 21 30 40 1 1 1\n2 4 12 22 30 40 1 1 1\n', 'gt.txt')
    np.testing.assert_array_equal(truth.boxes[:, 0], [10, 11])
    with pytest.raises(AnnotationError, match=r'gt\.txt holds 2 objects, as MOT numbers them'):
        parse_boxes('1,1,11,21,30,40,1,1,1\n1,2,12,22,30,40,1,1,1\n', 'gt.txt')
    for line in ('0.5,1,11,21,30,40,1,1,1', '1,0,11,21,30,40,1,1,1,-1', '1,1,11,x,30,40,1,1,1'):
        with pytest.raises(AnnotationError, match=r'gt\.txt'):
            parse_boxes(f'{line}\n', 'gt.txt')
