"""The reader that the README shows works as it stands."""

import importlib.util
import re
import sys
from pathlib import Path

import vtzoo.data
from tests.data.datasets import layouts
from vtzoo.data.index import Indexed
from vtzoo.registry import DATASETS, build


def test_the_new_reader_of_the_readme(tmp_path):
    text = (Path(vtzoo.data.__file__).parent / 'README.md').read_text()
    (code,) = re.findall(r'```python\n("""VastTrack.*?)```', text, re.DOTALL)
    assert len(code.splitlines()) < 100
    folder = tmp_path / 'vasttrack/Crossbody Backpack/Crossbody Backpack-31'
    layouts.frames(folder / 'imgs', '%05d.jpg', 1, 3)
    layouts.write(folder / 'Groundtruth.txt', ['5,6,20,15', '0,0,0,0', '7,6,20,15'])
    try:
        spec = importlib.util.spec_from_file_location('vasttrack', layouts.write(tmp_path / 'vasttrack.py', code))
        sys.modules['vasttrack'] = module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        data = Indexed(build(DATASETS, dict(type='VastTrack'), root=tmp_path), cache=tmp_path / 'cache')
        assert data[0].name == 'Crossbody Backpack-31'
        assert data[0].visible.tolist() == [True, False, True]
    finally:
        DATASETS.module_dict.pop('VastTrack', None)
        sys.modules.pop('vasttrack', None)
