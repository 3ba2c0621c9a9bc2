/* SPDX-License-Identifier: Apache-2.0 */
/* Headers of a signed answer. Input: Signature-Input, Signature and Content-Digest, a line each, then the body.
 * Whatever is read and written reads the same, and nothing is ever trusted: the question's nonce is in no signature
 * that exists. The first line is also what a request may bring in Accept-Signature. */
#include "fuzz.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "crypto/crypto.h"
#include "entropy/signature/question.h"
#include "entropy/signature/rfc9421_testing.h"

enum { SIGNED_AT = 1618884473 };

static qk_signing_key *signer;

void fuzz_start(void)
{
    char path[] = "/tmp/quantoki-fuzz-XXXXXX";
    int fd = mkstemp(path);

    promise(fd >= 0);
    close(fd);
    must(qk_crypto_start());
    must(qk_file_write(path, 0600, qk_view_text(rfc_public_key)));
    must(qk_signer_key_load(path, &signer));
    unlink(path);
}

static void read_input(qk_view text)
{
    QK_OWNED(qk_buf_done) qk_buf once = QK_BUF_NONE;
    QK_OWNED(qk_buf_done) qk_buf twice = QK_BUF_NONE;
    qk_signed_input input, again;

    if (qk_signed_input_read(text, &input) != QK_OK)
        return;
    qk_buf_put(&once, input.label);
    qk_buf_put_text(&once, "=");
    qk_signed_input_write(&input, &once);
    must(qk_signed_input_read(qk_buf_view(&once), &again));
    qk_buf_put(&twice, again.label);
    qk_buf_put_text(&twice, "=");
    qk_signed_input_write(&again, &twice);
    promise(qk_view_equal(qk_buf_view(&once), qk_buf_view(&twice)));
    promise(!memchr(once.data, '\n', once.len));
}

void fuzz(qk_view input)
{
    static const qk_question question = { "GET", "/foo?a=b", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=" };
    qk_reader from = qk_reader_of(input);
    qk_signed_answer answer = { .status = 200 };

    answer.input = fuzz_until(&from, '\n');
    answer.signature = fuzz_until(&from, '\n');
    answer.digest = fuzz_until(&from, '\n');
    answer.body = fuzz_rest(&from);
    read_input(answer.input);
    promise(qk_question_check(&question, signer, &answer, SIGNED_AT) == QK_E_SERVER_UNTRUSTED);
    (void)!qk_content_digest_check(answer.digest, answer.body);
}
