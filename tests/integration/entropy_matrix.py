#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every known client of such a service, with the bytes that it really sends and the way it reads the answer.

The rows are those of the compatibility table in docs/rest-api.md. Started by entropy-clients.sh.
"""
import json
import os
import ssl
import struct
import subprocess

from entropy_service import (BASE64, BUILD, GET, HOST, INSTANCE, POST, WORK, Connection, Noise, ask, bearer, block,
                             blocks_of, case, ready, run_cases, token)

KIB = 1024
H2_FIRST = ["h2", "http/1.1"]


def curl(*arguments):
    done = subprocess.run(["curl", "-sS", "--fail-with-body", "--cacert", f"{INSTANCE}/ca.pem", *arguments], timeout=60,
                          capture_output=True, check=False)
    assert done.returncode == 0, done
    return done.stdout


def random_array(answer, size):
    """Clients of the GET that read `random` alone."""
    return blocks_of(answer, "random", size, KIB)


# ---- the documented examples ----


@case("curl, as documented: the header Authorization alone")
def _():
    answer = json.loads(curl("-H", bearer(), f"https://{HOST}{GET}?size=2"))
    assert answer["size"] == 2 and len(answer["random"]) == 2
    assert all(len(block(text, KIB)) == KIB and len(text) == 1368 and text.endswith("==") for text in answer["random"])


@case("curl prefers HTTP/2 and falls back to 1.1")
def _():
    said = curl("--http2", "-H", bearer(), "-o", "/dev/null", "-w", "%{http_version} %{http_code}",
                f"https://{HOST}{GET}")
    assert said == b"1.1 200", said
    with Connection(alpn=H2_FIRST) as connection:
        assert connection.peer.selected_alpn_protocol() == "http/1.1"
        random_array(connection.ask("GET", GET, [bearer()]), 1)


@case("curl with TLS 1.2 alone")
def _():
    assert json.loads(curl("--tls-max", "1.2", "-H", bearer(), f"https://{HOST}{GET}"))["size"] == 1
    with Connection(version=ssl.TLSVersion.TLSv1_2) as connection:
        random_array(connection.ask("GET", GET, [bearer()]), 1)


@case("PowerShell, as documented: a Content-Type on a GET")
def _():
    random_array(ask("GET", f"{GET}?size=1", [
        bearer(), "User-Agent: Mozilla/5.0 (Windows NT; Windows NT 10.0; en-US) WindowsPowerShell/5.1.22621.2506",
        "Content-Type: application/json", "Connection: Keep-Alive"]), 1)


@case("Python's requests, as documented")
def _():
    random_array(ask("GET", f"{GET}?size=1", [
        "User-Agent: python-requests/2.28.1", "Accept-Encoding: gzip, deflate", "Accept: */*", "Connection: keep-alive",
        bearer()]), 1)


@case("JavaScript's fetch, as documented")
def _():
    random_array(ask("GET", f"{GET}?size=1", [
        "connection: keep-alive", bearer().replace("Authorization", "authorization"), "accept: */*",
        "accept-language: *", "sec-fetch-mode: cors", "user-agent: node", "accept-encoding: br, gzip, deflate"],
        alpn=["http/1.1"]), 1)


# ---- wrappers and seeders ----

WRAPPER = ["User-Agent: curl/7.63.0", "Accept: application/json", "Content-Type: application/json"]


@case("the PKCS #11 wrapper: HTTP/2 if offered, a Content-Type on a GET, whole KiB")
def _():
    with Connection(alpn=H2_FIRST) as connection:
        for size in (1, 3, 512):
            random_array(connection.ask("GET", f"{GET}?size={size}", [bearer(), *WRAPPER]), size)


@case("the wrapper of 2022-09: chunks of up to 512 KiB, one after the other")
def _():
    got = b""
    with Connection(alpn=H2_FIRST) as connection:
        for size in (512, 512, 1):
            answer = connection.ask("GET", f"{GET}?size={size}", [*WRAPPER, bearer()])
            got += random_array(answer, size)
    assert len(got) == 1025 * KIB and len({got[i:i + KIB] for i in range(0, len(got), KIB)}) == 1025


@case("qseed before 2025-03: an object with both size and random")
def _():
    wanted = 1500
    size = -(-wanted // KIB)
    answer = ask("GET", f"{GET}?size={size}", ["accept: application/json", bearer()])
    value = answer.json
    assert isinstance(value, dict) and "size" in value and "random" in value
    assert type(value["size"]) is int and value["size"] == size
    assert len(random_array(answer, size)) >= wanted


@case("qseed since 2025-03: a POST that says it is a form")
def _():
    headers = ["accept: application/json", bearer(), "Content-Type: application/x-www-form-urlencoded"]
    answer = ask("POST", POST, headers, b'{"block_size":1,"block_count":1}')
    assert all(isinstance(text, str) for text in answer.json["entropy"])
    blocks_of(answer, "entropy", 1, 1)


@case("qseed's own library does the same: curl with a body and no more")
def _():
    answer = json.loads(curl("-H", "accept: application/json", "-H", bearer(), "-d", '{"block_size":1,"block_count":1}',
                             f"https://{HOST}{POST}"))
    assert len(block(answer["entropy"][0], 1)) == 1


@case("strongSwan's plugin: no block_count, the first block is enough")
def _():
    headers = ["Accept: application/json", "Content-Type: application/json", bearer()]
    answer = ask("POST", POST, headers, b'{"block_size": 1024}')
    assert answer.status == 200 and len(block(answer.json["entropy"][0], 1024)) >= 1024


@case("the Java provider: no Content-Type, exactly block_count elements")
def _():
    headers = ["User-Agent: Java-http-client/17.0.9", "Accept: application/json", bearer()]
    with Connection(alpn=H2_FIRST) as connection:
        for size, count in ((32, 1), (1024, 512), (1, 512), (7, 3)):
            body = json.dumps({"block_size": size, "block_count": count}).encode()
            blocks_of(connection.ask("POST", POST, headers, body), "entropy", count, size)


@case("the quickstart program in C++: sizes 1 to 512, status 200")
def _():
    for size in (1, 2, 255, 511, 512):
        answer = ask("GET", f"{GET}?size={size}", ["accept: application/json", bearer()])
        assert answer.status == 200 and answer.json["size"] == size


# ---- rngd ----


def fips_140_2(data):
    """Tests of FIPS 140-2 (change notice 1) on 20,000 bits: monobit, poker, runs, long run."""
    bits = "".join(f"{byte:08b}" for byte in data)
    assert len(bits) == 20000
    assert 9725 < bits.count("1") < 10275
    counts = [0] * 16
    for i in range(0, 20000, 4):
        counts[int(bits[i:i + 4], 2)] += 1
    assert 2.16 < 16 / 5000 * sum(count * count for count in counts) - 5000 < 46.17
    lens = [len(run) for run in bits.replace("01", "0 1").replace("10", "1 0").split()]
    assert max(lens) < 26


@case("rngd's source: HTTP/1.1 forced, one string of base64, data that pass its test")
def _():
    data = b""
    with Connection(alpn=["http/1.1"]) as connection:
        for _ in range(3):
            answer = connection.ask("GET", f"{GET}?size=1", ["Accept: application/json", bearer()])
            assert answer.status == 200 and answer.version == "HTTP/1.1"
            text = answer.json["random"][0]
            assert len(text) % 4 == 0 and text.rstrip("=").count("=") == 0 and len(text) - len(text.rstrip("=")) <= 2
            assert BASE64.fullmatch(text)
            data += block(text, KIB)[:KIB]
    fips_140_2(data[:2500])


@case("rngd sees 401 for a wrong token only, so that it is not switched off by mistake")
def _():
    assert ask("GET", f"{GET}?size=1", ["Accept: application/json", "Authorization: Bearer wrong"]).status == 401


# ---- logs ----


@case("the NIST check script: no headers at all, more than two of five runs passed")
def _():
    answer = ask("GET", "/api/v1/logs")
    runs = answer.json
    assert answer.status == 200 and isinstance(runs, list) and len(runs) == 5
    for run in runs:
        assert isinstance(run["nist_all_passed"], bool)
        month, day, year, hour, minute = struct.unpack("2sx2sx4sx2sx2s", run["time_of_completion_string"].encode())
        assert 1 <= int(month) <= 12 and 1 <= int(day) <= 31 and int(year) > 2000
        assert int(hour) < 24 and int(minute) < 60
    assert sum(run["nist_all_passed"] for run in runs) > 2


# ---- QRNG Open API ----


@case("the Open API: capabilities, entropy and health test under /v1")
def _():
    caps = ask("GET", "/v1/capabilities", [bearer(), "Accept: application/json"]).json
    assert (caps["entropy"]["max_block_size"], caps["entropy"]["max_block_count"]) == (1024, 512)
    assert caps["entropy"]["entropy_types"] == ["quantum", "mixed"] and caps["source_count"] == 1
    for kind in caps["entropy"]["entropy_types"]:
        answer = ask("POST", "/v1/entropy", [bearer(), "Content-Type: application/json"],
                     json.dumps({"block_size": 16, "block_count": 2, "entropy_type": kind}).encode())
        blocks_of(answer, "entropy", 2, 16)
        assert answer.headers["quantoki-entropy-type"] == kind
    health = ask("GET", "/v1/healthtest", [bearer()]).json
    assert {"test_type", "test_result", "time_stamp"} <= set(health["test_result"][0])


@case("the Open API: the key may come as X-API-KEY")
def _():
    answer = ask("POST", "/v1/entropy", [f"X-API-KEY: {token('free')}"], b'{"block_size":8,"block_count":1}')
    blocks_of(answer, "entropy", 1, 8)


@case("quantoki entropy get is a client too")
def _():
    os.chmod(f"{WORK}/token-free", 0o600)
    done = subprocess.run([f"{BUILD}/src/cli/quantoki", "entropy", "get", "--bytes", "100", "--format", "hex",
                           "--url", f"https://{HOST}", "--cacert", f"{INSTANCE}/ca.pem",
                           "--token-file", f"{WORK}/token-free"], capture_output=True, timeout=60, check=False)
    assert done.returncode == 0 and len(bytes.fromhex(done.stdout.decode())) == 100, done


if __name__ == "__main__":
    Noise()
    ready()
    run_cases()
