# SPDX-License-Identifier: Apache-2.0
# For integration tests: cases in TAP, a throw-away folder, a throw-away instance of quantokid.
#
# A test file sources this, defines functions, says `it "sentence" function...` for each, and ends with `finish`.
# Needs QUANTOKI_BUILD, the build folder. Whatever is started here is stopped when the test ends.
set -uo pipefail

build=${QUANTOKI_BUILD:?the build folder}
source_root=${QUANTOKI_SOURCE:?the source folder}
module=$build/src/module/libquantoki.so
work=$(mktemp -d "${TMPDIR:-/tmp}/quantoki-test.XXXXXX")
servers=()
cases=0
failures=0

cleanup() {
    local pid
    for pid in "${servers[@]:-}"; do [ -n "$pid" ] && kill "$pid" 2>/dev/null; done
    wait 2>/dev/null
    rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 1' INT TERM

# Runs a case in this shell, so that what it starts stays. Its output is shown if it fails.
it() {
    local name=$1
    shift
    cases=$((cases + 1))
    if "$@" >"$work/case.log" 2>&1; then
        echo "ok $cases - $name"
    else
        echo "not ok $cases - $name"
        tail -n 30 "$work/case.log" | sed 's/^/# /'
        failures=$((failures + 1))
    fi
}

skip() { # name, reason
    cases=$((cases + 1))
    echo "ok $cases - $1 # SKIP $2"
}

finish() {
    echo "1..$cases"
    [ "$failures" = 0 ]
    exit
}

says() { # pattern, text: the text holds the pattern
    grep -q -- "$1" <<<"$2" || { echo "expected '$1' in:"; echo "$2"; return 1; }
}

refuses() { # the command fails; its output is kept in $refused
    if refused=$("$@" 2>&1); then
        echo "succeeded, but should not: $*"
        return 1
    fi
}

free_port() {
    local port
    while :; do
        port=$((20000 + RANDOM % 12000)) # below those that the kernel gives to clients
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port"; return; }
    done
}

make_instance() { # folder; sets grpc_port, https_port
    grpc_port=$(free_port)
    https_port=$(free_port)
    "$build/src/cli/quantoki" init --dir "$1" --grpc-port "$grpc_port" --https-port "$https_port" >/dev/null
}

# IBM's examples import and export raw keys by one key that wraps and decrypts.
let_grep11_clients_off() { # folder
    printf 'policy:\n  grep11_lax_keys: true\n' >>"$1/quantokid.yaml"
}

# Starts quantokid for an instance folder and waits until it is ready; sets server_pid.
start_server() {
    local log=$1/server.log
    : >"$log"
    "$build/src/server/quantokid" --config "$1/quantokid.yaml" 2>>"$log" &
    server_pid=$!
    servers+=("$server_pid")
    for _ in $(seq 300); do
        grep -q op=ready "$log" && return 0
        kill -0 "$server_pid" 2>/dev/null || break
        sleep 0.05
    done
    cat "$log"
    return 1
}

stop_server() { # the server started last; its exit status
    kill "$server_pid" 2>/dev/null
    wait "$server_pid"
}

use_instance() { # folder: applications of this shell use it
    export EP11CLIENT_CFG=$1/grep11client.yaml
    user_pin=$(cat "$1/api-keys/user")
    so_pin=$(cat "$1/api-keys/so")
}

# A client's configuration whose keystores have a password (sessionauth).
with_keystore_password() { # configuration, new configuration, password
    sed "s/^\( *\)tokenspaceID: .*/&\n\1sessionauth: { enabled: true, tokenspaceIDPassword: \"$3\" }/" "$1" >"$2"
    chmod 600 "$2"
}

# Runs somebody else's program that loads the module. If the build is sanitized (QUANTOKI_SANITIZED), the runtime that the
# module needs must be there before the program. The program's leaks are its own affair, and so are its mistakes in
# asan.supp.
loading_module() {
    local runtime options=detect_leaks=0:print_legend=0:suppressions=$source_root/tests/integration/asan.supp
    case ${QUANTOKI_SANITIZED:-} in
    *address*)
        runtime=$(ldd "$module" | awk '$1 ~ /^libasan/ { print $3 }')
        LD_PRELOAD=$runtime ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}$options "$@" ;;
    *) "$@" ;;
    esac
}

p11() { # pkcs11-tool with the module
    loading_module timeout 60 pkcs11-tool --module "$module" "$@"
}

as_user() { # pkcs11-tool, logged in
    p11 --login --pin "$user_pin" "$@"
}

# What gRPC's health checking answers to a load balancer, with `watch` for each change. Needs $instance and $grpc_port.
grpc_health() {
    NODE_PATH=$build/tests/node/node_modules node "$source_root/tests/node/health.js" "127.0.0.1:$grpc_port" "$instance/ca.pem" "$@" 2>/dev/null
}
watch_grpc_health() { exec 7< <(grpc_health watch); }
grpc_health_becomes() { # who watches is told
    local line
    read -r -t 30 -u 7 line && says "^$1$" "$line"
}

# The instance's only noise source becomes a FIFO, called `noise`, and there are no statistical runs. What feeds it until
# the test does so itself is stopped by the test (its process: $feeder).
entropy_from_fifo() { # folder, FIFO
    sed -i '/^entropy:/,$d' "$1/quantokid.yaml"
    cat >>"$1/quantokid.yaml" <<END
statistics: { enabled: false }
entropy:
  sources:
    - { name: noise, driver: device, kind: quantum, path: "$2", rate: 10000000, timeout_ms: 1000 }
END
    cat /dev/urandom >"$2" &
    export feeder=$!
    servers+=("$feeder")
}
