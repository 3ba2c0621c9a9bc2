/* SPDX-License-Identifier: Apache-2.0 */
/* What only the local HSM can be asked. */
#include <openssl/bn.h>
#include <stdlib.h>

#include "hsm/contract/contract.h"
#include "entropy/entropy.h"

typedef struct fixture {
    contract it;
    qk_ring *ring;
} fixture;

static qk_err make_on(qk_ring *ring, bool values_hidden, qk_hsm **out)
{
    return qk_hsm_local_new(ring, &(qk_hsm_options){ .cache_keys = 64, .values_hidden = values_hidden }, out);
}

static int setup(void **state)
{
    fixture *made = calloc(1, sizeof *made);

    made->ring = ring_new(1);
    works(make_on(made->ring, false, &made->it.hsm));
    qk_arena_init(&made->it.arena, 0);
    made->it.call = (qk_call){ .arena = &made->it.arena, .deadline = QK_DEADLINE_NEVER };
    *state = made;
    return 0;
}

static int teardown(void **state)
{
    fixture *made = *state;

    qk_arena_done(&made->it.arena);
    qk_endpoint_free(&made->it.hsm);
    qk_ring_free(&made->ring);
    free(made);
    return 0;
}

/* ---- the table ---- */

static void every_method_is_in_the_table_and_is_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < QK_HSM_METHOD_COUNT; i++) {
        const qk_method *method = &qk_hsm_methods[i];
        assert_non_null(method->path);
        assert_non_null(method->handler);
        assert_non_null(method->request);
        assert_non_null(method->response);
        assert_int_not_equal(method->action, QK_ACTION_NONE);
        assert_int_not_equal(method->second_action, QK_ACTION_NONE);
        assert_ptr_equal(qk_hsm_method_find(method->path), method);
    }
    assert_null(qk_hsm_method_find("/grep11.Crypto/NoSuchMethod"));
    assert_null(qk_hsm_method_find(""));
}

/* The services of the .proto files say which messages a method has. */
static void the_table_agrees_with_the_services(void **state)
{
    static const ProtobufCServiceDescriptor *const services[] = { &grep11__crypto__descriptor,
                                                                  &quantoki__v1__crypto__descriptor };

    (void)state;
    for (size_t i = 0; i < QK_HSM_METHOD_COUNT; i++) {
        const qk_method *method = &qk_hsm_methods[i];
        bool ours = strncmp(method->path, "/quantoki", 9) == 0;
        const ProtobufCMethodDescriptor *declared =
            protobuf_c_service_descriptor_get_method_by_name(services[ours], strrchr(method->path, '/') + 1);
        assert_non_null(declared);
        assert_ptr_equal(declared->input, method->request);
        assert_ptr_equal(declared->output, method->response);
    }
}

static void a_caller_without_the_action_is_refused_everywhere(void **state)
{
    fixture *made = *state;
    qk_caller caller = { .identity = "nobody" };

    made->it.call.caller = &caller;
    for (size_t i = 0; i < QK_HSM_METHOD_COUNT; i++) {
        void *request = qk_message_new(qk_hsm_methods[i].request, &made->it.arena), *answer;
        caller.actions = 0;
        refuses(qk_hsm_call(made->it.hsm, &made->it.call, (qk_hsm_method)i, request, &answer), QK_E_NOT_AUTHORIZED);
        caller.actions = ~QK_ACTION_BIT(QK_ACTION_EP11_USE) & ~QK_ACTION_BIT(QK_ACTION_DECRYPT);
        assert_int_not_equal(qk_hsm_call(made->it.hsm, &made->it.call, (qk_hsm_method)i, request, &answer), QK_OK);
    }
    made->it.call.caller = NULL;
}

/* Nothing but what proto3 leaves out: each method must say no, or do no harm. */
static void empty_requests_do_no_harm(void **state)
{
    fixture *made = *state;

    for (size_t i = 0; i < QK_HSM_METHOD_COUNT; i++) {
        void *request = qk_message_new(qk_hsm_methods[i].request, &made->it.arena), *answer;
        qk_err err = qk_hsm_call(made->it.hsm, &made->it.call, (qk_hsm_method)i, request, &answer);
        assert_int_not_equal(err, QK_E_GENERAL);
    }
}

/* Random bytes as requests of every method. */
static void random_requests_do_no_harm(void **state)
{
    fixture *made = *state;
    client_key real = aes_key(&made->it);
    uint8_t *kept = malloc(real.bytes.len);
    size_t kept_len = real.bytes.len;

    memcpy(kept, real.bytes.data, kept_len);
    srandom(3);
    for (int round = 0; round < 20000; round++) {
        const qk_method *method = &qk_hsm_methods[(size_t)random() % QK_HSM_METHOD_COUNT];
        uint8_t wire[512];
        size_t len = 0;
        void *request, *answer;
        qk_arena_reset(&made->it.arena);
        while (len < 300 && random() % 8) { /* a field: number, length, bytes */
            bool blob = random() % 3 == 0;
            size_t field_len = blob ? kept_len : (size_t)random() % 12;
            if (len + field_len + 3 > sizeof wire)
                break;
            wire[len++] = (uint8_t)((random() % 12 + 1) << 3 | 2);
            wire[len++] = (uint8_t)((field_len & 0x7f) | (field_len > 0x7f ? 0x80 : 0));
            if (field_len > 0x7f)
                wire[len++] = (uint8_t)(field_len >> 7);
            for (size_t i = 0; i < field_len; i++)
                wire[len++] = blob ? kept[i] : (uint8_t)random();
        }
        if (qk_message_read(method->request, qk_view_of(wire, len), &made->it.arena, &request) == QK_OK)
            (void)(qk_hsm_call(made->it.hsm, &made->it.call, (qk_hsm_method)(method - qk_hsm_methods), request,
                               &answer) == QK_OK);
    }
    free(kept);
}

/* ---- strict calls ---- */

static size_t mechanisms_offered(void)
{
    size_t count = 0;

    for (size_t i = 0; i < qk_mech_count; i++)
        count += qk_crypto_offers(&qk_mechs[i]);
    return count;
}

static void strict_calls_follow_pkcs11(void **state)
{
    fixture *made = *state;
    Grep11__GetMechanismListRequest list = GREP11__GET_MECHANISM_LIST_REQUEST__INIT;
    Grep11__GetMechanismListResponse *answer;
    Grep11__GetMechanismInfoRequest info = GREP11__GET_MECHANISM_INFO_REQUEST__INIT;
    Grep11__GetMechanismInfoResponse *info_answer;
    qk_view state_blob;

    made->it.call.strict = true;
    works(digest_init(&made->it, CKM_SHA256, &state_blob));
    works(digest_update(&made->it, state_blob, QK_VIEW_NONE, &state_blob));
    works(perform(&made->it, QK_GET_MECHANISM_LIST, &list, &answer));
    assert_int_equal(answer->n_mechs, mechanisms_offered());
    info.mech = CKM_RSA_PKCS_KEY_PAIR_GEN;
    works(perform(&made->it, QK_GET_MECHANISM_INFO, &info, &info_answer));
    assert_int_equal(info_answer->mechinfo->maxkeysize, qk_mech_find(info.mech)->max_key);
}

/* ---- master keys ---- */

static const qk_view block = { (const uint8_t *)"sixteen bytes   ", 16 };

static qk_err use(fixture *made, const client_key *key)
{
    qk_view out;
    return sign(&made->it, mech(&made->it, CKM_SHA256_HMAC), key, block, &out);
}

static void a_key_under_the_users_master_key_works_while_it_is_there(void **state)
{
    fixture *made = *state;
    client_key mine;

    made->it.call.seal_under = QK_UNDER_USER;
    refuses(generate(&made->it, CKM_AES_KEY_GEN, ITEMS(NUMBER(CKA_VALUE_LEN, 16)), &mine), QK_E_NO_MASTER_KEY);
    ring_set(made->ring, QK_UNDER_USER, 7);
    works(generate(&made->it, CKM_AES_KEY_GEN, ITEMS(NUMBER(CKA_VALUE_LEN, 16)), &mine));
    made->it.call.seal_under = QK_UNDER_INSTANCE;
    works(use(made, &mine));
    qk_ring_clear(made->ring, QK_UNDER_USER); /* the cache must not know it any more */
    refuses(use(made, &mine), QK_E_BLOB_MASTER_KEY);
    ring_set(made->ring, QK_UNDER_USER, 7);
    works(use(made, &mine));
}

static void a_copy_moves_a_key_to_another_master_key(void **state)
{
    fixture *made = *state;
    client_key public = aes_key(&made->it), private;

    ring_set(made->ring, QK_UNDER_USER, 7);
    made->it.call.seal_under = QK_UNDER_USER;
    works(copy(&made->it, &public, NO_ITEMS, &private));
    works(use(made, &private));
    qk_ring_clear(made->ring, QK_UNDER_USER);
    refuses(use(made, &private), QK_E_BLOB_MASTER_KEY);
    works(use(made, &public));
}

static void a_changed_key_stays_under_its_master_key(void **state)
{
    fixture *made = *state;
    client_key mine;

    ring_set(made->ring, QK_UNDER_USER, 7);
    made->it.call.seal_under = QK_UNDER_USER;
    works(generate(&made->it, CKM_AES_KEY_GEN, ITEMS(NUMBER(CKA_VALUE_LEN, 16)), &mine));
    made->it.call.seal_under = QK_UNDER_INSTANCE;
    works(set_attribute(&made->it, &mine, CKA_ENCRYPT, false));
    works(use(made, &mine));
    qk_ring_clear(made->ring, QK_UNDER_USER);
    refuses(use(made, &mine), QK_E_BLOB_MASTER_KEY);
}

static void a_state_lies_under_the_master_key_of_its_key(void **state)
{
    fixture *made = *state;
    qk_view going, out;
    client_key mine;

    ring_set(made->ring, QK_UNDER_USER, 7);
    made->it.call.seal_under = QK_UNDER_USER;
    works(generate(&made->it, CKM_AES_KEY_GEN, ITEMS(NUMBER(CKA_VALUE_LEN, 16)), &mine));
    made->it.call.seal_under = QK_UNDER_INSTANCE;
    works(sign_init(&made->it, mech(&made->it, CKM_SHA256_HMAC), &mine, &going));
    works(sign_update(&made->it, going, block, &going));
    qk_ring_clear(made->ring, QK_UNDER_USER);
    refuses(sign_final(&made->it, going, &out), QK_E_BLOB_MASTER_KEY);
}

static void another_hsm_with_the_master_key_takes_over(void **state)
{
    fixture *made = *state;
    QK_OWNED(qk_ring_free) qk_ring *ring = ring_new(1);
    QK_OWNED(qk_endpoint_free) qk_hsm *other = NULL;
    qk_hsm *first = made->it.hsm;
    key_pair pair = ec_pair(&made->it, "P-256");
    qk_view going, signature;

    works(make_on(ring, false, &other));
    works(sign_init(&made->it, mech(&made->it, CKM_ECDSA_SHA256), &pair.private_key, &going));
    works(sign_update(&made->it, going, block, &going));
    made->it.hsm = other;
    works(sign_update(&made->it, going, block, &going));
    works(sign_final(&made->it, going, &signature));
    works(verify(&made->it, mech(&made->it, CKM_ECDSA_SHA256), &pair.public_key,
                 QK_VIEW_LITERAL("sixteen bytes   sixteen bytes   "), signature));
    made->it.hsm = first;
}

static void another_master_key_opens_nothing(void **state)
{
    fixture *made = *state;
    key_pair pair = ec_pair(&made->it, "P-256");
    client_key mine = aes_key(&made->it);
    qk_view going, out;

    works(sign_init(&made->it, mech(&made->it, CKM_SHA256_HMAC), &mine, &going));
    ring_set(made->ring, QK_UNDER_INSTANCE, 2);
    refuses(use(made, &mine), QK_E_BLOB_MASTER_KEY);
    refuses(sign_final(&made->it, going, &out), QK_E_BLOB_MASTER_KEY);
    refuses(verify(&made->it, mech(&made->it, CKM_ECDSA), &pair.public_key, block, block), QK_E_BLOB_MASTER_KEY);
}

/* ---- options and the look into blobs ---- */

static void values_can_be_hidden_altogether(void **state)
{
    fixture *made = *state;
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
    client_key open;

    works(generate(&made->it, CKM_AES_KEY_GEN,
                   ITEMS(NUMBER(CKA_VALUE_LEN, 16), NO(CKA_SENSITIVE), YES(CKA_EXTRACTABLE)), &open));
    works(get_attribute(&made->it, &open, CKA_VALUE, &attrs));
    qk_endpoint_free(&made->it.hsm);
    works(make_on(made->ring, true, &made->it.hsm));
    refuses(get_attribute(&made->it, &open, CKA_VALUE, &attrs), QK_E_ATTRIBUTE_SENSITIVE);
}

static void reading_a_value_needs_the_right_to_wrap(void **state)
{
    fixture *made = *state;
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
    qk_caller caller = { .identity = "reader",
                         .actions = QK_ACTION_BIT(QK_ACTION_GET_ATTRIBUTE) | QK_ACTION_BIT(QK_ACTION_EP11_USE) };
    client_key open;

    works(generate(&made->it, CKM_AES_KEY_GEN,
                   ITEMS(NUMBER(CKA_VALUE_LEN, 16), NO(CKA_SENSITIVE), YES(CKA_EXTRACTABLE)), &open));
    made->it.call.caller = &caller;
    works(get_attribute(&made->it, &open, CKA_VALUE_LEN, &attrs));
    refuses(get_attribute(&made->it, &open, CKA_VALUE, &attrs), QK_E_NOT_AUTHORIZED);
    caller.actions |= QK_ACTION_BIT(QK_ACTION_WRAP_KEY);
    works(get_attribute(&made->it, &open, CKA_VALUE, &attrs));
}

static qk_err unwrap_trusted(contract *it, const client_key *kek, qk_view wrapped, client_key *out)
{
    return unwrap(it, mech(it, CKM_AES_ECB), kek, wrapped,
                  ITEMS(NUMBER(CKA_KEY_TYPE, CKK_AES), YES(CKA_WRAP), YES(CKA_TRUSTED)), out);
}

/* A wrapper that anybody can make trusted protects nothing: PKCS #11 3.2, CKA_TRUSTED. */
static void only_who_may_initialise_tokens_makes_keys_trusted(void **state)
{
    fixture *made = *state;
    contract *it = &made->it;
    qk_caller caller = { .identity = "user", .actions = ~QK_ACTION_BIT(QK_ACTION_CREATE_KEYSTORE) };
    qk_view value = QK_VIEW_LITERAL("sixteen bytes it"), wrapped = QK_VIEW_NONE;
    client_key kek, plain = aes_key(it), trusted;
    const item items[] = { NUMBER(CKA_CLASS, CKO_SECRET_KEY), NUMBER(CKA_KEY_TYPE, CKK_AES), BYTES(CKA_VALUE, value),
                           YES(CKA_TRUSTED) };
    key_pair pair;

    works(generate(it, CKM_AES_KEY_GEN, ITEMS(NUMBER(CKA_VALUE_LEN, 32), YES(CKA_WRAP), YES(CKA_UNWRAP)), &kek));
    works(wrap(it, mech(it, CKM_AES_ECB), &kek, &plain, &wrapped));
    it->call.caller = &caller;
    refuses(generate(it, CKM_AES_KEY_GEN, ITEMS(NUMBER(CKA_VALUE_LEN, 16), YES(CKA_TRUSTED)), &trusted),
            QK_E_ATTRIBUTE_READ_ONLY);
    refuses(generate_pair(it, CKM_RSA_PKCS_KEY_PAIR_GEN, ITEMS(NUMBER(CKA_MODULUS_BITS, 2048), YES(CKA_TRUSTED)),
                          NO_ITEMS, &pair),
            QK_E_ATTRIBUTE_READ_ONLY);
    refuses(import(it, items, 4, &trusted), QK_E_ATTRIBUTE_READ_ONLY);
    refuses(unwrap_trusted(it, &kek, wrapped, &trusted), QK_E_ATTRIBUTE_READ_ONLY);
    refuses(copy(it, &plain, ITEMS(YES(CKA_TRUSTED)), &trusted), QK_E_ATTRIBUTE_READ_ONLY);
    refuses(set_attribute(it, &plain, CKA_TRUSTED, true), QK_E_ATTRIBUTE_READ_ONLY);
    works(set_attribute(it, &plain, CKA_TRUSTED, false));
    caller.actions = UINT64_MAX;
    works(set_attribute(it, &plain, CKA_TRUSTED, true));
    works(import(it, items, 4, &trusted));
    caller.actions = ~QK_ACTION_BIT(QK_ACTION_CREATE_KEYSTORE);
    works(set_attribute(it, &plain, CKA_TRUSTED, true)); /* no change */
    works(copy(it, &plain, NO_ITEMS, &trusted));
}

static void a_blob_tells_the_keystore_what_it_holds(void **state)
{
    fixture *made = *state;
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE, told = QK_ATTRS_NONE;
    client_key mine = aes_key(&made->it);

    works(qk_hsm_blob_attributes(made->it.hsm, &made->it.call, mine.bytes, &attrs));
    told = attrs_of(&mine);
    assert_int_equal(attrs.count, told.count);
    assert_true(qk_attrs_match(&attrs, &told));
    refuses(qk_hsm_blob_attributes(made->it.hsm, &made->it.call, block, &attrs), QK_E_BLOB_DAMAGED);
    refuses(qk_hsm_blob_attributes(made->it.hsm, &made->it.call, QK_VIEW_NONE, &attrs), QK_E_BAD_ARGUMENT);
}

/* An arena with a limit, as the server gives it: too small is an error, never a crash. */
/* ---- policies ---- */

static qk_err make_with(fixture *it, qk_hsm_options options)
{
    qk_endpoint_free(&it->it.hsm);
    options.cache_keys = 16;
    return qk_hsm_local_new(it->ring, &options, &it->it.hsm);
}

static bool lists(contract *it, CK_MECHANISM_TYPE type)
{
    Grep11__GetMechanismListRequest request = GREP11__GET_MECHANISM_LIST_REQUEST__INIT;
    Grep11__GetMechanismListResponse *answer;

    works(perform(it, QK_GET_MECHANISM_LIST, &request, &answer));
    for (size_t i = 0; i < answer->n_mechs; i++)
        if (answer->mechs[i] == type)
            return true;
    return false;
}

static void mechanisms_for_old_keys_can_be_switched_off(void **state)
{
    fixture *it = *state;
    client_key made;

    for (int strict = 0; strict < 2; strict++) {
        it->it.call.strict = strict;
        works(make_with(it, (qk_hsm_options){ .legacy_off = false }));
        assert_true(lists(&it->it, CKM_DES3_CBC) && lists(&it->it, CKM_AES_CBC));
        works(generate(&it->it, CKM_DES3_KEY_GEN, NO_ITEMS, &made));
        works(make_with(it, (qk_hsm_options){ .legacy_off = true }));
        assert_false(lists(&it->it, CKM_DES3_CBC));
        assert_true(lists(&it->it, CKM_AES_CBC));
        refuses(generate(&it->it, CKM_DES3_KEY_GEN, NO_ITEMS, &made), QK_E_MECHANISM_INVALID);
    }
}

/* CKM_TLS_MAC is the same in all versions of TLS; its parameter names the function. */
static void the_function_of_old_tls_can_be_switched_off(void **state)
{
    fixture *it = *state;
    qk_mech_use use = { .mech = qk_mech_find(CKM_TLS_MAC), .tls = { .hash = CKM_TLS_PRF, .mac_bits = 96 } };
    client_key master;
    qk_view mac;

    works(generate(&it->it, CKM_GENERIC_SECRET_KEY_GEN, ITEMS(NUMBER(CKA_VALUE_LEN, 48)), &master));
    works(sign(&it->it, mech_of(&it->it, &use), &master, QK_VIEW_LITERAL("hash"), &mac));
    works(make_with(it, (qk_hsm_options){ .legacy_off = true }));
    refuses(sign(&it->it, mech_of(&it->it, &use), &master, QK_VIEW_LITERAL("hash"), &mac), QK_E_MECHANISM_INVALID);
    use.tls.hash = CKM_SHA256;
    works(sign(&it->it, mech_of(&it->it, &use), &master, QK_VIEW_LITERAL("hash"), &mac));
}

/* Wraps a sensitive key under one that decrypts. */
static qk_err wrap_under_both(fixture *it)
{
    Grep11__Mechanism *ecb = mech(&it->it, CKM_AES_ECB);
    client_key both, made;
    qk_view out;

    works(generate(&it->it, CKM_AES_KEY_GEN, ITEMS(NUMBER(CKA_VALUE_LEN, 32), YES(CKA_WRAP), YES(CKA_DECRYPT)), &both));
    works(generate(&it->it, CKM_AES_KEY_GEN, ITEMS(NUMBER(CKA_VALUE_LEN, 16), YES(CKA_EXTRACTABLE)), &made));
    return wrap(&it->it, ecb, &both, &made, &out);
}

static void nobody_is_let_off_unless_the_policy_says_so(void **state)
{
    fixture *it = *state;

    refuses(wrap_under_both(it), QK_E_KEY_NOT_WRAPPABLE);
    works(make_with(it, (qk_hsm_options){ .lax_keys = true }));
    works(wrap_under_both(it));
    it->it.call.strict = true;
    refuses(wrap_under_both(it), QK_E_KEY_NOT_WRAPPABLE);
}

static void weak_wrapping_is_a_policy(void **state)
{
    fixture *it = *state;
    qk_view out;

    for (int weak = 0; weak < 2; weak++) {
        client_key kek, made;
        works(make_with(it, (qk_hsm_options){ .weak_wrapping = weak }));
        works(generate(&it->it, CKM_AES_KEY_GEN, ITEMS(NUMBER(CKA_VALUE_LEN, 16), YES(CKA_WRAP)), &kek));
        works(generate(&it->it, CKM_AES_KEY_GEN, ITEMS(NUMBER(CKA_VALUE_LEN, 32), YES(CKA_EXTRACTABLE)), &made));
        if (weak)
            works(wrap(&it->it, mech(&it->it, CKM_AES_ECB), &kek, &made, &out));
        else
            refuses(wrap(&it->it, mech(&it->it, CKM_AES_ECB), &kek, &made, &out), QK_E_WRAPPING_SIZE);
    }
}

static void what_may_take_long_waits_for_a_pool(void **state)
{
    static const uint8_t nothing[192];
    fixture *it = *state;
    const client_key no_key = { .bytes = QK_VIEW_NONE };
    qk_mech_use use = { .mech = qk_mech_find(CKM_IBM_EC_AGGREGATE) };
    qk_view sum;

    if (!qk_crypto_offers(use.mech))
        skip(); /* a build without BLS12-381 */
    use.aggregate.mode = CK_IBM_EC_AGG_BLS12_381_SIGN;
    use.aggregate.element_len = sizeof nothing;
    use.aggregate.elements = qk_view_of(nothing, sizeof nothing);
    it->it.call.on_event_loop = true;
    refuses(sign(&it->it, mech_of(&it->it, &use), &no_key, QK_VIEW_NONE, &sum), QK_E_NEED_THREADS);
    it->it.call.on_event_loop = false;
    refuses(sign(&it->it, mech_of(&it->it, &use), &no_key, QK_VIEW_NONE, &sum), QK_E_MECHANISM_PARAM);
}

/* Their sum takes its time for each. */
static void keys_in_a_row_wait_for_a_pool(void **state)
{
    fixture *it = *state;
    contract *call = &it->it;
    qk_mech_use use = { .mech = qk_mech_find(CKM_IBM_ECDSA_OTHER), .ecsg = ECSG_IBM_BLS };
    QK_OWNED(qk_buf_done) qk_buf row = QK_BUF_NONE;
    key_pair one, two;
    qk_view signature;

    if (!qk_crypto_offers(qk_mech_find(CKM_IBM_EC_AGGREGATE)))
        skip(); /* a build without BLS12-381 */
    one = ec_pair(call, "BLS12-381");
    two = ec_pair(call, "BLS12-381");
    qk_buf_put(&row, one.public_key.bytes);
    qk_buf_put(&row, two.public_key.bytes);
    works(sign(call, mech_of(call, &use), &one.private_key, block, &signature));
    call->call.on_event_loop = true;
    works(verify(call, mech_of(call, &use), &one.public_key, block, signature));
    two.public_key.bytes = qk_buf_view(&row);
    two.public_key.message->keyblobs[0] = qk_message_bytes(two.public_key.bytes);
    refuses(verify(call, mech_of(call, &use), &two.public_key, block, signature), QK_E_NEED_THREADS);
    call->call.on_event_loop = false;
    refuses(verify(call, mech_of(call, &use), &two.public_key, block, signature), QK_E_SIGNATURE_INVALID);
}

static qk_view number_of(contract *it, const BIGNUM *number)
{
    size_t len = (size_t)BN_num_bytes(number);
    uint8_t *place = qk_arena_alloc(&it->arena, len);

    assert_non_null(place);
    BN_bn2bin(number, place);
    return qk_view_of(place, len);
}

/* A private RSA key of 5,119 bits, of two primes that everybody knows (RFC 3526, groups 14 and 15). */
static client_key long_key(contract *it)
{
    BN_CTX *scratch = BN_CTX_new();
    BIGNUM *p = BN_get_rfc3526_prime_2048(NULL), *q = BN_get_rfc3526_prime_3072(NULL), *n = BN_new(), *e = BN_new(),
           *d = BN_new(), *phi = BN_new();
    client_key made;

    assert_true(BN_mul(n, p, q, scratch) && BN_set_word(e, 65537) && BN_sub(phi, n, p) && BN_sub(phi, phi, q) &&
                BN_add_word(phi, 1) && BN_mod_inverse(d, e, phi, scratch));
    works(import(it,
                 ITEMS(NUMBER(CKA_CLASS, CKO_PRIVATE_KEY), NUMBER(CKA_KEY_TYPE, CKK_RSA), YES(CKA_SIGN),
                       BYTES(CKA_MODULUS, number_of(it, n)), BYTES(CKA_PUBLIC_EXPONENT, number_of(it, e)),
                       BYTES(CKA_PRIVATE_EXPONENT, number_of(it, d)), BYTES(CKA_PRIME_1, number_of(it, p)),
                       BYTES(CKA_PRIME_2, number_of(it, q))),
                 &made));
    BIGNUM *all[] = { p, q, n, e, d, phi };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        BN_free(all[i]);
    BN_CTX_free(scratch);
    return made;
}

static void a_long_key_waits_for_a_pool(void **state)
{
    fixture *it = *state;
    client_key key = long_key(&it->it);
    qk_view signature;

    it->it.call.on_event_loop = true;
    refuses(sign(&it->it, mech(&it->it, CKM_RSA_PKCS), &key, block, &signature), QK_E_NEED_THREADS);
    it->it.call.on_event_loop = false;
    works(sign(&it->it, mech(&it->it, CKM_RSA_PKCS), &key, block, &signature));
}

static void a_small_arena_fails_the_call(void **state)
{
    fixture *made = *state;
    key_pair pair = ec_pair(&made->it, "P-256");
    bool worked = false;

    for (size_t limit = 64; !worked && limit < 65536; limit += 64) {
        Grep11__Mechanism mechanism = GREP11__MECHANISM__INIT;
        Grep11__SignInitRequest init = GREP11__SIGN_INIT_REQUEST__INIT;
        qk_arena small;
        qk_call call = { .arena = &small, .deadline = QK_DEADLINE_NEVER };
        void *answer;
        qk_err err;
        qk_arena_init(&small, limit);
        mechanism.mechanism = CKM_ECDSA_SHA256;
        init.mech = &mechanism;
        init.privkey = pair.private_key.message;
        err = qk_hsm_call(made->it.hsm, &call, QK_SIGN_INIT, &init.base, &answer);
        assert_true(err == QK_OK || err == QK_E_NO_MEMORY);
        worked = err == QK_OK;
        qk_arena_done(&small);
    }
    assert_true(worked);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_method_is_in_the_table_and_is_found),
        cmocka_unit_test(the_table_agrees_with_the_services),
        cmocka_unit_test_setup_teardown(a_caller_without_the_action_is_refused_everywhere, setup, teardown),
        cmocka_unit_test_setup_teardown(empty_requests_do_no_harm, setup, teardown),
        cmocka_unit_test_setup_teardown(random_requests_do_no_harm, setup, teardown),
        cmocka_unit_test_setup_teardown(strict_calls_follow_pkcs11, setup, teardown),
        cmocka_unit_test_setup_teardown(a_key_under_the_users_master_key_works_while_it_is_there, setup, teardown),
        cmocka_unit_test_setup_teardown(a_copy_moves_a_key_to_another_master_key, setup, teardown),
        cmocka_unit_test_setup_teardown(a_changed_key_stays_under_its_master_key, setup, teardown),
        cmocka_unit_test_setup_teardown(a_state_lies_under_the_master_key_of_its_key, setup, teardown),
        cmocka_unit_test_setup_teardown(another_hsm_with_the_master_key_takes_over, setup, teardown),
        cmocka_unit_test_setup_teardown(another_master_key_opens_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(values_can_be_hidden_altogether, setup, teardown),
        cmocka_unit_test_setup_teardown(reading_a_value_needs_the_right_to_wrap, setup, teardown),
        cmocka_unit_test_setup_teardown(only_who_may_initialise_tokens_makes_keys_trusted, setup, teardown),
        cmocka_unit_test_setup_teardown(a_blob_tells_the_keystore_what_it_holds, setup, teardown),
        cmocka_unit_test_setup_teardown(mechanisms_for_old_keys_can_be_switched_off, setup, teardown),
        cmocka_unit_test_setup_teardown(the_function_of_old_tls_can_be_switched_off, setup, teardown),
        cmocka_unit_test_setup_teardown(nobody_is_let_off_unless_the_policy_says_so, setup, teardown),
        cmocka_unit_test_setup_teardown(weak_wrapping_is_a_policy, setup, teardown),
        cmocka_unit_test_setup_teardown(what_may_take_long_waits_for_a_pool, setup, teardown),
        cmocka_unit_test_setup_teardown(keys_in_a_row_wait_for_a_pool, setup, teardown),
        cmocka_unit_test_setup_teardown(a_long_key_waits_for_a_pool, setup, teardown),
        cmocka_unit_test_setup_teardown(a_small_arena_fails_the_call, setup, teardown),
    };
    int failed;

    works(qk_crypto_start());

    works(qk_entropy_start(NULL));
    failed = cmocka_run_group_tests_name("local HSM", tests, NULL, NULL);
    qk_entropy_stop();
    qk_crypto_stop();
    return failed;
}
