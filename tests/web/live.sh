#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The status page as a real quantokid serves it. usage: live.sh PICTURES
. "$(dirname "$0")/../integration/lib.sh"

instance=$work/instance
make_instance "$instance" || { echo "Bail out! no instance"; exit 1; }
mkfifo -m 600 "$work/noise"
entropy_from_fifo "$instance" "$work/noise"
"$build/tests/add-runs" "$instance/quantoki.db" || { echo "Bail out! no runs"; exit 1; }
"$build/src/cli/quantoki" token create --config "$instance/quantokid.yaml" --name free --rate unlimited --scope entropy,admin | tail -n 1 >"$work/token"
start_server "$instance" || { echo "Bail out! no server"; exit 1; }
node "$(dirname "$0")/live_test.js" "https://127.0.0.1:$https_port" "$work/noise" "$work/token" "$1"
status=$?
stop_server || { echo "Bail out! quantokid ended with $?"; sed 's/^/# /' "$instance/server.log" | tail -n 40; exit 1; }
exit "$status"
