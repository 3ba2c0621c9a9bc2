#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""libquantoki-entropy.so as a guest: threads, the application's locks, its memory, its log, its privileges, other bases.

Usage: wrapper_guest.py WRAPPER BASE-OF-2.40 LIBQUANTOKI WRAPPER-USER (tests/wrapper_user.c). Speaks TAP."""
import base64, ctypes, os, re, resource, shutil, socket, ssl, subprocess, sys, tempfile, threading, time

import wrapper as w
from wrapper import OK, U, equal, good, started, status

CANT_LOCK, OS_LOCKING_OK, NO_THREADS, STUB_SLOT = 0x0A, 2, 1, 7
sys.argv[1:] = [os.path.abspath(path) for path in sys.argv[1:]]
STUB, QUANTOKI, USER = sys.argv[2:5]
PROXY = "/usr/lib/%s/p11-kit-proxy.so" % {"x86_64": "x86_64-linux-gnu", "aarch64": "aarch64-linux-gnu"}.get(os.uname().machine)
P11_KIT_MODULES = "/usr/share/p11-kit/modules"
tests = []


def test(function):
    tests.append(function)
    return function


def with_settings(text, **more):
    return {"QUANTOKI_ENTROPY_CONFIG": w.config("mix: none\n" + text), **more}


def log_lines(word=""):
    with open(w.folder + "/log") as file:
        return [line for line in file if word in line]


def fresh_log():
    open(w.folder + "/log", "w").close()


def start_user(*words):
    return subprocess.Popen([USER, sys.argv[1], *map(str, words)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE)


def threads_of(pid="self"):
    return len(os.listdir("/proc/%s/task" % pid))


def soon(true, seconds=10):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.01)


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
def a_bad_answer_leaves_no_lock_behind():
    session = started(**with_settings("retries: 0\n"))
    w.service.begin(w.raw(b'{"entropy":{}}'), good)
    equal(w.p11.random(session, 40)[0], w.FUNCTION_FAILED)
    equal(w.p11.random(session, 40)[0], OK)


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


# ---- the pool ----

@test
def old_stock_is_not_served():
    session = started(**with_settings("max_age_s: 1\n"))
    equal(w.p11.random(session, 32)[0], OK)
    time.sleep(1.2)
    equal(w.p11.random(session, 32), (OK, w.service.given[64][:32]))
    equal(len(w.service.requests), 2)


@test
def used_random_does_not_stay_in_memory():
    """Neither as bytes nor as the base64 it came in; what is in stock shows that the search would find it."""
    w.settings(QRYPT_BASE_HSM_PATH=STUB, **with_settings(""))
    w.service.begin()
    user = start_user(STUB_SLOT, "draw", 4096 // 32)
    equal(user.stdout.readline(), b"drawn\n")
    served, stock = b"".join(w.service.given)[:4096], w.service.given[40]
    text = base64.b64encode(w.service.given[0])
    memory = b""
    with open("/proc/%d/maps" % user.pid) as maps, open("/proc/%d/mem" % user.pid, "rb") as mem:
        for start, end in re.findall(r"^(\w+)-(\w+) r", maps.read(), re.M):
            if int(end, 16) - int(start, 16) > 1 << 30:
                continue  # a sanitizer's own
            try:
                mem.seek(int(start, 16))
                memory += mem.read(int(end, 16) - int(start, 16))
            except (OSError, ValueError, OverflowError):
                continue  # [vvar] and its like
    user.communicate(b"\n")
    assert stock[:64] in memory, "the search finds nothing at all"
    found = [at for at in range(0, 4096, 16) if served[at:at + 16] in memory]
    equal(found, [])
    equal([at for at in range(0, len(text) - 16, 16) if text[at:at + 16] in memory], [])


# ---- settings ----

@test
def every_key_may_come_from_the_environment():
    path = w.config("mix: kernel\nseed: refuse\npool_bytes: 65536\nurl: http://127.0.0.1:1\n")
    session = started(QUANTOKI_ENTROPY_CONFIG=path, QUANTOKI_ENTROPY_MIX="none", QUANTOKI_ENTROPY_SEED="Forward",
                      QUANTOKI_ENTROPY_POOL_BYTES="2k",
                      QUANTOKI_ENTROPY_URL="http://127.0.0.1:1, %s" % w.service.url)
    equal(w.p11.random(session, 2048), (OK, b"".join(w.service.given)[:2048]))
    equal(len(w.service.given), 2)
    equal(w.p11.C_SeedRandom(session, b"s" * 8, U(8)), OK)


@test
def a_bad_value_in_the_environment_is_told():
    w.settings(QUANTOKI_ENTROPY_RETRIES="many")
    equal(w.p11.C_Initialize(None), w.GENERAL)
    w.settings(QUANTOKI_ENTROPY_TOKEN='"; not yaml: [')
    equal(w.p11.C_Initialize(None), OK)


@test
def too_many_services_are_told_at_the_start():
    w.settings(QUANTOKI_ENTROPY_URL=" ".join([w.service.url] * 8))
    equal(w.p11.C_Initialize(None), OK)
    equal(w.p11.C_Finalize(None), OK)
    w.settings(QUANTOKI_ENTROPY_URL=" ".join([w.service.url] * 9))
    equal(w.p11.C_Initialize(None), w.GENERAL)
    w.settings(QUANTOKI_ENTROPY_URL=None, **with_settings("url: [ { host: here } ]\n"))
    equal(w.p11.C_Initialize(None), w.GENERAL)


@test
def the_references_log_level_is_understood():
    for text, debug in (("7", True), ("7 and more", True), (" 7", True), ("12", True), ("3", False), ("loud", False),
                        ("-1", False)):
        fresh_log()
        session = started(**with_settings("retries: 0\n", QRYPT_LOG_LEVEL=text))
        equal(w.p11.C_Initialize(None), w.ALREADY)
        equal((text, bool(log_lines("level=debug"))), (text, debug))
        equal(w.p11.C_Finalize(None), OK)


@test
def lines_on_standard_error_bear_the_librarys_name_and_no_time():
    w.settings(QRYPT_BASE_HSM_PATH=STUB, QUANTOKI_ENTROPY_CONFIG=w.config("log_to: stderr\nretries: 0\n"))
    w.service.begin(status(403))
    err = start_user(STUB_SLOT, "draw", 1).communicate(b"\n")[1].decode().splitlines()
    err = [line for line in err if "C_GenerateRandom" in line]
    assert len(err) == 1 and err[0].startswith("quantoki-entropy: level=error op=C_GenerateRandom"), err


@test
def a_storm_of_errors_is_one_line_of_the_log():
    session = started(**with_settings("retries: 0\n"))
    fresh_log()
    w.service.begin(*[status(code) for code in (503, 403) * 100])
    began = time.monotonic()
    for _ in range(200):
        assert w.p11.random(session, 32)[0] != OK
    periods = 1 + int((time.monotonic() - began) / 10)  # one, unless the machine is very busy
    lines = len(log_lines("op=C_GenerateRandom"))
    assert 2 <= lines <= 2 * periods, "%d lines for 200 errors" % lines
    assert not log_lines("the-token"), "the log has the token"


@test
def success_is_no_line_of_the_log():
    session = started(**with_settings(""))
    fresh_log()
    for _ in range(100):
        equal(w.p11.random(session, 4096)[0], OK)
    equal(log_lines(), [])


# ---- the service ----

def pin_of(pem):
    der = subprocess.run("openssl x509 -in %s -noout -pubkey | openssl pkey -pubin -outform der | "
                         "openssl dgst -sha256 -binary | openssl base64" % pem, shell=True, check=True,
                         stdout=subprocess.PIPE)
    return der.stdout.decode().strip()


def over_tls(service, text):
    service.begin(good)
    session = started(**with_settings("retries: 0\nurl: %s\nca_file: %s/server.pem\n%s" % (service.url, w.folder, text),
                                      QUANTOKI_ENTROPY_URL=None))
    rv = w.p11.random(session, 32)[0]
    equal(w.p11.C_Finalize(None), OK)
    return rv


@test
def a_pinned_key_must_be_the_services():
    equal(over_tls(w.secure, "pinned_key: %s\n" % pin_of(w.folder + "/server.pem")), OK)
    equal(over_tls(w.secure, "pinned_key: %s\n" % pin_of(w.folder + "/other.pem")), w.CA_FAILURE)
    equal(over_tls(w.secure, "pinned_key: nonsense\n"), w.CA_FAILURE)


@test
def a_missing_file_of_authorities_is_told_apart():
    session = started(**with_settings("retries: 0\n", QRYPT_CA_CERT_PATH="boguspath",
                                      QUANTOKI_ENTROPY_URL=w.secure.url))
    equal(w.p11.random(session, 40), (w.CA_FAILURE, bytes(40)))


@test
def a_client_certificate_is_shown():
    strict = w.Service()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(w.folder + "/server.pem", w.folder + "/server.key")
    context.load_verify_locations(w.folder + "/other.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    strict.server.socket = context.wrap_socket(strict.server.socket, server_side=True)
    strict.scheme = "https"
    equal(over_tls(strict, "client_cert: %s/other.pem\nclient_key: %s/other.key\n" % (w.folder, w.folder)), OK)
    assert over_tls(strict, "") != OK, "without a certificate"
    strict.server.shutdown()


@test
def silence_after_the_handshake_ends():
    w.secure.begin(w.silent)
    session = started(**with_settings("retries: 0\nattempt_timeout_ms: 300\nca_file: %s/server.pem\n" % w.folder,
                                      QUANTOKI_ENTROPY_URL=w.secure.url))
    w.secure.begin(w.silent)
    equal(w.p11.random(session, 40), (w.DEVICE_ERROR, bytes(40)))


@test
def a_connection_that_nobody_answers_ends():
    """A listener whose queue is full, so that connecting takes for ever."""
    listener, waiting = socket.socket(), []
    listener.bind(("127.0.0.1", 0))
    listener.listen(0)
    for _ in range(4):
        waiting.append(socket.socket())
        waiting[-1].setblocking(False)
        waiting[-1].connect_ex(listener.getsockname())
    session = started(**with_settings("retries: 0\nconnect_timeout_ms: 200\nattempt_timeout_ms: 30000\n"
                                      "call_timeout_ms: 30000\n",
                                      QUANTOKI_ENTROPY_URL="http://127.0.0.1:%d" % listener.getsockname()[1]))
    begin = time.monotonic()
    equal(w.p11.random(session, 40), (w.DEVICE_ERROR, bytes(40)))
    assert time.monotonic() - begin < 20, "connect_timeout_ms had no effect"
    [one.close() for one in waiting + [listener]]


@test
def the_pause_a_service_asks_for_is_kept():
    session = started(**with_settings(""))
    w.service.begin(status(429, [("Retry-After", "1")]), good)
    begin = time.monotonic()
    equal(w.p11.random(session, 40)[0], OK)
    assert time.monotonic() - begin >= 1, "it was asked again too early"


# ---- the host ----

@test
def nothing_is_exported_but_the_standards_functions():
    names = subprocess.run(["nm", "-D", "--defined-only", sys.argv[1]], check=True, stdout=subprocess.PIPE).stdout
    names = {line.split()[-1].split("@")[0] for line in names.decode().splitlines()}
    equal([name for name in names if not name.startswith("C_")], [])
    equal(len(names), 104)


class Visitable:
    """A folder that other users may enter, with copies of program, library and base."""
    def __enter__(self):
        self.path = tempfile.mkdtemp(prefix="quantoki-visitable-")
        os.chmod(self.path, 0o755)
        for file in (USER, sys.argv[1], STUB):
            os.chmod(shutil.copy(file, self.path), 0o755)
        self.program, self.library, self.base = (os.path.join(self.path, os.path.basename(file))
                                                 for file in (USER, sys.argv[1], STUB))
        return self

    def __exit__(self, *unused):
        shutil.rmtree(self.path)

    def run(self, *words, **more):
        return subprocess.run([self.program, self.library, str(STUB_SLOT), *words], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, input=b"\n", **more)


def why_not_as_others():
    if os.getuid() != 0:
        return "only root can act as somebody else"
    return "others could not load the sanitizer" if os.environ.get("LD_PRELOAD") else None


@test
def a_set_uid_program_is_not_steered_by_its_user():
    if why_not_as_others():
        return why_not_as_others()
    with Visitable() as place:
        if os.statvfs(place.path).f_flag & os.ST_NOSUID:
            return "set-uid has no effect on this file system"
        w.settings(QRYPT_BASE_HSM_PATH=place.base)
        os.chown(place.program, 65534, 65534)
        os.chmod(place.program, 0o4755)
        equal(place.run("start").stdout, b"C_Initialize 0x%x\n" % w.BASE_EMPTY)
        os.chmod(place.program, 0o755)
        equal(place.run("start").stdout, b"C_Initialize 0x0\n")


@test
def memory_that_cannot_be_locked_is_a_warning():
    if why_not_as_others():
        return why_not_as_others()
    with Visitable() as place:
        w.settings(QRYPT_BASE_HSM_PATH=place.base, QUANTOKI_ENTROPY_CONFIG=None)
        w.service.begin()
        done = place.run("draw", "1", user=65534, group=65534, extra_groups=[],
                         preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_MEMLOCK, (0, 0)))
        equal(done.stdout, b"drawn\n")
        lines = done.stderr.decode().splitlines()
        assert len(lines) == 1 and "memory cannot be locked" in lines[0], lines


# ---- other bases ----

def draws_around(base):
    w.settings(QRYPT_BASE_HSM_PATH=base, **with_settings(""))
    w.service.begin()
    equal(w.p11.C_Initialize(None), OK)
    session = w.p11.open(w.p11.slot())
    equal(w.p11.random(session, 2000), (OK, b"".join(w.service.given)[:2000]))
    digest, length = ctypes.create_string_buffer(32), U(32)
    mechanism = (U * 3)(0x250, 0, 0)  # CKM_SHA256
    equal(w.p11.C_DigestInit(session, mechanism), OK)
    equal(w.p11.C_Digest(session, b"abc", U(3), digest, ctypes.byref(length)), OK)
    equal(digest.raw[:4].hex(), "ba7816bf")
    equal(w.p11.C_Finalize(None), OK)


def quantoki_token(folder):
    """An embedded token, made by way of the wrapper."""
    path = w.folder + "/" + folder + ".yaml"
    with open(path, "w") as file:
        file.write('tokens:\n  0:\n    embedded:\n      path: "%s/%s"\n' % (w.folder, folder))
    os.chmod(path, 0o600)
    os.environ["EP11CLIENT_CFG"] = path
    w.settings(QRYPT_BASE_HSM_PATH=QUANTOKI)
    subprocess.run(["pkcs11-tool", "--module", sys.argv[1], "--init-token", "--so-pin", "87654321", "--label", "mine"],
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@test
def libquantoki_is_a_base():
    quantoki_token("token")
    draws_around(QUANTOKI)


def with_quantoki_alone_in_p11_kit(*command):
    """p11-kit reads its users' configuration, but not root's: root gets a view of the packages' files of its own."""
    config = w.folder + "/config"
    os.makedirs(config + "/pkcs11/modules", exist_ok=True)
    with open(config + "/pkcs11/pkcs11.conf", "w") as file:
        file.write("user-config: only\n")
    with open(config + "/pkcs11/modules/quantoki.module", "w") as file:
        file.write("module: %s\n" % QUANTOKI)
    if os.getuid() == 0:
        mount = 'mount --bind "$1" "$2" && shift 2 && exec "$@"'
        command = ("unshare", "--mount", "sh", "-c", mount, "sh", config + "/pkcs11/modules", P11_KIT_MODULES, *command)
    return subprocess.run(command, env={**os.environ, "XDG_CONFIG_HOME": config}, check=True, timeout=60,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout


@test
def the_proxy_of_p11_kit_is_a_base():
    if not os.path.exists(PROXY):
        return "p11-kit's proxy is not installed"
    quantoki_token("behind-the-proxy")
    w.settings(QRYPT_BASE_HSM_PATH=PROXY, **with_settings(""))
    w.service.begin()
    tool = ("pkcs11-tool", "--module", sys.argv[1], "--token-label", "mine")
    slots = with_quantoki_alone_in_p11_kit(*tool, "--list-slots").decode()
    equal(re.findall(r"token label *: (\S+)", slots), ["mine"])
    equal(re.findall(r"token manufacturer *: (\S+)", slots), ["Quantoki"])
    drawn = with_quantoki_alone_in_p11_kit(*tool, "--generate-random", "2000")
    equal(drawn, b"".join(w.service.given)[:2000])
    with open(w.folder + "/abc", "w") as file:
        file.write("abc")
    digest = with_quantoki_alone_in_p11_kit(*tool, "--hash", "--mechanism", "SHA256", "--input-file", w.folder + "/abc")
    equal(digest[:4].hex(), "ba7816bf")


if __name__ == "__main__":
    w.main(tests)
