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


if __name__ == "__main__":
    seeder.main(tests)
