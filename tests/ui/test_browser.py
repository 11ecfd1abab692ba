"""The page in a real browser without a screen: a box is drawn, a video tracked, and the boxes downloaded."""

import shutil
import time

import pytest

from tests.inference.conftest import BOX, COUNT, write_video

BROWSER, DRIVER = shutil.which('chromium') or shutil.which('google-chrome'), shutil.which('chromedriver')
FLAGS = ('--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
         '--disable-background-networking', '--disable-component-update', '--disable-sync', '--window-size=1280,900')


@pytest.fixture
def browser(tmp_path):
    selenium = pytest.importorskip('selenium.webdriver', reason='selenium is not installed')
    if not (BROWSER and DRIVER):
        pytest.skip('there is no Chromium with its driver')
    options = selenium.ChromeOptions()
    options.binary_location = BROWSER
    for flag in (*FLAGS, f'--user-data-dir={tmp_path / "profile"}'):
        options.add_argument(flag)
    options.add_experimental_option('prefs', {'download.default_directory': str(tmp_path / 'downloads')})
    driver = selenium.Chrome(options, selenium.ChromeService(DRIVER))
    driver.set_page_load_timeout(60)
    yield driver
    driver.quit()


def wait(condition, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := condition():
            return value
        time.sleep(0.1)
    raise AssertionError('it did not come about')


@pytest.mark.slow
def test_a_box_is_drawn_a_video_tracked_and_its_boxes_downloaded(browser, serve, images, config, weights, vtzoo_track,
                                                                 tmp_path):
    from selenium.webdriver import ActionChains
    path = write_video(tmp_path / 'a.mkv', images)
    address, _ = serve()
    browser.get(address)
    element = lambda name: browser.find_element('id', name)  # noqa: E731
    status = lambda: element('status').text  # noqa: E731
    wait(lambda: element('config').get_attribute('value'))
    element('config').clear()
    element('config').send_keys(str(config))
    element('checkpoint').send_keys(str(weights))
    element('video').send_keys(str(path))
    wait(lambda: status().startswith('96 x 64 pixels'))

    canvas = element('canvas')
    scale = canvas.size['width'] / 96
    x, y, w, h = BOX
    middle = canvas.size['width'] / 2, canvas.size['height'] / 2
    ActionChains(browser).move_to_element_with_offset(canvas, round(x * scale - middle[0]), round(y * scale - middle[1])
                                                      ).click_and_hold().move_by_offset(
        round(w * scale), round(h * scale)).release().perform()
    wait(lambda: status().startswith('Frame 1 of'))
    drawn = [float(value) for value in element('box').get_attribute('value').split(',')]
    assert drawn == pytest.approx(BOX, abs=1)
    element('play').click()
    wait(lambda: status().startswith('The end'))
    browser.save_screenshot(str(tmp_path / 'page.png'))
    assert element('score').text
    element('csv').click()
    downloaded = tmp_path / 'downloads' / 'boxes.csv'
    wait(downloaded.exists)
    box = ','.join(map(str, drawn))
    assert vtzoo_track(path, '--out', tmp_path / 'a.csv', box=box)[0] == 0
    assert downloaded.read_bytes() == (tmp_path / 'a.csv').read_bytes()
    assert len(downloaded.read_text().splitlines()) == COUNT + 1
    wait(lambda: element('mp4').is_enabled())
    element('mp4').click()
    wait((tmp_path / 'downloads' / 'tracked.mp4').exists)
    wait(lambda: element('attention').is_enabled())
    element('attention').click()
    wait(lambda: browser.execute_script("return document.getElementById('maps').naturalWidth") > 100)
    assert not [line for line in browser.get_log('browser') if line['level'] == 'SEVERE' and 'favicon' not in str(line)]
