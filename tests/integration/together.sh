#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# All parts at once: one quantokid gives entropy; quantoki-seed brings it to a token of SoftHSM, to an embedded token of
# ours and to a network token of ours, which another quantokid keeps; applications draw it through
# libquantoki-entropy.so, in front of SoftHSM and of the network token. Then each quantokid goes, and comes back.
. "$(dirname "$0")/lib.sh"

softhsm=$(ls /usr/lib/softhsm/libsofthsm2.so /usr/lib/*/softhsm/libsofthsm2.so 2>/dev/null | head -n 1)
instance=$work/instance # gives entropy
hsm=$work/hsm           # keeps a token
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

there_is_a_network_hsm() {
    local port=$https_port pid=$server_pid # of the one that gives entropy
    make_instance "$hsm" && start_server "$hsm" || return
    hsm_pid=$server_pid https_port=$port server_pid=$pid
}

make_token() { # module, label, place of the slot
    loading_module pkcs11-tool --module "$1" --init-token --slot-index "$3" --so-pin 87654321 --label "$2" &&
        loading_module pkcs11-tool --module "$1" --slot-index "$3" --login --login-type so --so-pin 87654321 --init-pin \
            --new-pin "$user_pin"
}

there_are_other_tokens() {
    mkdir "$work/softhsm"
    echo "directories.tokendir = $work/softhsm" >"$work/softhsm2.conf"
    (umask 077 && echo "$user_pin" >"$work/pin")
    # One configuration with both of our tokens: slot 0 is the network's, as `quantoki init` has written it.
    sed 's/^tokens:/&\n  1:\n    embedded:\n      path: "'"${work//\//\\/}"'\/embedded"/' "$hsm/grep11client.yaml" >"$work/client.yaml"
    chmod 600 "$work/client.yaml"
    export SOFTHSM2_CONF=$work/softhsm2.conf EP11CLIENT_CFG=$work/client.yaml
    make_token "$softhsm" theirs 0 && make_token "$module" ours 1
}

# ---- the seeder ----

seeder() {
    "$build/src/seeder/quantoki-seed" --config "$work/seed.yaml" "$@"
}

the_seeder_reaches_all() {
    cat >"$work/seed.yaml" <<END
service: { url: "https://127.0.0.1:$https_port", ca_file: "$instance/ca.pem", token_file: "$work/seeder.token" }
state_folder: $work/state
status_file: $work/status
targets:
  - { name: theirs, library: "$softhsm", token_label: theirs, pin_file: "$work/pin", period: 1 }
  - { name: ours, library: "$module", token_label: ours, pin_file: "$work/pin", period: 1 }
  - { name: network, library: "$module", token_label: quantoki, pin_file: "$hsm/api-keys/user", period: 1 }
END
    seeder --test-login && seeder --once
}

injections() { # target
    sed "s/.*\"name\":\"$1\"[^}]*\"injections\":\([0-9]*\).*/\1/" "$work/status"
}

get_more() { # targets: until each has had two more seeds
    local name before=()
    for name in "$@"; do before+=("$(injections "$name")"); done
    for _ in $(seq 600); do
        local left=0 i=0
        for name in "$@"; do
            [ "$(injections "$name")" -ge $((before[i] + 2)) ] || left=1
            i=$((i + 1))
        done
        [ $left = 0 ] && return
        sleep 0.1
    done
    cat "$work/seeder.log" "$work/status"
    return 1
}

all_get_more() { get_more theirs ours network; }

the_seeder_goes_on_seeding() {
    "$build/src/seeder/quantoki-seed" --config "$work/seed.yaml" 2>"$work/seeder.log" &
    seeder_pid=$!
    servers+=("$seeder_pid")
    for _ in $(seq 100); do [ "$(grep -c op=seed "$work/seeder.log")" -ge 3 ] && break; sleep 0.1; done
    all_get_more
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
    start_server "$instance" && say random && hear 'random 0x0' && all_get_more && kill -0 "$seeder_pid"
}

# ---- without the HSM ----

others_are_seeded_while_an_hsm_is_away() {
    kill "$hsm_pid" && wait "$hsm_pid" || return
    for _ in $(seq 100); do grep -q 'target=network .*code=CKR_' "$work/seeder.log" && break; sleep 0.1; done
    says 'op=seed target=network .*step=.* code=CKR_.* class=transient' "$(cat "$work/seeder.log")" || return
    get_more theirs
}

it_is_seeded_again_when_it_is_back() {
    local pid=$server_pid
    start_server "$hsm" || return
    hsm_pid=$server_pid server_pid=$pid
    get_more network theirs && ! grep -q 'target=network .*next=\(off\|latched\)' "$work/seeder.log"
}

random_in_front_of_a_network_hsm() {
    local drawn
    sed "s|^base: .*|base: $module|; s|^log_to: .*|log_to: $work/network.log|" "$work/wrapper.yaml" >"$work/network.yaml"
    drawn=$(QUANTOKI_ENTROPY_CONFIG=$work/network.yaml loading_module pkcs11-tool --module "$wrapper" --token-label quantoki \
        --login --pin "$(cat "$hsm/api-keys/user")" --generate-random 16 | wc -c)
    [ "$drawn" = 16 ] || return
    QUANTOKI_ENTROPY_CONFIG=$work/network.yaml loading_module pkcs11-tool --module "$wrapper" --token-label quantoki \
        --login --pin "$(cat "$hsm/api-keys/user")" --keygen --key-type AES:32 --label through-the-wrapper
}

all_end_in_peace() {
    local talk=$TALK_PID
    say quit && wait "$talk" || { echo "application: $?"; return 1; }
    kill "$seeder_pid" && wait "$seeder_pid" || { echo "seeder: $?"; tail -n 5 "$work/seeder.log"; return 1; }
    stop_server && kill "$hsm_pid" && wait "$hsm_pid"
}

it "the service has a token for each of its users" the_service_has_a_token_for_each_user
it "there is a network HSM with a token" there_is_a_network_hsm
it "there is a token of SoftHSM, and an embedded one of ours" there_are_other_tokens
it "the seeder logs in to all, and seeds them" the_seeder_reaches_all
it "it goes on seeding them" the_seeder_goes_on_seeding
it "an application has keys of SoftHSM and random of the service" an_application_draws_through_the_wrapper
it "the service counted what both drew" the_service_counted_both
it "without the service, seeder and wrapper say so, and keys still work" everybody_says_that_the_service_is_away
it "when it is back, both go on without a restart" everybody_goes_on_when_it_is_back
it "an application has keys of the network HSM and random of the service" random_in_front_of_a_network_hsm
it "while that HSM is away, the others are seeded" others_are_seeded_while_an_hsm_is_away
it "when it is back, it is seeded again without a restart" it_is_seeded_again_when_it_is_back
it "all end in peace" all_end_in_peace
finish
