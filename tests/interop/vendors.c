/* SPDX-License-Identifier: Apache-2.0 */
/* HashiCorp Vault's seal "pkcs11", Oracle TDE, Db2 native encryption. Sources: Vault's page on the seal (its list of
 * attributes is literal); Oracle's and IBM's pages on keystores in an HSM, which describe what is asked of the HSM:
 * master keys made and found by label, data keys sent there to be encrypted and decrypted. */
#include "sequences.h"

#include <sys/wait.h>
#include <unistd.h>

static CK_MECHANISM aes_gen = { CKM_AES_KEY_GEN, NULL, 0 };
static const char secret[] = "the root key of everything, 32+ bytes";

/* ---- Vault ---- */

#define VAULT_KEY  "vault-hsm-key"
#define VAULT_HMAC "vault-hsm-hmac-key"

static CK_BYTE sealed[128], sealed_iv[16], sealed_mac[32];
static CK_ULONG sealed_len;

static void vault_generates(void)
{
    CK_OBJECT_CLASS class = CKO_SECRET_KEY;
    CK_KEY_TYPE aes = CKK_AES, generic = CKK_GENERIC_SECRET;
    CK_ULONG len = 32;
    CK_BYTE id[4] = { 0x12, 0x34, 0x56, 0x78 };
    CK_MECHANISM generic_gen = { CKM_GENERIC_SECRET_KEY_GEN, NULL, 0 };
    CK_ATTRIBUTE key[] = { VALUE(CKA_CLASS, class),
                           VALUE(CKA_KEY_TYPE, aes),
                           VALUE(CKA_VALUE_LEN, len),
                           TEXT(CKA_LABEL, VAULT_KEY),
                           VALUE(CKA_ID, id),
                           YES(CKA_PRIVATE),
                           YES(CKA_TOKEN),
                           YES(CKA_SENSITIVE),
                           YES(CKA_ENCRYPT),
                           YES(CKA_DECRYPT),
                           YES(CKA_WRAP),
                           YES(CKA_UNWRAP),
                           NO(CKA_EXTRACTABLE) };
    CK_ATTRIBUTE hmac[] = { VALUE(CKA_CLASS, class),
                            VALUE(CKA_KEY_TYPE, generic),
                            VALUE(CKA_VALUE_LEN, len),
                            TEXT(CKA_LABEL, VAULT_HMAC),
                            VALUE(CKA_ID, id),
                            YES(CKA_PRIVATE),
                            YES(CKA_TOKEN),
                            YES(CKA_SENSITIVE),
                            YES(CKA_SIGN),
                            YES(CKA_VERIFY),
                            NO(CKA_EXTRACTABLE) };
    CK_OBJECT_HANDLE made;

    begin(CKF_OS_LOCKING_OK);
    find(CKO_SECRET_KEY, CKK_AES, VAULT_KEY, 0);
    find(CKO_SECRET_KEY, CKK_GENERIC_SECRET, VAULT_HMAC, 0);
    OK(p11->C_GenerateKey(session, &aes_gen, key, COUNT(key), &made));
    OK(p11->C_GenerateKey(session, &generic_gen, hmac, COUNT(hmac), &made));
}

static void vault_mac(CK_BYTE mac[32])
{
    CK_MECHANISM hmac = { CKM_SHA256_HMAC, NULL, 0 };
    CK_BYTE data[16 + sizeof sealed];
    CK_ULONG len = 0;

    memcpy(data, sealed_iv, 16);
    memcpy(data + 16, sealed, sealed_len);
    OK(p11->C_SignInit(session, &hmac, find(CKO_SECRET_KEY, CKK_GENERIC_SECRET, VAULT_HMAC, 1)));
    OK(p11->C_Sign(session, data, 16 + sealed_len, NULL, &len));
    CHECK(len == 32);
    OK(p11->C_Sign(session, data, 16 + sealed_len, mac, &len));
}

static void vault_seals(void)
{
    CK_MECHANISM cbc = { CKM_AES_CBC_PAD, sealed_iv, sizeof sealed_iv };

    OK(p11->C_GenerateRandom(session, sealed_iv, sizeof sealed_iv));
    sealed_len = encrypt(&cbc, find(CKO_SECRET_KEY, CKK_AES, VAULT_KEY, 1), secret, sizeof secret, sealed);
    vault_mac(sealed_mac);
}

static void vault_unseals_after_a_restart(void)
{
    CK_MECHANISM cbc = { CKM_AES_CBC_PAD, sealed_iv, sizeof sealed_iv };
    CK_BYTE mac[32], plain[128];

    restart();
    vault_mac(mac);
    CHECK(memcmp(mac, sealed_mac, 32) == 0);
    CHECK(decrypt(&cbc, find(CKO_SECRET_KEY, CKK_AES, VAULT_KEY, 1), sealed, sealed_len, plain) == sizeof secret);
    CHECK(memcmp(plain, secret, sizeof secret) == 0);
}

static void vault_uses_gcm(void)
{
    CK_BYTE iv[12], cipher[128], plain[128];
    CK_GCM_PARAMS params = { .pIv = iv, .ulIvLen = sizeof iv, .ulIvBits = 96, .ulTagBits = 128 };
    CK_MECHANISM gcm = { CKM_AES_GCM, &params, sizeof params };
    CK_OBJECT_HANDLE key = find(CKO_SECRET_KEY, CKK_AES, VAULT_KEY, 1);
    CK_ULONG len;

    OK(p11->C_GenerateRandom(session, iv, sizeof iv));
    len = encrypt(&gcm, key, secret, sizeof secret, cipher);
    CHECK(len == sizeof secret + 16);
    CHECK(decrypt(&gcm, key, cipher, len, plain) == sizeof secret && memcmp(plain, secret, sizeof secret) == 0);
}

static void vault_uses_rsa(void)
{
    CK_OBJECT_CLASS public_class = CKO_PUBLIC_KEY, private_class = CKO_PRIVATE_KEY;
    CK_KEY_TYPE rsa = CKK_RSA;
    CK_ULONG bits = 2048, len;
    CK_BYTE e[3] = { 1, 0, 1 }, cipher[256], plain[256];
    CK_MECHANISM generate = { CKM_RSA_PKCS_KEY_PAIR_GEN, NULL, 0 };
    CK_ATTRIBUTE public_items[] = { VALUE(CKA_CLASS, public_class),
                                    VALUE(CKA_KEY_TYPE, rsa),
                                    TEXT(CKA_LABEL, "vault-rsa"),
                                    YES(CKA_ENCRYPT),
                                    YES(CKA_WRAP),
                                    VALUE(CKA_MODULUS_BITS, bits),
                                    VALUE(CKA_PUBLIC_EXPONENT, e),
                                    YES(CKA_TOKEN) };
    CK_ATTRIBUTE private_items[] = { VALUE(CKA_CLASS, private_class),
                                     VALUE(CKA_KEY_TYPE, rsa),
                                     TEXT(CKA_LABEL, "vault-rsa"),
                                     YES(CKA_DECRYPT),
                                     YES(CKA_UNWRAP),
                                     YES(CKA_TOKEN),
                                     NO(CKA_EXTRACTABLE) };
    CK_RSA_PKCS_OAEP_PARAMS params = { CKM_SHA256, CKG_MGF1_SHA256, CKZ_DATA_SPECIFIED, NULL, 0 };
    CK_MECHANISM oaep = { CKM_RSA_PKCS_OAEP, &params, sizeof params };
    CK_OBJECT_HANDLE made[2];

    OK(p11->C_GenerateKeyPair(session, &generate, public_items, COUNT(public_items), private_items,
                              COUNT(private_items), &made[0], &made[1]));
    len = encrypt(&oaep, find(CKO_PUBLIC_KEY, CKK_RSA, "vault-rsa", 1), secret, sizeof secret, cipher);
    CHECK(decrypt(&oaep, find(CKO_PRIVATE_KEY, CKK_RSA, "vault-rsa", 1), cipher, len, plain) == sizeof secret);
    CHECK(memcmp(plain, secret, sizeof secret) == 0);
    destroy_all("vault-rsa");
    end();
}

const step vault_steps[] = {
    { "Vault generates its keys with the attributes it documents", vault_generates, NULL },
    { "Vault seals by AES-CBC and HMAC", vault_seals, NULL },
    { "Vault finds its keys after a restart and unseals", vault_unseals_after_a_restart, NULL },
    { "Vault seals by AES-GCM", vault_uses_gcm, NULL },
    { "Vault seals by RSA-OAEP", vault_uses_rsa, NULL },
    { NULL, NULL, NULL },
};

/* ---- a master key in the HSM, data keys outside ---- */

static CK_OBJECT_HANDLE make_master(const char *name)
{
    CK_OBJECT_CLASS class = CKO_SECRET_KEY;
    CK_KEY_TYPE aes = CKK_AES;
    CK_ULONG len = 32;
    CK_ATTRIBUTE items[] = { VALUE(CKA_CLASS, class), VALUE(CKA_KEY_TYPE, aes), VALUE(CKA_VALUE_LEN, len),
                             TEXT(CKA_LABEL, name),   YES(CKA_TOKEN),           YES(CKA_PRIVATE),
                             YES(CKA_SENSITIVE),      YES(CKA_ENCRYPT),         YES(CKA_DECRYPT) };
    CK_OBJECT_HANDLE made;

    OK(p11->C_GenerateKey(session, &aes_gen, items, COUNT(items), &made));
    return made;
}

typedef struct data_key {
    CK_BYTE clear[32], iv[16], closed[48];
    CK_ULONG closed_len;
} data_key;

static void close_key(data_key *key, CK_MECHANISM_TYPE type, const char *master)
{
    CK_MECHANISM cbc = { type, key->iv, sizeof key->iv };

    OK(p11->C_GenerateRandom(session, key->iv, sizeof key->iv));
    key->closed_len = encrypt(&cbc, find(CKO_SECRET_KEY, CKK_AES, master, 1), key->clear, 32, key->closed);
}

static void open_key(data_key *key, CK_MECHANISM_TYPE type, const char *master)
{
    CK_MECHANISM cbc = { type, key->iv, sizeof key->iv };
    CK_BYTE clear[48];

    CHECK(decrypt(&cbc, find(CKO_SECRET_KEY, CKK_AES, master, 1), key->closed, key->closed_len, clear) == 32);
    CHECK(memcmp(clear, key->clear, 32) == 0);
}

/* ---- Oracle ---- */

#define ORACLE_1 "ORACLE.TDE.HSM.MK.0600000000000000000000000000000001"
#define ORACLE_2 "ORACLE.TDE.HSM.MK.0600000000000000000000000000000002"

static data_key table_key;

static void oracle_sets_a_key(void)
{
    CK_OBJECT_CLASS data = CKO_DATA;
    CK_ATTRIBUTE items[] = { VALUE(CKA_CLASS, data), YES(CKA_TOKEN), YES(CKA_PRIVATE),
                             TEXT(CKA_LABEL, "ORACLE.TDE.CONFIGURATION"), TEXT(CKA_VALUE, ORACLE_1) };
    CK_OBJECT_HANDLE object;

    begin(CKF_OS_LOCKING_OK);
    find(CKO_SECRET_KEY, CKK_AES, ORACLE_1, 0);
    make_master(ORACLE_1);
    OK(p11->C_CreateObject(session, items, COUNT(items), &object)); /* which key is current */
    find(CKO_DATA, 0, "ORACLE.TDE.CONFIGURATION", 1);
    OK(p11->C_GenerateRandom(session, table_key.clear, 32));
    close_key(&table_key, CKM_AES_CBC, ORACLE_1);
}

static void oracle_opens_the_wallet_again(void)
{
    restart();
    open_key(&table_key, CKM_AES_CBC, ORACLE_1);
}

/* Each connection is served by a process of its own, which was forked while the library was in use. */
static void oracle_forks_servers(void)
{
    pid_t children[4];
    int status;

    for (size_t i = 0; i < COUNT(children); i++) {
        children[i] = fork();
        if (children[i] == 0) {
            begin(CKF_OS_LOCKING_OK);
            open_key(&table_key, CKM_AES_CBC, ORACLE_1);
            end();
            _exit(0);
        }
    }
    for (size_t i = 0; i < COUNT(children); i++)
        CHECK(waitpid(children[i], &status, 0) == children[i] && WIFEXITED(status) && WEXITSTATUS(status) == 0);
    open_key(&table_key, CKM_AES_CBC, ORACLE_1);
}

static void oracle_rotates(void)
{
    make_master(ORACLE_2);
    open_key(&table_key, CKM_AES_CBC, ORACLE_1);
    close_key(&table_key, CKM_AES_CBC, ORACLE_2);
    restart();
    open_key(&table_key, CKM_AES_CBC, ORACLE_2);
    end();
}

const step oracle_steps[] = {
    { "Oracle TDE sets a master key and closes a table's key", oracle_sets_a_key, NULL },
    { "Oracle TDE opens the wallet again", oracle_opens_the_wallet_again, NULL },
    { "Oracle TDE's server processes fork and open the table's key", oracle_forks_servers, NULL },
    { "Oracle TDE rotates the master key", oracle_rotates, NULL },
    { NULL, NULL, NULL },
};

/* ---- Db2: connects for each action, and leaves ---- */

#define DB2_1 "DB2_SYSGEN_db2inst1_SAMPLE_2026-01-01-00.00.00_0001"
#define DB2_2 "db2-master-migrated"

static data_key dek;

static void db2_creates_a_database(void)
{
    begin(0);
    find(CKO_SECRET_KEY, CKK_AES, DB2_1, 0);
    make_master(DB2_1);
    memset(dek.clear, 0xd2, 32); /* Db2 makes it itself */
    close_key(&dek, CKM_AES_CBC_PAD, DB2_1);
    end();
}

static void db2_starts_the_database(void)
{
    begin(0);
    open_key(&dek, CKM_AES_CBC_PAD, DB2_1);
    end();
}

static void db2_migrates_a_key(void)
{
    CK_OBJECT_CLASS class = CKO_SECRET_KEY;
    CK_KEY_TYPE aes = CKK_AES;
    CK_BYTE value[32] = { 0x5a };
    CK_ATTRIBUTE items[] = { VALUE(CKA_CLASS, class), VALUE(CKA_KEY_TYPE, aes), VALUE(CKA_VALUE, value),
                             TEXT(CKA_LABEL, DB2_2),  YES(CKA_TOKEN),           YES(CKA_PRIVATE),
                             YES(CKA_SENSITIVE),      YES(CKA_ENCRYPT),         YES(CKA_DECRYPT) };
    CK_OBJECT_HANDLE made;

    begin(0);
    OK(p11->C_CreateObject(session, items, COUNT(items), &made));
    end();
}

static void db2_rotates(void)
{
    begin(0);
    open_key(&dek, CKM_AES_CBC_PAD, DB2_1);
    close_key(&dek, CKM_AES_CBC_PAD, DB2_2);
    end();
    begin(0);
    open_key(&dek, CKM_AES_CBC_PAD, DB2_2);
    end();
}

const step db2_steps[] = {
    { "Db2 creates an encrypted database", db2_creates_a_database, NULL },
    { "Db2 starts the database", db2_starts_the_database, NULL },
    { "Db2 brings its old master key along", db2_migrates_a_key, NULL },
    { "Db2 rotates the master key", db2_rotates, NULL },
    { NULL, NULL, NULL },
};
