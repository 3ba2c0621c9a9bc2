#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# All parts at once: quantokid gives entropy; quantoki-seed brings it to a token of SoftHSM and to an embedded token of
# ours; an application draws it through libquantoki-entropy.so. Then quantokid goes, and comes back.
. "$(dirname "$0")/lib.sh"

softhsm=$(ls /usr/lib/softhsm/libsofthsm2.so /usr/lib/*/softhsm/libsofthsm2.so 2>/dev/null | head -n 1)
instance=$work/instance
wrapper=$build/src/wrapper/libquantoki-entropy.so
user_pin=123456

# ---- the parts ----

the_service_has_a_token_for_each_user() {
    local name
    make_instance "$instance" && start_server "$instance" || return
    for name in seeder application; do
        (umask 077 && "$build/src/cli/quantoki" token create --config "$instance/quantokid.yaml" --name "$name" \
            --scope entropy | tail -n 1 >"$work/$name.token") || return
        [ "$(wc -c <"$work/$name.token")" = 47 ] || return
    done
}

make_token() { # module, label
    loading_module pkcs11-tool --module "$1" --init-token --slot-index 0 --so-pin 87654321 --label "$2" &&
        loading_module pkcs11-tool --module "$1" --slot-index 0 --login --login-type so --so-pin 87654321 --init-pin \
            --new-pin "$user_pin"
}

there_are_tokens_of_two_kinds() {
    mkdir "$work/softhsm"
    echo "directories.tokendir = $work/softhsm" >"$work/softhsm2.conf"
    printf 'tokens:\n  0:\n    embedded:\n      path: "%s/embedded"\n' "$work" >"$work/embedded.yaml"
    chmod 600 "$work/embedded.yaml"
    (umask 077 && echo "$user_pin" >"$work/pin")
    export SOFTHSM2_CONF=$work/softhsm2.conf EP11CLIENT_CFG=$work/embedded.yaml
    make_token "$softhsm" theirs && make_token "$module" ours
}

# ---- the seeder ----

seeder() {
    "$build/src/seeder/quantoki-seed" --config "$work/seed.yaml" "$@"
}

the_seeder_reaches_both() {
    cat >"$work/seed.yaml" <<END
service: { url: "https://127.0.0.1:$https_port", ca_file: "$instance/ca.pem", token_file: "$work/seeder.token" }
state_folder: $work/state
status_file: $work/status
targets:
  - { name: theirs, library: "$softhsm", token_label: theirs, pin_file: "$work/pin", period: 1 }
  - { name: ours, library: "$module", token_label: ours, pin_file: "$work/pin", period: 1 }
END
    seeder --test-login && seeder --once
}

injections() { # target
    sed "s/.*\"name\":\"$1\"[^}]*\"injections\":\([0-9]*\).*/\1/" "$work/status"
}

both_get_more() { # until each has had two more seeds
    local theirs ours
    theirs=$(injections theirs) ours=$(injections ours)
    for _ in $(seq 300); do
        [ "$(injections theirs)" -ge $((theirs + 2)) ] && [ "$(injections ours)" -ge $((ours + 2)) ] && return
        sleep 0.1
    done
    cat "$work/seeder.log" "$work/status"
    return 1
}

the_seeder_goes_on_seeding() {
    "$build/src/seeder/quantoki-seed" --config "$work/seed.yaml" 2>"$work/seeder.log" &
    seeder_pid=$!
    servers+=("$seeder_pid")
    for _ in $(seq 100); do [ "$(grep -c op=seed "$work/seeder.log")" -ge 2 ] && break; sleep 0.1; done
    both_get_more
}

# ---- the application ----

say() { echo "$*" >&"${TALK[1]}"; }
hear() { # the next line must match
    local line
    IFS= read -r -t 60 line <&"${TALK[0]}" || { echo "nothing heard, expected $1"; return 1; }
    says "$1" "$line"
}

an_application_draws_through_the_wrapper() {
    cat >"$work/wrapper.yaml" <<END
base: $softhsm
url: https://127.0.0.1:$https_port
token_file: $work/application.token
ca_file: $instance/ca.pem
pool_bytes: 0
retries: 0
log_to: $work/wrapper.log
END
    export QUANTOKI_ENTROPY_CONFIG=$work/wrapper.yaml
    coproc TALK { loading_module "$build/tests/p11talk" "$wrapper" "$user_pin" 2>&1; }
    hear 'ready 0x0' && say random && hear 'random 0x0' && say keys && hear 'keys 0x0'
}

the_service_counted_both() {
    local list
    for _ in $(seq 100); do # uses are written now and then
        list=$("$build/src/cli/quantoki" token list --config "$instance/quantokid.yaml")
        grep -qE '^(seeder|application) .* 0 B$' <<<"$list" || break
        sleep 0.2
    done
    says '^seeder ' "$list" && says '^application ' "$list" && ! grep -E '^(seeder|application) .* 0 B$' <<<"$list"
}

# ---- without the service ----

draw_until() { # the rest of a download is served first
    local line
    for _ in $(seq 100); do
        say random && IFS= read -r -t 60 line <&"${TALK[0]}" || return
        [ "$line" = "$1" ] && return
        [ "$line" = "random 0x0" ] || break
    done
    echo "heard: $line"
    return 1
}

everybody_says_that_the_service_is_away() {
    stop_server || return
    draw_until 'random 0x30' || return    # CKR_DEVICE_ERROR
    say keys && hear 'keys 0x0' || return # they are the base's affair
    for _ in $(seq 100); do grep -q 'op=download .*err=SERVER_AWAY' "$work/seeder.log" && break; sleep 0.1; done
    says 'op=download again_in_ms=[0-9]* err=SERVER_AWAY' "$(cat "$work/seeder.log")" &&
        says 'err=SERVER_AWAY' "$(cat "$work/wrapper.log")" && says '"service_error":"..*"' "$(cat "$work/status")" &&
        kill -0 "$seeder_pid"
}

everybody_goes_on_when_it_is_back() {
    start_server "$instance" && say random && hear 'random 0x0' && both_get_more && kill -0 "$seeder_pid"
}

all_end_in_peace() {
    local talk=$TALK_PID
    say quit && wait "$talk" || { echo "application: $?"; return 1; }
    kill "$seeder_pid" && wait "$seeder_pid" || { echo "seeder: $?"; tail -n 5 "$work/seeder.log"; return 1; }
    stop_server
}

it "the service has a token for each of its users" the_service_has_a_token_for_each_user
it "there is a token of SoftHSM, and an embedded one of ours" there_are_tokens_of_two_kinds
it "the seeder logs in to both, and seeds them" the_seeder_reaches_both
it "it goes on seeding them" the_seeder_goes_on_seeding
it "an application has keys of SoftHSM and random of the service" an_application_draws_through_the_wrapper
it "the service counted what both drew" the_service_counted_both
it "without the service, seeder and wrapper say so, and keys still work" everybody_says_that_the_service_is_away
it "when it is back, both go on without a restart" everybody_goes_on_when_it_is_back
it "all end in peace" all_end_in_peace
finish
