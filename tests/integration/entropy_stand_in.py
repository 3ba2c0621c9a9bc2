#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Stands in for an entropy service where tests need one that misbehaves on order.

Speaks what the client uses: GET /api/v1/quantum-entropy, POST /api/v1/entropy, GET /api/v1/random/raw, GET
/api/v1/status. Every byte it serves is the low byte of its position since the start, so that a test sees what went
where. Faults are read from a file, one word per request, used up from the front:

  401 403 404 429 500 503   that status (429 and 503 with Retry-After)
  short few many base64 json html empty   an answer that does not hold what was asked for
  close    the connection ends instead of an answer
  half     it ends in the middle of one
  last     a good answer, after which the connection ends without a word
  slow     nothing for 60 seconds
  chunked  a good answer in chunks
  good     a good answer

usage: entropy_stand_in.py [--cert FILE --key FILE] [--token TEXT] [--faults FILE] [--log FILE]
Prints its port on one line and serves until it is killed. The log has a line per request: connection, method, path.
"""
import argparse
import base64
import http.server
import itertools
import json
import os
import ssl
import threading
import time
import urllib.parse

STATUSES = {"401": "token_invalid", "403": "allotment_used", "404": "not_found", "429": "rate_limited",
            "500": "internal", "503": "source_unavailable"}

connections = itertools.count(1)
lock = threading.Lock()
served = 0


def take(count):
    global served
    with lock:
        first, served = served, served + count
    return bytes((first + i) & 0xff for i in range(count))


def next_fault(path):
    if not path or not os.path.exists(path):
        return "good"
    with lock:
        words = open(path, encoding="ascii").read().split()
        with open(path, "w", encoding="ascii") as file:
            file.write("\n".join(words[1:]))
    return words[0] if words else "good"


def blocks(member, count, size, fault):
    if fault == "few":
        count -= 1
    if fault == "many":
        count += 1
    texts = [base64.b64encode(take(size - 1 if fault == "short" else size)).decode() for _ in range(count)]
    if fault == "base64":
        texts[-1] = texts[-1].replace("A", "-")[:-1] + "*"
    answer = {member: texts}
    answer.update({"size": len(texts)} if member == "random" else {"extensions": []})
    return json.dumps(answer).encode()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def setup(self):
        super().setup()
        self.number = next(connections)

    def log_message(self, *_):
        pass

    def note(self):
        if options.log:
            with open(options.log, "a", encoding="utf-8") as file:
                print(self.number, self.command, self.path, file=file)

    def answer(self, status, body, kind="application/json", wait=None, fault="good"):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        if wait is not None:
            self.send_header("Retry-After", str(wait))
        if fault == "chunked":
            self.send_header("Transfer-Encoding", "chunked")
        else:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if fault == "chunked":
            pieces = [body[i:i + 1000] for i in range(0, len(body), 1000)]
            body = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
        if fault == "half":
            body = body[:len(body) // 2]
        self.wfile.write(body)
        self.close_connection = fault in ("half", "last")

    def entropy(self, fault):
        url = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(url.query))
        if (self.command, url.path) == ("GET", "/api/v1/quantum-entropy"):
            return blocks("random", int(query.get("size", 1)), 1024, fault), "application/json"
        if (self.command, url.path) == ("POST", "/api/v1/entropy"):
            order = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            return blocks("entropy", order.get("block_count", 1), order["block_size"], fault), "application/json"
        if (self.command, url.path) == ("GET", "/api/v1/random/raw"):
            size = int(query["bytes"]) + {"short": -1, "few": -1, "many": 1}.get(fault, 0)
            return take(size), "application/octet-stream"
        if (self.command, url.path) == ("GET", "/api/v1/status"):
            return json.dumps({"version": "0", "state": "ready", "sources": []}).encode(), "application/json"
        return None, None

    def serve(self):
        self.note()
        fault = next_fault(options.faults)
        if fault == "slow":
            time.sleep(60)
        if fault in ("close", "slow"):
            self.close_connection = True
            return
        body, kind = self.entropy(fault)
        if options.token and self.headers.get("Authorization") != "Bearer " + options.token:
            fault = "401"
        if body is None:
            fault = "404"
        if fault in STATUSES:
            error = {"status": int(fault), "code": STATUSES[fault], "message": "ordered by the test"}
            self.answer(int(fault), json.dumps({"error": error}).encode(), wait={"429": 1, "503": 2}.get(fault))
            return
        body = {"json": b'{"random":[', "html": b"<html></html>", "empty": b""}.get(fault, body)
        self.answer(200, body, kind, fault=fault)

    do_GET = do_POST = serve


parser = argparse.ArgumentParser()
for name in ("cert", "key", "token", "faults", "log"):
    parser.add_argument("--" + name)
options = parser.parse_args()

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
if options.cert:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(options.cert, options.key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_address[1], flush=True)
server.serve_forever()
