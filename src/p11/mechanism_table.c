/* SPDX-License-Identifier: Apache-2.0 */
/* The mechanism table: what this HSM offers, a file of rows for each family (mechanisms/). A new row needs an engine in
 * the crypto room (a test there joins the two) and a fresh printed copy (mechanism_table.txt). What IBM's server
 * reports of them to GREP11 clients is another table: mechanism_grep11.c. */
#include "p11/key_type.h"

/* clang-format off */
#define ENC   (QK_ENCRYPT | QK_DECRYPT)
#define SIG   (QK_SIGN | QK_VERIFY)
#define WRAP  (QK_WRAP | QK_UNWRAP)
#define KEM   (QK_ENCAPSULATE | QK_DECAPSULATE)

#define SINGLE QK_MECH_SINGLE_PART
#define CURVE  QK_MECH_EC
#define LEGACY QK_MECH_LEGACY
#define SLOW   QK_MECH_SLOW

/* Sizes may be one macro for both, hence the second step. */
#define ROW(...) ROW_(__VA_ARGS__)
#define ROW_(name_, key_, does_, param_, flags_, hash_, min_, max_, iv_len_, source_) \
    { .type = CKM_##name_, .name = "CKM_" #name_, .key = key_, .does = does_, .param = QK_PARAM_##param_, \
      .flags = flags_, .hash = hash_, .min_key = min_, .max_key = max_, .iv_len = iv_len_, .source = source_ },

const qk_mech qk_mechs[] = {
#include "p11/mechanisms/rsa.inc"
#include "p11/mechanisms/ec.inc"
#include "p11/mechanisms/aes.inc"
#include "p11/mechanisms/secret.inc"
#include "p11/mechanisms/digest.inc"
#include "p11/mechanisms/mac.inc"
#include "p11/mechanisms/chacha.inc"
#include "p11/mechanisms/derive.inc"
#include "p11/mechanisms/tls.inc"
#include "p11/mechanisms/des.inc"
#include "p11/mechanisms/dh.inc"
#include "p11/mechanisms/ibm.inc"
#include "p11/mechanisms/lattice.inc"
#include "p11/mechanisms/slh_dsa.inc"
};
/* clang-format on */

enum { MECH_COUNT = sizeof(qk_mechs) / sizeof(qk_mechs[0]) };
const size_t qk_mech_count = MECH_COUNT;

/* The rows by number: a hash table, since every operation looks up here. The table above is in the order of the
 * families. */
enum { PLACE_BITS = 10, PLACES = 1 << PLACE_BITS };
_Static_assert(2 * MECH_COUNT <= PLACES, "free places end every search soon");
static const qk_mech *by_type[PLACES];

static size_t first_place(CK_MECHANISM_TYPE type)
{
    return (uint32_t)type * UINT32_C(0x9e3779b1) >> (32 - PLACE_BITS);
}

/* In a constructor, so that no search asks first whether the table is there. */
__attribute__((constructor)) static void by_type_make(void)
{
    for (size_t i = 0; i < MECH_COUNT; i++) {
        size_t place = first_place(qk_mechs[i].type);
        while (by_type[place])
            place = (place + 1) % PLACES;
        by_type[place] = &qk_mechs[i];
    }
}

const qk_mech *qk_mech_find(CK_MECHANISM_TYPE type)
{
    size_t place = first_place(type);

    while (by_type[place] && by_type[place]->type != type)
        place = (place + 1) % PLACES;
    return by_type[place];
}

const char *qk_mech_name(CK_MECHANISM_TYPE type)
{
    const qk_mech *mech = qk_mech_find(type);

    return mech ? mech->name : "unknown";
}

CK_FLAGS qk_mech_info_flags(const qk_mech *mech)
{
    static const struct {
        unsigned does;
        CK_FLAGS flag;
    } bits[] = {
        { QK_ENCRYPT, CKF_ENCRYPT }, { QK_DECRYPT, CKF_DECRYPT },
        { QK_DIGEST, CKF_DIGEST },   { QK_SIGN, CKF_SIGN },
        { QK_VERIFY, CKF_VERIFY },   { QK_GENERATE, CKF_GENERATE },
        { QK_WRAP, CKF_WRAP },       { QK_GENERATE_PAIR, CKF_GENERATE_KEY_PAIR },
        { QK_UNWRAP, CKF_UNWRAP },   { QK_DERIVE, CKF_DERIVE },
        { QK_SIGN_RECOVER, CKF_SIGN_RECOVER }, { QK_VERIFY_RECOVER, CKF_VERIFY_RECOVER },
        { QK_ENCAPSULATE, CKF_ENCAPSULATE }, { QK_DECAPSULATE, CKF_DECAPSULATE },
    }, messages[] = {
        { QK_ENCRYPT, CKF_MESSAGE_ENCRYPT }, { QK_DECRYPT, CKF_MESSAGE_DECRYPT },
        { QK_SIGN, CKF_MESSAGE_SIGN }, { QK_VERIFY, CKF_MESSAGE_VERIFY },
    };
    CK_FLAGS flags = 0;

    for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++)
        if (mech->does & bits[i].does)
            flags |= bits[i].flag;
    for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) /* whatever signs, signs messages */
        if ((mech->does & messages[i].does) && ((messages[i].does & SIG) || (mech->flags & QK_MECH_MESSAGE)))
            flags |= messages[i].flag;
    if (mech->flags & QK_MECH_EC)
        flags |= CKF_EC_F_P | CKF_EC_OID | CKF_EC_UNCOMPRESS;
    if (mech->key == CKK_EC_EDWARDS ||
        mech->key == CKK_EC_MONTGOMERY) /* these curves are also named by a PrintableString */
        flags |= CKF_EC_CURVENAME;
    return flags;
}
