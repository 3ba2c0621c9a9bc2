#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""libquantoki-entropy.so around SoftHSM, with an entropy service of the test's own that can fail in every way.

Usage: wrapper.py WRAPPER BASE-OF-2.40 BASE-OF-3.2 (tests/bases). Speaks TAP. The service answers as its script says: a
list of functions, the last one for ever. What it gave is remembered, so that a test sees whether served bytes came from it (mix is off for that)."""
import base64, ctypes, http.server, json, os, re, shutil, signal, ssl, subprocess, sys, tempfile, threading, time

BASE = next((p for p in ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
                         "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so") if os.path.exists(p)), None)
OK, GENERAL, FUNCTION_FAILED, ARGUMENTS_BAD, DEVICE_ERROR, HOST_MEMORY = 0, 5, 6, 7, 0x30, 2
SESSION_INVALID, NOT_INITIALIZED, ALREADY, SEED_NOT_SUPPORTED, NOT_SUPPORTED = 0xB3, 0x190, 0x191, 0x120, 0x54
BASE_EMPTY, BASE_OPEN, TOKEN_EMPTY, TOKEN_INVALID, TOKEN_OTHER, CA_FAILURE = range(0x80078560, 0x80078566)
U = ctypes.c_ulong


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


# ---- the service ----

class Service:
    def __init__(self, folder=None):
        service = self
        self.script, self.given, self.requests, self.lock = [good], [], [], threading.Lock()

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                self.answer(self.rfile.read(int(self.headers.get("Content-Length", 0))))

            def do_GET(self):
                self.answer(b"")

            def answer(self, body):
                with service.lock:
                    act = service.script.pop(0) if len(service.script) > 1 else service.script[0]
                    service.requests.append((self.command, self.path, dict(self.headers), body))
                act(service, self, body)

            def log_message(self, *unused):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.scheme = "http"
        if folder:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(folder + "/server.pem", folder + "/server.key")
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
            self.scheme = "https"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self):
        return "%s://127.0.0.1:%d" % (self.scheme, self.server.server_address[1])

    def begin(self, *script):
        with self.lock:
            self.script, self.given, self.requests = list(script) or [good], [], []


def reply(handler, status, body, headers=()):
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    handler.send_response(status)
    for name, value in headers:
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def blocks(service, handler, body):
    if handler.command == "POST":
        asked = json.loads(body)
        sizes = [asked["block_size"]] * asked.get("block_count", 1)
    else:
        sizes = [1024] * int(re.search(r"size=(\d+)", handler.path).group(1))
    made = [os.urandom(size) for size in sizes]
    with service.lock:
        service.given += made
    return [base64.b64encode(block).decode() for block in made]


def good(service, handler, body):
    made = blocks(service, handler, body)
    reply(handler, 200, {"entropy": made, "extensions": []} if handler.command == "POST"
          else {"random": made, "size": len(made)})


def status(code, headers=()):
    return lambda service, handler, body: reply(handler, code, {"error": {"status": code, "message": "scripted"}},
                                                headers)


def only_get(service, handler, body):
    good(service, handler, body) if handler.command == "GET" else status(405)(service, handler, body)


def raw(body):
    return lambda service, handler, asked: reply(handler, 200, body)


def changed(change):
    return lambda service, handler, body: reply(handler, 200, {"entropy": change(blocks(service, handler, body))})


def silent(service, handler, body):
    time.sleep(3)


def cut(service, handler, body):
    made = json.dumps({"entropy": blocks(service, handler, body)}).encode()
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(made)))
    handler.end_headers()
    handler.wfile.write(made[:len(made) // 2])
    handler.wfile.flush()
    handler.connection.close()


# ---- the library ----

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


sys.argv[1:] = [os.path.abspath(path) for path in sys.argv[1:]]
tests = []


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


@test
def a_base_that_is_not_named_is_told_apart():
    settings(QRYPT_BASE_HSM_PATH=None)
    equal(p11.C_Initialize(None), BASE_EMPTY)
    equal(p11.C_Finalize(None), NOT_INITIALIZED)
    settings(QRYPT_BASE_HSM_PATH="boguspath")
    equal(p11.C_Initialize(None), BASE_OPEN)
    settings(QRYPT_BASE_HSM_PATH="/nowhere/at/all.so")
    equal(p11.C_Initialize(None), BASE_OPEN)
    settings(QRYPT_BASE_HSM_PATH=next(iter(re.findall(r"/\S*libc\.so\S*", open("/proc/self/maps").read()))))
    equal(p11.C_Initialize(None), BASE_OPEN)
    equal(p11.C_Finalize(None), NOT_INITIALIZED)


@test
def initialising_follows_the_standard():
    settings()
    equal(p11.C_Initialize(ctypes.byref(Arguments(reserved=8))), ARGUMENTS_BAD)
    equal(p11.C_Finalize(None), NOT_INITIALIZED)
    equal(p11.C_Initialize(ctypes.byref(Arguments(unlock=8))), ARGUMENTS_BAD)
    equal(p11.C_Finalize(None), NOT_INITIALIZED)
    equal(p11.C_Initialize(ctypes.byref(Arguments(flags=2))), OK)
    equal(p11.C_Initialize(None), ALREADY)
    equal(p11.C_Finalize(ctypes.c_void_p(8)), ARGUMENTS_BAD)
    equal(p11.C_Finalize(None), OK)
    equal(p11.C_Finalize(None), NOT_INITIALIZED)


@test
def nothing_works_before_initialising_but_the_lists():
    settings()
    equal(p11.C_GetInfo(ctypes.byref(Info())), NOT_INITIALIZED)
    equal(p11.C_GetFunctionList(None), ARGUMENTS_BAD)
    lists = ctypes.POINTER(ctypes.c_void_p)()
    equal(p11.C_GetFunctionList(ctypes.byref(lists)), OK)
    assert all(lists[i] for i in range(1, 69)), "a function is missing"
    rv, out = p11.random(U(1), 40)
    equal((rv, out), (NOT_INITIALIZED, bytes(40)))
    equal(p11.C_SeedRandom(U(1), b"x", U(1)), NOT_INITIALIZED)


@test
def the_library_describes_itself_and_its_base():
    started()
    info = Info()
    equal(p11.C_GetInfo(None), ARGUMENTS_BAD)
    equal(p11.C_GetInfo(ctypes.byref(info)), OK)
    assert info.description.startswith(b"Wrap of ") and info.manufacturer.startswith(b"Quantoki"), info.description
    equal((info.cryptoki.major, info.flags), (2, 0))


@test
def interfaces_are_those_of_the_base():
    settings()
    count = U(0)
    equal(p11.C_GetInterfaceList(None, ctypes.byref(count)), OK)
    interfaces = (Interface * count.value)()
    equal(p11.C_GetInterfaceList(interfaces, ctypes.byref(count)), OK)
    versions = [(i.list[0].major, i.list[0].minor) for i in interfaces if i.name == b"PKCS 11"]
    assert (2, 40) in versions, versions
    assert (3, 0) not in versions, "SoftHSM has no 3.0"


@test
def random_comes_from_the_service_byte_for_byte():
    session = started()
    rv, out = p11.random(session, 2000)
    equal(rv, OK)
    assert out == b"".join(service.given)[:2000], "these bytes are not the service's"


@test
def local_random_is_mixed_in_by_default():
    session = started(QUANTOKI_ENTROPY_CONFIG=None)
    rv, out = p11.random(session, 1024)
    equal(rv, OK)
    assert out != b"".join(service.given)[:1024], "nothing was mixed in"


@test
def the_base_may_be_mixed_in():
    session = started(QUANTOKI_ENTROPY_CONFIG=config("mix: base\n"))
    rv, out = p11.random(session, 64)
    equal(rv, OK)
    assert out != b"".join(service.given)[:64] and out != bytes(64)


@test
def lengths_at_every_edge():
    session = started()
    equal(p11.C_GenerateRandom(session, None, U(2000)), ARGUMENTS_BAD)
    equal(p11.C_GenerateRandom(session, None, U(0)), ARGUMENTS_BAD)
    for size in (0, 1, 1023, 1024, 1025, 65536, 65537, 524288, 524289, 1 << 24):
        rv, out = p11.random(session, size)
        equal(rv, OK)
        assert size < 16 or out != bytes(size)
    equal(p11.C_GenerateRandom(session, ctypes.create_string_buffer(8), U(2 ** 64 - 1)), HOST_MEMORY)


@test
def sessions_are_known_without_asking_the_base():
    session = started()
    equal(p11.random(U(4711), 40), (SESSION_INVALID, bytes(40)))
    equal(p11.C_SeedRandom(U(4711), b"x" * 40, U(40)), SESSION_INVALID)
    equal(p11.C_CloseSession(session), OK)
    equal(p11.random(session, 40), (SESSION_INVALID, bytes(40)))
    again = p11.open(p11.slot())
    equal(p11.random(again, 8)[0], OK)
    equal(p11.C_CloseAllSessions(U(p11.slot())), OK)
    equal(p11.random(again, 8)[0], SESSION_INVALID)


@test
def the_other_session_checks_work():
    for way in ("info", "probe"):
        session = started(QUANTOKI_ENTROPY_CONFIG=config("mix: none\nsession_check: %s\n" % way))
        equal(p11.random(session, 40)[0], OK)
        equal(p11.random(U(4711), 40)[0], SESSION_INVALID)
        equal(p11.C_Finalize(None), OK)
    settings()
    equal(p11.C_Initialize(None), OK)


@test
def seeds_are_refused_forwarded_or_mixed():
    for way, wanted in (("refuse", SEED_NOT_SUPPORTED), ("forward", OK), ("mix", OK)):
        session = started(QUANTOKI_ENTROPY_CONFIG=config("seed: %s\n" % way))
        equal(p11.C_SeedRandom(session, b"s" * 40, U(40)), wanted)
        equal(p11.C_SeedRandom(session, None, U(40)), ARGUMENTS_BAD)
        equal(p11.C_Finalize(None), OK)
    settings()
    equal(p11.C_Initialize(None), OK)


@test
def without_a_token_nothing_is_asked():
    equal(rv_of(good, QRYPT_EAAS_TOKEN=None), TOKEN_EMPTY)
    equal(service.requests, [])


@test
def a_token_of_the_file_is_read_again_after_a_refusal():
    path = os.path.join(folder, "token")

    def renew(service, handler, body):
        with open(path, "w") as file:
            file.write("new\n")
        status(401)(service, handler, body)

    with open(path, "w") as file:
        file.write("old\r\nsecond line\n")
    os.chmod(path, 0o600)
    text = "mix: none\ntoken_file: %s\n" % path
    equal(rv_of(renew, good, text=text, QRYPT_EAAS_TOKEN=None), OK)
    equal([r[2]["Authorization"] for r in service.requests], ["Bearer old", "Bearer new"])


def refusal(name, wanted, *script, **more):
    def run():
        equal(rv_of(*script, **more), wanted)
    run.__name__ = name
    tests.append(run)


refusal("a_bad_token_is_told_apart", TOKEN_INVALID, status(401))
refusal("a_blocked_token_is_told_apart", TOKEN_OTHER, status(403))
refusal("a_bad_request_is_a_failure", FUNCTION_FAILED, status(400))
refusal("a_body_that_is_not_taken_is_a_failure", FUNCTION_FAILED, status(422))
refusal("a_missing_path_is_a_failure", FUNCTION_FAILED, status(404))
refusal("text_instead_of_json_is_a_failure", FUNCTION_FAILED, raw(b"hello"))
refusal("an_object_without_entropy_is_a_failure", FUNCTION_FAILED, raw(b"{}"))
refusal("entropy_that_is_no_array_is_a_failure", FUNCTION_FAILED, raw(b'{"entropy":"AAAA"}'))
refusal("too_few_blocks_are_a_failure", FUNCTION_FAILED, changed(lambda made: made[:-1]))
refusal("too_many_blocks_are_a_failure", FUNCTION_FAILED, changed(lambda made: made + made[:1]))
refusal("short_blocks_are_a_failure", FUNCTION_FAILED, changed(lambda made: [block[:-4] for block in made]))
refusal("bad_base64_is_a_failure", FUNCTION_FAILED, changed(lambda made: ["*" + block[1:] for block in made]))
refusal("an_answer_cut_in_the_middle_is_a_failure", DEVICE_ERROR, cut)
refusal("429_for_ever_ends", FUNCTION_FAILED, status(429, [("Retry-After", "60")]))
refusal("503_for_ever_ends", FUNCTION_FAILED, status(503), text="mix: none\nretries: 2\n")
refusal("silence_ends", DEVICE_ERROR, silent, text="mix: none\nretries: 0\nattempt_timeout_ms: 200\n")
refusal("three_refusals_are_outlasted", OK, status(429), status(503), status(500), good, text="mix: none\n")
refusal("a_service_without_post_is_asked_with_get", OK, only_get)
refusal("a_dead_service_is_passed_over", OK, good,
        text="mix: none\nurl: [ 'http://127.0.0.1:1', '@URL@' ]\n", QUANTOKI_ENTROPY_URL=None)
refusal("the_base_serves_if_it_may", OK, status(503), text="mix: none\nretries: 0\nfallback: base\n")


@test
def a_proxy_that_is_away_is_a_network_error():
    text = "retries: 0\nurl: %s\nca_file: %s/server.pem\nproxy: " % (secure.url, folder)
    secure.begin(good)
    equal(rv_of(good, text=text + "http://127.0.0.1:1\n", QUANTOKI_ENTROPY_URL=None), DEVICE_ERROR)
    equal(secure.requests, [])
    equal(p11.C_Finalize(None), OK)
    equal(rv_of(good, text=text + "none\n", QUANTOKI_ENTROPY_URL=None), OK)


@test
def a_certificate_of_another_authority_is_told_apart():
    text = "mix: none\nretries: 0\nurl: %s\n" % secure.url
    secure.begin(good)
    equal(rv_of(good, text=text + "ca_file: %s/other.pem\n" % folder, QUANTOKI_ENTROPY_URL=None), CA_FAILURE)
    equal(secure.requests, [])
    equal(p11.C_Finalize(None), OK)
    equal(rv_of(good, text=text + "ca_file: %s/server.pem\n" % folder, QUANTOKI_ENTROPY_URL=None), OK)
    equal(len(secure.requests), 1)


@test
def threads_share_downloads_and_never_bytes():
    session, seen, failed = started(), set(), []

    def work():
        own = p11.open(slot)
        for _ in range(200):
            rv, out = p11.random(own, 32)
            if rv != OK:
                failed.append(rv)
            words = {out[i:i + 8] for i in range(0, 32, 8)}
            with lock:
                if seen & words:
                    failed.append("twice")
                seen.update(words)

    lock, slot = threading.Lock(), p11.slot()
    threads = [threading.Thread(target=work) for _ in range(16)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    equal(failed, [])
    assert len(service.requests) <= 16 * 200 * 32 // 65536 + 2, len(service.requests)


@test
def a_child_starts_anew_and_serves_other_bytes():
    session = started()
    p11.random(session, 32)
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        before = p11.random(session, 32)[0]
        rv = p11.C_Initialize(None)
        out = p11.random(p11.open(p11.slot()), 1 << 20)[1] if rv == OK else b""
        os.write(writer, before.to_bytes(8, "big") + out)
        os._exit(0)
    os.close(writer)
    got = b""
    while part := os.read(reader, 65536):
        got += part
    os.waitpid(child, 0)
    equal(int.from_bytes(got[:8], "big"), NOT_INITIALIZED)
    theirs, ours = got[8:], p11.random(session, 1 << 20)[1]
    equal((len(theirs), len(ours)), (1 << 20, 1 << 20))
    assert not {theirs[i:i + 8] for i in range(0, 1 << 20, 8)} & {ours[i:i + 8] for i in range(0, 1 << 20, 8)}


@test
def a_base_that_the_application_uses_too_stays_initialised():
    own = Library(BASE)
    equal(own.C_Initialize(None), OK)
    try:
        session = started()
        equal(p11.random(session, 8)[0], OK)
        equal(p11.C_Finalize(None), OK)
        equal(own.C_GetInfo(ctypes.byref(Info())), OK)
    finally:
        equal(own.C_Finalize(None), OK)
    settings()
    equal(p11.C_Initialize(None), OK)


@test
def a_typing_error_in_the_file_is_told():
    settings(QUANTOKI_ENTROPY_CONFIG=config("mixx: none\n"))
    equal(p11.C_Initialize(None), GENERAL)
    settings()
    equal(p11.C_Initialize(None), OK)


@test
def a_base_with_few_functions_is_enough():
    settings(QRYPT_BASE_HSM_PATH=sys.argv[2])
    service.begin()
    equal(p11.C_Initialize(None), OK)
    session = p11.open(7)
    equal(p11.random(session, 32)[0], OK)
    equal(p11.C_DigestInit(session, None), NOT_SUPPORTED)
    equal(p11.C_VerifySignatureFinal(session), NOT_SUPPORTED)
    equal(p11.C_CloseSession(session), NOT_SUPPORTED)
    info = Info()
    equal(p11.C_GetInfo(ctypes.byref(info)), OK)
    equal((info.flags, info.cryptoki.major, info.cryptoki.minor), (0, 3, 2))
    equal(bytes(info)[Info.description.offset:Info.description.offset + 32], b"Wrap of A base that ends in the ")


@test
def a_session_that_the_device_lost_is_forgotten():
    settings(QRYPT_BASE_HSM_PATH=sys.argv[2])
    service.begin()
    equal(p11.C_Initialize(None), OK)
    session = p11.open(7)
    equal(p11.random(session, 8)[0], OK)
    equal(p11.C_GetSessionInfo(session, None), 0x32)
    equal(p11.random(session, 8)[0], SESSION_INVALID)


@test
def a_base_of_version_3_2_is_reached_whole():
    """In a process of its own: interfaces are found once."""
    settings(QRYPT_BASE_HSM_PATH=sys.argv[3])
    script = """
import ctypes, sys
sys.argv = ["wrapper.py", %r]
sys.path.insert(0, %r)
import wrapper
p11 = wrapper.Library(sys.argv[1])
count = wrapper.U(64)
found = (wrapper.Interface * 64)()
assert p11.C_GetInterfaceList(found, ctypes.byref(count)) == 0
print([(i.name.decode(), i.list[0].major, i.list[0].minor, i.flags) for i in found[:count.value]])
assert p11.C_Initialize(None) == 0
session = p11.open(7)
print(hex(p11.C_VerifySignatureFinal(session)), hex(p11.C_VerifySignatureFinal(wrapper.U(99))))
""" % (sys.argv[1], os.path.dirname(os.path.abspath(__file__)))
    lines = subprocess.run([sys.executable, "-c", script], stdout=subprocess.PIPE, check=True).stdout.decode().split("\n")
    equal(lines[0], "[('PKCS 11', 3, 2, 1), ('PKCS 11', 2, 40, 1), ('Vendor of the test', 1, 0, 0)]")
    equal(lines[1], "0xc0 0xb3")


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
    runtime = re.search(r"/\S*libasan\S*", subprocess.run(["ldd", sys.argv[1]], stdout=subprocess.PIPE).stdout.decode())
    if runtime and not os.environ.get("LD_PRELOAD"):
        os.environ.update(LD_PRELOAD=runtime.group(0), ASAN_OPTIONS="detect_leaks=0:verify_asan_link_order=0")
        os.execv(sys.executable, [sys.executable, *sys.argv])


def main(cases):
    """Makes the world (folder, token, services, library) and runs the cases in it."""
    global folder, service, secure, p11
    load_sanitizer()
    if not BASE:
        print("1..0 # SKIP SoftHSM is not installed")
        return
    folder = make_folder()
    try:
        service, secure = Service(), Service(folder)
        p11 = Library(sys.argv[1])
        print("1..%d" % len(cases), flush=True)
        for number, function in enumerate(cases, 1):
            run(number, function)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main(tests)
