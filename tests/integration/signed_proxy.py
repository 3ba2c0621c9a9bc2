#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Ends TLS before an entropy service, with a certificate that its clients trust, and does with the answers what it is
told to: a line each on standard input, which is said again when it counts.

usage: signed_proxy.py CERTIFICATE KEY PORT-OF-THE-SERVICE      says on which port it listens
"""
import base64
import hashlib
import http.client
import http.server
import ssl
import sys
import threading

UNTOUCHED = ("Connection", "Content-Length", "Date", "Server", "Transfer-Encoding")
SIGNED = ("Signature", "Signature-Input", "Content-Digest")
mode, remembered = "pass", {}


def other(body):
    """The first character of the entropy is another."""
    at = body.index(b'["') + 2
    return body[:at] + (b"B" if body[at:at + 1] == b"A" else b"A") + body[at + 1:]


def without(headers, *names):
    return [(name, value) for name, value in headers if name not in names]


def change_body(path, headers, body):
    return headers, other(body)


def change_digest(path, headers, body):
    digest = base64.b64encode(hashlib.sha256(other(body)).digest()).decode()
    return without(headers, "Content-Digest") + [("Content-Digest", "sha-256=:%s:" % digest)], other(body)


def strip(path, headers, body):
    return without(headers, *SIGNED), body


def half(path, headers, body):
    return without(headers, "Signature"), body


def twice(path, headers, body):
    return headers + [("Signature", "evil=:AAAA:")], body


def replay(path, headers, body):
    return remembered[path]


def remember(path, headers, body):
    remembered[path] = (headers, body)
    return headers, body


CHANGES = {"pass": remember, "body": change_body, "digest": change_digest, "strip": strip, "half": half, "twice": twice,
           "replay": replay}


class Proxy(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.forward(self.rfile.read(int(self.headers.get("Content-Length", 0))))

    def do_GET(self):
        self.forward(None)

    def forward(self, content):
        service = http.client.HTTPSConnection("127.0.0.1", int(sys.argv[3]), context=ssl._create_unverified_context())
        service.request(self.command, self.path, content, dict(self.headers))
        answer = service.getresponse()
        headers, body = without(answer.getheaders(), *UNTOUCHED), answer.read()
        service.close()
        if answer.status == 200:
            headers, body = CHANGES[mode](self.path, headers, body)
        self.send_response(answer.status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *unused):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
server.daemon_threads = True
tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
tls.load_cert_chain(sys.argv[1], sys.argv[2])
server.socket = tls.wrap_socket(server.socket, server_side=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(server.server_address[1], flush=True)
for line in sys.stdin:
    mode = line.strip()
    print(mode, flush=True)
