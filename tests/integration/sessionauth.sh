#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Authenticated keystores, as pkcs11-tool meets them: the configuration has sessionauth, nothing else changes.
. "$(dirname "$0")/lib.sh"

instance=$work/instance
password=pass1234

configure() { # name, password, [loglevel]
    with_keystore_password "$instance/grep11client.yaml" "$work/$1.yaml" "$2"
    sed -i "s|^  logpath:.*|  logpath: \"$work/module.log\"|" "$work/$1.yaml"
}

with() { # configuration, command...
    local EP11CLIENT_CFG=$work/$1.yaml
    export EP11CLIENT_CFG
    "${@:2}"
}

an_instance_is_served() {
    make_instance "$instance" && use_instance "$instance" && start_server "$instance" || return
    configure right "$password" && configure wrong pass1235 && configure short 12345 && configure again longer-than-before
    sed "s|^  logpath:.*|  logpath: \"$work/module.log\"|" "$instance/grep11client.yaml" >"$work/none.yaml"
    chmod 600 "$work/none.yaml"
    echo "a message" >"$work/data"
}

keys_are_made_and_used() {
    with right p11 --init-token --so-pin "$so_pin" --label sealed || return
    with right as_user --keypairgen --key-type EC:prime256v1 --id 71 --label t-telltale || return
    with right as_user --keygen --key-type AES:32 --id 72 --label t-telltale || return
    with right as_user --write-object "$work/data" --type data --label t-telltale --private || return
    with right as_user --sign -m ECDSA-SHA256 --id 71 -i "$work/data" -o "$work/signature" || return
    with right p11 --verify -m ECDSA-SHA256 --id 71 -i "$work/data" --signature-file "$work/signature"
}

they_are_there_after_a_restart() {
    stop_server || return
    start_server "$instance" || return
    says "t-telltale" "$(with right as_user --list-objects --type privkey)" || return
    with right as_user --sign -m ECDSA-SHA256 --id 71 -i "$work/data" -o "$work/signature2" || return
    with right p11 --verify -m ECDSA-SHA256 --id 71 -i "$work/data" --signature-file "$work/signature2" || return
    with right as_user --read-object --type data --label t-telltale -o "$work/read" && cmp "$work/data" "$work/read"
}

the_database_does_not_show_them() {
    ! cat "$instance"/*.db* "$instance"/*/*.db* 2>/dev/null | grep -aq t-telltale
}

a_wrong_password_is_refused() {
    : >"$work/module.log"
    refuses with wrong as_user --list-objects || return
    says "C_Login failed.*CKR_PIN_INCORRECT" "$refused" || return
    says "tokenspaceIDPassword.*the password of keystore [-0-9a-f]* is wrong" "$(cat "$work/module.log")" || return
    refuses with wrong p11 --list-objects || return
    says CKR_PIN_INCORRECT "$refused" || return
    says "Login identity=user .*PIN_INCORRECT" "$(cat "$instance/server.log")"
}

no_password_is_refused() {
    : >"$work/module.log"
    refuses with none as_user --list-objects || return
    says CKR_USER_NOT_LOGGED_IN "$refused" || return
    says "is authenticated.*sessionauth" "$(cat "$work/module.log")"
}

a_short_password_is_a_mistake_of_the_file() {
    refused=$(with short p11 --list-objects 2>&1) && return 1
    says "short.yaml:[0-9]*: tokens.0.users.1.sessionauth.tokenspaceIDPassword" "$refused"
}

a_new_initialisation_gives_another_password() {
    with again p11 --init-token --so-pin "$so_pin" --label anew || return
    [ -z "$(with again as_user --list-objects 2>/dev/null | grep t-telltale)" ] || return
    with again as_user --keygen --key-type AES:32 --id 73 --label t-again || return
    says t-again "$(with again as_user --list-objects)" || return
    refuses with right as_user --list-objects
}

without_one_it_is_ordinary_again() {
    with none p11 --init-token --so-pin "$so_pin" --label ordinary || return
    with none as_user --keygen --key-type AES:32 --id 74 --label t-ordinary || return
    says t-ordinary "$(with none as_user --list-objects)"
}

what_it_holds_then_takes_no_password() {
    : >"$work/module.log"
    refuses with right as_user --list-objects || return
    says "CKR_USER_PIN_NOT_INITIALIZED" "$refused" || return
    says "switch sessionauth off" "$(cat "$work/module.log")" || return
    says t-ordinary "$(with none as_user --list-objects)"
}

it "an instance is served" an_instance_is_served
it "keys are made and used with sessionauth" keys_are_made_and_used
it "they are found and used after a restart of the server" they_are_there_after_a_restart
it "the database does not show their labels" the_database_does_not_show_them
it "a wrong password is refused, and the logs say what and where" a_wrong_password_is_refused
it "no password is refused" no_password_is_refused
it "a password that is too short is a mistake of the file" a_short_password_is_a_mistake_of_the_file
it "C_InitToken resets the keystores and gives them another password" a_new_initialisation_gives_another_password
it "C_InitToken without sessionauth makes ordinary keystores of them" without_one_it_is_ordinary_again
it "keystores with objects take no password, and keep them" what_it_holds_then_takes_no_password
finish
