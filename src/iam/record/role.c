/* SPDX-License-Identifier: Apache-2.0 */
/* The roles of the PKCS #11 set-up have 19, 6 and 4 actions. Source: IAM and administration, section 2.1. Those of the
 * service: section 2.3, which says nothing of digestkey (here: with digest), derivekey (with the making of keys),
 * deletekey (with the keystores), and of ep11.use and listservers, without which no other action can be used. */
#include "iam/record/role.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "iam/record/identity.h"

#define BIT(name) QK_ACTION_BIT(QK_ACTION_##name)

enum { VERSION = 1 };

/* clang-format off */
#define CRYPTO \
    (BIT(DECRYPT) | BIT(DERIVE_KEY) | BIT(DIGEST) | BIT(DIGEST_KEY) | BIT(ENCRYPT) | BIT(GENERATE_KEY) | \
     BIT(GENERATE_KEY_PAIR) | BIT(GENERATE_RANDOM) | BIT(GET_ATTRIBUTE) | BIT(MECHANISM_INFO) | BIT(MECHANISM_LIST) | \
     BIT(REWRAP_KEY_BLOB) | BIT(SET_ATTRIBUTE) | BIT(SIGN) | BIT(UNWRAP_KEY) | BIT(VERIFY) | BIT(WRAP_KEY) | \
     BIT(LIST_SERVERS) | BIT(EP11_USE))
#define KEYS \
    (BIT(DELETE_KEY) | BIT(FIND_KEYS) | BIT(GET_KEYS) | BIT(LIST_KEYSTORES) | BIT(STORE_KEY) | BIT(UPDATE_KEY))
#define KEYSTORES (BIT(CREATE_KEYSTORE) | BIT(DELETE_KEYSTORE) | BIT(FIND_KEYSTORES) | BIT(LIST_KEYSTORES))
#define MAKING    (BIT(GENERATE_KEY) | BIT(GENERATE_KEY_PAIR) | BIT(DERIVE_KEY) | BIT(STORE_KEY))
#define READING   (((CRYPTO) & ~(MAKING)) | BIT(FIND_KEYS) | BIT(GET_KEYS) | BIT(UPDATE_KEY))
#define ALL       (~QK_ACTION_BIT(QK_ACTION_NONE) & (QK_ACTION_BIT(QK_ACTION_COUNT) - 1))

static const qk_iam_role predefined[] = {
    { .id = "CryptoOperator",   .name = "Crypto operator",   .actions = CRYPTO,
      .description = "Cryptography with keys that the caller has; of the PKCS #11 set-up" },
    { .id = "KeyOperator",      .name = "Key operator",      .actions = KEYS,
      .description = "Keys in keystores; of the PKCS #11 set-up" },
    { .id = "KeystoreOperator", .name = "Keystore operator", .actions = KEYSTORES,
      .description = "Makes and removes keystores; of the PKCS #11 set-up" },
    { .id = "Reader",           .name = "Reader",            .actions = READING,
      .description = "Uses the keys that are there" },
    { .id = "ReaderPlus",       .name = "ReaderPlus",        .actions = READING,
      .description = "As Reader; the service tells them apart for things that this server does not have" },
    { .id = "Writer",           .name = "Writer",            .actions = READING | MAKING,
      .description = "Makes keys, stores and uses them" },
    { .id = "Manager",          .name = "Manager",           .actions = ALL,
      .description = "Everything, keystores too" },
};
/* clang-format on */

enum { PREDEFINED = sizeof predefined / sizeof predefined[0] };

/* ---- actions ---- */

static const char service[] = "hs-crypto.";

uint64_t qk_actions_of_keystores(void)
{
    return (KEYS) | KEYSTORES;
}

/* `word` is an action's name or the beginning of some before a star. */
static uint64_t actions_like(const char *word)
{
    size_t len = strlen(word), skip = strncmp(word, service, sizeof service - 1) == 0 ? 0 : sizeof service - 1;
    bool open = len > 0 && word[len - 1] == '*';
    uint64_t actions = 0;

    for (qk_action action = QK_ACTION_NONE + 1; action < QK_ACTION_COUNT; action++) {
        const char *name = qk_action_name(action) + skip;
        if (open ? strncmp(name, word, len - 1) == 0 : strcmp(name, word) == 0)
            actions |= QK_ACTION_BIT(action);
    }
    return actions;
}

qk_err qk_iam_actions_parse(const char *text, uint64_t *out_actions)
{
    char word[64], *end;
    uint64_t actions = 0, found;

    while (*(text += strspn(text, ", \n")) != 0) {
        size_t len = strcspn(text, ", \n");
        snprintf(word, sizeof word, "%.*s", len < sizeof word ? (int)len : 0, text);
        end = strchr(word, '*');
        found = word[0] && (!end || end[1] == 0) ? actions_like(word) : 0;
        if (!found)
            return qk_fail(QK_E_BAD_ARGUMENT,
                           "'%.*s' fits no action; 'quantoki iam role list --actions' shows all there are",
                           len < 60 ? (int)len : 60, text);
        actions |= found;
        text += len;
    }
    if (!actions)
        return qk_fail(QK_E_BAD_ARGUMENT, "a role needs one action at least");
    *out_actions = actions;
    return QK_OK;
}

/* ---- as content ---- */

static void put_actions(uint64_t actions, qk_buf *out)
{
    qk_buf_put_u8(out, (uint8_t)__builtin_popcountll(actions));
    for (qk_action action = QK_ACTION_NONE + 1; action < QK_ACTION_COUNT; action++)
        if (actions & QK_ACTION_BIT(action))
            qk_buf_put_counted(out, qk_view_text(qk_action_name(action)));
}

/* By names, since numbers may change from version to version; one that this version does not know grants nothing. */
static uint64_t read_actions(qk_reader *reader)
{
    unsigned count = qk_read_u8(reader);
    uint64_t actions = 0;
    char name[64];

    for (unsigned i = 0; i < count; i++) {
        qk_action action = qk_record_read_text(reader, name, sizeof name) ? qk_action_find(name) : QK_ACTION_NONE;
        if (action != QK_ACTION_NONE)
            actions |= QK_ACTION_BIT(action);
    }
    return actions;
}

static qk_err read_role(const char *name, qk_view content, void *out_item)
{
    qk_iam_role *out = out_item;
    qk_reader reader = qk_reader_of(content);

    if (strlen(name) >= sizeof out->id || qk_read_u8(&reader) != VERSION ||
        !qk_record_read_text(&reader, out->name, sizeof out->name) ||
        !qk_record_read_text(&reader, out->description, sizeof out->description))
        return qk_record_broken(name);
    strcpy(out->id, name);
    out->created_unix_s = (int64_t)qk_read_u64(&reader);
    out->actions = read_actions(&reader);
    return qk_reader_ended(&reader) ? QK_OK : qk_record_broken(name);
}

/* ---- rows ---- */

const qk_iam_role *qk_role_among(const qk_iam_role *roles, size_t count, const char *id)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(roles[i].id, id) == 0 || strcmp(roles[i].name, id) == 0)
            return &roles[i];
    return NULL;
}

const qk_iam_role *qk_role_predefined(const char *id)
{
    return qk_role_among(predefined, PREDEFINED, id);
}

static bool id_is_good(const char *id)
{
    size_t len = strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789");

    return len > 0 && len < QK_IAM_NAME && id[len] == 0 && id[0] >= 'A' && id[0] <= 'Z';
}

qk_err qk_role_add(qk_transaction *transaction, const qk_iam_secrets *secrets, const qk_iam_role *role)
{
    QK_OWNED(qk_buf_done) qk_buf content = QK_BUF_NONE;
    QK_OWNED(qk_record_free) qk_iam_role *roles = NULL;
    const char *name = role->name[0] ? role->name : role->id;
    size_t count;
    int64_t number;

    if (!id_is_good(role->id))
        return qk_fail(QK_E_BAD_ARGUMENT, "a role's id has 1 to 63 letters and digits, and starts with a capital "
                                          "letter; words for people go into its display name");
    if (!qk_name_is_printable(name) || strchr(name, ','))
        return qk_fail(QK_E_BAD_ARGUMENT, "a role's display name has 1 to 63 printable bytes without a comma");
    if (!role->actions)
        return qk_fail(QK_E_BAD_ARGUMENT, "a role needs one action at least");
    QK_TRY(qk_roles_read(transaction, secrets, &roles, &count));
    if (qk_role_among(roles, count, role->id) || qk_role_among(roles, count, name))
        return qk_fail(QK_E_OBJECT_CONFLICT, "there is a role %s or '%s' already", role->id, name);
    qk_buf_put_u8(&content, VERSION);
    qk_buf_put_counted(&content, qk_view_text(name));
    qk_buf_put_counted(&content, qk_view_text(role->description));
    qk_buf_put_u64(&content, (uint64_t)qk_clock_unix_s());
    put_actions(role->actions, &content);
    QK_TRY(qk_record_count_change(transaction, &number));
    return qk_record_insert(transaction, secrets, QK_RECORD_ROLE, role->id, &content);
}

qk_err qk_roles_read(qk_transaction *transaction, const qk_iam_secrets *secrets, qk_iam_role **out, size_t *out_count)
{
    QK_OWNED(qk_record_free) void *custom = NULL;
    qk_iam_role *all;
    size_t count;

    QK_TRY(qk_records_read(transaction, secrets, QK_RECORD_ROLE, read_role, sizeof *all, &custom, &count));
    all = calloc(PREDEFINED + count, sizeof *all);
    if (!all)
        return qk_fail(QK_E_NO_MEMORY, "no memory for %zu roles", count);
    memcpy(all, predefined, sizeof predefined);
    for (size_t i = 0; i < PREDEFINED; i++)
        all[i].predefined = true;
    if (count)
        memcpy(all + PREDEFINED, custom, count * sizeof *all);
    *out = all;
    *out_count = PREDEFINED + count;
    return QK_OK;
}
