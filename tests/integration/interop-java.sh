#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Java with SunPKCS11: keytool, jarsigner, and a program that uses the token in every way the provider has.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/interop.sh"

keytool() {
    loading_module timeout 120 keytool -keystore NONE -storetype PKCS11 -storepass "$user_pin" \
        -providerClass sun.security.pkcs11.SunPKCS11 -providerArg "$place/java.cfg" "$@"
}

keytool_makes_a_key() {
    # Java says nothing of wrapping and derivation when it makes keys; and of the uses of a key, one that is named excludes the others.
    cat >"$place/java.cfg" <<END
name = quantoki
library = $module
slotListIndex = 0
END
    sed '$ r /dev/stdin' "$place/java.cfg" >"$place/wrapping.cfg" <<END
attributes(*, CKO_PUBLIC_KEY, CKK_RSA) = { CKA_ENCRYPT = true CKA_WRAP = true }
attributes(*, CKO_PRIVATE_KEY, CKK_RSA) = { CKA_DECRYPT = true CKA_UNWRAP = true }
attributes(*, CKO_SECRET_KEY, CKK_AES) = { CKA_ENCRYPT = true CKA_EXTRACTABLE = true CKA_SENSITIVE = false }
END
    sed '$ r /dev/stdin' "$place/java.cfg" >"$place/deriving.cfg" <<END
attributes(*, CKO_PRIVATE_KEY, CKK_EC) = { CKA_DERIVE = true }
attributes(*, CKO_SECRET_KEY, CKK_GENERIC_SECRET) = { CKA_SENSITIVE = false CKA_EXTRACTABLE = true }
END
    sed '$ r /dev/stdin' "$place/java.cfg" >"$place/tls-inside.cfg" <<END
attributes(*, CKO_SECRET_KEY, CKK_GENERIC_SECRET) = { CKA_DERIVE = true CKA_SIGN = true CKA_VERIFY = true }
attributes(*, CKO_PRIVATE_KEY, CKK_EC) = { CKA_DERIVE = true CKA_SIGN = true }
attributes(*, CKO_PRIVATE_KEY, CKK_DH) = { CKA_DERIVE = true }
END
    sed '$ r /dev/stdin' "$place/tls-inside.cfg" >"$place/tls.cfg" <<END
attributes(*, CKO_SECRET_KEY, CKK_GENERIC_SECRET) = { CKA_SENSITIVE = false CKA_EXTRACTABLE = true }
attributes(*, CKO_PUBLIC_KEY, CKK_RSA) = { CKA_ENCRYPT = true CKA_VERIFY = true CKA_WRAP = true }
END
    keytool -genkeypair -alias made -keyalg EC -groupname secp256r1 -dname CN=java || return
    says "made, PrivateKeyEntry" "$(keytool -list)"
}

keytool_makes_a_request_and_takes_the_answer() {
    keytool -certreq -alias made -file "$place/made.req" || return
    openssl req -in "$place/made.req" -noout -verify || return
    openssl x509 -req -in "$place/made.req" -CA "$work/ca.pem" -CAkey "$work/ca.key" -set_serial 2 -days 1 \
        -out "$place/made.pem" || return
    cat "$place/made.pem" "$work/ca.pem" >"$place/chain.pem"
    keytool -importcert -noprompt -trustcacerts -alias made -file "$place/chain.pem" || return
    says "chain length: 2" "$(keytool -list -v -alias made)"
}

jarsigner_signs() {
    (cd "$work" && jar --create --file "$place/signed.jar" TokenUser.class) || return
    loading_module timeout 120 jarsigner -keystore NONE -storetype PKCS11 -storepass "$user_pin" \
        -providerClass sun.security.pkcs11.SunPKCS11 -providerArg "$place/java.cfg" "$place/signed.jar" made || return
    says "jar verified" "$(jarsigner -verify "$place/signed.jar")"
}

use_token() { # part, configuration
    SOFT_P12=$work/soft.p12 report_steps "Java, $1" timeout 120 java -cp "$work" TokenUser "$place/$2.cfg" "$user_pin" "$1"
}

run_cases() {
    local part
    with_token "keytool makes a key" keytool_makes_a_key
    with_token "keytool makes a request and takes the answer" keytool_makes_a_request_and_takes_the_answer
    with_token "jarsigner signs" jarsigner_signs
    for part in signatures ciphers others copies keystore; do use_token $part java; done
    use_token wrapping wrapping
    use_token derivations deriving
    use_token tls-inside tls-inside
    use_token tls tls
}

if ! command -v javac >/dev/null || ! command -v keytool >/dev/null; then
    skip "Java with SunPKCS11" "there is no Java compiler"
    finish
fi
{
    javac -d "$work" "$source_root/tests/interop/TokenUser.java" &&
        openssl req -x509 -newkey rsa:2048 -nodes -keyout "$work/soft.key" -subj /CN=soft -days 1 -out "$work/soft.pem" &&
        openssl pkcs12 -export -in "$work/soft.pem" -inkey "$work/soft.key" -passout pass:secret -name soft \
            -out "$work/soft.p12" &&
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$work/ca.key" -subj /CN=authority \
            -days 1 -out "$work/ca.pem"
} >"$work/case.log" 2>&1 || { sed 's/^/# /' "$work/case.log"; echo "Bail out! nothing to test with"; exit 1; }
on_both_tokens run_cases
finish
