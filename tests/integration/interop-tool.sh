#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# OpenSC's pkcs11-tool, every command and every kind of object that embedded.sh and remote.sh do not try (tool.sh).
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/interop.sh"

iv=000102030405060708090a0b0c0d0e0f
message=$work/message
printf 'sixteen bytes, x' >"$message"

# ---- what the token says of itself ----

the_token_is_described() {
    says "Cryptoki version" "$(p11 --show-info)" || return
    says "token label *: $label" "$(p11 --list-slots)" || return
    says "token initialized, PIN initialized" "$(p11 --list-token-slots)"
}

mechanisms_are_listed() {
    local list name
    list=$(p11 --list-mechanisms) || return
    for name in "RSA-PKCS, .*sign, .*verify, .*wrap, unwrap" "ECDSA-SHA256, .*sign, verify" "AES-CBC-PAD, .*encrypt, decrypt" \
        "AES-KEY-GEN, .*generate" "EDDSA, .*sign, verify" "SHA256, digest"; do
        says "$name" "$list" || return
    done
}

a_slot_is_chosen_in_every_way() {
    p11 --slot 0 --list-objects || return
    p11 --slot-index 0 --list-objects || return
    p11 --token-label "$label" --list-objects || return
    p11 --slot-description "Quantoki $token slot 0" --list-objects || return
    refuses p11 --slot 7 --list-objects || return
    says CKR_SLOT_ID_INVALID "$refused" || return
    refuses p11 --token-label nobody --list-objects
}

# ---- without keys ----

hashes_are_those_of_openssl() {
    local name
    for name in SHA-1 SHA224 SHA256 SHA384 SHA512 SHA3-224 SHA3-256 SHA3-384 SHA3-512; do
        p11 --hash --mechanism $name --input-file "$message" --output-file "$place/hash" || return
        openssl dgst "-${name/SHA-1/sha1}" -binary "$message" | cmp - "$place/hash" || return
    done
}

random_comes_in_any_size() {
    local size
    for size in 0 1 31 4096 70000; do
        p11 --generate-random $size --output-file "$place/random" || return
        [ "$(stat -c %s "$place/random")" = $size ] || return
    done
    ! cmp -s -n 4096 "$place/random" /dev/zero
}

# ---- objects ----

new_soft_keys() { # $place/soft-rsa.der, soft-ec.der: private keys; ...-public.der; ...-cert.der
    local kind options
    for kind in rsa ec; do
        options=(rsa:2048)
        [ $kind = rsa ] || options=(ec -pkeyopt ec_paramgen_curve:P-256)
        openssl req -x509 -newkey "${options[@]}" -nodes -keyout "$place/soft-$kind.pem" -subj "/CN=soft $kind" -days 1 \
            -outform DER -out "$place/soft-$kind-cert.der" || return
        openssl pkey -in "$place/soft-$kind.pem" -outform DER -out "$place/soft-$kind.der" || return
        openssl pkey -in "$place/soft-$kind.pem" -pubout -outform DER -out "$place/soft-$kind-public.der" || return
    done
}

import_pair() { # kind, id
    as_user --write-object "$place/soft-$1.der" --type privkey --id "$2" --label "imported $1" || return
    as_user --write-object "$place/soft-$1-public.der" --type pubkey --id "$2" --label "imported $1" || return
    as_user --write-object "$place/soft-$1-cert.der" --type cert --id "$2" --label "imported $1"
}

imported_pairs_sign() {
    local kind id=a0 mechanism=SHA256-RSA-PKCS
    new_soft_keys || return
    for kind in rsa ec; do
        import_pair $kind $id || return
        as_user --sign --mechanism $mechanism --signature-format openssl --id $id --input-file "$message" \
            --output-file "$place/signature" || return
        openssl dgst -sha256 -verify "$place/soft-$kind-public.der" -keyform DER -signature "$place/signature" "$message" ||
            return
        as_user --verify --mechanism $mechanism --signature-format openssl --id $id --input-file "$message" \
            --signature-file "$place/signature" || return
        id=a1 mechanism=ECDSA-SHA256
    done
}

an_imported_private_key_is_never_read() {
    as_user --read-object --type privkey --id a0 --output-file "$place/stolen"
    [ ! -s "$place/stolen" ]
}

imported_public_halves_come_back() {
    local kind id=a0
    for kind in rsa ec; do
        as_user --read-object --type pubkey --id $id --output-file "$place/read" || return
        cmp "$place/read" "$place/soft-$kind-public.der" || return
        as_user --read-object --type cert --id $id --output-file "$place/read" || return
        cmp "$place/read" "$place/soft-$kind-cert.der" || return
        id=a1
    done
}

a_secret_key_comes_back_only_if_it_may() {
    as_user --write-object "$message" --type secrkey --key-type AES: --id b0 --extractable || return
    as_user --read-object --type secrkey --id b0 --output-file "$place/read" && cmp "$place/read" "$message" || return
    as_user --write-object "$message" --type secrkey --key-type AES: --id b1 --sensitive --extractable || return
    refuses as_user --read-object --type secrkey --id b1 --output-file "$place/read" || return
    says CKR_ATTRIBUTE_SENSITIVE "$refused"
}

data_objects_keep_application_and_identifier() {
    as_user --write-object "$message" --type data --label note --application-label app --application-id 1.2.3.4 --private ||
        return
    says "app_id: *1.2.3.4" "$(as_user --list-objects --type data)" || return
    as_user --read-object --type data --application-label app --output-file "$place/read" &&
        cmp "$place/read" "$message" || return
    [ -z "$(p11 --list-objects --type data)" ] || return
    as_user --delete-object --type data --label note || return
    [ -z "$(as_user --list-objects --type data 2>/dev/null)" ]
}

identifiers_are_changed() {
    as_user --keypairgen --key-type EC:prime256v1 --id c0 --label moving || return
    as_user --set-id c1 --id c0 --type privkey && as_user --set-id c1 --id c0 --type pubkey || return
    as_user --sign --mechanism ECDSA --id c1 --input-file "$message" --output-file "$place/signature" || return
    as_user --delete-object --type privkey --id c1 && as_user --delete-object --type pubkey --id c1 || return
    ! as_user --list-objects | grep moving
}

what_may_not_be_destroyed_stays() {
    as_user --write-object "$place/soft-ec-cert.der" --type cert --id c2 --label lasting --undestroyable || return
    refuses as_user --delete-object --type cert --id c2 || return
    says "0x1b" "$refused" && says lasting "$(as_user --list-objects --type cert)" # CKR_ACTION_PROHIBITED
}

# ---- keys ----

usages_are_as_asked_for() {
    as_user --keypairgen --key-type EC:prime256v1 --id d0 --usage-sign || return
    as_user --keypairgen --key-type rsa:2048 --id d1 --usage-decrypt --usage-wrap || return
    as_user --sign --mechanism ECDSA-SHA256 --id d0 --input-file "$message" --output-file "$place/signature" || return
    refuses as_user --sign --mechanism SHA256-RSA-PKCS --id d1 --input-file "$message" --output-file "$place/none" || return
    says CKR_KEY_FUNCTION_NOT_PERMITTED "$refused" || return
    refuses as_user --derive --mechanism ECDH1-DERIVE --id d0 --input-file "$place/soft-ec-public.der" --output-file \
        "$place/none" || return
    says "CKR_KEY_FUNCTION_NOT_PERMITTED\|CKR_MECHANISM_INVALID" "$refused"
}

a_key_keeps_to_its_mechanisms() {
    as_user --keygen --key-type AES:16 --id d2 --allowed-mechanisms AES-CBC-PAD || return
    as_user --encrypt --mechanism AES-CBC-PAD --iv $iv --id d2 --input-file "$message" --output-file "$place/cipher" || return
    refuses as_user --encrypt --mechanism AES-ECB --id d2 --input-file "$message" --output-file "$place/cipher" || return
    says CKR_MECHANISM_INVALID "$refused"
}

a_key_asks_for_the_pin_each_time() {
    as_user --keypairgen --key-type EC:prime256v1 --id d3 --always-auth --usage-sign || return
    says "always authenticate" "$(as_user --list-objects --type privkey --id d3)" || return
    as_user --sign --mechanism ECDSA-SHA256 --id d3 --input-file "$message" --output-file "$place/signature"
}

sizes_and_curves_are_checked() {
    refuses as_user --keypairgen --key-type rsa:1000 --id d4 && says CKR_KEY_SIZE_RANGE "$refused" || return
    refuses as_user --keygen --key-type AES:17 --id d4 && says CKR_KEY_SIZE_RANGE "$refused" || return
    refuses as_user --keypairgen --key-type EC:nonsense --id d4
}

macs_are_made_and_checked() {
    local hash
    as_user --keygen --key-type GENERIC:32 --id d5 --usage-sign --extractable || return
    as_user --read-object --type secrkey --id d5 --output-file "$place/mac-key" || return
    for hash in SHA-1 SHA512; do
        as_user --sign --mechanism $hash-HMAC --id d5 --input-file "$message" --output-file "$place/mac" || return
        openssl mac -digest "${hash//-/}" -macopt "hexkey:$(od -An -v -tx1 "$place/mac-key" | tr -d ' \n')" -in "$message" -binary HMAC |
            cmp - "$place/mac" || return
        says "Signature is valid" "$(as_user --verify --mechanism $hash-HMAC --id d5 --input-file "$message" \
            --signature-file "$place/mac" 2>&1)" || return
    done
    says "Invalid signature" "$(as_user --verify --mechanism SHA512-HMAC --id d5 --input-file "$place/mac-key" \
        --signature-file "$place/mac" 2>&1)"
}

pss_signs_and_oaep_decrypts() {
    local hash
    for hash in 1 256 384; do
        as_user --sign --mechanism SHA$hash-RSA-PKCS-PSS --id a0 --input-file "$message" --output-file "$place/signature" ||
            return
        openssl dgst -sha$hash -verify "$place/soft-rsa-public.der" -keyform DER -sigopt rsa_padding_mode:pss -sigopt \
            rsa_pss_saltlen:digest -signature "$place/signature" "$message" || return
        openssl pkeyutl -encrypt -pubin -keyform DER -inkey "$place/soft-rsa-public.der" -pkeyopt rsa_padding_mode:oaep -pkeyopt \
            rsa_oaep_md:sha$hash -in "$message" -out "$place/cipher" || return
        [ $hash != 1 ] || continue # the tool has another name for it here
        as_user --decrypt --mechanism RSA-PKCS-OAEP --hash-algorithm SHA$hash --id a0 --input-file "$place/cipher" \
            --output-file "$place/plain" && cmp "$place/plain" "$message" || return
    done
}

# Wraps with that mechanism and unwraps under another identifier; then both keys make the same ciphertext. What is
# unwrapped must be sensitive, and the tool must be told.
wrap_and_unwrap() { # id of the wrapping key, mechanism, further options
    local id=$1 mechanism=$2
    shift 2
    as_user --wrap --mechanism "$mechanism" "$@" --id "$id" --application-id e0 --output-file "$place/wrapped" || return
    refuses as_user --unwrap --mechanism "$mechanism" "$@" --id "$id" --application-id e9 --key-type AES: \
        --input-file "$place/wrapped" || return
    as_user --unwrap --mechanism "$mechanism" "$@" --id "$id" --application-id e9 --key-type AES: --sensitive \
        --input-file "$place/wrapped" || return
    as_user --encrypt --mechanism AES-CBC-PAD --iv $iv --id e0 --input-file "$message" --output-file "$place/one" || return
    as_user --encrypt --mechanism AES-CBC-PAD --iv $iv --id e9 --input-file "$message" --output-file "$place/other" || return
    cmp "$place/one" "$place/other" && as_user --delete-object --type secrkey --id e9
}

keys_are_wrapped_and_unwrapped() {
    as_user --keygen --key-type AES:16 --id e0 --sensitive --extractable || return
    as_user --keygen --key-type AES:32 --id e1 --usage-wrap --sensitive || return
    as_user --keypairgen --key-type rsa:3072 --id e2 --usage-wrap || return
    wrap_and_unwrap e2 RSA-PKCS && wrap_and_unwrap e1 AES-CBC-PAD --iv $iv && wrap_and_unwrap e1 AES-CBC --iv $iv &&
        wrap_and_unwrap e1 AES-ECB && wrap_and_unwrap e1 AES-KEY-WRAP
}

secrets_are_derived() {
    as_user --keypairgen --key-type EC:prime256v1 --id f8 --usage-derive || return
    as_user --read-object --type pubkey --id f8 --output-file "$place/ours.der" || return
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$place/peer.pem" || return
    openssl pkey -in "$place/peer.pem" -pubout -outform DER -out "$place/peer.der" || return
    as_user --derive --mechanism ECDH1-DERIVE --id f8 --input-file "$place/peer.der" --output-file "$place/secret" || return
    openssl pkeyutl -derive -inkey "$place/peer.pem" -peerkey "$place/ours.der" -peerform DER | cmp - "$place/secret"
}

keys_of_other_kinds_are_generated() {
    says "EC_MONTGOMERY" "$(as_user --keypairgen --key-type EC:curve25519 --id fa)" || return
    says "DES3" "$(as_user --keygen --key-type DES3:24 --id fb)"
}

raw_rsa_is_raw() {
    as_user --read-object --type pubkey --id a0 --output-file "$place/rsa.der" || return
    { printf '\0\1'; head -c 253 /dev/zero | tr '\0' '\377'; printf '\0'; } >"$place/block"
    as_user --sign --mechanism RSA-X-509 --id a0 --input-file "$place/block" --output-file "$place/signature" || return
    openssl pkeyutl -verifyrecover -pubin -keyform DER -inkey "$place/rsa.der" -pkeyopt rsa_padding_mode:none \
        -in "$place/signature" | cmp - "$place/block"
}

a_key_that_may_not_leave_is_not_wrapped() {
    as_user --keygen --key-type AES:16 --id e3 || return
    refuses as_user --wrap --mechanism AES-CBC-PAD --iv $iv --id e1 --application-id e3 --output-file "$place/none" || return
    says CKR_KEY_UNEXTRACTABLE "$refused"
}

# ---- PINs ----

pins_are_changed_where_they_are_the_tokens() {
    if [ "$token" = remote ]; then # API keys are the server's
        refuses as_user --change-pin --new-pin other-pin && says CKR_FUNCTION_NOT_SUPPORTED "$refused" || return
        refuses p11 --login --login-type so --so-pin "$so_pin" --init-pin --new-pin other-pin || return
        says CKR_FUNCTION_NOT_SUPPORTED "$refused"
        return
    fi
    as_user --change-pin --new-pin other-pin || return
    refuses as_user --list-objects && says CKR_PIN_INCORRECT "$refused" || return
    p11 --login --login-type so --so-pin "$so_pin" --init-pin --new-pin "$user_pin" && as_user --list-objects
}

# ---- the tool's own tests ----

it_tests_pairs_as_mozilla_makes_them() {
    as_user --session-rw --moz-cert "$place/soft-rsa-cert.der" --key-type rsa:2048 --id f0 2>&1 | grep "OK, successful"
}

it_tests_elliptic_curves() {
    says "==> OK" "$(as_user --session-rw --test-ec --key-type EC:prime256v1 --id f1 --label curve 2>&1)"
}

it_tests_a_fork() {
    local said
    said=$(as_user --test-fork 2>&1) || { echo "$said"; return 1; }
    says "C_Initialize in forked child" "$said" && ! grep -i "error\|failed" <<<"$said"
}

it_tests_threads() {
    local said one=ILGISLGIGISLT0
    said=$(p11 --test-threads $one --test-threads $one --test-threads $one --test-threads $one 2>&1) || return
    # From OpenSC 0.26 on each thread says for itself how it ended.
    [ "$(grep -c 'returning rv:CKR_OK' <<<"$said")" = 4 ] || says "all threads have ended with CKR_OK" "$said"
}

# It waits for the person at the card: told to go on at once.
it_tests_waiting_for_a_slot() {
    says "C_WaitForSlotEvent" "$(printf '\nx\nx\n' | p11 --test-hotplug 2>&1)"
}

run_cases() {
    with_token "the token is described" the_token_is_described
    with_token "mechanisms are listed" mechanisms_are_listed
    with_token "a slot is chosen in every way" a_slot_is_chosen_in_every_way
    with_token "hashes are those of openssl" hashes_are_those_of_openssl
    with_token "random comes in any size" random_comes_in_any_size
    with_token "imported pairs sign" imported_pairs_sign
    with_token "an imported private key is never read" an_imported_private_key_is_never_read
    with_token "imported public keys and certificates come back" imported_public_halves_come_back
    with_token "a secret key comes back only if it may" a_secret_key_comes_back_only_if_it_may
    with_token "data objects keep application and identifier" data_objects_keep_application_and_identifier
    with_token "identifiers are changed" identifiers_are_changed
    with_token "what may not be destroyed stays" what_may_not_be_destroyed_stays
    with_token "usages are as asked for" usages_are_as_asked_for
    with_token "a key keeps to its mechanisms" a_key_keeps_to_its_mechanisms
    with_token "a key asks for the PIN each time" a_key_asks_for_the_pin_each_time
    with_token "sizes and curves are checked" sizes_and_curves_are_checked
    with_token "MACs are made and checked" macs_are_made_and_checked
    with_token "PSS signs and OAEP decrypts" pss_signs_and_oaep_decrypts
    with_token "keys are wrapped and unwrapped" keys_are_wrapped_and_unwrapped
    with_token "secrets are derived" secrets_are_derived
    with_token "keys of other kinds are generated" keys_of_other_kinds_are_generated
    with_token "raw RSA is raw" raw_rsa_is_raw
    with_token "a key that may not leave is not wrapped" a_key_that_may_not_leave_is_not_wrapped
    with_token "PINs are changed where they are the token's" pins_are_changed_where_they_are_the_tokens
    with_token "the tool's test of pairs as Mozilla makes them" it_tests_pairs_as_mozilla_makes_them
    with_token "the tool's test of elliptic curves" it_tests_elliptic_curves
    with_token "the tool's test of a fork" it_tests_a_fork
    with_token "the tool's test of threads" it_tests_threads
    with_token "the tool's test of waiting for a slot" it_tests_waiting_for_a_slot
}

on_both_tokens run_cases
finish
