#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What Vault, Oracle TDE, Db2 and IBM's sample programs call, replayed (tests/interop).
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/interop.sh"

run_cases() {
    report_steps sequences timeout 120 "$build/tests/interop/sequences" "$module" "$user_pin" "$label"
}

on_both_tokens run_cases
finish
