#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""quantoki-seed beside something bad: a file, a library, a command or a process that does not do its part stops nobody
else.

Usage: seeder_steady.py QUANTOKI-SEED TEST-TOKEN (tests/bases/token.c). Speaks TAP."""
import os, signal, socket, sys, time

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


@test
def a_pipe_in_place_of_a_pin_or_a_token_is_not_waited_for(place):
    os.mkfifo(place.path("pipe"), 0o600)
    place.configure({"pin_file": place.path("pipe")}, {"token_label": "beta"})
    process = place.start()
    until(lambda: said(process, "is a pipe") and place.seeds("B2"))
    place.write("seed.yaml", open(place.configure()).read().replace(place.path("token"), place.path("pipe")))
    process.send_signal(signal.SIGHUP)
    until(lambda: said(process, "op=download", "is a pipe"))
    process.send_signal(signal.SIGTERM)
    equal(process.wait(5), 0)


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


def is_running(pid):
    try:
        return open("/proc/%d/stat" % pid).read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


@test
def a_library_that_hangs_does_not_outlive_the_daemon(place):
    place.write("slow-A1", "60000")
    place.configure()
    process = place.start()
    until(lambda: place.calls("C_SeedRandom"))
    worker = int(place.calls("C_SeedRandom")[0].split()[0])
    process.kill()
    process.wait()
    until(lambda: not is_running(worker))


@test
def neither_commands_nor_libraries_get_what_is_the_daemons(place):
    secrets = {"NOTIFY_SOCKET": "/nowhere", "WATCHDOG_USEC": "60000000", "QRYPT_TOKEN": "secret", "CRYPTOKI_USER_PIN": "9",
               "CREDENTIALS_DIRECTORY": place.folder}
    place.configure({"pin_file": None, "pin_command": "env >%s; cat $CREDENTIALS_DIRECTORY/pin" % place.path("env")})
    place.start(**secrets)
    until(lambda: place.seeds("A1"))
    worker = open("/proc/%s/environ" % place.calls("C_SeedRandom")[0].split()[0]).read().split("\0")
    for who, lines in (("command", place.lines("env")), ("worker", worker)):
        names = {line.split("=")[0] for line in lines}
        assert "TOKEN_FOLDER" in names, lines
        equal((who, names & set(secrets)), (who, {"CREDENTIALS_DIRECTORY"} if who == "command" else set()))


@test
def there_may_be_hundreds_of_libraries(place):
    for n in range(300):
        os.symlink(sys.argv[2], place.path("library-%d.so" % n))
    place.configure(*[{"name": "t%d" % n, "library": place.path("library-%d.so" % n)} for n in range(300)])
    equal(place.run("--check")[0], 0)
    equal(len(place.calls("C_Finalize")), 300)


# ---- libraries ----

def beside(place, process, target="t1", serial="B2", seeds=3):
    """The other library is seeded at its period."""
    before, missed = len(place.seeds(serial)), status_of(place, target)["missed"]
    until(lambda: len(place.seeds(serial)) >= before + seeds * 48, seeds + 5)
    assert status_of(place, target)["missed"] - missed < 2 and process.poll() is None


def half_an_answer(text):
    def run(place):
        place.configure({}, {"library": place.other, "token_label": "beta"}, more="call_timeout_s: 2\n")
        process = place.start()
        until(lambda: place.seeds("A1") and place.seeds("B2"))
        place.write("garbage-A1", text)
        until(lambda: len(said(process, "op=worker", "why=")) >= 1)
        beside(place, process)
        process.send_signal(signal.SIGTERM)
        equal(process.wait(15), 0)
    return run


half = half_an_answer("xx")
half.__name__ = "half_an_answer_that_a_library_wrote_itself_is_not_waited_for"
test(half)
broken = half_an_answer("xxxxxxxx")
broken.__name__ = "an_answer_that_a_library_wrote_itself_ends_it_alone"
test(broken)


@test
def what_was_killed_and_does_not_end_is_not_waited_for(place):
    place.configure({}, {"library": place.other, "token_label": "beta"}, more="call_timeout_s: 1\n")
    place.write("slow-A1", "30000")
    process = place.start()
    until(lambda: said(process, "does not answer") and os.path.exists(place.path("status")))
    until(lambda: said(process, "op=process", "status=0x9"))  # and it is collected when it has
    beside(place, process)


@test
def a_library_that_does_well_for_others_is_not_loaded_anew(place):
    place.configure({}, {"name": "gone", "token_label": "nosuch"}, {"name": "no-pin", "pin_file": place.path("nowhere")},
                    {"name": "ill", "token_label": "beta"})
    place.write("answer-C_SeedRandom-B2", "0x30")
    process = place.start()
    until(lambda: place.seeds("A1"))
    for _ in range(12):  # each signal is a try at once
        failures = [len(said(process, "target=" + name, "failures=")) for name in ("gone", "no-pin", "ill")]
        seeds = len(place.seeds("A1"))
        process.send_signal(signal.SIGUSR1)
        until(lambda: len(place.seeds("A1")) > seeds and all(
            len(said(process, "target=" + name, "failures=")) > before
            for name, before in zip(("gone", "no-pin", "ill"), failures)))
    equal((len(place.calls("C_Initialize")), said(process, "restart=")), (1, []))


@test
def tokens_of_one_library_may_have_processes_of_their_own(place):
    place.write("slow-A1", "30000")
    place.configure({"name": "slow"}, {"name": "t1", "token_label": "beta", "worker": "second"},
                    {"name": "t2", "token_label": "beta", "worker": "second"})
    process = place.start()
    until(lambda: place.calls("C_SeedRandom") and len(place.seeds("B2")) >= 96)
    equal(len(place.calls("C_Initialize")), 2)
    equal(len(said(process, "op=worker", "worker=second", "start=1")), 1)
    beside(place, process)


@test
def a_login_that_takes_its_time_keeps_only_targets_of_its_token_waiting(place):
    place.write("slow-login", "20000")
    second = {"name": "t2", "token_label": "beta", "login": "none", "pin_file": None, "worker": "second"}
    place.configure({}, second)
    process = place.start()
    until(lambda: place.calls("C_Login") and place.seeds("B2") and os.path.exists(place.path("status")))
    place.configure({}, {"name": "t1", "worker": "second"}, second)
    process.send_signal(signal.SIGHUP)
    until(lambda: said(process, "op=reload"))
    beside(place, process, "t2")
    equal(len(place.calls("C_Login")), 1)


# ---- commands ----

@test
def a_pin_command_that_does_not_end_keeps_nobody_waiting(place):
    place.configure({"pin_file": None, "pin_command": "echo 1234; exec >&-; sleep 40"},
                    {"library": place.other, "token_label": "beta"})
    process = place.start()
    until(lambda: place.seeds("B2") and os.path.exists(place.path("status")))
    beside(place, process)
    until(lambda: said(process, "pin_command has not ended after 10 s"))
    equal((place.calls("C_Login"), place.seeds("A1")), (place.calls("C_Login")[:1], b""))
    process.send_signal(signal.SIGTERM)
    equal(process.wait(5), 0)


@test
def slow_pin_commands_run_beside_each_other_and_their_targets_go_on(place):
    place.write("tokens", "".join("l%d S%d\n" % (n, n) for n in range(16)))
    slow = {"pin_file": None, "pin_command": "sleep 1; echo 1234"}
    place.configure(*[{"token_label": "l%d" % n, **(slow if n else {})} for n in range(16)])
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listener.bind(place.path("notify"))
    listener.settimeout(1.5)
    begin = time.monotonic()
    place.start(NOTIFY_SOCKET=place.path("notify"), WATCHDOG_USEC="1000000")
    while not all(place.seeds("S%d" % n) for n in range(16)):
        listener.recv(100)  # signs of life go on
        assert time.monotonic() - begin < 8, "one after the other"
    assert len(place.seeds("S0")) > 48, "one library, and no command of its own"


# ---- reloads ----

@test
def a_library_that_hangs_holds_up_no_reload(place):
    place.write("slow-A1", "30000")
    place.configure({"name": "hangs"}, {"name": "t1", "library": place.other, "token_label": "beta"})
    process = place.start()
    until(lambda: place.calls("C_SeedRandom") and len(place.seeds("B2")) >= 96)
    place.write("tokens", "alpha A1\nbeta B2\ngamma C3\n")
    place.configure({"name": "hangs"}, {"name": "t1", "library": place.other, "token_label": "beta"},
                    {"name": "new", "library": place.other, "token_label": "gamma"})
    process.send_signal(signal.SIGHUP)
    until(lambda: place.seeds("C3"), 5)
    beside(place, process)
    equal(len(place.calls("C_Initialize")), 2)  # one each: neither library was loaded anew
    place.configure({"name": "t1", "library": place.other, "token_label": "beta"})  # what hangs is gone
    process.send_signal(signal.SIGHUP)
    until(lambda: len(said(process, "op=reload")) == 2, 5)
    beside(place, process)


@test
def orders_that_are_under_way_go_on_through_a_reload(place):
    place.write("slow", "1500")
    place.configure({"period": 3600}, {"name": "leaves", "token_label": "beta", "period": 3600})
    process = place.start()
    until(lambda: place.calls("C_SeedRandom"))
    place.configure({"period": 3600})
    process.send_signal(signal.SIGHUP)
    until(lambda: said(process, "op=reload"))
    until(lambda: said(process, "op=seed target=", "bytes=48"))
    first = said(process, "op=seed target=", "bytes=48")[0]
    until(lambda: place.seeds("A1") or "target=leaves" in first)
    until(lambda: "target=leaves" in first or status_of(place)["injections"] == 1)
    equal(process.poll(), None)
    equal(len(place.calls("C_Initialize")), 1)


@test
def a_library_that_is_gone_from_the_configuration_is_let_go(place):
    place.configure({}, {"library": place.other, "token_label": "beta"})
    process = place.start()
    until(lambda: place.seeds("A1") and place.seeds("B2"))
    place.configure({})
    process.send_signal(signal.SIGHUP)
    children = "/proc/%d/task/%d/children" % (process.pid, process.pid)
    until(lambda: len(open(children).read().split()) == 1)
    until(lambda: len(place.calls("C_Finalize")) == 1)
    equal(len(place.calls("C_CloseSession")), 1)


# ---- without a file ----

@test
def an_environment_alone_says_where_to_put_the_pin(place):
    for path in ("/etc/quantoki/seed.yaml", "/etc/qseed/qseed_config.yml"):
        if os.path.exists(path):
            raise seeder.Skip("this machine has %s" % path)
    for environment in ({}, {"CRYPTOKI_USER_PIN": "1234"}):
        code, log = place.run("--once", config=False, QRYPT_TOKEN="a", CRYPTOKI_LIB=sys.argv[2], CRYPTOKI_SLOT_ID="0", **environment)
        equal((code, "name that with pin_file" in log), (1, True))


if __name__ == "__main__":
    seeder.main(tests)
