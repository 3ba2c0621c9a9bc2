/* SPDX-License-Identifier: Apache-2.0 */
#include "hsm/blob/public_blob.h"
#include "entropy/entropy.h"

#include <stdlib.h>

#include "hsm/blob/held_key.h"
#include "hsm/testing.h"

/* A P-256 SubjectPublicKeyInfo (the point is the curve's base point). */
static const char spki_hex[] = "3059301306072a8648ce3d020106082a8648ce3d030107034200"
                               "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
                               "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5";

typedef struct fixture {
    qk_ring *ring;
    qk_arena arena;
    qk_view spki;
    qk_buf blob;
} fixture;

static fixture it;

static int setup(void **state)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;

    (void)state;
    works(qk_crypto_start());
    works(qk_entropy_start(NULL));
    it.ring = ring_new(1);
    qk_arena_init(&it.arena, 0);
    it.spki = hex(&it.arena, spki_hex);
    attrs_fill(&attrs, ITEMS(NUMBER(CKA_CLASS, CKO_PUBLIC_KEY), NUMBER(CKA_KEY_TYPE, CKK_EC), YES(CKA_VERIFY)));
    works(qk_public_blob_make(it.ring, QK_UNDER_INSTANCE, it.spki, &attrs, &it.blob));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    qk_buf_done(&it.blob);
    qk_arena_done(&it.arena);
    qk_ring_free(&it.ring);
    qk_entropy_stop();
    qk_crypto_stop();
    return 0;
}

static qk_err open_blob(qk_view blob, qk_view *out_spki, qk_attrs *attrs, bool *out_vouched)
{
    qk_seal_under which;
    return qk_public_blob_open(it.ring, blob, out_spki, attrs, &which, out_vouched);
}

static void a_public_blob_opens(void **state)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
    qk_view spki;
    bool vouched;

    (void)state;
    works(open_blob(qk_buf_view(&it.blob), &spki, &attrs, &vouched));
    assert_view_equal(spki, it.spki);
    assert_true(vouched);
    assert_int_equal(attrs.count, 3);
    assert_true(qk_attrs_bool(&attrs, CKA_VERIFY, false));
}

static void the_trailer_is_as_documented(void **state)
{
    const uint8_t *trailer = it.blob.data + it.spki.len;
    size_t len = it.blob.len - it.spki.len;
    uint8_t wkid[QK_WKID_LEN], master[32], key[32], mac[32];

    (void)state;
    assert_memory_equal(it.blob.data, it.spki.data, it.spki.len);
    assert_memory_equal(trailer, "QKP\x01", 4);
    assert_int_equal((size_t)trailer[6] << 8 | trailer[7], len);
    assert_true(qk_ring_wkid(it.ring, QK_UNDER_INSTANCE, wkid));
    assert_memory_equal(trailer + 8, wkid, sizeof wkid);
    memset(master, 1, sizeof master);
    works(qk_hkdf_sha256(qk_view_of(master, 32), QK_VIEW_NONE, QK_VIEW_LITERAL("quantoki mac\x01\x04"), key, 32));
    works(qk_hmac_sha256(qk_view_of(key, 32), qk_view_of(it.blob.data, it.blob.len - 32), mac));
    assert_memory_equal(trailer + len - 32, mac, 32);
}

static void a_plain_spki_opens_without_a_voucher(void **state)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
    qk_view spki;
    bool vouched;

    (void)state;
    works(open_blob(it.spki, &spki, &attrs, &vouched));
    assert_view_equal(spki, it.spki);
    assert_false(vouched);
    assert_int_equal(attrs.count, 0);
}

static void no_bit_of_a_public_blob_can_be_changed(void **state)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
    qk_view spki;
    bool vouched;

    (void)state;
    for (size_t bit = 0; bit < 8 * it.blob.len; bit++) {
        qk_err err;
        it.blob.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        err = open_blob(qk_buf_view(&it.blob), &spki, &attrs, &vouched);
        assert_true(err == QK_E_BLOB_DAMAGED || err == QK_E_BLOB_MASTER_KEY);
        it.blob.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    works(open_blob(qk_buf_view(&it.blob), &spki, &attrs, &vouched));
}

static void no_part_of_a_public_blob_opens_but_the_spki(void **state)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
    qk_view spki;
    bool vouched;

    (void)state;
    for (size_t len = 0; len < it.blob.len; len++) {
        qk_err err = open_blob(qk_view_of(it.blob.data, len), &spki, &attrs, &vouched);
        if (len == it.spki.len)
            assert_int_equal(err, QK_OK);
        else
            assert_int_equal(err, QK_E_BLOB_DAMAGED);
    }
    qk_buf_put_u8(&it.blob, 0);
    refuses(open_blob(qk_buf_view(&it.blob), &spki, &attrs, &vouched), QK_E_BLOB_DAMAGED);
}

static void blobs_in_a_row_can_be_taken_apart(void **state)
{
    QK_OWNED(qk_buf_done) qk_buf row = QK_BUF_NONE;
    qk_view rest, spki, trailer;

    (void)state;
    for (int i = 0; i < 3; i++)
        qk_buf_put(&row, qk_buf_view(&it.blob));
    qk_buf_put(&row, it.spki);
    rest = qk_buf_view(&row);
    for (int i = 0; i < 4; i++) {
        works(qk_public_blob_split(rest, &spki, &trailer, &rest));
        assert_view_equal(spki, it.spki);
        assert_int_equal(trailer.len, i < 3 ? it.blob.len - it.spki.len : 0);
    }
    assert_int_equal(rest.len, 0);
    refuses(qk_public_blob_split(rest, &spki, &trailer, &rest), QK_E_BLOB_DAMAGED);
}

static void another_master_key_does_not_vouch(void **state)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
    uint8_t *wkid = it.blob.data + it.spki.len + 8;
    qk_view spki;
    bool vouched;

    (void)state;
    ring_set(it.ring, QK_UNDER_INSTANCE, 2);
    refuses(open_blob(qk_buf_view(&it.blob), &spki, &attrs, &vouched), QK_E_BLOB_MASTER_KEY);
    assert_true(qk_ring_wkid(it.ring, QK_UNDER_INSTANCE, wkid));
    refuses(open_blob(qk_buf_view(&it.blob), &spki, &attrs, &vouched), QK_E_BLOB_DAMAGED);
}

static void the_algorithm_tells_the_key_type(void **state)
{
    static const struct {
        const char *start;
        CK_KEY_TYPE type;
    } known[] = {
        { "301630100609"
          "2a864886f70d01010105000203010203",
          CKK_RSA },
        { spki_hex, CKK_EC },
        { "300a3005"
          "06032b6570"
          "03010000",
          CKK_EC_EDWARDS },
    };
    CK_KEY_TYPE type;

    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        qk_view spki = hex(&it.arena, known[i].start);
        QK_OWNED(qk_buf_done) qk_buf exact = QK_BUF_NONE;
        qk_buf_put(&exact, spki);
        exact.data[1] = (uint8_t)(exact.len - 2);
        works(qk_spki_key_type(qk_buf_view(&exact), &type));
        assert_int_equal(type, known[i].type);
    }
    refuses(qk_spki_key_type(QK_VIEW_LITERAL("\x30\x02\x05\x00"), &type), QK_E_PUBLIC_KEY_INVALID);
    refuses(qk_spki_key_type(QK_VIEW_LITERAL("\x30\x07\x30\x05\x06\x03\x2b\x65\x72"), &type), QK_E_PUBLIC_KEY_INVALID);
    refuses(qk_spki_key_type(QK_VIEW_NONE, &type), QK_E_PUBLIC_KEY_INVALID);
}

/* Bytes that start as a public key does, with random bytes changed in front. */
static void random_public_keys_do_no_harm(void **state)
{
    (void)state;
    srandom(4);
    for (int round = 0; round < 20000; round++) {
        uint8_t bytes[300];
        size_t len = round % 2 ? it.blob.len : it.spki.len;
        qk_held_key *held = NULL;
        memcpy(bytes, it.blob.data, len);
        for (int i = 0; i < 1 + round % 4; i++)
            bytes[1 + (size_t)random() % 30] = (uint8_t)random();
        (void)(qk_held_key_open(it.ring, NULL, qk_view_of(bytes, (size_t)random() % (len + 1)), &held) == QK_OK);
        qk_held_key_unref(&held);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_public_blob_opens, setup, teardown),
        cmocka_unit_test_setup_teardown(the_trailer_is_as_documented, setup, teardown),
        cmocka_unit_test_setup_teardown(a_plain_spki_opens_without_a_voucher, setup, teardown),
        cmocka_unit_test_setup_teardown(no_bit_of_a_public_blob_can_be_changed, setup, teardown),
        cmocka_unit_test_setup_teardown(no_part_of_a_public_blob_opens_but_the_spki, setup, teardown),
        cmocka_unit_test_setup_teardown(blobs_in_a_row_can_be_taken_apart, setup, teardown),
        cmocka_unit_test_setup_teardown(another_master_key_does_not_vouch, setup, teardown),
        cmocka_unit_test_setup_teardown(the_algorithm_tells_the_key_type, setup, teardown),
        cmocka_unit_test_setup_teardown(random_public_keys_do_no_harm, setup, teardown),
    };
    return cmocka_run_group_tests_name("public blob", tests, NULL, NULL);
}
