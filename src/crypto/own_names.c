/* SPDX-License-Identifier: Apache-2.0 */
/* A provider in the private context that lends the default provider's functions: it shows the same types of keys under
 * other names, and the operations on them. It has no state; its context is the default provider's. */
#include "crypto/own_names.h"

#include <string.h>

#include <openssl/core_dispatch.h>
#include <openssl/provider.h>

#include "crypto/library.h"
#include "crypto/openssl.h"

#define PROVIDER_NAME "quantoki-keys"
#define PROPERTIES    "provider=" PROVIDER_NAME

enum { MAX_ALGORITHMS = 128 };

static const struct own_name {
    const char *type, *own;
} own_names[] = {
    { "RSA", "QK-RSA" },     { "EC", "QK-EC" },         { "ED25519", "QK-ED25519" },
    { "ED448", "QK-ED448" }, { "X25519", "QK-X25519" }, { "X448", "QK-X448" },
    { "DSA", "QK-DSA" },     { "DH", "QK-DH" },         { "DHX", "QK-DHX" },
};

enum { OWN_NAMES = sizeof(own_names) / sizeof(own_names[0]) };

/* What is lent, by operation. Filled when the provider is loaded, by the one thread that starts the room. */
static struct lent {
    int operation;
    bool with_names; /* also under OpenSSL's names: a type of key may ask for "ECDSA" by name */
    OSSL_ALGORITHM algorithms[MAX_ALGORITHMS + 1];
} lent[] = {
    { .operation = OSSL_OP_KEYMGMT, .with_names = false },
    { .operation = OSSL_OP_SIGNATURE, .with_names = true },
    { .operation = OSSL_OP_ASYM_CIPHER, .with_names = true },
    { .operation = OSSL_OP_KEYEXCH, .with_names = true },
};

enum { OPERATIONS = sizeof(lent) / sizeof(lent[0]) };

static OSSL_PROVIDER *lender;

const char *qk_own_name(const char *type)
{
    for (size_t i = 0; i < OWN_NAMES; i++)
        if (strcmp(own_names[i].type, type) == 0)
            return own_names[i].own;
    return type;
}

/* Whether `names`, with colons between them, begin with that one. */
static bool is_first(const char *names, const char *name)
{
    size_t len = strlen(name);
    return strncmp(names, name, len) == 0 && (names[len] == '\0' || names[len] == ':');
}

static void add(struct lent *to, size_t *count, const OSSL_ALGORITHM *algorithm, const char *names)
{
    if (*count < MAX_ALGORITHMS)
        to->algorithms[(*count)++] = (OSSL_ALGORITHM){ names, PROPERTIES, algorithm->implementation, NULL };
}

static void lend(struct lent *to)
{
    int no_cache = 0;
    size_t count = 0;
    const OSSL_ALGORITHM *from = OSSL_PROVIDER_query_operation(lender, to->operation, &no_cache);

    for (; from && from->algorithm_names; from++) {
        if (to->with_names)
            add(to, &count, from, from->algorithm_names);
        for (size_t i = 0; i < OWN_NAMES; i++)
            if (is_first(from->algorithm_names, own_names[i].type))
                add(to, &count, from, own_names[i].own);
    }
    to->algorithms[count] = (OSSL_ALGORITHM){ NULL, NULL, NULL, NULL };
}

static const OSSL_ALGORITHM *query(void *provider, int operation, int *no_cache)
{
    (void)provider;
    *no_cache = 0;
    for (size_t i = 0; i < OPERATIONS; i++)
        if (lent[i].operation == operation)
            return lent[i].algorithms;
    return NULL;
}

static const OSSL_DISPATCH provider_calls[] = {
    { OSSL_FUNC_PROVIDER_QUERY_OPERATION, (void (*)(void))query },
    { 0, NULL },
};

static int provider_init(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in, const OSSL_DISPATCH **out,
                         void **out_context)
{
    (void)handle;
    (void)in;
    *out = provider_calls;
    *out_context = OSSL_PROVIDER_get0_provider_ctx(lender);
    return 1;
}

qk_err qk_own_names_load(OSSL_LIB_CTX *context, OSSL_PROVIDER *default_provider, OSSL_PROVIDER **out)
{
    lender = default_provider;
    for (size_t i = 0; i < OPERATIONS; i++)
        lend(&lent[i]);
    if (OSSL_PROVIDER_add_builtin(context, PROVIDER_NAME, provider_init) == 1)
        *out = OSSL_PROVIDER_load(context, PROVIDER_NAME);
    return *out ? QK_OK : qk_openssl_fail(QK_E_GENERAL, "OpenSSL does not take our names of keys");
}
