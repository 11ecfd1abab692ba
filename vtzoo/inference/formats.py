"""What tracking reads and writes, by name. It imports nothing, so that ``vtzoo track --help`` is quick."""

RESULT_FORMATS = ('csv', 'jsonl', 'txt', 'got10k', 'mot')
CHANNELS = dict(rgb24=3, bgr24=3, gray=1)
"""Of raw frames: values a pixel."""
CODECS = {'.mp4': 'mp4v', '.m4v': 'mp4v', '.mov': 'mp4v', '.mkv': 'mp4v', '.avi': 'MJPG'}
"""Of videos that are written, by the file's ending."""
KEYS = 'space: pause, r: draw the box anew, q: stop'
"""What a window answers to."""
