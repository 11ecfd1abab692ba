"""A small HTTP server on this machine that behaves as file servers do, well and badly."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from time import sleep


class Server(ThreadingHTTPServer):
    """Serves ``files`` (name -> bytes) until closed.

    Args:
        files: what it has.
        ranges: whether it resumes.
        cut: after how many bytes the line breaks; None: never.
        slow: seconds before an answer's body.
    """

    daemon_threads = True

    def __init__(self, files, ranges=True, cut=None, slow=0.0):
        super().__init__(('127.0.0.1', 0), _Handler)
        self.files, self.ranges, self.cut, self.slow, self.requests, self.lock = files, ranges, cut, slow, [], Lock()
        Thread(target=self.serve_forever, daemon=True).start()

    def address(self, name):
        return f'http://127.0.0.1:{self.server_port}/{name}'

    def close(self):
        self.shutdown()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        server, name = self.server, self.path.lstrip('/')
        with server.lock:
            server.requests.append((name, self.headers.get('Range')))
        if name == 'page':
            return self._send(200, b'<html>Quota exceeded</html>', {'Content-Type': 'text/html'})
        if name == 'away':
            return self._send(302, b'', {'Location': 'http://example.invalid/x.pth'})
        if name == 'odd':
            return self._send(200, server.files['x.pth'], {'Content-Length': 'many'})
        if name == 'empty':
            return self._send(200, b'')
        if name == 'loop':
            return self._send(302, b'', {'Location': '/loop'})
        if name not in server.files:
            return self._send(404, b'')
        data, tag = server.files[name], f'"{hash(server.files[name])}"'
        begin = 0
        wanted = self.headers.get('Range')
        if wanted and server.ranges and self.headers.get('If-Range', tag) == tag:
            begin = int(wanted.removeprefix('bytes=').rstrip('-'))
            if begin >= len(data):
                return self._send(416, b'')
        headers = {'ETag': tag, 'Content-Type': 'application/octet-stream'}
        if begin:
            headers['Content-Range'] = f'bytes {begin}-{len(data) - 1}/{len(data)}'
        return self._send(206 if begin else 200, data[begin:], headers)

    def _send(self, code, body, headers=()):
        self.send_response(code)
        for key, value in dict(headers).items():
            self.send_header(key, value)
        if 'Content-Length' not in dict(headers):
            self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        sleep(self.server.slow)
        if self.server.cut is not None and len(body) > self.server.cut:
            self.wfile.write(body[:self.server.cut])
            self.wfile.flush()
            self.connection.close()
            return
        self.wfile.write(body)

    def log_message(self, *_):
        pass
