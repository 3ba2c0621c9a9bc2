#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# OpenSSL with libp11's engine: requests, certificates, TLS servers and decryption with keys of the token; and nginx, whose
# master process loads the keys and whose workers, forked from it, use them.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/interop.sh"

engine=$(ls /usr/lib/*/engines-3/pkcs11.so /usr/lib*/engines-3/pkcs11.so 2>/dev/null | head -n 1)
url="pkcs11:token=interop"
message=$work/message
echo "What the engine signs." >"$message"

# The PIN stands in OpenSSL's configuration: in URIs this engine takes no more than 32 characters, and API keys have more.
with_engine() { # a program
    OPENSSL_CONF=$place/engine.cnf loading_module "$@"
}

key_of() { # name: how openssl is given that private key
    echo "-engine pkcs11 -keyform engine $2 $url;object=$1;type=private"
}

keys_are_found_by_their_uris() {
    cat >"$place/engine.cnf" <<END
openssl_conf = init
[init]
engines = engines
[engines]
pkcs11 = pkcs11_section
[pkcs11_section]
engine_id = pkcs11
dynamic_path = $engine
MODULE_PATH = $module
PIN = $user_pin
init = 0
[req]
distinguished_name = name
[name]
END
    as_user --keypairgen --key-type rsa:2048 --id 01 --label e-rsa || return
    as_user --keypairgen --key-type EC:prime256v1 --id 02 --label e-ec || return
    local name
    for name in rsa ec; do
        with_engine openssl pkey -engine pkcs11 -inform engine -in "$url;object=e-$name;type=private" -pubout \
            -out "$place/$name.pub" || return
        openssl pkey -pubin -in "$place/$name.pub" -noout || return
    done
}

requests_are_signed() {
    local name
    for name in rsa ec; do
        # shellcheck disable=SC2046 # words
        with_engine openssl req -new $(key_of e-$name -key) -subj "/CN=localhost" -out "$place/$name.req" || return
        openssl req -in "$place/$name.req" -noout -verify || return
    done
}

certificates_are_signed() {
    local name
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$place/leaf.key" -subj /CN=leaf \
        -out "$place/leaf.req" || return
    for name in rsa ec; do
        # shellcheck disable=SC2046
        with_engine openssl req -new -x509 -days 2 -addext basicConstraints=critical,CA:TRUE $(key_of e-$name -key) \
            -subj /CN=localhost -out "$place/$name.pem" || return
        with_engine openssl x509 -req -in "$place/leaf.req" -days 1 -CA "$place/$name.pem" -engine pkcs11 -CAkeyform engine \
            -CAkey "$url;object=e-$name;type=private" -set_serial 2 -out "$place/leaf.pem" || return
        openssl verify -CAfile "$place/$name.pem" "$place/leaf.pem" || return
    done
}

messages_are_signed_and_read() {
    # shellcheck disable=SC2046
    with_engine openssl dgst -sha256 -engine pkcs11 -keyform engine -sign "$url;object=e-rsa;type=private" -sigopt \
        rsa_padding_mode:pss -out "$place/signature" "$message" || return
    openssl dgst -sha256 -verify "$place/rsa.pub" -sigopt rsa_padding_mode:pss -signature "$place/signature" "$message" || return
    local padding
    for padding in pkcs1 oaep; do
        openssl pkeyutl -encrypt -pubin -inkey "$place/rsa.pub" -in "$message" -pkeyopt rsa_padding_mode:$padding \
            -out "$place/cipher" || return
        # shellcheck disable=SC2046
        with_engine openssl pkeyutl -decrypt $(key_of e-rsa -inkey) -pkeyopt rsa_padding_mode:$padding \
            -in "$place/cipher" -out "$place/plain" && cmp "$place/plain" "$message" || return
    done
}

random_comes_from_the_token() {
    [ "$(with_engine openssl rand -engine pkcs11 -hex 32 | tr -d '\n' | wc -c)" = 64 ]
}

openssl_serves_tls() {
    local name
    for name in rsa ec; do
        # shellcheck disable=SC2046
        speaks_tls "$place/engine.cnf" "$place/$name.pem" "tls1_2 tls1_3" $(key_of "e-$name" -key) || return
    done
}

# ---- nginx ----

fetch() { # the certificate to trust, further options of curl: what nginx answers
    curl --silent --show-error --max-time 20 --cacert "$place/$1.pem" "${@:2}" "https://localhost:$nginx_port/"
}

nginx_starts_with_the_tokens_keys() {
    nginx_port=$(free_port)
    mkdir "$place/temp"
    cat >"$place/nginx.conf" <<END
daemon off;
worker_processes 2;
pid $place/nginx.pid;
error_log $place/nginx.log info;
ssl_engine pkcs11;
env OPENSSL_CONF;
env EP11CLIENT_CFG;
env LD_PRELOAD;
env ASAN_OPTIONS;
$([ "$(id -u)" != 0 ] || echo "user root;")
events { }
http {
    access_log off;
    client_body_temp_path $place/temp/1; proxy_temp_path $place/temp/2; fastcgi_temp_path $place/temp/3;
    uwsgi_temp_path $place/temp/4; scgi_temp_path $place/temp/5;
    server {
        listen 127.0.0.1:$nginx_port ssl reuseport;
        ssl_session_cache off;
        ssl_session_tickets off;
        ssl_certificate $place/rsa.pem;
        ssl_certificate_key "engine:pkcs11:$url;object=e-rsa;type=private";
        ssl_certificate $place/ec.pem;
        ssl_certificate_key "engine:pkcs11:$url;object=e-ec;type=private";
        location / { return 200 "served by \$pid\n"; }
    }
}
END
    OPENSSL_CONF=$place/engine.cnf serve "$place/nginx.out" /usr/sbin/nginx -p "$place" -e "$place/nginx.log" \
        -c "$place/nginx.conf"
    nginx=$served
    wait_for_port "$nginx_port" && says "served by" "$(fetch ec)" || { cat "$place/nginx.log"; return 1; }
}

every_worker_signs() {
    local _
    seq 24 | xargs -P 4 -I{} curl --silent --show-error --max-time 20 --cacert "$place/ec.pem" \
        "https://localhost:$nginx_port/" >"$place/answers" || return
    [ "$(grep -c "served by" "$place/answers")" = 24 ] || return
    [ "$(sort -u "$place/answers" | wc -l)" = 2 ] || { cat "$place/answers"; return 1; }
    fetch rsa --tls-max 1.2 --ciphers ECDHE-RSA-AES128-GCM-SHA256
}

nginx_takes_its_keys_anew() { # and replaces its workers
    local after
    kill -HUP "$nginx" || return
    for _ in $(seq 100); do grep -q "gracefully shutting down" "$place/nginx.log" && break; sleep 0.05; done
    after=$(fetch ec) && says "served by" "$after" && ! grep -x "$after" "$place/answers" && ! grep -q "alert\|emerg\|crit" "$place/nginx.log"
}

nginx_ends() {
    end_served "$nginx"
}

run_cases() {
    with_token "OpenSSL finds keys by their URIs" keys_are_found_by_their_uris
    with_token "OpenSSL signs requests" requests_are_signed
    with_token "OpenSSL signs certificates" certificates_are_signed
    with_token "OpenSSL signs with PSS and decrypts" messages_are_signed_and_read
    with_token "OpenSSL draws random from the token" random_comes_from_the_token
    with_token "s_server serves TLS 1.2 and 1.3 with RSA and ECDSA" openssl_serves_tls
    if [ ! -x /usr/sbin/nginx ]; then
        skip "$token: nginx with keys in the token" "nginx is not installed"
        return
    fi
    with_token "nginx starts with keys in the token" nginx_starts_with_the_tokens_keys
    with_token "every worker of nginx signs" every_worker_signs
    with_token "nginx takes its keys anew" nginx_takes_its_keys_anew
    with_token "nginx ends" nginx_ends
}

if [ -z "$engine" ]; then
    skip "OpenSSL with libp11's engine" "libengine-pkcs11-openssl is not installed"
    finish
fi
on_both_tokens run_cases
finish
