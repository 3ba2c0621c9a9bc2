#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""quantoki-seed beside something bad: a file, a library, a command or a process that does not do its part stops nobody
else.

Usage: seeder_steady.py QUANTOKI-SEED TEST-TOKEN (tests/bases/token.c). Speaks TAP."""
import os, signal, sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import seeder
from seeder import equal, status_of, until

tests = []


def test(function):
    tests.append(function)
    return function


def said(process, *words):
    """The lines of the log with all of these words."""
    return [line for line in list(process.log) if all(word in line for word in words)]


# ---- files ----

@test
def what_lies_in_the_way_of_the_metrics_is_removed_and_not_opened(place):
    os.mkfifo(place.path("metrics.new"))
    os.link(place.write("precious", "kept"), place.path("status.new"))
    place.configure()
    process = place.start()
    until(lambda: place.seeds("A1") and os.path.exists(place.path("status")) and status_of(place)["injections"])
    equal(open(place.path("precious")).read(), "kept")
    assert "injections_total" in open(place.path("metrics")).read()
    process.send_signal(signal.SIGTERM)
    equal(process.wait(10), 0)


# ---- processes ----

@test
def a_worker_that_cannot_be_started_is_not_tried_again_at_once(place):
    place.configure()
    logs = [place.run("--check", inside=["prlimit", "--nofile=%d" % most]) for most in range(4, 12)]
    logs = [(code, log) for code, log in logs if "no socket for a worker" in log]  # with fewer it does not come so far
    assert logs, "no limit kept workers from starting"
    for code, log in logs:
        equal((code, log.count("no socket for a worker")), (3, 1))
        assert "again_in_ms=1000" in log and "code=CKR_HOST_MEMORY" in log, log


if __name__ == "__main__":
    seeder.main(tests)
