#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A remote token: pkcs11-tool, the module, quantokid.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/tool.sh"

instance=$work/instance

an_instance_is_made() {
    make_instance "$instance" || return
    local file
    for file in quantokid.yaml grep11client.yaml ca.pem api-keys/so api-keys/user api-keys/anonymous; do
        [ -f "$instance/$file" ] || { echo "no $file"; return 1; }
    done
    for file in so user anonymous; do
        [ "$(stat -c %a "$instance/api-keys/$file")" = 600 ] && [ "$(wc -l <"$instance/api-keys/$file")" = 1 ] || return
    done
    [ "$(stat -c %a "$instance/master-key")" = 600 ] || return
    use_instance "$instance"
    start_server "$instance"
}

init_never_overwrites() {
    refuses "$build/src/cli/quantoki" init --dir "$instance" || return
    says "already" "$refused"
}

the_token_is_initialised_at_once() {
    says "quantoki" "$(p11 --list-slots)"
}

the_security_officer_initialises_it_anew() {
    p11 --init-token --so-pin "$so_pin" --label anew || return
    says "anew" "$(p11 --list-slots)"
}

a_wrong_api_key_is_refused() {
    refuses p11 --login --pin wrong-api-key --list-objects || return
    says CKR_PIN_INCORRECT "$refused"
}

the_user_may_not_initialise_the_token() {
    as_user --keygen --key-type AES:16 --id 70 --label stays || return
    refuses p11 --init-token --so-pin "$user_pin" --label stolen || return
    says stays "$(as_user --list-objects)" || return
    as_user --delete-object --type secrkey --id 70
}

keys_survive_a_restart() {
    as_user --list-objects >"$work/before" || return
    stop_server || return
    start_server "$instance" || return
    as_user --list-objects >"$work/after" || return
    cmp "$work/before" "$work/after" && p256_signs
}

without_a_server_the_error_is_clear() {
    stop_server || return
    printf 'logging: { loglevel: warning, logpath: "%s" }\n' "$work/module.log" |
        cat <(grep -v '^logging\|loglevel\|logpath' "$instance/grep11client.yaml") - >"$work/logging.yaml"
    chmod 600 "$work/logging.yaml"
    refused=$(EP11CLIENT_CFG=$work/logging.yaml p11 --login --pin "$user_pin" --list-objects 2>&1) && return 1
    says "CKR_DEVICE_ERROR" "$refused" || return
    says "127.0.0.1" "$(cat "$work/module.log")" || return
    start_server "$instance" && says t-p256 "$(as_user --list-objects)"
}

# The same without a log: util-linux's script is the terminal.
without_a_log_a_terminal_is_told() {
    local command="pkcs11-tool --module '$module' --list-objects"
    stop_server || return
    refused=$(loading_module script -qec "$command" /dev/null </dev/null) && return 1
    says "libquantoki: .*127.0.0.1:[0-9]*: Connection refused" "$refused" || return
    refused=$(loading_module bash -c "$command" 2>&1) && return 1
    says "CKR_DEVICE_ERROR" "$refused" || return
    grep libquantoki: <<<"$refused" && return 1
    start_server "$instance"
}

an_untrusted_server_is_refused() {
    make_instance "$work/other" || return
    sed "s|cacert: .*|cacert: \"$work/other/ca.pem\"|" "$instance/grep11client.yaml" >"$work/untrusted.yaml"
    chmod 600 "$work/untrusted.yaml"
    refused=$(EP11CLIENT_CFG=$work/untrusted.yaml p11 --login --pin "$user_pin" --list-objects 2>&1) && return 1
    says "CKR_DEVICE_ERROR" "$refused"
}

a_malformed_configuration_names_file_line_and_key() {
    sed 's/port: .*/port: [1, 2]/' "$instance/grep11client.yaml" >"$work/malformed.yaml"
    chmod 600 "$work/malformed.yaml"
    refused=$(EP11CLIENT_CFG=$work/malformed.yaml p11 --list-slots 2>&1) && return 1
    says "malformed.yaml:[0-9]*: .*port" "$refused"
}

a_missing_configuration_is_never_an_empty_token() {
    refused=$(EP11CLIENT_CFG=$work/nowhere.yaml p11 --list-slots 2>&1) && return 1
    says "nowhere.yaml" "$refused"
}

it "quantoki init makes an instance, quantokid serves it" an_instance_is_made
it "quantoki init never overwrites an instance" init_never_overwrites
it "the token is initialised at once" the_token_is_initialised_at_once
it "the security officer initialises it anew" the_security_officer_initialises_it_anew
it "a wrong API key is refused" a_wrong_api_key_is_refused
it "the user may not initialise the token" the_user_may_not_initialise_the_token
run_tool_cases
it "keys survive a restart of the server" keys_survive_a_restart
it "without a server the error is clear, and the next call works" without_a_server_the_error_is_clear
it "a terminal is told what is wrong if there is no log, and nothing else is" without_a_log_a_terminal_is_told
it "a server whose certificate is not trusted is refused" an_untrusted_server_is_refused
it "a malformed configuration names file, line and key" a_malformed_configuration_names_file_line_and_key
it "a missing configuration is never an empty token" a_missing_configuration_is_never_an_empty_token
finish
