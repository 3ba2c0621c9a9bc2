/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters of TLS. The pseudo-random function of 1.0 and 1.1, of MD5 and SHA-1, stands as hash CKM_TLS_PRF: their
 * mechanisms, marked legacy, have no other, and structures that lack the last field of those for TLS 1.2. */
#include "p11/mechanism_param.h"

enum {
    RANDOM_MOST = 256,
    CONTEXT_MOST = 65535, /* its length is told in 16 bits: RFC 5705, 4 */
    MAC_LEAST = 12,       /* RFC 5246, 7.4.9 */
    MAC_MOST = 64,
    KEY_BITS_LEAST = 128, /* of which nobody finds the rest by trial: those of all ciphers and MACs are as long */
    KEY_BITS_MOST = 512,
    IV_BITS_MOST = 128, /* more would be keys of another cipher */
    SERVER = 1,         /* ulServerOrClient */
    CLIENT = 2,
};

/* A number of bits that no check lets through stands for one that is too large. */
static size_t bits_of(CK_ULONG bits)
{
    return bits > KEY_BITS_MOST ? 1 : bits;
}

static bool is_old(const qk_mech *mech)
{
    return mech->flags & QK_MECH_LEGACY;
}

/* Its structure is `whole` bytes long, and without the hash at its end in the old mechanisms. */
static qk_err structure_read(qk_view param, qk_mech_use *use, void *out, size_t whole, size_t old)
{
    return qk_param_structure(use->mech, param, out, is_old(use->mech) ? old : whole);
}

static CK_MECHANISM_TYPE hash_of(const qk_mech *mech, CK_MECHANISM_TYPE in_parameter)
{
    return is_old(mech) ? CKM_TLS_PRF : in_parameter;
}

/* Finished and exporters are the same mechanisms in all versions. */
static qk_err hash_check(const qk_mech_use *use)
{
    bool any_version = use->mech->param == QK_PARAM_TLS_KDF || use->mech->param == QK_PARAM_TLS_MAC;

    if (use->tls.hash == CKM_TLS_PRF && (any_version || is_old(use->mech)))
        return QK_OK;
    if (is_old(use->mech))
        return qk_param_wrong(use->mech, "its function is that of TLS 1.0 and 1.1");
    return qk_param_hash(use->mech, use->tls.hash);
}

static qk_err randoms_read(const CK_SSL3_RANDOM_DATA *from, qk_mech_use *use)
{
    QK_TRY(qk_param_bytes(use->mech, from->pClientRandom, from->ulClientRandomLen, &use->tls.client_random));
    return qk_param_bytes(use->mech, from->pServerRandom, from->ulServerRandomLen, &use->tls.server_random);
}

static qk_err randoms_check(const qk_mech_use *use)
{
    size_t client = use->tls.client_random.len, server = use->tls.server_random.len;

    if (client == 0 || client > RANDOM_MOST || server == 0 || server > RANDOM_MOST)
        return qk_param_wrong(use->mech, "both sides' random bytes are needed, at most 256");
    return hash_check(use);
}

/* ---- master secrets ---- */

static qk_err master_read(qk_view param, qk_mech_use *use)
{
    CK_TLS12_MASTER_KEY_DERIVE_PARAMS master = { .prfHashMechanism = QK_NO_HASH };

    _Static_assert(offsetof(CK_TLS12_MASTER_KEY_DERIVE_PARAMS, prfHashMechanism) ==
                       sizeof(CK_SSL3_MASTER_KEY_DERIVE_PARAMS),
                   "the new structure is the old one and a hash");
    QK_TRY(structure_read(param, use, &master, sizeof(master), sizeof(CK_SSL3_MASTER_KEY_DERIVE_PARAMS)));
    use->tls.hash = hash_of(use->mech, master.prfHashMechanism);
    use->tls.version_wanted = master.pVersion != NULL;
    return randoms_read(&master.RandomInfo, use);
}

const qk_param_row qk_param_tls_master = {
    master_read, randoms_check, { QK_PARAM_AT(tls.client_random), QK_PARAM_AT(tls.server_random) }, 2
};

static qk_err extended_read(qk_view param, qk_mech_use *use)
{
    CK_TLS12_EXTENDED_MASTER_KEY_DERIVE_PARAMS master;

    QK_TRY(qk_param_structure(use->mech, param, &master, sizeof(master)));
    use->tls.hash = master.prfHashMechanism;
    use->tls.version_wanted = master.pVersion != NULL;
    return qk_param_bytes(use->mech, master.pSessionHash, master.ulSessionHashLen, &use->tls.context);
}

static qk_err extended_check(const qk_mech_use *use)
{
    if (use->tls.context.len == 0 || use->tls.context.len > RANDOM_MOST)
        return qk_param_wrong(use->mech, "the session's hash is needed, at most 256 bytes");
    return qk_param_hash(use->mech, use->tls.hash);
}

const qk_param_row qk_param_tls_extended = { extended_read, extended_check, { QK_PARAM_AT(tls.context) }, 1 };

/* ---- keys of a connection ---- */

static qk_err keys_read(qk_view param, qk_mech_use *use)
{
    CK_TLS12_KEY_MAT_PARAMS keys = { .prfHashMechanism = QK_NO_HASH };

    _Static_assert(offsetof(CK_TLS12_KEY_MAT_PARAMS, prfHashMechanism) == sizeof(CK_SSL3_KEY_MAT_PARAMS),
                   "the new structure is the old one and a hash");
    QK_TRY(structure_read(param, use, &keys, sizeof(keys), sizeof(CK_SSL3_KEY_MAT_PARAMS)));
    if (keys.bIsExport != CK_FALSE)
        return qk_param_wrong(use->mech, "there are no keys for export");
    if (!keys.pReturnedKeyMaterial)
        return qk_param_wrong(use->mech, "there is no place for the keys");
    use->tls.mac_bits = bits_of(keys.ulMacSizeInBits);
    use->tls.key_bits = bits_of(keys.ulKeySizeInBits);
    use->tls.iv_bits = bits_of(keys.ulIVSizeInBits);
    use->tls.hash = hash_of(use->mech, keys.prfHashMechanism);
    return randoms_read(&keys.RandomInfo, use);
}

static bool are_bytes(size_t bits)
{
    return bits <= KEY_BITS_MOST && bits % 8 == 0;
}

/* A shorter key is the beginning of a longer one, and its check value, which all may read, judges guesses: keys that
 * grow by a byte would tell themselves a byte at a time. */
static bool is_none_or_long(size_t bits)
{
    return bits == 0 || (are_bytes(bits) && bits >= KEY_BITS_LEAST);
}

static qk_err keys_check(const qk_mech_use *use)
{
    if (!is_none_or_long(use->tls.mac_bits) || !is_none_or_long(use->tls.key_bits))
        return qk_param_wrong(use->mech, "keys have 16 to 64 whole bytes");
    if (!are_bytes(use->tls.iv_bits) || use->tls.iv_bits > IV_BITS_MOST)
        return qk_param_wrong(use->mech, "initialisation vectors are whole bytes, at most 16");
    if (use->tls.iv_bits > 0 && use->mech->type == CKM_TLS12_KEY_SAFE_DERIVE)
        return qk_param_wrong(use->mech, "gives no initialisation vectors");
    if (use->tls.mac_bits == 0 && use->tls.key_bits == 0)
        return qk_param_wrong(use->mech, "no key is wanted");
    return randoms_check(use);
}

const qk_param_row qk_param_tls_keys = {
    keys_read, keys_check, { QK_PARAM_AT(tls.client_random), QK_PARAM_AT(tls.server_random) }, 2
};

/* ---- other uses of the master secret ---- */

/* CKM_TLS_PRF: a label and a seed. Where its output goes is the caller's to know. */
static qk_err function_read(qk_view param, qk_mech_use *use)
{
    CK_TLS_PRF_PARAMS function;

    QK_TRY(qk_param_structure(use->mech, param, &function, sizeof(function)));
    if (!function.pOutput || !function.pulOutputLen || *function.pulOutputLen == 0)
        return qk_param_wrong(use->mech, "there is no place for the output");
    use->tls.hash = CKM_TLS_PRF;
    QK_TRY(qk_param_bytes(use->mech, function.pLabel, function.ulLabelLen, &use->tls.label));
    return qk_param_bytes(use->mech, function.pSeed, function.ulSeedLen, &use->tls.context);
}

static qk_err kdf_read(qk_view param, qk_mech_use *use)
{
    CK_TLS_KDF_PARAMS kdf;

    if (use->mech->type == CKM_TLS_PRF)
        return function_read(param, use);
    QK_TRY(qk_param_structure(use->mech, param, &kdf, sizeof(kdf)));
    use->tls.hash = kdf.prfMechanism;
    QK_TRY(qk_param_bytes(use->mech, kdf.pLabel, kdf.ulLabelLength, &use->tls.label));
    QK_TRY(qk_param_bytes(use->mech, kdf.pContextData, kdf.ulContextDataLength, &use->tls.context));
    return randoms_read(&kdf.RandomInfo, use);
}

/* Labels that give keys, and those of Finished, which CKM_TLS_PRF makes for the old versions. RFC 5246, 6.3, 7.4.9 and
 * 8.1; RFC 7627, 4. */
static const char *const of_keys[] = { "master secret", "key expansion", "extended master secret" };
static const char *const of_finished[] = { "client finished", "server finished" };

enum { LABEL_LONGEST = 22 };

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static bool begins_with_any(qk_view text, const char *const *labels, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (qk_view_equal(qk_view_slice(text, 0, strlen(labels[i])), qk_view_text(labels[i])))
            return true;
    return false;
}

/* Labels of the protocol itself would give away what it keeps: RFC 5705, 4. What the function sees is the label and
 * all that follows it as one, so that a label may not be begun here and ended there. */
static bool is_taken(const qk_mech_use *use)
{
    const qk_view pieces[] = { use->tls.label, use->tls.client_random, use->tls.server_random, use->tls.context };
    size_t count = use->mech->type == CKM_TLS_PRF ? COUNT(pieces) : COUNT(pieces) - 1; /* else its length comes first */
    uint8_t text[LABEL_LONGEST];
    qk_view beginning;
    size_t len = 0;

    for (size_t i = 0; i < count; i++)
        for (size_t at = 0; at < pieces[i].len && len < sizeof(text); at++)
            text[len++] = pieces[i].data[at];
    beginning = qk_view_of(text, len);
    return begins_with_any(beginning, of_keys, COUNT(of_keys)) ||
           (use->mech->type != CKM_TLS_PRF && begins_with_any(beginning, of_finished, COUNT(of_finished)));
}

static qk_err kdf_check(const qk_mech_use *use)
{
    if (use->tls.label.len == 0 || use->tls.label.len > RANDOM_MOST || is_taken(use))
        return qk_param_wrong(use->mech, "the label must have 1 to 256 bytes, and be none of the protocol's own");
    if (use->tls.context.len > CONTEXT_MOST)
        return qk_param_wrong(use->mech, "a context of more than 65,535 bytes");
    return use->mech->type == CKM_TLS_PRF ? hash_check(use) : randoms_check(use);
}

const qk_param_row qk_param_tls_kdf = { kdf_read,
                                        kdf_check,
                                        { QK_PARAM_AT(tls.client_random), QK_PARAM_AT(tls.server_random),
                                          QK_PARAM_AT(tls.label), QK_PARAM_AT(tls.context) },
                                        4 };

static qk_err mac_read(qk_view param, qk_mech_use *use)
{
    CK_TLS_MAC_PARAMS mac;

    QK_TRY(qk_param_structure(use->mech, param, &mac, sizeof(mac)));
    if (mac.ulServerOrClient != SERVER && mac.ulServerOrClient != CLIENT)
        return qk_param_wrong(use->mech, "either server or client has finished");
    use->tls.hash = mac.prfHashMechanism;
    use->tls.mac_bits = mac.ulMacLength > MAC_MOST ? 0 : mac.ulMacLength * 8;
    use->tls.server = mac.ulServerOrClient == SERVER;
    return QK_OK;
}

static qk_err mac_check(const qk_mech_use *use)
{
    if (use->tls.mac_bits < MAC_LEAST * 8 || use->tls.mac_bits > MAC_MOST * 8 || use->tls.mac_bits % 8 != 0)
        return qk_param_wrong(use->mech, "the MAC must have 12 to 64 bytes");
    return hash_check(use);
}

const qk_param_row qk_param_tls_mac = { mac_read, mac_check, { 0 }, 0 };
