#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# NSS: the module added by modutil; certutil, pk12util and cmsutil with keys and certificates in the token.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/interop.sh"

nss() { # a program of NSS, with the test's database
    local program=$1
    shift
    loading_module timeout 120 "$program" -d "sql:$place/db" "$@"
}

in_token() { # certutil for the token
    nss certutil -h "$label" -f "$pin_file" "$@"
}

the_module_is_added() {
    mkdir "$place/db" && certutil -N -d "sql:$place/db" --empty-password || return
    loading_module modutil -dbdir "sql:$place/db" -force -add quantoki -libfile "$module" || return
    head -c 64 /dev/urandom >"$place/noise"
    says "token: $label" "$(loading_module modutil -dbdir "sql:$place/db" -list)"
}

pairs_are_generated() {
    in_token -G -k rsa -g 2048 -z "$place/noise" || return
    in_token -G -k ec -q nistp256 -z "$place/noise" || return
    local list
    list=$(in_token -K) || return
    says "rsa .*(orphan)" "$list" && says "ec .*(orphan)" "$list"
}

requests_are_signed() {
    in_token -R -k rsa -g 2048 -z "$place/noise" -s "CN=nss rsa" -a -o "$place/rsa.req" || return
    in_token -R -k ec -q secp384r1 -z "$place/noise" -s "CN=nss ec" -a -o "$place/ec.req" || return
    openssl req -in "$place/rsa.req" -noout -verify && openssl req -in "$place/ec.req" -noout -verify
}

an_authority_is_made() {
    printf 'y\n\ny\n' | in_token -S -k ec -q nistp256 -z "$place/noise" -s CN=authority -n authority -x -t CTu,Cu,Cu -2 \
        -m 1 || return # an authority, no limit of its path, critical
    in_token -L -n "$label:authority" -a >"$place/authority.pem" || return
    openssl verify -CAfile "$place/authority.pem" "$place/authority.pem"
}

the_certificate_is_imported() {
    openssl x509 -req -in "$place/rsa.req" -signkey "$work/other-ca.key" -days 1 -out "$place/rsa.pem" -force_pubkey \
        <(openssl req -in "$place/rsa.req" -pubkey -noout) || return
    in_token -A -n server -t ,, -a -i "$place/rsa.pem" || return
    says "$label:server" "$(in_token -L)" || return
    says "rsa .*$label:server" "$(in_token -K)"
}

a_pkcs12_file_is_imported() {
    openssl req -x509 -newkey rsa:2048 -nodes -keyout "$place/soft.key" -subj /CN=soft -days 1 -out "$place/soft.pem" || return
    openssl pkcs12 -export -in "$place/soft.pem" -inkey "$place/soft.key" -passout pass:secret -name soft \
        -out "$place/soft.p12" || return
    nss pk12util -i "$place/soft.p12" -h "$label" -k "$pin_file" -W secret || return
    says "rsa .*soft" "$(in_token -K)" && says "soft .*u,u,u" "$(in_token -L)"
}

a_message_is_signed_and_checked() {
    echo text >"$place/message"
    nss cmsutil -S -N "$label:authority" -f "$pin_file" -G -i "$place/message" -o "$place/message.p7" || return
    openssl cms -verify -inform DER -in "$place/message.p7" -noverify -out "$place/read" && cmp "$place/read" "$place/message"
}

a_message_is_encrypted_and_read() {
    openssl cms -encrypt -outform DER -binary -in "$place/message" -aes128 -out "$place/secret.p7" "$place/soft.pem" || return
    nss cmsutil -D -f "$pin_file" -i "$place/secret.p7" -o "$place/read" && cmp "$place/read" "$place/message"
}

objects_are_deleted() {
    in_token -D -n "$label:server" || return
    in_token -F -n "$label:soft" || return
    ! in_token -L | grep -e "$label:server" -e "$label:soft" || return
    loading_module modutil -dbdir "sql:$place/db" -force -delete quantoki
}

run_cases() {
    with_token "modutil adds the module" the_module_is_added
    with_token "certutil generates pairs" pairs_are_generated
    with_token "certutil makes requests" requests_are_signed
    with_token "certutil makes an authority" an_authority_is_made
    with_token "certutil imports the certificate of a request" the_certificate_is_imported
    with_token "pk12util imports a key and its certificate" a_pkcs12_file_is_imported
    with_token "cmsutil signs a message" a_message_is_signed_and_checked
    with_token "cmsutil reads an encrypted message" a_message_is_encrypted_and_read
    with_token "certutil deletes objects" objects_are_deleted
}

if ! command -v modutil >/dev/null || ! command -v certutil >/dev/null; then
    skip "modutil, certutil, pk12util and cmsutil" "libnss3-tools is not installed"
    finish
fi
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$work/other-ca.key" 2>/dev/null
on_both_tokens run_cases
finish
