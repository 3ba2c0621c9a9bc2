#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The entropy service of a real quantokid, whose only noise source is a FIFO that the test feeds.
#
# usage: entropy-clients.sh matrix | edges | tokens | faults
. "$(dirname "$0")/lib.sh"

instance=$work/instance
make_instance "$instance" || { echo "Bail out! no instance"; exit 1; }
mkfifo -m 600 "$work/noise"
entropy_from_fifo "$instance" "$work/noise"
"$build/tests/add-runs" "$instance/quantoki.db" || { echo "Bail out! no runs"; exit 1; }

token() { # name, options...
    "$build/src/cli/quantoki" token create --config "$instance/quantokid.yaml" --name "$@" | tail -n 1 >"$work/token-${1}"
}
case $1 in
tokens)
    token limited
    token other
    token small --rate unlimited --allotment 3k
    token brief --expires 1s
    token early --not-before 1d
    token gone
    token metrics --scope metrics ;;
esac
token free --rate unlimited
token admin --rate unlimited --scope admin

start_server "$instance" || { echo "Bail out! no server"; exit 1; }
PYTHONDONTWRITEBYTECODE=1 python3 "$(dirname "$0")/entropy_$1.py" "$https_port" "$instance" "$work" "$build"
status=$?
stop_server || { echo "Bail out! quantokid ended with $?"; sed 's/^/# /' "$instance/server.log" | tail -n 40; exit 1; }
exit "$status"
