#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""libquantoki-entropy.so and the process it lives in: memory, settings, log, privileges, symbols.

Arguments: see wrapper_world.py."""
import base64, os, re, resource, shutil, subprocess, sys, tempfile, time

import wrapper_world as w
from scripted_service import status
from wrapper_world import (GENERAL, OK, STUB, STUB_SLOT, U, USER, WRAPPER, config, equal, fresh_log, log_lines, settings,
                           start_user, started, test, with_settings)


# ---- memory ----

@test
def old_stock_is_not_served():
    session = started(**with_settings("max_age_s: 1\n"))
    equal(w.p11.random(session, 32)[0], OK)
    time.sleep(1.2)
    equal(w.p11.random(session, 32), (OK, w.service.given[64][:32]))
    equal(len(w.service.requests), 2)


def mappings(pid):
    """What a process may write to: the kernel's flags of each mapping, and its bytes."""
    found, place = [], None
    with open("/proc/%d/smaps" % pid) as smaps, open("/proc/%d/mem" % pid, "rb") as mem:
        for line in smaps:
            begin = re.match(r"(\w+)-(\w+) (rw)?", line)
            if begin:
                place = (int(begin[1], 16), int(begin[2], 16)) if begin[3] else None
            elif line.startswith("VmFlags:") and place and place[1] - place[0] < 1 << 30:  # larger: a sanitizer's own
                mem.seek(place[0])
                found.append((line.split()[1:], re.sub(rb"\0{64,}", b"\0", mem.read(place[1] - place[0]))))
    return found


def words_found(texts, memory):
    """Where in the texts the 64-bit words begin that memory holds, at any address."""
    places = {int.from_bytes(text[at:at + 8], sys.byteorder): at for text in texts for at in range(0, len(text) - 7, 8)}
    found = set()
    for shift in range(8):
        words = memory[shift:len(memory) - (len(memory) - shift) % 8]
        found |= set(places).intersection(memoryview(words).cast("Q"))
    return sorted(places[word] for word in found)


def leaves_nothing(service, served_bytes, text="mix: none\n", **more):
    """Draws so much. Neither those bytes stay, nor what the service gave for them, nor the base64 it came in; what is in
    stock shows that the search would find them, and that no core file would hold it."""
    service.begin()
    w.settings(QRYPT_BASE_HSM_PATH=STUB, QUANTOKI_ENTROPY_CONFIG=w.config(text), **more)
    user = start_user(STUB_SLOT, "show", served_bytes // 32)
    served = user.stdout.read(served_bytes)
    equal(user.stdout.readline(), b"drawn\n")
    memory = mappings(user.pid)
    user.communicate(b"\n")
    given, mixed = b"".join(service.given), "kernel" in text
    equal((len(served), served == given[:served_bytes]), (served_bytes, not mixed))
    stock, everything = given[served_bytes:], b"\n".join(held for _, held in memory)
    if stock and not mixed:
        flags = [flags for flags, held in memory if stock[:64] in held]
        assert flags and all({"dd", "wf"} <= set(each) for each in flags), "stock lies in mappings of %s" % flags
    texts = [served, given if mixed else given[:served_bytes], *map(base64.b64encode, service.given)]
    equal((text, words_found(texts, everything)), (text, []))


@test
def used_random_does_not_stay_in_memory():
    leaves_nothing(w.service, 4096)
    leaves_nothing(w.service, 32768, "mix: none\npool_bytes: 32768\n")
    leaves_nothing(w.service, 10240, "mix: none\npool_bytes: 1024\n")
    leaves_nothing(w.service, 16384, "mix: kernel\npool_bytes: 16384\n")


@test
def nor_does_it_stay_if_it_came_over_tls():
    for mix in "none", "kernel":
        leaves_nothing(w.secure, 32768, "mix: %s\npool_bytes: 32768\nca_file: %s/server.pem\n" % (mix, w.folder),
                       QUANTOKI_ENTROPY_URL=w.secure.url)


# ---- settings ----

@test
def a_typing_error_in_the_file_is_told():
    settings(QUANTOKI_ENTROPY_CONFIG=config("mixx: none\n"))
    equal(w.p11.C_Initialize(None), GENERAL)
    settings()
    equal(w.p11.C_Initialize(None), OK)


@test
def what_is_wrong_with_the_settings_is_told_on_standard_error():
    """Before the log is where the settings want it: they may be what is wrong."""
    for more, words in (({"QUANTOKI_ENTROPY_CONFIG": w.config("base: /x\nmixx: none\n")}, ("wrapper.yaml:2", "mixx")),
                        ({"QUANTOKI_ENTROPY_RETRIES": "many"}, ("environment", "retries"))):
        w.settings(QRYPT_BASE_HSM_PATH=STUB, **more)
        user = start_user(STUB_SLOT, "start")
        out, err = (text.decode() for text in user.communicate())
        equal(out, "C_Initialize 0x%x\n" % GENERAL)
        assert err.count("\n") == 1 and err.startswith("quantoki-entropy: level=error op=C_Initialize"), err
        assert all(word in err for word in words), err


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

# ---- the log ----

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
def they_tell_the_time_if_asked():
    w.settings(QRYPT_BASE_HSM_PATH=STUB, QUANTOKI_ENTROPY_CONFIG=w.config("log_to: stderr\nretries: 0\nlog_time: true\n"))
    w.service.begin(status(403))
    err = start_user(STUB_SLOT, "draw", 1).communicate(b"\n")[1].decode()
    assert re.search(r"^quantoki-entropy: 20\d\d-\d\d-\d\dT[\d:.]{12}Z pid=\d+ level=error op=C_GenerateRandom", err, re.M), err


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

# ---- symbols and privileges ----

@test
def nothing_is_exported_but_the_standards_functions():
    names = subprocess.run(["nm", "-D", "--defined-only", WRAPPER], check=True, stdout=subprocess.PIPE).stdout
    names = {line.split()[-1].split("@")[0] for line in names.decode().splitlines()}
    equal([name for name in names if not name.startswith("C_")], [])
    equal(len(names), 104)
    needed = subprocess.run(["readelf", "-d", WRAPPER], check=True, stdout=subprocess.PIPE).stdout.decode()
    assert "NEEDED" in needed and "curl" not in needed, needed


class Visitable:
    """A folder that other users may enter, with copies of program, library and base."""
    def __enter__(self):
        self.path = tempfile.mkdtemp(prefix="quantoki-visitable-")
        os.chmod(self.path, 0o755)
        for file in (USER, WRAPPER, STUB):
            os.chmod(shutil.copy(file, self.path), 0o755)
        self.program, self.library, self.base = (os.path.join(self.path, os.path.basename(file))
                                                 for file in (USER, WRAPPER, STUB))
        return self

    def __exit__(self, *unused):
        shutil.rmtree(self.path)

    def run(self, *words, before=(), **more):
        return subprocess.run([*before, self.program, self.library, str(STUB_SLOT), *words], stdout=subprocess.PIPE,
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
def a_set_uid_program_gets_the_file_below_etc():
    """Of a copy of /etc, which this program alone sees."""
    if why_not_as_others():
        return why_not_as_others()
    with Visitable() as place:
        if os.statvfs(place.path).f_flag & os.ST_NOSUID:
            return "set-uid has no effect on this file system"
        etc = place.path + "/etc"
        subprocess.run(["cp", "-a", "/etc", etc], check=True)
        os.makedirs(etc + "/quantoki", exist_ok=True)
        with open(etc + "/quantoki/entropy-wrapper.yaml", "w") as file:
            file.write("base: %s\n" % place.base)
        w.settings(QRYPT_BASE_HSM_PATH="/nowhere/at/all.so", QRYPT_LOG_LEVEL="-1")
        os.chown(place.program, 65534, 65534)
        os.chmod(place.program, 0o4755)
        seeing = ["unshare", "--mount", "sh", "-c", 'mount --bind "$1" /etc && shift && exec "$@"', "sh", etc]
        equal(place.run("start", before=seeing).stdout, b"C_Initialize 0x0\n")


@test
def memory_that_cannot_be_locked_is_a_warning():
    if why_not_as_others():
        return why_not_as_others()
    with Visitable() as place:
        w.settings(QRYPT_BASE_HSM_PATH=place.base, QUANTOKI_ENTROPY_CONFIG=None, QUANTOKI_ENTROPY_POOL_BYTES="4M")
        w.service.begin()
        for allowed in (0, 1 << 20):  # nothing at all; what is needed at the start, but no pool of 4 MiB
            done = place.run("draw", "1", user=65534, group=65534, extra_groups=[],
                             preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_MEMLOCK, (allowed, allowed)))
            equal(done.stdout, b"drawn\n")
            lines = done.stderr.decode().splitlines()
            assert len(lines) == 1 and "memory cannot be locked" in lines[0], (allowed, lines)


if __name__ == "__main__":
    w.main()
