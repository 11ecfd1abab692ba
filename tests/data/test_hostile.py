"""Files made to do harm: names that lead elsewhere, bombs, pipes. Each is refused by name, quickly, and alone."""

import json
import os
import shutil
import struct
import subprocess
import sys
import time
import tracemalloc
import zipfile

import pytest

from tests.data.checking import check, set_to_check
from tests.data.datasets import layouts, test_imagenet_vid, test_images, test_vot2020
from tests.data.test_fuzz import attempt
from vtzoo.data import archives
from vtzoo.data.archives import Folder, ZippedFolder, find_place
from vtzoo.data.datasets import COCO, OTB, VOT2020, GOT10k, ImageNetVID, OwnData, TrackingNet
from vtzoo.data.sequence import AnnotationError, FrameError
from vtzoo.utils.limits import LIMITS, limit

VICTIMS = ['../../victim', '../../../../../../etc', '/etc', 'C:\\victim', '..', 'a/../../victim', '..\\victim']


@pytest.fixture
def root(tmp_path, monkeypatch):
    return set_to_check(tmp_path, monkeypatch, train=2)


def files_below(folder):
    return {str(path): path.read_bytes() for path in sorted(folder.rglob('*')) if path.is_file()}


@pytest.mark.parametrize('victim', VICTIMS)
def test_a_list_of_sequences_leads_nowhere_else(root, tmp_path, victim, capsys):
    layouts.got10k_sequence(tmp_path / 'victim')
    layouts.write(root / 'got10k/val/list.txt', f'{victim}\nGOT-10k_Val_000001\n'.encode())
    reader = GOT10k('val', root)
    with pytest.raises(AnnotationError, match='leads elsewhere'):
        reader.read(victim)
    before = files_below(root)
    code, report = check(root)
    assert code == 1
    assert list(report['splits']['got10k/val']['faults']) == [victim]
    assert report['splits']['got10k/val']['sequences'] == 2
    assert files_below(root) == before
    assert '\0' not in capsys.readouterr().out


@pytest.mark.parametrize('victim', VICTIMS[:4])
def test_vot_leads_nowhere_else(tmp_path, victim):
    test_vot2020.write(tmp_path)
    home = next(tmp_path.rglob('list.txt')).parent
    name = VOT2020(root=tmp_path).videos[0]
    layouts.write(home / 'list.txt', [victim, name])
    data = VOT2020(root=tmp_path)
    with pytest.raises(AnnotationError, match='leads elsewhere'):
        data.read(victim)
    layouts.write(home / name / 'sequence', [f'channels.color={victim}/%08d.jpg'])
    with pytest.raises(AnnotationError, match=r'leads elsewhere|cannot be read'):
        data.read(name)


def test_names_of_sequences_name_files_and_are_shown_as_text(root, capsys):
    name = 'x\x1b[2J<b>'
    layouts.got10k_sequence(root / 'got10k/val' / name)
    layouts.write(root / 'got10k/val/list.txt', [name])
    (sequence,) = GOT10k('val', root)
    assert sequence.name == 'x%1B[2J%3Cb%3E'
    (root / 'got10k/val' / name / '00000002.jpg').unlink()
    check(root)
    out = capsys.readouterr()
    assert '\x1b' not in out.out + out.err
    assert r'\x1b[2J' in out.out


@pytest.mark.parametrize(('kind', 'make'), [
    ('pipe', lambda path: os.mkfifo(path)), ('device', lambda path: path.symlink_to('/dev/zero')),
    ('circle', lambda path: path.symlink_to(path.name)), ('folder', lambda path: path.mkdir())])
@pytest.mark.skipif(sys.platform == 'win32', reason='needs pipes and links')
def test_pipes_devices_and_links_in_circles_are_no_frames(root, kind, make):
    one = root / 'got10k/train/GOT-10k_Train_000001'
    for name in ('00000002.jpg', 'absence.label'):
        (one / name).unlink()
        make(one / name)
        begin = time.monotonic()
        code, report = check(root)
        assert time.monotonic() - begin < 10
        assert code == 1
        assert list(report['splits']['got10k/train']['faults']) == [one.name]
        assert report['splits']['got10k/val']['faults'] == {}
        if (one / name).is_dir():
            (one / name).rmdir()
        else:
            (one / name).unlink()
        layouts.write(one / name, layouts.picture(5) if name.endswith('jpg') else [0] * 4)
    assert check(root)[0] == 0


def bomb(path, member, megabytes):
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, 'w', zipfile.ZIP_DEFLATED) as opened, opened.open(member, 'w') as file:
        for _ in range(megabytes):
            file.write(bytes(1 << 20))


def test_a_member_of_zeros_is_unpacked_to_the_limit_only(tmp_path, monkeypatch):
    monkeypatch.setenv('VTZOO_MAX_FRAME_MB', '2')
    monkeypatch.setenv('VTZOO_MAX_TEXT_MB', '1')
    bomb(tmp_path / 'b.zip', 'a/00000001.jpg', 40)
    place = ZippedFolder(tmp_path / 'b.zip', 'a')
    tracemalloc.start()
    with pytest.raises(FrameError, match='more than 2 MB; if it is sound, set VTZOO_MAX_FRAME_MB higher'):
        place.frames(['00000001.jpg']).data(0)
    with pytest.raises(AnnotationError, match='set VTZOO_MAX_TEXT_MB higher'):
        place.data('00000001.jpg')
    assert tracemalloc.get_traced_memory()[1] < 8e6
    tracemalloc.stop()


@pytest.mark.slow
def test_a_gigabyte_of_zeros_takes_little(tmp_path):
    bomb(tmp_path / 'b.zip', 'a/groundtruth.txt', 1024)
    code = ('import resource, sys; resource.setrlimit(resource.RLIMIT_AS, (3 << 30, 3 << 30));'
            'from pathlib import Path; from vtzoo.data.archives import ZippedFolder;'
            f'ZippedFolder(Path({str(tmp_path / "b.zip")!r}), "a").data("groundtruth.txt")')
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, timeout=60, check=False)
    assert 'AnnotationError' in done.stderr.splitlines()[-1]
    assert 'VTZOO_MAX_TEXT_MB' in done.stderr


def directory_with(path, change):
    """An archive of one stored member whose central directory says something else."""
    with zipfile.ZipFile(path, 'w') as opened:
        opened.writestr('a/00000001.jpg', layouts.picture())
    data = bytearray(path.read_bytes())
    change(data, data.rindex(b'PK\1\2'))
    path.write_bytes(data)


LIES = {
    'size': lambda data, at: struct.pack_into('<II', data, at + 20, 0xFFFFFFF0, 0xFFFFFFF0),
    'ZIP64 size without the field': lambda data, at: struct.pack_into('<II', data, at + 20, 0xFFFFFFFF, 0xFFFFFFFF),
    'offset': lambda data, at: struct.pack_into('<I', data, at + 42, 0xFFFFFFF0),
    'method': lambda data, at: struct.pack_into('<H', data, at + 10, 99),
    'count': lambda data, at: struct.pack_into('<HH', data, data.rindex(b'PK\5\6') + 8, 65535, 65535),
    'size of the directory': lambda data, at: struct.pack_into('<I', data, data.rindex(b'PK\5\6') + 12, 0xFFFFFF00),
    'length of the name': lambda data, at: struct.pack_into('<H', data, at + 28, 65535),
}


@pytest.mark.parametrize('lie', LIES.values(), ids=LIES)
def test_directories_that_lie_are_no_more_than_damaged(tmp_path, lie):
    directory_with(tmp_path / 'a.zip', lie)
    image, error = attempt(lambda: find_place(tmp_path, 'a').frames(['00000001.jpg'])[0])
    assert error is not None or image.shape == (48, 64, 3)
    assert error is None or str(tmp_path / 'a') in str(error)


def test_zip64_sizes_beyond_any_number(tmp_path):
    extra = struct.pack('<HHQQQ', 1, 24, 2**64 - 1, 2**64 - 1, 2**63 + 5)
    name = b'a/00000001.jpg'
    entry = struct.pack('<4s6H3I5H2I', b'PK\1\2', 45, 45, 0, 0, 0, 0, 0, 0xFFFFFFFF, 0xFFFFFFFF, len(name), len(extra),
                        0, 0, 0, 0, 0xFFFFFFFF) + name + extra
    end = struct.pack('<4s4H2IH', b'PK\5\6', 0, 0, 1, 1, len(entry), 0, 0)
    layouts.write(tmp_path / 'a.zip', entry + end)
    with pytest.raises(AnnotationError, match=r'a.zip is not a readable ZIP archive'):
        find_place(tmp_path, 'a')


def test_lines_without_end_and_lines_that_never_end(tmp_path, monkeypatch):
    monkeypatch.setenv('VTZOO_MAX_LINES', '1000')
    layouts.frames(tmp_path / 'own/a', '%d.png', 0, 2)
    for text, message in (('1,2,3,4\n' * 1002, 'set VTZOO_MAX_LINES higher'), ('1,' * 9000, 'at most 10,000 ch'),
                          ('\r' * 2000, 'VTZOO_MAX_LINES')):
        layouts.write(tmp_path / 'own/a.txt', text)
        with pytest.raises(AnnotationError, match=message):
            OwnData(root=tmp_path)[0]


@pytest.mark.slow
def test_128_million_lines_take_little(tmp_path):
    layouts.frames(tmp_path / 'own/a', '%d.png', 0, 2)
    with open(tmp_path / 'own/a.txt', 'w') as file:
        for _ in range(128):
            file.write('1,2,3,4\n' * 1_000_000)
    begin = time.monotonic()
    with pytest.raises(AnnotationError, match=r'a.txt cannot be read \(it has more than 64 MB'):
        OwnData(root=tmp_path)[0]
    assert time.monotonic() - begin < 5


def patched(extension, place, new):
    data = layouts.picture(extension=extension)
    return data[:place] + new + data[place + len(new):]


HUGE = {
    'png': patched('.png', 16, struct.pack('>II', 20000, 20000)),
    'jpg': layouts.picture().replace(struct.pack('>HH', 48, 64), struct.pack('>HH', 65500, 65500), 1),
    'bmp': patched('.bmp', 18, struct.pack('<ii', 20000, 20000)),
    'ppm': b'P6 90000 90000 255 ' + bytes(100),
}


@pytest.mark.parametrize('extension', HUGE)
def test_huge_pictures_are_not_decoded(tmp_path, extension):
    layouts.write(tmp_path / f'1.{extension}', HUGE[extension])
    frames = Folder(tmp_path).frames([f'1.{extension}'])
    for look in (frames.read, frames.size):
        with pytest.raises(FrameError, match='more than 160 megapixels; if it is sound, set VTZOO_MAX_MEGAPIXELS high'):
            look(0)


def test_limits_are_overridden_and_far_above_real_data(monkeypatch):
    assert limit('VTZOO_MAX_TEXT_MB') == 64 << 20
    monkeypatch.setenv('VTZOO_MAX_TEXT_MB', '1.5')
    assert limit('VTZOO_MAX_TEXT_MB') == 3 << 19
    for text in ('0', '-1', 'much', 'nan', 'inf'):
        monkeypatch.setenv('VTZOO_MAX_TEXT_MB', text)
        with pytest.raises(ValueError, match=r'VTZOO_MAX_TEXT_MB=.* is not a number above 0'):
            limit('VTZOO_MAX_TEXT_MB')
    assert LIMITS['VTZOO_MAX_MEGAPIXELS'] * 1e6 > 15360 * 8640


def test_numbers_of_frames_beyond_any_video(tmp_path):
    layouts.got10k(tmp_path, train=1)
    layouts.write(tmp_path / 'got10k/test/GOT-10k_Test_000001/999999999.jpg', layouts.picture())
    with pytest.raises(AnnotationError, match='holds a frame 999999999'):
        GOT10k('test', tmp_path).read('GOT-10k_Test_000001')
    test_imagenet_vid.write(tmp_path)
    xml = next(tmp_path.rglob('000001.xml'))
    shutil.copy(xml, xml.with_name('9999999999.xml'))
    with pytest.raises(AnnotationError, match='a number that no frame has'):
        [*ImageNetVID('train', tmp_path)]


def test_entities_in_xml_are_refused(tmp_path):
    test_imagenet_vid.write(tmp_path)
    xml = next(tmp_path.rglob('000001.xml'))
    lol = '<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    xml.write_text(lol + xml.read_text().replace('n02084071', '&b;'))
    with pytest.raises(AnnotationError, match='declares entities'):
        [*ImageNetVID('train', tmp_path)]


def test_one_broken_set_stops_no_other(root, capsys):
    """A JSON cut off, a list that is none, an archive of garbage: each a fault of its own."""
    test_images.coco(root / 'coco')
    layouts.write(root / 'coco/annotations/instances_train2017.json', '{"images": [')
    layouts.write(root / 'got10k/val/list.txt', b'\0\1\2\3')
    layouts.trackingnet_sequence(root / 'trackingnet/TRAIN_0', 'a_0', zipped_up=True)
    layouts.write(root / 'trackingnet/TRAIN_0/zips/a_0.zip', b'PK\3\4 garbage')
    code, report = check(root)
    assert code == 1
    faulty = {key for key, split in report['splits'].items() if split['faults']}
    assert {'coco/train', 'got10k/val', 'trackingnet/train'} <= faulty
    assert report['splits']['got10k/train']['faults'] == {}
    assert 'is not JSON' in capsys.readouterr().out


def test_what_a_decoder_or_reader_does_unforeseen_is_a_fault(root, monkeypatch):
    read = GOT10k.read

    def failing(self, video):
        if video.endswith('Train_000001'):
            raise MemoryError('too much')
        return read(self, video)

    monkeypatch.setattr(GOT10k, 'read', failing)
    code, report = check(root)
    assert code == 1
    (faults,) = report['splits']['got10k/train']['faults'].values()
    assert "MemoryError('too much')" in faults[0]['message']


def test_boxes_in_fractions_are_a_fault(root):
    one = root / 'got10k/train/GOT-10k_Train_000001'
    layouts.write(one / 'groundtruth.txt', ['0.19,0.13,0.13,0.24'] * 4)
    _, report = check(root)
    assert [fault['kind'] for fault in report['splits']['got10k/train']['faults'][one.name]] == [
        'boxes in fractions, not pixels']


def test_files_of_archives_are_read_in_place_whatever_their_names(tmp_path):
    with zipfile.ZipFile(tmp_path / 'Deer.zip', 'w') as opened:
        for name in ('../../Deer/img/0001.jpg', '/Deer/img/0001.jpg', './Deer/img/0001.jpg', 'Deer\\img\\0002.jpg',
                     '__MACOSX/Deer/img/._0001.jpg', 'Deer/img/._0001.jpg'):
            opened.writestr(name, layouts.picture())
    assert find_place(tmp_path, 'Deer/img').names() == ['0001.jpg', '0002.jpg']
    assert os.listdir(tmp_path) == ['Deer.zip']
    assert not OTB.recognises(tmp_path)


def test_trackingnet_and_coco_read_only_their_own(tmp_path):
    test_images.coco(tmp_path / 'coco')
    path = tmp_path / 'coco/annotations/instances_train2017.json'
    content = json.loads(path.read_text())
    content['images'][0]['file_name'] = '../../../etc/passwd'
    path.write_text(json.dumps(content))
    data = COCO('train', tmp_path)
    with pytest.raises(AnnotationError, match='not a path inside its folder'):
        data.read(next(video for video in data.videos if 'passwd' in video))
    layouts.trackingnet_sequence(tmp_path / 'trackingnet/TRAIN_0', 'a\n0')
    (sequence,) = TrackingNet('train', tmp_path, [0])
    assert sequence.name == 'a%0A0'


@pytest.mark.parametrize('large', [False, True], ids=['plain', 'ZIP64'])
def test_the_list_of_contents_of_an_archive_is_bounded(large, tmp_path, monkeypatch):
    path = tmp_path / 'many.zip'
    with zipfile.ZipFile(path, 'w') as archive:
        for i in range(70_000 if large else 2000):  # above 65,535 members, ZIP64 counts them
            archive.writestr(zipfile.ZipInfo(f'folder/{i:08}.jpg'), b'')
    folders = archives.archive_folders(path)
    assert len(folders['folder'][0]) == (70_000 if large else 2000)
    archives._directory.cache_clear()
    monkeypatch.setenv('VTZOO_MAX_ZIP_MB', '1' if large else '0.05')
    with pytest.raises(AnnotationError, match=r'its list of contents is too large: .* set VTZOO_MAX_ZIP_MB higher'):
        archives.archive_folders(path)
    archives._directory.cache_clear()
