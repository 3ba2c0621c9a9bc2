/* SPDX-License-Identifier: Apache-2.0 */
/* Every handler of the method table; their shape is qk_handler's. `context` is the qk_core. */
#ifndef QK_HSM_HANDLERS_H
#define QK_HSM_HANDLERS_H

#include "rpc/method.h"

#define QK_HANDLER(name)                                                                                               \
    qk_err qk_handle_##name(void *context, const qk_call *call, const void *request, void *response)

/* handle_random.c */
QK_HANDLER(generate_random);
QK_HANDLER(seed_random);
/* handle_digest.c */
QK_HANDLER(digest_init);
QK_HANDLER(digest_whole);
QK_HANDLER(digest_update);
QK_HANDLER(digest_key);
QK_HANDLER(digest_final);
QK_HANDLER(digest_single);
/* handle_cipher.c */
QK_HANDLER(encrypt_init);
QK_HANDLER(decrypt_init);
QK_HANDLER(encrypt_update);
QK_HANDLER(decrypt_update);
QK_HANDLER(encrypt_whole);
QK_HANDLER(decrypt_whole);
QK_HANDLER(encrypt_final);
QK_HANDLER(decrypt_final);
QK_HANDLER(encrypt_single);
QK_HANDLER(decrypt_single);
QK_HANDLER(reencrypt_single);
/* handle_sign.c */
QK_HANDLER(sign_init);
QK_HANDLER(verify_init);
QK_HANDLER(sign_update);
QK_HANDLER(verify_update);
QK_HANDLER(sign_final);
QK_HANDLER(verify_final);
QK_HANDLER(sign_whole);
QK_HANDLER(verify_whole);
QK_HANDLER(sign_single);
QK_HANDLER(verify_single);
QK_HANDLER(sign_recover);
/* handle_generate.c */
QK_HANDLER(generate_key);
QK_HANDLER(generate_key_pair);
QK_HANDLER(import_key);
QK_HANDLER(copy_key);
/* handle_wrap.c */
QK_HANDLER(wrap_key);
QK_HANDLER(unwrap_key);
/* handle_rewrap.c */
QK_HANDLER(rewrap_key_blob);
/* handle_encapsulate.c */
QK_HANDLER(encapsulate_key);
QK_HANDLER(decapsulate_key);
/* handle_derive.c */
QK_HANDLER(derive_key);
/* handle_derive_keys.c */
QK_HANDLER(derive_keys);
/* handle_mechanisms.c */
QK_HANDLER(get_mechanism_list);
QK_HANDLER(get_mechanism_info);
/* handle_attributes.c */
QK_HANDLER(get_attribute_value);
QK_HANDLER(set_attribute_value);
/* handle_data.c */
QK_HANDLER(seal_data);
QK_HANDLER(open_data);

#endif
