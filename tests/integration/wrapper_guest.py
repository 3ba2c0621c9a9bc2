#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""libquantoki-entropy.so among the threads and processes of its application: its locks, the background, forks.

Arguments: see wrapper_world.py."""
import collections, ctypes, os, threading, time

import wrapper_world as w
from scripted_service import good, hang_until, status
from wrapper_world import (CANT_LOCK, NO_THREADS, NOT_INITIALIZED, OK, OS_LOCKING_OK, STUB, STUB_SLOT, U, equal, fresh_log,
                           log_lines, soon, start_user, started, test, threads_of, with_settings)

# ---- threads ----

def draw_in_threads(count, sizes):
    """One request in each of so many threads, in sessions of their own; every answer, and no word twice."""
    slot, answers, lock = w.p11.slot(), [], threading.Lock()

    def work(size):
        answer = w.p11.random(w.p11.open(slot), size)
        with lock:
            answers.append(answer)

    threads = [threading.Thread(target=work, args=(sizes(i),)) for i in range(count)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    equal({rv for rv, _ in answers}, {OK})
    words = [out[i:i + 8] for _, out in answers for i in range(0, len(out) // 8 * 8, 8)]
    equal(len(set(words)), len(words))
    return answers


@test
def ten_threads_get_300_bytes_each():
    started()
    assert all(out != bytes(300) for _, out in draw_in_threads(10, lambda i: 300))


@test
def a_hundred_threads_get_what_they_ask_for():
    started()
    draw_in_threads(100, lambda i: 8 * (i % 31 + 1))


@test
def sixty_four_threads_draw_ten_thousand_times_and_share_downloads():
    w.settings(QRYPT_BASE_HSM_PATH=STUB)
    w.service.begin()
    user = start_user(STUB_SLOT, "threads", 64, 10000)
    out = user.communicate(timeout=120)[0].decode()
    equal(out, "words %d twice 0\n" % (64 * 10000 * 4))
    equal(len(w.service.requests), -(-64 * 10000 * 32 // 65536))


@test
def threads_share_downloads_and_never_bytes():
    session, seen, failed = started(), set(), []

    def work():
        own = w.p11.open(slot)
        for _ in range(200):
            rv, out = w.p11.random(own, 32)
            if rv != OK:
                failed.append(rv)
            words = {out[i:i + 8] for i in range(0, 32, 8)}
            with lock:
                if seen & words:
                    failed.append("twice")
                seen.update(words)

    lock, slot = threading.Lock(), w.p11.slot()
    threads = [threading.Thread(target=work) for _ in range(16)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    equal(failed, [])
    assert len(w.service.requests) <= 16 * 200 * 32 // 65536 + 2, len(w.service.requests)


@test
def finalising_waits_for_calls_and_later_ones_are_told():
    w.settings(**with_settings("pool_bytes: 1024\n"))
    w.service.begin()
    stop, answers = threading.Event(), set()

    def work():
        while not stop.is_set():
            answers.add(w.p11.random(U(1), 64)[0])

    threads = [threading.Thread(target=work) for _ in range(8)]
    [thread.start() for thread in threads]
    for _ in range(20):
        equal(w.p11.C_Initialize(None), OK)
        w.p11.open(w.p11.slot())
        time.sleep(0.01)
        equal(w.p11.C_Finalize(None), OK)
    stop.set()
    [thread.join() for thread in threads]
    assert answers <= {OK, w.NOT_INITIALIZED, w.SESSION_INVALID}, answers


@test
def stock_is_served_while_another_thread_downloads():
    gate, answers = threading.Event(), []
    session = started(**with_settings("pool_bytes: 4096\n"))
    equal(w.p11.random(session, 32)[0], OK)
    w.service.begin(hang_until(gate))
    slow = threading.Thread(target=lambda: answers.append(w.p11.random(session, 65536)[0]))
    slow.start()
    soon(lambda: w.service.requests)
    for _ in range(100):
        equal(w.p11.random(session, 32)[0], OK)
    equal(answers, [])
    gate.set()
    slow.join()
    equal(answers, [OK])


@test
def of_threads_that_initialise_at_once_one_does_it():
    for _ in range(20):
        w.settings(QRYPT_BASE_HSM_PATH=STUB)
        answers, start = [], threading.Barrier(8)

        def work():
            start.wait()
            answers.append(w.p11.C_Initialize(None))

        threads = [threading.Thread(target=work) for _ in range(8)]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
        equal(sorted(answers), [OK] + [w.ALREADY] * 7)
        equal(w.p11.C_Finalize(None), OK)


@test
def a_thread_cancelled_in_a_call_ends_after_it_and_nothing_hangs():
    w.settings(QRYPT_BASE_HSM_PATH=STUB)
    gate = threading.Event()
    w.service.begin(hang_until(gate))
    user = start_user(STUB_SLOT, "cancel")
    soon(lambda: w.service.requests)
    user.stdin.write(b"\n")
    user.stdin.flush()
    equal(user.stdout.readline(), b"cancelled\n")
    gate.set()
    equal(user.communicate(timeout=20)[0], b"ended\nC_Finalize 0x0\n")


@test
def a_call_that_waits_for_the_background_ends_in_time():
    w.settings(**with_settings("background: true\nretries: 0\ncall_timeout_ms: 300\nattempt_timeout_ms: 20000\n"))
    gate = threading.Event()
    w.service.begin(hang_until(gate))
    equal(w.p11.C_Initialize(None), OK)
    soon(lambda: w.service.requests)
    session, begin = w.p11.open(w.p11.slot()), time.monotonic()
    equal(w.p11.random(session, 32), (w.DEVICE_ERROR, bytes(32)))
    assert time.monotonic() - begin < 10, "call_timeout_ms had no effect"
    gate.set()

# ---- the application's locks ----

class Mutexes:
    """The four callbacks, counted. A callback answers what `answers` says."""
    CREATE, USE = ctypes.CFUNCTYPE(U, ctypes.POINTER(ctypes.c_void_p)), ctypes.CFUNCTYPE(U, ctypes.c_void_p)

    def __init__(self):
        self.locks, self.calls, self.answers = {}, {"create": 0, "destroy": 0, "lock": 0, "unlock": 0}, {}
        self.callbacks = (self.CREATE(self.create), self.USE(self.destroy), self.USE(self.take), self.USE(self.give))

    def note(self, name):
        self.calls[name] += 1
        return self.answers.get(name, OK)

    def create(self, place):
        rv = self.note("create")
        if rv == OK:
            place[0] = len(self.locks) + 1
            self.locks[place[0]] = threading.Lock()
        return rv

    def destroy(self, which):
        return self.note("destroy")

    def take(self, which):
        rv = self.note("lock")
        if rv == OK:
            self.locks[which].acquire()
        return rv

    def give(self, which):
        self.locks[which].release()
        return self.note("unlock")

    def arguments(self, flags=0):
        return w.Arguments(*(ctypes.cast(callback, ctypes.c_void_p).value for callback in self.callbacks), flags, None)


@test
def the_applications_mutexes_are_used():
    w.settings(QRYPT_BASE_HSM_PATH=STUB)
    w.service.begin()
    mutexes = Mutexes()
    equal(w.p11.C_Initialize(ctypes.byref(mutexes.arguments())), OK)
    session = w.p11.open(STUB_SLOT)
    equal(w.p11.random(session, 64)[0], OK)
    equal(w.p11.C_Finalize(None), OK)
    calls = mutexes.calls
    assert calls["create"] == calls["destroy"] > 0 and calls["lock"] == calls["unlock"] > 0, calls


@test
def the_systems_locks_serve_where_both_would_do():
    w.settings(QRYPT_BASE_HSM_PATH=STUB)
    mutexes = Mutexes()
    equal(w.p11.C_Initialize(ctypes.byref(mutexes.arguments(OS_LOCKING_OK))), OK)
    equal(w.p11.random(w.p11.open(STUB_SLOT), 64)[0], OK)
    equal(set(mutexes.calls.values()), {0})


@test
def a_mutex_that_cannot_be_made_stops_the_start():
    w.settings(QRYPT_BASE_HSM_PATH=STUB)
    mutexes = Mutexes()
    mutexes.answers["create"] = w.GENERAL
    equal(w.p11.C_Initialize(ctypes.byref(mutexes.arguments())), CANT_LOCK)
    equal(w.p11.C_Finalize(None), w.NOT_INITIALIZED)
    equal(w.p11.C_Initialize(None), OK)


@test
def a_mutex_that_cannot_be_locked_fails_the_call_alone():
    w.settings(QRYPT_BASE_HSM_PATH=STUB)
    w.service.begin()
    mutexes = Mutexes()
    equal(w.p11.C_Initialize(ctypes.byref(mutexes.arguments())), OK)
    session = w.p11.open(STUB_SLOT)
    mutexes.answers["lock"] = w.GENERAL
    equal(w.p11.random(session, 64), (CANT_LOCK, bytes(64)))
    mutexes.answers.clear()
    equal(w.p11.random(session, 64)[0], OK)
    equal(w.p11.C_Finalize(None), OK)


@test
def mutexes_that_cannot_be_unlocked_or_destroyed_stop_nobody():
    w.settings(QRYPT_BASE_HSM_PATH=STUB)
    w.service.begin()
    mutexes = Mutexes()
    equal(w.p11.C_Initialize(ctypes.byref(mutexes.arguments())), OK)
    session = w.p11.open(STUB_SLOT)
    mutexes.answers.update(unlock=w.GENERAL, destroy=w.GENERAL)
    for _ in range(3):
        equal(w.p11.random(session, 64)[0], OK)
    equal(w.p11.C_Finalize(None), OK)
    equal(mutexes.calls["create"], mutexes.calls["destroy"])


@test
def if_the_second_mutex_cannot_be_made_the_first_is_destroyed():
    w.settings(QRYPT_BASE_HSM_PATH=STUB)
    mutexes = Mutexes()
    made = mutexes.note
    mutexes.note = lambda name: (made(name), w.GENERAL if name == "create" and mutexes.calls["create"] == 2 else OK)[1]
    equal(w.p11.C_Initialize(ctypes.byref(mutexes.arguments())), CANT_LOCK)
    equal((mutexes.calls["create"], mutexes.calls["destroy"]), (2, 1))

# ---- the background ----

@test
def nothing_is_fetched_before_it_is_asked_for():
    before = threads_of()
    started()
    time.sleep(0.1)
    equal((w.service.requests, threads_of() <= before), ([], True))  # the service's own may have ended


@test
def the_background_fills_the_pool_before_it_is_empty():
    w.settings(**with_settings("background: true\npool_bytes: 8k\nlow_water: 50\n"))
    w.service.begin()
    before = threads_of()
    equal(w.p11.C_Initialize(None), OK)
    session = w.p11.open(w.p11.slot())
    soon(lambda: len(w.service.given) == 8)
    equal(w.p11.random(session, 4096), (OK, b"".join(w.service.given[:4])))
    equal(w.p11.random(session, 8), (OK, w.service.given[4][:8]))
    soon(lambda: len(w.service.requests) == 2)
    equal(w.p11.C_Finalize(None), OK)
    soon(lambda: threads_of() <= before + 1)  # the service has one for the connection


@test
def an_application_that_forbids_threads_gets_none():
    w.settings(**with_settings("background: true\n"))
    w.service.begin()
    before = threads_of()
    equal(w.p11.C_Initialize(ctypes.byref(w.Arguments(flags=NO_THREADS | OS_LOCKING_OK))), OK)
    time.sleep(0.1)
    equal((w.service.requests, threads_of() <= before), ([], True))  # the service's own may have ended
    equal(w.p11.random(w.p11.open(w.p11.slot()), 32)[0], OK)


@test
def a_background_that_fails_harms_nobody():
    w.settings(**with_settings("background: true\nretries: 0\n"))
    fresh_log()
    w.service.begin(status(503))
    equal(w.p11.C_Initialize(None), OK)
    soon(lambda: w.service.requests and log_lines("op=refill"))
    session = w.p11.open(w.p11.slot())
    equal(w.p11.random(session, 32), (w.FUNCTION_FAILED, bytes(32)))
    w.service.begin(good)
    equal(w.p11.random(session, 32)[0], OK)
    equal(w.p11.C_Finalize(None), OK)


@test
def what_gets_too_old_is_fetched_anew_though_nobody_draws():
    w.settings(**with_settings("background: true\npool_bytes: 8k\nmax_age_s: 1\n"))
    w.service.begin()
    equal(w.p11.C_Initialize(None), OK)
    soon(lambda: len(w.service.given) >= 16)
    equal(w.p11.random(w.p11.open(w.p11.slot()), 8)[0], OK)


def ends_of(runs, url, **more):
    """How programs end that leave by exit() while the background is at work."""
    w.settings(QRYPT_BASE_HSM_PATH=STUB, QUANTOKI_ENTROPY_URL=url, **more)
    for service in (w.service, w.secure):
        service.server.handle_error = lambda *unused: None  # clients go as they like
    ends = collections.Counter()
    for delay in range(runs):
        user = start_user(STUB_SLOT, "leave", delay % 15)
        user.communicate(timeout=60)
        ends[user.returncode] += 1
    return ends


@test
def a_program_may_leave_while_the_background_works():
    for service in (w.service, w.secure):
        service.begin()
        path = w.config("background: true\nca_file: %s/server.pem\n" % w.folder)
        equal(ends_of(45, service.url, QUANTOKI_ENTROPY_CONFIG=path), {0: 45})


@test
def a_program_may_leave_while_the_background_waits():
    gate = threading.Event()
    w.service.begin(hang_until(gate))
    path = w.config("background: true\nattempt_timeout_ms: 60000\ncall_timeout_ms: 60000\n")
    begin = time.monotonic()
    equal(ends_of(3, w.service.url, QUANTOKI_ENTROPY_CONFIG=path), {0: 3})
    assert time.monotonic() - begin < 30, "the end waited for the service"
    gate.set()


@test
def a_program_may_call_when_its_end_has_stopped_the_background():
    gate = threading.Event()
    w.service.begin(hang_until(gate))
    w.settings(QRYPT_BASE_HSM_PATH=STUB, **with_settings("background: true\n"))
    user = start_user(STUB_SLOT, "leave-late", 50)
    equal(user.communicate(timeout=60)[0], b"C_GenerateRandom 0x30 C_Finalize 0x0\n")
    equal(user.returncode, 0)
    gate.set()

# ---- a service that is away ----

@test
def a_base_that_serves_instead_serves_at_once_for_a_while():
    session = started(**with_settings("retries: 0\nfallback: base\n"))
    w.service.begin(status(503))
    for _ in range(20):
        rv, out = w.p11.random(session, 32)
        equal((rv, out == bytes(32)), (OK, False))
    assert len(w.service.requests) < 10, "%d requests" % len(w.service.requests)  # one, and one every five seconds


@test
def without_another_source_each_call_asks():
    session = started(**with_settings("retries: 0\n"))
    w.service.begin(status(503))
    equal([w.p11.random(session, 32)[0] for _ in range(5)], [w.FUNCTION_FAILED] * 5)
    equal(len(w.service.requests), 5)

# ---- forks ----

@test
def a_child_starts_anew_and_serves_other_bytes():
    session = started()
    w.p11.random(session, 32)
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        before = w.p11.random(session, 32)[0]
        rv = w.p11.C_Initialize(None)
        out = w.p11.random(w.p11.open(w.p11.slot()), 1 << 20)[1] if rv == OK else b""
        os.write(writer, before.to_bytes(8, "big") + out)
        os._exit(0)
    os.close(writer)
    got = b""
    while part := os.read(reader, 65536):
        got += part
    os.waitpid(child, 0)
    equal(int.from_bytes(got[:8], "big"), NOT_INITIALIZED)
    theirs, ours = got[8:], w.p11.random(session, 1 << 20)[1]
    equal((len(theirs), len(ours)), (1 << 20, 1 << 20))
    assert not {theirs[i:i + 8] for i in range(0, 1 << 20, 8)} & {ours[i:i + 8] for i in range(0, 1 << 20, 8)}


@test
def a_child_that_is_born_during_a_download_starts_anew():
    gate, answers, session = threading.Event(), [], started(**with_settings(""))
    w.service.begin(hang_until(gate), good)
    slow = threading.Thread(target=lambda: answers.append(w.p11.random(session, 4096)))
    slow.start()
    soon(lambda: w.service.requests)
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        rvs = [w.p11.random(session, 8)[0], w.p11.C_Finalize(None), w.p11.C_Initialize(None)]
        rv, out = w.p11.random(w.p11.open(w.p11.slot()), 4096)
        os.write(writer, out)
        os._exit(0 if rvs + [rv, w.p11.C_Finalize(None)] == [NOT_INITIALIZED, NOT_INITIALIZED, OK, OK, OK] else 1)
    os.close(writer)
    theirs = os.read(reader, 4096)
    equal(os.waitpid(child, 0)[1], 0)
    gate.set()
    slow.join()
    ours = answers[0][1]
    equal((answers[0][0], len(ours), len(theirs)), (OK, 4096, 4096))
    assert not {theirs[i:i + 8] for i in range(0, 4096, 8)} & {ours[i:i + 8] for i in range(0, 4096, 8)}


@test
def a_child_does_not_inherit_the_background():
    w.settings(**with_settings("background: true\n"))
    w.service.begin()
    equal(w.p11.C_Initialize(None), OK)
    soon(lambda: w.service.given)
    child = os.fork()
    if child == 0:
        rvs = [w.p11.C_Finalize(None), w.p11.C_Initialize(None), w.p11.C_Finalize(None)]
        os._exit(0 if rvs == [w.NOT_INITIALIZED, OK, OK] else 1)
    equal(os.waitpid(child, 0)[1], 0)
    equal(w.p11.random(w.p11.open(w.p11.slot()), 32)[0], OK)


if __name__ == "__main__":
    w.main()
