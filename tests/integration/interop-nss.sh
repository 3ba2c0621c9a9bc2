#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# NSS: the module added by modutil; certutil, pk12util and cmsutil with keys and certificates in the token; a TLS server.
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

servers_keys_are_made() {
    in_token -S -k rsa -g 2048 -z "$place/noise" -s CN=localhost -n tls-rsa -x -t ,, -m 2 || return
    in_token -S -k ec -q nistp256 -z "$place/noise" -s CN=localhost -n tls-ec -x -t ,, -m 3
}

tls_port=
tls_server_starts() {
    tls_port=$(free_port)
    serve "$place/selfserv.log" selfserv -d "sql:$place/db" -n "$label:tls-rsa" -e "$label:tls-ec" -w "$user_pin" \
        -p "$tls_port" -V tls1.0:tls1.3 -c :1301:C02B:C02F:002F:C00A
    wait_for_port "$tls_port"
}

# NSS at both ends, in one cipher suite at a time, so that each kind of key has its turn. The client has no module and
# trusts anybody.
nss_speaks_tls_with_itself() { # each: version, cipher suite by its number
    local of said
    mkdir "$place/client" && certutil -N -d "sql:$place/client" --empty-password || return
    printf 'GET / HTTP/1.0\r\n\r\n' >"$place/request"
    for of in "$@"; do
        said=$(timeout 60 tstclnt -h 127.0.0.1 -p "$tls_port" -d "sql:$place/client" -o -A "$place/request" \
            -V "${of%,*}:${of%,*}" -c ":${of#*,}" 2>&1)
        says "HTTP/1.0 200 OK" "$said" || { echo "with $of"; cat "$place/selfserv.log"; return 1; }
    done
}

nss_speaks_tls_with_openssl() { # each: options of s_client
    local options said
    for options in "$@"; do
        # shellcheck disable=SC2086 # several options
        said=$(timeout 60 openssl s_client -connect "127.0.0.1:$tls_port" -ign_eof $options <"$place/request" 2>&1)
        says "HTTP/1.0 200 OK" "$said" || { echo "with $options"; cat "$place/selfserv.log"; return 1; }
    done
    end_served "$served"
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
    if command -v selfserv >/dev/null && command -v tstclnt >/dev/null; then
        with_token "certutil makes a server's keys and certificates" servers_keys_are_made
        with_token "selfserv finds them" tls_server_starts
        with_token "selfserv speaks TLS with tstclnt: ECDSA, PSS, and RSA that decrypts" nss_speaks_tls_with_itself \
            tls1.3,1301 tls1.2,C02B tls1.2,C02F tls1.2,002F tls1.0,C00A tls1.0,002F
        with_token "selfserv speaks TLS with OpenSSL: PSS, PKCS #1" nss_speaks_tls_with_openssl \
            -tls1_3 "-tls1_2 -cipher ECDHE-RSA-AES128-GCM-SHA256 -sigalgs RSA+SHA256"
    else
        skip "$token: selfserv speaks TLS" "libnss3-tools has no selfserv here"
    fi
    with_token "certutil deletes objects" objects_are_deleted
}

if ! command -v modutil >/dev/null || ! command -v certutil >/dev/null; then
    skip "modutil, certutil, pk12util and cmsutil" "libnss3-tools is not installed"
    finish
fi
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$work/other-ca.key" 2>/dev/null
on_both_tokens run_cases
finish
