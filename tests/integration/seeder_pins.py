#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""quantoki-seed and PINs: where they come from, and that a wrong one is never tried twice.

Usage: seeder_pins.py QUANTOKI-SEED TEST-TOKEN (tests/bases/token.c). Speaks TAP."""
import os, signal, sys, time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import seeder
from seeder import equal, status_of, until

tests = []


def test(function):
    tests.append(function)
    return function


@test
def a_wrong_pin_is_tried_once_in_ten_starts(place):
    place.write("pin", "0000\n", 0o600)
    place.configure()
    for _ in range(10):
        equal(place.run("--once")[0], 3)
    equal(len(place.calls("C_Login")), 1)
    process = place.start()
    until(lambda: any("state=latched" in line for line in process.log))
    place.write("pin", "1234\n", 0o600)
    until(lambda: place.seeds("A1"))
    equal(len(place.calls("C_Login")), 2)
    equal(place.run("--once")[0], 0)


@test
def a_pin_that_cannot_be_read_is_no_wrong_pin(place):
    place.drop("pin")
    place.configure()
    process = place.start()
    until(lambda: any("PIN_UNREADABLE" in line for line in process.log))
    place.write("pin", "1234\n", 0o600)
    until(lambda: place.seeds("A1"))
    equal(len(place.calls("C_Login")), 1)


@test
def a_pin_may_come_from_a_command(place):
    place.configure({"pin_file": None, "pin_command": "echo $((1200 + 34))"})
    equal(place.run("--once")[0], 0)
    place.configure({"pin_file": None, "pin_command": "echo 1234; exit 3"})
    code, log = place.run("--once")
    equal(code, 3)
    assert "pin_command ends with status 3" in log, log


@test
def a_pin_may_be_a_credential(place):
    place.configure({"pin_file": None, "pin_credential": "pin"})
    for mode in (0o400, 0o440):  # systemd opens root's files by an access control list, which looks like a group's right
        place.write("pin", "1234\n", mode=mode)
        equal(place.run("--once", CREDENTIALS_DIRECTORY=place.folder)[0], 0)
    place.write("pin", "1234\n", mode=0o444)
    equal(place.run("--once", CREDENTIALS_DIRECTORY=place.folder)[0], 3)
    place.write("pin", "1234\n", mode=0o400)
    equal(place.run("--once")[0], 3)


@test
def the_operator_may_ask_for_another_try(place):
    place.write("answer-C_Login", "0xa4")
    place.configure()
    equal(place.run("--once")[0], 3)
    place.drop("answer-C_Login")
    equal(place.run("--once")[0], 3)
    equal(place.run("--once", "--retry-login")[0], 0)


@test
def the_last_try_is_the_operators(place):
    place.configure()
    for flags in (0x20000, 0x40000):
        place.write("flags", hex(flags))
        code, log = place.run("--once", "--retry-login")
        equal((code, "code=PIN_NOT_TRIED class=credential" in log, "CKR_PIN" in log), (3, True, False))
    place.write("flags", "0x10000")
    equal((place.run("--once")[0], place.calls("C_Login")), (3, []))
    equal(status_of(place)["last_code"], "PIN_NOT_TRIED")
    place.write("pin", "0000\n", 0o600)
    equal((place.run("--once", "--retry-login")[0], len(place.calls("C_Login"))), (3, 1))  # one try
    equal((place.run("--once")[0], len(place.calls("C_Login"))), (3, 1))


@test
def a_token_that_lets_nobody_in_is_looked_at_until_it_does(place):
    place.write("flags", "0x20000")
    place.configure()
    process = place.start()
    until(lambda: os.path.exists(place.path("status")) and status_of(place)["last_code"] == "PIN_NOT_TRIED")
    asked, looked = len(seeder.service.requests), len(place.calls("C_GetTokenInfo"))
    process.send_signal(signal.SIGUSR1)
    until(lambda: len(place.calls("C_GetTokenInfo")) > looked)
    time.sleep(0.1)
    equal((place.calls("C_Login"), len(seeder.service.requests), os.listdir(place.folder).count("state")), ([], asked, 0))
    place.drop("flags")  # somebody logged in elsewhere
    process.send_signal(signal.SIGUSR1)
    until(lambda: place.seeds("A1"))


@test
def a_pin_that_has_worked_is_used_when_few_tries_are_left_and_no_other(place):
    place.configure({"keep_session": False})
    process = place.start()
    until(lambda: place.seeds("A1"))
    place.write("flags", "0x10000")
    until(lambda: any("level=warning op=login target=t0" in line and "wrong PINs were tried" in line for line in process.log))
    place.write("pin", "12345\n", 0o600)
    before = len(place.calls("C_Login"))
    until(lambda: status_of(place)["last_code"] == "PIN_NOT_TRIED")
    assert len(place.calls("C_Login")) <= before + 1, "one login may have been under way"


@test
def the_same_wrong_pin_in_a_new_file_is_not_tried(place):
    place.write("pin", "0000\n", 0o600)
    place.configure()
    process = place.start()
    until(lambda: any("next=latched" in line for line in process.log))
    for text in ("0000\r\n",):
        place.drop("pin")
        place.write("new", text, 0o600)
        note, path = open(place.path("state/wrong-pin-t0")).read(), place.path("pin")
        os.rename(place.path("new"), path)  # as configuration management does
        until(lambda: open(place.path("state/wrong-pin-t0")).read() != note)  # the daemon has seen it
    for number in range(2):  # as systemd does at each start
        credentials = place.path("credentials%d" % number)
        os.mkdir(credentials)
        place.write("credentials%d/pin" % number, "0000\n", 0o600)
        place.configure({"pin_file": None, "pin_credential": "pin"})
        equal(place.run("--once", CREDENTIALS_DIRECTORY=credentials)[0], 3)
    equal(len(place.calls("C_Login")), 1)
    place.write("pin", "1234\n", 0o600)
    until(lambda: place.seeds("A1"))
    equal(os.listdir(place.path("state")), [])


@test
def a_wrong_pin_in_the_configuration_is_not_tried_again_when_that_is_saved(place):
    place.configure({"pin_file": None, "pin": "0000"})
    os.chmod(place.path("seed.yaml"), 0o600)
    process = place.start()
    until(lambda: any("next=latched" in line for line in process.log))
    for again in range(3):
        os.utime(place.path("seed.yaml"))
        process.send_signal(signal.SIGHUP)
        until(lambda: len([line for line in process.log if "op=reload" in line]) > again)
    equal(len(place.calls("C_Login")), 1)
    place.configure({"pin_file": None, "pin": "1234"})
    os.chmod(place.path("seed.yaml"), 0o600)
    process.send_signal(signal.SIGHUP)
    until(lambda: place.seeds("A1"))


@test
def the_pin_of_a_command_is_asked_before_a_login_and_compared(place):
    place.write("pin", "0000\n", 0o600)
    place.configure({"pin_file": None, "pin_command": "echo >>%s; cat %s" % (place.path("asked"), place.path("pin"))})
    equal(place.run("--once")[0], 3)
    process = place.start()
    until(lambda: any("state=latched code=CKR_PIN_INCORRECT" in line for line in process.log))
    until(lambda: len(place.lines("asked")) == 2)
    equal(len(place.calls("C_Login")), 1)
    place.write("pin", "1234\n", 0o600)
    process.send_signal(signal.SIGHUP)
    until(lambda: place.seeds("A1"))
    equal((len(place.calls("C_Login")), len(place.lines("asked"))), (2, 3))


@test
def removing_the_note_is_the_operators_word(place):
    place.write("answer-C_Login", "0xa4")
    place.configure()
    process = place.start()
    until(lambda: os.path.exists(place.path("status")) and status_of(place)["state"] == "latched")
    equal(status_of(place)["note"], place.path("state/wrong-pin-t0"))
    place.drop("answer-C_Login")
    os.remove(status_of(place)["note"])
    until(lambda: place.seeds("A1"))
    equal(len(place.calls("C_Login")), 2)


@test
def a_note_remembers_what_the_token_said(place):
    for code, name in ((0xA4, "CKR_PIN_LOCKED"), (0xA3, "CKR_PIN_EXPIRED"), (0x102, "CKR_USER_PIN_NOT_INITIALIZED")):
        place.write("answer-C_Login", hex(code))
        place.configure()
        equal(place.run("--once", "--retry-login")[0], 3)
        code, log = place.run("--once")
        equal((code, "state=latched code=%s words=" % name in log, "CKR_PIN_INCORRECT" in log), (3, True, False))
        equal(status_of(place)["last_code"], name)


@test
def a_note_that_cannot_be_read_stands_for_a_wrong_pin(place):
    place.configure()
    os.mkdir(place.path("state"))
    place.write("state/wrong-pin-t0", "")
    code, log = place.run("--once")
    equal((code, place.calls("C_Login"), "note of a wrong PIN cannot be read" in log), (3, [], True))
    place.drop("state/wrong-pin-t0")
    os.mkdir(place.path("state/wrong-pin-t0"))
    equal((place.run("--once")[0], place.calls("C_Login")), (3, []))


@test
def a_pin_file_may_end_as_it_likes_and_must_not_be_empty(place):
    place.write("pin", "1234\r\n", 0o600)
    place.configure()
    equal(place.run("--once")[0], 0)
    place.write("pin", "", 0o600)
    code, log = place.run("--once")
    equal((code, "first line is empty" in log, "PIN_UNREADABLE" in log), (3, True, True))


@test
def a_wrong_pin_is_tried_once_by_all_targets_of_a_token(place):
    place.write("pin", "0000\n", 0o600)
    place.write("tokens", "alpha A1\n")
    place.configure({}, {"token_label": None, "token_serial": "A1"}, {"token_label": None, "slot": "0"}, seeder.ALL)
    code, log = place.run("--once")
    equal((code, len(place.calls("C_Login"))), (3, 1))
    for name in ("t0", "t1", "t2", "t3/A1"):
        equal((status_of(place, name)["state"], status_of(place, name)["last_code"]), ("latched", "CKR_PIN_INCORRECT"))
    place.configure({"name": "renamed"})
    equal((place.run("--once")[0], len(place.calls("C_Login"))), (3, 1))
    equal((place.run("--once", "--retry-login")[0], len(place.calls("C_Login"))), (3, 2))
    place.configure({}, {"token_label": None, "token_serial": "A1"}, seeder.ALL)
    equal((place.run("--once", "--retry-login")[0], len(place.calls("C_Login"))), (3, 3))


@test
def several_targets_of_a_token_log_in_one_after_the_other(place):
    place.write("tokens", "alpha A1\n")
    place.configure({}, {"token_label": None, "token_serial": "A1"}, {"token_label": None, "slot": "0"})
    equal((place.run("--once")[0], len(place.seeds("A1")), os.listdir(place.path("state"))), (0, 3 * 48, []))


@test
def an_end_in_the_middle_of_a_login_is_no_second_try(place):
    place.write("pin", "0000\n", 0o600)
    place.write("slow-login", "500")
    place.configure()
    for end in (signal.SIGTERM, signal.SIGTERM, signal.SIGKILL):
        process = place.start()
        until(lambda: place.calls("C_Login"))
        process.send_signal(end)
        process.wait(15)
    equal(len(place.calls("C_Login")), 1)
    equal(os.listdir(place.path("state")), ["wrong-pin-t0"])


@test
def who_is_killed_in_the_middle_of_a_login_leaves_a_note(place):
    place.write("slow-login", "60000")
    place.configure()
    process = place.start()
    until(lambda: place.calls("C_Login"))
    process.kill()
    process.wait()
    code, log = place.run("--once")
    equal((code, "code=LOGIN_UNFINISHED" in log, len(place.calls("C_Login"))), (3, True, 1))
    place.drop("slow-login")
    os.remove(status_of(place)["note"])
    equal((place.run("--once")[0], os.listdir(place.path("state"))), (0, []))


@test
def a_library_that_dies_in_a_login_is_not_given_the_pin_again(place):
    place.write("slow-login", "60000")
    place.configure({}, {"name": "well", "library": place.other, "token_label": "beta"}, more="call_timeout_s: 1\n")
    process = place.start()
    until(lambda: any("target=t0" in line and "code=LOGIN_UNFINISHED" in line for line in process.log))
    until(lambda: status_of(place)["state"] == "latched")
    equal(len([line for line in process.log if "op=seed target=t0" in line and "step=" in line]), 1)


@test
def a_library_that_ends_in_a_login_while_the_daemon_ends_is_not_given_the_pin_again(place):
    place.write("slow-login", "60000")
    place.write("exit-login", "1")
    place.configure()
    process = place.start()
    until(lambda: place.calls("C_Login"))
    process.send_signal(signal.SIGTERM)  # also the library's: it does not wait any longer
    process.wait(15)
    place.drop("slow-login")
    place.drop("exit-login")
    code, log = place.run("--once")
    equal((code, "code=LOGIN_UNFINISHED" in log, len(place.calls("C_Login"))), (3, True, 1))


@test
def a_pin_that_has_worked_is_given_once_more_to_a_library_that_dies_with_it_and_not_twice(place):
    place.configure({"keep_session": False}, more="call_timeout_s: 1\n")
    process = place.start()
    until(lambda: place.seeds("A1"))
    place.write("exit-login", "1")
    until(lambda: any("code=LOGIN_UNFINISHED" in line for line in process.log))
    equal(len([line for line in process.log if "code=CKR_GENERAL_ERROR" in line]), 1)


@test
def a_pin_that_is_not_right_any_more_is_tried_once_by_all_targets_that_had_it(place):
    place.write("other-pin", "1234\n", 0o600)
    more = {"keep_session": False, "token_label": None, "token_serial": "A1"}
    place.configure({"keep_session": False}, {**more, "worker": "second"}, {**more, "worker": "third", "pin_file": place.path("other-pin")})
    process = place.start()
    until(lambda: len(place.seeds("A1")) >= 3 * 48)
    place.write("answer-C_Login", "0xa0")
    until(lambda: all(status_of(place, name)["state"] == "latched" for name in ("t0", "t1", "t2")))
    equal(len([line for line in process.log if "op=seed" in line and "step=login code=CKR_PIN_INCORRECT" in line]), 1)


@test
def who_corrects_the_pin_of_one_target_sends_no_others(place):
    for number in range(2):
        place.write("pin%d" % number, "0000\n", 0o600)
    place.configure({"pin_file": place.path("pin0")}, {"token_label": None, "token_serial": "A1", "pin_file": place.path("pin1")})
    equal((place.run("--once")[0], len(place.calls("C_Login"))), (3, 1))
    place.write("pin0", "1234\n", 0o600)
    place.write("pin1", "0000\n", 0o600)  # the same, written anew
    equal((place.run("--once")[0], len(place.calls("C_Login"))), (3, 2))
    place.write("pin1", "1234\n", 0o600)
    equal((place.run("--once")[0], len(place.calls("C_Login"))), (0, 4))


@test
def a_code_that_nobody_knows_is_a_refusal_if_a_login_answers_it(place):
    for code in ("0x80000123", "0x7", "0x200"):
        place.drop("count-C_Login")
        place.write("answer-C_Login", code)
        place.configure()
        equal(place.run("--once", "--retry-login")[0], 3)
        code, log = place.run("--once")
        equal((code, "code=PIN_REFUSED" in log, len(place.calls("C_Login"))), (3, True, 1))


@test
def a_note_that_cannot_be_read_may_be_of_any_target(place):
    place.configure()
    os.mkdir(place.path("state"))
    place.write("state/wrong-pin-somebody", "hello\n")
    for _ in range(2):
        code, log = place.run("--once")
        equal((code, place.calls("C_Login"), "note=wrong-pin-somebody" in log), (3, [], True))
        place.write("pin", "1234\n", 0o600)
    place.drop("state/wrong-pin-somebody")
    place.write("state/wrong-pin-somebody.AbCdEf", "")  # somebody died while writing it
    equal(place.run("--once")[0], 0)


@test
def no_wrong_pin_is_tried_again_after_another_one(place):
    place.configure()
    for pin in ("0001", "0002", "0003"):
        place.write("pin", pin + "\n", 0o600)
        equal(place.run("--once")[0], 3)
    for pin in ("0001", "0002", "0003", "0001"):
        place.write("pin", pin + "\n", 0o600)
        code, log = place.run("--once")
        equal((code, "state=latched" in log, len(place.calls("C_Login"))), (3, True, 3))
    place.write("pin", "1234\n", 0o600)
    equal((place.run("--once")[0], os.listdir(place.path("state"))), (0, []))


@test
def without_a_place_for_notes_no_login_is_tried(place):
    text = open(place.configure()).read().replace(place.path("state") + "'", "/proc/nowhere'")
    place.write("seed.yaml", text)
    for _ in range(3):
        code, log = place.run("--once")
        equal((code, "code=STATE_UNWRITABLE" in log, place.calls("C_Login")), (3, True, []))
    place.write("seed.yaml", open(place.configure({"login": "none", "pin_file": None})).read().replace(
        place.path("state") + "'", "/proc/nowhere'"))
    equal((place.run("--once")[0], place.run("--test-login")[0]), (0, 0))


@test
def the_longest_name_has_a_note_too(place):
    place.write("pin", "0000\n", 0o600)
    place.configure({"name": "._/" * 33})
    equal((place.run("--once")[0], place.run("--once")[0], len(place.calls("C_Login"))), (3, 3, 1))


if __name__ == "__main__":
    seeder.main(tests)
