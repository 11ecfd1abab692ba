"""A page in the browser: load a video, draw a box, watch it tracked, correct it, download the boxes.

vtzoo ui
"""

from __future__ import annotations

import argparse
import importlib.util
import ipaddress
import sys
import threading
import webbrowser

from vtzoo.utils.require import require


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument('--host', default='127.0.0.1',
                        help='where it is reached; other than this machine only if you say so (%(default)s)')
    parser.add_argument('--port', type=int, default=8765, help='(%(default)s; 0: a free one)')
    parser.add_argument('--device', default='cpu', help='where the network runs (%(default)s)')
    parser.add_argument('--max-upload', type=float, default=1024, metavar='MB',
                        help='size of a video at most (%(default)g)')
    parser.add_argument('--cameras', action='store_true',
                        help="let pages from other machines use this machine's cameras too")
    parser.add_argument('--no-browser', action='store_true', help='do not open the page')


def run(args: argparse.Namespace) -> int:
    """Serve until stopped by hand."""
    from vtzoo.utils.device import find_device

    if not all(importlib.util.find_spec(name) for name in ('starlette', 'uvicorn')):
        raise ValueError("the page needs more packages: pip install 'vtzoo[ui]'.")
    import uvicorn

    from vtzoo.ui.clips import Clips
    from vtzoo.ui.server import application

    require(0 < args.max_upload < 1e7, f'--max-upload is a number of megabytes above 0, not {args.max_upload:g}.')
    require(0 <= args.port < 65536, f'--port is 0..65535, not {args.port}.')
    find_device(args.device)
    here = is_local(args.host)
    if not here:
        print(f'warning: everyone who reaches {args.host} can use this page and what it can read.', file=sys.stderr)
    hosts = ['127.0.0.1', 'localhost', '[::1]'] if here else ['*']
    app = application(Clips(device=args.device), hosts, int(args.max_upload * 2 ** 20), cameras=here or args.cameras)
    config = uvicorn.Config(app, args.host, args.port, log_level='warning')
    server = uvicorn.Server(config)
    socket = config.bind_socket()
    address = f'http://{"localhost" if here else args.host}:{socket.getsockname()[1]}/'
    print(f'{address} (Ctrl-C ends it)', flush=True)
    if not args.no_browser:
        threading.Timer(0.5, webbrowser.open, [address]).start()
    server.run(sockets=[socket])
    return 0


def is_local(host: str) -> bool:
    """Whether only this machine reaches it."""
    try:
        return ipaddress.ip_address(host.strip('[]')).is_loopback
    except ValueError:
        return host == 'localhost'
