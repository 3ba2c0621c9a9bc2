#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""quantoki-seed with an entropy service and a PKCS #11 library that do what each test says.

Usage: seeder.py QUANTOKI-SEED TEST-TOKEN (tests/bases/token.c). Speaks TAP."""
import base64, hashlib, json, os, re, resource, shutil, signal, socket, subprocess, sys, tempfile, threading, time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import wrapper
from wrapper import Service, changed, cut, good, raw, silent, status

tests = []


def test(function):
    tests.append(function)
    return function


class Place:
    """A folder with a library, its tokens, a PIN and a configuration."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="quantoki-seeder-")
        self.write("tokens", "alpha A1\nbeta B2\n")
        self.write("pin", "1234\n", 0o600)
        self.write("token", "the-token\n", 0o600)
        self.other = self.path("other.so")
        shutil.copy(sys.argv[2], self.other)
        self.processes = []
        service.begin()

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text, mode=0o644):
        with open(self.path(name), "w") as file:
            file.write(text)
        os.chmod(self.path(name), mode)
        return self.path(name)

    def drop(self, name):
        if os.path.exists(self.path(name)):
            os.remove(self.path(name))

    def calls(self, function):
        return self.lines("count-" + function)

    def lines(self, name):
        return open(self.path(name)).read().split("\n")[:-1] if os.path.exists(self.path(name)) else []

    def seeds(self, serial):
        name = self.path("seeds-" + serial)
        return open(name, "rb").read() if os.path.exists(name) else b""

    def configure(self, *targets, more=""):
        text = "service: { url: '%s', token_file: '%s', mix: none, timeout_ms: 500 }\n" % (service.url, self.path("token"))
        text += "state_folder: '%s'\nmetrics_file: '%s'\nstatus_file: '%s'\n%stargets:\n" % (
            self.path("state"), self.path("metrics"), self.path("status"), more)
        for number, target in enumerate(targets or [{}]):
            fields = {"name": "t%d" % number, "library": sys.argv[2], "token_label": "alpha",
                      "pin_file": self.path("pin"), "period": 1, "jitter": 0}
            fields.update(target)
            text += "  - %s\n" % json.dumps({k: v for k, v in fields.items() if v is not None})
        return self.write("seed.yaml", text)

    def start(self, *arguments, config=None, inside=(), **environment):
        command = [*inside, sys.argv[1], *([] if config is False else ["--config", config or self.path("seed.yaml")]), *arguments]
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True,
                                   env={**os.environ, "TOKEN_FOLDER": self.folder, **environment})
        process.log = []
        process.reader = threading.Thread(target=lambda: [process.log.append(line) for line in process.stderr], daemon=True)
        process.reader.start()
        self.processes.append(process)
        return process

    def run(self, *arguments, **more):
        process = self.start(*arguments, **more)
        process.wait(30)
        process.reader.join(5)
        return process.returncode, "".join(process.log)

    def end(self):
        for process in self.processes:
            if process.poll() is None:
                process.kill()
                process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def until(condition, seconds=15):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited %d s in vain" % seconds
        time.sleep(0.02)


def equal(got, wanted):
    assert got == wanted, "got %r, wanted %r" % (got, wanted)


def status_of(place, name="t0"):
    return next(t for t in json.load(open(place.path("status")))["targets"] if t["name"] == name)


# ---- seeds ----

@test
def sizes_of_every_kind_arrive_whole_and_once(place):
    for size in (1, 47, 48, 511, 512, 513, 1024, 1025, 65536):
        place.drop("seeds-A1")
        service.begin()
        place.configure({"size": size})
        equal(place.run("--once")[0], 0)
        equal(place.seeds("A1"), b"".join(service.given)[:size])
        equal(len(service.requests), 1)
        if size <= 1024:
            equal(json.loads(service.requests[0][3]), {"block_size": size, "block_count": 1})


@test
def seeds_may_be_split(place):
    place.configure({"size": 100, "split": 40})
    equal(place.run("--once")[0], 0)
    equal((len(place.seeds("A1")), len(place.calls("C_SeedRandom"))), (100, 3))


@test
def targets_due_together_share_a_download_and_no_byte(place):
    place.configure({}, {"token_label": None, "token_serial": "B2"},
                    {"library": place.other, "token_label": None, "uri": "pkcs11:token=be%74a"})
    equal(place.run("--once")[0], 0)
    equal(len(service.requests), 1)
    equal(json.loads(service.requests[0][3]), {"block_size": 48, "block_count": 3})
    given = b"".join(service.given)
    both = place.seeds("B2")
    equal((place.seeds("A1"), len(both)), (given[:48], 96))
    equal({both[:48], both[48:]}, {given[48:96], given[96:]})


@test
def all_tokens_of_a_library_are_found_also_later(place):
    place.configure({"token_label": None, "all_tokens": True})
    equal(place.start().poll(), None)
    until(lambda: place.seeds("A1") and place.seeds("B2"))


@test
def the_kernel_is_mixed_in_by_default(place):
    text = open(place.configure()).read().replace("mix: none, ", "")
    place.write("seed.yaml", text)
    equal(place.run("--once")[0], 0)
    assert place.seeds("A1") != b"".join(service.given) and len(place.seeds("A1")) == 48


# ---- the schedule ----

@test
def a_period_does_not_drift(place):
    place.write("slow", "150")
    place.configure()
    start = time.monotonic()
    process = place.start()
    until(lambda: len(place.calls("C_SeedRandom")) >= 6)
    took = time.monotonic() - start
    assert 3.9 < took < 8, "6 seeds in %.1f s" % took
    equal(process.poll(), None)


@test
def sigusr1_seeds_at_once(place):
    place.configure({"period": 3600})
    process = place.start()
    until(lambda: len(place.calls("C_SeedRandom")) == 1)
    process.send_signal(signal.SIGUSR1)
    until(lambda: len(place.calls("C_SeedRandom")) == 2)


# ---- the service fails ----

def bad_service(name, act, words):
    def run(place):
        place.configure()
        service.begin(act)
        process = place.start()
        until(lambda: any("op=download" in line for line in process.log))
        time.sleep(0.1)
        equal((place.seeds("A1"), process.poll()), (b"", None))
        assert any(words in line for line in process.log), process.log
    run.__name__ = name
    tests.append(run)


bad_service("a_short_answer_seeds_nobody", changed(lambda made: [block[:-4] for block in made]), "PROTOCOL")
bad_service("a_long_answer_seeds_nobody", changed(lambda made: made * 2), "PROTOCOL")
bad_service("bad_base64_seeds_nobody", changed(lambda made: ["*" + block[1:] for block in made]), "PROTOCOL")
bad_service("text_seeds_nobody", raw(b"hello"), "PROTOCOL")
bad_service("zeros_seed_nobody", changed(lambda made: ["A" * 64 for _ in made]), "one value")
bad_service("silence_seeds_nobody", silent, "TIMEOUT")
bad_service("a_connection_cut_seeds_nobody", cut, "err=")
bad_service("a_429_seeds_nobody", status(429, [("Retry-After", "30")]), "again_in_ms=30000")
bad_service("a_503_seeds_nobody", status(503), "NO_RANDOM")
bad_service("a_401_is_asked_again_in_ten_minutes", status(401), "again_in_ms=600000")
bad_service("a_403_is_asked_again_in_an_hour", status(403), "again_in_ms=3600000")


def a_refused_request_stops_the_asking(code):
    def run(place):
        place.configure()
        service.begin(status(code))
        process = place.start()
        until(lambda: any("REQUEST_REFUSED" in line and "after SIGHUP" in line for line in process.log))
        until(lambda: status_of(place)["missed"] >= 2)  # nobody is asked, but cycles go by
        equal((len(service.requests), place.seeds("A1"), process.poll()), (1, b"", None))
        assert "takes no such request" in json.load(open(place.path("status")))["service_error"]
        process.send_signal(signal.SIGUSR1)
        until(lambda: len(service.requests) == 2)
        service.begin(good)
        process.send_signal(signal.SIGHUP)
        until(lambda: place.seeds("A1"))
        service.begin(status(code))
        equal(place.run("--once")[0], 3)
    run.__name__ = "after_a_%d_the_service_is_asked_no_more_until_somebody_says_so" % code
    tests.append(run)


a_refused_request_stops_the_asking(400)
a_refused_request_stops_the_asking(422)


@test
def a_block_that_comes_twice_is_refused(place):
    block = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2"
    service.begin(changed(lambda made: [block for _ in made]))
    place.configure()
    process = place.start()
    until(lambda: any("gave before" in line for line in process.log))
    equal(len(place.seeds("A1")), 48)


@test
def an_outage_is_survived(place):
    service.begin(status(503), status(500), good)
    place.configure()
    process = place.start()
    until(lambda: place.seeds("A1"))
    equal(process.poll(), None)


@test
def what_an_outage_held_up_is_seeded_after_it_and_not_a_period_later(place):
    service.begin(status(503), good)
    place.configure({"period": 3600}, {"period": 3600, "token_label": "beta", "size": 32})
    place.start()
    until(lambda: place.seeds("A1") and place.seeds("B2"))
    equal((status_of(place)["missed"], len(service.requests)), (0, 3))


# ---- the token fails ----

@test
def a_session_that_stays_open_needs_one_login(place):
    place.configure()
    place.start()
    until(lambda: len(place.calls("C_SeedRandom")) >= 3)
    equal((len(place.calls("C_OpenSession")), len(place.calls("C_Login"))), (1, 1))
    place.write("answer-C_SeedRandom", "0xb3")
    until(lambda: len(place.calls("C_OpenSession")) >= 2)
    place.drop("answer-C_SeedRandom")
    before = len(place.seeds("A1"))
    until(lambda: len(place.seeds("A1")) > before)
    assert len(place.calls("C_Login")) in (2, 3)  # the first try of the new session may have met the answer still


@test
def a_token_without_a_generator_that_says_ok_is_not_counted_as_seeded(place):
    place.write("no-flags", "0x1")
    place.configure()
    code, log = place.run("--once")
    equal((code, "code=NO_GENERATOR class=not-possible" in log, status_of(place)["injections"]), (5, True, 0))
    equal((place.run("--check")[0], place.run("--test-login")[0]), (5, 5))


def answer(name, function, code, off, once=3):
    def run(place):
        place.write("answer-" + function, hex(code))
        place.configure()
        equal(place.run("--once")[0], once)
        process = place.start()
        until(lambda: os.path.exists(place.path("status")) and status_of(place)["failures"] or "latched" in "".join(process.log))
        until(lambda: (status_of(place)["state"] in ("off", "latched")) == off)
        equal((place.seeds("A1"), process.poll()), (b"", None))
    run.__name__ = name
    tests.append(run)


answer("a_token_that_takes_no_seeds_is_off", "C_SeedRandom", 0x120, True, once=5)
answer("a_token_without_a_generator_is_off", "C_SeedRandom", 0x121, True, once=5)
answer("another_user_puts_the_target_off", "C_Login", 0x104, True)
answer("an_expired_pin_is_latched", "C_Login", 0xA3, True)
answer("a_device_error_is_tried_again", "C_SeedRandom", 0x30, False)
answer("a_busy_token_is_tried_again", "C_OpenSession", 0xB1, False)


@test
def whatever_one_token_answers_the_others_keep_their_period(place):
    place.configure({"name": "ill"}, {"name": "well", "token_label": "beta"},
                    {"name": "other", "library": place.other, "token_label": "beta"})
    process = place.start()
    until(lambda: place.seeds("A1") and len(place.seeds("B2")) >= 96)
    for code, words in ((0x02, "HOST_MEMORY class=transient"), (0x05, "GENERAL_ERROR class=transient"),
                        (0x06, "FUNCTION_FAILED class=transient"), (0x07, "0x7 class=transient"),
                        (0x30, "DEVICE_ERROR class=transient"), (0x31, "DEVICE_MEMORY class=transient"),
                        (0x32, "DEVICE_REMOVED class=transient"), (0x50, "0x50 class=transient"),
                        (0x54, "FUNCTION_NOT_SUPPORTED class=not-possible"), (0x90, "OPERATION_ACTIVE class=busy"),
                        (0xB0, "SESSION_CLOSED class=session-lost"), (0xB3, "SESSION_HANDLE_INVALID class=session-lost"),
                        (0x101, "USER_NOT_LOGGED_IN class=login-needed"),
                        (0x120, "RANDOM_SEED_NOT_SUPPORTED class=not-possible"),
                        (0x121, "RANDOM_NO_RNG class=not-possible"), (0x80000001, "0x80000001 class=transient")):
        place.write("answer-C_SeedRandom-A1", hex(code))
        process.send_signal(signal.SIGUSR1)
        until(lambda: any("target=ill" in line and words in line for line in process.log))
        place.drop("answer-C_SeedRandom-A1")
        process.send_signal(signal.SIGHUP)  # what was put off is on again
        time.sleep(0.1)
    until(lambda: status_of(place, "ill")["failures"] >= 16)
    before = len(place.seeds("A1"))
    process.send_signal(signal.SIGUSR1)
    until(lambda: len(place.seeds("A1")) > before)
    for name in ("well", "other"):
        now = status_of(place, name)
        equal(now["failures"], 0)
        assert now["missed"] < 3 and now["injections"] >= 16, now  # a busy machine may be late


@test
def a_login_that_is_there_already_counts(place):
    place.write("answer-C_Login", "0x100")
    place.configure()
    equal(place.run("--once")[0], 0)


@test
def a_library_that_is_initialised_already_is_used_and_not_finalised(place):
    place.write("answer-C_Initialize", "0x191")
    place.configure()
    equal((place.run("--once")[0], len(place.seeds("A1")), place.calls("C_Finalize")), (0, 48, []))


@test
def a_library_that_cannot_be_initialised_is_tried_again(place):
    place.write("answer-C_Initialize", "0x30")
    place.configure()
    process = place.start()
    until(lambda: any("step=load code=CKR_DEVICE_ERROR" in line for line in process.log))
    place.drop("answer-C_Initialize")
    for _ in range(20):  # after five failures the library is loaded anew
        process.send_signal(signal.SIGUSR1)
        time.sleep(0.1)
    until(lambda: place.seeds("A1"))


@test
def the_service_may_be_one_of_several(place):
    text = open(place.configure()).read().replace("url: '%s'" % service.url, "url: [ 'http://127.0.0.1:1', '%s' ]" % service.url)
    place.write("seed.yaml", text)
    equal(place.run("--once")[0], 0)


@test
def the_environment_may_name_several_services(place):
    place.configure()
    several = "http://127.0.0.1:1, %s" % service.url
    equal(place.run("--once", QUANTOKI_ENTROPY_URL=several)[0], 0)
    equal(len(service.requests), 1)
    equal(place.run("--check", QUANTOKI_ENTROPY_URL=" ".join([service.url] * 9))[0], 1)


def certificates(place):
    for name in ("server", "other"):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-keyout", place.path(name + ".key"), "-out", place.path(name + ".pem"), "-days", "2", "-subj",
                        "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)


def pin_of(pem):
    key = subprocess.run("openssl x509 -in %s -noout -pubkey | openssl pkey -pubin -outform der" % pem, shell=True,
                         check=True, capture_output=True).stdout
    return base64.b64encode(hashlib.sha256(key).digest()).decode()


def configure_secure(place, secure, more):
    text = open(place.configure()).read().replace("url: '%s'" % service.url, "url: '%s', %s" % (secure.url, more))
    place.write("seed.yaml", text)


class Proxy:
    """Makes tunnels, and writes down where to."""

    def __init__(self, refuse=False):
        self.asked, self.refuse, self.listener = [], refuse, socket.create_server(("127.0.0.1", 0))
        self.url = "http://127.0.0.1:%d" % self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            threading.Thread(target=self.tunnel, args=self.listener.accept()[:1], daemon=True).start()

    def tunnel(self, client):
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += client.recv(1)
        method, place, _ = head.split(b"\r\n")[0].decode().split(" ")
        self.asked.append((method, place))
        if self.refuse:
            client.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
            return client.close()
        server = socket.create_connection(place.rsplit(":", 1))
        client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        for a, b in ((client, server), (server, client)):
            threading.Thread(target=self.pass_on, args=(a, b), daemon=True).start()

    @staticmethod
    def pass_on(a, b):
        try:
            while data := a.recv(65536):
                b.sendall(data)
            b.shutdown(socket.SHUT_WR)
        except OSError:
            pass


@test
def the_service_may_lie_behind_a_proxy(place):
    certificates(place)
    secure, proxy = Service(place.folder), Proxy()
    configure_secure(place, secure, "ca_file: '%s', proxy: '%s'" % (place.path("server.pem"), proxy.url))
    equal((place.run("--once")[0], len(secure.requests)), (0, 1))
    equal(proxy.asked, [("CONNECT", secure.url[8:])])
    configure_secure(place, secure, "ca_file: '%s', proxy: '%s'" % (place.path("other.pem"), proxy.url))
    code, log = place.run("--once")
    equal((code, "SERVER_UNTRUSTED" in log), (3, True))


@test
def a_proxy_that_refuses_is_told(place):
    certificates(place)
    secure, proxy = Service(place.folder), Proxy(refuse=True)
    configure_secure(place, secure, "ca_file: '%s', proxy: '%s'" % (place.path("server.pem"), proxy.url))
    code, log = place.run("--once")
    equal((code, secure.requests), (3, []))
    assert "the proxy makes no connection to 127.0.0.1" in log and "HTTP 403" in log, log


@test
def a_certificate_goes_unchecked_only_with_a_warning(place):
    certificates(place)
    secure = Service(place.folder)
    configure_secure(place, secure, "ca_file: '%s'" % place.path("other.pem"))
    code, log = place.run("--once")
    equal((code, "verify is none" in log), (3, False))
    configure_secure(place, secure, "verify: none")
    code, log = place.run("--once")
    equal(code, 0)
    assert "level=warning op=configure" in log and "verify is none" in log, log
    for name, wanted in (("server", 0), ("other", 3)):  # the key alone decides
        configure_secure(place, secure, "verify: none, pinned_key: '%s'" % pin_of(place.path(name + ".pem")))
        code, log = place.run("--once")
        equal((code, "verify is none" in log), (wanted, False))


@test
def a_service_that_knows_get_alone_is_asked_so(place):
    service.begin(wrapper.only_get)
    place.configure()
    equal((place.run("--once")[0], len(place.seeds("A1"))), (0, 48))


@test
def of_whole_kib_nothing_is_thrown_away(place):
    service.begin(wrapper.only_get)
    place.configure({}, {"token_label": "beta"})
    place.start()
    until(lambda: len(place.seeds("A1")) >= 3 * 48 and len(place.seeds("B2")) >= 3 * 48)
    equal([request[0] for request in service.requests], ["POST", "GET"])
    seeds, given = place.seeds("A1") + place.seeds("B2"), b"".join(service.given)
    cut = lambda data: [data[at:at + 48] for at in range(0, len(data), 48)]
    equal((len(given), sorted(cut(seeds))), (1024, sorted(cut(given)[:len(seeds) // 48])))  # each byte once
    until(lambda: "quantoki_seed_downloads_total 1\n" in open(place.path("metrics")).read())
    assert "quantoki_seed_downloaded_bytes_total 1024\n" in open(place.path("metrics")).read()


@test
def what_came_with_a_bad_block_is_thrown_away(place):
    text = open(place.configure()).read().replace("mix: none,", "mix: none, api: quantum-entropy,")
    place.write("seed.yaml", text)
    service.begin(raw(json.dumps({"random": ["A" * 1366 + "=="]}).encode()), good)
    process = place.start()
    until(lambda: place.seeds("A1"))  # the next download, not what came with the zeros
    equal((len(service.requests), sum("one value" in line for line in process.log)), (2, 1))


@test
def a_lost_session_is_opened_anew(place):
    place.configure()
    place.start()
    until(lambda: place.seeds("A1"))
    place.write("answer-C_SeedRandom", "0xb3")
    until(lambda: len(place.calls("C_OpenSession")) >= 2)
    place.drop("answer-C_SeedRandom")
    before = len(place.seeds("A1"))
    until(lambda: len(place.seeds("A1")) > before)


@test
def sessions_do_not_pile_up(place):
    place.write("answer-C_SeedRandom", "0x90")
    place.configure()
    process = place.start()
    until(lambda: len(place.calls("C_SeedRandom")) >= 1)
    for _ in range(40):
        process.send_signal(signal.SIGUSR1)
        time.sleep(0.02)
    until(lambda: len(place.calls("C_SeedRandom")) >= 10)
    assert all(line.endswith(("sessions 0", "sessions 1")) for line in place.calls("C_SeedRandom"))


@test
def a_token_that_was_swapped_is_refused(place):
    place.configure({"token_label": None, "slot": "0"})
    process = place.start()
    until(lambda: place.seeds("A1"))
    place.write("tokens", "alpha EVIL\n")
    until(lambda: any("CKR_TOKEN_NOT_RECOGNIZED" in line for line in process.log))
    equal(place.seeds("EVIL"), b"")


@test
def a_swapped_token_is_refused_also_after_the_library_was_loaded_anew(place):
    place.configure({"token_label": None, "slot": "0"})
    process = place.start()
    until(lambda: place.seeds("A1"))
    place.write("tokens", "alpha EVIL\n")
    os.kill(int(place.calls("C_SeedRandom")[0].split()[0]), signal.SIGKILL)
    until(lambda: len(place.calls("C_Initialize")) == 2)
    for _ in range(6):  # each signal is a try at once; a stranger is no reason to load the library again
        before = len([line for line in process.log if "CKR_TOKEN_NOT_RECOGNIZED" in line])
        process.send_signal(signal.SIGUSR1)
        until(lambda: len([line for line in process.log if "CKR_TOKEN_NOT_RECOGNIZED" in line]) > before)
    equal((len(place.calls("C_Initialize")), place.seeds("EVIL")), (2, b""))
    process.send_signal(signal.SIGHUP)
    until(lambda: place.seeds("EVIL"))


@test
def a_library_is_loaded_anew_after_five_failures(place):
    place.write("answer-C_SeedRandom", "0x30")
    place.configure()
    process = place.start()
    until(lambda: place.calls("C_SeedRandom"))
    for _ in range(5):
        before = len(place.calls("C_SeedRandom"))
        process.send_signal(signal.SIGUSR1)
        until(lambda: len(place.calls("C_SeedRandom")) > before)
    until(lambda: len(place.calls("C_Initialize")) == 2 and len(place.calls("C_Finalize")) == 1)


@test
def a_slot_without_a_token_is_filled_later(place):
    place.write("tokens", "")
    place.configure()
    process = place.start()
    until(lambda: any("CKR_TOKEN_NOT_PRESENT" in line for line in process.log))
    place.write("tokens", "gamma C3\nalpha A1\n")
    until(lambda: place.seeds("A1"))
    place.write("tokens", "alpha A1\ngamma C3\n")  # another slot, the same token
    before = len(place.seeds("A1"))
    until(lambda: len(place.seeds("A1")) > before)
    equal(place.seeds("C3"), b"")


@test
def one_library_that_crashes_harms_no_other(place):
    os.environ["TOKEN_FOLDER"] = place.folder
    bad = place.path("bad")
    os.mkdir(bad)
    place.configure({}, {"library": "/nowhere/at/all.so", "name": "missing"},
                    {"library": place.other, "token_label": "beta", "name": "crashing"})
    place.start()
    until(lambda: place.seeds("B2"))
    place.write("crash", "1")
    until(lambda: len(place.calls("C_SeedRandom")) >= 4)
    place.drop("crash")
    before = len(place.seeds("A1"))
    until(lambda: len(place.seeds("A1")) > before, 30)
    equal(status_of(place, "missing")["injections"], 0)


@test
def one_library_that_hangs_harms_no_other(place):
    place.write("slow-A1", "30000")
    place.configure({"name": "hanging"}, {"name": "well", "library": place.other, "token_label": "beta"},
                    more="call_timeout_s: 1\n")
    process = place.start()
    until(lambda: len([line for line in process.log if "does not answer" in line]) >= 2)
    assert len(place.seeds("B2")) >= 3 * 48 and status_of(place, "well")["missed"] < 2
    place.drop("slow-A1")
    until(lambda: place.seeds("A1"), 30)


@test
def a_library_has_its_whole_time_also_after_slow_downloads(place):
    place.write("slow-A1", "300")
    place.configure({}, {"library": place.other, "token_label": "beta", "size": 64}, {"size": 80}, {"size": 96},
                    more="call_timeout_s: 1\n")
    service.begin(*[lambda *request: time.sleep(0.4) or good(*request)] * 4)
    code, log = place.run("--once")
    equal((code, "does not answer" in log), (0, False))


@test
def once_waits_at_rest_for_a_library_that_hangs(place):
    place.write("slow-A1", "30000")
    place.configure({}, {"library": place.other, "token_label": "beta"}, more="call_timeout_s: 2\n")
    used = lambda: sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])
    before = used()
    equal(place.run("--once")[0], 3)
    equal([status_of(place, name)["missed"] for name in ("t0", "t1")], [0, 0])
    assert used() - before < 0.7, "%.1f s of work" % (used() - before)


# ---- all tokens of a library ----

ALL = {"token_label": None, "all_tokens": True}


def patterns_of(place):
    return json.load(open(place.path("status")))["all_tokens"]


@test
def hundreds_of_tokens_are_all_seeded_by_one_download(place):
    place.configure(ALL)
    equal(place.run("--once", TOKEN_COUNT="300")[0], 0)
    equal((place.lines("total"), len(service.requests)), (["300 1 1"], 1))
    equal(patterns_of(place)[0]["tokens"], 300)


@test
def more_tokens_than_there_is_room_for_are_told(place):
    place.configure(ALL)
    code, log = place.run("--once", TOKEN_COUNT="1100")
    equal((code, "MORE_TOKENS" in log), (3, True))
    equal(place.lines("total")[0].split()[0], "1024")


@test
def tokens_without_a_serial_number_of_their_own_are_told_apart(place):
    place.write("tokens", "a %\nb %\nc X1\nd X1\ne Y1\n")
    place.configure(ALL)
    equal(place.run("--once")[0], 0)
    names = {t["name"]: (t["token"], t["injections"]) for t in json.load(open(place.path("status")))["targets"]}
    equal(names, {"t0/slot-0": ("a", 1), "t0/slot-1": ("b", 1), "t0/slot-2": ("c", 1), "t0/slot-3": ("d", 1), "t0/Y1": ("e", 1)})
    process = place.start()
    until(lambda: len(place.seeds("Y1")) >= 3 * 48)
    process.send_signal(signal.SIGHUP)
    until(lambda: any("op=reload" in line for line in process.log))
    before = len(place.seeds("X1"))
    until(lambda: len(place.seeds("X1")) >= before + 2 * 48)
    place.write("tokens", "a %\nz %\nc X1\nd X1\ne Y1\n")  # another label in the slot
    until(lambda: status_of(place, "t0/slot-1")["last_code"] == "CKR_TOKEN_NOT_PRESENT")
    equal(len(json.load(open(place.path("status")))["targets"]), 5)


@test
def a_token_that_is_left_out_is_told_why(place):
    place.write("no-flags-B2", "0x400")  # not initialised
    place.configure(ALL, more="logging: { level: debug }\n")
    code, log = place.run("--once")
    equal((code, place.seeds("B2"), len(place.seeds("A1"))), (0, b"", 48))
    assert re.search(r"op=list target=t0 slot=1 .*left_out=\"it is not initialised", log), log
    equal((patterns_of(place)[0]["tokens"], patterns_of(place)[0]["left_out"]), (1, 1))


@test
def all_tokens_of_no_library_or_of_none_is_a_failure_that_is_told(place):
    place.configure({"library": "/nowhere/at/all.so", **ALL})
    for mode in ("--check", "--test-login", "--once"):
        code, log = place.run(mode)
        equal((mode, code), (mode, 3))
        assert re.search(r"op=check target=t0 .*step=load code=CKR_GENERAL_ERROR", log), log
    equal((patterns_of(place)[0]["state"], patterns_of(place)[0]["failures"]), ("failing", 1))
    metrics = open(place.path("metrics")).read()
    assert 'quantoki_seed_tokens_found{target="t0"} 0\n' in metrics, metrics
    assert 'failures_by_code_total{target="t0",token="",serial="",code="CKR_GENERAL_ERROR"} 1\n' in metrics, metrics
    for tokens, flags in (("", "0"), ("alpha A1\n", "0x400")):
        place.write("tokens", tokens)
        place.write("no-flags", flags)
        place.configure(ALL)
        for mode in ("--check", "--once"):
            code, log = place.run(mode)
            equal((mode, code, "code=NO_TOKENS" in log, "no initialised token" in log), (mode, 3, True, True))
        equal(patterns_of(place)[0]["last_code"], "NO_TOKENS")


@test
def once_is_well_only_if_every_target_was_seeded(place):
    place.configure(ALL)
    equal(place.run("--once")[0], 0)
    place.write("answer-C_SeedRandom-B2", "0x120")  # one of those that were found is off
    equal(place.run("--once")[0], 5)
    place.drop("answer-C_SeedRandom-B2")
    place.write("answer-C_Login", "0xa3")
    equal(place.run("--once")[0], 3)
    place.drop("answer-C_Login")
    equal(place.run("--once")[0], 3)  # latched
    equal(place.run("--check")[0], 0)
    equal(place.run("--once", "--retry-login")[0], 0)
    service.begin(status(503))
    equal(place.run("--once")[0], 3)


@test
def there_may_be_hundreds_of_libraries(place):
    targets = []
    for number in range(260):
        os.symlink(sys.argv[2], place.path("library%d.so" % number))
        targets.append({"library": place.path("library%d.so" % number), "pin_file": None, "login": "none"})
    place.configure(*targets)
    code, log = place.run("--check")
    equal((code, log.count("op=check target=t")), (0, 260))


@test
def what_came_last_is_counted_when_the_daemon_ends(place):
    place.write("slow", "700")
    place.configure()
    process = place.start()
    until(lambda: place.calls("C_SeedRandom"))
    process.send_signal(signal.SIGTERM)
    equal(process.wait(15), 0)
    process.reader.join(5)
    equal((status_of(place)["injections"], any("op=seed target=t0" in line for line in process.log)), (1, True))


# ---- the process ----

@test
def sigterm_lets_the_running_call_finish(place):
    place.write("slow", "1000")
    place.configure()
    process = place.start()
    until(lambda: place.calls("C_SeedRandom"))
    process.send_signal(signal.SIGTERM)
    equal(process.wait(15), 0)
    equal((len(place.calls("C_Finalize")), len(place.calls("C_Logout")), len(place.seeds("A1"))), (1, 1, 48))


@test
def sigterm_ends_after_one_order_of_many(place):
    place.write("tokens", "".join("token%d S%d\n" % (n, n) for n in range(16)))
    place.configure(*[{"token_label": "token%d" % n} for n in range(16)])
    process = place.start()
    until(lambda: len(place.calls("C_SeedRandom")) >= 48)  # a quick library: several orders are sent at once
    place.write("slow", "500")
    before = len(place.calls("C_SeedRandom"))
    until(lambda: len(place.calls("C_SeedRandom")) > before + 1)
    begin = time.monotonic()
    process.send_signal(signal.SIGTERM)
    equal((process.wait(15), len(place.calls("C_Finalize")), len(place.calls("C_Logout"))), (0, 1, 16))
    assert time.monotonic() - begin < 4, "the orders were all done first"


def patient(place, url=None):
    text = open(place.configure()).read().replace("timeout_ms: 500", "timeout_ms: 9000, connect_timeout_ms: 9000")
    place.write("seed.yaml", text.replace(service.url, url or service.url))


def ends_at_once(process):
    begin = time.monotonic()
    process.send_signal(signal.SIGTERM)
    equal(process.wait(15), 0)
    assert time.monotonic() - begin < 2, "%.1f s" % (time.monotonic() - begin)


@test
def sigterm_ends_it_while_the_service_is_silent(place):
    patient(place)
    service.begin(good, silent)
    process = place.start()
    until(lambda: place.seeds("A1") and len(service.requests) == 2)
    ends_at_once(process)
    equal((len(place.calls("C_Finalize")), len(place.calls("C_Logout"))), (1, 1))


@test
def sigterm_ends_it_while_no_connection_comes_about(place):
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        waiting = [socket.socket() for _ in range(3)]  # the backlog is full: further connections get no answer
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(deaf.getsockname())
        patient(place, "http://127.0.0.1:%d" % deaf.getsockname()[1])
        asking = lambda: len(re.findall(r" 0100007F:%04X 02 " % deaf.getsockname()[1], open("/proc/net/tcp").read()))
        before = asking()  # sockets in SYN_SENT
        process = place.start()
        until(lambda: asking() > before)
        ends_at_once(process)
        for one in waiting:
            one.close()


@test
def a_silent_service_keeps_no_other_signal_waiting(place):
    patient(place)
    service.begin(silent, silent, good)
    process = place.start()
    until(lambda: len(service.requests) == 1)
    begin = time.monotonic()
    process.send_signal(signal.SIGHUP)
    until(lambda: len(service.requests) == 2)
    process.send_signal(signal.SIGUSR1)
    until(lambda: place.seeds("A1"))
    assert time.monotonic() - begin < 2.5, "%.1f s" % (time.monotonic() - begin)
    equal(any("op=reload" in line for line in process.log), True)
    until(lambda: "quantoki_seed_download_failures_total 0\n" in open(place.path("metrics")).read())


@test
def a_reload_closes_the_sessions_of_what_is_gone(place):
    place.configure({}, {"token_label": "beta"})
    process = place.start()
    until(lambda: place.seeds("A1") and place.seeds("B2"))
    place.configure({})
    process.send_signal(signal.SIGHUP)
    until(lambda: place.calls("C_CloseSession"))
    before = len(place.seeds("A1"))
    until(lambda: len(place.seeds("A1")) > before)
    equal((len(place.calls("C_CloseSession")), len(place.calls("C_Login"))), (1, 2))


@test
def a_reload_takes_another_period_at_once(place):
    place.configure({"period": 3600})
    process = place.start()
    until(lambda: place.seeds("A1"))
    place.configure({"period": 1})
    process.send_signal(signal.SIGHUP)
    until(lambda: len(place.seeds("A1")) >= 3 * 48)
    equal(len(place.calls("C_Login")), 1)


@test
def a_reload_keeps_the_tokens_that_were_found(place):
    place.configure({"token_label": None, "all_tokens": True, "period": 3600})
    process = place.start()
    until(lambda: place.seeds("A1") and place.seeds("B2"))
    process.send_signal(signal.SIGHUP)
    until(lambda: any("op=reload" in line for line in process.log))
    process.send_signal(signal.SIGUSR1)
    until(lambda: len(place.seeds("A1")) == len(place.seeds("B2")) == 96)
    equal((len(place.calls("C_OpenSession")), len(place.calls("C_Login"))), (2, 2))


@test
def a_reload_keeps_what_did_not_change(place):
    place.configure({"period": 3600})
    process = place.start()
    until(lambda: place.seeds("A1"))
    place.configure({"period": 3600}, {"token_label": "beta", "period": 3600})
    process.send_signal(signal.SIGHUP)
    until(lambda: place.seeds("B2"))
    equal((len(place.seeds("A1")), len(place.calls("C_Initialize"))), (48, 1))
    place.write("seed.yaml", "targets: 5\n")
    process.send_signal(signal.SIGHUP)
    until(lambda: any("kept=old" in line for line in process.log))
    equal(process.poll(), None)


@test
def checks_touch_nothing_they_need_not(place):
    place.configure()
    equal(place.run("--check")[0], 0)
    equal((place.calls("C_OpenSession"), place.calls("C_Login"), service.requests), ([], [], []))
    equal(place.run("--test-login")[0], 0)
    equal((len(place.calls("C_Login")), place.seeds("A1")), (1, b""))
    equal([name for name in ("status", "metrics") if os.path.exists(place.path(name))], [])  # they are the daemon's


@test
def memory_that_cannot_be_locked_is_told_once(place):
    if "libasan" in subprocess.run(["ldd", sys.argv[1]], capture_output=True, text=True).stdout:
        raise Skip("a sanitized program locks no memory")
    place.configure()
    equal([line for line in place.run("--once")[1].split("\n") if "cannot be locked" in line], [])
    inside = ["prlimit", "--memlock=0:0"] + (["setpriv", "--bounding-set=-ipc_lock"] if os.geteuid() == 0 else [])
    code, log = place.run("--once", inside=inside)
    equal((code, log.count("level=warning op=memory warning=\"memory cannot be locked")), (0, 1))


@test
def it_ends_when_nothing_is_left_if_it_may(place):
    place.write("answer-C_SeedRandom", "0x120")
    place.configure(more="exit_when_idle: true\n")
    equal(place.run()[0], 4)


@test
def the_service_manager_hears_of_it(place):
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listener.bind(place.path("notify"))
    listener.settimeout(15)
    place.configure()
    process = place.start(NOTIFY_SOCKET=place.path("notify"), WATCHDOG_USEC="2000000")
    equal(listener.recv(100), b"READY=1")
    equal(listener.recv(100), b"WATCHDOG=1")
    process.send_signal(signal.SIGTERM)
    while (said := listener.recv(100)) != b"STOPPING=1":
        equal(said, b"WATCHDOG=1")


@test
def metrics_say_what_happened(place):
    place.configure()
    equal(place.run("--once")[0], 0)
    text = open(place.path("metrics")).read()
    assert 'quantoki_seed_injections_total{target="t0",token="alpha",serial="A1"} 1\n' in text, text
    assert 'quantoki_seed_bytes_total{target="t0",token="alpha",serial="A1"} 48\n' in text
    assert "quantoki_seed_downloaded_bytes_total 48\n" in text
    age = re.search(r'quantoki_seed_last_success_age_seconds{target="t0",token="alpha",serial="A1"} (\d+)\n', text)
    assert age and int(age.group(1)) < 60, text
    place.write("answer-C_SeedRandom", "0x120")
    equal(place.run("--once")[0], 5)
    text = open(place.path("metrics")).read()
    assert 'failures_by_code_total{target="t0",token="",serial="",code="CKR_RANDOM_SEED_NOT_SUPPORTED"} 1\n' in text, text
    assert 'quantoki_seed_off{target="t0",token="",serial=""} 1\n' in text, text


@test
def metrics_and_status_are_for_others_to_read(place):
    place.configure()
    mask = os.umask(0o077)  # as in the unit
    try:
        equal(place.run("--once")[0], 0)
    finally:
        os.umask(mask)
    for name, mode in (("metrics", 0o644), ("status", 0o644)):
        equal((name, os.stat(place.path(name)).st_mode & 0o777), (name, mode))


@test
def neither_seed_nor_pin_nor_token_is_logged(place):
    place.write("pin", "1234\n", 0o600)
    place.configure(more="logging: { level: trace }\n")
    code, log = place.run("--once")
    equal(code, 0)
    seed = place.seeds("A1")
    assert "the-token" not in log and seed.hex()[:16] not in log and '"1234"' not in log


WORD = re.compile(r'([\w-]+)=("(?:[^"\\]|\\.)*"|[^\s"]*)(?: |$)')


def parsed(line):
    """The fields of a line of the log; every byte of it must belong to one, after the time."""
    fields, at = {}, line.index(" ") + 1
    while at < len(line):
        match = WORD.match(line, at)
        assert match, "at %d: %r" % (at, line)
        fields[match.group(1)] = re.sub(r"\\(.)", r"\1", match.group(2)[1:-1]) if match.group(2)[:1] == '"' else match.group(2)
        at = match.end()
    return fields


SAMPLE = re.compile(r'[a-zA-Z_:][a-zA-Z0-9_:]*(?:\{(?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\[n"\\])*",?)*\})? (?:[0-9.e+-]+|NaN|[+-]Inf)')


@test
def names_of_any_bytes_break_neither_log_nor_metrics_nor_status(place):
    place.write("tokens", "a%22b%5c%0ac%01%ff%e2%80%a8 S%22%0a%5c%fe\nplain A1\n")
    place.configure({"name": 'n"\\ x', "token_label": None, "all_tokens": True})
    process = place.start()
    until(lambda: os.path.exists(place.path("status")) and
          [t["injections"] > 0 for t in json.load(open(place.path("status"), encoding="utf-8"))["targets"]] == [True, True])
    place.write("answer-C_SeedRandom", "0x30")
    until(lambda: len([line for line in process.log if "code=CKR_DEVICE_ERROR" in line]) >= 2)
    process.send_signal(signal.SIGTERM)
    equal(process.wait(15), 0)
    process.reader.join(5)
    lines = [parsed(line.rstrip("\n")) for line in process.log]
    assert any(line.get("op") == "seed" and line.get("token", "").startswith('a"b\\?c') and
               line["serial"].startswith('S"?\\') for line in lines), process.log
    samples = open(place.path("metrics"), encoding="utf-8", newline="\n").read().split("\n")[:-1]
    samples = [line for line in samples if not line.startswith("# ")]
    for line in samples:
        assert SAMPLE.fullmatch(line), line
    equal(len(set(line.rpartition(" ")[0] for line in samples)), len(samples))  # no sample twice
    tokens = [t["token"] for t in json.load(open(place.path("status"), encoding="utf-8"))["targets"]]
    assert 'a"b\\\nc\x01\ufffd\u2028' in tokens, tokens


def memory_of(pid):
    """(is for secrets, bytes) of each mapping that can be read."""
    mappings, found = re.split(r"^(?=[0-9a-f]+-[0-9a-f]+ )", open("/proc/%d/smaps" % pid).read(), flags=re.M)[1:], []
    with open("/proc/%d/mem" % pid, "rb", 0) as memory:
        for mapping in mappings:
            start, end, mode = re.match(r"(\w+)-(\w+) (\S+)", mapping).groups()
            start, size = int(start, 16), int(end, 16) - int(start, 16)
            if mode[0] != "r" or "[v" in mapping.split("\n")[0] or size > 1 << 30:  # a sanitizer's notes are larger
                continue
            memory.seek(start)
            found.append((" dd" in mapping, memory.read(size)))  # what is locked is outside core dumps, too
    return found


def find(secret, memory, also_locked=True):
    return sum(part.count(secret) for locked, part in memory if also_locked or not locked)


def memory_holds_nothing(place, **target):
    pin, token = "right:" + os.urandom(9).hex(), os.urandom(16).hex()
    place.write("pin", pin + "\n", 0o600)
    place.write("token", token + "\n", 0o600)
    place.configure({k: v % pin if k == "pin" else v for k, v in target.items()})
    os.chmod(place.path("seed.yaml"), 0o600)
    process = place.start()
    until(lambda: len(place.calls("C_SeedRandom")) >= 3 and process.log[-1].count("op=seed"))
    time.sleep(0.1)
    seeds = [block for block in service.given]
    worker = int(place.calls("C_SeedRandom")[0].split()[0])
    for pid in (process.pid, worker):
        assert re.search(r"^Max core file size +0 +0 ", open("/proc/%d/limits" % pid).read(), re.M), "a core may be written"
        process.send_signal(signal.SIGSTOP)
        try:
            memory = memory_of(pid)
        except PermissionError:  # of no use to others: that is what is wanted
            assert os.geteuid() != 0
            continue
        finally:
            process.send_signal(signal.SIGCONT)
        assert sum(len(part) for _, part in memory) > 1000000 and find(b"op=seed", memory), "nothing was read"
        who = "supervisor" if pid == process.pid else "worker"
        for seed in seeds:
            equal((who, find(seed[:16], memory), find(seed[-16:], memory)), (who, 0, 0))
            equal((who, "base64", find(base64.b64encode(seed)[:24], memory)), (who, "base64", 0))
        equal((who, "token", find(token.encode(), memory, also_locked=False)), (who, "token", 0))
        equal((who, "PIN", find(pin.encode(), memory, also_locked="pin" not in target)), (who, "PIN", 0))


@test
def memory_holds_neither_seed_nor_pin_nor_token(place):
    memory_holds_nothing(place)


@test
def memory_holds_a_pin_of_the_configuration_where_it_is_locked_alone(place):
    memory_holds_nothing(place, pin_file=None, pin="%s")


@test
def memory_holds_no_pin_of_a_command(place):
    memory_holds_nothing(place, pin_file=None, pin_command="cat " + place.path("pin"))


# ---- what others see ----

@test
def targets_do_not_look_well_while_the_service_gives_nothing(place):
    place.configure()
    process = place.start()
    until(lambda: os.path.exists(place.path("status")) and status_of(place)["state"] == "seeded")
    service.begin(status(403))
    until(lambda: status_of(place)["state"] == "no-entropy")
    metrics = open(place.path("metrics")).read()
    assert "quantoki_seed_service_failing 1\n" in metrics, metrics
    assert 3000 < float(re.search(r"^quantoki_seed_service_pause_seconds (\S+)$", metrics, re.M).group(1)) <= 3600
    service.begin(status(400))
    process.send_signal(signal.SIGUSR1)
    until(lambda: "quantoki_seed_service_pause_seconds +Inf\n" in open(place.path("metrics")).read())
    service.begin(good)
    process.send_signal(signal.SIGHUP)
    until(lambda: status_of(place)["state"] == "seeded")


@test
def a_check_beside_the_daemon_leaves_its_files_alone(place):
    place.configure({"period": 3600})
    place.start()
    until(lambda: os.path.exists(place.path("status")) and status_of(place)["injections"] == 1)
    before = [open(place.path(name)).read() for name in ("status", "metrics")]
    for mode in ("--check", "--test-login"):
        equal(place.run(mode)[0], 0)
    equal([open(place.path(name)).read() for name in ("status", "metrics")], before)


@test
def it_ends_when_all_that_was_found_is_off(place):
    place.write("answer-C_SeedRandom", "0x120")
    place.configure(ALL, more="exit_when_idle: true\n")
    equal(place.run()[0], 4)


@test
def time_that_a_target_was_off_is_not_missed(place):
    place.write("answer-C_SeedRandom", "0x120")
    place.configure()
    process = place.start()
    until(lambda: os.path.exists(place.path("status")) and status_of(place)["state"] == "off")
    place.drop("answer-C_SeedRandom")
    time.sleep(3)  # three periods
    process.send_signal(signal.SIGHUP)
    until(lambda: place.seeds("A1") and status_of(place)["injections"])
    assert status_of(place)["missed"] < 2, status_of(place)


@test
def warnings_of_a_configuration_are_heard(place):
    path = place.write("qseed_config.yml", "qrypt_token: \"abc\"\nsize: 64\nsise: 3\ncryptoki_lib: %s\n"
                       "cryptoki_slot_id: 1\ncryptoki_user_pin: \"1234\"\n" % sys.argv[2], 0o600)
    code, log = place.run("--check", config=path, QUANTOKI_ENTROPY_URL=service.url, CRYPTOKI_USER_PIN="1234")
    equal(code, 0)
    for word in ("sise", "CRYPTOKI_USER_PIN"):
        assert any("level=warning" in line and word in line for line in log.split("\n")), log


@test
def a_reload_opens_the_log_anew(place):
    place.configure({"period": 3600}, more="logging: { path: '%s' }\n" % place.path("log"))
    process = place.start()
    until(lambda: place.seeds("A1"))
    os.rename(place.path("log"), place.path("log.1"))  # as logrotate does
    place.configure({"period": 3600}, more="logging: { path: '%s', level: debug }\n" % place.path("log"))
    process.send_signal(signal.SIGHUP)
    until(lambda: os.path.exists(place.path("log")) and "op=reload" in open(place.path("log")).read())


@test
def a_check_that_is_interrupted_has_not_gone_well(place):
    place.write("slow-login", "1000")
    place.configure({}, {"token_label": "beta"})
    process = place.start("--test-login")
    until(lambda: place.calls("C_Login"))
    process.send_signal(signal.SIGTERM)
    equal(process.wait(15), 3)


@test
def the_table_of_tests_names_tests_that_exist(place):
    here = os.path.dirname(os.path.abspath(__file__))
    table = open(os.path.join(here, "README.md")).read()
    named = set(re.findall(r"`((?:[a-z0-9]+_){2,}[a-z0-9]+)`", table[table.index("## The seeder"):]))
    there = ""
    for folder, _, names in (*os.walk(here), *os.walk(os.path.join(here, "../../src/seeder")),
                             *os.walk(os.path.join(here, "../../src/entropy/service"))):
        there += "".join(open(os.path.join(folder, name)).read() for name in names
                         if name.endswith("_test.c") or name.startswith("seeder") and name.endswith(".py"))
    assert len(named) > 50, len(named)
    equal(sorted(name for name in named if not re.search(r'(?:def |void |")%s[("]' % name, there)), [])


# ---- configuration ----

@test
def a_file_of_the_reference_works_unchanged(place):
    path = place.write("qseed_config.yml", "qrypt_token: \"abc\"\nsize: 64\nperiod: 10\ncryptoki_lib: %s\n"
                       "cryptoki_slot_id: 1\ncryptoki_user_pin: \"1234\"\n" % sys.argv[2], 0o600)
    code, log = place.run("--once", config=path, QUANTOKI_ENTROPY_URL=service.url)
    equal((code, len(place.seeds("B2"))), (0, 64))
    equal(service.requests[0][2]["Authorization"], "Bearer abc")
    code, log = place.run("--once", config=path, QUANTOKI_ENTROPY_URL=service.url, QSEED_SIZE="32", CRYPTOKI_SLOT_ID="0")
    equal((code, len(place.seeds("A1"))), (0, 32))


@test
def what_the_environment_says_wrongly_is_told(place):
    path = place.write("qseed_config.yml", "qrypt_token: a\ncryptoki_lib: %s\ncryptoki_slot_id: 1\n"
                       "cryptoki_user_pin: 1234\n" % sys.argv[2], 0o600)
    for name, value in (("QSEED_SIZE", "abc"), ("QSEED_SIZE", "65537"), ("QSEED_PERIOD", "0"), ("CRYPTOKI_SLOT_ID", "x")):
        code, log = place.run("--check", config=path, QUANTOKI_ENTROPY_URL=service.url, **{name: value})
        equal(code, 1)
        assert "number" in log, log
    equal(place.run("--check", config=False, QSEED_CONFIG_FILE=path, QUANTOKI_ENTROPY_URL=service.url)[0], 0)


@test
def the_sample_finds_and_seeds_a_token_of_softhsm(place):
    sample = open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../packaging/seed.yaml")).read()
    equal(subprocess.run([sys.argv[1], "--example"], capture_output=True, text=True).stdout, sample)
    assert wrapper.BASE, "SoftHSM is not installed"
    os.mkdir(place.path("tokens.d"))
    hsm = {"SOFTHSM2_CONF": place.write("softhsm2.conf", "directories.tokendir = %s\n" % place.path("tokens.d"))}
    subprocess.run(["softhsm2-util", "--init-token", "--free", "--label", "signing", "--pin", "1234", "--so-pin", "5678"],
                   env={**os.environ, **hsm}, check=True, capture_output=True)
    for old, new in (("/usr/lib/softhsm/libsofthsm2.so", wrapper.BASE), ("/etc/quantoki/signing.pin", place.path("pin")),
                     ("/etc/quantoki/seed.token", place.path("token")), ("/run/quantoki-seed", place.folder),
                     ("https://entropy.example.org:9443", service.url)):
        assert old in sample
        sample = sample.replace(old, new)
    place.write("seed.yaml", sample + "state_folder: %s\n" % place.path("state"))
    equal(place.run("--check", **hsm)[0], 0)
    equal(place.run("--once", **hsm)[0], 0)
    equal(json.load(open(place.path("status.json")))["targets"][0]["injections"], 1)
    place.write("seed.yaml", sample.replace("login: user", "login: so") + "state_folder: %s\n" % place.path("state"))
    place.write("pin", "5678\n", 0o600)
    equal(place.run("--once", **hsm)[0], 0)  # a security officer needs a session of another kind
    place.write("pin", "4321\n", 0o600)
    equal(place.run("--test-login", **hsm)[0], 3)


def bad_config(title, words, text=None, **target):
    def run(place):
        place.configure(target)
        if text:
            place.write("seed.yaml", text)
        code, log = place.run("--check")
        equal(code, 1)
        assert words in log, log
    run.__name__ = title
    tests.append(run)


bad_config("a_typing_error_is_told_with_its_line", "seed.yaml:6: targets.0.sise", sise=48)
bad_config("a_size_beyond_the_limit_is_told", "size", size=65537)
bad_config("two_tokens_for_one_target_are_told", "exactly one of slot", slot="0")
bad_config("a_slot_that_is_no_number_is_told", "slot must be a number", slot="abc", token_label=None)
bad_config("a_relative_library_is_told", "absolute", library="softhsm.so")
bad_config("a_pin_in_an_open_file_is_told", "chmod 600", pin="1234", pin_file=None)
bad_config("a_missing_service_is_told", "service.url", text="targets: [ { name: a, library: /x, slot: 0, login: none } ]\n")
bad_config("plain_http_to_elsewhere_is_told", "https alone", text="service: { url: 'http://entropy.test', token_file: /t }\n"
           "targets: [ { name: a, library: /x, slot: 0, login: none } ]\n")
bad_config("a_missing_file_of_authorities_is_told", "/nowhere/ca.pem", text="service: { url: 'https://entropy.test', token_file: /t, "
           "ca_file: /nowhere/ca.pem }\ntargets: [ { name: a, library: /x, slot: 0, login: none } ]\n")
bad_config("what_is_no_proxy_is_told", "is no proxy", text="service: { url: 'https://entropy.test', token_file: /t, proxy: "
           "'socks5://p.test' }\ntargets: [ { name: a, library: /x, slot: 0, login: none } ]\n")
bad_config("a_name_that_is_too_long_is_told", "name is longer", name="n" * 101)
bad_config("a_name_of_control_characters_is_told", "control character", name="a\nb")
bad_config("no_targets_are_told", "targets", text="service: { url: 'https://x' }\n")


class Skip(Exception):
    """What a test needs is not here."""


def run_one(number, function):
    place = Place()
    try:
        function(place)
        print("ok %d - %s" % (number, function.__name__.replace("_", " ")), flush=True)
    except Skip as reason:
        print("ok %d - %s # SKIP %s" % (number, function.__name__.replace("_", " "), reason), flush=True)
    except Exception as problem:  # noqa: a test that breaks is a test that failed
        print("not ok %d - %s\n# %s" % (number, function.__name__.replace("_", " "), repr(problem)[:600]), flush=True)
        for process in place.processes[-1:]:
            print("".join("# " + line for line in process.log[-6:]), end="", flush=True)
    place.end()


def main(those):
    global service
    service = Service()
    print("1..%d" % len(those), flush=True)
    for number, function in enumerate(those, 1):
        run_one(number, function)


if __name__ == "__main__":
    main(tests)
