#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# p11-kit: the module behind its proxy, which many programs load instead of modules, and behind its server, which gives a
# token to another process through a socket.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/interop.sh"

proxy=$(ls /usr/lib/*/p11-kit-proxy.so /usr/lib*/p11-kit-proxy.so 2>/dev/null | head -n 1)
client=$(ls /usr/lib/*/pkcs11/p11-kit-client.so /usr/lib*/pkcs11/p11-kit-client.so 2>/dev/null | head -n 1)
modules=/usr/share/p11-kit/modules
message=$work/message
printf 'sixteen bytes, x' >"$message"

# p11-kit reads its users' configuration, but not root's: root gets a view of the files of its own.
with_our_module_alone() { # a program
    mkdir -p "$place/config/pkcs11/modules"
    echo "module: $module" >"$place/config/pkcs11/modules/quantoki.module"
    echo "user-config: only" >"$place/config/pkcs11/pkcs11.conf"
    if [ "$(id -u)" = 0 ]; then
        # shellcheck disable=SC2016 # for the inner shell
        loading_module unshare --mount sh -c 'mount --bind "$1" "$2" && shift 2 && exec "$@"' sh \
            "$place/config/pkcs11/modules" $modules "$@"
    else
        XDG_CONFIG_HOME=$place/config loading_module "$@"
    fi
}

by_proxy() { # pkcs11-tool, as the user
    with_our_module_alone timeout 60 pkcs11-tool --module "$proxy" --token-label "$label" --login --pin "$user_pin" "$@"
}

p11_kit_lists_the_module() {
    local list
    list=$(with_our_module_alone p11-kit list-modules) || return
    says "library-manufacturer: Quantoki" "$list" && says "token: $label" "$list" || return
    [ "$(grep -c library-manufacturer <<<"$list")" = 1 ]
}

the_proxy_works() {
    by_proxy --keypairgen --key-type EC:prime256v1 --id 01 --label k-ec || return
    by_proxy --sign --mechanism ECDSA-SHA256 --id 01 --input-file "$message" --output-file "$place/signature" \
        --signature-format openssl || return
    as_user --read-object --type pubkey --id 01 --output-file "$place/public.der" || return
    openssl dgst -sha256 -verify "$place/public.der" -keyform DER -signature "$place/signature" "$message"
}

the_proxy_passes_pkcs11_tools_test() {
    local said
    as_user --keypairgen --key-type rsa:2048 --id 02 --label k-rsa || return
    said=$(by_proxy --test 2>&1) || { echo "$said"; return 1; }
    says "No errors" "$said"
}

# ---- the server: its protocol (0.24) carries the parameters of few mechanisms ----

by_socket() { # pkcs11-tool with p11-kit's client, as the user
    P11_KIT_SERVER_ADDRESS=unix:path=$place/socket timeout 60 pkcs11-tool --module "$client" --login --pin "$user_pin" "$@"
}

the_server_runs() {
    serve "$place/kit.log" p11-kit server --foreground --provider "$module" --name "$place/socket" "pkcs11:token=$label"
    kit_server=$served
    for _ in $(seq 100); do [ -S "$place/socket" ] && break; sleep 0.05; done
    says "token label *: $label" "$(P11_KIT_SERVER_ADDRESS=unix:path=$place/socket pkcs11-tool --module "$client" -L)"
}

keys_work_through_the_socket() {
    says k-ec "$(by_socket --list-objects --type privkey)" || return
    by_socket --keygen --key-type AES:32 --id 03 --label k-aes || return
    by_socket --encrypt --mechanism AES-ECB --id 03 --input-file "$message" \
        --output-file "$place/cipher" || return
    as_user --decrypt --mechanism AES-ECB --id 03 --input-file "$place/cipher" \
        --output-file "$place/plain" && cmp "$place/plain" "$message" || return
    by_socket --sign --mechanism SHA256-RSA-PKCS --id 02 --input-file "$message" --output-file "$place/signature" || return
    as_user --read-object --type pubkey --id 02 --output-file "$place/public.der" || return
    openssl dgst -sha256 -verify "$place/public.der" -keyform DER -signature "$place/signature" "$message"
}

several_clients_share_the_server() { # each has a process of its own behind the socket
    local i jobs=()
    for i in 1 2 3 4; do
        by_socket --sign --mechanism ECDSA --id 01 --input-file "$message" --output-file "$place/signature-$i" &
        jobs+=($!)
    done
    for i in "${jobs[@]}"; do wait "$i" || return; done
}

the_server_ends() {
    end_served "$kit_server"
}

run_cases() {
    if [ -n "$proxy" ] && with_our_module_alone true; then
        with_token "p11-kit lists the module" p11_kit_lists_the_module
        with_token "the proxy works" the_proxy_works
        with_token "the proxy passes pkcs11-tool's test" the_proxy_passes_pkcs11_tools_test
    else
        skip "$token: p11-kit's proxy" "p11-kit-modules is missing, or root may not give it a view of the files of its own"
        as_user --keypairgen --key-type EC:prime256v1 --id 01 --label k-ec >/dev/null
        as_user --keypairgen --key-type rsa:2048 --id 02 --label k-rsa >/dev/null
    fi
    if [ -z "$client" ]; then
        skip "$token: p11-kit's server" "p11-kit's client module is not installed"
        return
    fi
    with_token "p11-kit's server runs" the_server_runs
    with_token "keys work through its socket" keys_work_through_the_socket
    with_token "several clients share the server" several_clients_share_the_server
    with_token "p11-kit's server ends" the_server_ends
}

if ! command -v p11-kit >/dev/null; then
    skip "p11-kit's proxy and server" "p11-kit is not installed"
    finish
fi
case ${QUANTOKI_SANITIZED:-} in
*address*)
    skip "p11-kit's proxy and server" "with the address sanitizer p11-kit waits for a lock of the C library when a program ends"
    finish
    ;;
esac
on_both_tokens run_cases
finish
