#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What Vault, Oracle TDE, Db2 and IBM's sample programs call, replayed (tests/interop).
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/interop.sh"

# IBM's samples are programs of their own, and begin by emptying the token; but one, which finds what another left.
run_cases() {
    local sample
    report_steps sequences timeout 120 "$build/tests/interop/sequences" "$module" "$user_pin" "$label"
    for sample in generate load checksum crypto object dilithium btc; do
        report_steps "IBM's sample" timeout 60 "$build/tests/interop/sequences" "$module" "$user_pin" "$label" "$so_pin" $sample
    done
}

on_both_tokens run_cases
finish
