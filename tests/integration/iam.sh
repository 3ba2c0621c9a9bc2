#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Who may do what, as an operator sets it up beside a running server: service IDs, API keys, roles and policies down to one
# keystore, their ends, and client certificates as a second layer, switched on and off at run time.
. "$(dirname "$0")/lib.sh"

instance=$work/instance
config=$instance/quantokid.yaml
make_instance "$instance"
use_instance "$instance"

quantoki() { # GROUP COMMAND ..., with the instance's configuration
    timeout 60 "$build/src/cli/quantoki" "$@" --config "$config"
}

within_a_second() { # what was changed is known to the server, with some patience for a slow machine
    for _ in $(seq 40); do
        "$@" >"$work/tried" 2>&1 && return 0
        sleep 0.1
    done
    cat "$work/tried"
    return 1
}

# ---- as a client ----

new_key() { # service ID, name, options: the key goes to $work/NAME
    local id=$1 name=$2
    shift 2
    (umask 077 && quantoki iam api-key create "$id" "$name" "$@" | tail -n 1 >"$work/$name")
    [ "$(wc -c <"$work/$name")" = 45 ]
}

log_in() { # name of a key: its token goes to $work/NAME.token
    curl -s --max-time 10 --cacert "$instance/ca.pem" -o "$work/answer" -w '%{http_code}' \
        --data "grant_type=urn:ibm:params:oauth:grant-type:apikey&apikey=$(cat "$work/$1")" \
        "https://127.0.0.1:$https_port/identity/token" >"$work/status"
    [ "$(cat "$work/status")" = 200 ] && python3 -c '
import json, sys
print(json.load(open(sys.argv[1]))["access_token"])' "$work/answer" >"$work/$1.token"
}

refused_log_in() { # name of a key
    ! log_in "$1" && says BXNIM0415E "$(cat "$work/answer")"
}

# curl, at least up to 7.88, forgets an answer behind which the stream is reset, as a server may do that did not wait for
# the body (RFC 9113, section 8.1): status 92. Then it asks again.
#
# One call; its gRPC status goes to $status, the answer's headers and trailers to $work/headers.
call() { # method, message as hexadecimal, name of a key, options of curl
    local method=$1 message=$2 name=$3
    shift 3
    python3 -c 'import sys; sys.stdout.buffer.write(bytes.fromhex(sys.argv[1]))' \
        "$(printf '00%08x%s' $((${#message} / 2)) "$message")" >"$work/request"
    for _ in $(seq 20); do
        : >"$work/headers"
        curl -sS --max-time 10 --http2 --cacert "$instance/ca.pem" -D "$work/headers" -o "$work/response" "$@" \
            -H 'content-type: application/grpc' -H 'te: trailers' -H "authorization: Bearer $(cat "$work/$name.token")" \
            --data-binary "@$work/request" "https://127.0.0.1:$grpc_port/$method"
        [ $? = 92 ] || break
    done
    status=$(tr -d '\r' <"$work/headers" | sed -n 's/^grpc-status: //p')
    status=${status:-none}
}

random() { call grep11.Crypto/GenerateRandom 0810 "$@"; }

gives() { # status, a call: its status is that
    local expected=$1
    shift
    "$@"
    [ "$status" = "$expected" ] || { echo "status $status instead of $expected: $*"; return 1; }
}

one_error_says_not_authenticated() { # of the last call: one Grep11Error, CKR_IBM_GREP11_NOT_AUTHENTICATED
    python3 - "$work/headers" <<'END'
import base64, re, sys
text = re.findall(r"(?im)^grpc-status-details-bin: *(\S+)", open(sys.argv[1]).read())
assert len(text) == 1, text
raw = base64.b64decode(text[0] + "=" * (-len(text[0]) % 4))
assert raw.count(b"Grep11Error") == 1, raw
assert b"\x08\x81\x80\x90\x80\x08" in raw, raw  # Code = 0x80040001 as field 1
END
}

# ---- log-ins that fail ----

wrong_log_in() { # sets $status, $took in milliseconds
    local begin
    begin=$(date +%s%N)
    status=$(curl -s --max-time 10 --cacert "$instance/ca.pem" -D "$work/turned.$1" -o "$work/answer.$1" -w '%{http_code}' \
        --data "grant_type=urn:ibm:params:oauth:grant-type:apikey&apikey=wrong-$1" \
        "https://127.0.0.1:$https_port/identity/token")
    took=$((($(date +%s%N) - begin) / 1000000))
}

failures_are_answered_late() { # and those that come at once are turned away; a good key is good all the same
    local i peers=()
    for i in $(seq 60); do
        (wrong_log_in "$i" && echo "$status $took" >"$work/wrong.$i") &
        peers+=($!)
    done
    wait "${peers[@]}"
    cat "$work"/wrong.*
    [ "$(grep -l '^429' "$work"/wrong.* | wc -l)" -gt 5 ] && [ "$(grep -l '^400' "$work"/wrong.* | wc -l)" -ge 30 ] || return 1
    says '[Rr]etry-[Aa]fter: 1' "$(cat "$work"/turned.*)" || return 1
    wrong_log_in last
    [ "$took" -ge 1900 ] && says BXNIM "$(cat "$work/answer.last")" &&
        log_in shop && gives 0 random shop
}

# ---- service IDs, roles, policies ----

a_service_id_without_policies_may_nothing() {
    quantoki iam service-id create web --description 'signs for the shop' && new_key web web-1 && log_in web-1 &&
        gives 7 random web-1 && one_error_says_not_authenticated
}

a_policy_counts_for_tokens_that_are_out() {
    quantoki iam role create Dice --actions crypto.generaterandom,ep11.use --display 'Throws dice' &&
        policy=$(quantoki iam policy create web --role 'Throws dice') || return 1
    within_a_second gives 0 random web-1 && gives 7 call grep11.Crypto/GetMechanismList '' web-1
}

a_role_in_use_stays() {
    refuses quantoki iam role delete Dice && says "$policy" "$refused" &&
        refuses quantoki iam role delete Manager && says predefined "$refused"
}

a_deleted_policy_ends_it() {
    quantoki iam policy delete "$policy" && within_a_second gives 7 random web-1 && quantoki iam role delete Dice &&
        refuses quantoki iam policy delete "$policy"
}

without_ep11_use_there_is_no_cryptography() {
    quantoki iam role create Half --actions crypto.generaterandom && policy=$(quantoki iam policy create web --role Half) &&
        sleep 1.5 && gives 7 random web-1 && quantoki iam policy delete "$policy"
}

a_bad_token_is_not_authenticated() {
    echo nonsense >"$work/bad.token" && gives 16 random bad && one_error_says_not_authenticated &&
        sed 's/.$/A/; s/A$/B/' "$work/web-1.token" >"$work/bad.token" && gives 16 random bad
}

lists_are_json_too() {
    local what
    for what in service-id api-key role policy; do
        quantoki iam "$what" list --json | python3 -c 'import json, sys; assert json.load(sys.stdin)' || return 1
        quantoki iam "$what" list | head -n 1 | grep -q '^[A-Z]' || return 1
    done
    quantoki iam policy list anonymous --json | python3 -c '
import json, sys
all = json.load(sys.stdin)
assert {("CryptoOperator", None), ("KeyOperator", "keystore")} == {(p["roles"][0], p["resource_type"]) for p in all}'
}

mistakes_are_named() {
    refuses quantoki iam role create lower --actions crypto.sign && says 'capital letter' "$refused" &&
        refuses quantoki iam role create Odd --actions crypto.fly && says "'crypto.fly' fits no action" "$refused" &&
        refuses quantoki iam policy create web --role Emperor && says "no role 'Emperor'" "$refused" &&
        refuses quantoki iam policy create nobody --role Reader && says 'no service ID or user nobody' "$refused" &&
        refuses quantoki iam policy create web --role Reader --resource-id 12 && says 'no UUID' "$refused" &&
        refuses quantoki iam policy create web --role Reader --resource-type key && says keystore "$refused" &&
        refuses quantoki iam service-id create 'a b' && refuses quantoki iam service-id create web &&
        refuses quantoki iam api-key create web web-1 && says 'named web-1 already' "$refused" &&
        refuses quantoki iam api-key create web late --expires 2020-01-01 && says expired "$refused" &&
        refuses "$build/src/cli/quantoki" iam role list --config "$work/none.yaml"
}

# ---- one keystore ----

keystores() { sed -n 's/.*tokenspaceID: "\(.*\)"/\1/p' "$instance/grep11client.yaml"; }

as_shop() { # pkcs11-tool with the API key of the shop as PIN
    p11 --login --pin "$(cat "$work/shop")" "$@"
}

a_policy_is_narrowed_to_one_keystore() {
    private=$(keystores | sed -n 1p) public=$(keystores | sed -n 2p)
    quantoki iam service-id create shop && quantoki iam policy create shop --role CryptoOperator &&
        quantoki iam policy create shop --role 'Key operator' --resource-id "$public" && new_key shop shop && log_in shop &&
        gives 0 call quantoki.v1.Keystore/ListKeystores "0a10${public//-/}" shop &&
        gives 7 call quantoki.v1.Keystore/ListKeystores "0a10${private//-/}" shop && one_error_says_not_authenticated &&
        gives 7 call quantoki.v1.Keystore/ResetKeystores "0a10${public//-/}" shop
}

pkcs11_users_stay_in_it_too() {
    echo hello >"$work/data" && as_shop --write-object "$work/data" --type data --label of-shop &&
        says of-shop "$(as_user --list-objects --type data)" &&
        refuses as_shop --write-object "$work/data" --type data --label hidden --private &&
        refuses as_shop --keypairgen --key-type EC:prime256v1 --label hidden &&
        as_user --keypairgen --key-type EC:prime256v1 --label mine
}

reading_only_is_a_role() {
    quantoki iam service-id create auditor && quantoki iam policy create auditor --role Reader --resource-id "$public" &&
        new_key auditor auditor && log_in auditor &&
        gives 0 call quantoki.v1.Keystore/FindObjects "0a10${public//-/}" auditor &&
        gives 7 call quantoki.v1.Keystore/FindObjects "0a10${private//-/}" auditor &&
        gives 7 random auditor && gives 7 call quantoki.v1.Keystore/DeleteKeystore "0a10${public//-/}" auditor
}

# ---- ends ----

one_of_two_keys_is_revoked() {
    quantoki iam policy create web --role CryptoOperator >/dev/null && new_key web web-2 && log_in web-2 &&
        within_a_second gives 0 random web-2 && quantoki iam api-key revoke web web-2 &&
        within_a_second gives 16 random web-2 && refused_log_in web-2 && gives 0 random web-1 &&
        refuses quantoki iam api-key revoke web web-2
}

a_key_expires_with_its_tokens() {
    new_key web brief --expires 3s && log_in brief && gives 0 random brief && sleep 3.2 && gives 16 random brief &&
        refused_log_in brief && says 'brief .*expired' "$(quantoki iam api-key list web)"
}

all_of_a_service_id_is_revoked() {
    quantoki iam service-id revoke web && within_a_second gives 16 random web-1 && refused_log_in web-1 &&
        new_key web web-3 && log_in web-3 && gives 0 random web-3
}

a_deleted_service_id_is_gone() {
    quantoki iam service-id delete web && within_a_second gives 16 random web-3 && refused_log_in web-3 &&
        [ "$(quantoki iam policy list web --json)" = '[]' ] && quantoki iam service-id create web && sleep 1.5 &&
        gives 16 random web-3
}

# ---- client certificates ----

make_authority() { # name
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=$1 authority" \
        -keyout "$work/$1-ca.key" -out "$work/$1-ca.pem" 2>/dev/null &&
        openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$1 client" -keyout "$work/$1.key" \
            -out "$work/$1.csr" 2>/dev/null &&
        openssl x509 -req -in "$work/$1.csr" -CA "$work/$1-ca.pem" -CAkey "$work/$1-ca.key" -CAcreateserial -days 2 \
            -out "$work/$1.pem" 2>/dev/null
}

with_certificate() { random shop --cert "$work/$1.pem" --key "$work/$1.key"; }

only_authorities_are_taken() {
    make_authority bank && make_authority other &&
        refuses quantoki mtls add x "$work/bank.pem" && says 'no authority' "$refused" &&
        refuses quantoki mtls add x "$config" && says 'no certificate' "$refused" &&
        refuses quantoki mtls remove x && says "no authority 'x'" "$refused" &&
        says 'There are none' "$(quantoki mtls list)"
}

certificates_are_asked_for_at_once() {
    gives 0 random shop && quantoki mtls add bank "$work/bank-ca.pem" && within_a_second gives none random shop &&
        gives 0 with_certificate bank && gives none with_certificate other &&
        says 'bank .*CN=bank authority' "$(quantoki mtls list)" && quantoki mtls list --json | grep -q '"name": "bank"'
}

a_certificate_does_not_replace_the_token() {
    echo nonsense >"$work/bad.token" && gives 16 random bad --cert "$work/bank.pem" --key "$work/bank.key"
}

logging_in_needs_none() { log_in shop; }

the_module_shows_its_certificate() {
    refuses as_user --list-objects
    sed "s|mutual: false|mutual: true|; s|certfile:\$|certfile: \"$work/bank.pem\"|; s|keyfile:\$|keyfile: \"$work/bank.key\"|" \
        "$instance/grep11client.yaml" >"$work/mutual.yaml"
    chmod 600 "$work/mutual.yaml"
    says mine "$(EP11CLIENT_CFG=$work/mutual.yaml as_user --list-objects)"
}

mutual() {
    NODE_PATH=$build/tests/node/node_modules QUANTOKI_PROTO=$source_root/proto QUANTOKI_GRPC=127.0.0.1:$grpc_port \
        timeout 60 node "$source_root/tests/node/mutual.js" "$instance/ca.pem" "$work/shop.token" "$@"
}

grpc_clients_show_theirs() {
    says '^32 bytes' "$(mutual "$work/bank.pem" "$work/bank.key")" && says '^status 14' "$(mutual)" &&
        says '^status 14' "$(mutual "$work/other.pem" "$work/other.key")"
}

standing_connections_end() { # one that was let in without a certificate is asked to leave
    quantoki mtls remove bank && within_a_second gives 0 random shop || return 1
    openssl s_client -connect "127.0.0.1:$grpc_port" -CAfile "$instance/ca.pem" -alpn h2 -quiet \
        < <(printf 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0'; sleep 20) >"$work/standing" 2>&1 &
    local peer=$!
    servers+=("$peer")
    sleep 1
    kill -0 "$peer" || { cat "$work/standing"; return 1; }
    quantoki mtls add bank "$work/bank-ca.pem" || return 1
    for _ in $(seq 50); do
        kill -0 "$peer" 2>/dev/null || return 0
        sleep 0.1
    done
    echo 'it is still there'
    return 1
}

authorities_stay_over_a_restart() {
    stop_server && start_server "$instance" && gives none random shop && gives 0 with_certificate bank &&
        quantoki mtls add other "$work/other-ca.pem" && within_a_second gives 0 with_certificate other &&
        quantoki mtls remove bank && within_a_second gives none with_certificate bank && gives 0 with_certificate other
}

without_the_last_one_they_are_not_asked_for() {
    quantoki mtls remove other | grep -q 'it was the last' && within_a_second gives 0 random shop &&
        says mine "$(as_user --list-objects)"
}

it "the server starts" start_server "$instance"
it "a service ID without policies may do nothing, and is told so by exactly one error" a_service_id_without_policies_may_nothing
it "a policy counts for tokens that are out already" a_policy_counts_for_tokens_that_are_out
it "a role in use stays, and so do predefined ones" a_role_in_use_stays
it "a deleted policy ends what it allowed" a_deleted_policy_ends_it
it "without ep11.use there is no cryptography" without_ep11_use_there_is_no_cryptography
it "a bad token is not authenticated" a_bad_token_is_not_authenticated
it "lists come as tables and as JSON" lists_are_json_too
it "mistakes are named" mistakes_are_named
it "a policy is narrowed to one keystore" a_policy_is_narrowed_to_one_keystore
it "PKCS #11 users stay in it too" pkcs11_users_stay_in_it_too
it "a reader of one keystore changes nothing and sees no other" reading_only_is_a_role
it "one of two API keys is revoked with its tokens" one_of_two_keys_is_revoked
it "an API key expires, and its tokens with it" a_key_expires_with_its_tokens
it "all keys and tokens of a service ID are revoked" all_of_a_service_id_is_revoked
it "a deleted service ID leaves nothing to its successor" a_deleted_service_id_is_gone
it "only certificates of authorities are taken" only_authorities_are_taken
it "with the first authority certificates are asked for at once" certificates_are_asked_for_at_once
it "a certificate does not replace the token" a_certificate_does_not_replace_the_token
it "logging in over HTTPS needs none" logging_in_needs_none
it "the module shows its certificate" the_module_shows_its_certificate
if command -v node >/dev/null && [ -d "$build/tests/node/node_modules" ]; then
    it "a gRPC client shows its own" grpc_clients_show_theirs
else
    skip "a gRPC client shows its own" "no node, or its packages were not installed"
fi
it "standing connections end when the rules change" standing_connections_end
it "authorities stay over a restart, and change while it runs" authorities_stay_over_a_restart
it "without the last one certificates are not asked for" without_the_last_one_they_are_not_asked_for
it "failed log-ins are answered late, and too many of them turned away" failures_are_answered_late
it "the server stops cleanly" stop_server
finish
