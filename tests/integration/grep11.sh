#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Node's gRPC client against quantokid. The cases are in tests/node; their TAP is passed on.
#
# usage: grep11.sh NAME, for tests/node/NAME_test.js
. "$(dirname "$0")/lib.sh"

instance=$work/instance

a_stranger_has_an_api_key() { # and no rights
    iam() { "$build/src/cli/quantoki" iam "$@" --config "$instance/quantokid.yaml"; }
    iam service-id create stranger >/dev/null && (umask 077 && iam api-key create stranger key | tail -n 1 >"$instance/api-keys/stranger")
}

make_instance "$instance" && let_grep11_clients_off "$instance" && a_stranger_has_an_api_key && start_server "$instance" || { echo "Bail out! no server"; exit 1; }
NODE_PATH=$build/tests/node/node_modules QUANTOKI_INSTANCE=$instance QUANTOKI_PROTO=$source_root/proto \
    QUANTOKI_SERVER=$build/src/server/quantokid QUANTOKI_SERVER_PID=$server_pid \
    QUANTOKI_GRPC=127.0.0.1:$grpc_port QUANTOKI_HTTPS=127.0.0.1:$https_port \
    timeout 300 node "$source_root/tests/node/${1:-grep11}_test.js"
status=$?
stop_server || { echo "# quantokid ended with $?"; status=1; }
exit $status
