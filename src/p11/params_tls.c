/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters of TLS 1.2. Those of its predecessors, which have SHA-1 and MD5 in them, are refused. */
#include "p11/mechanism_param.h"

enum {
    RANDOM_MOST = 256,
    CONTEXT_MOST = 65535, /* its length is told in 16 bits: RFC 5705, 4 */
    MAC_LEAST = 12,       /* RFC 5246, 7.4.9 */
    MAC_MOST = 64,
    KEY_BITS_MOST = 512,
    SERVER = 1, /* ulServerOrClient */
    CLIENT = 2,
};

/* A number of bits that no check lets through stands for one that is too large. */
static size_t bits_of(CK_ULONG bits)
{
    return bits > KEY_BITS_MOST ? 1 : bits;
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
    return qk_param_hash(use->mech, use->tls.hash);
}

/* ---- master secrets ---- */

static qk_err master_read(qk_view param, qk_mech_use *use)
{
    CK_TLS12_MASTER_KEY_DERIVE_PARAMS master;

    QK_TRY(qk_param_structure(use->mech, param, &master, sizeof(master)));
    use->tls.hash = master.prfHashMechanism;
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
    CK_TLS12_KEY_MAT_PARAMS keys;

    QK_TRY(qk_param_structure(use->mech, param, &keys, sizeof(keys)));
    if (keys.bIsExport != CK_FALSE)
        return qk_param_wrong(use->mech, "there are no keys for export");
    if (!keys.pReturnedKeyMaterial)
        return qk_param_wrong(use->mech, "there is no place for the keys");
    use->tls.mac_bits = bits_of(keys.ulMacSizeInBits);
    use->tls.key_bits = bits_of(keys.ulKeySizeInBits);
    use->tls.iv_bits = bits_of(keys.ulIVSizeInBits);
    use->tls.hash = keys.prfHashMechanism;
    return randoms_read(&keys.RandomInfo, use);
}

static bool are_bytes(size_t bits)
{
    return bits <= KEY_BITS_MOST && bits % 8 == 0;
}

static qk_err keys_check(const qk_mech_use *use)
{
    if (!are_bytes(use->tls.mac_bits) || !are_bytes(use->tls.key_bits) || !are_bytes(use->tls.iv_bits))
        return qk_param_wrong(use->mech, "keys and initialisation vectors are whole bytes, at most 64");
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

static qk_err kdf_read(qk_view param, qk_mech_use *use)
{
    CK_TLS_KDF_PARAMS kdf;

    QK_TRY(qk_param_structure(use->mech, param, &kdf, sizeof(kdf)));
    use->tls.hash = kdf.prfMechanism;
    QK_TRY(qk_param_bytes(use->mech, kdf.pLabel, kdf.ulLabelLength, &use->tls.label));
    QK_TRY(qk_param_bytes(use->mech, kdf.pContextData, kdf.ulContextDataLength, &use->tls.context));
    return randoms_read(&kdf.RandomInfo, use);
}

/* Labels of the protocol itself would give away what it keeps: RFC 5705, 4. */
static bool is_taken(qk_view label)
{
    static const char *const taken[] = { "client finished", "server finished", "master secret", "key expansion",
                                         "extended master secret" };

    for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
        if (qk_view_equal(label, qk_view_text(taken[i])))
            return true;
    return false;
}

static qk_err kdf_check(const qk_mech_use *use)
{
    if (use->tls.label.len == 0 || use->tls.label.len > RANDOM_MOST || is_taken(use->tls.label))
        return qk_param_wrong(use->mech, "the label must have 1 to 256 bytes, and be none of the protocol's own");
    if (use->tls.context.len > CONTEXT_MOST)
        return qk_param_wrong(use->mech, "a context of more than 65,535 bytes");
    return randoms_check(use);
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
    return qk_param_hash(use->mech, use->tls.hash);
}

const qk_param_row qk_param_tls_mac = { mac_read, mac_check, { 0 }, 0 };
