#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What reaches the base through libquantoki-entropy.so: every function with its arguments, the beginning and the end.

Arguments: see wrapper_world.py."""
import ctypes

import wrapper_world as w
from recorded_base import OWN, VENDOR, base, by_name, calls, draws, forget_calls, initialised, opened
from wrapper_world import (ALREADY, ARGUMENTS_BAD, DEVICE_ERROR, FUNCTION_FAILED, NOT_INITIALIZED, OK, RECORDER, Arguments,
                           Info, Interface, U, Version, equal, test)

COUNTS = {(2, 40): 68, (3, 0): 92, (3, 1): 92, (3, 2): 104}


# ---- every function ----

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


if __name__ == "__main__":
    w.main()
