"""Boxes and numbers from text, as people and tools write them: annotations and result files alike.

A line is a frame. Between numbers stand commas, semicolons, tabs or spaces; brackets, quotes, a comma at the
end, comments (#, %, //), a byte order mark and UTF-16 are read through. Absent is NaN, NA, None, null, -,
nan(ind) or an empty line. What could mean two things is refused, with file, line and what was expected.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np

from vtzoo.data.errors import AnnotationError
from vtzoo.data.text_lines import ABSENT, BOXES, Lines, number_in, read_lines, refuse_endless, row_error

EXPECTED = ('x,y,w,h in pixels, or x,y,w,h and a score in 0..1; other columns need a header that names them, such as '
            'frame,x,y,w,h')

_OWN = {b'# x,y,w,h': 4, b'# x,y,w,h,score': 5}  # the first line of what `vtzoo track` writes, read fast
_PLAIN = b'0123456789.,-+eE \t\r\nnaN'


def parse_numbers(data: bytes | str, where: str, columns: int | None = None, count: int | None = None) -> np.ndarray:
    """Lines of numbers, as times, scores and flags -> (N, columns) float64, NaN where a number is absent.

    Args:
        data: the file's contents.
        where: names it in errors.
        columns: numbers in a line; None: as many as the first line has.
        count: lines that are expected, which tells whether empty lines are left out or absent.

    Raises:
        AnnotationError: a line holds something else.
    """
    refuse_endless(data, where)
    plain = _fast(data)
    if plain is not None and columns in (None, plain.shape[1]):
        return plain
    lines = read_lines(data, where)
    first, width = lines.widest()
    width = columns or width
    expected = f'{width} number{"s" * (width > 1)}' + f' as in line {lines.numbers[first]}' * (not columns)
    return _matrix(lines, where, width, expected)[lines.chosen(count)]


@dataclass(frozen=True)
class BoxRows:
    """The boxes of a text file.

    Args:
        boxes: (N, 4) x y w h, NaN where there is none.
        scores: (N,), where the file has a fifth column, or one of that name.
        frames: (N,) frame numbers as the file counts them, where it has such a column.
        visible: (N,) bool, where it has such a column.
        lines: (N,) their numbers in the file, from 1, where the file has a header.
    """

    boxes: np.ndarray
    scores: np.ndarray | None = None
    frames: np.ndarray | None = None
    visible: np.ndarray | None = None
    lines: np.ndarray | None = None


def parse_boxes(data: bytes | str, where: str, count: int | None = None) -> BoxRows:
    """A file of boxes -> rows.

    Without a header a line is x,y,w,h; or x,y,w,h and a score in 0..1; or four corners x,y,...,x,y, whose
    upright rectangle is taken; or the nine or ten numbers of MOT, of one object. A header (also in a comment) names
    the columns: x, y, w, h, or left, top, width, height; or corners xmin, ymin, xmax, ymax; or cx, cy, w, h; and if
    there are any frame, visible, score; other columns are left out.

    Args:
        data: the file's contents.
        where: names it in errors.
        count: frames of the video, which tells whether empty lines are left out or absent frames. Unknown, those
            at the end are left out, and so are those in between where every second line is empty.

    Raises:
        AnnotationError: says which line, and what was expected.
    """
    refuse_endless(data, where)
    columns = _OWN.get(data.partition(b'\n')[0].rstrip()) if isinstance(data, bytes) else None
    plain = _fast(data.partition(b'\n')[2] if columns else data)
    if columns and plain is not None and plain.shape[1] == columns:
        return BoxRows(plain[:, :4], plain[:, 4] if columns == 5 else None)
    found = None if plain is None or columns else _by_width(plain)
    if found:
        return BoxRows(*found)
    lines = read_lines(data, where)
    if lines.names:
        return _by_name(lines, where, lines.chosen(None if 'frame' in lines.names else count))
    first, width = lines.widest()
    found = None
    if width in (9, 10):
        return _by_mot(_matrix(lines, where, width, f'{width} numbers as in line {lines.numbers[first]}'), lines, where)
    if width in (1, 4, 5, 8):
        expected = f'{width} numbers as in line {lines.numbers[first]}' if width > 1 else EXPECTED
        found = _by_width(_matrix(lines, where, width, expected))
    if not found:
        raise row_error(where, lines.numbers[first], lines.texts[first], EXPECTED)
    kept = lines.chosen(count)
    return BoxRows(*(None if column is None else column[kept] for column in found))


def _fast(data: bytes | str) -> np.ndarray | None:
    """Plain files by numpy's own reader; None: not that plain, look closer."""
    data = data.encode('utf-8', 'surrogatepass') if isinstance(data, str) else data
    if b';' in data and b',' not in data:
        data = data.replace(b';', b',')
    filled = data.rstrip()
    if not filled or data.translate(None, _PLAIN) or data[len(filled):].count(b'\n') > 1:
        return None
    try:
        values = np.loadtxt(io.StringIO(data.decode('ascii')), ndmin=2, comments=None,
                            delimiter=',' if b',' in filled.partition(b'\n')[0] else None)
    except ValueError:
        return None
    return values if len(values) == filled.count(b'\n') + 1 else None  # fewer: some lines are empty


def _matrix(lines: Lines, where: str, width: int, expected: str) -> np.ndarray:
    """Cells without names -> (N, width); a line that is empty, or one absent mark, is NaN throughout."""
    values = np.full((len(lines.cells), width), np.nan)
    for place, row in enumerate(lines.cells):
        try:
            numbers = list(map(number_in, row))
        except ValueError:
            numbers = None
        if numbers is not None and len(numbers) == 1 and np.isnan(numbers[0]):
            continue
        if numbers is None or len(numbers) not in (0, width):
            raise row_error(where, lines.numbers[place], lines.texts[place], expected)
        if numbers:
            values[place] = numbers
    return values


def _by_width(values: np.ndarray) -> tuple[np.ndarray, np.ndarray | None] | None:
    """Columns without names -> boxes and scores; None: they cannot be told."""
    width, rows = values.shape[1], values[~np.isnan(values).any(1)]
    if width == 4 or (width == 1 and not len(rows)):
        return np.broadcast_to(values, (len(values), 4)).copy(), None
    if width == 8:
        corners = values.reshape(-1, 4, 2)
        return np.concatenate([corners.min(1), np.ptp(corners, axis=1)], 1), None
    # A fifth column of scores; not a frame number in front, and not YOLO's class and fractions.
    if width == 5 and len(rows) and ((rows[:, 4] >= 0) & (rows[:, 4] <= 1)).all() and (rows[:, 2:4] > 1).any():
        return values[:, :4], values[:, 4]
    return None


def _by_mot(values: np.ndarray, lines: Lines, where: str) -> BoxRows:
    """frame,id,left,top,width,height,score,class,visible[,...] of the MOT challenge, which counts frames and pixels
    from 1; here they count from 0.

    Raises:
        AnnotationError: frame or id is not a whole number from 1, or there are several objects.
    """
    places = np.flatnonzero(~np.isnan(values[:, 0]))
    values, numbers = values[places], np.array(lines.numbers)[places]
    for row, line in zip(values, places.tolist(), strict=True):
        if not (row[:2] >= 1).all() or (row[:2] % 1).any():
            raise row_error(where, lines.numbers[line], lines.texts[line],
                            f'{EXPECTED}; or, as in MOT, frame,id,x,y,w,h,score,class,visible')
    if len(objects := np.unique(values[:, 1])) > 1:
        raise AnnotationError(f'{where} holds {len(objects)} objects, as MOT numbers them: give each a file of its '
                              'own.')
    return BoxRows(values[:, 2:6] - [1, 1, 0, 0], values[:, 6], values[:, 0] - 1, None, numbers)


def _by_name(lines: Lines, where: str, kept: np.ndarray) -> BoxRows:
    """Columns with names -> rows."""
    chosen = next(box for box in BOXES if set(box) <= set(lines.names))
    wanted = [*chosen, *(name for name in ('frame', 'visible', 'absent', 'score') if name in lines.names)]
    at = [lines.names.index(name) for name in wanted]
    values = np.full((len(lines.cells), len(wanted)), np.nan)
    for place, row in enumerate(lines.cells):
        if not row or (len(row) == 1 and row[0].lower() in ABSENT):
            continue
        cells = [row[i] if i < len(row) else '' for i in at]
        try:
            values[place] = [_flag(cell) if name in ('visible', 'absent') else number_in(cell)
                             for name, cell in zip(wanted, cells, strict=True)]
        except ValueError:
            raise row_error(where, lines.numbers[place], lines.texts[place],
                            f'below its header, numbers in the columns {", ".join(wanted)}') from None
        box = cells[:4]
        if 0 < box.count('') < 4:
            raise row_error(where, lines.numbers[place], lines.texts[place], 'a whole box, or none')
        for name, value in zip(wanted[4:], values[place, 4:], strict=True):
            if np.isnan(value) and (name == 'frame' or (name != 'score' and '' not in box)):
                raise row_error(where, lines.numbers[place], lines.texts[place], f'a value in the column {name!r}')
    values = values[kept]
    column = dict(zip(wanted, values.T, strict=True))
    boxes = values[:, :4].copy()
    if chosen[2] == 'right':
        boxes[:, 2:] -= boxes[:, :2]
    if chosen[0] == 'cx':
        boxes[:, :2] -= boxes[:, 2:] / 2
    visible = column['visible'] > 0 if 'visible' in column else ~(column['absent'] > 0) if 'absent' in column else None
    return BoxRows(boxes, column.get('score'), column.get('frame'), visible,
                   np.array(lines.numbers)[kept])


def _flag(cell: str) -> float:
    words = {'true': 1.0, 'yes': 1.0, 'false': 0.0, 'no': 0.0}
    return words[cell.lower()] if cell.lower() in words else number_in(cell)


def in_fractions(boxes: np.ndarray) -> bool:
    """Whether boxes x y w h, (4,) or (F, 4), are in fractions of the image (0..1) instead of pixels."""
    boxes = np.asarray(boxes, np.float64).reshape(-1, 4)
    boxes = boxes[np.isfinite(boxes).all(1) & (boxes[:, 2:] > 0).all(1)]
    return len(boxes) > 0 and bool((np.abs(boxes) <= 1).all())
