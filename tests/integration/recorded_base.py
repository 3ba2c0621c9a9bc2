# SPDX-License-Identifier: Apache-2.0
"""The base that writes down what reaches it (tests/bases/recorder.c), as a test sees it: `base` has a record for each of
its functions. Needs the sanitizer's runtime like the wrapper, so it is loaded when this is imported."""
import ctypes

import wrapper_world as w
from wrapper_world import OK, RECORDER, SESSION_INVALID, U, equal, with_settings

DEVICE_MEMORY, DEVICE_REMOVED, SESSION_CLOSED, TOKEN_NOT_PRESENT, NO_RNG = 0x31, 0x32, 0xB0, 0xE0, 0x121
CANCELED, OPERATION_ACTIVE, NOT_LOGGED_IN, VENDOR = 0x50, 0x90, 0x101, 0x80000000
GONE = SESSION_INVALID, SESSION_CLOSED, DEVICE_REMOVED, TOKEN_NOT_PRESENT

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


def by_name(name):
    return getattr(w.p11, name)
