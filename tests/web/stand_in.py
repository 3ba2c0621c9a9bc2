#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A stand-in for quantokid's status page: serves web/ and scripted answers, for tests and for working on the page.

The scene is chosen with POST /scene/NAME; SCENES below lists them. Prints its port when it listens.

usage: stand_in.py WEB_FOLDER UPLOT_FOLDER [PORT]
"""
import http.server
import json
import math
import mimetypes
import pathlib
import random
import sys
import threading
import time
import urllib.parse

WEB, UPLOT = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
PORT = int(sys.argv[3]) if len(sys.argv) > 3 else 0
# The headers that quantokid sends with its page.
POLICY = ("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
          "base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
STEP = 10  # seconds between points of the history
MIB = 1 << 20
BUNDLE = bytes(random.Random(7).randbytes(300_000))


def iso(unix):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(unix))


# ---- what the server would say ----


def source(name, now, **changes):
    row = {
        "name": name, "kind": "quantum", "driver": "device", "path": f"/dev/{name}", "state": "active", "badge": "Active",
        "credited": True, "priority": 1, "sample_bits": 8, "min_entropy": 7.8, "bits_per_second": 16_400_000,
        "samples": 123_456_789, "queued_bytes": 65536, "errors": 0, "startups": 1,
        "rct": {"cutoff": 7, "permanent_cutoff": 11, "failures": 0},
        "apt": {"window": 512, "cutoff": 27, "permanent_cutoff": 40, "failures": 0}, "messages": [],
        "last_run": {"time": iso(now - 312), "tests_passed": True, "nist_success_rate": 0.98996,
                     "uniformity_success_rate": 1.0},
    }
    row.update(changes)
    return row


def healthy_sources(now):
    # Not in the order of their names, so that the page has something to sort.
    return [
        source("quantis10", now, bits_per_second=15_900_000),
        source("cpu", now, kind="physical", path="", driver="cpu", priority=3, bits_per_second=9_700_000,
               min_entropy=4.0, rct={"cutoff": 12, "permanent_cutoff": 18, "failures": 0}),
        source("quantis2", now),
        source("kernel", now, kind="other", driver="kernel", path="", priority=4, credited=False,
               bits_per_second=4_200_000, last_run=None),
    ]


def status(now, sources, state="ready", types=("quantum", "mixed"), memory=None, disk=None, uptime=275_431):
    return {
        "version": "0.1.0", "time": iso(now), "state": state, "entropy_types": list(types), "uptime_seconds": uptime,
        "sources": sources,
        "reserve": {"memory": memory or {"bytes": 3_865_470, "capacity": 4 * MIB},
                    "disk": disk or {"bytes": 0, "capacity": 0, "message": ""}},
        "served": {"quantum_bytes": 48_318_382_080, "mixed_bytes": 913_842_176, "requests": 4_812_733},
        "generators": {"conditioned_bytes": 53_687_091_200, "reseeds": 129_433}, "last_run": None,
    }


def message(now, ago, text):
    return {"time": iso(now - ago), "text": text}


def scene_active(now):
    return status(now, healthy_sources(now))


def scene_pending(now):
    row = source("quantis2", now, state="starting", badge="Pending", startups=0, samples=2048, bits_per_second=0,
                 last_run=None, messages=[message(now, 2, "start-up test: 2,048 of 4,096 samples")])
    answer = status(now, [row], "starting", (), {"bytes": 0, "capacity": 4 * MIB}, uptime=3)
    return {**answer, "served": {"quantum_bytes": 0, "mixed_bytes": 0, "requests": 0},
            "generators": {"conditioned_bytes": 0, "reseeds": 0}}


def broken(now, **changes):
    row = source("quantis2", now, state="error", badge="Error", errors=3, bits_per_second=0,
                 rct={"cutoff": 7, "permanent_cutoff": 11, "failures": 2},
                 messages=[message(now, 41, "repetition count test: the value 0 came 7 times in a row"),
                           message(now, 95, "repetition count test: the value 0 came 8 times in a row"),
                           message(now, 86400 * 2, "no sample for 10 s: is the device plugged in?")])
    row.update(changes)
    return row


def scene_error(now):
    rows = healthy_sources(now)
    rows[2] = broken(now)
    return status(now, rows, memory={"bytes": 1_468_006, "capacity": 4 * MIB},
                  disk={"bytes": 734_003_200, "capacity": 1024 * MIB, "message": ""})


def scene_failed(now):
    rows = [broken(now, state="failed"), broken(now, name="quantis10", path="/dev/quantis10")]
    return status(now, rows, "failed", (), {"bytes": 0, "capacity": 4 * MIB},
                  {"bytes": 0, "capacity": 0, "message": "the reserve's file cannot be written: no space left on device"})


def scene_mixed(now):
    return status(now, [row for row in healthy_sources(now) if row["kind"] != "quantum"], types=("mixed",),
                  memory={"bytes": 0, "capacity": 0})


def scene_hostile(now):
    """What only a bad peer or operator would say."""
    rows = [source("<img/src=x>", now, path="<script>alert(1)</script>", messages=[message(now, 1, "<b>bold</b>" + "x" * 180)],
                   driver="device", kind="strange")]
    return status(now, rows)


def history(now, seconds, names):
    dice = random.Random(3)
    times = list(range(int(now) - seconds, int(now) + 1, STEP))
    day = [math.sin(at / 86400 * 2 * math.pi) for at in times]
    served = [max(0, int((900_000 + 600_000 * one) * dice.uniform(0.7, 1.3) * STEP)) for one in day]
    return {
        "interval_seconds": STEP, "time": times, "served_bytes": served,
        "requests": [value // 16384 for value in served],
        "reserve_bytes": [int(4 * MIB * min(1, 0.93 + 0.05 * one + dice.uniform(-0.02, 0.02))) for one in day],
        "sources": {name: [int(rate * dice.uniform(0.97, 1.03)) for _ in times] for name, rate in names.items()},
    }


def runs(now, count):
    dice = random.Random(5)
    rows = []
    for i in range(count):
        total, fails = 18800, int(dice.gauss(188, 14))
        even = dice.random() > 0.06
        at = now - 312 - i * 900 + dice.random()
        rows.append({
            "source": ("output", "quantis2", "quantis10")[i % 3], "tests_passed": True, "time_of_completion": at,
            "time_of_completion_string": time.strftime("%m/%d/%Y %H:%M", time.gmtime(at)),
            "nist_all_passed": True, "nist_passes": total - fails, "nist_fails": fails,
            "nist_success_rate": 1 - fails / total, "uniformity_all_passed": even, "uniformity_passes": 15 if even else 14,
            "uniformity_fails": 0 if even else 1, "uniformity_success_rate": 1.0 if even else 14 / 15,
        })
    if count > 4:
        rows[4].update(tests_passed=False, nist_all_passed=False, nist_passes=18210, nist_fails=590,
                       uniformity_all_passed=False, uniformity_passes=12, uniformity_fails=3)
    return rows


RATES = {"quantis10": 15_900_000, "cpu": 9_700_000, "quantis2": 16_400_000, "kernel": 4_200_000}
# name: status, seconds of history, runs
SCENES = {
    "active": (scene_active, 3600, 60), "day": (scene_active, 86400, 100), "pending": (scene_pending, 0, 0),
    "error": (scene_error, 3600, 30), "failed": (scene_failed, 3600, 6), "mixed": (scene_mixed, 3600, 3),
    "hostile": (scene_hostile, 600, 3),
    "away": None,  # connections close without an answer
    "token": None,  # 401 without the token "letmein"
    "broken": None,  # 500
}
scene = "active"
asked = {}  # path: how often
bundle_ended = threading.Event()  # a log download was cut off by the page
bundle_goes_on = threading.Event()

# ---- the server ----


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, code, kind, body, **extra):
        self.send_response(code)
        for name, value in {"Content-Type": kind, "Content-Length": len(body), "Cache-Control": "no-store",
                            "Content-Security-Policy": POLICY, "X-Content-Type-Options": "nosniff",
                            **{name.replace("_", "-"): value for name, value in extra.items()}}.items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(body)

    def json(self, code, value):
        self.answer(code, "application/json", json.dumps(value).encode())

    def refuse(self, code, words):
        self.json(code, {"error": {"status": code, "code": "test", "message": words}})

    def do_POST(self):
        global scene
        name = self.path.rsplit("/", 1)[1]
        if self.path.startswith("/scene/") and name in SCENES:
            scene = name
        elif self.path == "/bundle/go-on":
            bundle_goes_on.set()
        elif self.path == "/bundle/forget":
            bundle_ended.clear()
        else:
            return self.refuse(404, "no such scene")
        self.json(200, {})

    def do_GET(self):
        path = urllib.parse.urlparse(self.path).path
        asked[path] = asked.get(path, 0) + 1
        if path == "/asked":
            return self.json(200, {"asked": asked, "bundle_cut": bundle_ended.is_set()})
        if not path.startswith("/api/"):
            return self.file(path)
        if scene == "away":
            self.close_connection = True
            return None
        if scene == "broken":
            return self.refuse(500, "the database does not answer")
        if scene == "token" and self.headers.get("Authorization") != "Bearer letmein":
            return self.refuse(401, "a token of scope metrics is needed")
        return self.api(path)

    def file(self, path):
        files = {"/": WEB / "index.html", "/page/uplot.js": UPLOT / "uPlot.iife.min.js",
                 "/page/uplot.css": UPLOT / "uPlot.min.css"}
        file = files.get(path) or (WEB / path.removeprefix("/page/") if path.startswith("/page/") else None)
        if not file or not file.is_file():
            return self.refuse(404, "no such page")
        kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        return self.answer(200, kind.replace("application/javascript", "text/javascript"), file.read_bytes())

    def api(self, path):
        now = time.time()
        tell, seconds, count = SCENES[scene] or SCENES["active"]
        names = {row["name"]: RATES.get(row["name"], 1_000_000) for row in tell(now)["sources"]}
        if path == "/api/v1/status":
            return self.json(200, tell(now))
        if path == "/api/v1/history":
            return self.json(200, history(now, seconds, names))
        if path == "/api/v1/logs":
            return self.json(200, runs(now, count))
        if path == "/api/v1/logs/bundle":
            return self.bundle()
        return self.refuse(404, "no such path")

    def bundle(self):
        """Half of it, and the rest when the test says so."""
        bundle_goes_on.clear()
        self.send_response(200)
        for name, value in {"Content-Type": "application/gzip", "Content-Length": str(len(BUNDLE)),
                            "Content-Disposition": 'attachment; filename="quantoki-logs-20261121T140000Z.tar.gz"'}.items():
            self.send_header(name, value)
        self.end_headers()
        try:
            self.wfile.write(BUNDLE[:150_000])
            self.wfile.flush()
            while not bundle_goes_on.wait(timeout=0.05):
                self.connection.setblocking(False)
                try:
                    if self.connection.recv(1) == b"":
                        raise ConnectionError
                except BlockingIOError:
                    pass
                finally:
                    self.connection.settimeout(None)
            self.wfile.write(BUNDLE[150_000:])
        except ConnectionError:
            bundle_ended.set()
            self.close_connection = True


def main():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", PORT), Handler)
    server.daemon_threads = True
    print(server.server_address[1], flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
