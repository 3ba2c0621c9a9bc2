#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Real programs through libquantoki-entropy.so: keys of SoftHSM, random of a quantokid that comes and goes.
. "$(dirname "$0")/lib.sh"

module=$build/src/wrapper/libquantoki-entropy.so
softhsm=$(ls /usr/lib/softhsm/libsofthsm2.so /usr/lib/*/softhsm/libsofthsm2.so 2>/dev/null | head -n 1)
engine=$(ls /usr/lib/*/engines-3/pkcs11.so 2>/dev/null | head -n 1)
provider=$(ls /usr/lib/*/ossl-modules/pkcs11.so /usr/lib*/ossl-modules/pkcs11.so 2>/dev/null | head -n 1)
instance=$work/instance
user_pin=1234

make_instance "$instance" || { echo "Bail out! no instance"; exit 1; }
"$build/src/cli/quantoki" token create --config "$instance/quantokid.yaml" --name wrapper --rate unlimited |
    tail -n 1 >"$work/token"
chmod 600 "$work/token"
start_server "$instance" || { echo "Bail out! no server"; exit 1; }

mkdir "$work/tokens"
echo "directories.tokendir = $work/tokens" >"$work/softhsm2.conf"
export SOFTHSM2_CONF=$work/softhsm2.conf
cat >"$work/wrapper.yaml" <<END
base: $softhsm
url: https://127.0.0.1:$https_port
token_file: $work/token
ca_file: $instance/ca.pem
retries: 0
log_to: $work/wrapper.log
END
export QUANTOKI_ENTROPY_CONFIG=$work/wrapper.yaml

# ---- pkcs11-tool ----

a_token_is_made() {
    p11 --init-token --slot-index 0 --label mine --so-pin 12345678 || return
    p11 --login --login-type so --so-pin 12345678 --init-pin --new-pin $user_pin || return
    says "token label *: mine" "$(p11 --list-slots)"
}

the_wrapper_names_its_base() {
    says "Wrap of Implementation of PKCS11" "$(p11 --show-info)"
}

random_comes() {
    p11 --generate-random 4096 --output-file "$work/random" || return
    [ "$(stat -c %s "$work/random")" = 4096 ] && ! cmp -s -n 4096 "$work/random" /dev/zero
}

keys_are_the_bases() {
    as_user --keypairgen --key-type EC:prime256v1 --id 01 --label first || return
    says first "$(as_user --list-objects --type pubkey)" || return
    echo text >"$work/message"
    as_user --sign --mechanism ECDSA --id 01 --input-file <(openssl dgst -sha256 -binary "$work/message") \
        --output-file "$work/signature" --signature-format openssl || return
    as_user --read-object --type pubkey --id 01 --output-file "$work/public.der" || return
    openssl dgst -sha256 -verify "$work/public.der" -keyform DER -signature "$work/signature" "$work/message"
}

pkcs11_tool_finds_nothing_wrong() {
    as_user --test >"$work/tested" 2>&1 || { cat "$work/tested"; return 1; }
    says "No errors" "$(cat "$work/tested")"
}

# ---- the service goes and comes ----

without_the_service_random_fails_and_keys_work() {
    stop_server
    refuses p11 --generate-random 32 --output-file "$work/none" || return
    says "Could not generate random bytes" "$refused" || return
    [ ! -s "$work/none" ] || return
    says first "$(as_user --list-objects --type pubkey)" || return
    says "op=C_GenerateRandom.*err=SERVER_AWAY" "$(cat "$work/wrapper.log")"
}

with_it_random_comes_again() {
    start_server "$instance" && random_comes
}

a_token_that_is_taken_back_is_told() {
    "$build/src/cli/quantoki" token revoke --config "$instance/quantokid.yaml" wrapper || return
    sleep 1
    refuses p11 --generate-random 32 --output-file "$work/none" || return
    says "op=C_GenerateRandom.*err=NOT_AUTHENTICATED" "$(cat "$work/wrapper.log")"
}

a_new_token_of_the_file_is_taken() {
    "$build/src/cli/quantoki" token create --config "$instance/quantokid.yaml" --name second --rate unlimited |
        tail -n 1 >"$work/token"
    random_comes
}

# ---- OpenSSH, OpenSSL, Java ----

openssh_finds_the_key() {
    local keys
    keys=$(loading_module ssh-keygen -D "$module" -e) || return
    says "ecdsa-sha2-nistp256 AAAA" "$keys"
}

engine() { # openssl with libp11's engine
    PKCS11_MODULE_PATH=$module loading_module timeout 60 openssl "$@"
}

openssl_signs_with_the_engine() {
    engine dgst -sha256 -engine pkcs11 -keyform engine -sign "pkcs11:object=first;type=private;pin-value=$user_pin" \
        -out "$work/signature" "$work/message" || return
    openssl dgst -sha256 -verify "$work/public.der" -keyform DER -signature "$work/signature" "$work/message"
}

# With an embedded token of ours as base: as a guest of this provider SoftHSM crashes when openssl ends, also by itself.
with_provider() { # a program
    QUANTOKI_BASE=$build/src/module/libquantoki.so EP11CLIENT_CFG=$work/embedded.yaml OPENSSL_CONF=$work/provider.cnf \
        loading_module timeout 60 "$@"
}

openssl_signs_with_the_provider() {
    local key="pkcs11:token=ours;object=signer;type=private"
    printf 'tokens: { 0: { embedded: { path: "%s" } } }\n' "$work/embedded" >"$work/embedded.yaml"
    chmod 600 "$work/embedded.yaml"
    : >"$work/provider.cnf"
    with_provider pkcs11-tool --module "$module" --init-token --so-pin 87654321 --label ours || return
    with_provider pkcs11-tool --module "$module" --login --login-type so --so-pin 87654321 --init-pin --new-pin 123456 || return
    with_provider pkcs11-tool --module "$module" --login --pin 123456 --keypairgen --key-type EC:prime256v1 --id 01 \
        --label signer || return
    printf '%s\n' 'openssl_conf = init' '[init]' 'providers = all' '[all]' 'default = plain' 'pkcs11 = wrapped' '[plain]' \
        'activate = 1' '[wrapped]' "pkcs11-module-path = $module" 'pkcs11-module-token-pin = 123456' 'activate = 1' \
        >"$work/provider.cnf"
    echo text >"$work/message"
    with_provider openssl pkey -in "$key" -pubout -out "$work/signer.pem" || return
    with_provider openssl pkeyutl -sign -inkey "$key" -rawin -digest sha256 -in "$work/message" -out "$work/signature" || return
    openssl dgst -sha256 -verify "$work/signer.pem" -signature "$work/signature" "$work/message"
}

# Without `early` the provider offers its generator only once a key was used.
openssl_draws_random_with_the_provider() {
    local drawn
    sed -i 's/^providers = all$/&\nrandom = drawn/; s/^\[wrapped\]$/&\npkcs11-module-load-behavior = early/' \
        "$work/provider.cnf"
    printf '%s\n' '[drawn]' 'random = PKCS11-RAND' 'properties = provider=pkcs11' >>"$work/provider.cnf"
    drawn=$(with_provider openssl rand -hex 32) || return
    says '^[0-9a-f]\{64\}$' "$drawn" || return
    stop_server
    refuses with_provider openssl rand -hex 32
    start_server "$instance" && [ -n "$refused" ]
}

java_uses_the_token() {
    local listed keytool=(timeout 120 keytool -keystore NONE -storetype PKCS11 -storepass "$user_pin"
        -providerClass sun.security.pkcs11.SunPKCS11 -providerArg "$work/java.cfg")
    printf 'name = wrapped\nlibrary = %s\nslotListIndex = 0\n' "$module" >"$work/java.cfg"
    loading_module "${keytool[@]}" -genkeypair -alias java -keyalg EC -groupname secp256r1 -dname CN=java || return
    listed=$(loading_module "${keytool[@]}" -list) || return
    says "java, PrivateKeyEntry" "$listed"
}

# The provider hides what C_GenerateRandom answered; that it failed shows where its random comes from.
java_draws_random() {
    cat >"$work/Draw.java" <<'END'
import java.security.*;

public class Draw {
    public static void main(String[] args) throws Exception {
        Provider provider = Security.getProvider("SunPKCS11").configure(args[0]);
        Security.addProvider(provider);
        byte[] drawn = new byte[64], nothing = new byte[64];
        SecureRandom.getInstance("PKCS11", provider).nextBytes(drawn);
        System.out.println(java.util.Arrays.equals(drawn, nothing) ? "nothing" : "drawn");
    }
}
END
    says "^drawn" "$(loading_module timeout 120 java "$work/Draw.java" "$work/java.cfg" 2>&1)" || return
    stop_server
    refuses loading_module timeout 120 java "$work/Draw.java" "$work/java.cfg" || return
    says "CKR_DEVICE_ERROR" "$refused" || return
    start_server "$instance"
}

if [ -z "$softhsm" ]; then
    skip "pkcs11-tool through the wrapper" "SoftHSM is not installed"
    finish
fi
it "pkcs11-tool makes a token of SoftHSM" a_token_is_made
it "the wrapper names its base" the_wrapper_names_its_base
it "random comes from quantokid" random_comes
it "keys are the base's" keys_are_the_bases
it "pkcs11-tool --test finds nothing wrong" pkcs11_tool_finds_nothing_wrong
it "without the service random fails and keys work" without_the_service_random_fails_and_keys_work
it "when the service is back random comes again" with_it_random_comes_again
it "a token that was taken back is told" a_token_that_is_taken_back_is_told
it "a new token in the file is taken" a_new_token_of_the_file_is_taken
if command -v ssh-keygen >/dev/null; then
    it "OpenSSH finds the key" openssh_finds_the_key
else
    skip "OpenSSH finds the key" "ssh-keygen is not installed"
fi
if [ -n "$engine" ]; then
    it "OpenSSL signs with libp11's engine" openssl_signs_with_the_engine
else
    skip "OpenSSL signs with libp11's engine" "libengine-pkcs11-openssl is not installed"
fi
without=
[ -n "$provider" ] || without="pkcs11-provider is not installed"
case ${QUANTOKI_SANITIZED:-} in
*address*) without="the provider loads with RTLD_DEEPBIND, which the address sanitizer refuses" ;;
esac
if [ -z "$without" ]; then
    it "OpenSSL signs with pkcs11-provider" openssl_signs_with_the_provider
    it "OpenSSL's random is the service's with pkcs11-provider" openssl_draws_random_with_the_provider
else
    skip "OpenSSL signs with pkcs11-provider" "$without"
    skip "OpenSSL's random is the service's with pkcs11-provider" "$without"
fi
if command -v keytool >/dev/null; then
    it "Java makes a key in the token" java_uses_the_token
else
    skip "Java makes a key in the token" "keytool is not installed"
fi
if command -v javac >/dev/null && command -v java >/dev/null; then
    it "Java's SecureRandom draws from the service" java_draws_random
else
    skip "Java's SecureRandom draws from the service" "there is no Java compiler"
fi
finish
