#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Hostile peers (hostile.py) against a quantokid with little room, or with little patience.
#
# usage: hostile.sh greedy | slow | plain
. "$(dirname "$0")/lib.sh"

declare -A limits=(
    [greedy]="bodies: 32M, unread: 8M, connections: 40"
    [slow]="stall_seconds: 2, idle_seconds: 3"
    [plain]="stall_seconds: 2"
)
instance=$work/instance
make_instance "$instance" || { echo "Bail out! no instance"; exit 1; }
[ "$1" = plain ] && sed -i '/^https:/a\  tls: off' "$instance/quantokid.yaml"
[ "$1" = greedy ] || sed -i '/^https:/a\  idle_seconds: 3' "$instance/quantokid.yaml"
echo "limits: { ${limits[$1]} }" >>"$instance/quantokid.yaml"
start_server "$instance" || { echo "Bail out! no server"; exit 1; }
python3 "$(dirname "$0")/hostile.py" "$1" "$grpc_port" "$https_port" "$instance" "$server_pid"
status=$?
stop_server || { echo "Bail out! quantokid ended with $?"; sed 's/^/# /' "$instance/server.log" | tail -n 40; exit 1; }
exit "$status"
