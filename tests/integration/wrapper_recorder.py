#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""libquantoki-entropy.so around a base that writes down what reaches it (tests/bases/recorder.c): every function with its
arguments, what the base answers, and what another thread does in the middle of a call.

Arguments: see wrapper_world.py."""
import ctypes

import wrapper_world as w
from scripted_service import status
from wrapper_world import (ALREADY, ARGUMENTS_BAD, DEVICE_ERROR, FUNCTION_FAILED, GENERAL, HOST_MEMORY, NOT_INITIALIZED, OK,
                           RECORDER, SEED_NOT_SUPPORTED, SESSION_INVALID, Arguments, Info, Interface, U, Version, equal, test,
                           with_settings)

DEVICE_MEMORY, DEVICE_REMOVED, SESSION_CLOSED, TOKEN_NOT_PRESENT, NO_RNG = 0x31, 0x32, 0xB0, 0xE0, 0x121
CANCELED, OPERATION_ACTIVE, NOT_LOGGED_IN, VENDOR = 0x50, 0x90, 0x101, 0x80000000
GONE = SESSION_INVALID, SESSION_CLOSED, DEVICE_REMOVED, TOKEN_NOT_PRESENT
COUNTS = {(2, 40): 68, (3, 0): 92, (3, 1): 92, (3, 2): 104}

# What the wrapper does itself; all others are the base's.
OWN = {"C_Initialize", "C_Finalize", "C_GetInfo", "C_GetFunctionList", "C_GetInterfaceList", "C_GetInterface",
       "C_GenerateRandom", "C_SeedRandom"}
MEANWHILE = ctypes.CFUNCTYPE(None)


class Record(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("parameters", ctypes.c_char_p), ("calls", U), ("answer", U),
                ("arguments", U * 10), ("meanwhile", MEANWHILE), ("handle", U)]

    @property
    def types(self):
        return [one.strip().rsplit(" ", 1)[0] for one in self.parameters.decode()[1:-1].split(",")]


def records():
    dll, count = ctypes.CDLL(RECORDER), U()
    dll.recorder_table.restype = ctypes.POINTER(Record)
    table = dll.recorder_table(ctypes.byref(count))
    return {table[i].name.decode(): table[i] for i in range(count.value)}


w.load_sanitizer()
base = records()


def forget_calls():
    for it in base.values():
        it.calls = it.answer = it.handle = 0
        it.meanwhile = MEANWHILE()


def calls():
    return {name: it.calls for name, it in base.items() if it.calls}


def initialised(text="", **more):
    w.settings(QRYPT_BASE_HSM_PATH=RECORDER, **with_settings("retries: 0\n" + text), **more)
    w.service.begin()
    forget_calls()
    equal(w.p11.C_Initialize(None), OK)
    base["C_Initialize"].calls = 0


def opened(handle=77, slot=5):
    """A new session; the base gives this handle."""
    base["C_OpenSession"].handle = handle
    return w.p11.open(slot)


def draws(session):
    return w.p11.random(session, 8)[0]


# ---- every function ----

def by_name(name):
    return getattr(w.p11, name)


def in_list(address):
    """The functions of a list, which begins with its version."""
    pointers = ctypes.cast(address, ctypes.POINTER(ctypes.c_void_p))
    places = {name: at for at, name in enumerate(base, 1)}

    def function(name):
        return ctypes.CFUNCTYPE(U, *[U] * len(base[name].types))(pointers[places[name]])
    return function


def reach_the_base(function_of, names):
    for at, name in enumerate(names):
        it, sent = base[name], []
        for i, kind in enumerate(it.types):
            sent.append(at % 250 + i if kind == "CK_BBOOL" else 0x1234567800000000 + 0x10000 * at + i + 1)
        it.answer, it.calls = VENDOR + at, 0
        answer = function_of(name)(*map(U, sent))
        got = [value & 0xff if kind == "CK_BBOOL" else value for value, kind in zip(it.arguments, it.types)]
        equal((name, answer, it.calls), (name, VENDOR + at, 1))
        assert got == sent, "%s: the base got %s instead of %s" % (name, got, sent)
        it.answer, it.calls = OK, 0


@test
def every_function_reaches_the_base_as_it_was_called():
    initialised()
    equal(len(base), 104)
    reach_the_base(by_name, [name for name in base if name not in OWN])


@test
def so_does_every_function_of_the_list_of_2_40():
    initialised()
    address = ctypes.c_void_p()
    equal(w.p11.C_GetFunctionList(ctypes.byref(address)), OK)
    reach_the_base(in_list(address), [name for name in list(base)[:68] if name not in OWN])


@test
def so_does_every_function_of_every_interface():
    initialised()
    for (major, minor), count in COUNTS.items():
        interface = ctypes.POINTER(Interface)()
        version = Version(major, minor)
        equal(w.p11.C_GetInterface(b"PKCS 11", ctypes.byref(version), ctypes.byref(interface), U(0)), OK)
        equal((interface[0].list[0].major, interface[0].list[0].minor), (major, minor))
        reach_the_base(in_list(interface[0].list), [name for name in list(base)[:count] if name not in OWN])


@test
def before_initialising_no_function_reaches_the_base():
    w.settings(QRYPT_BASE_HSM_PATH=RECORDER)
    forget_calls()
    for name, it in base.items():
        if name not in ("C_Initialize", "C_GetFunctionList", "C_GetInterfaceList", "C_GetInterface"):
            equal((name, by_name(name)(*[U(0)] * len(it.types))), (name, NOT_INITIALIZED))
    equal(calls(), {})


@test
def an_interface_that_nobody_has_is_refused():
    initialised()
    interface, count = ctypes.POINTER(Interface)(), U(1)
    place = ctypes.byref(interface)
    equal(w.p11.C_GetInterface(b"PKCS 12", None, place, U(0)), ARGUMENTS_BAD)
    equal(w.p11.C_GetInterface(b"PKCS 11", ctypes.byref(Version(3, 3)), place, U(0)), ARGUMENTS_BAD)
    equal(w.p11.C_GetInterface(None, None, None, U(0)), ARGUMENTS_BAD)
    equal(w.p11.C_GetInterface(None, None, place, U(1)), ARGUMENTS_BAD)  # the base is not safe for forks
    equal(w.p11.C_GetInterface(None, None, place, U(0)), OK)
    equal((interface[0].list[0].major, interface[0].list[0].minor), (3, 2))
    equal(w.p11.C_GetInterfaceList(None, None), ARGUMENTS_BAD)
    equal(w.p11.C_GetInterfaceList((Interface * 1)(), ctypes.byref(count)), 0x150)
    equal(count.value, 4)


# ---- beginning and end ----

@test
def the_bases_refusal_to_start_is_passed_on_and_leaves_nothing():
    initialised()
    equal(w.p11.C_Finalize(None), OK)
    base["C_Initialize"].answer = VENDOR + 7
    arguments = Arguments(flags=2)
    equal(w.p11.C_Initialize(ctypes.byref(arguments)), VENDOR + 7)
    equal(base["C_Initialize"].arguments[0], ctypes.addressof(arguments))
    equal(w.p11.C_Finalize(None), NOT_INITIALIZED)
    equal(base["C_Finalize"].calls, 1)
    base["C_Initialize"].answer = OK
    equal(w.p11.C_Initialize(None), OK)


@test
def a_base_that_does_not_finish_leaves_the_library_initialised():
    initialised()
    session = opened()
    base["C_Finalize"].answer = FUNCTION_FAILED
    equal(w.p11.C_Finalize(None), FUNCTION_FAILED)
    equal((draws(session), w.p11.C_Initialize(None)), (OK, ALREADY))
    base["C_Finalize"].answer = OK
    equal(w.p11.C_Finalize(None), OK)
    equal(base["C_Finalize"].calls, 2)


@test
def a_base_that_the_application_initialised_is_the_applications_to_finish():
    w.settings(QRYPT_BASE_HSM_PATH=RECORDER)
    forget_calls()
    base["C_Initialize"].answer = ALREADY
    equal(w.p11.C_Initialize(None), OK)
    equal(w.p11.C_Finalize(None), OK)
    equal(base["C_Finalize"].calls, 0)
    base["C_Initialize"].answer = OK
    equal(w.p11.C_Initialize(None), OK)
    equal(w.p11.C_Finalize(None), OK)
    equal(base["C_Finalize"].calls, 1)


@test
def an_argument_of_c_finalize_is_refused_without_the_base():
    initialised()
    equal(w.p11.C_Finalize(U(8)), ARGUMENTS_BAD)
    equal((calls(), draws(opened())), ({}, OK))


@test
def the_bases_information_may_fail():
    initialised()
    base["C_GetInfo"].answer = DEVICE_ERROR
    equal(w.p11.C_GetInfo(ctypes.byref(Info())), DEVICE_ERROR)


# ---- sessions ----

@test
def a_session_that_could_not_be_closed_is_open():
    for answer in (FUNCTION_FAILED, DEVICE_ERROR, GENERAL, HOST_MEMORY):
        initialised()
        session = opened()
        base["C_CloseSession"].answer = answer
        equal((w.p11.C_CloseSession(session), draws(session)), (answer, OK))
        base["C_CloseSession"].answer = OK
        equal((w.p11.C_CloseSession(session), draws(session)), (OK, SESSION_INVALID))
        equal(w.p11.C_Finalize(None), OK)


@test
def a_session_that_was_gone_when_it_was_closed_is_forgotten():
    initialised()
    for answer in GONE:
        session = opened()
        base["C_CloseSession"].answer = answer
        equal((w.p11.C_CloseSession(session), draws(session)), (answer, SESSION_INVALID))


@test
def sessions_of_a_slot_that_could_not_be_closed_are_open():
    initialised()
    here, there = opened(1, slot=5), opened(2, slot=6)
    base["C_CloseAllSessions"].answer = FUNCTION_FAILED
    equal((w.p11.C_CloseAllSessions(U(5)), draws(here), draws(there)), (FUNCTION_FAILED, OK, OK))
    base["C_CloseAllSessions"].answer = OK
    equal((w.p11.C_CloseAllSessions(U(5)), draws(here), draws(there)), (OK, SESSION_INVALID, OK))
    base["C_CloseAllSessions"].answer = DEVICE_REMOVED
    equal((w.p11.C_CloseAllSessions(U(6)), draws(there)), (DEVICE_REMOVED, SESSION_INVALID))


def survives(name, answer):
    """In the middle of this call the base gives the session's handle to another thread's new session."""
    initialised()
    session = opened()
    base[name].answer = answer
    base[name].meanwhile = MEANWHILE(lambda: equal(w.p11.open(5).value, session.value))
    equal(by_name(name)(*([U(5)] if name == "C_CloseAllSessions" else [session] * len(base[name].types))), answer)
    equal((name, draws(session)), (name, OK))
    base[name].meanwhile = MEANWHILE()
    equal(by_name(name)(*([U(5)] if name == "C_CloseAllSessions" else [session] * len(base[name].types))), answer)
    equal((name, draws(session)), (name, SESSION_INVALID))
    equal(w.p11.C_Finalize(None), OK)


@test
def a_handle_that_is_given_out_again_while_its_session_closes_is_known():
    survives("C_CloseSession", OK)
    survives("C_CloseAllSessions", OK)


@test
def a_handle_that_is_given_out_again_while_a_call_finds_it_gone_is_known():
    survives("C_GetSessionInfo", SESSION_INVALID)
    survives("C_SignUpdate", SESSION_CLOSED)


@test
def a_session_is_forgotten_whatever_function_finds_it_gone():
    initialised()
    seen = 0
    for name, it in base.items():
        if name in OWN or it.types[0] != "CK_SESSION_HANDLE":
            continue
        session = opened()
        it.answer = GONE[seen % len(GONE)]
        equal((name, draws(session)), (name, OK))
        by_name(name)(*[session] * len(it.types))
        equal((name, draws(session)), (name, SESSION_INVALID))
        seen += 1
    assert seen > 80, seen


@test
def other_failures_end_no_session():
    initialised()
    session = opened()
    for answer in (NOT_LOGGED_IN, DEVICE_ERROR, DEVICE_MEMORY, FUNCTION_FAILED, GENERAL, ARGUMENTS_BAD):
        base["C_SignInit"].answer = answer
        equal((w.p11.C_SignInit(session, None, U(0)), draws(session)), (answer, OK))


@test
def a_token_made_anew_may_end_sessions_and_the_next_call_says_so():
    """By the standard C_InitToken refuses while a session is open; a base that does not says so later."""
    initialised()
    session = opened()
    equal((w.p11.C_InitToken(U(5), None, U(0), None), draws(session)), (OK, OK))
    base["C_GetSessionInfo"].answer = SESSION_INVALID
    equal((w.p11.C_GetSessionInfo(session, None), draws(session)), (SESSION_INVALID, SESSION_INVALID))


@test
def a_session_without_a_place_for_its_handle_is_the_bases_affair():
    initialised()
    for answer in (ARGUMENTS_BAD, OK):
        base["C_OpenSession"].answer = answer
        equal(w.p11.C_OpenSession(U(5), U(4), None, None, None), answer)


# ---- random ----

@test
def tracked_sessions_cost_the_base_no_call():
    initialised()
    session = opened()
    base["C_OpenSession"].calls = 0
    equal((draws(session), draws(U(4711)), w.p11.C_SeedRandom(session, b"x", U(1))), (OK, SESSION_INVALID, SEED_NOT_SUPPORTED))
    equal(calls(), {})


@test
def a_session_may_be_asked_for_with_c_getsessioninfo():
    initialised("session_check: info\n")
    equal(draws(U(9)), OK)
    equal((calls(), base["C_GetSessionInfo"].arguments[0]), ({"C_GetSessionInfo": 1}, 9))
    for answer in GONE + (DEVICE_ERROR, GENERAL):
        base["C_GetSessionInfo"].answer = answer
        equal(w.p11.random(U(9), 8), (answer, bytes(8)))


@test
def a_session_may_be_asked_for_with_a_request_of_no_bytes():
    initialised("session_check: probe\n")
    probe = base["C_GenerateRandom"]
    for answer in (OK, DEVICE_ERROR, DEVICE_MEMORY, FUNCTION_FAILED, HOST_MEMORY, NO_RNG):
        probe.answer = answer
        equal((hex(answer), draws(U(9))), (hex(answer), OK))
    equal((probe.arguments[0], probe.arguments[2], probe.calls), (9, 0, 6))
    for answer in (ARGUMENTS_BAD, CANCELED, OPERATION_ACTIVE, SESSION_CLOSED, SESSION_INVALID, NOT_LOGGED_IN, GENERAL,
                   DEVICE_REMOVED, VENDOR + 1):
        probe.answer = answer
        equal((hex(answer), *w.p11.random(U(9), 8)), (hex(answer), answer, bytes(8)))


@test
def bytes_mixed_with_the_bases_come_only_if_the_base_gives_its_own():
    initialised(QUANTOKI_ENTROPY_MIX="base")
    session = opened()
    base["C_GenerateRandom"].answer = NO_RNG
    equal(w.p11.random(session, 40), (NO_RNG, bytes(40)))
    base["C_GenerateRandom"].answer = DEVICE_REMOVED
    equal(w.p11.random(session, 40), (DEVICE_REMOVED, bytes(40)))
    base["C_GenerateRandom"].answer = OK
    equal(draws(session), SESSION_INVALID)


@test
def the_base_that_serves_in_place_of_the_service_is_asked_as_the_application_asked():
    initialised("fallback: base\n")
    session, out = opened(), ctypes.create_string_buffer(40)
    w.service.begin(status(503))
    equal(w.p11.C_GenerateRandom(session, out, U(40)), OK)
    equal(list(base["C_GenerateRandom"].arguments[:3]), [session.value, ctypes.addressof(out), 40])
    base["C_GenerateRandom"].answer = VENDOR + 2
    equal(w.p11.C_GenerateRandom(session, out, U(40)), VENDOR + 2)


@test
def the_base_stands_in_for_the_service_alone():
    """What is wrong on this side is the application's to know."""
    initialised("fallback: base\n")
    session = opened()
    out = ctypes.create_string_buffer(8)
    for size in (2 ** 64 - 1, (64 << 20) + 1):
        equal(w.p11.C_GenerateRandom(session, out, U(size)), HOST_MEMORY)
    equal((base["C_GenerateRandom"].calls, out.raw), (0, bytes(8)))
    equal(w.service.requests, [])


@test
def each_call_that_the_base_serves_is_a_warning_and_the_failure_is_told_once():
    initialised("fallback: base\n")
    session = opened()
    w.fresh_log()
    w.service.begin(status(503))
    for _ in range(20):
        equal(draws(session), OK)
    equal((len(w.log_lines("level=warning")), len(w.log_lines("fallback=base"))), (20, 20))
    assert len(w.log_lines("level=error")) <= 2, w.log_lines("level=error")


@test
def a_forwarded_seed_is_the_applications_and_so_is_the_answer():
    initialised("seed: forward\n")
    session, seed = opened(), ctypes.create_string_buffer(b"s" * 40)
    for answer in (OK, SEED_NOT_SUPPORTED, VENDOR + 3):
        base["C_SeedRandom"].answer = answer
        equal(w.p11.C_SeedRandom(session, seed, U(40)), answer)
    equal(list(base["C_SeedRandom"].arguments[:3]), [session.value, ctypes.addressof(seed), 40])
    base["C_SeedRandom"].answer = SESSION_CLOSED
    equal((w.p11.C_SeedRandom(session, seed, U(40)), draws(session)), (SESSION_CLOSED, SESSION_INVALID))


@test
def a_mixed_seed_counts_whatever_the_base_says_to_it():
    initialised("seed: mix\n", QUANTOKI_ENTROPY_MIX="kernel")
    session = opened()
    base["C_SeedRandom"].answer = SEED_NOT_SUPPORTED
    equal(w.p11.C_SeedRandom(session, b"s" * 40, U(40)), OK)
    equal((base["C_SeedRandom"].calls, base["C_SeedRandom"].arguments[2]), (1, 40))


@test
def a_seed_that_could_not_be_mixed_is_told_at_the_start():
    for mix in "none", "base":
        w.settings(QRYPT_BASE_HSM_PATH=RECORDER, QUANTOKI_ENTROPY_CONFIG=w.config("seed: mix\nmix: %s\n" % mix))
        equal(w.p11.C_Initialize(None), GENERAL)


@test
def a_refused_seed_does_not_reach_the_base():
    initialised()
    equal(w.p11.C_SeedRandom(opened(), b"s" * 40, U(40)), SEED_NOT_SUPPORTED)
    equal(base["C_SeedRandom"].calls, 0)


if __name__ == "__main__":
    w.main()
