/* SPDX-License-Identifier: Apache-2.0 */
/* Finding objects by template, and getting them by id.
 *
 * A search takes the narrowest index that its template allows: id, label, CKA_ID, class with key type, class, all. The
 * rows it yields are checked, unpacked and compared with the whole template. Keystores are searched one after the
 * other, each in the order in which its objects were stored; a page token is the place of the keystore in the request
 * and the number of the last object of the page. */
#include "keystore/login.h"
#include "keystore/row.h"

#include "p11/attribute_bytes.h"
#include "hsm/codec/attribute_codec.h"

enum {
    KEYSTORES_MOST = 64,
    PAGE_MOST = 1000,     /* objects */
    PAGE_BYTES = 8 << 20, /* of the arena, about 4 MiB on the wire */
    IDS_MOST = 1000,
    TOKEN_LEN = 4 + 8,
};

/* ---- which statement ---- */

#define SELECT "SELECT " QK_ROW_COLUMNS " FROM objects "
#define ORDER  " AND number > ?2 ORDER BY number"
/* The index of kinds yields numbers ordered by key type; they are put into order before rows are fetched. */
#define BY_KIND(condition)                                                                                             \
    SELECT "WHERE number IN (SELECT number FROM objects INDEXED BY objects_by_kind WHERE keystore = ?1 AND " condition \
           " AND number > ?2) ORDER BY number"

static const char by_id[] = SELECT "WHERE keystore = ?1 AND id = ?3" ORDER;
static const char by_label[] = SELECT "INDEXED BY objects_by_label WHERE keystore = ?1 AND label = ?3" ORDER;
static const char by_cka_id[] = SELECT "INDEXED BY objects_by_cka_id WHERE keystore = ?1 AND cka_id = ?3" ORDER;
static const char by_kind[] = BY_KIND("class = ?3 AND key_type = ?4");
static const char by_class[] = BY_KIND("class = ?3");
static const char all[] = SELECT "INDEXED BY objects_of_keystore WHERE keystore = ?1" ORDER;

typedef struct search {
    qk_attrs wanted; /* the template, without what the row does not hold */
    bool nothing;    /* the template matches no token object */
    bool has_id;
    qk_uuid id; /* from CKA_UNIQUE_ID */
} search;

static void search_done(search *it)
{
    qk_attrs_done(&it->wanted);
}

static bool has_number(const qk_attrs *wanted, CK_ATTRIBUTE_TYPE type)
{
    return qk_attrs_view(wanted, type).len == sizeof(CK_ULONG);
}

/* Rows of an authenticated keystore are sealed: there the id alone narrows. */
static qk_err prepare(qk_transaction *transaction, const search *it, bool sealed, qk_statement **out_statement)
{
    const qk_attrs *wanted = &it->wanted;
    const qk_attr *label = sealed ? NULL : qk_attrs_find(wanted, CKA_LABEL);
    const qk_attr *cka_id = sealed ? NULL : qk_attrs_find(wanted, CKA_ID);
    bool class = !sealed && has_number(wanted, CKA_CLASS), type = !sealed && has_number(wanted, CKA_KEY_TYPE);
    const char *sql = it->has_id      ? by_id
                      : label         ? by_label
                      : cka_id        ? by_cka_id
                      : class && type ? by_kind
                      : class         ? by_class
                                      : all;

    QK_TRY(qk_statement_prepare(transaction, sql, out_statement));
    if (it->has_id)
        qk_statement_bind_bytes(*out_statement, 3, qk_view_of(it->id.bytes, sizeof it->id.bytes));
    else if (label || cka_id)
        qk_statement_bind_bytes(*out_statement, 3, label ? label->value : cka_id->value);
    else if (class)
        qk_statement_bind_int(*out_statement, 3, (int64_t)qk_attrs_ulong(wanted, CKA_CLASS, 0));
    if (sql == by_kind)
        qk_statement_bind_int(*out_statement, 4, (int64_t)qk_attrs_ulong(wanted, CKA_KEY_TYPE, 0));
    return QK_OK;
}

/* ---- the template ---- */

/* CKA_TOKEN is true of everything here. CKA_PRIVATE is a matter of which keystores are searched, so a template that
 * still has it comes from a caller that did not choose, and would get wrong answers. */
static qk_err take_out_place(search *it)
{
    if (qk_attrs_find(&it->wanted, CKA_PRIVATE))
        return qk_fail(QK_E_ATTRIBUTE_TYPE, "CKA_PRIVATE chooses the keystores of a search, not objects in them");
    it->nothing |= !qk_attrs_bool(&it->wanted, CKA_TOKEN, true);
    qk_attrs_remove(&it->wanted, CKA_TOKEN);
    return QK_OK;
}

static void take_out_id(search *it)
{
    qk_view text = qk_attrs_view(&it->wanted, CKA_UNIQUE_ID);
    char terminated[QK_UUID_TEXT] = { 0 };

    if (!qk_attrs_find(&it->wanted, CKA_UNIQUE_ID))
        return;
    if (text.len == QK_UUID_TEXT - 1)
        memcpy(terminated, text.data, text.len);
    it->has_id = true;
    it->nothing |= qk_uuid_read(terminated, &it->id) != QK_OK;
    qk_attrs_remove(&it->wanted, CKA_UNIQUE_ID);
}

static qk_err search_read(const Quantoki__V1__FindObjectsRequest *in, search *out)
{
    QK_TRY(qk_attrs_from_map(in->template_, in->n_template_, &out->wanted));
    QK_TRY(take_out_place(out));
    take_out_id(out);
    return QK_OK;
}

/* ---- pages ---- */

typedef struct page {
    Quantoki__V1__FindObjectsResponse *out;
    const qk_call *call;
    size_t most;      /* objects */
    size_t arena_end; /* the arena's use at which the page is full */
    int64_t last;     /* number of its last object, or of the page before */
    bool full;        /* there is more that did not fit */
} page;

static qk_err page_begin(const Quantoki__V1__FindObjectsRequest *in, const qk_call *call,
                         Quantoki__V1__FindObjectsResponse *out, page *it)
{
    qk_arena *arena = call->arena;
    size_t room = PAGE_BYTES;

    it->out = out;
    it->call = call;
    it->most = in->pagesize && in->pagesize < PAGE_MOST ? in->pagesize : PAGE_MOST;
    out->objects = qk_arena_alloc(arena, it->most * sizeof(Quantoki__V1__Object *));
    if (!out->objects)
        return qk_fail(QK_E_NO_MEMORY, "no memory for a page of %zu objects", it->most);
    /* The encoded answer will lie in the same arena. */
    if (arena->limit && (arena->limit - arena->used) / 5 * 2 < room)
        room = (arena->limit - arena->used) / 5 * 2;
    it->arena_end = arena->used + room;
    return QK_OK;
}

static bool page_is_full(const page *it)
{
    return it->out->n_objects == it->most || (it->out->n_objects > 0 && it->call->arena->used >= it->arena_end);
}

static qk_err page_add(page *it, const qk_row *row, const qk_attrs *attrs)
{
    Quantoki__V1__FindObjectsResponse *out = it->out;

    QK_TRY(qk_row_to_message(row, attrs, it->call->arena, &out->objects[out->n_objects]));
    out->n_objects++;
    it->last = row->number;
    return QK_OK;
}

/* All matches of one keystore after page->last, until the page is full. */
static qk_err search_keystore(qk_keystore_local *local, qk_transaction *transaction, const qk_uuid *keystore,
                              const search *it, page *page_)
{
    QK_OWNED(qk_statement_end) qk_statement *statement = NULL;
    QK_OWNED(qk_keystore_place_done) qk_keystore_place place = QK_KEYSTORE_PLACE_NONE;

    QK_TRY(qk_keystore_enter(local, page_->call, transaction, keystore, &place));
    QK_TRY(prepare(transaction, it, place.session != NULL, &statement));
    qk_statement_bind_int(statement, 1, place.number);
    qk_statement_bind_int(statement, 2, page_->last);
    for (;;) {
        QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
        qk_row row;
        bool more;
        QK_TRY(qk_statement_step(statement, &more));
        if (!more)
            return QK_OK;
        QK_TRY(qk_row_load(statement, &place, local->ring, &row));
        QK_TRY(qk_attrs_read(row.attributes, &attrs));
        if (!qk_attrs_match(&attrs, &it->wanted))
            continue;
        page_->full = page_is_full(page_);
        if (page_->full)
            return QK_OK;
        QK_TRY(page_add(page_, &row, &attrs));
    }
}

/* ---- the token ---- */

static qk_err token_read(qk_view token, size_t keystores, size_t *out_place, int64_t *out_last)
{
    qk_reader reader = qk_reader_of(token);

    *out_place = 0;
    *out_last = 0;
    if (token.len == 0)
        return QK_OK;
    *out_place = qk_read_u32(&reader);
    *out_last = (int64_t)qk_read_u64(&reader);
    if (!qk_reader_ended(&reader) || *out_place >= keystores || *out_last < 0)
        return qk_fail(QK_E_BAD_ARGUMENT, "the page token is not one of this search");
    return QK_OK;
}

static qk_err token_write(qk_arena *arena, size_t place, int64_t last, ProtobufCBinaryData *out)
{
    uint8_t *token;

    QK_TRY(qk_arena_bytes(arena, TOKEN_LEN, &token));
    for (size_t i = 0; i < 4; i++)
        token[i] = (uint8_t)(place >> (8 * (3 - i)));
    for (size_t i = 0; i < 8; i++)
        token[4 + i] = (uint8_t)((uint64_t)last >> (8 * (7 - i)));
    *out = qk_message_bytes(qk_view_of(token, TOKEN_LEN));
    return QK_OK;
}

/* ---- FindObjects ---- */

static qk_err read_keystores(const Quantoki__V1__FindObjectsRequest *in, const qk_caller *caller, qk_uuid *out)
{
    if (in->n_keystores == 0 || in->n_keystores > KEYSTORES_MOST)
        return qk_fail(QK_E_BAD_ARGUMENT, "a search in %zu keystores; 1 to %d go", in->n_keystores, KEYSTORES_MOST);
    for (size_t i = 0; i < in->n_keystores; i++) {
        QK_TRY(qk_keystore_read_uuid(in->keystores[i], "a keystore's id", &out[i]));
        QK_TRY(qk_caller_may_in(caller, QK_ACTION_FIND_KEYS, &out[i]));
    }
    return QK_OK;
}

qk_err qk_objects_find(void *context, const qk_call *call, const void *request, void *response)
{
    qk_keystore_local *local = context;
    const Quantoki__V1__FindObjectsRequest *in = request;
    Quantoki__V1__FindObjectsResponse *out = response;
    QK_OWNED(search_done) search search_ = { .wanted = QK_ATTRS_NONE };
    QK_OWNED(qk_transaction_end) qk_transaction *transaction = NULL;
    qk_uuid keystores[KEYSTORES_MOST];
    page page_ = { 0 };
    size_t place;

    QK_TRY(read_keystores(in, call->caller, keystores));
    QK_TRY(search_read(in, &search_));
    QK_TRY(token_read(qk_message_view(in->pagetoken), in->n_keystores, &place, &page_.last));
    if (search_.nothing)
        return QK_OK;
    QK_TRY(page_begin(in, call, out, &page_));
    QK_TRY(qk_transaction_begin(local->database, false, &transaction));
    for (;; page_.last = 0) {
        QK_TRY(search_keystore(local, transaction, &keystores[place], &search_, &page_));
        if (page_.full)
            return token_write(call->arena, place, page_.last, &out->nextpagetoken);
        if (++place == in->n_keystores)
            return QK_OK;
    }
}

/* ---- GetObjects ---- */

static const char get_version[] = "SELECT version FROM objects WHERE keystore = ?1 AND id = ?2";

/* What the caller has is still current: only id and version go back. */
static qk_err is_current(qk_transaction *transaction, int64_t keystore, const qk_uuid *id, int64_t known,
                         bool *out_current)
{
    QK_OWNED(qk_statement_end) qk_statement *statement = NULL;
    bool row;

    *out_current = false;
    if (known < 0)
        return QK_OK;
    QK_TRY(qk_statement_prepare(transaction, get_version, &statement));
    qk_statement_bind_int(statement, 1, keystore);
    qk_statement_bind_bytes(statement, 2, qk_view_of(id->bytes, sizeof id->bytes));
    QK_TRY(qk_statement_step(statement, &row));
    *out_current = row && qk_statement_int(statement, 0) == known;
    return QK_OK;
}

static qk_err add_current(const qk_uuid *keystore, const Quantoki__V1__GetObjectsRequest__Known *known, qk_arena *arena,
                          Quantoki__V1__GetObjectsResponse *out)
{
    Quantoki__V1__Object *object = qk_message_new(&quantoki__v1__object__descriptor, arena);
    qk_view id;

    if (!object)
        return qk_fail(QK_E_NO_MEMORY, "no memory for an object of an answer");
    QK_TRY(qk_arena_copy(arena, qk_view_of(keystore->bytes, sizeof keystore->bytes), &id));
    object->keystore = qk_message_bytes(id);
    QK_TRY(qk_arena_copy(arena, qk_message_view(known->id), &id));
    object->id = qk_message_bytes(id);
    object->version = known->version;
    out->objects[out->n_objects++] = object;
    return QK_OK;
}

static qk_err get_one(qk_keystore_local *local, qk_transaction *transaction, qk_keystore_place *place,
                      const Quantoki__V1__GetObjectsRequest__Known *known, qk_arena *arena,
                      Quantoki__V1__GetObjectsResponse *out)
{
    QK_OWNED(qk_statement_end) qk_statement *statement = NULL;
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
    bool current, found;
    qk_uuid id;
    qk_row row;

    QK_TRY(qk_keystore_read_uuid(known->id, "an object's id", &id));
    QK_TRY(is_current(transaction, place->number, &id, known->version, &current));
    if (current)
        return add_current(&place->keystore, known, arena, out);
    QK_TRY(qk_row_get(transaction, place, &id, local->ring, &statement, &found, &row));
    if (!found)
        return QK_OK;
    QK_TRY(qk_attrs_read(row.attributes, &attrs));
    return qk_row_to_message(&row, &attrs, arena, &out->objects[out->n_objects++]);
}

qk_err qk_objects_get(void *context, const qk_call *call, const void *request, void *response)
{
    qk_keystore_local *local = context;
    const Quantoki__V1__GetObjectsRequest *in = request;
    Quantoki__V1__GetObjectsResponse *out = response;
    QK_OWNED(qk_transaction_end) qk_transaction *transaction = NULL;
    QK_OWNED(qk_keystore_place_done) qk_keystore_place place = QK_KEYSTORE_PLACE_NONE;
    qk_uuid keystore;

    if (in->n_objects == 0 || in->n_objects > IDS_MOST)
        return qk_fail(QK_E_BAD_ARGUMENT, "GetObjects of %zu objects; 1 to %d go", in->n_objects, IDS_MOST);
    QK_TRY(qk_keystore_read_uuid(in->keystore, "a keystore's id", &keystore));
    QK_TRY(qk_caller_may_in(call->caller, QK_ACTION_GET_KEYS, &keystore));
    out->objects = qk_arena_alloc(call->arena, in->n_objects * sizeof(Quantoki__V1__Object *));
    if (!out->objects)
        return qk_fail(QK_E_NO_MEMORY, "no memory for %zu objects", in->n_objects);
    QK_TRY(qk_transaction_begin(local->database, false, &transaction));
    QK_TRY(qk_keystore_enter(local, call, transaction, &keystore, &place));
    for (size_t i = 0; i < in->n_objects; i++)
        QK_TRY(get_one(local, transaction, &place, in->objects[i], call->arena, out));
    return QK_OK;
}
