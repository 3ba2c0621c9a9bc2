# SPDX-License-Identifier: Apache-2.0
# What pkcs11-tool does with a token, the same for an embedded and a remote one. The caller has set user_pin.

sign_and_verify() { # id, mechanism, further pkcs11-tool options -- openssl arguments with SIG, PUB, MSG
    local id=$1 mechanism=$2 tool_options=() word openssl_arguments=()
    shift 2
    while [ "$1" != -- ]; do tool_options+=("$1"); shift; done
    shift
    for word in "$@"; do
        case $word in
        SIG) word=$work/signature ;;
        PUB) word=$work/public-$id.der ;;
        MSG) word=$work/message ;;
        esac
        openssl_arguments+=("$word")
    done
    rm -f "$work/signature"
    as_user --sign --mechanism "$mechanism" --id "$id" --input-file "$work/message" --output-file "$work/signature" \
        "${tool_options[@]}" || return
    as_user --read-object --type pubkey --id "$id" --output-file "$work/public-$id.der" || return
    openssl "${openssl_arguments[@]}"
}

rsa_signs() {
    sign_and_verify 02 SHA256-RSA-PKCS --slot-index 0 -- dgst -sha256 -verify PUB -keyform DER -signature SIG MSG
}

p256_signs() {
    sign_and_verify 03 ECDSA-SHA256 --signature-format openssl -- dgst -sha256 -verify PUB -keyform DER -signature SIG MSG
}

p384_says() {
    says "$1" "$(as_user --verify --mechanism ECDSA-SHA384 --id 05 --input-file "$work/message" \
        --signature-file "$work/signature" 2>&1)"
}

p384_signs() { # the export of this curve's public keys is broken in some versions of pkcs11-tool, so the module verifies
    as_user --sign --mechanism ECDSA-SHA384 --id 05 --input-file "$work/message" --output-file "$work/signature" || return
    p384_says "Signature is valid" || return
    printf x >>"$work/message"
    p384_says "Invalid signature"
    local status=$?
    truncate -s -1 "$work/message"
    return $status
}

secp256k1_signs() {
    sign_and_verify 06 ECDSA-SHA256 --signature-format openssl -- dgst -sha256 -verify PUB -keyform DER -signature SIG MSG
}

ed25519_signs() {
    sign_and_verify 04 EDDSA --slot-index 0 -- pkeyutl -verify -pubin -inkey PUB -rawin -in MSG -sigfile SIG
}

keys_are_generated() {
    as_user --keygen --key-type AES:32 --id 01 --label t-aes || return
    as_user --keypairgen --key-type rsa:2048 --id 02 --label t-rsa || return
    as_user --keypairgen --key-type EC:prime256v1 --id 03 --label t-p256 || return
    as_user --keypairgen --key-type EC:edwards25519 --id 04 --label t-ed25519 || return
    as_user --keypairgen --key-type EC:secp384r1 --id 05 --label t-p384 || return
    as_user --keypairgen --key-type EC:secp256k1 --id 06 --label t-secp256k1
}

aes_encrypts_and_decrypts() {
    local iv=000102030405060708090a0b0c0d0e0f
    as_user --encrypt --mechanism AES-CBC-PAD --iv $iv --id 01 --input-file "$work/message" --output-file "$work/enc" || return
    ! cmp -s "$work/message" "$work/enc" || return
    as_user --decrypt --mechanism AES-CBC-PAD --iv $iv --id 01 --input-file "$work/enc" --output-file "$work/dec" || return
    cmp "$work/message" "$work/dec"
}

rsa_decrypts_what_openssl_encrypted() {
    as_user --read-object --type pubkey --id 02 --output-file "$work/public-02.der" || return
    openssl pkeyutl -encrypt -pubin -inkey "$work/public-02.der" -keyform DER -in "$work/message" -out "$work/enc" || return
    as_user --decrypt --mechanism RSA-PKCS --id 02 --input-file "$work/enc" --output-file "$work/dec" || return
    cmp "$work/message" "$work/dec"
}

objects_are_listed() {
    local list
    list=$(as_user --list-objects) || return
    for label in t-aes t-rsa t-p256 t-ed25519 t-p384 t-secp256k1; do says "$label" "$list" || return; done
}

private_objects_need_a_login() {
    local list
    list=$(p11 --list-objects) || return
    says "Public Key Object" "$list" || return
    ! grep "Private Key Object" <<<"$list"
}

a_data_object_is_stored_and_read() {
    as_user --write-object "$work/message" --type data --label t-data --private || return
    rm -f "$work/data-read"
    as_user --read-object --type data --label t-data --output-file "$work/data-read" || return
    cmp "$work/message" "$work/data-read"
}

a_certificate_is_stored_and_read() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$work/c.key" -subj /CN=test -days 1 \
        -outform DER -out "$work/c.der" || return
    as_user --write-object "$work/c.der" --type cert --label t-cert --id 0c || return
    as_user --read-object --type cert --id 0c --output-file "$work/c2.der" || return
    cmp "$work/c.der" "$work/c2.der"
}

an_object_is_deleted() {
    as_user --delete-object --type secrkey --id 01 || return
    ! as_user --list-objects --type secrkey | grep -q t-aes
}

# pkcs11-tool's own tests, with what it has to say; any line with "ERR" counts.
self_tests_pass() {
    local said
    said=$(as_user --test) || { echo "$said"; return 1; }
    echo "$said"
    ! grep -E '\bERR\b|error: ' <<<"$said"
}

run_tool_cases() {
    printf 'What pkcs11-tool signs.' >"$work/message"
    it "keys of all kinds are generated as token objects" keys_are_generated
    it "an RSA signature verifies with openssl" rsa_signs
    it "a P-256 signature verifies with openssl" p256_signs
    it "a P-384 signature verifies, unless the message was changed" p384_signs
    it "a secp256k1 signature verifies with openssl" secp256k1_signs
    it "an Ed25519 signature verifies with openssl" ed25519_signs
    it "AES encrypts and decrypts" aes_encrypts_and_decrypts
    it "RSA decrypts what openssl encrypted" rsa_decrypts_what_openssl_encrypted
    it "another process lists all objects" objects_are_listed
    it "private objects are not seen without a login" private_objects_need_a_login
    it "a private data object is stored and read" a_data_object_is_stored_and_read
    it "a certificate is stored and read" a_certificate_is_stored_and_read
    it "pkcs11-tool --test --login finds no error" self_tests_pass
    it "an object is deleted" an_object_is_deleted
}
