#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Sessions, random and seeds of libquantoki-entropy.so, as a base that writes all down sees them, and what another thread
does in the middle of a call.

Arguments: see wrapper_world.py."""
import ctypes, threading

import wrapper_world as w
from recorded_base import (CANCELED, DEVICE_MEMORY, DEVICE_REMOVED, GONE, MEANWHILE, NO_RNG, NOT_LOGGED_IN, OPERATION_ACTIVE,
                           OWN, SESSION_CLOSED, VENDOR, base, by_name, calls, draws, forget_calls, initialised,
                           opened)
from scripted_service import hang_until, status
from wrapper_world import (ARGUMENTS_BAD, DEVICE_ERROR, FUNCTION_FAILED, GENERAL, HOST_MEMORY, NOT_INITIALIZED, OK, RECORDER,
                           SEED_NOT_SUPPORTED, SESSION_INVALID, U, equal, soon, test)


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


@test
def the_base_is_finalised_when_nobody_can_ask_it_any_more():
    """A call waits for the service and has the base to ask then; meanwhile another thread finalises."""
    gate, answers, seen = threading.Event(), [], []
    w.settings(QRYPT_BASE_HSM_PATH=RECORDER, QUANTOKI_ENTROPY_CONFIG=w.config("mix: base\n"))
    forget_calls()
    equal(w.p11.C_Initialize(None), OK)
    session = opened()
    base["C_GenerateRandom"].meanwhile = MEANWHILE(lambda: seen.append(base["C_Finalize"].calls))
    w.service.begin(hang_until(gate))
    threads = [threading.Thread(target=lambda: answers.append(draws(session)))]
    threads[0].start()
    soon(lambda: w.service.requests)
    threads.append(threading.Thread(target=lambda: answers.append(w.p11.C_Finalize(None))))
    threads[1].start()
    soon(lambda: w.p11.C_GetInfo(None) == NOT_INITIALIZED)
    gate.set()
    [thread.join() for thread in threads]
    equal((answers, seen, base["C_Finalize"].calls), ([OK, OK], [0], 1))


if __name__ == "__main__":
    w.main()
