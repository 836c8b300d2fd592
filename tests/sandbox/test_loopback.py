"""The sandbox's calls of its own servers reach them whatever proxy a machine's environment names."""

import json
import threading
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from sandbox.loopback import post, status


class Echo(BaseHTTPRequestHandler):
    """Answers with what it got; `/refuse` with 400."""

    def do_POST(self):
        given = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self._answer(400 if self.path == "/refuse" else 200, {"Error": "no"} if self.path == "/refuse" else given)

    def do_GET(self):
        self._answer(200, {})

    def _answer(self, code, document):
        self.send_response(code)
        self.end_headers()
        self.wfile.write(json.dumps(document).encode())

    def log_message(self, format, *args):
        """Says nothing."""


@pytest.fixture
def server(monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    made = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    threading.Thread(target=made.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{made.server_port}"
    made.shutdown()
    made.server_close()


def test_a_call_goes_past_the_proxy(server):
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(server, timeout=5)
    assert post(f"{server}/x", {"To": "Zoë"}) == {"To": "Zoë"}
    assert status(server) == 200


def test_a_refusal_has_its_reason_in_it(server):
    with pytest.raises(urllib.error.HTTPError) as refused:
        post(f"{server}/refuse", {})
    assert (refused.value.code, json.load(refused.value)) == (400, {"Error": "no"})
