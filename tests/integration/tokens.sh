#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# quantoki token and quantoki entropy: with and without a running quantokid, and against a service that misbehaves.
. "$(dirname "$0")/lib.sh"

instance=$work/instance
config=$instance/quantokid.yaml
quantoki=$build/src/cli/quantoki
make_instance "$instance"
printf '\n' >"$work/empty"

# ---- tokens without a server ----

make_token() { # name, options: writes the token to $work/NAME
    local name=$1
    shift
    (umask 077 && "$quantoki" token create --config "$config" --name "$name" "$@" | tail -n 1 >"$work/$name")
    [ "$(wc -c <"$work/$name")" = 47 ] && grep -qE '^qt_[A-Za-z0-9_-]{43}$' "$work/$name"
}

tokens_are_made() {
    make_token app --scope entropy,metrics --allotment 3k --rate unlimited &&
        make_token brief --expires 2s &&
        make_token later --not-before 1d --expires 30d &&
        make_token watcher --scope metrics &&
        make_token hasty --rate 3/60s
}

the_text_is_nowhere_else() {
    local text
    text=$(cut -c4- "$work/app")
    ! grep -rqF "$text" "$instance" && "$quantoki" token list -c "$config" >"$work/list" &&
        ! grep -qF "$text" "$work/list"
}

the_list_lines_up() {
    local list widths
    list=$("$quantoki" token list --config "$config")
    says '^NAME .*SCOPES .*STATE .*EXPIRES .*RATE .*MONTHLY .*USED$' "$list" &&
        says '^app .*entropy,metrics .*valid .*unlimited .*3 KiB .*0 B$' "$list" &&
        says '^later .*not yet valid' "$list" || return 1
    widths=$(awk '{ print index($0, NR == 1 ? "STATE" : "valid") }' <<<"$(grep -v 'not yet\|expired' <<<"$list")" | sort -u)
    [ "$(wc -l <<<"$widths")" = 1 ]
}

the_list_is_json_too() {
    "$quantoki" token list -c "$config" --json | python3 -c '
import json, sys
tokens = {token["name"]: token for token in json.load(sys.stdin)}
assert tokens["app"]["scopes"] == ["entropy", "metrics"] and tokens["app"]["allotment_bytes"] == 3072
assert tokens["app"]["rate"] is None and tokens["hasty"]["rate"] == {"requests": 3, "seconds": 60}
assert tokens["later"]["state"] == "not yet valid" and tokens["app"]["state"] == "valid"' &&
        "$quantoki" token show -c "$config" app --json | python3 -c 'import json, sys; json.load(sys.stdin)["used_bytes"]'
}

mistakes_are_named() {
    refuses "$quantoki" token create -c "$config" app && says 'token named app' "$refused" &&
        refuses "$quantoki" token create -c "$config" x --scope everything && says "'everything' is no scope" "$refused" &&
        refuses "$quantoki" token create -c "$config" x --rate fast && says "'fast' is no rate" "$refused" &&
        refuses "$quantoki" token create -c "$config" x --allotment 1.5M && says 'no allotment' "$refused" &&
        refuses "$quantoki" token create -c "$config" x --expires 2001-01-01 && says 'in the past' "$refused" &&
        refuses "$quantoki" token create -c "$config" x --expires 2027-02-31 && says 'no time' "$refused" &&
        refuses "$quantoki" token create -c "$config" 'a b' && says 'name has' "$refused" &&
        refuses "$quantoki" token create -c "$config" && says 'name' "$refused" &&
        refuses "$quantoki" token create -c "$work/nowhere.yaml" x && says 'nowhere.yaml' "$refused" &&
        refuses "$quantoki" token create -c "$instance/ca.pem" x && says 'ca.pem:1' "$refused" &&
        refuses "$quantoki" token revoke -c "$config" nobody && says 'nobody' "$refused" &&
        refuses "$quantoki" token show -c "$config" nobody && says 'nobody' "$refused" &&
        refuses "$quantoki" token conjure && says "no command 'conjure'" "$refused" &&
        ! "$quantoki" token list -c "$config" | grep -q '^x '
}

a_database_is_never_made_by_mistake() {
    sed "s|quantoki.db|other.db|" "$config" >"$work/other.yaml"
    refuses "$quantoki" token list -c "$work/other.yaml" && says 'does not exist' "$refused" &&
        [ ! -e "$instance/other.db" ]
}

# ---- beside a server ----

get() { # token's file, options: exit status of quantoki entropy get; output in $work/out, words in $work/err
    local token=$1
    shift
    "$quantoki" entropy get --config "$config" --token-file "$token" "$@" >"$work/out" 2>"$work/err"
}

fails_with() { # status, words, command
    local status=$1 words=$2
    shift 2
    "$@"
    local got=$?
    [ "$got" = "$status" ] || { echo "status $got instead of $status: $(cat "$work/err")"; return 1; }
    says "$words" "$(cat "$work/err")"
}

bytes_come_in_every_format() {
    local all=$instance/api-keys/entropy
    get "$all" && grep -qE '^[0-9a-f]{64}$' "$work/out" &&
        get "$all" -n 5 && grep -qE '^[0-9a-f]{10}$' "$work/out" &&
        get "$all" -n 100 -f base64 && [ "$(base64 -d "$work/out" | wc -c)" = 100 ] &&
        get "$all" -n 1500000 -f base64 && [ "$(base64 -d "$work/out" | wc -c)" = 1500000 ] &&
        get "$all" -n 1M -f raw && [ "$(wc -c <"$work/out")" = 1048576 ] &&
        get "$all" --type mixed && [ "$(wc -c <"$work/out")" = 65 ]
}

the_environment_names_a_service_too() {
    QUANTOKI_URL=https://127.0.0.1:$https_port QUANTOKI_TOKEN_FILE=$instance/api-keys/entropy \
        QUANTOKI_CACERT=$instance/ca.pem "$quantoki" entropy get -n 8 | grep -qE '^[0-9a-f]{16}$'
}

a_new_token_works_at_once() {
    make_token fresh && get "$work/fresh"
}

an_allotment_is_kept() {
    get "$work/app" -n 2048 && fails_with 4 'token of .*app.*403' get "$work/app" -n 2048 && get "$work/app" -n 1024 &&
        fails_with 4 '403' get "$work/app" -n 1 && [ ! -s "$work/out" ]
}

use_is_counted() { # within a second or two
    for _ in $(seq 60); do
        "$quantoki" token show -c "$config" app | grep -q '^used  *3 KiB' && return 0
        sleep 0.1
    done
    return 1
}

a_rate_is_kept() {
    get "$work/hasty" && get "$work/hasty" && get "$work/hasty" && fails_with 5 'wait [0-9]* s.*429' get "$work/hasty"
}

others_are_turned_away() {
    for _ in $(seq 50); do # its two seconds may not be over
        get "$work/brief" || break
        sleep 0.1
    done
    sed 's/qt_..../qt_AAAA/' "$work/fresh" >"$work/forged" && chmod 600 "$work/forged" &&
        fails_with 3 'token of .*forged.*401' get "$work/forged" &&
        fails_with 3 '401' get "$work/later" && fails_with 4 '403' get "$work/watcher" &&
        fails_with 3 '401' get "$work/brief"
}

without_a_token_it_says_so() {
    "$quantoki" entropy get --config "$config" 2>"$work/err"
    [ $? = 3 ] && says 'no token was given' "$(cat "$work/err")"
}

revocation_is_seen_within_two_seconds() {
    get "$work/fresh" && "$quantoki" token revoke -c "$config" fresh | grep -q 'is revoked' || return 1
    for _ in $(seq 20); do
        get "$work/fresh" || break
        sleep 0.1
    done
    fails_with 3 '401.*revoked' get "$work/fresh" && "$quantoki" token show -c "$config" fresh | grep -q 'revoked'
}

the_status_can_be_read() {
    local status sources
    status=$("$quantoki" entropy status --config "$config") && sources=$("$quantoki" entropy sources --config "$config") &&
        says '^state  *ready$' "$status" && says '^kernel ' "$status" && says '^kernel$' "$sources" &&
        says 'cut-off' "$sources" && "$quantoki" entropy status --config "$config" --json | python3 -m json.tool >/dev/null
}

nothing_is_guessed() {
    refuses "$quantoki" entropy get && says 'Give --url' "$refused" &&
        refuses "$quantoki" entropy get --config "$config" --url https://localhost && says 'two services' "$refused" &&
        refuses "$quantoki" entropy get --config "$config" --local && says 'asks no service' "$refused" &&
        refuses "$quantoki" entropy get --url http://example.org && says 'https alone' "$refused" &&
        refuses "$quantoki" entropy get --url "https://127.0.0.1:$https_port" && says 'cacert' "$refused" &&
        refuses "$quantoki" entropy get --config "$config" --token-file "$work/empty" &&
        refuses "$quantoki" entropy get --config "$config" --type holy && says 'holy' "$refused" &&
        refuses "$quantoki" entropy get --config "$config" --bytes 0 && says 'number of bytes' "$refused"
}

raw_bytes_stay_away_from_terminals() {
    script -qec "'$quantoki' entropy get --local -f raw" "$work/typed" >/dev/null </dev/null
    says 'garble' "$(cat "$work/typed")"
}

this_machine_serves_itself() {
    [ "$("$quantoki" entropy get --local -n 1000 -f raw | wc -c)" = 1000 ] &&
        [ "$("$quantoki" entropy get --local)" != "$("$quantoki" entropy get --local)" ]
}

counts_outlive_the_server() {
    stop_server
    "$quantoki" token show -c "$config" app | grep -q '^used  *3 KiB' && start_server "$instance" &&
        fails_with 4 '403' get "$work/app" -n 1
}

without_a_server_it_is_told() {
    stop_server
    fails_with 7 '127.0.0.1' get "$work/watcher"
}

# ---- a service that misbehaves ----

start_stand_in() {
    printf 'qt_of-the-test\n' >"$work/token" && chmod 600 "$work/token" && : >"$work/log" && : >"$work/faults" &&
        chmod 600 "$work/token" || return 1
    python3 "$source_root/tests/integration/entropy_stand_in.py" --cert "$instance/tls/server.pem" \
        --key "$instance/tls/server.key" --token qt_of-the-test --faults "$work/faults" --log "$work/log" >"$work/port" &
    servers+=($!)
    for _ in $(seq 100); do
        [ -s "$work/port" ] && return 0
        sleep 0.1
    done
    return 1
}

from_stand_in() { # faults, options
    tr ' ' '\n' <<<"$1" >"$work/faults"
    shift
    : >"$work/log"
    timeout 60 "$quantoki" entropy get --url "https://127.0.0.1:$(cat "$work/port")" --cacert "$instance/ca.pem" \
        --token-file "$work/token" "$@" >"$work/out" 2>"$work/err"
}

what_is_served_arrives() {
    from_stand_in good -n 20 -f raw && [ "$(wc -c <"$work/out")" = 20 ] &&
        from_stand_in chunked -n 5000 && [ "$(wc -c <"$work/out")" = 10001 ]
}

one_connection_serves_a_large_order() {
    from_stand_in good -n 2M -f raw && [ "$(wc -c <"$work/out")" = 2097152 ] && [ "$(wc -l <"$work/log")" = 6 ] &&
        [ "$(cut -d' ' -f1 "$work/log" | sort -u | wc -l)" = 1 ]
}

wrong_answers_are_not_used() {
    local fault
    for fault in short few many base64 json html empty; do
        from_stand_in "$fault" -n 3000 -f raw
        [ $? = 8 ] && [ ! -s "$work/out" ] || { echo "$fault: $(cat "$work/err")"; return 1; }
    done
    from_stand_in half -n 3000 -f raw
    [ $? = 7 ] && [ ! -s "$work/out" ] # TLS tells a cut from an end
}

statuses_have_their_exit_status() {
    local pair
    for pair in 401:3 403:4 429:5 503:6 500:6 404:8; do
        from_stand_in "${pair%:*}" -n 10
        [ $? = "${pair#*:}" ] && [ ! -s "$work/out" ] || { echo "$pair: $(cat "$work/err")"; return 1; }
        says "HTTP ${pair%:*}.*ordered by the test" "$(cat "$work/err")" || return 1
    done
    says 'address right' "$(cat "$work/err")"
}

a_lost_connection_is_made_anew() {
    from_stand_in 'last good' -n 600k -f raw && [ "$(wc -c <"$work/out")" = 614400 ] &&
        from_stand_in 'good close good' -n 600k -f raw && [ "$(wc -c <"$work/out")" = 614400 ]
}

a_large_order_waits_when_it_is_told_to() {
    from_stand_in 'good 429 good' -n 600k -f raw && [ "$(wc -c <"$work/out")" = 614400 ]
}

a_wrong_authority_is_not_trusted() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$work/k" -out "$work/other-ca.pem" \
        -subj /CN=other -days 2 2>/dev/null
    "$quantoki" entropy get --url "https://127.0.0.1:$(cat "$work/port")" --cacert "$work/other-ca.pem" \
        --token-file "$work/token" 2>"$work/err"
    [ $? = 7 ] && says 'not\|unknown' "$(cat "$work/err")"
}

it "tokens are made without a server" tokens_are_made
it "the text of a token is printed once and kept nowhere" the_text_is_nowhere_else
it "the list of tokens is a table that lines up" the_list_lines_up
it "the list of tokens is JSON if asked for" the_list_is_json_too
it "mistakes are named, and make no tokens" mistakes_are_named
it "a configuration without its database makes none" a_database_is_never_made_by_mistake
it "the server starts" start_server "$instance"
it "bytes come in every format" bytes_come_in_every_format
it "the environment names a service too" the_environment_names_a_service_too
it "a token made beside the running server works at once" a_new_token_works_at_once
it "an allotment is kept to the byte" an_allotment_is_kept
it "what was used can be seen" use_is_counted
it "a rate is kept" a_rate_is_kept
it "forged, early, expired and scopeless tokens are turned away" others_are_turned_away
it "without a token the refusal says so" without_a_token_it_says_so
it "a revocation is seen by the running server" revocation_is_seen_within_two_seconds
it "the status of a server can be read" the_status_can_be_read
it "no service is guessed and no mistake ignored" nothing_is_guessed
it "raw bytes do not go to terminals" raw_bytes_stay_away_from_terminals
it "this machine's sources serve without a service" this_machine_serves_itself
it "what was used outlives the server" counts_outlive_the_server
it "a server that is gone is told" without_a_server_it_is_told
it "a stand-in starts" start_stand_in
it "what a service sends arrives" what_is_served_arrives
it "a large order takes one connection" one_connection_serves_a_large_order
it "answers without what was asked for are not used" wrong_answers_are_not_used
it "statuses of a service become exit statuses" statuses_have_their_exit_status
it "a lost connection is made anew" a_lost_connection_is_made_anew
it "a large order waits when it is told to" a_large_order_waits_when_it_is_told_to
it "another authority's service is not trusted" a_wrong_authority_is_not_trusted
finish
