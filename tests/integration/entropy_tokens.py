#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tokens over the wire: rate, allotment, time, scope, and in which order a request is judged.

The tokens are those that entropy-clients.sh made. Started by it.
"""
import json
import subprocess
import time

from entropy_service import (BUILD, GET, HOST, INSTANCE, POST, Connection, Noise, ask, bearer, case, get, post, ready,
                             run_cases, until)

QUANTOKI, CONFIG = f"{BUILD}/src/cli/quantoki", f"{INSTANCE}/quantokid.yaml"


def refused(answer, wanted, code):
    assert answer.status == wanted and answer.code == code, answer
    if wanted == 401:
        assert answer.headers["www-authenticate"].startswith("Bearer"), answer.headers


@case("without a token, and with one that nobody made: 401")
def _():
    refused(ask("GET", GET), 401, "token_missing")
    for text in ("Basic dXNlcjpwYXNz", "Bearer", "Bearer ", "nonsense"):
        assert ask("GET", GET, [f"Authorization: {text}"]).status == 401, text
    for text in ("x", "qt_" + "A" * 43, "y" * 8000):
        refused(ask("GET", GET, [f"Authorization: Bearer {text}"]), 401, "token_invalid")


@case("expired, not yet valid, revoked: 401; the wrong scope: 403")
def _():
    until("the brief token expires", lambda: get(GET, name="brief").status == 401)
    refused(get(GET, name="brief"), 401, "token_expired")
    refused(get(GET, name="early"), 401, "token_invalid")
    refused(get(GET, name="metrics"), 403, "scope_missing")
    assert get(GET, name="gone").status == 200
    subprocess.run([QUANTOKI, "token", "revoke", "--config", CONFIG, "gone"], check=True, stdout=subprocess.DEVNULL,
                   timeout=60)
    until("the revoked token ends", lambda: get(GET, name="gone").status == 401)
    refused(get(GET, name="gone"), 401, "token_revoked")


@case("a token made beside the running server works at once")
def _():
    made = subprocess.run([QUANTOKI, "token", "create", "--config", CONFIG, "--name", "late"], check=True,
                          capture_output=True, timeout=60)
    text = made.stdout.decode().splitlines()[-1]
    assert ask("GET", GET, [f"Authorization: Bearer {text}"]).status == 200


@case("more than 30 requests in 10 seconds: 429 with Retry-After; another token is not affected")
def _():
    with Connection() as connection:
        start = time.monotonic()
        request = f"GET {GET} HTTP/1.1\r\nHost: {HOST}\r\n{bearer('limited')}\r\n\r\n".encode()
        connection.send(request * 90)
        answers = [connection.answer() for _ in range(90)]
        passed = [answer for answer in answers if answer.status == 200]
        most = 30 + int((time.monotonic() - start) * 3) + 1  # three a second come back
        assert all(answer.status == 200 for answer in answers[:30]) and len(passed) <= most < 90, (len(passed), most)
        assert passed[0].headers["ratelimit-limit"] == "30" and int(passed[0].headers["ratelimit-remaining"]) == 29
        late = [answer for answer in answers if answer.status != 200]
        refused(late[0], 429, "rate_limited")
        wait = int(late[0].headers["retry-after"])
        assert 1 <= wait <= 10 and late[0].json["error"]["retry_after"] == wait
        assert get(GET, name="other").status == 200
        time.sleep(2)  # what a wrapper of 2022-09 waits after its first 429
        assert connection.ask("GET", GET, [bearer("limited")]).status == 200


@case("an allotment of 3 KiB: 2 KiB are served, 2 KiB more are not, 1 KiB is")
def _():
    assert get(f"{GET}?size=2", name="small").status == 200
    assert ask("HEAD", f"{GET}?size=1", [bearer("small")]).status == 200
    refused(get(f"{GET}?size=2", name="small"), 403, "allotment_used")
    assert get(f"{GET}?size=1", name="small").status == 200
    refused(post(POST, {"block_size": 1}, name="small"), 403, "allotment_used")


@case("the order: path, method, token, scope, rate, parameters, allotment")
def _():
    assert ask("GET", "/api/v1/nothing").status == 404
    assert ask("PUT", GET, ["Authorization: Bearer x"], b"{}").status == 405
    assert ask("GET", f"{GET}?size=0").status == 401
    assert get(f"{GET}?size=0", name="metrics").status == 403
    refused(get(f"{GET}?size=0", name="small"), 400, "parameter")
    with Connection() as connection:
        request = f"GET {GET}?size=0 HTTP/1.1\r\nHost: {HOST}\r\n{bearer('other')}\r\n\r\n".encode()
        connection.send(request * 60)
        assert {connection.answer().status for _ in range(60)} == {400, 429}


@case("restarting a source needs the scope admin")
def _():
    path = "/api/v1/sources/noise/restart"
    assert ask("POST", path).status == 401
    refused(ask("POST", path, [bearer("free")]), 403, "scope_missing")
    assert ask("POST", "/api/v1/sources/none/restart", [bearer("admin")]).status == 404
    assert ask("POST", path, [bearer("admin")]).status == 204
    ready()


@case("no token stands in the log")
def _():
    with open(f"{INSTANCE}/server.log", encoding="utf-8") as file:
        log = file.read()
    for name in ("free", "limited", "small", "admin"):
        assert bearer(name).split()[-1] not in log
    assert json.loads(ask("GET", "/healthz").body)["status"] == "ok"


if __name__ == "__main__":
    Noise()
    ready()
    run_cases()
