#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the seeds, corpus/TARGET/NAME: one small, sound (or nearly sound) input per idea. Keys come from the openssl
command line, so those files differ with each run; the rest is the same. The head of each target says what its input is.
"""
import gzip
import json
import os
import struct
import subprocess

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "corpus")
VECTORS = os.path.join(ROOT, "../../vectors/lattice/ibm")


def seed(target, name, data):
    folder = os.path.join(ROOT, target)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, name), "wb") as file:
        file.write(data if isinstance(data, bytes) else data.encode())


# ---- protobuf ----


def varint(number):
    number &= (1 << 64) - 1
    out = b""
    while number > 0x7F:
        out += bytes([number & 0x7F | 0x80])
        number >>= 7
    return out + bytes([number])


def message(*fields):
    """Fields as (number, value): an int is a varint, bytes and str are length-delimited."""
    out = b""
    for number, value in fields:
        if isinstance(value, int):
            out += varint(number << 3) + varint(value)
        else:
            value = value.encode() if isinstance(value, str) else value
            out += varint(number << 3 | 2) + varint(len(value)) + value
    return out


def attributes(field, *rows):
    """A map<uint64, AttributeValue>; bytes, booleans and numbers have their arms."""
    fields = []
    for kind, value in rows:
        arm = 2 if isinstance(value, bool) else 3 if isinstance(value, int) else 1
        value = int(value) if isinstance(value, int) else value
        fields.append((field, message((1, kind), (2, message((arm, value))))))
    return fields


def mechanism(number, *parameter):
    return message((1, number), *parameter)


def blob(number):
    return b"K" + bytes([number])


def key(number):
    """A KeyBlob by its blob alone."""
    return message((5, blob(number)))


def uuid(number):
    return b"U" + bytes([number])


# ---- HTTP/2 and gRPC ----


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def header(name, value):
    return b"\0" + bytes([len(name)]) + name.encode() + bytes([len(value)]) + value.encode()


def headers(path, *more):
    rows = [(":method", "POST"), (":scheme", "https"), (":path", path), (":authority", "localhost"), ("te", "trailers"),
            ("content-type", "application/grpc"), *more]
    return b"".join(header(*row) for row in rows)


def grpc(body, compressed=False):
    return bytes([compressed]) + struct.pack(">I", len(body)) + body


PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0)
REQUEST = message((2, mechanism(0x1041)), (3, "data"))


def rpc_seeds():
    def call(stream, path, *more, body=REQUEST):
        return frame(1, 4, stream, headers(path, *more)) + frame(0, 1, stream, grpc(body))

    connections = {
        "one-call": PREFACE + call(1, "/t.T/Words"),
        "held-call": PREFACE + call(1, "/t.T/Hold"),
        "refused": PREFACE + call(1, "/t.T/Refuse"),
        "two-calls": PREFACE + call(1, "/t.T/Hold") + call(3, "/t.T/Words"),
        "reset": PREFACE + call(1, "/t.T/Hold") + frame(3, 0, 1, struct.pack(">I", 8)) + call(3, "/t.T/Words"),
        "ping-and-settings": PREFACE + frame(6, 0, 0, b"12345678") + frame(4, 0, 0, struct.pack(">HI", 4, 100)) +
        frame(4, 1, 0) + call(1, "/t.T/Words"),
        "window": PREFACE + frame(8, 0, 0, struct.pack(">I", 1 << 20)) + call(1, "/t.T/Words") +
        frame(8, 0, 1, struct.pack(">I", 1)),
        "continuation": PREFACE + frame(1, 0, 1, headers("/t.T/Words")[:40]) +
        frame(9, 4, 1, headers("/t.T/Words")[40:]) + frame(0, 1, 1, grpc(REQUEST)),
        "goaway": PREFACE + call(1, "/t.T/Hold") + frame(7, 0, 0, struct.pack(">II", 1, 0)),
        "tiny-window": PREFACE + frame(4, 0, 0, struct.pack(">HI", 4, 1)) + call(1, "/t.T/Words") +
        frame(8, 0, 1, struct.pack(">I", 3)),
        "padded": PREFACE + frame(1, 4, 1, headers("/t.T/Words")) + frame(0, 9, 1, b"\4" + grpc(REQUEST) + b"\0" * 4),
        "too-many": PREFACE + b"".join(call(2 * i + 1, "/t.T/Hold") for i in range(10)),
        "not-http": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    }
    for name, data in connections.items():
        seed("rpc_session", name, b"\0\0" + data)
    seed("rpc_session", "byte-by-byte", b"\1\1" + connections["one-call"])

    bodies = {
        "whole": b"\0\0" + grpc(REQUEST),
        "in-pieces": b"\1\3" + grpc(REQUEST),
        "gzip": b"\2\0" + grpc(gzip.compress(REQUEST, mtime=0), True),
        "gzip-bomb": b"\2\0" + grpc(gzip.compress(b"\0" * 300000, mtime=0), True),
        "not-ended": b"\4\0" + grpc(REQUEST),
        "held": b"\x08\0" + grpc(REQUEST),
        "refused": b"\x10\0" + grpc(REQUEST),
        "trailers": b"\x20\5" + grpc(REQUEST),
        "two-messages": b"\0\0" + grpc(REQUEST) + grpc(REQUEST),
        "cut": b"\0\0" + grpc(REQUEST)[:-2],
        "huge-length": b"\0\0\0\x03\xff\xff\xff" + b"x" * 40,
        "refused-by-trailers": b"\x31\2" + grpc(REQUEST),
        "stream": b"\x40\0" + grpc(REQUEST) + grpc(b"") + grpc(REQUEST),
        "stream-in-pieces": b"\x40\3" + grpc(REQUEST) + grpc(REQUEST),
        "stream-gzip": b"\x42\0" + grpc(gzip.compress(REQUEST, mtime=0), True) * 2 + grpc(b"plain"),
        "stream-that-stays": b"\x48\0" + grpc(REQUEST),
        "stream-that-fails": b"\x50\0" + grpc(REQUEST) * 2,
        "stream-cut": b"\x44\0" + grpc(REQUEST) + grpc(REQUEST)[:-2],
        "many-empty-entries": b"\0\0" + grpc(message((5, b""), *[(2, b"")] * 300)),
    }
    for name, data in bodies.items():
        seed("rpc_body", name, data)

    lines = {
        "usual": ":path: /t.T/Words\nte: trailers\ncontent-type: application/grpc\n",
        "token": ":path: /t.T/Words\ncontent-type: application/grpc+proto\nauthorization: Bearer aaaa.bbbb.cccc\n"
                 "bluemix-instance: 11111111-2222-3333-4444-555555555555\nquantoki-login-bin: YWJj\n",
        "timeouts": ":path: /t.T/Words\ncontent-type: application/grpc\ngrpc-timeout: 99999999H\n",
        "timeout-unit": ":path: /t.T/Hold\ncontent-type: application/grpc\ngrpc-timeout: 5m\n",
        "encoding": ":path: /t.T/Words\ncontent-type: application/grpc\ngrpc-encoding: gzip\n"
                    "grpc-accept-encoding: identity,gzip\n",
        "bad-encoding": ":path: /t.T/Words\ncontent-type: application/grpc\ngrpc-encoding: snappy\n",
        "bad-base64": ":path: /t.T/Words\ncontent-type: application/grpc\nquantoki-login-bin: %%%%\n",
        "get": ":method: GET\n:scheme: https\n:path: /\n",
        "twice": ":path: /t.T/Words\n:path: /t.T/Hold\ncontent-type: application/grpc\n",
        "long-path": ":path: /" + "t" * 200 + "\ncontent-type: application/grpc\n",
        "many": ":path: /t.T/Words\ncontent-type: application/grpc\n" + "x-a: b\n" * 300,
    }
    for name, data in lines.items():
        seed("rpc_headers", name, (b"\4" if name == "get" else b"\6") + data.encode())

    ok = header(":status", "200") + header("content-type", "application/grpc")
    answer = frame(4, 0, 0) + frame(1, 4, 1, ok) + frame(0, 0, 1, grpc(message((1, b"r" * 32))))
    status = (header("grpc-status", "7") + header("grpc-message", "not %41llowed") +
              header("grpc-status-details-bin", "CAcSA25vdA"))
    servers = {
        "answer": b"\1\0" + answer + frame(1, 5, 1, header("grpc-status", "0")),
        "two-answers": b"\0\0" + answer + frame(1, 5, 1, header("grpc-status", "0")) +
        answer[9:].replace(struct.pack(">I", 1) + ok, struct.pack(">I", 3) + ok),
        "in-pieces": b"\1\2" + answer + frame(1, 5, 1, header("grpc-status", "0")),
        "error": b"\1\0" + frame(4, 0, 0) + frame(1, 5, 1, ok + status),
        "unauthenticated": b"\1\0" + frame(4, 0, 0) + frame(1, 5, 1, ok + header("grpc-status", "16")) +
        frame(4, 0, 0) + frame(1, 5, 1, ok + header("grpc-status", "16")),
        "goaway": b"\1\0" + frame(4, 0, 0) + frame(7, 0, 0, struct.pack(">II", 0, 0)),
        "reset": b"\1\0" + frame(4, 0, 0) + frame(3, 0, 1, struct.pack(">I", 7)),
        "proxy-page": b"\1\0" + frame(4, 0, 0) + frame(1, 4, 1, header(":status", "502")) + frame(0, 1, 1, b"<html>"),
        "compressed": b"\1\0" + frame(4, 0, 0) + frame(1, 4, 1, ok + header("grpc-encoding", "gzip")),
        "push": b"\1\0" + frame(4, 0, 0) + frame(5, 4, 1, struct.pack(">I", 2) + headers("/x")),
        "informational": b"\1\0" + frame(4, 0, 0) + frame(1, 4, 1, header(":status", "103")) + answer[9:],
        "settings": b"\1\0" + frame(4, 0, 0, struct.pack(">HIHIHI", 1, 0, 3, 1, 5, 16384)) + answer[9:],
        "not-http2": b"\3\0HTTP/1.1 400 Bad Request\r\n\r\n",
        "stream-per-call": b"\3\0" + answer + frame(1, 5, 1, header("grpc-status", "0")),
    }
    for name, data in servers.items():
        seed("rpc_client", name, data)


def frame_seeds():
    small, zipped = grpc(b"hello"), grpc(gzip.compress(b"hello" * 100, mtime=0), True)
    seed("frame", "whole", b"\0\0" + small)
    seed("frame", "in-pieces", b"\0\1" + small)
    seed("frame", "empty", b"\0\0" + grpc(b""))
    seed("frame", "gzip", b"\1\0" + zipped)
    seed("frame", "gzip-in-pieces", b"\1\7" + zipped)
    seed("frame", "gzip-then-more", b"\1\0" + grpc(gzip.compress(b"x", mtime=0) + b"rest", True))
    seed("frame", "gzip-bomb", b"\3\0" + grpc(gzip.compress(b"\0" * 2000000, mtime=0), True))
    seed("frame", "large", b"\0\xff" + grpc(b"large" * 2000 * 7)[:4000])
    seed("frame", "two", b"\0\0" + small + small)
    seed("frame", "length-of-4g", b"\2\0\0\xff\xff\xff\xff" + b"x" * 100)


def error_seeds():
    detail = message((1, 0x101), (2, "no session"), (3, 1))
    whole = message((1, 5), (2, "no session"), (3, message((1, "type.googleapis.com/grep11.Grep11Error"), (2, detail))))
    seed("error_detail", "plain", b"\1" + b"7\nnot %C3%A9 allowed%\n")
    seed("error_detail", "ok", b"\2" + b"0\n\n")
    seed("error_detail", "detail", b"\x85" + b"5\nno session\n" + whole)
    seed("error_detail", "two-details", b"\x86" + b"5\n\n" + whole + message((3, message((1, "x"), (2, detail)))))
    seed("error_detail", "other-type", b"\x86" + b"13\n\n" + message((3, message((1, "type.googleapis.com/x.Y")))))
    seed("error_detail", "base64", b"\5" + b"5\nx\nCAUSCm5vIHNlc3Npb24")
    seed("error_detail", "status-no-number", b"\5" + b"five\nx\n")
    seed("error_detail", "words", b"\x20" + "12\nWörter \x01 – \U0001f511 %zz\n".encode() + b"\xff\xed\xa0\x80")


# ---- configuration, HTTP, texts ----


def config_seeds():
    texts = {
        "rows": "text: a\nflag: yes\nnumber: 12k\ndeep:\n  choice: TWO\n  map: {a: 1}\nlist: [1, 2, 3]\n",
        "anchors": "base: &b {text: x, number: 3}\ndeep: &d\n  <<: *b\n  choice: one\n  map: *b\n"
                   "<<: [*b, *d]\nlist: one\n",
        "quoted": "text: \"a\\u00e4\\n\"\nflag: 'no'\nnumber: '7'\n",
        "block": "text: |\n  two\n  lines\nlist:\n- >-\n  folded\n  text\n- null\n- ~\n",
        "twice": "text: a\ntext: b\n",
        "deep": "[" * 40 + "]" * 40,
        "tabs": "text:\n\t- x\n",
        "documents": "%YAML 1.1\n---\ntext: a\n...\n---\ntext: b\n",
        "tags": "text: !!str 5\nlist: !!set {a, b}\n? complex\n: value\n",
        "bomb": "a: &a [x,x,x,x]\nb: &b [*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c]\ne: [*d,*d,*d,*d]\n",
        "loop": "a: &a [*a]\n",
        "empty": "",
        "scalar": "just text\n",
        "bom": "\ufefftext: a\n",
    }
    for name, text in texts.items():
        seed("config", name, text)
    client = """loglevel: debug
tokens:
  0:
    grep11connection:
      address: "127.0.0.1"
      port: "9876"
      tls: { enabled: true, mutual: false, cacert: ca.pem, certfile: , keyfile: }
    storage:
      filestore: { enabled: false, storagepath: }
      remotestore: { enabled: true }
      localpostgres: { enabled: false, connectionstring: }
    users:
      0: { name: Administrator, iamauth: &iam { enabled: true, endpoint: "https://127.0.0.1:9443", instance: i } }
      1: { name: Normal, tokenspaceID: f00db2f1-4421-4032-a505-465bedfa845b, iamauth: { <<: *iam } }
      2: { name: Anonymous, tokenspaceID: ca22be26-b798-4fdf-8c83-3e3492dc0215, iamauth: { <<: *iam, apikey: k } }
logging:
  loglevel: debug
  logpath: /dev/null
"""
    seed("config_client", "usual", client)
    seed("config_client", "embedded", "tokens:\n  0:\n    embedded: { path: /tmp/x }\n  1:\n    embedded: {}\n")
    seed("config_client", "bad-uuid", client.replace("f00d", "food"))
    seed("config_client", "bad-port", client.replace("9876", "98765"))
    seed("config_client", "slots", "tokens:\n  7: {embedded: {}}\n  3: {embedded: {}}\n  x: {}\n")
    seed("config_client", "list", "tokens: [1, 2]\n")
    target = "  - {name: %s, library: /lib/x.so, %s}\n"
    service = "service: {url: [https://a.test, https://b.test], token: t, mix: none, timeout_ms: 50}\ntargets:\n"
    seed("seed_config", "own", service + target % ("a", "uri: 'pkcs11:token=a%20b;serial=7?pin-source=x', pin: &p 1234") +
         target % ("b", "all_tokens: true, pin: *p, size: 64k, split: 9") + target % ("c", "slot: 0x10, login: none"))
    seed("seed_config", "reference", "qrypt_token: a\ncryptoki_lib: /x.so\ncryptoki_slot_id: 3\ncryptoki_user_pin: '1'\n"
         "size: 64\nother: 1\n")
    others = ["sink: kernel, credit_bits: 256", "sink: tpm, size: 1k", "sink: file, path: /run/pipe",
              "sink: esxi, url: 'https://v.test', host: host-1, user: u@v, password_file: /p, ca_file: /c"]
    seed("seed_config", "sinks", service + "".join("  - {name: %d, %s}\n" % row for row in enumerate(others)))
    common = "defaults: { library: /x.so, pin: 1234, worker: w, size: 64, sink: token, user: u, path: /p }\ntargets:"
    seed("seed_config", "defaults", service.replace("targets:", common) + "  - { name: a, slot: 1 }\n"
         "  - { name: b, token_label: t, pin_command: c }\n  - { name: c, sink: file }\n  - { name: d, slot: 2, login: none }\n")
    seed("seed_config", "twins", service + target % ("a", "slot: 1, pin_file: /p") * 2)


def http_seeds():
    texts = {
        "length": "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
        "chunked": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nT: v\r\n\r\n",
        "to-the-end": "HTTP/1.0 200 OK\r\n\r\nbody",
        "empty": "HTTP/1.1 204 No Content\r\n\r\n",
        "continue": "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n",
        "both": "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "two-lengths": "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
        "huge-length": "HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551617\r\n\r\n",
        "huge-chunk": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
        "folded": "HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n",
        "newlines": "HTTP/1.1 200 OK\nContent-Length: 1\n\nx",
        "not-http": "SSH-2.0-x\r\n",
        "url": "https://user@[::1]:9443/identity/token?x=y#z",
        "url-plain": "http://localhost/",
    }
    for name, text in texts.items():
        seed("http", name, b"\0" + (b"\0" if name.startswith("url") else b"\3") + text.encode())
    seed("http", "head", b"\1\0" + texts["length"][:-2].encode())


def service_seeds():
    texts = {
        "blocks": '{"random":["AAEC","AwQF"],"size":2}',
        "escapes": '{"x":[{"y":-1e9}],"random":["A\\/EC","Aw\\u002bF"]}',
        "padding": '{"random":["AA==","AQ=="]}',
        "few": '{"random":["AAEC"]}',
        "twice": '{"random":["AAEC","AwQF"],"random":["AAEC","AwQF"]}',
        "refusal": '{"error":{"status":429,"code":"rate_limited","message":"wait","retry_after":4}}',
        "deep": '{"a":' + "[" * 20,
        "page": "<html>",
    }
    for name, text in texts.items():
        seed("service", name, bytes([1, 0 if name == "padding" else 2, 5]) + text.encode())


def signature_seeds():
    """The published example of RFC 9421, appendix B.2.6, and answers of ours."""
    body = '{"hello": "world"}'
    bytes_of = "wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw=="
    digest = "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:"
    short = "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:"
    parts = '("@status" "content-digest" "@method";req "@path";req "@query";req)'
    how = ';created=1618884473;nonce="AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="' \
          ';keyid="poqkLGiymh_W0uP6PZFw-dvez3QJT5SolqXBCW38r0U";alg="ed25519"'
    rows = {
        "published": ('sig-b26=("date" "@method" "@path" "@authority" "content-type" "content-length")'
                      ';created=1618884473;keyid="test-key-ed25519"', f"sig-b26=:{bytes_of}:", digest),
        "ours": (f"quantoki={parts}{how}", f"quantoki=:{bytes_of}:", short),
        "asked": ('a=( "@status"  "a\\"b";req );created; nonce="n"', "", "md5=:AAAA:, " + short),
        "two": (f"a={parts}, b=()", f"a=:{bytes_of}:, b=:AAAA:", f"{short}, {short}"),
        "bare": ("a=()", "a=::", ""),
    }
    for name, headers in rows.items():
        seed("signature", name, "\n".join(headers) + "\n" + body)


def rest_seeds():
    post, head, raw, closed = 1, 2, 4, 8
    texts = {
        "get": (0, "api/v1/quantum-entropy?size=2", ""),
        "escaped": (raw, "api/v1/quantum-entropy?x=%zz&siz%65=%31&size", ""),
        "raw": (head, "api/v1/random/raw?bytes=1048576", ""),
        "failing": (0, "api/v1/failing_logs?num=100&strict=true&include_random=true&randsize=17&simple=true", ""),
        "random": (0, "api/v1/failing_random?num=2&randsize=5242880", ""),
        "restart": (post, "api/v1/sources/a-b_c.d/restart", ""),
        "page": (0, "", ""),
        "metrics": (0, "metrics", ""),
        "openapi": (0, "api/v1/openapi.json", ""),
        "closed": (closed, "api/v1/status", ""),
        "token": (post, "identity/token", "grant_type=urn:ibm:params:oauth:grant-type:apikey&apikey=%41+b%"),
        "blocks": (post, "api/v1/entropy", '{"block_size":16,"block_count":2}'),
        "blocks-typed": (post | raw, "v1/entropy", ' { "entropy_type" : "mixed" , "block_size":1024 } '),
        "blocks-twice": (post, "v1/entropy", '{"block_size":0,"block_size":16}'),
        "blocks-escaped": (post, "v1/entropy", '{"block\\u005fsize":1e1,"x":[[[[[[[1]]]]]]]}'),
        "blocks-deep": (post, "v1/entropy", "[" * 300),
    }
    for name, (options, target, body) in texts.items():
        seed("rest", name, bytes([options]) + target.encode() + b"\n" + body.encode())


def http_session_seeds():
    texts = {
        "get": "GET /api/v1/quantum-entropy?size=2&x=%20+ HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer t\r\n\r\n",
        "post": "POST /identity/token HTTP/1.1\r\nHost: x\r\nContent-Length: 14\r\n\r\ngrant_type=%41",
        "chunked": "PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nT: v\r\n\r\n",
        "expect": "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n{}",
        "pipeline": "\r\nHEAD /a HTTP/1.1\r\nHost: x\r\n\r\n" * 3 + "GET /b HTTP/1.1\r\nHost: x\r\n",
        "old": "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET / HTTP/1.0\r\n\r\n",
        "both": "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "two-lengths": "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
        "huge-length": "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 18446744073709551617\r\n\r\n",
        "huge-chunk": "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
        "folded": "GET / HTTP/1.1\r\nHost: x\r\nX: a\r\n b\r\n\r\n",
        "newlines": "GET / HTTP/1.1\nHost: x\n\n",
        "absolute": "GET http://x?y HTTP/1.1\r\nHost: x\r\n\r\nOPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
        "long-line": "GET /" + "a" * 2100 + "\n",
        "not-http": "\x16\x03\x01\x02\x00\x01",
    }
    for name, text in texts.items():
        seed("http_session", name, b"\0\7" + text.encode())
    for options in range(1, 64, 6):
        seed("http_session", f"options-{options:02}", bytes([options, 5]) + (texts["post"] + texts["get"]).encode())


def text_seeds():
    for name, text in {"base64": "YWJjZA==", "base64url": "-_-_YWI", "hex": "00ffA5", "bad-padding": "YQ=a",
                       "uuid": "F00DB2F1-4421-4032-a505-465bedfa845b", "empty": "", "spaces": "YW Jj\n"}.items():
        seed("text", name, text)
    seed("text", "bytes", bytes(range(256)))


# ---- PKCS #11 ----


def template_seeds():
    def entry(kind, value):
        return struct.pack(">HB", 0x8000 + kind, len(value)) + value

    ulong = struct.Struct("<Q").pack
    seed("template", "aes", entry(0, ulong(4)) + entry(0x100, ulong(0x1F)) + entry(0x161, ulong(32)) +
         entry(1, b"\1") + entry(3, b"label"))
    seed("template", "bool-of-5", entry(1, b"\5"))
    seed("template", "integer", entry(0x122, b"\0\0\1\0\1") + entry(0x180, b"\x06\x05\x2b\x81\x04\x00\x0a"))
    seed("template", "mechanisms", struct.pack(">HB", 0x8000 + 0x600, 16) + ulong(1) + ulong(2))
    seed("template", "twice", entry(3, b"a") + entry(3, b"b"))
    seed("template", "no-value", entry(3, b"a") + struct.pack(">HB", 0x8003, 0xFF))
    seed("template", "absurd-length", struct.pack(">HB", 0x8003, 0xFE))
    seed("template", "rows", b"".join(struct.pack(">HB", row, 1) + b"\1" for row in range(0, 60)))
    seed("template", "rows-of-8", b"".join(struct.pack(">HB", row, 8) + ulong(row) for row in range(0, 60)))
    seed("template", "empty", b"")
    # By row, since the numbers of vendors have more than 15 bits: all rows twice, so that IBM's parts are among them.
    seed("template", "all-rows", b"".join(struct.pack(">HB", row, 1) + b"\1" for row in range(60, 124)))
    seed("template", "all-rows-of-8", b"".join(struct.pack(">HB", row, 8) + ulong(row) for row in range(90, 154)))
    seed("template", "ml-kem", entry(0, ulong(3)) + entry(0x100, ulong(0x49)) + entry(0x61D, ulong(2)) +
         entry(0x637, b"s" * 64))


def mechanism_seeds():
    number = struct.Struct(">H").pack
    gcm = b"\x0cinitvector12" + b"\3aad" + number(128) + number(96)
    oaep = number(0x250) + number(2) + number(1) + b"\5label"
    pss = number(0x250) + number(2) + number(32)
    eddsa = b"\0\7context"
    # Rows of the table move, so mechanisms go by their numbers: a row past the end is followed by one.
    for name, (mech, function, structured, parameter) in {
        "by-number-gcm": (0x1087, 0, 1, gcm + b"\0"),
        "by-number-gcm-old": (0x1087, 1, 1, gcm + b"\1"),
        "by-number-oaep": (0x0009, 0, 1, oaep + b"\0"),
        "by-number-pss": (0x000D, 3, 1, pss + b"\0"),
        "by-number-pss-hashed": (0x0043, 4, 1, pss + b"\0"),
        "by-number-eddsa": (0x1057, 3, 1, eddsa + b"\0"),
        "by-number-eddsa-none": (0x1057, 3, 0, b"\0"),
        "by-number-cbc": (0x1082, 0, 0, b"\x10" + b"i" * 16),
        "by-number-cbc-short": (0x1082, 0, 0, b"\x0f" + b"i" * 15),
        "by-number-no-pointer": (0x1082, 0, 0, b"\xff"),
    }.items():
        seed("mechanism", name, bytes([0xFF, function, structured]) + (number(mech) + parameter))

    kem = b"\1\3ct!" + b"\2sd"
    blob_or_handle = {"ep11": b"\0\4blob", "ep11-handle": b"\0\x08handle!!", "opencryptoki": b"\1" + number(5)}
    for name, rest in blob_or_handle.items():
        for mode in (1, 2):
            seed("mechanism", f"kem-{name}-{mode}",
                 bytes([0xFF, 9, 1]) + number(0x8024) + number(0) + number(mode) + number(0x8003 + mode) + kem + rest +
                 b"\0")
    seed("mechanism", "kem-plain", bytes([0xFF, 9, 1]) + number(0x8038) + number(0) + number(1) + number(1) + bytes(6))
    seed("mechanism", "kem-none", bytes([0xFF, 12, 0]) + number(0x8024) + b"\0")
    for name, mech, hedge in (("ml-dsa", 0x1D, 1), ("external-mu", 0x403C, 2), ("ibm-ml-dsa", 0x8036, 3),
                              ("no-variant", 0x8036, 0)):
        seed("mechanism", f"context-{name}", bytes([0xFF, 3, 1]) + number(mech) + number(hedge) + b"\3ctx" + b"\0")
    seed("mechanism", "context-hash-ml-dsa",
         bytes([0xFF, 3, 1]) + number(0x1F) + number(0) + b"\0" + number(0x250) + b"\0")

    for name, (function, mech) in {
        "kyber": (9, mechanism(0x80010024, (8, message((1, 0), (2, 2), (3, 0x800004), (4, 1), (5, b"ct"), (6, b"sd"),
                                                       (7, b"blob"))))),
        "ibm-ml-kem": (9, mechanism(0x80010038, (8, message((2, 1), (3, 1))))),
        "external-mu": (3, mechanism(0x403C)),
        "cbc": (0, mechanism(0x1082, (2, b"i" * 16))),
        "gcm": (1, mechanism(0x1087, (1000, message((1, b"i" * 12), (2, b"aad"), (3, 128))))),
        "oaep": (0, mechanism(0x9, (3, message((1, 0x250), (2, 2), (3, 1), (4, "label"))))),
        "pss": (3, mechanism(0xD, (4, message((1, 0x250), (2, 2), (3, 32))))),
        "eddsa": (3, mechanism(0x1057, (1001, message((1, 1), (2, "context"))))),
        "ibm-eddsa": (3, mechanism(0x8001001C)),
        "ibm-eddsa-signed": (3, mechanism(0xFFFFFFFF8001001C)),
        "empty-arm": (3, mechanism(0xD, (4, b""))),
        "digest": (2, mechanism(0x250)),
        "two-arms": (0, mechanism(0x1082, (2, b"i" * 16), (3, b""))),
    }.items():
        seed("mechanism_message", name, bytes([function]) + mech)


def attribute_seeds():
    rows = [(0, 4), (0x100, 0x1F), (0x161, 32), (0x104, True), (3, b"label"), (0x122, b"\1\0\1"),
            (0x600, struct.pack(">QQ", 1, 0x1082))]
    seed("attribute_map", "usual", message((1, mechanism(0x1080)), *attributes(6, *rows)))
    seed("attribute_map", "vendor", message(*attributes(6, (0x80010006, 1), (0xFFFFFFFF80010006, 0))))
    seed("attribute_map", "no-arm", message((6, message((1, 3), (2, b""))), (6, message((1, 3)))))
    seed("attribute_map", "other-arms", message(*attributes(6, (0x104, 1), (0x161, struct.pack(">I", 16)), (0x122, 65537))))
    seed("attribute_map", "blob", struct.pack(">HQB", 3, 0, 2) + struct.pack(">IQ", 8, 4) +
         struct.pack(">QBI", 0x104, 1, 1) + b"\1" + struct.pack(">QBI", 0x600, 4, 8) + struct.pack(">Q", 1))


# ---- keys ----


def openssl(*arguments, data=None):
    return subprocess.run(["openssl", *arguments], input=data, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          check=True).stdout


def key_seeds():
    algorithms = {
        "rsa": (0, 3, ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"]),
        "p256": (1, 4, ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]),
        "p384": (1, 4, ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"]),
        "p521": (1, 4, ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"]),
        "secp256k1": (1, 4, ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:secp256k1"]),
        "ed25519": (2, 5, ["-algorithm", "ED25519"]),
        "dsa": (10, 11, ["-paramfile", "/dev/stdin"]),
        "dh": (12, 13, ["-algorithm", "DH", "-pkeyopt", "group:ffdhe2048"]),
        "x25519": (14, 15, ["-algorithm", "X25519"]),
    }
    dsa_parameters = openssl("genpkey", "-genparam", "-algorithm", "DSA", "-pkeyopt", "dsa_paramgen_bits:1024")
    for name, (public, private, arguments) in algorithms.items():
        pem = openssl("genpkey", *arguments, data=dsa_parameters)
        seed("key", name + "-public", bytes([public]) + openssl("pkey", "-pubout", "-outform", "DER", data=pem))
        seed("key", name + "-private",
             bytes([private]) + openssl("pkcs8", "-topk8", "-nocrypt", "-outform", "DER", data=pem))
    seed("key", "dsa-parameters",
         bytes([16]) + openssl("dsaparam", "-outform", "DER", data=dsa_parameters))
    pem = openssl("genpkey", *algorithms["p256"][2])
    explicit = openssl("ec", "-param_enc", "explicit", "-pubout", "-outform", "DER", data=pem)
    seed("key", "explicit-curve", b"\1" + explicit)
    compressed = openssl("ec", "-conv_form", "compressed", "-pubout", "-outform", "DER", data=pem)
    seed("key", "compressed-point", b"\1" + compressed)
    point = openssl("pkey", "-pubout", "-outform", "DER", data=openssl("genpkey", "-algorithm", "ED25519"))[-32:]
    # GREP11's form of an Edwards key: the curve as parameter of id-ecPublicKey
    seed("key", "ed25519-grep11", b"\2" + bytes.fromhex("303530 0e06072a8648ce3d0201 06032b6570 032100".replace(" ", "")) +
         point)
    seed("key", "aes", b"\6" + b"k" * 32)
    seed("key", "aes-of-17", b"\6" + b"k" * 17)
    seed("key", "generic", b"\7" + b"secret")
    for name, curve in {"oid": bytes.fromhex("06082a8648ce3d030107"), "printable": b"\x13\x0cedwards25519",
                        "name": b"P-256"}.items():
        seed("key", "curve-" + name, b"\1" + curve)


def lattice_key_seeds():
    """openCryptoki's keys, from tests/vectors, as DER: IBM's of the older rounds, the standard's under both names."""
    def der(tag, *parts):
        content = b"".join(parts)
        head = len(content).to_bytes(2, "big")
        return bytes([tag]) + (bytes([len(content)]) if len(content) < 128 else b"\x82" + head) + content

    def bits(content):
        return der(3, b"\0", content)

    def pair(name, kinds, oid, parameters, public, private):
        algorithm = der(0x30, der(6, bytes.fromhex(oid)), parameters)
        for kind in kinds:
            if public:
                seed("key", f"{name}-{kind}-public", bytes([kind]) + der(0x30, algorithm, bits(public)))
            seed("key", f"{name}-{kind}-private",
                 bytes([kind + 1]) + der(0x30, b"\2\1\0", algorithm, der(4, private)))

    def entry(name, wanted):
        with open(os.path.join(VECTORS, name + ".json"), encoding="utf-8") as file:
            found = next(one for one in json.load(file) if one["name"].startswith(wanted))
        return {part: bytes.fromhex(found[part]) for part in parts + ["t1", "pk", "sk"] if part in found}

    parts = ["rho", "seed", "tr", "s1", "s2", "t0"]
    null, arc = b"\5\0", "2b0601040102820b"
    key = entry("dilithium", "Dilithium Round 2, Level 4")
    private = der(0x30, b"\2\1\0", *(bits(key[part]) for part in parts),
                  der(0xA0, bits(key["t1"])))
    pair("dilithium", [22], arc + "010605", null, der(0x30, bits(key["rho"]), bits(key["t1"])), private)
    key = entry("kyber", "Kyber Round 2, 786")
    private = der(0x30, b"\2\1\0", bits(key["sk"]), der(0xA0, bits(key["pk"] + b"0" * 64)))
    pair("kyber", [24], arc + "050303", null, der(0x30, bits(key["pk"])), private)
    key = entry("ibm_ml_dsa", "ML-DSA 44")
    private = b"".join(key[part] for part in parts)
    pair("ml-dsa", [18, 26], "608648016503040311", b"", key["rho"] + key["t1"], der(4, private))
    pair("ml-dsa-seed", [18, 26], "608648016503040311", b"", None, der(0x80, b"s" * 32))
    key = entry("ibm_ml_kem", "ML-KEM 512")
    pair("ml-kem", [20, 28], "608648016503040401", b"", key["pk"], der(4, key["sk"]))
    pair("ml-kem-seed", [20, 28], "608648016503040401", b"", None, der(0x80, b"s" * 64))


def operation_seeds():
    def progress(function, *parts):
        return bytes([1, function]) + b"".join(struct.pack(">I", len(part)) + part for part in parts)

    sha256 = b"\x6a" * 32 + struct.pack(">Q", 70) + b"waitin"
    sha1 = b"\x6a" * 20 + struct.pack(">Q", 1) + b"w"
    sha512 = b"\x6a" * 64 + struct.pack(">Q", 129) + b"w"
    states = {"digest": (4, progress(4, sha256)), "sign": (8, progress(8, sha256)),
              "verify": (16, progress(16, sha256)), "sha1": (4, progress(4, sha1)), "sha512": (4, progress(4, sha512)),
              "cbc": (1, progress(1, b"c" * 16, b"rest")), "uncbc": (2, progress(2, b"c" * 16, b"r" * 16)),
              "gcm": (1, progress(1, b"gathered")), "count": (4, progress(4, b"\x6a" * 32 + b"\xff" * 8 + b"x" * 63)),
              "empty": (1, b"")}
    bits = {1: 0, 2: 1, 4: 2, 8: 3, 16: 4}
    for name, (function, state) in states.items():
        for row in range(0, 60, 3) if name in ("digest", "sign", "cbc") else (10,):
            seed("operation", f"{name}-{row:02}", bytes([row, bits[function]]) + state)


def saved_state_seeds():
    """Which state, keys (two bits each: right, none, another, no handle) and 16 if the checksum is made anew, edits."""
    flip, cut, write, splice, drop = range(5)
    header = {"magic": 0, "session": 5, "serial": 10, "count": 26, "kind": 27, "stage": 28, "private": 29,
              "mechanism-len": 33, "mechanism": 35}

    def change(how, at, count, data=b""):
        return struct.pack(">BHB", how, at, count) + data

    for start in range(10):
        seed("saved_state", f"good-{start}", bytes([start, 0]))
        seed("saved_state", f"flipped-{start}", bytes([start, 0]) + change(flip, 60, 1))
        seed("saved_state", f"cut-{start}", bytes([start, 0]) + change(cut, 90, 0))
        for keys in (1, 2, 3, 4, 8, 12) if start % 3 == 0 else ():
            seed("saved_state", f"keys-{start}-{keys:02}", bytes([start, keys]))
        for name, at in header.items() if start in (0, 1, 3, 6) else ():
            seed("saved_state", f"renewed-{name}-{start}", bytes([start, 16]) + change(flip, at, 1))
        for other in (0, 3, 6):
            seed("saved_state", f"swapped-{start}-{other}", bytes([start, 16]) + change(splice, 27, other))
    seed("saved_state", "huge-len", bytes([0, 16]) + change(write, 30, 4, b"\xff\xff\xff\xff"))
    seed("saved_state", "shorter", bytes([4, 16]) + change(drop, 40, 3))
    seed("saved_state", "two-of-a-kind", bytes([9, 16]) + change(flip, 26, 1))


# ---- the HSM and keystores ----

METHODS = """GENERATE_RANDOM DIGEST_INIT DIGEST_WHOLE DIGEST_UPDATE DIGEST_KEY DIGEST_FINAL DIGEST_SINGLE ENCRYPT_INIT
DECRYPT_INIT ENCRYPT_UPDATE DECRYPT_UPDATE ENCRYPT_WHOLE DECRYPT_WHOLE ENCRYPT_FINAL DECRYPT_FINAL ENCRYPT_SINGLE
DECRYPT_SINGLE REENCRYPT_SINGLE SIGN_INIT VERIFY_INIT SIGN_UPDATE VERIFY_UPDATE SIGN_FINAL VERIFY_FINAL SIGN_WHOLE
VERIFY_WHOLE SIGN_SINGLE VERIFY_SINGLE GENERATE_KEY GENERATE_KEY_PAIR WRAP_KEY UNWRAP_KEY DERIVE_KEY GET_MECHANISM_LIST
GET_MECHANISM_INFO GET_ATTRIBUTE_VALUE SET_ATTRIBUTE_VALUE REWRAP_KEY_BLOB IMPORT_KEY COPY_KEY SEAL_DATA OPEN_DATA
DERIVE_KEYS SEED_RANDOM SIGN_RECOVER_SINGLE ENCAPSULATE_KEY DECAPSULATE_KEY""".split()

# The blobs of fuzz_hsm.c.
BLOBS = """AES AES_OPEN GENERIC RSA RSA_PUBLIC P256 P256_PUBLIC ED25519 ED25519_PUBLIC ENCRYPTING DECRYPTING SIGNING
VERIFYING SIGNING_RSA VERIFYING_P256 DIGESTING DIGESTED DATA""".split()


def b(name):
    return blob(BLOBS.index(name))


def k(name):
    return key(BLOBS.index(name))


def hsm_seeds():
    cbc = mechanism(0x1085, (2, b"i" * 16))
    gcm = mechanism(0x1087, (1000, message((1, b"i" * 12), (2, b"aad"), (3, 128))))
    oaep = mechanism(0x9, (3, message((1, 0x220), (2, 1))))
    pss = mechanism(0xD, (4, message((1, 0x250), (2, 2), (3, 32))))
    aes = [(0, 4), (0x100, 0x1F), (0x161, 32)]
    digest = b"d" * 32
    clear = b"QKS\1" + b"\1\3\1" + b"".join(struct.pack(">I", len(part)) + part for part in (
        mechanism(0x250), b"", b"\1\4" + struct.pack(">I", 41) + b"\x6a" * 32 + struct.pack(">Q", 1) + b"w"))
    requests = {
        "random": ("GENERATE_RANDOM", message((1, 32))),
        "random-huge": ("GENERATE_RANDOM", message((1, 1 << 62))),
        "digest-init": ("DIGEST_INIT", message((2, mechanism(0x250)))),
        "digest": ("DIGEST_WHOLE", message((1, b("DIGESTING")), (2, "data"))),
        "digest-update": ("DIGEST_UPDATE", message((1, b("DIGESTED")), (2, "data"))),
        "digest-update-clear": ("DIGEST_UPDATE", message((1, clear), (2, "data"))),
        "digest-key": ("DIGEST_KEY", message((1, b("DIGESTING")), (3, k("AES_OPEN")))),
        "digest-final": ("DIGEST_FINAL", message((1, b("DIGESTED")))),
        "digest-single": ("DIGEST_SINGLE", message((1, mechanism(0x220)), (2, "data"))),
        "encrypt-init": ("ENCRYPT_INIT", message((2, gcm), (3, b("AES")))),
        "decrypt-init": ("DECRYPT_INIT", message((2, oaep), (4, k("RSA")))),
        "encrypt-update": ("ENCRYPT_UPDATE", message((1, b("ENCRYPTING")), (2, "some data of 20 byte"))),
        "decrypt-update": ("DECRYPT_UPDATE", message((1, b("DECRYPTING")), (2, "some data of 20 byte"))),
        "encrypt": ("ENCRYPT_WHOLE", message((1, b("ENCRYPTING")), (2, "data"))),
        "decrypt": ("DECRYPT_WHOLE", message((1, b("DECRYPTING")), (2, b"d" * 32))),
        "encrypt-final": ("ENCRYPT_FINAL", message((1, b("ENCRYPTING")))),
        "decrypt-final": ("DECRYPT_FINAL", message((1, b("DECRYPTING")))),
        "encrypt-single-cbc": ("ENCRYPT_SINGLE", message((2, cbc), (3, "data"), (5, k("AES")))),
        "encrypt-single-gcm": ("ENCRYPT_SINGLE", message((2, gcm), (3, "data"), (5, k("AES")))),
        "encrypt-single-oaep": ("ENCRYPT_SINGLE", message((2, oaep), (3, "data"), (5, k("RSA_PUBLIC")))),
        "encrypt-single-pkcs": ("ENCRYPT_SINGLE", message((1, b("RSA_PUBLIC")), (2, mechanism(1)), (3, "data"))),
        "decrypt-single-cbc": ("DECRYPT_SINGLE", message((2, cbc), (3, b"c" * 32), (5, k("AES")))),
        "decrypt-single-gcm": ("DECRYPT_SINGLE", message((2, gcm), (3, b"c" * 32), (5, k("AES")))),
        "decrypt-single-oaep": ("DECRYPT_SINGLE", message((2, oaep), (3, b"\1" * 128), (5, k("RSA")))),
        "decrypt-single-pkcs": ("DECRYPT_SINGLE", message((2, mechanism(1)), (3, b"\1" * 128), (5, k("RSA")))),
        "reencrypt": ("REENCRYPT_SINGLE", message((3, mechanism(0x1081)), (4, cbc), (5, b"c" * 32), (7, k("AES")),
                                                  (8, k("AES_OPEN")))),
        "sign-init": ("SIGN_INIT", message((2, mechanism(0x251)), (4, k("GENERIC")))),
        "verify-init": ("VERIFY_INIT", message((2, mechanism(0x1044)), (4, k("P256_PUBLIC")))),
        "sign-update": ("SIGN_UPDATE", message((1, b("SIGNING")), (2, "data"))),
        "verify-update": ("VERIFY_UPDATE", message((1, b("VERIFYING")), (2, "data"))),
        "sign-final": ("SIGN_FINAL", message((1, b("SIGNING_RSA")))),
        "verify-final": ("VERIFY_FINAL", message((1, b("VERIFYING_P256")), (2, b"s" * 64))),
        "sign": ("SIGN_WHOLE", message((1, b("SIGNING_RSA")), (2, "data"))),
        "verify": ("VERIFY_WHOLE", message((1, b("VERIFYING")), (2, "data"), (3, b"s" * 32))),
        "sign-single-ecdsa": ("SIGN_SINGLE", message((2, mechanism(0x1041)), (3, digest), (5, k("P256")))),
        "sign-single-eddsa": ("SIGN_SINGLE", message((2, mechanism(0x8001001C)), (3, "data"), (5, k("ED25519")))),
        "sign-single-pss": ("SIGN_SINGLE", message((2, pss), (3, digest), (5, k("RSA")))),
        "sign-single-pkcs": ("SIGN_SINGLE", message((1, b("RSA")), (2, mechanism(0x40)), (3, "data"))),
        "sign-single-changed": ("SIGN_SINGLE", message((1, b("RSA") + b"\x50"), (2, mechanism(1)), (3, "data"))),
        "verify-single-ecdsa": ("VERIFY_SINGLE", message((2, mechanism(0x1041)), (3, digest), (4, b"s" * 64),
                                                         (5, k("P256_PUBLIC")))),
        "verify-single-pss": ("VERIFY_SINGLE", message((2, pss), (3, digest), (4, b"\1" * 128), (5, k("RSA_PUBLIC")))),
        "generate-aes": ("GENERATE_KEY", message((1, mechanism(0x1080)), *attributes(6, *aes, (0x104, True)))),
        "generate-pair": ("GENERATE_KEY_PAIR", message((1, mechanism(0x1040)), *attributes(
            8, (0x180, bytes.fromhex("06082a8648ce3d030107"))), *attributes(7, (0x108, True), (0x162, True)))),
        "wrap": ("WRAP_KEY", message((4, cbc), (6, k("AES_OPEN")), (7, k("AES")))),
        "wrap-rsa": ("WRAP_KEY", message((1, b("GENERIC")), (2, b("RSA_PUBLIC")), (4, mechanism(1)))),
        "unwrap": ("UNWRAP_KEY", message((1, b"w" * 32), (5, cbc), (11, k("AES")), *attributes(9, *aes[:2]))),
        "unwrap-private": ("UNWRAP_KEY", message((1, b"w" * 32), (2, b("AES")), (5, cbc),
                                                 *attributes(9, (0, 3), (0x100, 3)))),
        "mechanisms": ("GET_MECHANISM_LIST", b""),
        "mechanism-info": ("GET_MECHANISM_INFO", message((2, 0x1082))),
        "get-attributes": ("GET_ATTRIBUTE_VALUE", message((1, b("AES")), *attributes(3, (0x104, False), (0x161, 0)))),
        "get-value": ("GET_ATTRIBUTE_VALUE", message((1, b("AES_OPEN")), (2, message((1, 0x11))))),
        "set-attributes": ("SET_ATTRIBUTE_VALUE", message((1, b("AES")), *attributes(3, (0x104, False)))),
        "rewrap": ("REWRAP_KEY_BLOB", message((2, k("AES")))),
        "import-aes": ("IMPORT_KEY", message(*attributes(1, *aes[:2], (0x11, b"v" * 16)))),
        "import-rsa": ("IMPORT_KEY", message(*attributes(1, (0, 2), (0x100, 0), (0x120, b"\xc1" * 128),
                                                         (0x122, b"\1\0\1")))),
        "copy": ("COPY_KEY", message((1, k("AES_OPEN")), *attributes(2, (0x162, False), (0x103, True)))),
        "seal": ("SEAL_DATA", message((1, "data"), (2, "bound"))),
        "open": ("OPEN_DATA", message((1, b("DATA")))),
        "open-changed": ("OPEN_DATA", message((1, b("DATA") + b"\x07"), (2, "bound"))),
        "seed": ("SEED_RANDOM", message((1, "seed"))),
        "sign-recover": ("SIGN_RECOVER_SINGLE", message((1, mechanism(1)), (2, k("RSA")), (3, "data"))),
        "encapsulate": ("ENCAPSULATE_KEY", message((1, oaep), (2, k("RSA_PUBLIC")), *attributes(3, *aes))),
        "decapsulate": ("DECAPSULATE_KEY", message((1, mechanism(1)), (2, k("RSA")), (3, b"\1" * 128),
                                                   *attributes(4, *aes))),
    }
    for name, (method, request) in requests.items():
        number = METHODS.index(method)
        seed("hsm", name, bytes([number]) + request)
        seed("message", "hsm-" + name, bytes([2 * number]) + request)


def keystore_seeds():
    def thing(number, *more):
        return message((1, uuid(number)), (2, uuid(0)), (4, uuid(number)), *more)

    data = attributes(5, (0, 0), (3, b"label"), (0x11, b"value"))
    aes = attributes(5, (0, 4), (0x100, 0x1F), (3, b"aes"), (0x104, True))
    requests = {
        "create": (0, message((1, message((1, uuid(1)), (2, "token"))))),
        "delete": (1, message((1, uuid(0)))),
        "list": (2, b""),
        "list-some": (2, message((1, uuid(0)), (1, uuid(9)))),
        "reset": (3, message((1, uuid(0)), (1, uuid(1)), (2, "label"))),
        "store": (4, message((1, thing(40, *data)))),
        "store-key": (4, message((1, thing(41, *aes, (6, b("AES")))))),
        "store-two": (4, message((1, thing(42, *data)), (1, thing(43, *data)))),
        "store-again": (4, message((1, thing(16, *data)))),
        "update": (5, message((1, thing(25, (3, 0), *data)))),
        "update-stale": (5, message((1, thing(25, (3, 5), *data)))),
        "delete-objects": (6, message((1, uuid(0)), (2, uuid(16)), (2, uuid(17)))),
        "find": (7, message((1, uuid(0)), (4, 2))),
        "find-label": (7, message((1, uuid(0)), *attributes(2, (3, b"label"), (0, 4)))),
        "find-page": (7, message((1, uuid(0)), (3, b"page token"), (4, 1))),
        "get": (8, message((1, uuid(0)), (2, message((1, uuid(16)), (2, -1))), (2, message((1, uuid(17)), (2, 0))))),
    }
    for name, (method, request) in requests.items():
        seed("keystore", name, bytes([method]) + request)
        seed("message", "keystore-" + name, bytes([2 * (len(METHODS) + method)]) + request)


def token_seeds():
    head = '{"alg":"ES256","typ":"JWT"}\n'
    claims = '{"iss":"quantoki","sub":"user","iat":1,"exp":3601,"ep":7,"ak":1}'
    limited = claims[:-1] + ',"kr":2,"ks":"' + "A" * 22 + '"}'
    texts = {
        "signed": "\1" + head + claims,
        "signed-limited": "\1" + head + limited,
        "signed-nine-keystores": "\1" + head + limited.replace("A" * 22, "A" * 192),
        "signed-none": "\1" + head.replace("ES256", "none") + claims,
        "signed-critical": "\1" + head.replace('"typ"', '"crit":["x"],"typ"') + claims,
        "signed-long-name": "\1" + head + claims.replace("user", "u" * 64),
        "signed-zero-in-name": "\1" + head + claims.replace("user", "us\\u0000er"),
        "signed-real-numbers": "\1" + head + claims.replace(":1,", ":1e300,"),
        "signed-huge-number": "\1" + head + claims.replace("3601", "9223372036854775808"),
        "signed-twice": "\1" + head + claims.replace('"iat"', '"iss":"x","iat"'),
        "signed-list": "\1" + head + "[1,2]",
        "signed-deep": "\1" + head + "[" * 500,
        "sent": "\0eyJhbGciOiJFUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJxdWFudG9raSJ9." + "A" * 86,
        "sent-unsigned": "\0eyJhbGciOiJub25lIn0.eyJpc3MiOiJxdWFudG9raSJ9.",
        "sent-dots": "\0" + "." * 90,
    }
    for name, text in texts.items():
        seed("token", name, text)


def seed_message_seeds():
    def text(words):
        return struct.pack(">I", len(words)) + words

    order = (b"\5" + struct.pack(">I", 7) + b"\1" + struct.pack(">Q", 5) + text(b"label") + text(b"A1") +
             struct.pack(">Q", 1) + b"\1\0\0" + struct.pack(">II", 40, 256) + text(b"1234") + text(b"s" * 48))
    token = struct.pack(">Q", 3) + text(b"label") + text(b"serial")
    listed = token + struct.pack(">Q", 0) + b"\1"
    report = b"\1" + struct.pack(">IQ", 7, 0xA0) + b"\3\1\0\1\0" + struct.pack(">II", 99, 48) + token
    seed("seed_message", "order", b"\0" + order)
    seed("seed_message", "report", b"\1" + report + struct.pack(">I", 0))
    seed("seed_message", "report-of-tokens", b"\1" + report + struct.pack(">I", 2) + listed * 2)


def seed_note_seeds():
    head = "quantoki-seed wrong-pin 2\ntarget a\nlibrary /x.so\ncode 0xa0 CKR_PIN_INCORRECT\n"
    digests = "".join("%s %s\n" % (name, "%02x" % number * 32) for number, name in enumerate(("what", "token", "source")))
    seed("seed_note", "second", head + digests + "scrypt %s %s\n" % ("07" * 16, "09" * 32))
    seed("seed_note", "without-hash", head + digests + "scrypt none\n")
    seed("seed_note", "first", "library /x.so token t login 1\nfile /p inode 1 size 5 changed 1.000000000\n")
    seed("seed_note", "command", "library /x.so token t login 1\ncommand echo 1\n")


def seed_sink_seeds():
    tpm, session, pool, host = b"\0", b"\1", b"\2", b"\3"
    seed("seed_sink", "tpm-success", tpm + struct.pack(">HII", 0x8001, 10, 0))
    seed("seed_sink", "tpm-retry", tpm + struct.pack(">HII", 0x8001, 10, 0x922))
    seed("seed_sink", "tpm-bad-tag", tpm + struct.pack(">HII", 0xC4, 10, 0x1E))
    seed("seed_sink", "session", session + b'"b00a2f1e-63c5"')
    seed("seed_sink", "pool", pool + b'{"status":"ENABLED","capacity":4096,"currently_available":96,"low_watermark":512}')
    seed("seed_sink", "pool-off", pool + b'{"status":"DISABLED"}')
    seed("seed_sink", "host", host + b'[{"host":"host-21","name":"esx1"}]')


def blob_seeds():
    foreign, sealed, changed = b"\0", b"\1", b"\2"
    attrs = struct.pack(">HQBIQQBIQ", 2, 0, 2, 8, 4, 0x100, 2, 8, 0x1F)
    content = b"\1" + struct.pack(">I", len(attrs)) + attrs + struct.pack(">I", 32) + b"k" * 32
    state = b"\1\4\0" + b"".join(struct.pack(">I", len(part)) + part for part in (mechanism(0x251), b"key", b""))
    seed("blob", "key-content", sealed + b"\0" + content)
    seed("blob", "key-without-attributes", sealed + b"\0" + b"\1" + struct.pack(">I", 2) + b"\0\0" +
         struct.pack(">I", 32) + b"k" * 32)
    seed("blob", "state-content", sealed + b"\1" + state)
    seed("blob", "data-content", sealed + b"\2" + b"any")
    seed("blob", "empty-content", sealed + b"\0")
    seed("blob", "header-alone", foreign + b"QKB\1" + b"\1\0\0\0" + b"w" * 16 + b"s" * 32 + b"t" * 16)
    seed("blob", "clear-state", foreign + b"QKS\1" + b"\1\3\1" + b"".join(
        struct.pack(">I", len(part)) + part for part in (mechanism(0x250), b"", b"\1\4" + struct.pack(">I", 0))))
    trailer = b"QKP\1" + struct.pack(">I", 56) + b"w" * 16 + b"m" * 32
    seed("blob", "public", foreign + b"\x30\x03\2\1\0" + trailer)
    seed("blob", "publics", foreign + (b"\x30\x03\2\1\0" + trailer) * 2 + b"\x30\0")
    for number in range(len(BLOBS)):
        seed("blob", f"changed-{number:02}", changed + bytes([number]) + struct.pack(">HB", 60 + number, 1))
    seed("blob", "unchanged", changed + b"\0")


def bound_seeds():
    foreign, maced, filled, content = b"\0", b"\1", b"\2", b"\3"

    def counted(part):
        return struct.pack(">I", len(part)) + part

    def inside(attrs, value):
        rows = b""
        for kind, one in attrs:
            form, one = (1, bytes([one])) if isinstance(one, bool) else \
                (2, struct.pack(">Q", one)) if isinstance(one, int) else (3, one)
            rows += struct.pack(">QB", kind, form) + counted(one)
        return content + b"\1" + counted(struct.pack(">H", len(attrs)) + rows) + counted(value)

    aes = [(0, 4), (0x100, 0x1F), (0x104, True), (0x162, True), (0x80010004, True)]
    head = b"QKA\1" + counted(b"h" * 40)
    seed("bound", "foreign", foreign + head + b"c" * 48 + b"m" * 32)
    seed("bound", "too-short", foreign + head)
    seed("bound", "maced", maced + head + b"c" * 48)
    seed("bound", "other-version", maced + b"QKA\2" + counted(b"h" * 40) + b"c" * 48)
    seed("bound", "head-beyond-the-end", maced + b"QKA\1" + struct.pack(">I", 1 << 31) + b"c" * 80)
    seed("bound", "filled", filled + b"c" * 48)
    seed("bound", "nothing-inside", content)
    seed("bound", "aes", inside(aes, b"k" * 32))
    seed("bound", "generic", inside([(0, 4), (0x100, 0x10), (0x80010004, True), (0x162, False)], b"k" * 20))
    seed("bound", "not-bound", inside(aes[:4], b"k" * 32))
    seed("bound", "good-history", inside(aes + [(0x163, True), (0x164, True), (0x165, True), (0x86, True)], b"k" * 16))
    seed("bound", "marked", inside(aes + [(0xD14B0001, True), (0xD14B0002, True)], b"k" * 24))
    seed("bound", "template", inside(aes + [(0x40000211, struct.pack(">H", 0))], b"k" * 32))
    seed("bound", "wrong-length", inside(aes, b"k" * 31))
    seed("bound", "of-another-class", inside([(0, 3)] + aes[1:], b"k" * 32))
    seed("bound", "boolean-of-two-bytes", inside(aes[:4] + [(0x80010004, b"\1\1")], b"k" * 32))


def lattice_seeds():
    """Set and kind (signature or ciphertext, private key, public key, raw), then changes."""
    places = {0: "first", 40: "seed", 700: "middle", 2419: "hints"}
    for number in range(15):
        for kind in range(3):
            seed("lattice", f"sound-{number:02}-{kind}", bytes([number, kind]))
        for place, name in places.items():
            seed("lattice", f"{name}-{number:02}", bytes([number, 0]) + struct.pack(">HB", place, 1))
    for number, length in ((1, 3366), (6, 1312), (7, 4032), (10, 1184), (13, 2400)):
        seed("lattice", f"raw-{number:02}", bytes([number, 3]) + bytes(length))


if __name__ == "__main__":
    for make in (rpc_seeds, frame_seeds, error_seeds, config_seeds, http_seeds, service_seeds, signature_seeds,
                 http_session_seeds, rest_seeds, text_seeds, template_seeds, mechanism_seeds, attribute_seeds,
                 key_seeds, lattice_key_seeds, operation_seeds, saved_state_seeds, hsm_seeds, keystore_seeds,
                 token_seeds, seed_message_seeds, seed_note_seeds, seed_sink_seeds, blob_seeds, bound_seeds,
                 lattice_seeds):
        make()
