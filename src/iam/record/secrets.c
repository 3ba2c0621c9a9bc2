/* SPDX-License-Identifier: Apache-2.0 */
#include "iam/record/secrets.h"

#include "entropy/random.h"

enum { MAC_KEY_LEN = 32 };

static const char signing_key_name[] = "token signing key", mac_key_name[] = "mac key";

void qk_iam_secrets_done(qk_iam_secrets *secrets)
{
    qk_secret_free(&secrets->mac_key);
    qk_key_unref(&secrets->private_key);
    qk_key_unref(&secrets->public_key);
}

qk_err qk_iam_mac(const qk_iam_secrets *secrets, const char *label, qk_view data, uint8_t out[QK_IAM_MAC_LEN])
{
    QK_OWNED(qk_buf_done) qk_buf labelled = QK_BUF_NONE;

    qk_buf_put_counted(&labelled, qk_view_text(label));
    qk_buf_put(&labelled, data);
    QK_TRY(qk_buf_check(&labelled));
    return qk_hmac_sha256(qk_secret_reveal(&secrets->mac_key), qk_buf_view(&labelled), out);
}

/* ---- making ---- */

/* A P-256 pair; the PKCS #8 form holds both halves. */
static qk_err make_signing_key(qk_secret *out_der)
{
    const qk_curve *curve = qk_curve_find(QK_VIEW_LITERAL("P-256"));
    qk_mech_use use = { .mech = qk_mech_find(CKM_EC_KEY_PAIR_GEN) };
    QK_OWNED(qk_attrs_done) qk_attrs template_ = QK_ATTRS_NONE;
    QK_OWNED(qk_key_unref) qk_key *public_key = NULL;
    QK_OWNED(qk_key_unref) qk_key *private_key = NULL;

    QK_TRY(qk_attrs_set(&template_, CKA_EC_PARAMS, qk_view_of(curve->oid_der, curve->oid_len)));
    QK_TRY(qk_key_generate_pair(&use, &template_, &public_key, &private_key));
    return qk_key_write(private_key, out_der);
}

static qk_err make_mac_key(qk_secret *out)
{
    return qk_random_secret(MAC_KEY_LEN, out);
}

/* ---- rows ---- */

static const char get[] = "SELECT sealed FROM iam_secrets WHERE name = ?1";
static const char put[] = "INSERT INTO iam_secrets (name, sealed) VALUES (?1, ?2)";

static qk_err read_row(qk_transaction *transaction, qk_ring *ring, const char *name, bool *out_found, qk_secret *out)
{
    QK_OWNED(qk_statement_end) qk_statement *statement = NULL;
    qk_err err;

    QK_TRY(qk_statement_prepare(transaction, get, &statement));
    qk_statement_bind_text(statement, 1, name);
    QK_TRY(qk_statement_step(statement, out_found));
    if (!*out_found)
        return QK_OK;
    err = qk_unseal(ring, QK_PURPOSE_IAM, qk_view_text(name), qk_statement_bytes(statement, 0), out);
    return err == QK_OK ? QK_OK : qk_fail_context(err, "the %s in the database: ", name);
}

static qk_err write_row(qk_transaction *transaction, qk_ring *ring, const char *name, const qk_secret *secret)
{
    QK_OWNED(qk_statement_end) qk_statement *statement = NULL;
    QK_OWNED(qk_buf_done) qk_buf sealed = QK_BUF_NONE;

    QK_TRY(qk_seal(ring, QK_UNDER_INSTANCE, QK_PURPOSE_IAM, qk_view_text(name), qk_secret_reveal(secret), &sealed));
    QK_TRY(qk_statement_prepare(transaction, put, &statement));
    qk_statement_bind_text(statement, 1, name);
    qk_statement_bind_bytes(statement, 2, qk_buf_view(&sealed));
    return qk_statement_run(statement);
}

/* In a write transaction, so that programs that start together agree on one. */
static qk_err read_or_make(qk_transaction *transaction, qk_ring *ring, const char *name, qk_err (*make)(qk_secret *out),
                           qk_secret *out)
{
    bool found;

    QK_TRY(read_row(transaction, ring, name, &found, out));
    if (found)
        return QK_OK;
    QK_TRY(make(out));
    return write_row(transaction, ring, name, out);
}

static qk_err read_keys(const qk_secret *der, qk_iam_secrets *out)
{
    QK_OWNED(qk_buf_done) qk_buf spki = QK_BUF_NONE;

    QK_TRY(qk_key_read(CKO_PRIVATE_KEY, CKK_EC, qk_secret_reveal(der), &out->private_key));
    QK_TRY(qk_key_write_spki(out->private_key, false, &spki));
    return qk_key_read(CKO_PUBLIC_KEY, CKK_EC, qk_buf_view(&spki), &out->public_key);
}

qk_err qk_iam_secrets_load(qk_database *database, qk_ring *ring, qk_iam_secrets *out)
{
    QK_OWNED(qk_iam_secrets_done) qk_iam_secrets secrets = QK_IAM_SECRETS_NONE;
    QK_OWNED(qk_secret_free) qk_secret der = QK_SECRET_NONE;
    QK_OWNED(qk_transaction_end) qk_transaction *transaction = NULL;

    QK_TRY(qk_transaction_begin(database, true, &transaction));
    QK_TRY(read_or_make(transaction, ring, signing_key_name, make_signing_key, &der));
    QK_TRY(read_or_make(transaction, ring, mac_key_name, make_mac_key, &secrets.mac_key));
    QK_TRY(qk_transaction_commit(&transaction));
    QK_TRY(read_keys(&der, &secrets));
    *out = secrets;
    secrets = QK_IAM_SECRETS_NONE;
    return QK_OK;
}
