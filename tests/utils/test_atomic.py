"""Atomic writing: whole or not at all, whoever else writes and whatever fails."""

import os
import threading

import pytest

from vtzoo.utils.atomic import write_atomically


@pytest.mark.parametrize(('content', 'found'), [
    ('1.5, é\n', '1.5, é\n'.encode()), (b'\0\1', b'\0\1'), (memoryview(b'ab'), b'ab'),
    (lambda file: file.write(b'cd'), b'cd')])
def test_text_bytes_and_writers_are_written_into_a_new_folder(tmp_path, content, found):
    path = tmp_path / 'new' / 'folder' / 'name.txt'
    write_atomically(path, content)
    assert path.read_bytes() == found
    assert [*path.parent.iterdir()] == [path]


def test_a_failure_leaves_what_was_there_and_nothing_beside_it(tmp_path):
    def half(file):
        file.write(b'half')
        raise OSError(28, 'No space left on device')

    path = tmp_path / 'name.txt'
    write_atomically(str(path), 'whole')
    with pytest.raises(OSError, match='No space'):
        write_atomically(path, half)
    assert path.read_text() == 'whole'
    assert [*tmp_path.iterdir()] == [path]


def test_two_writers_of_one_file_never_share_a_temporary_one(tmp_path):
    """Both are inside their writing at once; the file is whole and is the one that finished last."""
    path, inside = tmp_path / 'name.txt', threading.Barrier(2, timeout=10)

    def writer(letter):
        def write(file):
            file.write(letter * 500)
            inside.wait()
            file.write(letter * 500)
        write_atomically(path, write)

    threads = [threading.Thread(target=writer, args=(letter,)) for letter in (b'a', b'b')]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert path.read_bytes() in (b'a' * 1000, b'b' * 1000)
    assert [*tmp_path.iterdir()] == [path]


def test_a_file_gets_the_permissions_of_any_other_new_file(tmp_path):
    write_atomically(tmp_path / 'a', 'a')
    (tmp_path / 'b').write_text('b')
    assert os.stat(tmp_path / 'a').st_mode == os.stat(tmp_path / 'b').st_mode


def test_a_long_name_can_be_written(tmp_path):
    path = tmp_path / ('n' * 250)
    write_atomically(path, 'x')
    assert path.read_text() == 'x'
