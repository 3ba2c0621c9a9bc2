#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# OpenSSL with pkcs11-provider on the module; and the module as a guest of hosts whose openssl.cnf does the same.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/interop.sh"

provider=$(ls /usr/lib/*/ossl-modules/pkcs11.so /usr/lib*/ossl-modules/pkcs11.so 2>/dev/null | head -n 1)
url="pkcs11:token=interop"
message=$work/message
echo "What the provider signs." >"$message"
names="rsa ec ed"

# The PIN stands in the file: this provider reads no more than 32 characters of a file of its own, and API keys have more.
write_configuration() { # file, line for [algorithms], line for the provider
    cat >"$1" <<END
openssl_conf = init
[init]
providers = providers
alg_section = algorithms
[algorithms]
${2:-}
[providers]
default = default_section
pkcs11 = pkcs11_section
[default_section]
activate = 1
[pkcs11_section]
pkcs11-module-path = $module
pkcs11-module-token-pin = $user_pin
${3:-}
activate = 1
END
}

with_provider() { # a program
    OPENSSL_CONF=$place/provider.cnf loading_module timeout 60 "$@"
}

private() { echo "$url;object=p-$1;type=private"; }

keys_are_found_by_their_uris() {
    write_configuration "$place/provider.cnf"
    as_user --keypairgen --key-type rsa:2048 --id 01 --label p-rsa || return
    as_user --keypairgen --key-type EC:prime256v1 --id 02 --label p-ec || return
    as_user --keypairgen --key-type EC:edwards25519 --id 03 --label p-ed || return
    says "status: active" "$(with_provider openssl list -providers)" || return
    says "URI pkcs11:.*object=p-ec" "$(with_provider openssl storeutl -keys -text "$(private ec)")" || return
    local name
    for name in $names; do
        with_provider openssl pkey -in "$(private $name)" -pubout -out "$place/$name.pub" || return
        with_provider openssl pkey -in "$url;object=p-$name;type=public" -pubin -pubout -out "$place/$name.pub2" || return
        cmp <(openssl pkey -pubin -in "$place/$name.pub") <(openssl pkey -pubin -in "$place/$name.pub2") || return
    done
}

# Signs with the token, verifies with and without it.
sign_and_verify() { # name, options of openssl pkeyutl
    local name=$1
    shift
    with_provider openssl pkeyutl -sign -inkey "$(private "$name")" -rawin "$@" -in "$message" -out "$place/signature" || return
    openssl pkeyutl -verify -pubin -inkey "$place/$name.pub" -rawin "$@" -in "$message" -sigfile "$place/signature" || return
    with_provider openssl pkeyutl -verify -pubin -inkey "$url;object=p-$name;type=public" -rawin "$@" -in "$message" \
        -sigfile "$place/signature" || return
    refuses with_provider openssl pkeyutl -verify -pubin -inkey "$url;object=p-$name;type=public" -rawin "$@" \
        -in "$place/signature" -sigfile "$place/signature"
}

messages_are_signed() {
    sign_and_verify rsa -digest sha256 && sign_and_verify ec -digest sha384 && sign_and_verify ed &&
        sign_and_verify rsa -digest sha512 -pkeyopt rsa_padding_mode:pss -pkeyopt rsa_pss_saltlen:digest
}

messages_are_decrypted() {
    local options
    for options in "-pkeyopt rsa_padding_mode:pkcs1" \
        "-pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256 -pkeyopt rsa_mgf1_md:sha256"; do
        # shellcheck disable=SC2086 # words
        openssl pkeyutl -encrypt -pubin -inkey "$place/rsa.pub" -in "$message" $options -out "$place/cipher" || return
        # shellcheck disable=SC2086
        with_provider openssl pkeyutl -decrypt -inkey "$(private rsa)" $options -in "$place/cipher" -out "$place/plain" ||
            return
        cmp "$place/plain" "$message" || return
    done
}

certificates_are_signed() {
    local name
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$place/leaf.key" -subj /CN=leaf \
        -out "$place/leaf.req" || return
    printf '[req]\ndistinguished_name = name\n[name]\n' >"$place/req.cnf"
    for name in $names; do
        with_provider openssl req -config "$place/req.cnf" -new -key "$(private $name)" -subj /CN=asks \
            -out "$place/$name.req" && openssl req -in "$place/$name.req" -noout -verify || return
        with_provider openssl req -config "$place/req.cnf" -new -x509 -days 2 -addext basicConstraints=critical,CA:TRUE \
            -key "$(private $name)" -subj /CN=localhost -out "$place/$name.pem" || return
        with_provider openssl x509 -req -in "$place/leaf.req" -days 1 -CA "$place/$name.pem" -CAkey "$(private $name)" \
            -set_serial 2 -out "$place/leaf.pem" && openssl verify -CAfile "$place/$name.pem" "$place/leaf.pem" || return
    done
}

secrets_are_derived() {
    as_user --keypairgen --key-type EC:prime256v1 --id 04 --label p-dh --usage-derive || return
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$place/peer.key" || return
    openssl pkey -in "$place/peer.key" -pubout -out "$place/peer.pub" || return
    with_provider openssl pkey -in "$(private dh)" -pubout -out "$place/dh.pub" || return
    with_provider openssl pkeyutl -derive -inkey "$(private dh)" -peerkey "$place/peer.pub" -out "$place/secret" || return
    openssl pkeyutl -derive -inkey "$place/peer.key" -peerkey "$place/dh.pub" | cmp - "$place/secret"
}

pairs_are_generated_in_the_token() {
    write_configuration "$place/provider.cnf" "" "pkcs11-module-encode-provider-uri-to-pem = true"
    with_provider openssl genpkey -propquery provider=pkcs11 -algorithm EC -pkeyopt ec_paramgen_curve:P-256 \
        -pkeyopt "pkcs11_uri:$url;object=p-made" -out "$place/made.pem" || return
    says "PKCS#11 PROVIDER URI" "$(cat "$place/made.pem")" || return
    with_provider openssl pkeyutl -sign -inkey "$place/made.pem" -rawin -digest sha256 -in "$message" \
        -out "$place/signature" || return
    write_configuration "$place/provider.cnf"
    says p-made "$(as_user --list-objects --type privkey)"
}

random_comes_from_the_token() {
    [ "$(with_provider openssl rand -propquery provider=pkcs11 -hex 32 | tr -d '\n' | wc -c)" = 64 ]
}

openssl_serves_tls() {
    local name
    for name in rsa ec; do
        speaks_tls "$place/provider.cnf" "$place/$name.pem" "tls1_2 tls1_3" -key "$(private $name)" || return
    done
    speaks_tls "$place/provider.cnf" "$place/ed.pem" tls1_3 -key "$(private ed)"
}

# ---- hosts whose configuration loads the provider, which loads the module ----

as_guest() { # a program, whose default is to do everything in the token
    write_configuration "$place/guest.cnf" "default_properties = ?provider=pkcs11"
    OPENSSL_CONF=$place/guest.cnf loading_module timeout 60 "$@"
}

pkcs11_tool_is_a_host() {
    local said
    said=$(as_guest pkcs11-tool --module "$module" --login --pin "$user_pin" --test) || { echo "$said"; return 1; }
    echo "$said"
    ! grep -E '\bERR\b|error: ' <<<"$said"
}

a_host_without_openssl_is_one() {
    local said
    said=$(printf 'sign\nrandom\nkeys\nfork\nquit\n' | as_guest "$build/tests/p11talk" "$module" "$user_pin" 2>&1) || {
        echo "$said"
        return 1
    }
    echo "$said"
    says "^sign 0x0" "$said" && says "^child sign 0x0" "$said" && says "child done" "$said"
}

openssl_does_everything_in_the_token() {
    as_guest openssl pkeyutl -sign -inkey "$(private ec)" -rawin -digest sha256 -in "$message" -out "$place/signature" || return
    openssl pkeyutl -verify -pubin -inkey "$place/ec.pub" -rawin -digest sha256 -in "$message" -sigfile "$place/signature" ||
        return
    as_guest openssl dgst -sha256 "$message" && as_guest openssl rand -hex 16
}

run_cases() {
    with_token "keys are found by their URIs" keys_are_found_by_their_uris
    with_token "messages are signed: RSA, PSS, ECDSA, Ed25519" messages_are_signed
    with_token "messages are decrypted" messages_are_decrypted
    with_token "requests and certificates are signed" certificates_are_signed
    with_token "secrets are derived by ECDH" secrets_are_derived
    with_token "pairs are generated in the token" pairs_are_generated_in_the_token
    with_token "random comes from the token" random_comes_from_the_token
    with_token "s_server serves TLS 1.2 and 1.3 with RSA, ECDSA and Ed25519" openssl_serves_tls
    with_token "pkcs11-tool is a host with the provider" pkcs11_tool_is_a_host
    with_token "a host without OpenSSL is one with the provider" a_host_without_openssl_is_one
    with_token "openssl does everything in the token" openssl_does_everything_in_the_token
}

if [ -z "$provider" ]; then
    skip "OpenSSL with pkcs11-provider" "pkcs11-provider is not installed (Debian 12 has it in its backports)"
    finish
fi
case ${QUANTOKI_SANITIZED:-} in
*address*)
    skip "OpenSSL with pkcs11-provider" "the provider loads with RTLD_DEEPBIND, which the address sanitizer refuses"
    finish
    ;;
esac
on_both_tokens run_cases
finish
