#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The module's contract, which its own tests check on an embedded token, against a server.
. "$(dirname "$0")/lib.sh"

instance=$work/instance

a_server_runs() {
    make_instance "$instance" || return
    start_server "$instance"
}

holds() { # part of the contract
    QUANTOKI_MODULE=$module QUANTOKI_TEST_CONFIG=$instance/grep11client.yaml \
        QUANTOKI_TEST_SO_PIN=$(cat "$instance/api-keys/so") QUANTOKI_TEST_PIN=$(cat "$instance/api-keys/user") \
        CMOCKA_MESSAGE_OUTPUT=TAP "$build/src/module/module_$1_test"
}

it "a server runs" a_server_runs
for part in session login object key crypto process; do
    it "the contract holds remotely: $part" holds $part
done
finish
