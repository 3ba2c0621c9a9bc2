#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""libquantoki-entropy.so and its entropy service, which fails in every way: tokens, answers, time, TLS, several of them.

Arguments: see wrapper_world.py."""
import ctypes, os, re, socket, ssl, subprocess, time

import wrapper_world as w
from scripted_service import Service, changed, cut, good, only_get, raw, reply, silent, status
from wrapper_world import (BASE_OPEN, CA_FAILURE, DEVICE_ERROR, FUNCTION_FAILED, GENERAL, OK, STUB, STUB_SLOT, TOKEN_EMPTY, TOKEN_INVALID,
                           TOKEN_OTHER, equal, fresh_log, log_lines, refusal, rv_of, start_user, started, test, with_settings)


@test
def without_a_token_nothing_is_asked():
    equal(rv_of(good, QRYPT_EAAS_TOKEN=None), TOKEN_EMPTY)
    equal(w.service.requests, [])


@test
def the_references_environment_without_a_token_asks_nobody():
    for more in {}, {"QRYPT_EAAS_TOKEN": ""}, {"QRYPT_CA_CERT_PATH": "boguspath"}:
        session = started(QUANTOKI_ENTROPY_CONFIG=None, QUANTOKI_ENTROPY_URL=None, **{"QRYPT_EAAS_TOKEN": None, **more})
        equal(w.p11.random(session, 0)[0], OK)
        equal(w.p11.random(session, 40), (TOKEN_EMPTY, bytes(40)))
        equal(w.p11.C_Finalize(None), OK)


@test
def a_token_of_ours_never_goes_to_the_references_service():
    path = write("token", "ours\n")
    for more in {"QUANTOKI_ENTROPY_TOKEN_FILE": path}, {"QUANTOKI_ENTROPY_TOKEN": "ours"}:
        session = started(**with_settings("retries: 0\n", QUANTOKI_ENTROPY_URL=None, **more))
        equal(w.p11.random(session, 40), (GENERAL, bytes(40)))
        equal(w.p11.C_Finalize(None), OK)


def write(name, text, mode=0o600):
    path = os.path.join(w.folder, name)
    with open(path, "w") as file:
        file.write(text)
    os.chmod(path, mode)
    return path


@test
def a_token_file_that_cannot_be_read_is_no_token():
    for path in w.folder + "/nowhere", write("open", "token\n", 0o644), write("empty", "\n"):
        text = "mix: none\nretries: 0\nca_file: %s/server.pem\ntoken_file: %s\n" % (w.folder, path)
        equal((path, rv_of(good, text=text, QRYPT_EAAS_TOKEN=None)), (path, TOKEN_EMPTY))
        equal((w.service.requests, w.p11.C_Finalize(None)), ([], OK))


@test
def the_token_that_is_nearest_to_the_application_counts():
    """Ours over the reference's, the environment over the file, whether it is a token or a file with one."""
    theirs, ours = write("theirs", "of-the-file\n"), write("ours", "of-our-variables-file\n")
    def sent(text, **more):
        equal(rv_of(good, text="mix: none\n" + text, **{"QRYPT_EAAS_TOKEN": None, **more}), OK)
        equal(w.p11.C_Finalize(None), OK)
        return w.service.requests[0][2]["Authorization"].split()[1]
    equal(sent("token_file: %s\n" % theirs), "of-the-file")
    equal(sent("token_file: %s\n" % theirs, QRYPT_EAAS_TOKEN="reference"), "reference")
    equal(sent("token: text\n", QUANTOKI_ENTROPY_TOKEN_FILE=ours), "of-our-variables-file")
    equal(sent("", QRYPT_EAAS_TOKEN="reference", QUANTOKI_ENTROPY_TOKEN_FILE=ours), "of-our-variables-file")
    equal(sent("token_file: %s\n" % theirs, QRYPT_EAAS_TOKEN="reference", QUANTOKI_ENTROPY_TOKEN="mine"), "mine")


@test
def a_token_that_the_application_blanks_afterwards_is_still_known():
    session = started(**with_settings(""))
    libc = ctypes.CDLL(None)
    libc.getenv.restype = ctypes.c_void_p
    ctypes.memset(libc.getenv(b"QRYPT_EAAS_TOKEN"), ord("X"), len("the-token"))
    equal(w.p11.random(session, 40)[0], OK)
    equal(w.service.requests[0][2]["Authorization"], "Bearer the-token")


@test
def a_token_of_the_file_is_read_again_after_a_refusal():
    path = os.path.join(w.folder, "token")

    def renew(service, handler, body):
        with open(path, "w") as file:
            file.write("new\n")
        status(401)(service, handler, body)

    with open(path, "w") as file:
        file.write("old\r\nsecond line\n")
    os.chmod(path, 0o600)
    text = "mix: none\ntoken_file: %s\n" % path
    equal(rv_of(renew, good, text=text, QRYPT_EAAS_TOKEN=None), OK)
    equal([r[2]["Authorization"] for r in w.service.requests], ["Bearer old", "Bearer new"])


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
refusal("429_thrice_is_outlasted", OK, status(429), status(429), status(429), good, text="mix: none\n")
refusal("a_service_without_post_is_asked_with_get", OK, only_get)
refusal("a_dead_service_is_passed_over", OK, good,
        text="mix: none\nurl: [ 'http://127.0.0.1:1', '@URL@' ]\n", QUANTOKI_ENTROPY_URL=None)
refusal("the_base_serves_if_it_may", OK, status(503), text="mix: none\nretries: 0\nfallback: base\n")


@test
def an_answer_without_end_is_a_failure():
    equal(rv_of(raw(b'{"entropy":["' + b"A" * (5 << 20) + b'"]}')), FUNCTION_FAILED)


@test
def what_is_wrong_with_the_address_is_no_matter_of_certificates():
    for url in "http://example.org", "https://127.0.0.1:1/?x", "nonsense":
        text = "mix: none\nretries: 0\nca_file: %s/server.pem\nurl: '%s'\n" % (w.folder, url)
        equal((url, rv_of(good, text=text, QUANTOKI_ENTROPY_URL=None)), (url, GENERAL))
        equal(w.p11.C_Finalize(None), OK)


@test
def what_the_first_request_would_stumble_over_is_told_at_the_start():
    for text, more, words in (("", {"QRYPT_EAAS_TOKEN": None}, "QRYPT_EAAS_TOKEN"),
                              ("token_file: /nowhere/at/all\n", {"QRYPT_EAAS_TOKEN": None}, "/nowhere/at/all"),
                              ("ca_file: /nowhere.pem\n", {"QUANTOKI_ENTROPY_URL": w.secure.url}, "/nowhere.pem")):
        fresh_log()
        started(**with_settings(text, **more))
        lines = log_lines("op=C_Initialize")
        assert len(lines) == 1 and words in lines[0] and "level=warning" in lines[0], lines
        equal(w.p11.C_Finalize(None), OK)
    fresh_log()
    started(**with_settings(""))
    equal(log_lines(), [])


@test
def every_failure_names_component_function_and_what_to_look_at():
    """In a program of its own each time: the same error is told but once in 10 s."""
    for act, code, words in ((status(401), "NOT_AUTHENTICATED", "token_file"), (status(403), "NOT_AUTHORIZED", "allotment"),
                             (status(400), "REQUEST_REFUSED", "api"), (status(404), "METHOD_UNKNOWN", "url"),
                             (status(429), "RATE", "rate"), (status(503), "NO_RANDOM", "log"),
                             (raw(b"hello"), "PROTOCOL", "url"), (cut, "SERVER_AWAY", "url"),
                             (raw(b"[" + b" " * (5 << 20)), "MESSAGE_SIZE", "url"), (silent, "TIMEOUT", "attempt_timeout_ms")):
        w.settings(QRYPT_BASE_HSM_PATH=STUB, QUANTOKI_ENTROPY_CONFIG=w.config("log_to: stderr\nretries: 0\n"
                                                                              "attempt_timeout_ms: 500\n"))
        w.service.begin(act)
        lines = start_user(STUB_SLOT, "draw", 1).communicate(b"\n")[1].decode().splitlines()
        lines = [line for line in lines if "op=C_GenerateRandom" in line]
        equal((code, len(lines)), (code, 1))
        http = "HTTP %d" % act.code if hasattr(act, "code") else ""
        assert re.match(r'quantoki-entropy: level=error op=C_GenerateRandom untold=0 see="[^"]*%s[^"]*" err=%s words="[^"]*%s[^"]*" '
                        r'at=src/\S+:\d+$' % (words, code, http), lines[0]), lines[0]


@test
def one_connection_serves_all_downloads():
    for service, text in (w.service, ""), (w.secure, "url: %s\nca_file: %s/server.pem\n" % (w.secure.url, w.folder)):
        session = started(**with_settings("pool_bytes: 1024\n" + text, **({"QUANTOKI_ENTROPY_URL": None} if text else {})))
        service.begin()
        for _ in range(5):
            equal(w.p11.random(session, 1024)[0], OK)
        equal((len(service.requests), len({request[4] for request in service.requests})), (5, 1))
        assert "curl" not in service.requests[0][2].get("User-Agent", ""), service.requests[0][2]
        equal(w.p11.C_Finalize(None), OK)


@test
def percent_signs_are_only_text():
    fresh_log()
    w.settings(QRYPT_BASE_HSM_PATH="/nowhere/%s%n%x.so", **with_settings(""))
    equal(w.p11.C_Initialize(None), BASE_OPEN)
    text = '{"error":{"message":"%s%n%s%n 100%"}}'.encode()
    session = started(**with_settings("retries: 0\n", QUANTOKI_ENTROPY_TOKEN="%n%s%n"))
    w.service.begin(lambda service, handler, body: reply(handler, 400, text))
    equal(w.p11.random(session, 40), (FUNCTION_FAILED, bytes(40)))
    equal(w.service.requests[0][2]["Authorization"], "Bearer %n%s%n")


@test
def a_proxy_that_is_away_is_a_network_error():
    text = "retries: 0\nurl: %s\nca_file: %s/server.pem\nproxy: " % (w.secure.url, w.folder)
    w.secure.begin(good)
    equal(rv_of(good, text=text + "http://127.0.0.1:1\n", QUANTOKI_ENTROPY_URL=None), DEVICE_ERROR)
    equal(w.secure.requests, [])
    equal(w.p11.C_Finalize(None), OK)
    equal(rv_of(good, text=text + "none\n", QUANTOKI_ENTROPY_URL=None), OK)


@test
def a_certificate_of_another_authority_is_told_apart():
    text = "mix: none\nretries: 0\nurl: %s\n" % w.secure.url
    w.secure.begin(good)
    equal(rv_of(good, text=text + "ca_file: %s/other.pem\n" % w.folder, QUANTOKI_ENTROPY_URL=None), CA_FAILURE)
    equal(w.secure.requests, [])
    equal(w.p11.C_Finalize(None), OK)
    equal(rv_of(good, text=text + "ca_file: %s/server.pem\n" % w.folder, QUANTOKI_ENTROPY_URL=None), OK)
    equal(len(w.secure.requests), 1)


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
    equal(over_tls(w.secure, "pinned_key: %s\n" % pin_of(w.folder + "/other.pem")), CA_FAILURE)
    equal(over_tls(w.secure, "pinned_key: nonsense\n"), CA_FAILURE)


@test
def a_missing_file_of_authorities_is_told_apart():
    session = started(**with_settings("retries: 0\n", QRYPT_CA_CERT_PATH="boguspath",
                                      QUANTOKI_ENTROPY_URL=w.secure.url))
    equal(w.p11.random(session, 40), (CA_FAILURE, bytes(40)))


@test
def a_client_certificate_is_shown():
    strict = Service()
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
    w.secure.begin(silent)
    session = started(**with_settings("retries: 0\nattempt_timeout_ms: 300\nca_file: %s/server.pem\n" % w.folder,
                                      QUANTOKI_ENTROPY_URL=w.secure.url))
    w.secure.begin(silent)
    equal(w.p11.random(session, 40), (DEVICE_ERROR, bytes(40)))


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
    equal(w.p11.random(session, 40), (DEVICE_ERROR, bytes(40)))
    assert time.monotonic() - begin < 20, "connect_timeout_ms had no effect"
    [one.close() for one in waiting + [listener]]


@test
def the_pause_a_service_asks_for_is_kept():
    session = started(**with_settings(""))
    w.service.begin(status(429, [("Retry-After", "1")]), good)
    begin = time.monotonic()
    equal(w.p11.random(session, 40)[0], OK)
    assert time.monotonic() - begin >= 1, "it was asked again too early"


@test
def a_bad_answer_leaves_no_lock_behind():
    session = started(**with_settings("retries: 0\n"))
    w.service.begin(raw(b'{"entropy":{}}'), good)
    equal(w.p11.random(session, 40)[0], FUNCTION_FAILED)
    equal(w.p11.random(session, 40)[0], OK)


if __name__ == "__main__":
    w.main()
