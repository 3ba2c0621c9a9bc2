#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# An embedded token: no server, no configuration file at all.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/tool.sh"

unset EP11CLIENT_CFG
export HOME=$work/home XDG_DATA_HOME=$work/data
mkdir -p "$HOME"
cd "$work" || exit 1
so_pin=87654321
user_pin=12345678

a_token_is_initialised() {
    p11 --init-token --so-pin $so_pin --label mine || return
    p11 --login --login-type so --so-pin $so_pin --init-pin --new-pin $user_pin || return
    says mine "$(p11 --list-slots)"
}

a_wrong_pin_is_refused() {
    refuses p11 --login --pin 11111111 --list-objects || return
    says CKR_PIN_INCORRECT "$refused"
}

a_wrong_so_pin_does_not_wipe_the_token() {
    as_user --keygen --key-type AES:16 --id 77 --label keep || return
    refuses p11 --init-token --so-pin 99999999 --label other || return
    says CKR_PIN_INCORRECT "$refused" || return
    says keep "$(as_user --list-objects)" || return
    as_user --delete-object --type secrkey --id 77
}

the_user_changes_the_pin() {
    as_user --change-pin --new-pin 22222222 || return
    refuses as_user --list-objects || return
    user_pin=22222222
    as_user --list-objects
}

files_are_for_their_owner_alone() {
    local open
    open=$(find "$XDG_DATA_HOME" -type f -perm /077)
    [ -z "$open" ] || { echo "$open"; return 1; }
    [ -n "$(find "$XDG_DATA_HOME" -type f)" ]
}

stolen_files_reveal_no_key() { # the value of an importable, known key is nowhere in clear
    printf '\x5a\x11\xc3\x07\x5a\x11\xc3\x07\x5a\x11\xc3\x07\x5a\x11\xc3\x07' >"$work/known"
    as_user --write-object "$work/known" --type secrkey --key-type AES:16 --id 78 --label known || return
    ! grep -rqaP '\x5a\x11\xc3\x07\x5a\x11\xc3\x07' "$XDG_DATA_HOME"
}

nobody_initialises_a_token_that_is_in_use() {
    coproc TALK { "$build/tests/p11talk" "$module" "$user_pin" 2>&1; }
    local line pid=$TALK_PID
    IFS= read -r -t 30 line <&"${TALK[0]}" && says "ready 0x0" "$line" || return
    refuses p11 --init-token --so-pin $so_pin --label stolen || return
    says CKR_SESSION_EXISTS "$refused" || return
    echo quit >&"${TALK[1]}"
    wait "$pid"
}

a_second_initialisation_empties_it() {
    p11 --init-token --so-pin $so_pin --label again || return
    p11 --login --login-type so --so-pin $so_pin --init-pin --new-pin $user_pin || return
    [ -z "$(as_user --list-objects | grep label)" ]
}

a_damaged_database_is_reported() {
    local database
    database=$(find "$XDG_DATA_HOME" -name '*.db')
    dd if=/dev/urandom of="$database" bs=4096 count=4 conv=notrunc status=none || return
    rm -f "$database"-wal "$database"-shm
    refuses as_user --list-objects
}

it "a token is initialised in the user's data folder" a_token_is_initialised
it "a wrong PIN is refused" a_wrong_pin_is_refused
it "a wrong SO PIN does not wipe the token" a_wrong_so_pin_does_not_wipe_the_token
run_tool_cases
it "the user changes the PIN" the_user_changes_the_pin
it "files are for their owner alone" files_are_for_their_owner_alone
it "stolen files reveal no key" stolen_files_reveal_no_key
it "nobody initialises a token that another application is logged in to" nobody_initialises_a_token_that_is_in_use
it "a second initialisation empties the token" a_second_initialisation_empties_it
it "a damaged database is reported, not believed" a_damaged_database_is_reported
finish
