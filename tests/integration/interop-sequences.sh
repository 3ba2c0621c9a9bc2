#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What Vault, Oracle TDE, Db2 and IBM's sample programs call, replayed (tests/interop).
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/interop.sh"

# Debian's pkcs11-tool has no names for these types, but shows all objects and their labels.
post_quantum_keys_are_listed() {
    local list name at=0
    list=$("$build/src/cli/quantoki" keys --module "$module" --pin-file "$pin_file") || return
    for name in ML-DSA-65 ML-KEM-768 "IBM ML-DSA-44" Dilithium-R2-87 Kyber-R2-768; do
        says "^private key  *$name  *c$at  post-quantum $at  *never" "$list" || return
        says "^public key  *$name  *c$at  post-quantum $at " "$list" || return
        at=$((at + 1))
    done
    list=$(as_user --list-objects) || return
    [ "$(grep -c "post-quantum" <<<"$list")" = 10 ] || return
    refuses "$build/src/cli/quantoki" keys --module "$module" --slot 77 || return
    refuses "$build/src/cli/quantoki" keys --module "$build/src/cli/quantoki"
}

# IBM's samples are programs of their own, and begin by emptying the token; but one, which finds what another left.
run_cases() {
    local sample
    report_steps sequences timeout 120 "$build/tests/interop/sequences" "$module" "$user_pin" "$label"
    for sample in generate load checksum crypto object dilithium btc keep; do
        report_steps "IBM's sample" timeout 60 "$build/tests/interop/sequences" "$module" "$user_pin" "$label" "$so_pin" $sample
    done
    with_token "post-quantum keys are listed by name" post_quantum_keys_are_listed
}

on_both_tokens run_cases
finish
