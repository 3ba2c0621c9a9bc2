#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# GnuTLS: p11tool for tokens, keys, certificates and secrets; certtool and gnutls-serv with the token's keys.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/interop.sh"

url="pkcs11:token=interop"
hangs="p11-kit waits for a lock of the C library when the program ends"
printf 'cn = localhost\ntls_www_server\nsigning_key\ndns_name = localhost\nexpiration_days = 2\nserial = 7\n' \
    >"$work/template.cfg"

gnutls() { # a program of GnuTLS, with the PINs where it looks for them
    GNUTLS_PIN=$user_pin GNUTLS_SO_PIN=$so_pin loading_module timeout 60 "$@" </dev/null
}

p11tool() {
    gnutls p11tool --provider "$module" --batch "$@"
}

the_token_is_listed() {
    says "token=interop" "$(p11tool --list-token-urls)" || return
    says "Flags: RNG, Requires login" "$(p11tool --list-tokens)" || return
    says "CKM_ECDSA_SHA256.*sign verify" "$(p11tool --list-mechanisms $url)"
}

random_comes() {
    p11tool --generate-random 1000 --outfile "$place/random" $url || return
    [ "$(stat -c %s "$place/random")" = 1000 ]
}

pairs_are_generated() {
    p11tool --login --generate-privkey=rsa --bits 2048 --label g-rsa --outfile "$place/rsa.pem" $url || return
    p11tool --login --generate-privkey=ecdsa --curve secp384r1 --label g-ec --outfile "$place/ec.pem" $url || return
    openssl pkey -pubin -in "$place/rsa.pem" -noout && openssl pkey -pubin -in "$place/ec.pem" -noout || return
    local list
    list=$(p11tool --login --list-privkeys $url) || return
    says "Private key (RSA-2048)" "$list" && says "Private key (EC/ECDSA-SECP384R1)" "$list" &&
        says "CKA_PRIVATE; CKA_NEVER_EXTRACTABLE; CKA_SENSITIVE" "$list"
}

pairs_sign() {
    local said name
    for name in g-rsa g-ec; do
        said=$(p11tool --login --test-sign "$url;object=$name;type=private" 2>&1) || { echo "$said"; return 1; }
        says "Signing using .* ok" "$said" && says "Verifying against private key parameters... ok" "$said" &&
            says "Verifying against public key in the token... ok" "$said" || return
    done
    p11tool --login --test-sign --sign-params=RSA-PSS "$url;object=g-rsa;type=private"
}

public_keys_are_exported() {
    p11tool --login --export-pubkey "$url;object=g-ec;type=private" --outfile "$place/exported.pem" || return
    cmp <(openssl pkey -pubin -in "$place/exported.pem") <(openssl pkey -pubin -in "$place/ec.pem")
}

a_pair_is_imported() {
    certtool --generate-privkey --key-type rsa --bits 2048 --outfile "$place/soft.pem" || return
    certtool --generate-self-signed --load-privkey "$place/soft.pem" --template "$work/template.cfg" \
        --outfile "$place/soft-cert.pem" || return
    p11tool --login --write --load-privkey "$place/soft.pem" --label soft --id 7a7a $url || return
    p11tool --login --write --load-certificate "$place/soft-cert.pem" --label soft --id 7a7a $url || return
    says "Label: soft" "$(p11tool --login --list-certs $url)" || return
    p11tool --export "$url;object=soft;type=cert" --outfile "$place/read.pem" || return
    cmp <(openssl x509 -in "$place/read.pem") <(openssl x509 -in "$place/soft-cert.pem") || return
    p11tool --login --export-chain "$url;object=soft;type=cert" --outfile "$place/chain.pem"
}

a_secret_key_is_imported() {
    p11tool --login --write --secret-key 000102030405060708090a0b0c0d0e0f --label g-secret $url || return
    says "Type: Secret key" "$(p11tool --login --list-all "$url;object=g-secret")"
}

labels_and_identifiers_are_changed() {
    p11tool --login --set-label renamed "$url;object=soft;type=private" || return
    p11tool --login --set-id 7b7b "$url;object=renamed;type=private" || return
    says "ID: 7b:7b" "$(p11tool --login --info "$url;object=renamed;type=private")"
}

only_the_security_officer_marks_as_trusted() {
    refuses p11tool --login --mark-trusted --write --load-certificate "$place/soft-cert.pem" --label no $url || return
    p11tool --so-login --mark-trusted --write --load-certificate "$place/soft-cert.pem" --label trusted $url || return
    says "Label: trusted" "$(p11tool --list-all-trusted $url)"
}

imported_keys_sign() { # it ends with a complaint: there is no public key for it in the token
    says "Verifying against private key parameters... ok" \
        "$(p11tool --login --test-sign "$url;object=soft;type=private" 2>&1)"
}

certtool_signs_with_the_tokens_key() {
    gnutls certtool --generate-self-signed --provider "$module" --load-privkey "$url;object=g-ec;type=private" \
        --load-pubkey "$place/ec.pem" --template "$work/template.cfg" --outfile "$place/own.pem" || return
    openssl verify -CAfile "$place/own.pem" "$place/own.pem" || return
    gnutls certtool --generate-request --provider "$module" --load-privkey "$url;object=g-rsa;type=private" \
        --load-pubkey "$place/rsa.pem" --template "$work/template.cfg" --outfile "$place/request.pem" || return
    openssl req -in "$place/request.pem" -noout -verify
}

gnutls_serves_with_the_tokens_key() {
    local port said
    port=$(free_port)
    GNUTLS_PIN=$user_pin serve "$place/serv.log" gnutls-serv --provider "$module" --echo --port "$port" \
        --x509certfile "$place/own.pem" --x509keyfile "$url;object=g-ec;type=private"
    wait_for_port "$port"
    said=$(echo hello | timeout 20 openssl s_client -quiet -no_ign_eof -verify_return_error -CAfile "$place/own.pem" \
        -connect "localhost:$port" 2>&1)
    end_served "$served"
    says "verify return:1" "$said" || { cat "$place/serv.log"; return 1; }
}

objects_are_deleted() {
    says "objects deleted" "$(p11tool --login --delete "$url;object=renamed" 2>&1)" || return
    p11tool --login --delete "$url;object=soft" || return
    p11tool --login --delete "$url;object=g-rsa" || return
    ! p11tool --login --list-all $url | grep "Label: g-rsa"
}

run_cases() {
    with_token "p11tool lists token and mechanisms" the_token_is_listed
    with_token "p11tool draws random" random_comes
    with_token "p11tool generates pairs" pairs_are_generated
    with_token "p11tool's test of signatures passes" pairs_sign
    with_token "p11tool exports public keys" public_keys_are_exported
    with_token "p11tool imports a key and its certificate" a_pair_is_imported
    with_token_unless_sanitized "$hangs" "p11tool's test of an imported key passes" imported_keys_sign
    with_token "p11tool imports a secret key" a_secret_key_is_imported
    with_token "p11tool changes labels and identifiers" labels_and_identifiers_are_changed
    with_token "only the security officer marks as trusted" only_the_security_officer_marks_as_trusted
    with_token_unless_sanitized "$hangs" "certtool signs certificate and request" certtool_signs_with_the_tokens_key
    with_token_unless_sanitized "$hangs" "gnutls-serv serves with the token's key" gnutls_serves_with_the_tokens_key
    with_token "p11tool deletes objects" objects_are_deleted
}

if ! command -v p11tool >/dev/null; then
    skip "p11tool and certtool" "gnutls-bin is not installed"
    finish
fi
on_both_tokens run_cases
finish
