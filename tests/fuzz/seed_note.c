/* SPDX-License-Identifier: Apache-2.0 */
/* Notes of wrong PINs, of both versions: what was read is written, and read again the same. */
#include "fuzz.h"

#include "crypto/crypto.h"
#include "seeder/latch.h"

void fuzz(qk_view input)
{
    const qk_seed_target_config config = { .name = "a", .library = "/x.so", .wanted = "t", .login_type = CKU_USER };
    QK_OWNED(qk_buf_done) qk_buf again = QK_BUF_NONE;
    qk_seed_latch latch = { 0 }, twin = { 0 };

    must(qk_crypto_start());
    if (qk_seed_note_read(input, &config, &latch) != QK_OK)
        return;
    promise(latch.code != CKR_OK);
    qk_seed_note_write(&latch, &config, &again);
    must(qk_seed_note_read(qk_buf_view(&again), &config, &twin));
    promise(twin.code == latch.code && twin.has_hash == latch.has_hash);
    promise(memcmp(twin.what, latch.what, sizeof twin.what) == 0 &&
            memcmp(twin.hash, latch.hash, sizeof twin.hash) == 0);
    promise(memcmp(twin.source, latch.source, sizeof twin.source) == 0);
    promise(memcmp(twin.token, latch.token, sizeof twin.token) == 0);
}
