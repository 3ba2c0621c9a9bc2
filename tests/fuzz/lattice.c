/* SPDX-License-Identifier: Apache-2.0 */
/* Lattice keys, signatures and ciphertexts from others. Input: parameter set, what is changed, then changes: an offset
 * of two bytes and a byte to add there, to a sound object of that kind; or, as raw bytes, the object itself. Nothing
 * but the sound signature verifies; a private key that is taken signs for the public key it gives; a changed ciphertext
 * opens to another secret. */
#include "fuzz.h"

#include <stdlib.h>

#include "crypto/lattice/dilithium.h"
#include "crypto/lattice/kyber.h"

enum { SIGNATURE, PRIVATE, PUBLIC, RAW, KINDS };
enum { OBJECT_MAX = QK_DILITHIUM_PRIVATE_MAX };

static const qk_dilithium_message message = { .bytes = { (const uint8_t *)"abc", 3 } };

static struct sound_signer {
    qk_dilithium_verifier *verifier;
    uint8_t public_key[QK_DILITHIUM_PUBLIC_MAX], private_key[OBJECT_MAX], signature[QK_DILITHIUM_SIGNATURE_MAX];
} signers[QK_DILITHIUM_SETS];

static struct sound_opener {
    qk_kyber_opener *opener;
    uint8_t public_key[QK_KYBER_PUBLIC_MAX], private_key[QK_KYBER_PRIVATE_MAX], ciphertext[QK_KYBER_CIPHERTEXT_MAX];
    uint8_t shared[QK_KYBER_SHARED_LEN];
} openers[QK_KYBER_SETS];

static void forget(void)
{
    for (unsigned i = 0; i < QK_DILITHIUM_SETS; i++)
        qk_dilithium_verifier_free(&signers[i].verifier);
    for (unsigned i = 0; i < QK_KYBER_SETS; i++)
        qk_kyber_opener_free(&openers[i].opener);
}

static void make_signer(qk_dilithium_id id)
{
    const qk_dilithium_set *set = qk_dilithium_set_find(id);
    QK_OWNED(qk_dilithium_signer_free) qk_dilithium_signer *signer = NULL;
    struct sound_signer *s = &signers[id];
    uint8_t seed[QK_DILITHIUM_SEED_MAX] = { 1 };

    must(qk_dilithium_generate(set, qk_view_of(seed, set->seed_len), s->public_key, s->private_key));
    must(qk_dilithium_signer_new(set, qk_view_of(s->private_key, set->private_len), &signer));
    must(qk_dilithium_verifier_new(set, qk_view_of(s->public_key, set->public_len), &s->verifier));
    must(qk_dilithium_sign(signer, &message, NULL, s->signature));
}

static void make_opener(qk_kyber_id id)
{
    const qk_kyber_set *set = qk_kyber_set_find(id);
    QK_OWNED(qk_kyber_sealer_free) qk_kyber_sealer *sealer = NULL;
    struct sound_opener *o = &openers[id];
    uint8_t seed[QK_KYBER_SEED_LEN] = { 1 };

    must(qk_kyber_generate(set, qk_view_of(seed, sizeof seed), o->public_key, o->private_key));
    must(qk_kyber_opener_new(set, qk_view_of(o->private_key, set->private_len), &o->opener));
    must(qk_kyber_sealer_new(set, qk_view_of(o->public_key, set->public_len), &sealer));
    qk_kyber_seal(sealer, seed, o->ciphertext, o->shared);
}

void fuzz_start(void)
{
    for (int i = 0; i < QK_DILITHIUM_SETS; i++)
        make_signer((qk_dilithium_id)i);
    for (int i = 0; i < QK_KYBER_SETS; i++)
        make_opener((qk_kyber_id)i);
    atexit(forget);
}

/* The sound bytes with the input's changes; false if none of them changed anything. */
static bool change(qk_reader *from, const uint8_t *sound, size_t len, uint8_t *out)
{
    memcpy(out, sound, len);
    while (fuzz_rest(from).len >= 3) {
        size_t offset = qk_read_u16(from) % len;

        out[offset] = (uint8_t)(out[offset] + qk_read_u8(from));
    }
    return memcmp(out, sound, len) != 0;
}

static void try_private(const qk_dilithium_set *set, qk_view key)
{
    QK_OWNED(qk_dilithium_signer_free) qk_dilithium_signer *signer = NULL;
    QK_OWNED(qk_dilithium_verifier_free) qk_dilithium_verifier *verifier = NULL;
    uint8_t public_key[QK_DILITHIUM_PUBLIC_MAX], signature[QK_DILITHIUM_SIGNATURE_MAX];

    if (qk_dilithium_check_private(set, key, public_key) != QK_OK)
        return;
    must(qk_dilithium_signer_new(set, key, &signer));
    must(qk_dilithium_verifier_new(set, qk_view_of(public_key, set->public_len), &verifier));
    must(qk_dilithium_sign(signer, &message, NULL, signature));
    must(qk_dilithium_verify(verifier, &message, qk_view_of(signature, set->signature_len)));
}

static void try_public(const qk_dilithium_set *set, qk_view key, const uint8_t *signature, bool changed)
{
    QK_OWNED(qk_dilithium_verifier_free) qk_dilithium_verifier *verifier = NULL;
    qk_err err = qk_dilithium_verifier_new(set, key, &verifier);

    if (err == QK_OK) {
        err = qk_dilithium_verify(verifier, &message, qk_view_of(signature, set->signature_len));
        promise((err == QK_OK) == !changed);
    }
}

static void fuzz_signatures(const qk_dilithium_set *set, unsigned kind, qk_reader *from)
{
    struct sound_signer *s = &signers[set->id];
    uint8_t bytes[OBJECT_MAX];
    bool changed;

    if (kind == SIGNATURE) {
        changed = change(from, s->signature, set->signature_len, bytes);
        promise((qk_dilithium_verify(s->verifier, &message, qk_view_of(bytes, set->signature_len)) == QK_OK) !=
                changed);
    } else if (kind == PRIVATE) {
        change(from, s->private_key, set->private_len, bytes);
        try_private(set, qk_view_of(bytes, set->private_len));
    } else if (kind == PUBLIC) {
        changed = change(from, s->public_key, set->public_len, bytes);
        try_public(set, qk_view_of(bytes, set->public_len), s->signature, changed);
    } else {
        promise(qk_dilithium_verify(s->verifier, &message, fuzz_rest(from)) != QK_OK);
        try_private(set, fuzz_rest(from));
        try_public(set, fuzz_rest(from), s->signature, true);
    }
}

static void fuzz_secrets(const qk_kyber_set *set, unsigned kind, qk_reader *from)
{
    QK_OWNED(qk_kyber_opener_free) qk_kyber_opener *opener = NULL;
    QK_OWNED(qk_kyber_sealer_free) qk_kyber_sealer *sealer = NULL;
    struct sound_opener *o = &openers[set->id];
    uint8_t bytes[OBJECT_MAX], shared[QK_KYBER_SHARED_LEN];
    bool changed;

    if (kind == SIGNATURE) {
        changed = change(from, o->ciphertext, set->ciphertext_len, bytes);
        must(qk_kyber_open(o->opener, qk_view_of(bytes, set->ciphertext_len), shared));
        promise((memcmp(shared, o->shared, sizeof shared) == 0) == !changed);
    } else if (kind == PRIVATE) {
        change(from, o->private_key, set->private_len, bytes);
        if (qk_kyber_opener_new(set, qk_view_of(bytes, set->private_len), &opener) == QK_OK)
            must(qk_kyber_open(opener, qk_view_of(o->ciphertext, set->ciphertext_len), shared));
    } else if (kind == PUBLIC) {
        change(from, o->public_key, set->public_len, bytes);
        if (qk_kyber_sealer_new(set, qk_view_of(bytes, set->public_len), &sealer) == QK_OK)
            qk_kyber_seal(sealer, o->shared, bytes, shared);
    } else {
        promise(qk_kyber_check_private(set, fuzz_rest(from)) != QK_OK);
        if (qk_kyber_sealer_new(set, fuzz_rest(from), &sealer) == QK_OK)
            qk_kyber_seal(sealer, o->shared, bytes, shared);
    }
}

void fuzz(qk_view input)
{
    qk_reader from = qk_reader_of(input);
    unsigned set = qk_read_u8(&from) % (QK_DILITHIUM_SETS + QK_KYBER_SETS), kind = qk_read_u8(&from) % KINDS;

    if (set < QK_DILITHIUM_SETS)
        fuzz_signatures(qk_dilithium_set_find((qk_dilithium_id)set), kind, &from);
    else
        fuzz_secrets(qk_kyber_set_find((qk_kyber_id)(set - QK_DILITHIUM_SETS)), kind, &from);
}
