#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The only noise source fails, in several ways, and comes back. While it is away nothing is served.

Started by entropy-clients.sh.
"""
from entropy_service import GET, POST, Noise, ask, bearer, case, get, post, ready, run_cases, status, until

RAW, CAPABILITIES = "/api/v1/random/raw", "/api/v1/capabilities"
noise = None
SUPPLY = ["source_unavailable", "starting_up", "health_test_failed"]


def source():
    return status()["sources"][0]


def noticed(what, test):
    """A source whose queue is full is read slowly, so what went bad is seen when bytes are asked for."""
    until(what, lambda: test() or (get(f"{RAW}?bytes=1048576") and False))


def restart():
    assert ask("POST", "/api/v1/sources/noise/restart", [bearer("admin")]).status == 204


def nothing_is_served():
    answers = [get(GET), get(f"{GET}?size=512"), get(f"{RAW}?bytes=1"), get(GET, "Accept: application/octet-stream"),
               ask("HEAD", GET, [bearer()])]
    answers += [post(path, {"block_size": 16, **more}) for path in (POST, "/api/v1/get_entropy", "/v1/entropy")
                for more in ({}, {"entropy_type": "quantum"}, {"entropy_type": "mixed"})]
    answers += [get(path) for path in (CAPABILITIES, "/api/v1/get_capabilities", "/v1/capabilities", "/readyz")]
    for answer in answers:
        assert answer.status == 503, answer
        assert int(answer.headers["retry-after"]) >= 1, answer.headers
        if answer.body and b"error" in answer.body:
            assert answer.code in SUPPLY, answer
    # Wrong questions are still wrong, and what needs no entropy is still there: a client must not take 503 for 401.
    assert get(f"{GET}?size=0").status == 400 and ask("GET", GET).status == 401
    assert all(ask("GET", path).status == 200 for path in ("/healthz", "/", "/api/v1/logs"))


def served():
    for answer in (get(GET), post(POST, {"block_size": 16}), get(f"{RAW}?bytes=64"), get(CAPABILITIES), get("/readyz")):
        assert answer.status == 200, answer


@case("with the source active everything is served, as quantum")
def _():
    served()
    assert get(GET).headers["quantoki-entropy-type"] == "quantum" and source()["badge"] == "Active"


@case("a source that repeats itself a little: 503 on all entropy paths, Error, and back again")
def _():
    noise.run = source()["rct"]["cutoff"]
    noise.kind = "runs"
    noticed("the error", lambda: source()["badge"] == "Error")
    nothing_is_served()
    told = source()
    assert told["errors"] >= 1 and told["rct"]["failures"] >= 1 and told["messages"] and status()["entropy_types"] == []
    noise.kind = "random"
    ready()
    served()
    assert source()["badge"] == "Active" and source()["startups"] >= 2


@case("a source that says nothing: 503 after its patience, and back again")
def _():
    restart()  # the fifth failure within an hour would be for good
    ready()
    noise.kind = "silent"
    noticed("the error", lambda: source()["badge"] == "Error")
    nothing_is_served()
    noise.kind = "random"
    ready()
    served()


@case("a source that gives zeros stays off until it is restarted, and may not come back worse")
def _():
    noise.kind = "zeros"
    noticed("the permanent failure", lambda: source()["state"] == "failed")
    restart()
    noticed("the next permanent failure", lambda: source()["state"] == "failed" and source()["errors"] >= 4)
    noise.kind = "random"
    nothing_is_served()
    assert status()["state"] == "failed" and source()["badge"] == "Error"
    restart()
    ready()
    served()


@case("errors are counted and told, newest first")
def _():
    told = source()
    times = [message["time"] for message in told["messages"]]
    assert told["errors"] >= 4 and times == sorted(times, reverse=True) and len(times) <= 8


if __name__ == "__main__":
    noise = Noise()
    ready()
    run_cases()
