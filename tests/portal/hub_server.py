"""A small hub on this machine: it lists data sets and serves their files, by the protocol that the hub's client speaks."""

import hashlib
import json
import re
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

REVISION = "0123456789abcdef0123456789abcdef01234567"
_INFO = re.compile(r"/api/datasets/([^/?]+/[^/?]+)(?:/revision/[^?]*)?(?:\?.*)?")
_FILE = re.compile(rf"/datasets/([^/]+/[^/]+)/resolve/{REVISION}/(.+)")


class Hub:
    """`datasets` holds files by name by repository; `claimed` sizes and digests differ from the true ones; `asked` holds what came."""

    def __init__(self, datasets):
        self.datasets = datasets
        self.claimed = {}
        self.claimed_digests = {}
        self.asked = []
        self.break_off_after = None


@contextmanager
def serving(hub):
    """The address at which the hub is served."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"hub": hub}))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    hub: Hub

    def do_HEAD(self):
        self._answer(with_body=False)

    def do_GET(self):
        self._answer(with_body=True)

    def log_message(self, *arguments):
        """Say nothing."""

    def _answer(self, *, with_body):
        if found := _INFO.fullmatch(self.path):
            self._list(found[1])
        elif (found := _FILE.fullmatch(self.path)) and found[2] in self.hub.datasets.get(found[1], {}):
            self._serve(self.hub.datasets[found[1]][found[2]], name=found[2], with_body=with_body)
        else:
            self._missing()

    def _list(self, repository):
        files = self.hub.datasets.get(repository)
        if files is None:
            self._missing()
            return
        siblings = [self._sibling(name, data) for name, data in files.items()]
        body = json.dumps({"id": repository, "sha": REVISION, "private": False, "tags": [], "siblings": siblings}).encode()
        self._head(200, {"Content-Type": "application/json", "Content-Length": len(body)})
        self.wfile.write(body)

    def _sibling(self, name, data):
        lfs = {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data), "pointerSize": 1} | self.hub.claimed_digests.get(
            name, {}
        )
        size = self.hub.claimed.get(name, len(data))
        return {"rfilename": name, "size": size, "blobId": "0", **({"lfs": lfs} if name.endswith(".gz") else {})}

    def _serve(self, data, *, name, with_body):
        wanted = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        start = int(wanted[1]) if wanted else 0
        headers = {
            "ETag": f'"{hashlib.sha1(data).hexdigest()}"', "X-Repo-Commit": REVISION, "Accept-Ranges": "bytes",
            "Content-Length": len(data) - start,
        }  # fmt: skip
        if wanted:
            headers["Content-Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
        self._head(206 if wanted else 200, headers)
        if with_body:
            self.hub.asked.append((name, start))
            self.wfile.write(data[start : self.hub.break_off_after])

    def _missing(self):
        self._head(404, {"X-Error-Code": "RepoNotFound", "Content-Length": 0})

    def _head(self, status, headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, str(value))
        self.end_headers()
