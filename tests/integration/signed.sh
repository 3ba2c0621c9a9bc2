#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Signed answers of a real quantokid: openssl verifies them, and so do the wrapper and the seeder, through a proxy that
# ends TLS with a certificate they trust. Whatever it changes, takes away or sends again is not used.
. "$(dirname "$0")/lib.sh"

instance=$work/instance
wrapper=$build/src/wrapper/libquantoki-entropy.so
user_pin=123456
parts='("@status" "content-digest" "@method";req "@path";req "@query";req)'

# ---- the parts ----

the_service_has_a_key() {
    make_instance "$instance" || return
    (umask 077 && openssl genpkey -algorithm ed25519 -out "$work/signing.key") &&
        openssl pkey -in "$work/signing.key" -pubout -out "$work/signer.pem" &&
        openssl genpkey -algorithm ed25519 2>/dev/null | openssl pkey -pubout -out "$work/other.pem" || return
    printf 'rest: { signing_key: "%s" }\n' "$work/signing.key" >>"$instance/quantokid.yaml"
    start_server "$instance" || return
    (umask 077 && "$build/src/cli/quantoki" token create --config "$instance/quantokid.yaml" --name clients \
        --scope entropy --rate unlimited | tail -n 1 >"$work/token")
}

there_is_a_proxy() {
    coproc PROXY { exec python3 "$source_root/tests/integration/signed_proxy.py" "$instance/tls/server.pem" \
        "$instance/tls/server.key" "$https_port" 2>"$work/proxy.log"; }
    servers+=("$PROXY_PID")
    read -r -t 60 proxy_port <&"${PROXY[0]}"
}

the_proxy_does() { # what
    local done
    echo "$1" >&"${PROXY[1]}" && read -r -t 60 done <&"${PROXY[0]}" && [ "$done" = "$1" ]
}

there_is_a_token_to_seed() {
    printf 'tokens:\n  0:\n    embedded: { path: "%s" }\n' "$work/embedded" >"$work/client.yaml"
    chmod 600 "$work/client.yaml"
    (umask 077 && echo "$user_pin" >"$work/pin")
    export EP11CLIENT_CFG=$work/client.yaml
    p11 --init-token --slot-index 0 --so-pin 87654321 --label ours &&
        p11 --slot-index 0 --login --login-type so --so-pin 87654321 --init-pin --new-pin "$user_pin"
}

# ---- openssl ----

ask() { # path, options of curl: the answer is in $work/body, its headers in $work/head
    local path=$1
    shift
    curl -sf -m 20 -D "$work/head" -o "$work/body" --cacert "$instance/ca.pem" -H "Authorization: Bearer $(cat "$work/token")" \
        "$@" "https://127.0.0.1:$https_port$path"
}

header() { sed -n "s/^$1: \(.*\)\r$/\1/p" "$work/head"; }

openssl_verifies() { # method, path, query, label, status
    local input signature digest
    input=$(header Signature-Input) signature=$(header Signature) digest=$(header Content-Digest)
    [ "$digest" = "sha-256=:$(openssl dgst -sha256 -binary "$work/body" | openssl base64):" ] || return
    printf '"@status": %s\n"content-digest": %s\n"@method";req: %s\n"@path";req: %s\n"@query";req: %s\n"@signature-params": %s' \
        "${5:-200}" "$digest" "$1" "$2" "$3" "${input#"$4="}" >"$work/base"
    sed "s/^$4=://; s/:\$//" <<<"$signature" | openssl base64 -d -A >"$work/signature" &&
        openssl pkeyutl -verify -pubin -inkey "$work/signer.pem" -rawin -in "$work/base" -sigfile "$work/signature"
}

a_signature_is_what_the_rfc_says() {
    ask '/api/v1/random/raw?bytes=1000' -H "Accept-Signature: mine=$parts;created;nonce=\"once\"" &&
        says '^mine=("@status" .*;created=[0-9]*;keyid="[A-Za-z0-9_-]\{43\}";alg="ed25519";nonce="once"$' "$(header Signature-Input)" &&
        openssl_verifies GET /api/v1/random/raw '?bytes=1000' mine &&
        refuses openssl_verifies GET /api/v1/random/raw '?bytes=1001' mine &&
        refuses openssl_verifies GET /api/v1/random/raw '?bytes=1000' mine 201 &&
        ask /api/v1/entropy -d '{"block_size":32,"block_count":9}' -H "Accept-Signature: a=$parts;created" &&
        openssl_verifies POST /api/v1/entropy '?' a
}

nobody_gets_a_signature_who_does_not_ask() {
    ask /api/v1/quantum-entropy && [ -z "$(header Signature)$(header Signature-Input)$(header Content-Digest)" ]
}

# ---- the wrapper and the seeder ----

configure_clients() { # file of the key that has to sign
    cat >"$work/wrapper.yaml" <<END
base: $module
url: https://127.0.0.1:$proxy_port
token_file: $work/token
ca_file: $instance/ca.pem
verify: signature
signer_key: $1
pool_bytes: 0
retries: 0
log_to: $work/wrapper.log
END
    cat >"$work/seed.yaml" <<END
service: { url: "https://127.0.0.1:$proxy_port", ca_file: "$instance/ca.pem", token_file: "$work/token",
           verify: signature, signer_key: "$1" }
state_folder: $work/state
status_file: $work/status
targets:
  - { name: ours, library: "$module", token_label: ours, pin_file: "$work/pin" }
END
}

draw() { # what C_GenerateRandom gives
    : >"$work/wrapper.log"
    printf 'random\nquit\n' | QUANTOKI_ENTROPY_CONFIG=$work/wrapper.yaml loading_module "$build/tests/p11talk" "$wrapper" \
        "$user_pin" | sed -n 's/^random //p'
}

seed() { "$build/src/seeder/quantoki-seed" --config "$work/seed.yaml" --once 2>"$work/seeder.log"; }

both_use_what_is_signed() {
    configure_clients "$work/signer.pem"
    the_proxy_does pass || return
    [ "$(draw)" = 0x0 ] || { cat "$work/wrapper.log"; return 1; }
    seed || { cat "$work/seeder.log"; return 1; }
    says 'op=seed target=ours' "$(cat "$work/seeder.log")"
}

neither_uses() { # what the proxy does, words that say what is wrong
    local drawn
    the_proxy_does "$1" || return
    drawn=$(draw)
    [ "$drawn" = 0x80078565 ] || { echo "C_GenerateRandom: $drawn"; cat "$work/wrapper.log"; return 1; }
    says "is not used: $2" "$(cat "$work/wrapper.log")" || return
    ! seed && says "err=SERVER_UNTRUSTED .*is not used: $2" "$(cat "$work/seeder.log")" &&
        ! grep -q "op=seed" "$work/seeder.log"
}

clients_of_another_key_are_told() {
    configure_clients "$work/other.pem"
    the_proxy_does pass || return
    [ "$(draw)" = 0x80078565 ] && says 'it was signed with another key' "$(cat "$work/wrapper.log")" &&
        ! seed && says 'err=SERVER_UNTRUSTED .*it was signed with another key' "$(cat "$work/seeder.log")"
}

a_service_without_a_key_is_not_used() {
    stop_server
    sed -i '/^rest:/d' "$instance/quantokid.yaml"
    start_server "$instance" && configure_clients "$work/signer.pem" || return
    the_proxy_does pass
    [ "$(draw)" = 0x80078565 ] && says 'it is not signed' "$(cat "$work/wrapper.log")" &&
        ! seed && says 'it is not signed' "$(cat "$work/seeder.log")"
}

it "a service has a key to sign with" the_service_has_a_key
it "openssl verifies what it signs, from the rules of RFC 9421" a_signature_is_what_the_rfc_says
it "who does not ask gets no signature" nobody_gets_a_signature_who_does_not_ask
it "there is a proxy that ends TLS" there_is_a_proxy
it "there is a token to seed" there_is_a_token_to_seed
it "wrapper and seeder use what is signed" both_use_what_is_signed
it "another body is not used" neither_uses body 'the body is not the one that Content-Digest tells of'
it "nor is one with its own digest" neither_uses digest 'its signature is wrong'
it "nor what is not signed any more" neither_uses strip 'it is not signed'
it "nor half of a signature" neither_uses half 'Signature is missing'
it "nor two" neither_uses twice 'Signature: there is more than one signature'
it "nor an old answer" neither_uses replay 'its signature belongs to another request'
it "left alone, answers are used again" both_use_what_is_signed
it "clients that know another key are told" clients_of_another_key_are_told
it "a service that signs nothing is not used" a_service_without_a_key_is_not_used
finish
