#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# OpenSSH: keys of the token listed, held by an agent, used to log in to a real sshd, and to sign certificates.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/interop.sh"

sshd=$(command -v sshd || ls /usr/sbin/sshd 2>/dev/null)
me=$(id -un)
set_gid="ssh-agent is set-gid and takes no library before others"

# All ask for the PIN by the program named in SSH_ASKPASS.
keys_are_listed() {
    printf '#!/bin/sh\ncat %q\n' "$pin_file" >"$place/askpass"
    chmod 700 "$place/askpass"
    export SSH_ASKPASS=$place/askpass SSH_ASKPASS_REQUIRE=force
    as_user --keypairgen --key-type rsa:2048 --id 01 --label s-rsa || return
    as_user --keypairgen --key-type EC:prime256v1 --id 02 --label s-p256 || return
    as_user --keypairgen --key-type EC:secp384r1 --id 03 --label s-p384 || return
    loading_module ssh-keygen -D "$module" -e >"$place/keys" || return
    says "^ssh-rsa .* s-rsa" "$(cat "$place/keys")" && says "^ecdsa-sha2-nistp256 .* s-p256" "$(cat "$place/keys")" &&
        says "^ecdsa-sha2-nistp384 .* s-p384" "$(cat "$place/keys")" || return
    local name
    for name in rsa p256 p384; do grep "s-$name$" "$place/keys" >"$place/$name.pub"; done
}

end_agent() {
    [ -z "${SSH_AGENT_PID:-}" ] || kill "$SSH_AGENT_PID"
    unset SSH_AGENT_PID SSH_AUTH_SOCK
}
trap 'end_agent; cleanup' EXIT

# Both the agent and its helper load the module.
an_agent_takes_the_module() {
    eval "$(loading_module ssh-agent -s -a "$place/agent" -P "$module")" || return
    ssh-add -s "$module" </dev/null || return
    cut -d' ' -f1,2 "$place/keys" | sort >"$place/expected"
    ssh-add -L | cut -d' ' -f1,2 | sort | cmp - "$place/expected"
}

the_agent_signs_with_every_key() {
    ssh-add -T "$place/rsa.pub" "$place/p256.pub" "$place/p384.pub"
}

sshd_runs() {
    sshd_port=$(free_port)
    ssh-keygen -q -t ed25519 -N '' -f "$place/host-key" || return
    cp "$place/keys" "$place/authorized"
    printf 'localhost %s\n' "$(cut -d' ' -f1,2 "$place/host-key.pub")" >"$place/known"
    cat >"$place/sshd_config" <<END
Port $sshd_port
ListenAddress 127.0.0.1
HostKey $place/host-key
AuthorizedKeysFile $place/authorized
TrustedUserCAKeys $place/p256.pub
StrictModes no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
UsePAM no
PidFile none
END
    "$sshd" -D -e -f "$place/sshd_config" 2>"$place/sshd.log" &
    servers+=($!)
    for _ in $(seq 100); do grep -q listening "$place/sshd.log" && return; sleep 0.05; done
    cat "$place/sshd.log"
    return 1
}

log_in() { # options of ssh
    local said
    said=$(loading_module timeout 60 ssh -F none -p "$sshd_port" -o HostKeyAlias=localhost -o "UserKnownHostsFile=$place/known" \
        -o StrictHostKeyChecking=yes -o PasswordAuthentication=no "$@" "$me@127.0.0.1" echo logged in </dev/null 2>&1)
    says "^logged in" "$said"
}

the_agents_keys_log_in() {
    local name
    for name in rsa p256 p384; do log_in -o BatchMode=yes -o IdentitiesOnly=yes -i "$place/$name.pub" || return; done
}

ssh_logs_in_without_an_agent() {
    SSH_AUTH_SOCK='' log_in -o "PKCS11Provider=$module"
}

the_token_certifies_users() {
    ssh-keygen -q -t ed25519 -N '' -f "$place/user-key" || return
    loading_module ssh-keygen -q -s "$place/p256.pub" -D "$module" -I someone -n "$me" -V +1h "$place/user-key.pub" \
        </dev/null || return
    says "Signing CA: ECDSA" "$(ssh-keygen -L -f "$place/user-key-cert.pub")" || return
    SSH_AUTH_SOCK='' log_in -o BatchMode=yes -o IdentitiesOnly=yes -i "$place/user-key"
}

the_agent_gives_the_module_back() {
    ssh-add -e "$module" && says "no identities" "$(ssh-add -L)" || return
    end_agent
}

log_in_cases() {
    if [ -z "$sshd" ]; then
        skip "$token: log in to sshd" "openssh-server is not installed"
        return
    fi
    with_token "sshd runs" sshd_runs
    with_token_unless_sanitized "$set_gid" "the agent's keys log in" the_agents_keys_log_in
    with_token "ssh logs in without an agent" ssh_logs_in_without_an_agent
    with_token "a certificate that the token signed logs in" the_token_certifies_users
}

run_cases() {
    with_token "ssh-keygen lists the keys" keys_are_listed
    with_token_unless_sanitized "$set_gid" "an agent takes the module" an_agent_takes_the_module
    with_token_unless_sanitized "$set_gid" "the agent signs with every key" the_agent_signs_with_every_key
    log_in_cases
    with_token_unless_sanitized "$set_gid" "the agent gives the module back" the_agent_gives_the_module_back
}

# As root sshd wants its folder, which Debian makes when the service starts.
if [ -n "$sshd" ] && [ "$(id -u)" = 0 ] && [ ! -d /run/sshd ]; then
    mkdir /run/sshd && trap 'rmdir /run/sshd; end_agent; cleanup' EXIT
fi
if ! command -v ssh-agent >/dev/null; then
    skip "ssh-keygen, ssh-agent and ssh" "openssh-client is not installed"
    finish
fi
on_both_tokens run_cases
finish
