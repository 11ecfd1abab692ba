"""Lines of numbers in text files, cut into cells: separators, brackets, comments, headers, encodings."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass

import numpy as np

from vtzoo.data.errors import AnnotationError
from vtzoo.utils.limits import limit, too_large
from vtzoo.utils.names import show

ABSENT = {'nan', '+nan', '-nan', 'na', 'n/a', '<na>', 'none', 'null', 'nil', '-', '--', 'nan(ind)', '-nan(ind)',
          'nan(snan)', '1.#qnan', '-1.#ind', '1.#ind', '-1.#qnan'}
"""How files say that there is no number, in lower case."""

LONGEST_LINE = 10000

_NUMBER = re.compile(r'[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[+-]?inf(?:inity)?', re.ASCII | re.IGNORECASE)
_COMMENT = re.compile(r'(?<!\.)#.*|^\s*(?:%|//).*')
_WHITE = re.compile(r'\s+')


def decode_text(data: bytes, where: str) -> str:
    """A text file's bytes -> text: UTF-8, or UTF-16 as spreadsheets export it, with or without a mark; else Latin-1.

    Raises:
        AnnotationError: it is not a text file.
    """
    if data.startswith((b'\xff\xfe', b'\xfe\xff')):
        encoding = 'utf-16'
    elif data[1:200:2].count(0) * 2 > len(data[1:200:2]):
        encoding = 'utf-16-le'
    else:
        encoding = 'utf-8-sig'
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        text = data.decode('latin-1')
    text = text.removeprefix('\ufeff')
    if re.search(r'[\x00-\x08\x0e-\x1a\x1c-\x1f]', text):
        raise AnnotationError(f'{where} is not a text file.')
    return text


@dataclass(frozen=True)
class Lines:
    """Cells of lines that hold something or are empty; comments are out."""

    names: tuple[str, ...]  # of the columns, where there is a header
    cells: list[list[str]]  # [] : an empty line
    numbers: list[int]  # of the lines in the file, from 1
    texts: list[str]

    def widest(self) -> tuple[int, int]:
        """The first line with several cells, else with one: its place and how many."""
        place = next((place for least in (2, 1) for place, row in enumerate(self.cells) if len(row) >= least), 0)
        return place, len(self.cells[place])

    def chosen(self, count: int | None) -> np.ndarray:
        """Which lines are rows: empty ones are absent frames where that makes the count, else they are left out."""
        filled = np.array([bool(row) for row in self.cells], bool)
        inner = np.arange(len(filled)) <= (filled.nonzero()[0][-1] if filled.any() else -1)
        if filled.sum() == count:
            return filled
        if count in (len(filled), inner.sum()):
            return np.ones(len(filled), bool) if count == len(filled) else inner
        apart = inner.sum() > 4 and not filled[inner][1::2].any() and filled[inner][::2].all()
        return filled if apart or self.names else inner


def refuse_endless(data: bytes | str, where: str) -> None:
    """Raise AnnotationError for more lines, or a longer line, than any file of boxes has."""
    feed, back = ('\n', '\r') if isinstance(data, str) else (b'\n', b'\r')
    if max(data.count(feed), data.count(back)) > limit('VTZOO_MAX_LINES'):
        raise AnnotationError(f'{where} is not read: {too_large("VTZOO_MAX_LINES")}.')
    for number, line in enumerate(data.splitlines() if len(data) > LONGEST_LINE else (), 1):
        if len(line) > LONGEST_LINE:
            raise row_error(where, number, line[:60] if isinstance(line, str) else line[:60].decode('latin-1'),
                            f'a line of at most {LONGEST_LINE:,} characters')


def read_lines(data: bytes | str, where: str) -> Lines:
    """A text file's contents -> the cells of its lines, comments left out.

    Raises:
        AnnotationError: it is not a text file, empty, or a line mixes separators.
    """
    text = data.removeprefix('\ufeff') if isinstance(data, str) else decode_text(data, where)
    names, cells, numbers, texts, separator = (), [], [], [], None
    for number, line in enumerate(re.split(r'\r*\n|\r', text.removesuffix('\n')), 1):
        if number == 1 and re.fullmatch(r'"?sep=.;?"?', line.strip()):  # a spreadsheet's own mark
            continue
        bare = _COMMENT.sub('', line) if not names else line if not re.match(r'\s*(#|%|//)', line) else ''
        if not cells or not any(cells):
            found, separator_found = _header(line if bare.strip() else line.lstrip('#%/ \t'))
            if found:
                if len(set(found) - {''}) < len([name for name in found if name]):
                    raise row_error(where, number, line, 'each column named once')
                names, separator, cells, numbers, texts = found, separator_found, [], [], []
                continue
        if not bare.strip() and line.strip():
            continue  # a comment
        cells.append(_split_named(bare, separator, where, number) if names else _split(bare, where, number))
        numbers.append(number)
        texts.append(line)
    if not any(cells):
        raise AnnotationError(f'{where} is empty: expected lines of x,y,w,h.')
    return Lines(names, cells, numbers, texts)


def _split(line: str, where: str, number: int) -> list[str]:
    """A line without a header -> its cells."""
    inside = re.findall(r'[\[({]([^\[\](){}]*)[\])}]', line)
    if len(inside) > 1 and any(len(re.findall(r'[^\s,;]+', part)) != 2 for part in inside) and 'nan(' not in line:
        raise row_error(where, number, line, 'one box a line')
    line = re.sub(r'(?<!nan)[\[({]|(?<!ind)(?<!snan)[\])}]|["\']', ' ', line, flags=re.IGNORECASE).strip()
    if not line:
        return []
    marks = {mark for mark in ',;' if mark in line}
    if len(marks) > 1:
        raise row_error(where, number, line, 'one separator, and a point in decimal numbers (1.5)')
    if not marks:
        return line.split()
    (mark,) = marks
    line = line.removesuffix(mark).rstrip()
    cells = [cell.strip() for cell in line.split(mark)]
    if any(_WHITE.search(cell) for cell in cells):
        raise row_error(where, number, line, 'one separator, and a point in decimal numbers (1.5)')
    if not any(cells):
        return ['nan']
    if '' in cells:
        raise row_error(where, number, line, 'a number, or NaN, in every place')
    return cells


_COLUMNS = dict(
    x='x left xmin x1 x_min min_x x_left left_x bb_left x_tl topleft_x x0', y='y top ymin y1 y_min min_y y_top top_y '
    'bb_top y_tl topleft_y y0', w='w width bb_width', h='h height bb_height', right='right xmax x2 x_max max_x x_right '
    'x_br', bottom='bottom ymax y2 y_max max_y y_bottom y_br', cx='cx xc x_center center_x x_centre centre_x xcenter',
    cy='cy yc y_center center_y y_centre centre_y ycenter', frame='frame frame_id frameid frame_index frame_idx '
    'frame_no frame_num frame_number framenumber frame_nr', visible='visible visibility vis is_visible present',
    absent='absent lost outside out_of_view', score='score confidence conf prob probability')
_COLUMN_OF = {alias: name for name, aliases in _COLUMNS.items() for alias in aliases.split()}
BOXES = (('x', 'y', 'w', 'h'), ('x', 'y', 'right', 'bottom'), ('cx', 'cy', 'w', 'h'))


def _header(line: str) -> tuple[tuple[str, ...], str | None]:
    """A line that names columns -> their names here ('' for others) and the separator; else ()."""
    if not re.search('[A-Za-z]', line):
        return (), None
    for separator in (';', '\t', ',', None):
        if separator and separator not in line:
            continue
        cells = _cells(line, separator)
        plain = (re.sub(r'\(.*?\)|\[.*?\]', '', cell).strip(' "\'#').lower() for cell in cells)
        words = (re.sub(r'[^a-z0-9]+', '_', word).strip('_') for word in plain)
        names = tuple(_COLUMN_OF.get(re.sub('^(bbox|box|rect|target|gt)_', '', word), '') for word in words)
        if any(set(box) <= set(names) for box in BOXES):
            return names, separator
    return (), None


def _cells(line: str, separator: str | None) -> list[str]:
    return line.split() if separator is None else next(csv.reader([line], delimiter=separator, skipinitialspace=True))


def _split_named(line: str, separator: str | None, where: str, number: int) -> list[str]:
    try:
        cells = [cell.strip() for cell in _cells(line, separator)] if line.strip() else []
    except csv.Error as error:
        raise AnnotationError(f'{where} line {number} cannot be read ({error}).') from error
    return cells


def number_in(cell: str) -> float:
    """A cell's number; NaN: absent; ValueError otherwise."""
    if _NUMBER.fullmatch(cell):
        return float(cell)
    if cell.lower() in ABSENT or not cell:
        return np.nan
    raise ValueError(cell)


def row_error(where: str, number: int, line: str, expected: str) -> AnnotationError:
    """What is wrong with a line, for raising."""
    return AnnotationError(f'{where} line {number} is {show(line[:60])!r}: expected {expected}.')

