#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The entropy service of a real quantokid, fed through FIFOs: sources that start late, vanish, return, or lie; kill -9; a
# full disk; SIGTERM under load.
. "$(dirname "$0")/lib.sh"

instance=$work/instance
fifo=$work/device
quantoki=$build/src/cli/quantoki
feeder=

# ---- the instance ----

# One quantum source behind a FIFO and nothing else, so that it decides alone.
configure() { # further lines of the map entropy
    cat >"$instance/quantokid.yaml" <<END
$(sed '/^entropy:/,$d' "$work/made.yaml")
entropy:
  sources:
    - name: fifo
      driver: device
      kind: quantum
      path: "$fifo"
      rate: 100000
      timeout_ms: 1500
${1:-}
statistics: { enabled: off }
END
}

feed() { # command: writes into the FIFO until it is killed
    "$@" >"$fifo" 2>/dev/null &
    feeder=$!
    servers+=("$feeder")
}

stop_feeding() {
    [ -n "$feeder" ] || return 0
    kill "$feeder" 2>/dev/null
    wait "$feeder" 2>/dev/null
    feeder=
}

# Each ends with its process.
noise() { exec cat /dev/urandom; }
constant() { exec tr '\0' A </dev/zero; }
zeros() { exec cat /dev/zero; }
repeated_block() {
    exec python3 -c 'import os, sys
block = os.urandom(512)
while True: sys.stdout.buffer.write(block)'
}
too_little() {
    head -c 1000 /dev/urandom
    exec sleep 600
}

ask() { # path, further options of curl: prints the status code; the body is in $work/body
    local path=$1
    shift
    curl -s -m 20 -o "$work/body" -w '%{http_code}' --cacert "$instance/ca.pem" -H "Authorization: Bearer ${as:-$token}" "$@" \
        "https://127.0.0.1:$https_port$path"
}

answers() { # status, path, options: the body is shown if another comes
    local wanted=$1 got
    shift
    got=$(ask "$@")
    [ "$got" = "$wanted" ] || { echo "$1: $got instead of $wanted: $(head -c 300 "$work/body")"; return 1; }
}

source_state() { # of the first source
    ask /api/v1/status >/dev/null
    python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["sources"][0]["state"])' "$work/body" 2>/dev/null
}

disk_bytes() {
    ask /api/v1/status >/dev/null
    python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["reserve"]["disk"]["bytes"])' "$work/body"
}

source_says() { # pattern, in the messages of the first source
    ask /api/v1/status >/dev/null
    says "$1" "$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["sources"][0]["messages"])' "$work/body")"
}

# Draws meanwhile: a source with a full queue is read slowly, and what the system has buffered of it comes before its end.
until_state() { # states, seconds
    local end=$((SECONDS + ${2:-20})) state=
    while [ $SECONDS -lt $end ]; do
        ask '/api/v1/random/raw?bytes=1048576' >/dev/null
        state=$(source_state)
        case " $1 " in *" $state "*) return 0 ;; esac
        sleep 0.1
    done
    echo "the source is $state, not $1"
    ask /api/v1/status >/dev/null
    cat "$work/body"
    return 1
}

restart_source() { as=$admin answers 204 /api/v1/sources/fifo/restart -X POST; }

start() { # the feeder has ended with the server before
    stop_feeding
    start_server "$instance" && use_instance "$instance"
}

start_fed() {
    start || return
    feed noise
    until_state active
}

# ---- starting ----

a_server_starts_before_its_source_and_answers_503() {
    configure && start || return
    answers 503 '/api/v1/random/raw?bytes=32' || return
    answers 503 /api/v1/quantum-entropy || return
    answers 503 /readyz || return
    answers 200 /healthz || return
    [ "$(grpc_health)" = NOT_SERVING ] && watch_grpc_health && grpc_health_becomes NOT_SERVING || return
    says "starting\|error" "$(source_state)"
}

the_source_gets_active_once_it_delivers() {
    feed noise
    until_state active || return
    answers 200 '/api/v1/random/raw?bytes=4096' || return
    [ "$(wc -c <"$work/body")" = 4096 ] || return
    answers 200 /readyz && grpc_health_becomes SERVING || return
    says "op=source name=fifo state=active" "$(cat "$instance/server.log")"
}

keys_are_made() { as_user --keygen --key-type AES:32 --id "$1" --label "key$1"; }

# ---- a source that goes and comes ----

without_its_source_nothing_is_given_out() {
    stop_feeding
    until_state "error failed" || return
    answers 503 '/api/v1/random/raw?bytes=32' || return
    answers 503 /api/v1/entropy -H 'Content-Type: application/json' -d '{"block_size":32}' || return
    answers 503 /readyz && grpc_health_becomes NOT_SERVING || return
    says "op=source name=fifo state=error" "$(cat "$instance/server.log")"
}

say() { echo "$*" >&"${TALK[1]}"; }
hear() { # the next line must match
    local line
    IFS= read -r -t 30 line <&"${TALK[0]}" || { echo "nothing heard, expected $1"; return 1; }
    says "$1" "$line"
}

# An application that has logged in before, since logging in needs random bits, too.
an_application_runs() {
    coproc TALK { "$build/tests/p11talk" "$module" "$user_pin" 2>&1; }
    hear "ready 0x0"
}

# 0x121: CKR_RANDOM_NO_RNG
without_it_no_key_is_made() {
    say keys
    hear "keys 0x121" || return
    refuses keys_are_made 02 && says "CKR_" "$refused"
}

it_comes_back_by_itself() {
    feed noise
    until_state active 40 || return
    answers 200 '/api/v1/random/raw?bytes=32' || return
    say keys
    hear "keys 0x0" && say quit && wait "$TALK_PID" && keys_are_made 04
}

# ---- a source that lies ----

a_bad_feeder_is_found() { # feeder, pattern of the message
    stop_feeding
    until_state "error failed" || return
    feed "$1"
    restart_source || return
    until_state "error failed" 30 || return
    source_says "$2" || return
    answers 503 '/api/v1/random/raw?bytes=32' || return
    stop_feeding
    feed noise
    restart_source || return
    until_state active 40 && answers 200 '/api/v1/random/raw?bytes=32'
}

a_source_that_turns_bad_while_it_serves_is_cut_off() {
    stop_feeding
    feed zeros
    until_state "error failed" || return
    answers 503 '/api/v1/random/raw?bytes=32' || return
    stop_feeding
    feed noise
    restart_source || return
    until_state active 40
}

# ---- the whole service ----

load() { # asks for entropy until the file is there; a line for each answer's status
    while [ ! -e "$work/enough" ]; do
        curl -s -m 20 -o /dev/null -w '%{http_code} %{exitcode}\n' --cacert "$instance/ca.pem" -H "Authorization: Bearer $token" \
            "https://127.0.0.1:$https_port/api/v1/random/raw?bytes=65536"
    done
}

kill_9_leaves_no_reserve_that_is_used() {
    stop_server || return
    configure "  reserve_file: \"$work/reserve\"
  reserve_file_size: 4M"
    start_fed || return
    local before after tries=100
    while [ "$(disk_bytes)" = 0 ] && [ $((tries -= 1)) -gt 0 ]; do sleep 0.1; done
    [ $tries -gt 0 ] || { echo "no reserve on disk"; return 1; }
    rm -f "$work/enough"
    load >"$work/load.out" & local loader=$!
    sleep 1
    kill -9 "$server_pid"
    wait "$server_pid" 2>/dev/null
    touch "$work/enough"
    wait "$loader"
    grep -q '^200 0' "$work/load.out" || { echo "no load"; return 1; }
    before=$(sha256sum <"$work/reserve")
    start_fed || return
    after=$(sha256sum <"$work/reserve" 2>/dev/null)
    [ "$before" != "$after" ] || { echo "the reserve of the dead process is still there"; return 1; }
    answers 200 '/api/v1/random/raw?bytes=65536' && keys_are_made 05
}

a_full_disk_costs_the_reserve_on_disk_alone() {
    stop_server || return
    rm -f "$work/reserve"
    configure "  reserve_file: \"$work/reserve\"
  reserve_file_size: 64M"
    ulimit -S -f 4096 # KiB for any file
    start || return
    ulimit -S -f unlimited
    feed noise
    until_state active || return
    local tries=100
    while [ $((tries -= 1)) -gt 0 ]; do
        ask /api/v1/status >/dev/null
        python3 -c 'import json, sys; sys.exit(not json.load(open(sys.argv[1]))["reserve"]["disk"]["message"])' "$work/body" && break
        sleep 0.1
    done
    [ $tries -gt 0 ] || { echo "nothing is said of the disk"; cat "$work/body"; return 1; }
    answers 200 '/api/v1/random/raw?bytes=65536' && kill -0 "$server_pid"
}

sigterm_under_load_answers_what_is_open() {
    stop_server || return
    configure && start_fed || return
    rm -f "$work/enough"
    local loaders=() n
    for n in 1 2 3 4; do
        load >"$work/load.$n" &
        loaders+=($!)
    done
    sleep 1
    stop_server || { echo "exit status $?"; return 1; }
    touch "$work/enough"
    wait "${loaders[@]}"
    cat "$work"/load.? | sort | uniq -c
    grep -q '^200 0' "$work"/load.1 || return
    # An answer is whole, or the connection ended before the request was read (7, 35, 52, 55, 56): nothing half (18), and
    # no server error.
    ! grep -hvE '^(200 0|000 (7|35|52|55|56))$' "$work"/load.?
}

make_instance "$instance" || { echo "Bail out! no instance"; exit 1; }
cp "$instance/quantokid.yaml" "$work/made.yaml"
mkfifo "$fifo"
configure
token=$("$quantoki" token create --config "$instance/quantokid.yaml" --name test --scope entropy,metrics --rate unlimited | tail -1)
admin=$("$quantoki" token create --config "$instance/quantokid.yaml" --name boss --scope admin --rate unlimited | tail -1)

it "a server starts before its source, and answers 503" a_server_starts_before_its_source_and_answers_503
it "no key is made before the source is there" refuses keys_are_made 00
it "the source gets active once it delivers" the_source_gets_active_once_it_delivers
it "keys are made then" keys_are_made 01
it "an application runs" an_application_runs
it "without its source nothing is given out" without_its_source_nothing_is_given_out
it "without it no key is made" without_it_no_key_is_made
it "it comes back by itself" it_comes_back_by_itself
it "constant bytes are found" a_bad_feeder_is_found constant 'epetition\|constant\|same'
it "zeros are found" a_bad_feeder_is_found zeros 'epetition\|constant\|same'
it "a repeated block is found" a_bad_feeder_is_found repeated_block 'same\|identical\|repeat'
it "too little is found" a_bad_feeder_is_found too_little 'no sample\|timeout\|nothing'
it "a source that turns bad while it serves is cut off" a_source_that_turns_bad_while_it_serves_is_cut_off
it "kill -9 under load leaves no reserve that is used again" kill_9_leaves_no_reserve_that_is_used
it "a full disk costs the reserve on disk alone" a_full_disk_costs_the_reserve_on_disk_alone
it "SIGTERM under load answers what is open" sigterm_under_load_answers_what_is_open
finish
