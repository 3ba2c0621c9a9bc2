/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of the lattice families as DER.
 *
 * The standards' keys (RFC 9881 for ML-DSA, RFC 9935 for ML-KEM) have no algorithm parameters; the public key is bare
 * bytes, the private one a CHOICE of the seed, the expanded key, or both. We write both where we know the seed.
 * IBM's keys of the earlier rounds have NULL as parameter; the parts of a Dilithium key, and the whole of a Kyber key,
 * are BIT STRINGs in a SEQUENCE. Behind a private Kyber key its public key may stand, with 64 bytes of filling. */
#include "crypto/post_quantum/lattice_codec.h"

enum { CHOICE_SEED = 0x80, FILLING = 64 };

static const uint8_t null_parameter[] = { QK_DER_NULL, 0 };

static qk_err malformed(qk_err code, CK_KEY_TYPE type)
{
    return qk_fail(code, "the key is malformed for a %s", qk_name_of_key_type(type));
}

/* ---- the algorithm ---- */

qk_err qk_lattice_write_algorithm(const qk_key *key, qk_der_writer *writer)
{
    if (!qk_lattice_is_standard(key->type))
        qk_der_put(writer, qk_view_of(null_parameter, sizeof null_parameter));
    qk_der_put(writer, qk_lattice_oid(key->lattice));
    return QK_OK;
}

static qk_err find_set(const qk_algorithm *algorithm, qk_err code, const qk_lattice_set **out_set)
{
    qk_view wanted =
        qk_lattice_is_standard(algorithm->type) ? QK_VIEW_NONE : qk_view_of(null_parameter, sizeof null_parameter);

    *out_set = qk_lattice_by_oid(algorithm->type, algorithm->oid);
    if (!*out_set)
        return qk_fail(code, "the algorithm is none of a %s", qk_name_of_key_type(algorithm->type));
    if (!qk_view_equal(algorithm->parameters, wanted))
        return malformed(code, algorithm->type);
    return QK_OK;
}

/* ---- writing ---- */

static void put_bits(qk_der_writer *writer, qk_view bytes)
{
    const uint8_t *end = writer->place;

    qk_der_put(writer, bytes);
    qk_der_wrap_bits(writer, QK_DER_BIT_STRING, end);
}

static qk_view part_of(const qk_key *key, qk_dilithium_part part)
{
    qk_dilithium_place place = qk_dilithium_place_of(qk_lattice_dilithium(key->lattice), part);
    qk_view bytes =
        part == QK_DILITHIUM_T1 || part == QK_DILITHIUM_RHO ? qk_buf_view(&key->open) : qk_secret_reveal(&key->value);

    return qk_view_slice(bytes, place.offset, place.len);
}

qk_err qk_lattice_write_public(const qk_key *key, qk_der_writer *writer)
{
    const uint8_t *end = writer->place;

    if (qk_lattice_is_standard(key->type)) {
        qk_der_put(writer, qk_buf_view(&key->open));
        return QK_OK;
    }
    if (key->type == CKK_IBM_PQC_DILITHIUM) {
        put_bits(writer, part_of(key, QK_DILITHIUM_T1));
        put_bits(writer, part_of(key, QK_DILITHIUM_RHO));
    } else
        put_bits(writer, qk_buf_view(&key->open));
    qk_der_wrap(writer, QK_DER_SEQUENCE, end);
    return QK_OK;
}

static void write_standard(const qk_key *key, qk_der_writer *writer)
{
    const uint8_t *end = writer->place;

    qk_der_put_element(writer, QK_DER_OCTET_STRING, qk_secret_reveal(&key->value));
    if (key->seed.len == 0)
        return;
    qk_der_put_element(writer, QK_DER_OCTET_STRING, qk_secret_reveal(&key->seed));
    qk_der_wrap(writer, QK_DER_SEQUENCE, end);
}

static void write_dilithium(const qk_key *key, qk_der_writer *writer)
{
    const uint8_t *end = writer->place;

    put_bits(writer, part_of(key, QK_DILITHIUM_T1));
    qk_der_wrap(writer, QK_DER_CONTEXT_0, end);
    for (int part = QK_DILITHIUM_T0; part >= QK_DILITHIUM_RHO; part--)
        put_bits(writer, part_of(key, (qk_dilithium_part)part));
    qk_der_put_small(writer, 0);
    qk_der_wrap(writer, QK_DER_SEQUENCE, end);
}

static void write_kyber(const qk_key *key, qk_der_writer *writer)
{
    const uint8_t *end = writer->place;
    uint8_t filling[FILLING];

    memset(filling, '0', sizeof filling);
    qk_der_put(writer, qk_view_of(filling, sizeof filling));
    qk_der_put(writer, qk_buf_view(&key->open));
    qk_der_wrap_bits(writer, QK_DER_BIT_STRING, end);
    qk_der_wrap(writer, QK_DER_CONTEXT_0, end);
    put_bits(writer, qk_secret_reveal(&key->value));
    qk_der_put_small(writer, 0);
    qk_der_wrap(writer, QK_DER_SEQUENCE, end);
}

qk_err qk_lattice_write_private(const qk_key *key, qk_der_writer *writer)
{
    if (qk_lattice_is_standard(key->type))
        write_standard(key, writer);
    else if (key->type == CKK_IBM_PQC_DILITHIUM)
        write_dilithium(key, writer);
    else
        write_kyber(key, writer);
    return QK_OK;
}

/* ---- reading public keys ---- */

/* The parts have the set's lengths, so that they fill the key. */
static bool read_open_dilithium(const qk_lattice_set *set, qk_view *from, uint8_t *out)
{
    static const qk_dilithium_part parts[] = { QK_DILITHIUM_RHO, QK_DILITHIUM_T1 };

    for (size_t i = 0; i < 2; i++) {
        qk_dilithium_place place = qk_dilithium_place_of(qk_lattice_dilithium(set), parts[i]);
        qk_view bytes;
        if (!qk_der_take_bits(from, QK_DER_BIT_STRING, &bytes) || bytes.len != place.len)
            return false;
        memcpy(out + place.offset, bytes.data, bytes.len);
    }
    return from->len == 0;
}

qk_err qk_lattice_read_public(const qk_algorithm *algorithm, qk_view bits, qk_key **out_key)
{
    uint8_t joined[QK_DILITHIUM_PUBLIC_MAX];
    const qk_lattice_set *set;
    qk_view content, bytes;

    QK_TRY(find_set(algorithm, QK_E_PUBLIC_KEY_INVALID, &set));
    if (qk_lattice_is_standard(set->type))
        return qk_lattice_public(set, bits, out_key);
    if (!qk_der_take(&bits, QK_DER_SEQUENCE, &content) || bits.len > 0)
        return malformed(QK_E_PUBLIC_KEY_INVALID, set->type);
    if (set->type == CKK_IBM_PQC_DILITHIUM) {
        if (!read_open_dilithium(set, &content, joined))
            return malformed(QK_E_PUBLIC_KEY_INVALID, set->type);
        return qk_lattice_public(set, qk_view_of(joined, qk_lattice_public_len(set)), out_key);
    }
    if (!qk_der_take_bits(&content, QK_DER_BIT_STRING, &bytes) || content.len > 0)
        return malformed(QK_E_PUBLIC_KEY_INVALID, set->type);
    return qk_lattice_public(set, bytes, out_key);
}

/* ---- reading private keys ---- */

static qk_err read_standard(const qk_lattice_set *set, qk_view octets, qk_key **out_key)
{
    qk_view seed = QK_VIEW_NONE, bytes = QK_VIEW_NONE, both;
    bool read;

    if (qk_der_take(&octets, QK_DER_SEQUENCE, &both))
        read = qk_der_take(&both, QK_DER_OCTET_STRING, &seed) && qk_der_take(&both, QK_DER_OCTET_STRING, &bytes) &&
               both.len == 0 && seed.len > 0 && bytes.len > 0;
    else if (qk_der_take(&octets, CHOICE_SEED, &seed))
        read = seed.len > 0;
    else
        read = qk_der_take(&octets, QK_DER_OCTET_STRING, &bytes);
    if (!read || octets.len > 0)
        return malformed(QK_E_WRAPPED_KEY, set->type);
    return qk_lattice_private(set, seed, bytes, out_key);
}

/* The BIT STRING that may stand behind, in a tag of its own. */
static bool take_public_behind(qk_view *from, qk_view *out_bytes)
{
    qk_view tagged;

    *out_bytes = QK_VIEW_NONE;
    if (!qk_der_take(from, QK_DER_CONTEXT_0, &tagged))
        return from->len == 0;
    return qk_der_take_bits(&tagged, QK_DER_BIT_STRING, out_bytes) && tagged.len == 0 && from->len == 0 &&
           out_bytes->len > 0;
}

static bool take_parts(const qk_lattice_set *set, qk_view *from, uint8_t *out)
{
    for (int part = QK_DILITHIUM_RHO; part <= QK_DILITHIUM_T0; part++) {
        qk_dilithium_place place = qk_dilithium_place_of(qk_lattice_dilithium(set), (qk_dilithium_part)part);
        qk_view bytes;
        if (!qk_der_take_bits(from, QK_DER_BIT_STRING, &bytes) || bytes.len != place.len)
            return false;
        memcpy(out + place.offset, bytes.data, bytes.len);
    }
    return true;
}

static qk_err read_dilithium(const qk_lattice_set *set, qk_view content, qk_key **out_key, qk_view *out_behind)
{
    QK_OWNED(qk_secret_free) qk_secret joined = QK_SECRET_NONE;

    QK_TRY(qk_secret_new(qk_lattice_private_len(set), &joined));
    if (!take_parts(set, &content, qk_secret_fill(&joined)) || !take_public_behind(&content, out_behind))
        return malformed(QK_E_WRAPPED_KEY, set->type);
    return qk_lattice_private(set, QK_VIEW_NONE, qk_secret_reveal(&joined), out_key);
}

static qk_err read_kyber(const qk_lattice_set *set, qk_view content, qk_key **out_key, qk_view *out_behind)
{
    qk_view bytes;

    if (!qk_der_take_bits(&content, QK_DER_BIT_STRING, &bytes) || !take_public_behind(&content, out_behind))
        return malformed(QK_E_WRAPPED_KEY, set->type);
    if (out_behind->len == qk_lattice_public_len(set) + FILLING)
        *out_behind = qk_view_slice(*out_behind, 0, qk_lattice_public_len(set));
    return qk_lattice_private(set, QK_VIEW_NONE, bytes, out_key);
}

static qk_err read_ibm(const qk_lattice_set *set, qk_view octets, qk_key **out_key, qk_view *out_behind)
{
    qk_view content;

    if (!qk_der_take(&octets, QK_DER_SEQUENCE, &content) || octets.len > 0 || !qk_der_take_small(&content, 0))
        return malformed(QK_E_WRAPPED_KEY, set->type);
    return set->type == CKK_IBM_PQC_DILITHIUM ? read_dilithium(set, content, out_key, out_behind)
                                              : read_kyber(set, content, out_key, out_behind);
}

qk_err qk_lattice_read_private(const qk_algorithm *algorithm, qk_view octets, qk_view outer_public, qk_key **out_key)
{
    QK_OWNED(qk_key_unref) qk_key *key = NULL;
    const qk_lattice_set *set;
    qk_view behind = QK_VIEW_NONE;

    QK_TRY(find_set(algorithm, QK_E_WRAPPED_KEY, &set));
    if (qk_lattice_is_standard(set->type))
        QK_TRY(read_standard(set, octets, &key));
    else
        QK_TRY(read_ibm(set, octets, &key, &behind));
    if (behind.len > 0 && !qk_view_equal(behind, set->type == CKK_IBM_PQC_KYBER ? qk_buf_view(&key->open)
                                                                                : part_of(key, QK_DILITHIUM_T1)))
        return qk_fail(QK_E_ATTRIBUTE_VALUE, "the public key inside is not that of the private key");
    if (outer_public.len > 0 && !qk_view_equal(outer_public, qk_buf_view(&key->open)))
        return qk_fail(QK_E_ATTRIBUTE_VALUE, "the public key beside is not that of the private key");
    *out_key = key;
    key = NULL;
    return QK_OK;
}
