/* SPDX-License-Identifier: Apache-2.0 */
#include "hsm/blob/blob.h"
#include "entropy/entropy.h"

#include "hsm/testing.h"

static const qk_view plain = { (const uint8_t *)"what is sealed", 14 };
static const qk_view bound = { (const uint8_t *)"what it belongs to", 18 };

static int setup(void **state)
{
    works(qk_crypto_start());
    works(qk_entropy_start(NULL));
    *state = ring_new(1);
    return 0;
}

static int teardown(void **state)
{
    qk_ring *ring = *state;

    qk_ring_free(&ring);
    qk_entropy_stop();
    qk_crypto_stop();
    return 0;
}

static void seal_one(qk_ring *ring, qk_buf *blob)
{
    works(qk_seal(ring, QK_UNDER_INSTANCE, QK_PURPOSE_DATA, bound, plain, blob));
}

static qk_err open_one(qk_ring *ring, qk_view blob)
{
    QK_OWNED(qk_secret_free) qk_secret out = QK_SECRET_NONE;
    return qk_unseal(ring, QK_PURPOSE_DATA, bound, blob, &out);
}

static void what_was_sealed_opens(void **state)
{
    QK_OWNED(qk_buf_done) qk_buf blob = QK_BUF_NONE;
    QK_OWNED(qk_secret_free) qk_secret out = QK_SECRET_NONE;

    seal_one(*state, &blob);
    works(qk_unseal(*state, QK_PURPOSE_DATA, bound, qk_buf_view(&blob), &out));
    assert_view_equal(qk_secret_reveal(&out), plain);
}

static void nothing_can_be_sealed_too(void **state)
{
    QK_OWNED(qk_buf_done) qk_buf blob = QK_BUF_NONE;
    QK_OWNED(qk_secret_free) qk_secret out = QK_SECRET_NONE;

    works(qk_seal(*state, QK_UNDER_INSTANCE, QK_PURPOSE_KEY, QK_VIEW_NONE, QK_VIEW_NONE, &blob));
    assert_int_equal(blob.len, QK_BLOB_OVERHEAD);
    works(qk_unseal(*state, QK_PURPOSE_KEY, QK_VIEW_NONE, qk_buf_view(&blob), &out));
    assert_int_equal(out.len, 0);
}

static void the_header_is_as_documented(void **state)
{
    QK_OWNED(qk_buf_done) qk_buf blob = QK_BUF_NONE;
    uint8_t wkid[QK_WKID_LEN];

    seal_one(*state, &blob);
    assert_true(qk_ring_wkid(*state, QK_UNDER_INSTANCE, wkid));
    assert_int_equal(blob.len, 56 + plain.len + 16);
    assert_memory_equal(blob.data, "QKB\x01\x03\x00\x00\x00", 8);
    assert_memory_equal(blob.data + 8, wkid, sizeof wkid);
}

static void a_reader_made_from_the_document_opens_a_blob(void **state)
{
    QK_OWNED(qk_buf_done) qk_buf blob = QK_BUF_NONE, authenticated = QK_BUF_NONE;
    uint8_t master[32], key[32], out[64];

    memset(master, 1, sizeof master);
    seal_one(*state, &blob);
    works(qk_hkdf_sha256(qk_view_of(master, 32), qk_view_of(blob.data + 24, 32),
                         QK_VIEW_LITERAL("quantoki seal\x01\x03"), key, sizeof key));
    qk_buf_put(&authenticated, qk_view_of(blob.data, 56));
    qk_buf_put(&authenticated, bound);
    works(qk_aead_open(key, qk_buf_view(&authenticated), qk_view_of(blob.data + 56, plain.len),
                       blob.data + 56 + plain.len, out));
    assert_memory_equal(out, plain.data, plain.len);
}

static void two_blobs_of_the_same_share_nothing_but_the_header(void **state)
{
    QK_OWNED(qk_buf_done) qk_buf one = QK_BUF_NONE, two = QK_BUF_NONE;

    seal_one(*state, &one);
    seal_one(*state, &two);
    assert_memory_equal(one.data, two.data, QK_BLOB_SALT_AT);
    assert_memory_not_equal(one.data + QK_BLOB_SALT_AT, two.data + QK_BLOB_SALT_AT, QK_SALT_LEN);
    assert_memory_not_equal(one.data + QK_BLOB_HEADER_LEN, two.data + QK_BLOB_HEADER_LEN, plain.len);
}

static void no_bit_of_a_blob_can_be_changed(void **state)
{
    QK_OWNED(qk_buf_done) qk_buf blob = QK_BUF_NONE;

    seal_one(*state, &blob);
    for (size_t bit = 0; bit < 8 * blob.len; bit++) {
        qk_err err;
        blob.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        err = open_one(*state, qk_buf_view(&blob));
        assert_true(err == QK_E_BLOB_DAMAGED || err == QK_E_BLOB_PURPOSE || err == QK_E_BLOB_MASTER_KEY);
        blob.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    works(open_one(*state, qk_buf_view(&blob)));
}

static void no_part_of_a_blob_opens(void **state)
{
    QK_OWNED(qk_buf_done) qk_buf blob = QK_BUF_NONE;

    seal_one(*state, &blob);
    for (size_t len = 0; len < blob.len; len++)
        refuses(open_one(*state, qk_view_of(blob.data, len)), QK_E_BLOB_DAMAGED);
    qk_buf_put_u8(&blob, 0);
    refuses(open_one(*state, qk_buf_view(&blob)), QK_E_BLOB_DAMAGED);
}

static void a_blob_opens_for_its_purpose_alone(void **state)
{
    QK_OWNED(qk_buf_done) qk_buf blob = QK_BUF_NONE;
    QK_OWNED(qk_secret_free) qk_secret out = QK_SECRET_NONE;

    for (qk_purpose made = QK_PURPOSE_KEY; made <= QK_PURPOSE_IAM; made++) {
        works(qk_seal(*state, QK_UNDER_INSTANCE, made, bound, plain, &blob));
        for (qk_purpose asked = QK_PURPOSE_KEY; asked <= QK_PURPOSE_IAM; asked++) {
            if (asked != made)
                refuses(qk_unseal(*state, asked, bound, qk_buf_view(&blob), &out), QK_E_BLOB_PURPOSE);
        }
    }
}

/* The purpose is not only a byte in the header: it enters the key. */
static void a_blob_with_its_purpose_rewritten_does_not_open(void **state)
{
    QK_OWNED(qk_buf_done) qk_buf blob = QK_BUF_NONE;
    QK_OWNED(qk_secret_free) qk_secret out = QK_SECRET_NONE;

    seal_one(*state, &blob);
    blob.data[QK_BLOB_PURPOSE_AT] = QK_PURPOSE_KEY;
    refuses(qk_unseal(*state, QK_PURPOSE_KEY, bound, qk_buf_view(&blob), &out), QK_E_BLOB_DAMAGED);
}

static void what_is_bound_must_be_given_again(void **state)
{
    QK_OWNED(qk_buf_done) qk_buf blob = QK_BUF_NONE;
    QK_OWNED(qk_secret_free) qk_secret out = QK_SECRET_NONE;

    seal_one(*state, &blob);
    refuses(qk_unseal(*state, QK_PURPOSE_DATA, QK_VIEW_NONE, qk_buf_view(&blob), &out), QK_E_BLOB_DAMAGED);
    refuses(qk_unseal(*state, QK_PURPOSE_DATA, plain, qk_buf_view(&blob), &out), QK_E_BLOB_DAMAGED);
}

static void another_master_key_does_not_open_it(void **state)
{
    QK_OWNED(qk_buf_done) qk_buf blob = QK_BUF_NONE;
    QK_OWNED(qk_ring_free) qk_ring *other = ring_new(2);

    seal_one(*state, &blob);
    refuses(open_one(other, qk_buf_view(&blob)), QK_E_BLOB_MASTER_KEY);
    /* Not even if the blob claims to be under it. */
    assert_true(qk_ring_wkid(other, QK_UNDER_INSTANCE, blob.data + QK_BLOB_WKID_AT));
    refuses(open_one(other, qk_buf_view(&blob)), QK_E_BLOB_DAMAGED);
}

static void an_empty_register_seals_nothing(void **state)
{
    QK_OWNED(qk_buf_done) qk_buf blob = QK_BUF_NONE;

    refuses(qk_seal(*state, QK_UNDER_USER, QK_PURPOSE_DATA, bound, plain, &blob), QK_E_NO_MASTER_KEY);
    assert_null(blob.data);
}

static void blobs_of_both_registers_open(void **state)
{
    QK_OWNED(qk_buf_done) qk_buf blob = QK_BUF_NONE;
    QK_OWNED(qk_secret_free) qk_secret out = QK_SECRET_NONE;
    qk_seal_under which;

    ring_set(*state, QK_UNDER_USER, 9);
    works(qk_seal(*state, QK_UNDER_USER, QK_PURPOSE_DATA, bound, plain, &blob));
    works(qk_blob_open(*state, NULL, QK_PURPOSE_DATA, bound, qk_buf_view(&blob), &out, &which));
    assert_int_equal(which, QK_UNDER_USER);
    seal_one(*state, &blob);
    works(qk_blob_open(*state, NULL, QK_PURPOSE_DATA, bound, qk_buf_view(&blob), &out, &which));
    assert_int_equal(which, QK_UNDER_INSTANCE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_was_sealed_opens, setup, teardown),
        cmocka_unit_test_setup_teardown(nothing_can_be_sealed_too, setup, teardown),
        cmocka_unit_test_setup_teardown(the_header_is_as_documented, setup, teardown),
        cmocka_unit_test_setup_teardown(a_reader_made_from_the_document_opens_a_blob, setup, teardown),
        cmocka_unit_test_setup_teardown(two_blobs_of_the_same_share_nothing_but_the_header, setup, teardown),
        cmocka_unit_test_setup_teardown(no_bit_of_a_blob_can_be_changed, setup, teardown),
        cmocka_unit_test_setup_teardown(no_part_of_a_blob_opens, setup, teardown),
        cmocka_unit_test_setup_teardown(a_blob_opens_for_its_purpose_alone, setup, teardown),
        cmocka_unit_test_setup_teardown(a_blob_with_its_purpose_rewritten_does_not_open, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_bound_must_be_given_again, setup, teardown),
        cmocka_unit_test_setup_teardown(another_master_key_does_not_open_it, setup, teardown),
        cmocka_unit_test_setup_teardown(an_empty_register_seals_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(blobs_of_both_registers_open, setup, teardown),
    };
    return cmocka_run_group_tests_name("blob", tests, NULL, NULL);
}
