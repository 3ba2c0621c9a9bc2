#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What docs/seeder.md and docs/entropy-wrapper.md tell a newcomer to type, typed: the blocks between `<!-- run: NAME -->`
# and `<!-- end -->`, as they stand there but for ports and paths. The server alone is started by this script.
. "$(dirname "$0")/lib.sh"

softhsm=$(ls /usr/lib/softhsm/libsofthsm2.so /usr/lib/*/softhsm/libsofthsm2.so 2>/dev/null | head -n 1)
https_port=$(free_port) grpc_port=$(free_port)
export PATH=$build/src/cli:$build/src/server:$build/src/seeder:$PATH
export module source_root
export -f loading_module

commands() { # page, name
    sed -n "/<!-- run: $2 -->/,/<!-- end -->/s/^    //p" "$source_root/docs/$1" |
        sed "s|  *#.*||; s|quantoki init |&--grpc-port $grpc_port --https-port $https_port |
             s|127.0.0.1:9443|127.0.0.1:$https_port|; s|/usr/lib/softhsm/libsofthsm2.so|$softhsm|
             s|/usr/local/lib/pkcs11|$build/src/wrapper|; s|^pkcs11-tool|loading_module &|"
}

type_in() { # commands; each must succeed
    (cd "$work/seeding" && timeout 60 bash -e -o pipefail -c "$1")
}

the_seeders_first_steps_work() {
    local steps server='quantokid --config hsm/quantokid.yaml 2>hsm.log &'
    steps=$(commands seeder.md seeder)
    says "^quantoki init.*--dir hsm$" "$steps" && says "^$server$" "$steps" && mkdir "$work/seeding" || return
    type_in "$(grep '^quantoki init' <<<"$steps")" && start_server "$work/seeding/hsm" &&
        type_in "$(grep -vF -e 'quantoki init' -e "$server" <<<"$steps")" &&
        says '"injections":1' "$(cat "$work/seeding/status.json")"
}

the_wrappers_first_steps_work() {
    local steps said
    steps=$(commands seeder.md seeder | grep '^export'; commands entropy-wrapper.md wrapper)
    says '^loading_module pkcs11-tool .*--generate-random' "$steps" || return
    said=$(type_in "$steps") || { echo "$said"; return 1; }
    says '\( [0-9a-f][0-9a-f]\)\{16\}' "$said" && says 'Wrap of' "$said"
}

if [ -z "$softhsm" ]; then
    skip "the seeder's first steps work as they are written" "SoftHSM is not installed"
else
    it "the seeder's first steps work as they are written" the_seeders_first_steps_work
    it "so do the wrapper's" the_wrappers_first_steps_work
fi
finish
