#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The edges of the REST API over the wire: parameters, bodies, HTTP, logs, and that no bytes come twice.

Tables: docs/rest-api.md. Started by entropy-clients.sh.
"""
import array
import concurrent.futures
import gzip
import json

from entropy_service import (GET, HOST, POST, Connection, Noise, ask, bearer, block, blocks_of, case, get, post, ready,
                             run_cases, status)

KIB = 1024
POSTS = (POST, "/api/v1/get_entropy", "/v1/entropy")
RAW = "/api/v1/random/raw"
MEBIBYTES = 64  # served to parallel clients and compared


def refused(answer, wanted, *codes):
    assert answer.status == wanted, answer
    assert answer.code in codes, answer.code


# ---- GET ----


@case("GET: sizes 1 and 512 give so many blocks of 1024 bytes, and say so")
def _():
    for size in (1, 2, 511, 512):
        answer = get(f"{GET}?size={size}")
        blocks_of(answer, "random", size, KIB)
        assert answer.json["size"] == size and type(answer.json["size"]) is int
        assert all(len(text) == 1368 and text.endswith("==") for text in answer.json["random"])


@case("GET: without size it is one; unknown names do not matter")
def _():
    for query in ("", "?", "?other=7", "?Size=3", "?other=1&x"):
        assert get(GET + query).json["size"] == 1, query


@case("GET: a size that is no number from 1 to 512 is refused")
def _():
    for size in ("0", "513", "-1", "1.5", "1e2", "0x10", "+1", "%2B1", "%201", "1%20", "", "0000000001", "9999999999",
                 "1%00", "%zz", "one"):
        refused(get(f"{GET}?size={size}"), 400, "parameter", "bad_request")


@case("GET: size given twice is refused")
def _():
    refused(get(f"{GET}?size=1&size=1"), 400, "parameter", "bad_request")
    refused(get(f"{GET}?size=1&x=2&size=2"), 400, "parameter", "bad_request")


@case("GET: other methods are refused with the ones that work")
def _():
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        answer = ask(method, GET, [bearer()], b"{}")
        refused(answer, 405, "bad_request")
        assert answer.headers["allow"] == "GET, HEAD", answer.headers


@case("HEAD has the status and headers of GET, and takes nothing")
def _():
    whole, before = get(f"{GET}?size=3"), status()["served"]
    head = ask("HEAD", f"{GET}?size=3", [bearer()])
    assert head.status == 200 and head.body == b""
    for name in ("content-length", "content-type", "cache-control"):
        assert head.headers.get(name) == whole.headers.get(name), (name, head, whole.headers)
    after = status()["served"]
    assert (after["quantum_bytes"], after["mixed_bytes"]) == (before["quantum_bytes"], before["mixed_bytes"])


# ---- POST ----


@case("POST: exactly so many blocks of exactly that size, on all three paths")
def _():
    for path in POSTS:
        for size, count in ((1, 1), (1, 512), (1024, 1), (1024, 512), (3, 7), (16, 2)):
            answer = post(path, {"block_size": size, "block_count": count})
            blocks_of(answer, "entropy", count, size)
            assert answer.json["extensions"] == []
        blocks_of(post(path, {"block_size": 5}), "entropy", 1, 5)


@case("POST: what is unknown is ignored, whatever the order")
def _():
    body = '{ "x": [1, {"y": null}], "block_count" : 2 ,\n"z":"\\u00e4","block_size":4, "entropy_type": "mixed" }'
    answer = post(POST, body.encode())
    blocks_of(answer, "entropy", 2, 4)
    assert answer.headers["quantoki-entropy-type"] == "mixed"


BAD_BODIES = [
    b"", b"{", b"nonsense", b"[]", b"[16]", b"16", b'"block_size"', b"null", b"{}", b'{"block_count":1}',
    b'{"block_size":null}', b'{"block_size":0}', b'{"block_size":1025}', b'{"block_size":-1}', b'{"block_size":1.5}',
    b'{"block_size":1e2}', b'{"block_size":16.0}',
    b'{"block_size":"16"}', b'{"block_size":true}', b'{"block_size":[16]}', b'{"block_size":16,"block_count":0}',
    b'{"block_size":16,"block_count":513}', b'{"block_size":16,"block_count":"1"}',
    b'{"block_size":16,"block_count":1.0}', b'{"block_size":99999999999999999999}',
    b'{"block_size":16,"entropy_type":"pseudo"}', b'{"block_size":16,"entropy_type":1}',
    b'{"block_size":16}x', b'{"block_size":16,}', b"{'block_size':16}", b'{"block_size":16,"x":"\xff"}',
    b'{"block_size":16,"x":' + b"[" * 9 + b"]" * 9 + b"}",
]


@case("POST: a wrong body is a parameter error: 400, and 422 under /v1")
def _():
    for body in BAD_BODIES:
        for path in POSTS:
            answer = ask("POST", path, [bearer(), f"Content-Length: {len(body)}"], body)
            refused(answer, 422 if path.startswith("/v1") else 400, "parameter", "bad_request")


@case("POST: a body of 64 KiB is read, a longer one is refused with 413")
def _():
    body = b'{"block_size":16,"x":"' + b"y" * (64 * KIB - 24) + b'"}'
    assert len(body) == 64 * KIB
    blocks_of(post(POST, body), "entropy", 1, 16)
    assert post(POST, body + b" ").status == 413


@case("POST: any Content-Type is taken, and none")
def _():
    for kind in ("application/json; charset=utf-8", "application/x-www-form-urlencoded", "text/plain", "nonsense", ""):
        blocks_of(post(POST, {"block_size": 4}, f"Content-Type: {kind}"), "entropy", 1, 4)


@case("POST: Expect: 100-continue is answered, a body in chunks is read")
def _():
    with Connection() as connection:
        first = connection.ask("POST", POST, [bearer(), "Expect: 100-continue", "Content-Length: 16"])
        assert first.status == 100, first
        connection.send(b'{"block_size":4}')
        blocks_of(connection.answer(), "entropy", 1, 4)
        connection.send(f"POST {POST} HTTP/1.1\r\nHost: {HOST}\r\n{bearer()}\r\nTransfer-Encoding: chunked\r\n\r\n"
                        "5\r\n{\"blo\r\nb\r\nck_size\":4}\r\n0\r\n\r\n".encode())
        blocks_of(connection.answer(), "entropy", 1, 4)


@case("GET on the paths of POST is refused with the method that works")
def _():
    for path in POSTS:
        answer = get(path)
        refused(answer, 405, "bad_request")
        assert answer.headers["allow"] == "POST"


# ---- bytes ----


@case("raw bytes: 1 to 1,048,576 of them, never to be kept by a cache")
def _():
    for count in (1, 1000, 1048576):
        answer = get(f"{RAW}?bytes={count}")
        assert answer.status == 200 and len(answer.body) == count
        assert answer.headers["content-type"] == "application/octet-stream"
        assert answer.headers["cache-control"] == "no-store"
    for query in ("", "?bytes=0", "?bytes=1048577", "?bytes=x", "?bytes=1&bytes=1"):
        refused(get(RAW + query), 400, "parameter", "bad_request")


@case("Accept chooses between JSON and bytes; whatever is unknown gets JSON")
def _():
    for accept in ("*/*", "application/*", "application/json", "text/html", "image/png, */*;q=0.1"):
        block(get(GET, f"Accept: {accept}").json["random"][0], KIB)
    assert len(get(f"{GET}?size=2", "Accept: application/octet-stream").body) == 2 * KIB
    assert len(post(POST, {"block_size": 3, "block_count": 5}, "Accept: application/octet-stream").body) == 15


# ---- HTTP ----


@case("connections are kept, pipelined requests are answered in order")
def _():
    with Connection() as connection:
        for _ in range(50):
            blocks_of(connection.ask("GET", GET, [bearer()]), "random", 1, KIB)
        wanted = [1, 5, 2, 7, 3]
        connection.send("".join(f"GET {GET}?size={size} HTTP/1.1\r\nHost: {HOST}\r\n{bearer()}\r\n\r\n"
                                for size in wanted).encode())
        assert [connection.answer().json["size"] for _ in wanted] == wanted


@case("HTTP/1.0 and Connection: close end the connection after the answer")
def _():
    for version, more in (("HTTP/1.0", []), ("HTTP/1.1", ["Connection: close"])):
        with Connection() as connection:
            blocks_of(connection.ask("GET", GET, [bearer(), *more], version=version), "random", 1, KIB)
            assert connection.peer.recv(1) == b""


@case("16 KiB of headers are taken, a megabyte is not")
def _():
    blocks_of(get(GET, *[f"X-Filler-{i}: {'y' * 1000}" for i in range(16)]), "random", 1, KIB)
    with Connection() as connection:
        try:
            connection.send(f"GET {GET} HTTP/1.1\r\nHost: {HOST}\r\nX-Much: {'y' * 1000000}\r\n\r\n".encode())
            assert connection.answer().status == 431
        except (ConnectionError, AssertionError) as error:  # it closed while we were sending
            assert not isinstance(error, AssertionError) or "closed" in str(error), error


@case("errors are JSON with status, code and words; unknown paths are 404")
def _():
    for path in ("/api/v1/nothing", "/api/v1/entropy/", "/..%2f", "/page/../page/page.js", f"{GET}%20"):
        refused(get(path), 404, "bad_request")


@case("health, readiness and the description of the API need no token")
def _():
    assert ask("GET", "/healthz").status == 200 and ask("GET", "/readyz").status == 200
    paths = ask("GET", "/api/v1/openapi.json").json["paths"]
    assert {GET, *POSTS, RAW, "/api/v1/logs", "/api/v1/status"} <= set(paths), sorted(paths)


@case("capabilities have both descriptions' members")
def _():
    for path in ("/api/v1/capabilities", "/api/v1/get_capabilities", "/v1/capabilities"):
        caps = get(path).json
        entropy = caps["entropy"]
        limits = [entropy[f"{end}_block_{what}"] for what in ("size", "count") for end in ("min", "max")]
        assert limits == [1, 1024, 1, 512]
        assert entropy["entropy_types"] == ["quantum", "mixed"] and entropy["extensions"] == []
        assert caps["source_count"] == caps["healthtest"]["source_count"] == 1
        for test in caps["healthtest"]["test_threshold"]:
            assert test["good"] >= test["warning"] >= test["error"] and test["time_stamp"].endswith("Z")
    assert get("/api/v1/healthtest").json["test_result"]


# ---- logs ----


@case("logs: num, simple, and their limits")
def _():
    runs = ask("GET", "/api/v1/logs?num=100").json
    times = [run["time_of_completion"] for run in runs]
    assert len(runs) == 8 and times == sorted(times, reverse=True)
    for run in runs:
        assert run["uniformity_passes"] + run["uniformity_fails"] == 15
    assert len(ask("GET", "/api/v1/logs").json) == 5 and len(ask("GET", "/api/v1/logs?num=1").json) == 1
    for run in ask("GET", "/api/v1/logs?simple=true").json:
        assert set(run) - {"source"} == {"tests_passed", "time_of_completion", "time_of_completion_string"}
    for query in ("num=0", "num=101", "num=x", "num=", "num=1&num=2", "simple=yes", "simple=1"):
        refused(ask("GET", f"/api/v1/logs?{query}"), 400, "parameter", "bad_request")


@case("failing runs: strict or not, with the bits that nobody was given")
def _():
    runs = ask("GET", "/api/v1/failing_logs").json
    assert len(runs) == 2 and not any(run["tests_passed"] for run in runs) and "random" not in runs[0]
    assert len(ask("GET", "/api/v1/failing_logs?strict=false").json) == 2
    bits = ask("GET", "/api/v1/failing_logs?include_random=true&randsize=12&num=1").json[0]["random"]
    assert bits == "101001011010"
    bare = ask("GET", "/api/v1/failing_random?num=1&randsize=16").json[0]
    assert bare["random"] == "1010010110100101" and bare["createdAt"].endswith(" GMT")
    assert set(bare) - {"source"} == {"random", "createdAt", "time_of_completion"}
    assert len(ask("GET", "/api/v1/failing_random").json[0]["random"]) == 1024
    for query in ("failing_logs?strict=false&include_random=true", "failing_logs?strict=maybe",
                  "failing_random?randsize=0", "failing_random?randsize=5242881"):
        refused(ask("GET", f"/api/v1/{query}"), 400, "parameter", "bad_request")


@case("the log bundle is an archive that holds no token")
def _():
    answer = ask("GET", "/api/v1/logs/bundle")
    assert answer.status == 200 and answer.headers["content-type"] == "application/gzip", answer
    assert 'filename="quantoki-logs-' in answer.headers["content-disposition"], answer.headers
    inside = gzip.decompress(answer.body)
    assert inside[257:262] == b"ustar" and bearer().split()[-1].encode() not in inside


# ---- the page ----


@case("the page and its files come plain or gzipped, with a policy that allows nothing from elsewhere")
def _():
    page = ask("GET", "/")
    assert page.status == 200 and b"Quantoki" in page.body
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy and "http" not in policy, policy
    assert page.headers["x-content-type-options"] == "nosniff"
    for path in ("/", "/page/page.js", "/page/style.css", "/page/uplot.js"):
        plain, small = ask("GET", path), ask("GET", path, ["Accept-Encoding: gzip, deflate, br"])
        assert small.headers["content-encoding"] == "gzip" and len(small.body) < len(plain.body)
        assert gzip.decompress(small.body) == plain.body
        etag = plain.headers["etag"]
        again = ask("GET", path, [f"If-None-Match: \"other\", {etag}"])
        assert again.status == 304 and again.headers["etag"] == etag and "content-length" not in again.headers, again
        assert ask("GET", path, ['If-None-Match: "other"']).status == 200
    refused(ask("GET", "/page/none.js"), 404, "bad_request")


# ---- freshness ----


def fetch(share):
    """Some of the bytes, by one of three ways, on one connection."""
    ways = ("json", "blocks", "raw")
    parts = []
    with Connection() as connection:
        for i in range(share):
            way = ways[i % 3]
            if way == "raw":
                answer = connection.ask("GET", f"{RAW}?bytes={512 * KIB}", [bearer()])
                assert answer.status == 200, answer
                parts.append(answer.body)
            elif way == "json":
                parts.append(blocks_of(connection.ask("GET", f"{GET}?size=512", [bearer()]), "random", 512, KIB))
            else:
                body = json.dumps({"block_size": KIB, "block_count": 512}).encode()
                parts.append(blocks_of(connection.ask("POST", POST, [bearer()], body), "entropy", 512, KIB))
    return b"".join(parts)


@case(f"{MEBIBYTES} MiB to 16 parallel clients: no 16 bytes come twice")
def _():
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        data = b"".join(pool.map(fetch, [MEBIBYTES * 2 // 16] * 16))
    assert len(data) == MEBIBYTES << 20
    # Compared by the first eight of each sixteen: 2^22 random ones meet by chance once in two million runs.
    words = sorted(array.array("Q", data)[::2])
    assert all(a != b for a, b in zip(words, words[1:]))
    assert abs(data.count(b"\x00") / len(data) - 1 / 256) < 1e-4


if __name__ == "__main__":
    Noise()
    ready()
    run_cases()
