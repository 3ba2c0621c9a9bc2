# SPDX-License-Identifier: Apache-2.0
# For tests with other people's programs: the same cases with an embedded and with a remote token.
#
# A test file sources lib.sh and this, defines functions, says `on_both_tokens run_cases`, and ends with `finish`. For the
# functions there are: token (embedded or remote), EP11CLIENT_CFG, user_pin, so_pin, pin_file (the user's PIN), label (the
# token's), and place, an empty folder.

make_embedded_token() {
    printf 'tokens: { 0: { embedded: { path: "%s" } } }\n' "$place/token" >"$place/grep11client.yaml"
    chmod 600 "$place/grep11client.yaml"
    export EP11CLIENT_CFG=$place/grep11client.yaml
    user_pin=12345678 so_pin=87654321
    p11 --init-token --so-pin "$so_pin" --label "$label" &&
        p11 --login --login-type so --so-pin "$so_pin" --init-pin --new-pin "$user_pin"
}

make_remote_token() {
    make_instance "$place/instance" && start_server "$place/instance" || return
    use_instance "$place/instance"
    p11 --init-token --so-pin "$so_pin" --label "$label"
}

# Makes the token of that kind, or ends the test.
make_token() { # embedded or remote
    token=$1 place=$work/$1 label=interop
    mkdir "$place" && "make_$1_token" >"$place/made.log" 2>&1 || {
        sed 's/^/# /' "$place/made.log"
        echo "Bail out! no $1 token"
        exit 1
    }
    pin_file=$place/pin
    printf %s "$user_pin" >"$pin_file"
    chmod 600 "$pin_file"
}

# With the address sanitizer each program takes many times as long; the module and the server have been through it
# together in the contract tests and in remote.sh.
on_both_tokens() { # function with the cases
    make_token embedded
    "$1"
    case ${QUANTOKI_SANITIZED:-} in
    *address*) skip "remote: all of these" "slow with the address sanitizer" ;;
    *)
        make_token remote
        "$1"
        stop_server
        ;;
    esac
}

# A case with the kind of token in its name.
with_token() { # name, function...
    local name=$1
    shift
    it "$token: $name" "$@"
}

# The same for what others' programs cannot do with the address sanitizer in them.
with_token_unless_sanitized() { # why, name, function...
    case ${QUANTOKI_SANITIZED:-} in
    *address*) skip "$token: $2" "$1" ;;
    *) with_token "${@:2}" ;;
    esac
}

# Runs a server that loads the module in the background, itself and not a shell that waits for it; sets served.
serve() { # log, program...
    local log=$1 _
    shift
    rm -f "$work/served.pid"
    # shellcheck disable=SC2016 # for the inner shell
    loading_module sh -c 'echo $$ >"$0.new"; mv "$0.new" "$0"; exec "$@"' "$work/served.pid" "$@" >"$log" 2>&1 </dev/null &
    for _ in $(seq 100); do [ -f "$work/served.pid" ] && break; sleep 0.02; done
    served=$(cat "$work/served.pid")
    servers+=("$served")
}

end_served() { # process: waits until it is gone
    local _
    kill "$1" || return
    for _ in $(seq 200); do kill -0 "$1" 2>/dev/null || return 0; sleep 0.02; done
    return 1
}

wait_for_port() { # a server of the test listens there
    local _
    for _ in $(seq 200); do
        (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null && return
        sleep 0.05
    done
    return 1
}

# openssl s_server speaks with a client that trusts the certificate and nothing else.
speaks_tls() { # openssl.cnf of the server, certificate, versions of TLS, the server's options for its key
    local configuration=$1 certificate=$2 versions=$3 version port said
    shift 3
    for version in $versions; do
        port=$(free_port)
        OPENSSL_CONF=$configuration serve "$place/server.log" openssl s_server -accept "127.0.0.1:$port" \
            -cert "$certificate" "-$version" -www "$@"
        wait_for_port "$port"
        said=$(openssl s_client -connect "127.0.0.1:$port" -CAfile "$certificate" -verify_return_error <<<Q 2>&1)
        end_served "$served"
        says "Verify return code: 0 (ok)" "$said" && says "New, TLSv1.*${version#tls1_}, Cipher is" "$said" ||
            { cat "$place/server.log"; return 1; }
    done
}

# Runs a program that loads the module and prints lines of "good: sentence" and "bad: sentence: why": each is a case, and
# so is its end.
report_steps() { # what it is, program...
    local line sentence status=0 what=$1
    shift
    loading_module "$@" >"$place/steps.log" 2>"$place/steps.err" || status=$?
    while IFS= read -r line; do
        sentence=${line#*: }
        case $line in
        good:*) it "$token: $what: $sentence" true ;;
        bad:*) it "$token: $what: ${sentence%%: *}" fails_with "$line" ;;
        esac
    done <"$place/steps.log"
    it "$token: $what ends well" steps_ended_well "$status"
}

fails_with() { echo "$1"; return 1; }

steps_ended_well() { # status; at least one step was done
    cat "$place/steps.err"
    [ "$1" = 0 ] && grep -q ^good: "$place/steps.log"
}
