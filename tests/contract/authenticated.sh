#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Runs a contract test of the module on a token with authenticated keystores (sessionauth): applications notice nothing.
#
# usage: authenticated.sh embedded | remote PROGRAM
. "$(dirname "$0")/../integration/lib.sh"

instance=$work/instance
case $1 in
remote)
    { make_instance "$instance" && start_server "$instance"; } >&2 || { echo "Bail out! no server"; exit 1; }
    use_instance "$instance"
    with_keystore_password "$instance/grep11client.yaml" "$work/client.yaml" contract
    ;;
embedded)
    user_pin=user-pin so_pin=so-pin
    cat >"$work/client.yaml" <<END
sessionauthtemplate: &session { enabled: true, tokenspaceIDPassword: contract }
tokens: { 0: { embedded: { path: "$work/token" }, users: { 1: { sessionauth: *session }, 2: { sessionauth: *session } } } }
END
    chmod 600 "$work/client.yaml"
    ;;
esac
QUANTOKI_MODULE=$module QUANTOKI_TEST_CONFIG=$work/client.yaml QUANTOKI_TEST_SO_PIN=$so_pin QUANTOKI_TEST_PIN=$user_pin "$2"
status=$?
[ "$1" = embedded ] || stop_server || { echo "Bail out! quantokid ended with $?"; cat "$instance/server.log" >&2; exit 1; }
exit "$status"
