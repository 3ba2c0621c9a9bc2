#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Runs a contract test on a remote token: makes a throw-away instance, starts quantokid, and gives the program all it
# may need in the environment (tests/contract/remote.h, src/module/contract/testing.h). The output, TAP, is the program's own.
#
# usage: on-remote.sh PROGRAM
. "$(dirname "$0")/../integration/lib.sh"

instance=$work/instance
{ make_instance "$instance" && let_grep11_clients_off "$instance" && start_server "$instance"; } >&2 || { echo "Bail out! no server"; exit 1; }
QUANTOKI_MODULE=$module \
QUANTOKI_TEST_CONFIG=$instance/grep11client.yaml \
QUANTOKI_TEST_SO_PIN=$(cat "$instance/api-keys/so") \
QUANTOKI_TEST_PIN=$(cat "$instance/api-keys/user") \
QUANTOKI_TEST_CA=$instance/ca.pem \
QUANTOKI_TEST_GRPC_PORT=$grpc_port \
QUANTOKI_TEST_HTTPS_PORT=$https_port \
    "$1"
status=$?
# A program that fell over may not have said so in its TAP; a server that did certainly has not.
stop_server || { echo "Bail out! quantokid ended with $?"; cat "$instance/server.log" >&2; exit 1; }
exit "$status"
