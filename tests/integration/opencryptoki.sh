#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# openCryptoki's software token behind the wrapper, and before the seeder. Its daemon needs root; a machine without the
# package, or a user without the rights, skips it. Nothing of the machine's token is changed.
. "$(dirname "$0")/lib.sh"

module=$build/src/wrapper/libquantoki-entropy.so
library=$(ls /usr/lib/*/opencryptoki/libopencryptoki.so.0 /usr/lib64/opencryptoki/libopencryptoki.so.0 2>/dev/null |
    head -n 1)
instance=$work/instance

end_slot_daemon() {
    pkill -x pkcsslotd
    for _ in $(seq 50); do pgrep -x pkcsslotd >/dev/null || break; sleep 0.1; done
}

slot_daemon() { # runs, or can be started for the time of this test
    pgrep -x pkcsslotd >/dev/null && return
    [ "$(id -u)" = 0 ] && pkcsslotd >/dev/null 2>&1 || return
    trap 'end_slot_daemon; cleanup' EXIT
    sleep 1
    pgrep -x pkcsslotd >/dev/null
}

random_comes_from_quantokid() {
    p11 --slot "$slot" --generate-random 64 --output-file "$work/random" || return
    [ "$(stat -c %s "$work/random")" = 64 ] && ! cmp -s -n 64 "$work/random" /dev/zero
}

without_quantokid_there_is_none() {
    stop_server
    refuses p11 --slot "$slot" --generate-random 64 --output-file "$work/none" || return
    says "err=SERVER_AWAY" "$(cat "$work/wrapper.log")" || return
    start_server "$instance"
}

the_seeder_finds_out_that_it_takes_no_seeds() {
    cat >"$work/seed.yaml" <<END
service: { url: "https://127.0.0.1:$https_port", ca_file: "$instance/ca.pem", token_file: "$work/token" }
state_folder: "$work/state"
exit_when_idle: true
targets:
  - { name: soft, library: "$library", slot: "$slot", login: none }
END
    timeout 60 "$build/src/seeder/quantoki-seed" --config "$work/seed.yaml" 2>"$work/seeder.log"
    [ $? = 4 ] || { cat "$work/seeder.log"; return 1; }
    says "code=CKR_RANDOM_SEED_NOT_SUPPORTED class=not-possible" "$(cat "$work/seeder.log")"
}

if [ -z "$library" ] || ! slot_daemon; then
    skip "openCryptoki's software token" "openCryptoki is not installed, or pkcsslotd cannot be started"
    finish
fi
slot=$(pkcs11-tool --module "$library" --list-slots 2>/dev/null |
    sed -n "s/^Slot [0-9]* (\(0x[0-9a-f]*\)).*/\1/p" | head -n 1)
make_instance "$instance" && start_server "$instance" || { echo "Bail out! no server"; exit 1; }
"$build/src/cli/quantoki" token create --config "$instance/quantokid.yaml" --name soft --rate unlimited |
    tail -n 1 >"$work/token"
chmod 600 "$work/token"
cat >"$work/wrapper.yaml" <<END
base: $library
url: https://127.0.0.1:$https_port
token_file: $work/token
ca_file: $instance/ca.pem
retries: 0
pool_bytes: 0
log_to: $work/wrapper.log
END
export QUANTOKI_ENTROPY_CONFIG=$work/wrapper.yaml

it "random comes from quantokid" random_comes_from_quantokid
it "without quantokid there is none" without_quantokid_there_is_none
it "the seeder finds out that it takes no seeds" the_seeder_finds_out_that_it_takes_no_seeds
finish
