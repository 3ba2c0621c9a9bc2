# SPDX-License-Identifier: Apache-2.0
"""For tests of the entropy service: raw HTTP over TLS, a noise source that can be spoilt, cases in TAP.

Requests are written out as bytes, since libraries add, reorder and refuse headers.
"""
import base64
import fcntl
import json
import os
import re
import signal
import socket
import ssl
import sys
import threading
import time
import traceback

PORT, INSTANCE, WORK, BUILD = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]
HOST = f"127.0.0.1:{PORT}"
F_SETPIPE_SZ = 1031  # not in every Python
PATIENCE = 30  # seconds in which what must happen has happened
GET, POST = "/api/v1/quantum-entropy", "/api/v1/entropy"
BASE64 = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")

cases = []


def case(name):
    def note(work):
        cases.append((name, work))
        return work
    return note


def run_cases():
    failed = 0
    print(f"1..{len(cases)}", flush=True)
    for number, (name, work) in enumerate(cases, 1):
        try:
            work()
            print(f"ok {number} - {name}", flush=True)
        except Exception:  # whatever goes wrong in a case is the case's failure
            failed += 1
            print(f"not ok {number} - {name}")
            print("".join("# " + line + "\n" for line in traceback.format_exc().splitlines()), end="", flush=True)
    os._exit(1 if failed else 0)  # the feeder may sit in a write


def token(name):
    with open(f"{WORK}/token-{name}", encoding="ascii") as file:
        return file.read().strip()


# ---- HTTP by hand ----


class Answer:
    def __init__(self, status, version, headers, body):
        self.status, self.version, self.headers, self.body = status, version, headers, body

    @property
    def json(self):
        assert self.headers["content-type"].split(";")[0] == "application/json", self.headers
        return json.loads(self.body.decode("utf-8"))

    @property
    def code(self):
        error = self.json["error"]
        assert error["status"] == self.status and error["message"], error
        return error["code"]

    def __repr__(self):
        return f"{self.status} {self.headers} {self.body[:300]!r}"


class Connection:
    def __init__(self, alpn=None, version=None):
        context = ssl.create_default_context(cafile=INSTANCE + "/ca.pem")
        if alpn:
            context.set_alpn_protocols(alpn)
        if version:
            context.minimum_version = context.maximum_version = version
        raw = socket.create_connection(("127.0.0.1", PORT), timeout=PATIENCE)
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.peer = context.wrap_socket(raw, server_hostname="127.0.0.1")
        self.rest = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.peer.close()

    def send(self, data):
        self.peer.sendall(data)

    def line(self):
        while b"\r\n" not in self.rest:
            self.more()
        line, self.rest = self.rest.split(b"\r\n", 1)
        return line.decode("ascii")

    def more(self):
        data = self.peer.recv(1 << 16)
        if not data:
            raise AssertionError(f"the server closed, after {self.rest[-200:]!r}")
        self.rest += data

    def answer(self, head=False):
        version, status, _ = self.line().split(" ", 2)
        headers = {}
        while line := self.line():
            name, value = line.split(":", 1)
            assert name.lower() not in headers, f"{name} twice"
            headers[name.lower()] = value.strip()
        if status == "100":
            return Answer(100, version, headers, b"")
        parts, left = [], 0 if head or status in ("204", "304") else int(headers["content-length"])
        while left:
            if not self.rest:
                self.more()
            parts.append(self.rest[:left])
            self.rest = self.rest[left:]
            left -= len(parts[-1])
        return Answer(int(status), version, headers, b"".join(parts))

    def ask(self, method, path, headers=(), body=b"", version="HTTP/1.1"):
        """headers: lines without their end, in their order; Host and Content-Length are added where HTTP needs them."""
        lines = [f"{method} {path} {version}", f"Host: {HOST}", *headers]
        if body and not any(line.lower().startswith(("content-length:", "transfer-encoding:")) for line in headers):
            lines.append(f"Content-Length: {len(body)}")
        self.send("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        return self.answer(head=method == "HEAD")


def ask(method, path, headers=(), body=b"", alpn=None, **more):
    with Connection(alpn) as connection:
        return connection.ask(method, path, headers, body, **more)


def bearer(name="free"):
    return f"Authorization: Bearer {token(name)}"


def get(path, *headers, name="free"):
    return ask("GET", path, [bearer(name), *headers])


def post(path, body, *headers, name="free"):
    return ask("POST", path, [bearer(name), *headers], body if isinstance(body, bytes) else json.dumps(body).encode())


# ---- parsers ----


def block(text, size):
    """One block: RFC 4648 section 4, padded, no line breaks."""
    assert isinstance(text, str) and BASE64.fullmatch(text), text[:80]
    data = base64.b64decode(text, validate=True)
    assert len(data) == size, f"{len(data)} bytes, not {size}"
    return data


def blocks_of(answer, member, count, size):
    assert answer.status == 200, answer
    texts = answer.json[member]
    assert isinstance(texts, list) and len(texts) == count, f"{len(texts)} blocks, not {count}"
    return b"".join(block(text, size) for text in texts)


def status():
    answer = ask("GET", "/api/v1/status")
    assert answer.status == 200, answer
    return answer.json


def until(what, test, patience=PATIENCE):
    end = time.monotonic() + patience
    while True:
        found = test()
        if found:
            return found
        assert time.monotonic() < end, f"never came: {what}; {status()}"
        time.sleep(0.05)


# ---- the noise ----


def shrink(pipe):
    """As small as it gets, or 64 KiB of what was bad outlive the fault. Not while more than that is inside."""
    try:
        fcntl.fcntl(pipe, F_SETPIPE_SZ, 4096)
    except OSError:
        return False
    return True


class Noise:
    """Writes into the FIFO: random bytes, short runs of one value (just enough for the repetition count test), zeros,
    or nothing at all."""

    def __init__(self):
        self.kind, self.run, self.before = "random", 0, int(os.environ["feeder"])
        threading.Thread(target=self.feed, daemon=True).start()

    def bytes(self):
        if self.kind == "zeros":
            return bytes(4096)
        if self.kind == "runs":
            return os.urandom(2000) + b"\x01" + bytes(self.run) + b"\x01" + os.urandom(2000)
        return os.urandom(4096)

    def relieve(self):
        """The shell fed until now."""
        if self.before:
            os.kill(self.before, signal.SIGTERM)
            self.before = 0

    def feed(self):
        while True:
            try:
                with open(f"{WORK}/noise", "wb", buffering=0) as fifo:  # waits for a reader
                    self.relieve()
                    large = True
                    while True:
                        large = large and not shrink(fifo)
                        if self.kind == "silent":
                            time.sleep(0.02)
                        else:
                            fifo.write(self.bytes())
            except BrokenPipeError:  # the reader went, and comes back
                pass


def ready():
    until("entropy", lambda: status()["state"] == "ready")
    until("quantum", lambda: "quantum" in status()["entropy_types"])
