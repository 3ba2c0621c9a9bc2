#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# quantokid as a program: signals, certificates, configuration, hostile peers.
. "$(dirname "$0")/lib.sh"

instance=$work/instance
make_instance "$instance" && start_server "$instance" || { echo "Bail out! no server"; exit 1; }
use_instance "$instance"

talker() { # starts p11talk with the instance; say / hear talk to it
    coproc TALK { "$build/tests/p11talk" "$module" "$user_pin" 2>&1; }
    hear ready
}
say() { echo "$*" >&"${TALK[1]}"; }
hear() { # the next line must match
    local line
    IFS= read -r -t 30 line <&"${TALK[0]}" || { echo "nothing heard, expected $1"; return 1; }
    says "$1" "$line"
}
hang_up() {
    say quit
    wait "$TALK_PID"
}

the_log_says_ready_with_both_ports() {
    says "op=ready .*grpc=127.0.0.1:$grpc_port .*https=127.0.0.1:$https_port" "$(cat "$instance/server.log")"
}

curl_gets_a_token_and_health() {
    curl -sf --cacert "$instance/ca.pem" "https://127.0.0.1:$https_port/healthz" | grep -q ok || return
    curl -sf --cacert "$instance/ca.pem" "https://127.0.0.1:$https_port/identity/token" \
        -d "grant_type=urn:ibm:params:oauth:grant-type:apikey&apikey=$user_pin" | grep -q access_token
}

rename_table() { # from, to
    python3 -c 'import sqlite3, sys; sqlite3.connect(sys.argv[1], timeout=10).execute(f"ALTER TABLE {sys.argv[2]} RENAME TO {sys.argv[3]}")' \
        "$instance/quantoki.db" "$1" "$2"
}
health_follows_the_database() {
    [ "$(grpc_health)" = SERVING ] && watch_grpc_health && grpc_health_becomes SERVING || return
    rename_table test_runs lost && grpc_health_becomes NOT_SERVING || return
    [ "$(grpc_health)" = NOT_SERVING ] || return
    says "op=health state=not-serving.*err=" "$(cat "$instance/server.log")" || return
    rename_table lost test_runs && grpc_health_becomes SERVING
}

a_restart_is_invisible_to_an_application() {
    talker || return
    say sign; hear "sign 0x0" || return
    stop_server || return
    say sign; hear "sign 0x30" || return
    start_server "$instance" || return
    say sign; hear "sign 0x0" || return
    stop_server && start_server "$instance" || return
    say sign; hear "sign 0x0" || return
    hang_up
}

a_token_is_renewed_while_an_application_runs() {
    stop_server || return
    cp "$instance/quantokid.yaml" "$work/saved.yaml"
    printf 'iam: { token_seconds: 1 }\n' >>"$instance/quantokid.yaml"
    start_server "$instance" || return
    talker || return
    for _ in 1 2 3; do
        say sign; hear "sign 0x0" || return
        sleep 1.2
    done
    hang_up || return
    stop_server
    cp "$work/saved.yaml" "$instance/quantokid.yaml"
    start_server "$instance"
}

a_child_after_fork_works_once_it_initialises() {
    talker || return
    say sign; hear "sign 0x0" || return
    say fork; hear "child before C_Initialize 0x190" || return
    hear "child sign 0x0" || return
    hear "child done" || return
    say sign; hear "sign 0x0" || return
    hang_up
}

certificates_are_read_again_on_hangup() {
    local before after
    before=$(openssl s_client -connect "127.0.0.1:$https_port" </dev/null 2>/dev/null | openssl x509 -noout -serial)
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$work/new.key" -subj /CN=new -out "$work/new.csr" || return
    openssl x509 -req -in "$work/new.csr" -CA "$instance/ca.pem" -CAkey "$instance/tls/ca.key" -days 1 -out "$work/new.pem" \
        -extfile <(echo "subjectAltName=IP:127.0.0.1,DNS:localhost") || return
    cp "$work/new.pem" "$instance/tls/server.pem"
    cp "$work/new.key" "$instance/tls/server.key"
    kill -HUP "$server_pid"
    for _ in $(seq 50); do
        after=$(openssl s_client -connect "127.0.0.1:$https_port" </dev/null 2>/dev/null | openssl x509 -noout -serial)
        [ "$before" != "$after" ] && break
        sleep 0.1
    done
    [ -n "$after" ] && [ "$before" != "$after" ] && as_user --list-objects
}

a_broken_certificate_on_hangup_keeps_the_old_one() {
    cp "$instance/tls/server.pem" "$work/good.pem"
    echo nonsense >"$instance/tls/server.pem"
    kill -HUP "$server_pid"
    for _ in $(seq 50); do grep -q 'kept=old' "$instance/server.log" && break; sleep 0.1; done
    says 'kept=old' "$(cat "$instance/server.log")" || return
    cp "$work/good.pem" "$instance/tls/server.pem"
    as_user --list-objects
}

both_tls_versions_are_spoken() {
    local version
    for version in 1.2 1.3; do
        curl -sS --cacert "$instance/ca.pem" --tlsv$version --tls-max $version "https://127.0.0.1:$https_port/healthz" || return
    done
}

https_clients_may_need_certificates() {
    local url=https://127.0.0.1:$https_port/healthz
    stop_server || return
    cp "$instance/quantokid.yaml" "$work/saved.yaml"
    sed -i "s|^https:|https:\n  client_ca: \"$instance/ca.pem\"|" "$instance/quantokid.yaml"
    start_server "$instance" || return
    refuses curl -sS --cacert "$instance/ca.pem" "$url" || return
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$work/web.key" -subj /CN=web -out "$work/web.csr" || return
    openssl x509 -req -in "$work/web.csr" -CA "$instance/ca.pem" -CAkey "$instance/tls/ca.key" -days 1 -out "$work/web.pem" || return
    says '"ok"' "$(curl -sS --cacert "$instance/ca.pem" --cert "$work/web.pem" --key "$work/web.key" "$url")" || return
    stop_server
    cp "$work/saved.yaml" "$instance/quantokid.yaml"
    start_server "$instance"
}

client_certificates_can_be_required() {
    stop_server || return
    cp "$instance/quantokid.yaml" "$work/saved.yaml"
    sed -i "s|^grpc:|grpc:\n  client_ca: \"$instance/ca.pem\"|" "$instance/quantokid.yaml"
    start_server "$instance" || return
    refuses as_user --list-objects || return
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$work/client.key" -subj /CN=client -out "$work/client.csr" || return
    openssl x509 -req -in "$work/client.csr" -CA "$instance/ca.pem" -CAkey "$instance/tls/ca.key" -days 1 -out "$work/client.pem" || return
    sed -e 's/mutual: false/mutual: true/' -e "s|certfile:.*|certfile: \"$work/client.pem\"|" \
        -e "s|keyfile:.*|keyfile: \"$work/client.key\"|" "$instance/grep11client.yaml" >"$work/mutual.yaml"
    chmod 600 "$work/mutual.yaml"
    EP11CLIENT_CFG=$work/mutual.yaml p11 --login --pin "$user_pin" --list-objects || return
    stop_server
    cp "$work/saved.yaml" "$instance/quantokid.yaml"
    start_server "$instance"
}

garbage_does_not_harm() {
    local i
    for i in 1 2 3 4 5; do
        head -c 20000 /dev/urandom | timeout 5 bash -c "cat >/dev/tcp/127.0.0.1/$grpc_port" 2>/dev/null
        { printf 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'; head -c 20000 /dev/urandom; } |
            timeout 5 openssl s_client -quiet -alpn h2 -connect "127.0.0.1:$grpc_port" >/dev/null 2>&1
        head -c 20000 /dev/urandom | timeout 5 openssl s_client -quiet -connect "127.0.0.1:$https_port" >/dev/null 2>&1
    done
    kill -0 "$server_pid" && as_user --list-objects
}

old_tls_is_refused() {
    ! openssl s_client -tls1_1 -cipher 'ALL:@SECLEVEL=0' -connect "127.0.0.1:$grpc_port" </dev/null >/dev/null 2>&1
}

an_unknown_key_in_the_configuration_is_named() {
    cp "$instance/quantokid.yaml" "$work/wrong.yaml"
    printf 'grpcc:\n  port: 1\n' >>"$work/wrong.yaml"
    refuses "$build/src/server/quantokid" --config "$work/wrong.yaml" --check || return
    says "wrong.yaml:[0-9]*: .*grpcc" "$refused"
}

a_missing_master_key_is_named() {
    sed "s|file: .*|file: \"$work/no-master-key\"|" "$instance/quantokid.yaml" >"$work/wrong.yaml"
    refuses timeout 10 "$build/src/server/quantokid" --config "$work/wrong.yaml" || return
    says "no-master-key" "$refused"
}

a_readable_master_key_is_refused() {
    cp "$instance/master-key" "$work/readable-key"
    chmod 644 "$work/readable-key"
    sed "s|file: .*|file: \"$work/readable-key\"|" "$instance/quantokid.yaml" >"$work/wrong.yaml"
    refuses timeout 10 "$build/src/server/quantokid" --config "$work/wrong.yaml" || return
    says "readable-key" "$refused"
}

a_used_port_is_named() {
    refuses timeout 10 "$build/src/server/quantokid" --config "$instance/quantokid.yaml" || return
    says "$grpc_port" "$refused" && says "choose another port" "$refused"
}

plain_text_is_for_loopback_alone() {
    sed 's/^grpc:/grpc:\n  tls: off/; s/address: .*/address: "0.0.0.0"/' "$instance/quantokid.yaml" >"$work/wrong.yaml"
    refuses "$build/src/server/quantokid" --config "$work/wrong.yaml" --check || return
    says "loopback" "$refused"
}

plain_text_works_where_both_sides_ask_for_it() {
    stop_server || return
    cp "$instance/quantokid.yaml" "$work/saved.yaml"
    sed -i 's/^grpc:/grpc:\n  tls: off/' "$instance/quantokid.yaml"
    start_server "$instance" || return
    refuses as_user --list-objects || return
    sed '/^      tls:/,/enabled/ s/enabled: true/enabled: false/' "$instance/grep11client.yaml" >"$work/plain.yaml"
    chmod 600 "$work/plain.yaml"
    EP11CLIENT_CFG=$work/plain.yaml p11 --login --pin "$user_pin" --list-objects || return
    stop_server
    cp "$work/saved.yaml" "$instance/quantokid.yaml"
    start_server "$instance"
}

# A connection that rests keeps nobody waiting.
it_stops_gracefully() {
    local started=$SECONDS
    exec 4> >(timeout 60 openssl s_client -quiet -connect "127.0.0.1:$https_port" >"$work/resting" 2>/dev/null)
    printf 'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n' >&4
    for _ in $(seq 50); do grep -q '200 OK' "$work/resting" && break; sleep 0.1; done
    says '200 OK' "$(cat "$work/resting")" || return
    stop_server || return
    exec 4>&-
    [ $((SECONDS - started)) -lt 9 ] || { echo "took $((SECONDS - started)) s"; return 1; }
    says "op=stopped" "$(cat "$instance/server.log")"
}

hears() { # words
    for _ in $(seq 100); do grep -qx "$1" "$work/heard" && return; sleep 0.1; done
    echo "not heard: $1"; cat "$work/heard"; return 1
}

the_service_manager_hears_of_it() {
    local listener
    python3 -uc 'import socket, sys
listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
listener.bind(sys.argv[1])
while True: print(listener.recv(100).decode())' "$work/notify" >"$work/heard" &
    listener=$!
    servers+=("$listener")
    for _ in $(seq 100); do [ -S "$work/notify" ] && break; sleep 0.1; done
    NOTIFY_SOCKET=$work/notify WATCHDOG_USEC=2000000 start_server "$instance" && hears READY=1 && hears WATCHDOG=1 || return
    stop_server && hears STOPPING=1 || return
    kill "$listener"
}

it "the log says ready with both ports" the_log_says_ready_with_both_ports
it "curl gets health and a token" curl_gets_a_token_and_health
it "gRPC's health checking follows the database" health_follows_the_database
it "a restart of the server is invisible to an application, and handles stay valid" a_restart_is_invisible_to_an_application
it "an expired token is renewed while an application runs" a_token_is_renewed_while_an_application_runs
it "a child after fork works once it has called C_Initialize" a_child_after_fork_works_once_it_initialises
it "certificates are read again on SIGHUP" certificates_are_read_again_on_hangup
it "a broken certificate on SIGHUP keeps the old one" a_broken_certificate_on_hangup_keeps_the_old_one
it "TLS 1.2 and 1.3 are spoken" both_tls_versions_are_spoken
it "HTTPS clients may need certificates, too" https_clients_may_need_certificates
it "client certificates can be required" client_certificates_can_be_required
it "garbage on both ports does not harm" garbage_does_not_harm
it "TLS 1.1 is refused" old_tls_is_refused
it "an unknown key in the configuration is named with file and line" an_unknown_key_in_the_configuration_is_named
it "a missing master key is named" a_missing_master_key_is_named
it "a master key that others can read is refused" a_readable_master_key_is_refused
it "a port in use is named" a_used_port_is_named
it "plain text is for loopback alone" plain_text_is_for_loopback_alone
it "plain text works on loopback where both sides ask for it" plain_text_works_where_both_sides_ask_for_it
it "SIGTERM stops it gracefully" it_stops_gracefully
it "the service manager hears of start, life and end" the_service_manager_hears_of_it
finish
