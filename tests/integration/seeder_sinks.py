#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""quantoki-seed and what it seeds besides tokens: the kernel, a TPM (swtpm, and one that answers as a test says), named
pipes and files, ESXi's entropy pool behind a vCenter of the test's own, over TLS.

Usage: seeder_sinks.py QUANTOKI-SEED TEST-TOKEN (tests/bases/token.c). Speaks TAP."""
import base64, fcntl, http.server, json, os, shutil, signal, socket, ssl, struct, subprocess, sys, threading, time, urllib.parse

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import seeder
from seeder import Place, Service, Skip, bad_config, certificates, equal, find, memory_of, run_one, status_of, until

service = seeder.service = Service()
seeder.tests.clear()
test = seeder.test


def sink(kind, **keys):
    return {"sink": kind, "library": None, "token_label": None, "pin_file": None, **keys}


def fails(place, code, class_, *words):
    """One try: the log has the code, its class, what comes next or what to do."""
    result, log = place.run("--once")
    equal(result, 5 if class_ == "not-possible" else 3)
    line = next((line for line in log.split("\n") if "op=seed" in line), log)
    for part in ("code=" + code, "class=" + class_, *words):
        assert part in line, (part, log)
    return log


def said(process, words):
    return any(words in line for line in process.log)


# ---- the kernel ----

@test
def the_kernel_takes_seeds(place):
    place.configure(sink("kernel"), sink("kernel", device="/dev/random"))
    equal(place.run("--check")[0], 0)
    equal(service.requests, [])
    code, log = place.run("--once")
    equal(code, 0)
    equal(log.count('op=seed target=t0 token="kernel" serial="" slot=0 bytes=48'), 1)
    equal((status_of(place)["library"], status_of(place)["bytes"]), ("kernel:/dev/urandom", 48))
    assert 'injections_total{target="t0",token="kernel",serial=""} 1\n' in open(place.path("metrics")).read()


def run_without_right(place, *arguments):
    """As root, without the capability: for others it is so anyway."""
    drop = ["setpriv", "--bounding-set", "-sys_admin", "--"] if os.geteuid() == 0 else []
    command = [*drop, sys.argv[1], "--config", place.path("seed.yaml"), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    return done.returncode, done.stderr


@test
def who_may_not_credit_entropy_is_told_what_is_missing(place):
    place.configure(sink("kernel", credit_bits=256))
    for mode in ("--check", "--once"):
        code, log = run_without_right(place, mode)
        equal(code, 3)
        assert "code=CREDIT_FORBIDDEN class=configuration" in log and "CAP_SYS_ADMIN" in log, log
    equal((status_of(place)["state"], status_of(place)["bytes"]), ("off", 0))


@test
def who_may_credits_entropy(place):
    with open("/dev/urandom", "wb") as device:
        try:
            fcntl.ioctl(device, 0x40085203, struct.pack("ii", 0, 0))  # RNDADDENTROPY of nothing
        except OSError as problem:
            raise Skip("RNDADDENTROPY: " + problem.strerror)
    place.configure(sink("kernel", credit_bits=256))
    equal(place.run("--check")[0], 0)
    equal(place.run("--once")[0], 0)


@test
def other_devices_than_the_kernels_generator_get_nothing(place):
    place.configure(sink("kernel", device="/dev/null"))
    fails(place, "SINK_WRONG_KIND", "configuration", "next=off")
    place.configure(sink("kernel", device="/dev/nowhere"))
    fails(place, "SINK_MISSING", "transient", "next=back-off")


# ---- pipes and files ----

@test
def a_named_pipe_gets_the_services_bytes(place):
    os.mkfifo(place.path("pipe"))
    place.configure(sink("file", path=place.path("pipe"), size=2500))
    equal(place.run("--check")[0], 0)
    reader = os.open(place.path("pipe"), os.O_RDONLY | os.O_NONBLOCK)
    equal(place.run("--once")[0], 0)
    equal(os.read(reader, 10000), b"".join(service.given)[:2500])
    os.close(reader)


@test
def a_pipe_without_a_reader_waits_for_one(place):
    os.mkfifo(place.path("pipe"))
    place.configure(sink("file", path=place.path("pipe")))
    fails(place, "PIPE_NO_READER", "busy", "next=period", "nobody reads")
    process = place.start()
    until(lambda: said(process, "PIPE_NO_READER"))
    reader = os.open(place.path("pipe"), os.O_RDONLY)  # waits until the pipe is opened for writing
    got = os.read(reader, 48)
    assert len(got) == 48 and got in service.given
    got = os.read(reader, 1000)  # waits, too: between seeds there is no end
    assert got and len(got) % 48 == 0
    os.close(reader)
    failures = status_of(place)["failures"]
    until(lambda: status_of(place)["failures"] > failures)
    reader = os.open(place.path("pipe"), os.O_RDONLY)
    assert os.read(reader, 48)
    os.close(reader)
    equal(process.poll(), None)


@test
def a_reader_that_does_not_read_is_not_waited_for(place):
    os.mkfifo(place.path("pipe"))
    place.configure(sink("file", path=place.path("pipe"), size=65536))
    reader = os.open(place.path("pipe"), os.O_RDONLY | os.O_NONBLOCK)
    fcntl.fcntl(reader, 1031, 4096)  # F_SETPIPE_SZ
    fails(place, "PIPE_FULL", "busy")
    os.close(reader)


@test
def a_file_is_replaced_whole(place):
    place.write("seed", "x" * 100, 0o644)
    place.configure(sink("file", path=place.path("seed"), period=3600))
    equal(place.run("--check")[0], 0)
    equal(len(open(place.path("seed"), "rb").read()), 100)
    equal(place.run("--once")[0], 0)
    equal(open(place.path("seed"), "rb").read(), service.given[-1])
    equal(os.stat(place.path("seed")).st_mode & 0o777, 0o600)
    equal(sorted(name for name in os.listdir(place.folder) if "seed" in name), ["seed", "seed.yaml"])


@test
def a_file_without_a_folder_is_missing(place):
    place.configure(sink("file", path=place.path("no/seed")))
    fails(place, "SINK_MISSING", "transient", "back_off_ms=1000")
    place.configure(sink("file", path=place.folder))
    fails(place, "SINK_WRONG_KIND", "configuration")
    place.configure(sink("file", path=place.path("pin") + "/seed"))
    fails(place, "SINK_MISSING", "transient")


@test
def a_folder_that_is_not_ours_is_told(place):
    if os.geteuid() == 0:
        raise Skip("root may write everywhere")
    place.configure(sink("file", path="/usr/seed"))
    fails(place, "SINK_FORBIDDEN", "configuration", "ReadWritePaths")


@test
def a_full_disk_is_told(place):
    os.mkdir(place.path("small"))
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4k", "none", place.path("small")], capture_output=True)
    if mounted.returncode != 0:
        raise Skip("no file system may be mounted")
    try:
        open(place.path("small/full"), "wb").write(b"x" * 4096)
        place.configure(sink("file", path=place.path("small/seed")))
        fails(place, "SINK_FULL", "transient")
        equal(os.listdir(place.path("small")), ["full"])
    finally:
        subprocess.run(["umount", place.path("small")], check=True)


# ---- TPM ----

class Tpm:
    """A Unix socket for TPM commands. Without `answer` it passes them on to `behind`."""

    def __init__(self, path, answer=None, behind=None):
        self.stirred, self.commands, self.answer, self.behind = b"", 0, answer, behind
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen()
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            client = self.listener.accept()[0]
            server = None
            if self.behind:
                server = socket.socket(socket.AF_UNIX)
                server.connect(self.behind)
            while head := client.recv(10):
                tag, size, code = struct.unpack(">HII", head)
                body = client.recv(size - 10) if size > 10 else b""
                equal((tag, code, len(body), struct.unpack(">H", body[:2])[0]), (0x8001, 0x146, size - 10, size - 12))
                assert size - 12 <= 128
                self.stirred, self.commands = self.stirred + body[2:], self.commands + 1
                if server:
                    server.sendall(head + body)
                answer = server.recv(4096) if server else self.answer(self)
                client.sendall(answer)
                if not answer:
                    break
            client.close()
            if server:
                server.close()


def response(code=0, tag=0x8001, size=10, more=b""):
    return struct.pack(">HII", tag, size, code) + more


def start_swtpm(place, *flags):
    if not shutil.which("swtpm"):
        raise Skip("swtpm is not installed")
    os.mkdir(place.path("tpm"))
    process = subprocess.Popen(["swtpm", "socket", "--tpm2", "--tpmstate", "dir=" + place.path("tpm"), "--server",
                                "type=unixio,path=" + place.path("swtpm"), "--flags", ",".join(("not-need-init", *flags))],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    place.processes.append(process)
    process.log = []
    until(lambda: os.path.exists(place.path("swtpm")))
    return place.path("swtpm")


@test
def a_tpm_is_stirred_with_all_of_the_seed(place):
    tpm = Tpm(place.path("relay"), behind=start_swtpm(place, "startup-clear"))
    for size in (1, 48, 128, 129, 2000):
        tpm.stirred, tpm.commands = b"", 0
        service.begin()
        place.configure(sink("tpm", device=place.path("relay"), size=size))
        equal(place.run("--check")[0], 0)
        equal((tpm.stirred, tpm.commands), (b"", 1))
        equal(place.run("--once")[0], 0)
        equal((tpm.stirred, tpm.commands), (b"".join(service.given)[:size], 1 + (size + 127) // 128))
    assert 'bytes_total{target="t0",token="tpm",serial=""} 2000\n' in open(place.path("metrics")).read()


@test
def a_tpm_serves_others_between_seeds(place):
    path = start_swtpm(place, "startup-clear")
    place.configure(sink("tpm", device=path), sink("tpm", device=path, size=32))
    place.start()
    until(lambda: os.path.exists(place.path("status")) and status_of(place, "t1")["injections"] > 1)
    other = socket.socket(socket.AF_UNIX)
    other.settimeout(15)
    other.connect(path)
    other.sendall(struct.pack(">HIIH", 0x8001, 12, 0x17B, 8))  # TPM2_GetRandom
    equal(other.recv(4096)[:12], struct.pack(">HIIH", 0x8001, 20, 0, 8))
    other.close()
    before = status_of(place)["injections"]
    until(lambda: status_of(place)["injections"] > before)


@test
def a_tpm_that_was_not_started_is_told(place):
    place.configure(sink("tpm", device=start_swtpm(place)))
    fails(place, "TPM_NOT_STARTED", "transient", "startup-clear")


def bad_tpm(name, answer, code, class_, *words):
    def run(place):
        tpm = Tpm(place.path("tpm"), answer)
        place.configure(sink("tpm", device=place.path("tpm"), size=200))
        fails(place, code, class_, *words)
        equal(tpm.commands >= 1 and status_of(place)["bytes"], 0)
    run.__name__ = name
    seeder.tests.append(run)


for number, name in ((0x922, "retry"), (0x90A, "testing"), (0x908, "yielded")):
    bad_tpm("a_tpm_that_says_%s_is_asked_again" % name, lambda tpm, number=number: response(number), "TPM_BUSY", "transient",
            "next=back-off")
bad_tpm("a_tpm_that_fails_half_way_was_not_seeded", lambda tpm: response(0x922 if tpm.commands > 1 else 0), "TPM_BUSY", "transient")
bad_tpm("a_tpm_that_fails_is_tried_again", lambda tpm: response(0x101), "TPM_REFUSED", "transient")
bad_tpm("a_tpm_of_before_is_told", lambda tpm: response(0x1E, tag=0x00C4), "TPM_UNSUPPORTED", "not-possible", "TPM 1.2")
bad_tpm("a_tpm_without_the_command_is_off", lambda tpm: response(0x143), "TPM_UNSUPPORTED", "not-possible", "next=off")
bad_tpm("a_response_that_is_too_long_is_none", lambda tpm: response(more=b"x"), "TPM_ANSWER", "transient")
bad_tpm("a_response_that_says_too_much_is_none", lambda tpm: response(size=5000), "TPM_ANSWER", "transient")
bad_tpm("a_response_with_parameters_is_none", lambda tpm: response(size=12, more=b"xx"), "TPM_ANSWER", "transient")
bad_tpm("a_response_with_a_strange_tag_is_none", lambda tpm: response(tag=0x1234), "TPM_ANSWER", "transient")
bad_tpm("a_tpm_that_hangs_up_is_none", lambda tpm: b"", "TPM_ANSWER", "transient")


@test
def a_tpm_that_is_not_there_is_waited_for(place):
    place.configure(sink("tpm", device=place.path("swtpm")))
    process = place.start()
    until(lambda: said(process, "code=SINK_MISSING class=transient"))
    start_swtpm(place, "startup-clear")
    until(lambda: status_of(place)["injections"] > 0)
    place.configure(sink("tpm", device=place.write("plain", "")))
    fails(place, "SINK_WRONG_KIND", "configuration")


# ---- ESXi ----

class VCenter:
    """The part of the vSphere Automation API (8.0 U1) that has to do with entropy pools."""

    def __init__(self, folder):
        it = self
        self.password, self.sessions, self.requests, self.override = "right:%20", set(), [], {}
        self.pools = {"host-21": {"status": "ENABLED", "capacity": 4096, "currently_available": 1000, "low_watermark": 512,
                                  "inactive_source_timeout": 60},
                      "host-22": {"status": "ENABLED", "capacity": 4096, "currently_available": 4066, "low_watermark": 512,
                                  "inactive_source_timeout": 60}}
        self.names = {"esx1.example.org": "host-21", "esx2.example.org": "host-22"}
        self.added = {host: b"" for host in self.pools}

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                it.requests.append((self.command, self.path))
                code, answer = it.answer(self, body)
                self.close_connection = code is None
                if self.close_connection:
                    return
                text = b"" if answer is None else answer if isinstance(answer, bytes) else json.dumps(answer).encode()
                self.send_response(code)
                if code != 204:
                    self.send_header("Content-Type", "application/json")
                    self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            do_GET = do_POST = do_DELETE = do

            def log_message(self, *unused):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder + "/server.pem", folder + "/server.key")
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.url = "https://127.0.0.1:%d" % self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def made(self, method, path=""):
        return sum(request[0] == method and path in request[1] for request in self.requests)

    def answer(self, handler, body):
        url = urllib.parse.urlsplit(handler.path)
        wrong = lambda code, kind: (code, {"error_type": kind, "messages": []})
        if (handler.command, url.path) in self.override:
            return self.override[(handler.command, url.path)]
        if (handler.command, url.path) == ("POST", "/api/session"):
            wanted = "Basic " + base64.b64encode(("seeder@vsphere.local:" + self.password).encode()).decode()
            if handler.headers.get("Authorization") != wanted:
                return wrong(401, "UNAUTHENTICATED")
            session = os.urandom(16).hex()
            self.sessions.add(session)
            return 201, session
        if handler.headers.get("vmware-api-session-id") not in self.sessions:
            return wrong(401, "UNAUTHENTICATED")
        if (handler.command, url.path) == ("DELETE", "/api/session"):
            self.sessions.discard(handler.headers["vmware-api-session-id"])
            return 204, None
        if url.path == "/api/vcenter/host":
            host = self.names.get(urllib.parse.parse_qs(url.query)["names"][0])
            return 200, [{"host": host, "name": "x", "connection_state": "CONNECTED"}] if host else []
        host = url.path.split("/")[4] if url.path.endswith("/entropy/external-pool") else None
        if host not in self.pools:
            return wrong(404, "NOT_FOUND")
        pool = self.pools[host]
        if handler.command == "GET":
            return 200, pool if pool["status"] == "ENABLED" else {"status": "DISABLED"}
        equal((url.query, handler.headers["Content-Type"]), ("action=add", "application/json"))
        data = base64.b64decode(json.loads(body)["data"], validate=True)
        assert len(data) <= pool["capacity"] - pool["currently_available"], "more than is missing"
        pool["currently_available"] += len(data)
        self.added[host] += data
        return 200, {key: pool[key] for key in pool if key != "status"}


def esxi(place, vcenter, **keys):
    return sink("esxi", url=vcenter.url, host="host-21", user="seeder@vsphere.local", password_file=place.path("password"),
                ca_file=place.path("server.pem"), **keys)


def in_vsphere(function):
    def run(place):
        certificates(place)
        place.write("password", "right:%20\n", 0o600)
        function(place, VCenter(place.folder))
    run.__name__ = function.__name__
    seeder.tests.append(run)
    return run


def pool_of(host="host-21"):
    return "/api/vcenter/host/%s/entropy/external-pool" % host


@in_vsphere
def esxi_gets_what_its_pool_lacks_and_no_more(place, vcenter):
    place.configure(esxi(place, vcenter, size=64), esxi(place, vcenter, size=64) | {"host": "esx2.example.org"})
    code, log = place.run("--once")
    equal(code, 0)
    equal((len(vcenter.added["host-21"]), len(vcenter.added["host-22"])), (64, 30))
    given = b"".join(service.given)
    assert vcenter.added["host-21"] in (given[:64], given[64:]) and vcenter.added["host-22"] in (given[:30], given[64:94])
    equal((status_of(place)["bytes"], status_of(place, "t1")["bytes"]), (64, 30))
    equal((vcenter.made("POST", "/api/session"), vcenter.made("DELETE", "/api/session"), vcenter.sessions), (1, 1, set()))
    code, log = place.run("--once")  # now the second one is full
    equal((code, len(vcenter.added["host-22"])), (0, 30))
    assert 'op=seed target=t1 token="esxi" serial="" slot=0 bytes=0' in log, log
    metrics = open(place.path("metrics")).read()
    assert 'unneeded_total{target="t1",token="esxi",serial=""} 1\n' in metrics
    assert 'injections_total{target="t1",token="esxi",serial=""} 0\n' in metrics
    equal(status_of(place, "t1")["state"], "seeded")


@in_vsphere
def checks_of_esxi_add_nothing(place, vcenter):
    place.configure(esxi(place, vcenter))
    equal(place.run("--check")[0], 0)
    equal(vcenter.requests, [])
    equal(place.run("--test-login")[0], 0)
    equal((vcenter.made("POST", "/api/session"), vcenter.made("POST", "pool"), vcenter.made("GET", "pool")), (1, 0, 1))


@in_vsphere
def a_session_serves_until_vcenter_forgets_it(place, vcenter):
    place.configure(esxi(place, vcenter))
    process = place.start()
    until(lambda: len(vcenter.added["host-21"]) >= 96)
    equal(vcenter.made("POST", "/api/session"), 1)
    vcenter.sessions.clear()
    before = len(vcenter.added["host-21"])
    until(lambda: len(vcenter.added["host-21"]) > before)
    equal((vcenter.made("POST", "/api/session"), status_of(place)["failures"]), (2, 0))
    process.send_signal(signal.SIGTERM)
    equal(process.wait(15), 0)
    equal(vcenter.sessions, set())


@in_vsphere
def a_wrong_password_is_sent_once(place, vcenter):
    place.write("password", "wrong\n", 0o600)
    place.configure(esxi(place, vcenter), esxi(place, vcenter) | {"host": "host-22"})
    for _ in range(3):
        equal(place.run("--once")[0], 3)
    equal(vcenter.made("POST", "/api/session"), 1)
    place.drop("status")
    process = place.start("--retry-login")  # once more, for both
    until(lambda: os.path.exists(place.path("status")) and [status_of(place, name)["state"] for name in ("t0", "t1")] ==
          ["latched", "latched"])
    equal(vcenter.made("POST", "/api/session"), 2)
    os.remove(place.path("state/wrong-pin-t0"))  # and once more, for the first
    until(lambda: vcenter.made("POST", "/api/session") == 3)
    place.write("password", "right:%20\n", 0o600)
    until(lambda: vcenter.added["host-21"] and vcenter.added["host-22"])
    equal((vcenter.made("POST", "/api/session"), process.poll()), (4, None))


@in_vsphere
def a_password_that_was_refused_once_may_become_the_right_one(place, vcenter):
    place.write("password", "wrong\n", 0o600)
    place.configure(esxi(place, vcenter))
    process = place.start()
    until(lambda: os.path.exists(place.path("state/wrong-pin-t0")))
    vcenter.password = "wrong"
    os.remove(place.path("state/wrong-pin-t0"))
    until(lambda: vcenter.added["host-21"])
    vcenter.sessions.clear()  # the next login is another target's, which knows of no refusal
    place.configure(esxi(place, vcenter) | {"name": "another", "host": "host-22"})
    process.send_signal(signal.SIGHUP)
    until(lambda: vcenter.added["host-22"])


@in_vsphere
def a_seed_is_not_sent_again_when_the_connection_ends(place, vcenter):
    vcenter.override[("POST", pool_of())] = (None, None)
    place.configure(esxi(place, vcenter))
    fails(place, "VCENTER_AWAY", "transient")
    equal(vcenter.made("POST", "pool"), vcenter.made("GET", "pool"))


def bad_vcenter(name, change, code, class_, *words):
    def run(place, vcenter):
        target = esxi(place, vcenter)
        change(vcenter, target)
        place.configure(target)
        log = fails(place, code, class_, *words)
        equal((vcenter.added["host-21"], "right" in log), (b"", False))
    run.__name__ = name
    in_vsphere(run)


def overriding(method, path, code, answer):
    return lambda vcenter, target: vcenter.override.update({(method, path): (code, answer)})


bad_vcenter("a_pool_that_is_switched_off_puts_the_target_off", lambda vcenter, target: vcenter.pools["host-21"].update(
    status="DISABLED"), "ESXI_POOL_OFF", "not-possible", "next=off")
bad_vcenter("a_missing_privilege_is_named", overriding("POST", pool_of(), 403, {"error_type": "UNAUTHORIZED"}),
            "VCENTER_FORBIDDEN", "configuration", "Host.Entropy.Write")
bad_vcenter("an_unknown_host_is_told", lambda vcenter, target: target.update(host="host-99"), "VCENTER_NO_HOST", "transient")
bad_vcenter("an_unknown_name_is_told", lambda vcenter, target: target.update(host="esx9.example.org"), "VCENTER_NO_HOST",
            "transient")
bad_vcenter("a_vcenter_that_starts_is_waited_for", overriding("GET", pool_of(), 503, {}), "VCENTER_AWAY", "transient",
            "next=back-off")
bad_vcenter("a_vcenter_that_is_away_is_waited_for", lambda vcenter, target: target.update(url="https://127.0.0.1:1"),
            "VCENTER_AWAY", "transient")
bad_vcenter("a_certificate_of_another_gets_no_password", lambda vcenter, target: target.update(
    ca_file=target["ca_file"].replace("server", "other")), "VCENTER_UNTRUSTED", "transient", "ca_file")
bad_vcenter("a_missing_file_of_vcenters_authorities_is_told", lambda vcenter, target: target.update(ca_file="/nowhere/ca.pem"),
            "VCENTER_CONFIG", "configuration")
bad_vcenter("an_answer_that_is_no_json_is_none", overriding("GET", pool_of(), 200, b"<html>"), "VCENTER_ANSWER", "transient")
bad_vcenter("a_pool_without_numbers_is_none", overriding("GET", pool_of(), 200, {"status": "ENABLED"}), "VCENTER_ANSWER",
            "transient")
bad_vcenter("a_session_that_would_end_a_header_is_none", overriding("POST", "/api/session", 201, "a\r\nb: c"),
            "VCENTER_ANSWER", "transient")
bad_vcenter("a_seed_that_is_not_taken_is_none", overriding("POST", pool_of(), 500, {}), "VCENTER_AWAY", "transient")


@in_vsphere
def a_password_that_cannot_be_read_is_no_wrong_one(place, vcenter):
    place.configure(esxi(place, vcenter) | {"password_file": place.path("nothing")})
    fails(place, "PIN_UNREADABLE", "transient")
    place.configure(esxi(place, vcenter) | {"password_file": None, "password_credential": "password"})
    equal(place.run("--once", CREDENTIALS_DIRECTORY=place.folder)[0], 0)


# ---- all together ----

@test
def whatever_one_sink_does_the_others_go_on(place):
    os.mkfifo(place.path("pipe"))
    tpm = Tpm(place.path("tpm"), lambda tpm: response())
    place.configure({}, sink("kernel"), sink("file", path=place.path("pipe")), sink("tpm", device=place.path("tpm")),
                    sink("file", path=place.path("seed")))
    process = place.start()
    until(lambda: os.path.exists(place.path("status")) and all(
        status_of(place, "t%d" % n)["injections"] > 1 for n in (0, 1, 3, 4)) and status_of(place, "t2")["failures"] > 1)
    given = b"".join(service.given)
    for part in (place.seeds("A1")[:48], tpm.stirred[:48]):
        equal(given.count(part), 1)
    starts = lambda: [line for line in process.log if "op=worker library=kernel:/dev/urandom pid=" in line]
    os.kill(int(starts()[0].split("urandom pid=")[1].split()[0]), signal.SIGKILL)
    until(lambda: len(starts()) == 2)
    equal([status_of(place, "t%d" % n)["failures"] for n in (0, 3, 4)], [0, 0, 0])
    process.send_signal(signal.SIGTERM)
    equal(process.wait(15), 0)


@test
def a_reload_exchanges_sinks(place):
    tpm = Tpm(place.path("tpm"), lambda tpm: response())
    place.configure({"period": 3600}, sink("tpm", device=place.path("tpm"), period=3600))
    process = place.start()
    until(lambda: place.seeds("A1") and tpm.stirred)
    place.configure({"period": 3600}, sink("tpm", device=place.path("tpm"), period=3600),
                    sink("file", path=place.path("seed"), period=3600))
    process.send_signal(signal.SIGHUP)
    until(lambda: os.path.exists(place.path("seed")))
    equal((len(tpm.stirred), len(place.seeds("A1"))), (48, 48))
    place.configure({"period": 3600}, sink("kernel", name="t1", period=3600))
    process.send_signal(signal.SIGHUP)
    until(lambda: said(process, 'op=seed target=t1 token="kernel"'))
    equal((len(tpm.stirred), len(place.seeds("A1"))), (48, 48))


@test
def seeds_of_sinks_are_not_logged(place):
    place.configure(sink("file", path=place.path("seed")), sink("kernel"), more="logging: { level: trace }\n")
    code, log = place.run("--once")
    equal(code, 0)
    seed = open(place.path("seed"), "rb").read()
    assert seed.hex()[:16] not in log and base64.b64encode(seed).decode()[:16] not in log and "the-token" not in log


@in_vsphere
def memory_of_workers_holds_neither_seed_nor_password_nor_session(place, vcenter):
    vcenter.password = "right:" + os.urandom(9).hex()
    place.write("password", vcenter.password + "\n", 0o600)
    tpm = Tpm(place.path("tpm"), lambda tpm: response())
    place.configure(*(target | {"size": 64, "period": 3600} for target in (
        sink("kernel"), sink("tpm", device=place.path("tpm")), sink("file", path=place.path("seed")), esxi(place, vcenter))))
    process = place.start()
    until(lambda: sum(" op=seed " in line for line in process.log) == 4)
    process.send_signal(signal.SIGUSR1)
    until(lambda: sum(" op=seed " in line for line in process.log) == 8)
    equal((tpm.commands, len(vcenter.added["host-21"])), (2, 128))
    workers = [int(line.split(" pid=")[2].split()[0]) for line in process.log if "op=worker library=" in line]
    equal(len(workers), 4)
    time.sleep(0.1)  # a worker wipes its order after its answer
    seeds, (session,) = list(service.given), vcenter.sessions
    for worker in workers:
        try:
            memory = memory_of(worker)
        except PermissionError:  # of no use to others: that is what is wanted
            assert os.geteuid() != 0
            continue
        assert sum(len(part) for _, part in memory) > 1000000, "nothing was read"
        for seed in seeds:
            equal((find(seed[:16], memory), find(seed[-16:], memory), find(base64.b64encode(seed)[:24], memory)), (0, 0, 0))
        login = base64.b64encode(("seeder@vsphere.local:" + vcenter.password).encode())
        equal((find(vcenter.password.encode(), memory), find(login[-16:], memory)), (0, 0))
        equal(find(session.encode(), memory, also_locked=False), 0)


bad_config("a_key_of_tokens_is_told_with_line_and_target", "seed.yaml:6: target t0: library is no key of a target with sink: tpm",
           **sink("tpm", library="/x"))
bad_config("a_pin_for_the_kernel_is_told", "pin_file is no key of a target with sink: kernel", **sink("kernel", pin_file="/p"))
bad_config("a_device_for_a_token_is_told", "device is no key of a target with sink: token", device="/dev/tpm0")
bad_config("a_file_without_a_path_is_told", "path is missing, which sink: file needs", **sink("file"))
bad_config("a_sink_that_is_none_is_told", "targets.0.sink", **sink("printer"))
bad_config("more_credit_than_bits_is_told", "credit_bits are more than size has bits", **sink("kernel", credit_bits=385))
bad_config("plain_http_to_a_vcenter_is_told", "url must be https", **sink("esxi", url="http://vc.test", host="h", user="u",
                                                                          password_file="/p"))


if __name__ == "__main__":
    print("1..%d" % len(seeder.tests), flush=True)
    for number, function in enumerate(seeder.tests, 1):
        run_one(number, function)
