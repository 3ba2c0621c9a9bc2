#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""libquantoki-entropy.so as a PKCS #11 library: initialising, sessions, lengths, seeds.

Arguments: see wrapper_world.py."""
import ctypes, json, os, random, re

import wrapper_world as w
from scripted_service import Service, changed, cut, good, only_get, raw, silent, status  # noqa: the seeder's tests, too
from wrapper_world import (ALREADY, ARGUMENTS_BAD, BASE, BASE_EMPTY, BASE_OPEN, HOST_MEMORY, NOT_INITIALIZED, OK,
                           SEED_NOT_SUPPORTED, SESSION_INVALID, Arguments, Info, Interface, Library, U, config, equal,
                           settings, started, test)


@test
def a_base_that_is_not_named_is_told_apart():
    for none in None, "":
        settings(QRYPT_BASE_HSM_PATH=none)
        equal(w.p11.C_Initialize(None), BASE_EMPTY)
        equal(w.p11.C_Finalize(None), NOT_INITIALIZED)
    settings(QRYPT_BASE_HSM_PATH="boguspath")
    equal(w.p11.C_Initialize(None), BASE_OPEN)
    settings(QRYPT_BASE_HSM_PATH="/nowhere/at/all.so")
    equal(w.p11.C_Initialize(None), BASE_OPEN)
    settings(QRYPT_BASE_HSM_PATH=next(iter(re.findall(r"/\S*libc\.so\S*", open("/proc/self/maps").read()))))
    equal(w.p11.C_Initialize(None), BASE_OPEN)
    equal(w.p11.C_Finalize(None), NOT_INITIALIZED)


@test
def initialising_follows_the_standard():
    settings()
    equal(w.p11.C_Initialize(ctypes.byref(Arguments(reserved=8))), ARGUMENTS_BAD)
    equal(w.p11.C_Finalize(None), NOT_INITIALIZED)
    for given in range(1, 15):  # one to three of the four mutex callbacks
        some = [8 if given & bit else None for bit in (1, 2, 4, 8)]
        for flags in 0, 2:
            equal(w.p11.C_Initialize(ctypes.byref(Arguments(*some, flags))), ARGUMENTS_BAD)
            equal(w.p11.C_Finalize(None), NOT_INITIALIZED)
    equal((w.p11.C_Initialize(None), w.p11.C_Finalize(None)), (OK, OK))
    equal(w.p11.C_Initialize(ctypes.byref(Arguments(flags=2))), OK)
    equal(w.p11.C_Initialize(None), ALREADY)
    equal(w.p11.C_Finalize(ctypes.c_void_p(8)), ARGUMENTS_BAD)
    equal(w.p11.C_Finalize(None), OK)
    equal(w.p11.C_Finalize(None), NOT_INITIALIZED)


@test
def nothing_works_before_initialising_but_the_lists():
    settings()
    equal(w.p11.C_GetInfo(ctypes.byref(Info())), NOT_INITIALIZED)
    equal(w.p11.C_GetFunctionList(None), ARGUMENTS_BAD)
    lists = ctypes.POINTER(ctypes.c_void_p)()
    equal(w.p11.C_GetFunctionList(ctypes.byref(lists)), OK)
    assert all(lists[i] for i in range(1, 69)), "a function is missing"
    rv, out = w.p11.random(U(1), 40)
    equal((rv, out), (NOT_INITIALIZED, bytes(40)))
    equal(w.p11.C_SeedRandom(U(1), b"x", U(1)), NOT_INITIALIZED)


@test
def the_library_describes_itself_and_its_base():
    started()
    info = Info()
    equal(w.p11.C_GetInfo(None), ARGUMENTS_BAD)
    equal(w.p11.C_GetInfo(ctypes.byref(info)), OK)
    assert info.description.startswith(b"Wrap of ") and info.manufacturer.startswith(b"Quantoki"), info.description
    equal((info.cryptoki.major, info.cryptoki.minor, info.flags), (2, 40, 0))
    equal((info.library.major, info.library.minor), (0, 1))
    texts = bytes(info)[Info.manufacturer.offset:][:32], bytes(info)[Info.description.offset:][:32]
    assert all(len(text.rstrip(b" ")) < 33 and b"\0" not in text for text in texts), texts


@test
def interfaces_are_those_of_the_base():
    settings()
    count = U(0)
    equal(w.p11.C_GetInterfaceList(None, ctypes.byref(count)), OK)
    interfaces = (Interface * count.value)()
    equal(w.p11.C_GetInterfaceList(interfaces, ctypes.byref(count)), OK)
    versions = [(i.list[0].major, i.list[0].minor) for i in interfaces if i.name == b"PKCS 11"]
    assert (2, 40) in versions, versions
    assert (3, 0) not in versions, "SoftHSM has no 3.0"


@test
def random_comes_from_the_service_byte_for_byte():
    session = started()
    rv, out = w.p11.random(session, 2000)
    equal(rv, OK)
    assert out == b"".join(w.service.given)[:2000], "these bytes are not the service's"


@test
def local_random_is_mixed_in_by_default():
    session = started(QUANTOKI_ENTROPY_CONFIG=None)
    rv, out = w.p11.random(session, 1024)
    equal(rv, OK)
    assert out != b"".join(w.service.given)[:1024], "nothing was mixed in"


@test
def the_base_may_be_mixed_in():
    session = started(QUANTOKI_ENTROPY_CONFIG=config("mix: base\n"))
    rv, out = w.p11.random(session, 64)
    equal(rv, OK)
    assert out != b"".join(w.service.given)[:64] and out != bytes(64)


@test
def lengths_at_every_edge():
    session = started()
    equal(w.p11.C_GenerateRandom(session, None, U(2000)), ARGUMENTS_BAD)
    equal(w.p11.C_GenerateRandom(session, None, U(0)), ARGUMENTS_BAD)
    for size in (0, 1, 1023, 1024, 1025, 65536, 65537, 524288, 524289, 1 << 24):
        rv, out = w.p11.random(session, size)
        equal(rv, OK)
        assert size < 16 or out != bytes(size)
    equal(w.p11.C_GenerateRandom(session, ctypes.create_string_buffer(8), U(2 ** 64 - 1)), HOST_MEMORY)


def asked_for(request):
    """How many bytes a request wants."""
    wanted = json.loads(request[3])
    return wanted["block_size"] * wanted.get("block_count", 1)


def draw_without_stock(sizes):
    """Without stock; the sizes of the downloads, and what was served."""
    session = started(QUANTOKI_ENTROPY_CONFIG=w.config("mix: none\npool_bytes: 0\n"))
    served = [w.p11.random(session, size) for size in sizes]
    equal({rv for rv, _ in served}, {OK})
    return [asked_for(request) for request in w.service.requests], b"".join(out for _, out in served)


@test
def without_stock_a_request_costs_whole_kib_and_the_rest_is_kept():
    for sizes, downloads in (([20], [1024]), ([5] * 400, [1024, 1024]), ([4000, 2000, 1000, 3000], [4096, 2048, 1024, 3072])):
        got, served = draw_without_stock(sizes)
        equal(got, downloads)
        equal(served, b"".join(w.service.given)[:len(served)])
        equal(w.p11.C_Finalize(None), OK)


@test
def a_thousand_requests_cost_what_can_be_computed_and_no_word_comes_twice():
    dice, rest, wanted = random.Random(7), 0, []
    sizes = [8 * dice.randint(1, 255) for _ in range(1000)]
    for size in sizes:
        if size > rest:
            wanted.append(-(-(size - rest) // 1024) * 1024)
            rest += wanted[-1]
        rest -= size
    got, served = draw_without_stock(sizes)
    equal(got, wanted)
    words = [served[at:at + 8] for at in range(0, len(served), 8)]
    assert len(set(words)) == len(words) and bytes(8) not in words


@test
def sessions_are_known_without_asking_the_base():
    session = started()
    equal(w.p11.random(U(4711), 40), (SESSION_INVALID, bytes(40)))
    equal(w.p11.C_SeedRandom(U(4711), b"x" * 40, U(40)), SESSION_INVALID)
    equal(w.p11.C_CloseSession(session), OK)
    equal(w.p11.random(session, 40), (SESSION_INVALID, bytes(40)))
    equal(w.p11.C_SeedRandom(session, b"x" * 40, U(40)), SESSION_INVALID)
    again = w.p11.open(w.p11.slot())
    equal(w.p11.random(again, 8)[0], OK)
    equal(w.p11.C_CloseAllSessions(U(w.p11.slot())), OK)
    equal(w.p11.random(again, 8)[0], SESSION_INVALID)


@test
def the_other_session_checks_work():
    for way in ("info", "probe"):
        session = started(QUANTOKI_ENTROPY_CONFIG=config("mix: none\nsession_check: %s\n" % way))
        equal(w.p11.random(session, 40)[0], OK)
        equal(w.p11.random(U(4711), 40)[0], SESSION_INVALID)
        equal(w.p11.C_Finalize(None), OK)
    settings()
    equal(w.p11.C_Initialize(None), OK)


@test
def seeds_are_refused_forwarded_or_mixed():
    for way, wanted in (("refuse", SEED_NOT_SUPPORTED), ("forward", OK), ("mix", OK)):
        session = started(QUANTOKI_ENTROPY_CONFIG=config("seed: %s\n" % way))
        equal(w.p11.C_SeedRandom(session, b"s" * 40, U(40)), wanted)
        equal(w.p11.C_SeedRandom(session, None, U(40)), ARGUMENTS_BAD)
        equal(w.p11.C_Finalize(None), OK)
    settings()
    equal(w.p11.C_Initialize(None), OK)


@test
def a_base_that_the_application_uses_too_stays_initialised():
    own = Library(BASE)
    equal(own.C_Initialize(None), OK)
    try:
        session = started()
        equal(w.p11.random(session, 8)[0], OK)
        equal(w.p11.C_Finalize(None), OK)
        equal(own.C_GetInfo(ctypes.byref(Info())), OK)
    finally:
        equal(own.C_Finalize(None), OK)
    settings()
    equal(w.p11.C_Initialize(None), OK)


@test
def a_version_beyond_ours_is_ours():
    settings(QRYPT_BASE_HSM_PATH=w.STUB_3_2)
    equal(w.p11.C_Initialize(None), OK)
    info = Info()
    equal(w.p11.C_GetInfo(ctypes.byref(info)), OK)
    equal((info.cryptoki.major, info.cryptoki.minor), (3, 2))


@test
def every_rule_has_a_test_that_exists():
    here = os.path.dirname(os.path.abspath(__file__))
    with open(here + "/wrapper-rules.md") as file:
        rules = file.read()
    named = re.findall(r"`([\w/.-]+): (\w+)`", rules)
    assert len(named) > 100, "only %d tests are named" % len(named)
    sources = {}
    for path, name in named:
        if path not in sources:
            with open(os.path.join(here, path)) as file:
                sources[path] = file.read()
        shapes = r"^(def %s\(|refusal\(\"%s\"|static void %s\(|%s\(\) \{)" % ((name,) * 4)
        assert re.search(shapes, sources[path], re.M), "%s has no test %s" % (path, name)
    rows = [line for line in rules.split("\n") if line.startswith("| ") and not line.startswith(("| rule", "|-"))]
    bare = [row for row in rows if not re.search(r"`[\w/.-]+: \w+`|not tested:", row)]
    equal(bare, [])


if __name__ == "__main__":
    w.main()
