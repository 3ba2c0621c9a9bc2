# SPDX-License-Identifier: Apache-2.0
"""The world of libquantoki-entropy.so's tests: the library around SoftHSM, and a scripted service, with and without TLS.

A test file imports this as w, marks its functions with @test and ends with w.main(). Speaks TAP. All take the same
arguments: WRAPPER BASE-OF-2.40 BASE-OF-3.2 RECORDER LIBQUANTOKI WRAPPER-USER (tests/bases, tests/wrapper_user.c). `mix` is
off where a test compares what was served with what the service gave."""
import ctypes, os, re, shutil, subprocess, sys, tempfile, time

from scripted_service import Service

BASE = next((p for p in ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
                         "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so") if os.path.exists(p)), None)
OK, GENERAL, FUNCTION_FAILED, ARGUMENTS_BAD, DEVICE_ERROR, HOST_MEMORY = 0, 5, 6, 7, 0x30, 2
SESSION_INVALID, NOT_INITIALIZED, ALREADY, SEED_NOT_SUPPORTED, NOT_SUPPORTED = 0xB3, 0x190, 0x191, 0x120, 0x54
BASE_EMPTY, BASE_OPEN, TOKEN_EMPTY, TOKEN_INVALID, TOKEN_OTHER, CA_FAILURE = range(0x80078560, 0x80078566)
U = ctypes.c_ulong
CANT_LOCK, OS_LOCKING_OK, NO_THREADS, STUB_SLOT = 0x0A, 2, 1, 7

sys.argv[1:] = [os.path.abspath(path) for path in sys.argv[1:]]
WRAPPER, STUB, STUB_3_2, RECORDER, QUANTOKI, USER = (sys.argv[1:] + [None] * 6)[:6]
tests = []

class Version(ctypes.Structure):
    _fields_ = [("major", ctypes.c_ubyte), ("minor", ctypes.c_ubyte)]


class Info(ctypes.Structure):
    _fields_ = [("cryptoki", Version), ("manufacturer", ctypes.c_char * 32), ("flags", U),
                ("description", ctypes.c_char * 32), ("library", Version)]


class Arguments(ctypes.Structure):
    _fields_ = [("create", ctypes.c_void_p), ("destroy", ctypes.c_void_p), ("lock", ctypes.c_void_p),
                ("unlock", ctypes.c_void_p), ("flags", U), ("reserved", ctypes.c_void_p)]


class Interface(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("list", ctypes.POINTER(Version)), ("flags", U)]


class Library:
    def __init__(self, path):
        self.dll = ctypes.CDLL(path)

    def __getattr__(self, name):
        function = getattr(self.dll, name)
        function.restype = U
        return function

    def open(self, slot):
        session = U()
        rv = self.C_OpenSession(U(slot), U(4), None, None, ctypes.byref(session))
        assert rv == OK, hex(rv)
        return session

    def random(self, session, size):
        out = ctypes.create_string_buffer(size or 1)
        return self.C_GenerateRandom(session, out, U(size)), out.raw[:size]

    def slot(self):
        slots, count = (U * 8)(), U(8)
        assert self.C_GetSlotList(ctypes.c_ubyte(1), slots, ctypes.byref(count)) == OK
        return slots[0]


def test(function):
    tests.append(function)
    return function


def settings(**changes):
    for name in list(os.environ):
        if name.startswith(("QRYPT_", "QUANTOKI_")):
            del os.environ[name]
    wanted = {"QRYPT_BASE_HSM_PATH": BASE, "QRYPT_EAAS_TOKEN": "the-token", "QUANTOKI_ENTROPY_URL": service.url}
    if "QUANTOKI_ENTROPY_CONFIG" not in changes:
        wanted["QUANTOKI_ENTROPY_CONFIG"] = config("mix: none\n")
    wanted.update(changes)
    for name, value in wanted.items():
        if value is not None:
            os.environ[name] = value


def config(text):
    path = os.path.join(folder, "wrapper.yaml")
    with open(path, "w") as file:
        file.write(text.replace("@URL@", service.url))
        file.write("" if "log_to" in text else "log_to: %s/log\n" % folder)
    return path


def equal(got, wanted):
    assert got == wanted, "got %s, wanted %s" % (tuple(hex(x) if isinstance(x, int) else x for x in (got, wanted)))


def started(**changes):
    """Initialised with these settings; gives a session."""
    settings(**changes)
    service.begin()
    equal(p11.C_Initialize(None), OK)
    return p11.open(p11.slot())


def rv_of(*script, size=40, text="mix: none\nretries: 0\n", **changes):
    """What C_GenerateRandom answers when the service does this; output must then be untouched."""
    session = started(QUANTOKI_ENTROPY_CONFIG=config(text), **changes)
    service.begin(*script)
    out = ctypes.create_string_buffer(size)
    rv = p11.C_GenerateRandom(session, out, U(size))
    assert rv == OK or out.raw == bytes(size), "output was touched"
    return rv


def refusal(name, wanted, *script, **more):
    def run():
        equal(rv_of(*script, **more), wanted)
    run.__name__ = name
    test(run)


def with_settings(text, **more):
    return {"QUANTOKI_ENTROPY_CONFIG": config("mix: none\n" + text), **more}


def log_lines(word=""):
    with open(folder + "/log") as file:
        return [line for line in file if word in line]


def fresh_log():
    open(folder + "/log", "w").close()


def start_user(*words):
    return subprocess.Popen([USER, WRAPPER, *map(str, words)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE)


def threads_of(pid="self"):
    return len(os.listdir("/proc/%s/task" % pid))


def soon(true, seconds=10):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.01)


def make_folder():
    path = tempfile.mkdtemp(prefix="quantoki-wrapper-")
    os.mkdir(path + "/tokens")
    with open(path + "/softhsm2.conf", "w") as file:
        file.write("directories.tokendir = %s/tokens\n" % path)
    os.environ["SOFTHSM2_CONF"] = path + "/softhsm2.conf"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "check": True}
    subprocess.run(["softhsm2-util", "--init-token", "--free", "--label", "gtesttoken", "--so-pin", "gtestso",
                    "--pin", "1234"], **quiet)
    for name in ("server", "other"):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-keyout", "%s/%s.key" % (path, name), "-out", "%s/%s.pem" % (path, name), "-days", "2",
                        "-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1"], **quiet)
    return path


def run(number, function):
    for name in ("QRYPT_LOG_LEVEL",):
        os.environ.pop(name, None)
    name = function.__name__.replace("_", " ")
    try:
        reason = function()
        print("ok %d - %s%s" % (number, name, " # SKIP " + reason if reason else ""), flush=True)
    except Exception as problem:  # noqa: a test that breaks is a test that failed
        print("not ok %d - %s\n# %s" % (number, name, problem), flush=True)
    p11.C_Finalize(None)


def load_sanitizer():
    """A sanitized library needs its runtime in the process before anything else; Python's leaks are its own affair."""
    runtime = re.search(r"/\S*libasan\S*", subprocess.run(["ldd", WRAPPER], stdout=subprocess.PIPE).stdout.decode())
    if runtime and not os.environ.get("LD_PRELOAD"):
        os.environ.update(LD_PRELOAD=runtime.group(0), ASAN_OPTIONS="detect_leaks=0:verify_asan_link_order=0")
        os.execv(sys.executable, [sys.executable, *sys.argv])


def main():
    """Makes the world (folder, token, services, library) and runs the cases in it."""
    global folder, service, secure, p11
    load_sanitizer()
    if not BASE:
        print("1..0 # SKIP SoftHSM is not installed")
        return
    folder = make_folder()
    try:
        service, secure = Service(), Service(folder)
        p11 = Library(WRAPPER)
        print("1..%d" % len(tests), flush=True)
        for number, function in enumerate(tests, 1):
            run(number, function)
    finally:
        shutil.rmtree(folder)
