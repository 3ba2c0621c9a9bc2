#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Peers that do not mean well, against a quantokid that hostile.sh has started. Speaks TAP.

HTTP/2 is written out by hand here, since no client library can be made to behave so badly.

usage: hostile.py PART GRPC_PORT HTTPS_PORT FOLDER-OF-THE-INSTANCE SERVER_PID
"""
import json
import os
import re
import socket
import ssl
import struct
import sys
import time
import traceback
import urllib.parse

GRPC, HTTPS, FOLDER, PID = int(sys.argv[2]), int(sys.argv[3]), sys.argv[4], int(sys.argv[5])
PATIENCE = 30  # seconds in which what must happen has happened
DATA, HEADERS, RST, SETTINGS, PING, GOAWAY, WINDOW = 0, 1, 3, 4, 6, 7, 8
END_STREAM, END_HEADERS = 1, 4
MEGABYTE = 1000000

# ---- connections ----


def tls(port, alpn=None):
    context = ssl.create_default_context(cafile=FOLDER + "/ca.pem")
    if alpn:
        context.set_alpn_protocols([alpn])
    raw = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
    return context.wrap_socket(raw, server_hostname="127.0.0.1")


def login(user):
    key = open(f"{FOLDER}/api-keys/{user}").read().strip()
    form = urllib.parse.urlencode({"grant_type": "urn:ibm:params:oauth:grant-type:apikey", "apikey": key})
    with tls(HTTPS) as peer:
        peer.sendall(("POST /identity/token HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                      f"Content-Length: {len(form)}\r\n\r\n{form}").encode())
        answer = b""
        while more := peer.recv(65536):
            answer += more
    return json.loads(answer.split(b"\r\n\r\n", 1)[1])["access_token"]


def closes(peer, within=PATIENCE):
    """The server ends the connection; what it sends before does not matter."""
    peer.settimeout(within)
    try:
        while peer.recv(65536):
            pass
    except (ConnectionError, ssl.SSLError):
        pass
    except TimeoutError:
        raise AssertionError(f"still open after {within} s") from None


def drip(peer, piece, every, within=PATIENCE):
    """Sends a little now and then until the server has enough of it."""
    end = time.monotonic() + within
    peer.settimeout(every)
    while time.monotonic() < end:
        try:
            peer.sendall(piece)
            time.sleep(every)
            while peer.recv(65536):
                pass
            return
        except TimeoutError:
            pass
        except (ConnectionError, ssl.SSLError):
            return
    raise AssertionError(f"still open after {within} s")


# ---- HTTP/2 and protobuf ----

def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def text(value):
    value = value.encode()
    if len(value) < 127:
        return bytes([len(value)]) + value
    rest, more = len(value) - 127, b""
    while rest >= 128:
        more += bytes([rest % 128 + 128])
        rest //= 128
    return b"\x7f" + more + bytes([rest]) + value


def headers(path, token):
    fields = [(":method", "POST"), (":scheme", "https"), (":path", path), (":authority", "x"),
              ("content-type", "application/grpc"), ("te", "trailers")]
    if token:
        fields.append(("authorization", "Bearer " + token))
    return b"".join(b"\x10" + text(name) + text(value) for name, value in fields)


def varint(number):
    out = b""
    while number >= 128:
        out += bytes([number % 128 + 128])
        number //= 128
    return out + bytes([number])


def field(number, value):
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def message(body):
    return b"\0" + struct.pack(">I", len(body)) + body


class Http2:
    def __init__(self, window=65535):
        self.peer = tls(GRPC, "h2")
        self.stream = -1
        self.pending = b""
        self.ended = 0  # streams, by the server
        # A header table of no size: every field of an answer is written out.
        self.peer.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" +
                          frame(SETTINGS, 0, 0, struct.pack(">HIHI", 1, 0, 4, window)))

    def begin(self, path, token):
        self.stream += 2
        self.peer.sendall(frame(HEADERS, END_HEADERS, self.stream, headers(path, token)))
        return self.stream

    def call(self, path, token, body):
        stream = self.begin(path, token)
        self.peer.sendall(frame(DATA, END_STREAM, stream, message(body)))
        return stream

    def widen(self):
        """Now the server may send all it has."""
        self.peer.sendall(frame(SETTINGS, 0, 0, struct.pack(">HI", 4, 2**31 - 1)) +
                          frame(WINDOW, 0, 0, struct.pack(">I", 2**31 - 1 - 65535)))

    def frames(self):
        self.peer.settimeout(PATIENCE)
        while True:
            while len(self.pending) >= 9:
                length = int.from_bytes(self.pending[:3], "big")
                if len(self.pending) < 9 + length:
                    break
                head, payload = self.pending[:9], self.pending[9:9 + length]
                self.pending = self.pending[9 + length:]
                self.ended += (head[3] in (DATA, HEADERS) and head[4] & END_STREAM) or head[3] == RST
                yield head[3], head[4], int.from_bytes(head[5:9], "big"), payload
            try:
                more = self.peer.recv(1 << 20)
            except ConnectionError:
                return
            if not more:
                return
            self.pending += more

    def ping(self):
        """Everything sent before has been seen by the server when this returns."""
        self.peer.sendall(frame(PING, 0, 0, b"are you?"))
        for kind, flags, _, _ in self.frames():
            if kind == PING and flags & 1:
                return
        raise AssertionError("the connection ended")

    def answers(self):
        """Bytes of body by stream, once all streams have ended. Those that ended with the last ping are left out."""
        bodies = {}
        for kind, _, stream, payload in self.frames():
            if kind == DATA:
                bodies[stream] = bodies.get(stream, 0) + len(payload)
            if self.ended == (self.stream + 1) / 2:
                return bodies
        raise AssertionError(f"the connection ended after {self.ended} answers")

    def status(self, path, token, body=b""):
        """The grpc-status of one call."""
        stream = self.call(path, token, body)
        for kind, flags, of, payload in self.frames():
            if kind == HEADERS and of == stream and flags & END_STREAM:
                return grpc_status(payload)
        raise AssertionError("the connection ended")


def hpack_int(data, at, bits):
    value = data[at] & (1 << bits) - 1
    at += 1
    if value < (1 << bits) - 1:
        return value, at
    shift = 0
    while True:
        byte = data[at]
        value += (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at


def grpc_status(block):
    """Walks the fields. The number is the one value of one or two characters; Huffman needs 5 bits for a digit below
    3 and 6 above, filled up with ones to whole bytes."""
    at = 0
    while at < len(block):
        first = block[at]
        if first & 0x80:
            _, at = hpack_int(block, at, 7)
            continue
        bits = 6 if first & 0x40 else 5 if first & 0x20 else 4
        index, at = hpack_int(block, at, bits)
        if bits == 5:
            continue
        name = None
        if index == 0:
            huffman = block[at] & 0x80
            size, at = hpack_int(block, at, 7)
            name = digits_and_letters(block[at:at + size]) if huffman else block[at:at + size].decode()
            at += size
        huffman = block[at] & 0x80
        size, at = hpack_int(block, at, 7)
        value = block[at:at + size]
        at += size
        if name == "grpc-status":
            return int(digits_and_letters(value) if huffman else value.decode())
    raise AssertionError("no grpc-status")


# As much of RFC 7541, appendix B, as names of headers and digits need.
HUFFMAN = {"00000": "0", "00001": "1", "00010": "2", "011001": "3", "011010": "4", "011011": "5", "011100": "6",
           "011101": "7", "011110": "8", "011111": "9", "00011": "a", "100011": "b", "00100": "c", "100100": "d",
           "00101": "e", "100101": "f", "100110": "g", "100111": "h", "00110": "i", "1110100": "j", "1110101": "k",
           "101000": "l", "101001": "m", "101010": "n", "00111": "o", "101011": "p", "1110110": "q", "101100": "r",
           "01000": "s", "01001": "t", "101101": "u", "1110111": "v", "1111000": "w", "1111001": "x", "1111010": "y",
           "1111011": "z", "010110": "-"}


def digits_and_letters(data):
    bits = "".join(f"{byte:08b}" for byte in data)
    out, at = "", 0
    while at < len(bits):
        for size in range(5, 8):
            if bits[at:at + size] in HUFFMAN:
                out += HUFFMAN[bits[at:at + size]]
                at += size
                break
        else:
            break
    return out


HEALTH = "/grpc.health.v1.Health/"
RANDOM = "/grep11.Crypto/GenerateRandom"
KEYSTORE = "/quantoki.v1.Keystore/"

# ---- cases ----


def answers_that_nobody_reads_are_bounded():
    peer = Http2(window=0)
    for _ in range(60):
        peer.call(RANDOM, USER, field(1, MEGABYTE))
    peer.ping()
    peer.widen()
    whole = sum(size > MEGABYTE for size in peer.answers().values())
    assert 8 <= whole <= 10, f"{whole} answers of 1 MB were kept, where limits.unread is 8 MB"


def unread_answers_of_many_connections_are_bounded():
    peers = [Http2(window=0) for _ in range(8)]
    for peer in peers:
        for _ in range(8):
            peer.call(RANDOM, USER, field(1, MEGABYTE))
        peer.ping()
        peer.ping()  # the first answer may overtake refusals, not the second
    whole = sum(8 - peer.ended for peer in peers)  # with no window, those that ended were refused
    assert 30 <= whole <= 33, f"{whole} answers of 1 MB were kept, where limits.bodies is 32 MB"


def every_answer_comes_to_who_reads():
    peer = Http2(window=2**31 - 1)
    peer.widen()
    for _ in range(10):
        for _ in range(6):
            peer.call(RANDOM, USER, field(1, MEGABYTE))
        assert all(size > MEGABYTE for size in peer.answers().values())


def an_answer_must_be_read_in_time():
    peer = Http2(window=0)
    peer.call(RANDOM, USER, field(1, 1000))
    closes(peer.peer)


def a_request_must_be_whole_in_time():
    peer = Http2()
    stream = peer.begin(RANDOM, USER)
    peer.peer.sendall(frame(DATA, 0, stream, message(b"\0" * 100)[:50]))
    closes(peer.peer)


def a_request_in_crumbs_does_not_last():
    peer = Http2()
    stream = peer.begin(RANDOM, USER)
    peer.peer.sendall(frame(DATA, 0, stream, message(b"\0" * 10000)[:5]))
    drip(peer.peer, frame(DATA, 0, stream, b"\0"), 0.2)


def pings_do_not_keep_an_idle_connection():
    peer = Http2()
    drip(peer.peer, frame(PING, 0, 0, b"12345678"), 0.2)


def a_connection_without_a_word_ends():
    closes(tls(GRPC, "h2"))


def does_not_last(call):
    """However often these frames are sent on a connection."""
    peer = Http2()
    end = time.monotonic() + PATIENCE
    peer.peer.settimeout(0.2)
    for stream in range(1, 10000, 2):
        try:
            peer.peer.sendall(call(stream))
            while peer.peer.recv(65536):
                pass
            return
        except TimeoutError:
            assert time.monotonic() < end, "still open"
        except (ConnectionError, ssl.SSLError):
            return


def refused_calls_do_not_keep_a_connection():
    does_not_last(lambda stream: frame(HEADERS, END_HEADERS | END_STREAM, stream, headers(RANDOM, "wrong")))


def what_anybody_may_ask_does_not_keep_a_connection():
    does_not_last(lambda stream: frame(HEADERS, END_HEADERS, stream, headers(HEALTH + "Check", "none")) +
                  frame(DATA, END_STREAM, stream, message(b"")))


def a_watch_that_does_not_say_what_it_watches_ends():
    peer = Http2()
    peer.begin(HEALTH + "Watch", "none")
    closes(peer.peer)


def connections_are_bounded(connect):
    held = []
    try:
        for _ in range(200):
            held.append(connect())
        raise AssertionError("200 connections at once, where limits.connections is 40")
    except (ConnectionError, ssl.SSLError, TimeoutError):
        assert len(held) >= 20, f"only {len(held)} connections"
    finally:
        for peer in held:
            peer.close()


def grpc_connections_at_work_are_bounded():
    def connect():
        peer = Http2()
        peer.call(RANDOM, USER, field(1, 8))
        if not any(kind == HEADERS for kind, *_ in peer.frames()):
            raise ConnectionError
        return peer.peer
    connections_are_bounded(connect)


def strangers_make_room_on_grpc():
    served = Http2()
    assert served.status(RANDOM, USER, field(1, 8)) == 0
    strangers = []
    for i in range(100):
        strangers.append(Http2())
        strangers[-1].begin(HEALTH + "Watch", "none")
        strangers[-1].ping()
    newcomer = Http2()
    assert newcomer.status(RANDOM, USER, field(1, 8)) == 0
    assert served.status(RANDOM, USER, field(1, 8)) == 0


def watches_are_shared_out():
    """Ten are a quarter of the connections; half of them are for whoever comes first."""
    first, second = Http2(), Http2()
    for peer in [first] * 6 + [second]:
        watch = peer.call(HEALTH + "Watch", "none", b"")
        assert any(kind == DATA and stream == watch for kind, _, stream, _ in peer.frames())
    assert first.status(HEALTH + "Watch", "none") == 8 and second.status(HEALTH + "Watch", "none") == 8
    first.peer.close()
    second.peer.close()


def after_that_it_serves_again():
    end = time.monotonic() + PATIENCE
    while True:
        try:
            Http2().ping()
            tls(HTTPS).close()
            return
        except (OSError, AssertionError):
            assert time.monotonic() < end, "no connection"
            time.sleep(0.1)


def https_connections_at_work_are_bounded():
    def connect():
        peer = tls(HTTPS, "http/1.1")
        peer.sendall(GET[:-2])
        return peer
    connections_are_bounded(connect)


def is_open(peer):
    peer.settimeout(0.01)
    try:
        return peer.recv(1) != b""
    except TimeoutError:
        return True
    except (ConnectionError, ssl.SSLError):
        return False


def who_rests_longest_makes_room_for_others():
    peers = []
    for _ in range(100):
        peers.append(tls(HTTPS))
        peers[-1].sendall(GET)
        assert peers[-1].recv(65536).startswith(b"HTTP/1.1 200 OK")
    still = [is_open(peer) for peer in peers]
    assert not any(still[:40]) and all(still[-20:]) and 30 <= sum(still) <= 40, still


# ---- HTTP/1.1 ----

GET = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"


def web():
    """To the HTTPS listener, which in part "plain" is without TLS."""
    if sys.argv[1] == "plain":
        return socket.create_connection(("127.0.0.1", HTTPS), timeout=PATIENCE)
    return tls(HTTPS)


def answer_to(request, peer=None):
    """Sends, reads until the server closes. What cannot be sent any more does not matter."""
    with peer or web() as peer:
        peer.settimeout(PATIENCE)
        try:
            peer.sendall(request)
        except (ConnectionError, ssl.SSLError):
            pass
        answer = b""
        try:
            while more := peer.recv(65536):
                answer += more
        except (ConnectionError, ssl.SSLError):
            pass
        return answer


def refused_with(status, request):
    answer = answer_to(request)
    assert answer.startswith(b"HTTP/1.1 %d " % status), answer[:200]
    assert b"Connection: close\r\n" in answer


def too_many_headers_are_refused():
    refused_with(431, b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: y\r\n" * 10000 + b"\r\n")


def a_huge_header_is_refused():
    refused_with(431, b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 1000000 + b"\r\n\r\n")


def a_huge_line_is_refused():
    refused_with(414, b"GET /" + b"y" * 1000000 + b" HTTP/1.1\r\nHost: x\r\n\r\n")


def an_oversized_body_is_refused():
    head = b"POST /identity/token HTTP/1.1\r\nHost: x\r\n"
    refused_with(413, head + b"Content-Length: 10000000\r\n\r\n" + b"y" * 10000000)
    refused_with(413, head + b"Content-Length: 99999999999999999999\r\n\r\n")
    refused_with(413, head + b"Transfer-Encoding: chunked\r\n\r\n" + (b"1000\r\n" + b"y" * 4096 + b"\r\n") * 20)


def garbage_is_refused():
    refused_with(400, b"\xff" * 1000 + b"\r\n\r\n")
    refused_with(400, b"GET / HTTP/1.1\nHost: x\n\n")
    refused_with(505, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
    answer_to(b"\x16\x03\x01\x02\x00\x01" * 20000)


def what_could_be_smuggled_is_refused():
    post = b"POST /identity/token HTTP/1.1\r\nHost: x\r\n"
    for fields in (b"Content-Length: 35\r\nTransfer-Encoding: chunked\r\n",
                   b"Content-Length: 35\r\nContent-Length: 0\r\n",
                   b"Transfer-Encoding : chunked\r\n", b"X: y\r\n Transfer-Encoding: chunked\r\n"):
        refused_with(400, post + fields + b"\r\n" + GET)


def a_pipeline_of_a_hundred_is_answered():
    answer = answer_to(GET * 99 + GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
    assert answer.count(b"HTTP/1.1 200 OK") == 100, answer.count(b"HTTP/1.1 200 OK")


def a_pipeline_that_waits_for_the_database_is_answered_in_order():
    """Each of these is served on a pool, and refused, in turn; what follows waits."""
    login_request = b"POST /identity/token HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"
    answer = answer_to((login_request + GET) * 20 + GET.replace(b"Host: x", b"Host: x\r\nConnection: close"))
    statuses = re.findall(rb"HTTP/1.1 (\d+) ", answer)
    assert statuses == [b"400", b"200"] * 20 + [b"200"], statuses


def tls_records_that_came_at_once_are_all_answered():
    """Large answers stop the reading in the middle of them; what libssl holds by then raises no event."""
    peer, arrived, leaving = socket.create_connection(("127.0.0.1", HTTPS), timeout=5), ssl.MemoryBIO(), ssl.MemoryBIO()
    end = ssl.create_default_context(cafile=FOLDER + "/ca.pem").wrap_bio(arrived, leaving, server_hostname="127.0.0.1")

    def after_bytes(step):
        while True:
            try:
                return step()
            except ssl.SSLWantReadError:
                peer.sendall(leaving.read())
                more = peer.recv(65536)
                assert more, "the connection ended"
                arrived.write(more)

    after_bytes(end.do_handshake)
    peer.sendall(leaving.read())
    time.sleep(0.1)
    large = b"GET /page/uplot.js HTTP/1.1\r\nHost: x\r\n\r\n"
    padded = GET.replace(b"\r\n\r\n", b"\r\nX-Pad: \r\n\r\n")
    end.write(large * 2)
    for size in (8192, 8192):
        end.write(padded.replace(b"X-Pad: ", b"X-Pad: " + b"a" * (size - len(padded))))
    end.write(GET)
    answers = b""
    while answers.count(b"HTTP/1.1 200 OK") < 5:
        answers += after_bytes(lambda: end.read(65536))


def who_sends_no_more_is_answered_all_the_same():
    login_request = b"POST /identity/token HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"
    peer = web()
    peer.sendall(login_request + GET * 3)
    peer.shutdown(socket.SHUT_WR)
    assert answer_to(b"", peer).count(b"HTTP/1.1 ") == 4


def unread_https_answers_are_bounded():
    """Whoever reads nothing is soon not read either."""
    peers = []
    for _ in range(10):
        peer = web()
        peer.settimeout(1)
        sent = 0
        try:
            while sent < 50 * MEGABYTE:
                sent += peer.send(GET * 1000)
        except (TimeoutError, ssl.SSLWantWriteError):
            pass
        assert sent < 50 * MEGABYTE, "the server reads without end"
        peers.append(peer)


def https_answers_must_be_read():
    peer = web()
    peer.settimeout(1)
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            peer.send(GET * 1000)
        except (TimeoutError, ssl.SSLWantWriteError):
            continue
        except (ConnectionError, ssl.SSLError):
            return
    raise AssertionError("still open")


def a_https_request_in_crumbs_does_not_last():
    """The last word is 408."""
    peer = web()
    peer.sendall(b"GET /healthz HTTP/1.1\r\nX-Long: ")
    drip(peer, b"x", 0.2)
    peer = web()
    peer.sendall(b"GET /healthz HTTP/1.1\r\n")
    answer = answer_to(b"X-Long: ", peer)
    assert answer.startswith(b"HTTP/1.1 408 "), answer[:100]


def a_https_body_in_crumbs_does_not_last():
    peer = web()
    peer.sendall(b"POST /identity/token HTTP/1.1\r\nHost: x\r\nContent-Length: 10000\r\n\r\n")
    drip(peer, b"x", 0.2)


def an_idle_https_connection_ends():
    for first in (b"", GET, b"\r\n"):
        peer = web()
        peer.sendall(first)
        closes(peer)


def a_https_connection_may_rest_between_requests():
    peer = web()
    for _ in range(3):
        peer.sendall(GET)
        assert peer.recv(65536).startswith(b"HTTP/1.1 200 OK")
        time.sleep(2.2)  # longer than a request may take, shorter than a connection may rest


def a_tls_handshake_must_come():
    with socket.create_connection(("127.0.0.1", HTTPS)) as raw:
        closes(raw)
    with socket.create_connection(("127.0.0.1", HTTPS)) as raw:
        raw.sendall(b"\x16\x03\x01\x02\x00\x01")
        closes(raw)


def a_peer_that_breaks_off_its_requests_does_no_harm():
    login_request = b"POST /identity/token HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"
    for last in (GET * 50, login_request * 50, login_request[:-2], b"garbage\r\n\r\n"):
        for _ in range(20):
            peer = web()
            peer.sendall(last)
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            peer.close()
    assert answer_to(GET.replace(b"Host: x", b"Host: x\r\nConnection: close")).startswith(b"HTTP/1.1 200 ")


def a_peer_that_breaks_off_in_the_middle_does_no_harm():
    """Garbage, then a reset: the server writes its GOAWAY to a connection that is gone."""
    for _ in range(50):
        peer = Http2()
        peer.call(RANDOM, USER, field(1, MEGABYTE))
        peer.peer.sendall(frame(SETTINGS, 0, 0, b"odd") + frame(DATA, 0, 0, b"garbage") + b"\xff" * 1000)
        raw = peer.peer
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raw.close()
    for _ in range(50):
        peer = tls(GRPC, "h2")
        peer.sendall(b"GET / HTTP/1.1\r\n\r\n" + b"\xff" * 1000)
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        peer.close()
    after_that_it_serves_again()


def a_peer_that_leaves_its_calls_behind_does_no_harm():
    """Calls are on a pool when their connection goes."""
    for _ in range(20):
        peer = Http2()
        for _ in range(20):
            peer.call(KEYSTORE + "ListKeystores", USER, b"")
        peer.peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        peer.peer.close()
    after_that_it_serves_again()


def a_path_cannot_forge_the_log():
    peer = Http2()
    assert peer.status("/x\"op=token", USER) == 12
    lines = [line for line in open(FOLDER + "/server.log") if "op=refuse" in line and "op=token" in line]
    assert lines and all(re.search(r'method=[^" ]* ', line) and line.count('"') == 2 for line in lines), lines


def the_anonymous_user_stays_out_of_the_private_keystore():
    anonymous, user = login("anonymous"), login("user")
    ids = [bytes.fromhex(found.replace("-", ""))
           for found in re.findall(r"[0-9a-f]{8}-[0-9a-f-]{27}", open(FOLDER + "/grep11client.yaml").read())]
    peer = Http2()
    mine = [one for one in ids if peer.status(KEYSTORE + "FindObjects", anonymous, field(1, one)) == 7]
    assert mine, "no keystore is closed to the anonymous user"
    one = b"\1" * 16
    for keystore in mine:
        item = field(1, one) + field(2, keystore) + field(4, one)
        public = [other for other in ids if other not in mine][0]
        for name, body in [("FindObjects", field(1, public) + field(1, keystore)),
                           ("GetObjects", field(1, keystore) + field(2, field(1, one) + field(2, 5))),
                           ("StoreObjects", field(1, item)), ("UpdateObject", field(1, item)),
                           ("DeleteObjects", field(1, keystore) + field(2, one)),
                           ("ListKeystores", field(1, keystore)), ("ResetKeystores", field(1, keystore)),
                           ("DeleteKeystore", field(1, keystore)),
                           ("CreateKeystore", field(1, field(1, one)))]:
            status = peer.status(KEYSTORE + name, anonymous, body)
            assert status == 7, f"{name}: {status}"
    for name, body in [("CreateKeystore", field(1, field(1, one))), ("DeleteKeystore", field(1, mine[0])),
                       ("ResetKeystores", field(1, mine[0]))]:
        status = peer.status(KEYSTORE + name, user, body)
        assert status == 7, f"the user, {name}: {status}"


def the_log_holds_no_token_and_no_key():
    log = open(FOLDER + "/server.log").read()
    for secret in [USER] + [open(f"{FOLDER}/api-keys/{user}").read().strip() for user in ("so", "user", "anonymous")]:
        assert secret not in log and secret[:40] not in log


def it_stays_small():
    with open(f"/proc/{PID}/status") as status:
        peak = int(re.search(r"VmHWM:\s*(\d+) kB", status.read())[1])
    assert peak < LARGEST_KB, f"{peak} kB at its peak"


# The sanitizers keep what was freed, up to 256 MB, and have shadows of everything.
LARGEST_KB = (900 if os.environ.get("QUANTOKI_SANITIZED") else 250) * 1024
HTTP = [
    too_many_headers_are_refused, a_huge_header_is_refused, a_huge_line_is_refused, an_oversized_body_is_refused,
    garbage_is_refused, what_could_be_smuggled_is_refused, a_pipeline_of_a_hundred_is_answered,
    a_pipeline_that_waits_for_the_database_is_answered_in_order, a_peer_that_breaks_off_its_requests_does_no_harm,
    unread_https_answers_are_bounded]
HTTP_SLOW = [
    a_https_request_in_crumbs_does_not_last, a_https_body_in_crumbs_does_not_last, an_idle_https_connection_ends,
    a_https_connection_may_rest_between_requests, https_answers_must_be_read]
PARTS = {
    # who wants much
    "greedy": [
        answers_that_nobody_reads_are_bounded, unread_answers_of_many_connections_are_bounded,
        every_answer_comes_to_who_reads, grpc_connections_at_work_are_bounded, after_that_it_serves_again,
        strangers_make_room_on_grpc, watches_are_shared_out, after_that_it_serves_again,
        https_connections_at_work_are_bounded, after_that_it_serves_again, who_rests_longest_makes_room_for_others,
        tls_records_that_came_at_once_are_all_answered, a_peer_that_breaks_off_in_the_middle_does_no_harm,
        a_peer_that_leaves_its_calls_behind_does_no_harm, a_path_cannot_forge_the_log,
        the_anonymous_user_stays_out_of_the_private_keystore, *HTTP, the_log_holds_no_token_and_no_key, it_stays_small],
    # who takes long
    "slow": [
        an_answer_must_be_read_in_time, a_request_must_be_whole_in_time, a_request_in_crumbs_does_not_last,
        pings_do_not_keep_an_idle_connection, a_connection_without_a_word_ends,
        refused_calls_do_not_keep_a_connection, what_anybody_may_ask_does_not_keep_a_connection,
        a_watch_that_does_not_say_what_it_watches_ends, a_tls_handshake_must_come, *HTTP_SLOW,
        after_that_it_serves_again, it_stays_small],
    # the HTTPS listener without TLS
    "plain": [*HTTP, who_sends_no_more_is_answered_all_the_same, *HTTP_SLOW, it_stays_small]}
CASES = PARTS[sys.argv[1]]
USER = login("user") if sys.argv[1] != "plain" else None


def main():
    failed = 0
    for number, case in enumerate(CASES, 1):
        name = case.__name__.replace("_", " ").replace("grpc", "gRPC").replace("https", "HTTPS")
        try:
            case()
            print(f"ok {number} - {name}", flush=True)
        except Exception:  # whatever a case ends with is its result
            failed += 1
            print(f"not ok {number} - {name}")
            print("# " + traceback.format_exc().strip().replace("\n", "\n# "), flush=True)
    print(f"1..{len(CASES)}")
    return failed > 0


sys.exit(main())
