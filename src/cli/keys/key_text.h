/* SPDX-License-Identifier: Apache-2.0 */
/* Objects of a token as operators read them, from their attributes. */
#ifndef QK_CLI_KEY_TEXT_H
#define QK_CLI_KEY_TEXT_H

#include "p11/attribute.h"

enum { QK_KEY_TEXT = 160 };

/* "private key", "certificate", ... */
void qk_key_class_write(const qk_attrs *attrs, char out[QK_KEY_TEXT]);
/* Type and size: "ML-DSA-65", "RSA 2048", "EC P-256", "AES 256"; empty for what is no key. */
void qk_key_type_write(const qk_attrs *attrs, char out[QK_KEY_TEXT]);
/* "sign, decrypt" */
void qk_key_uses_write(const qk_attrs *attrs, char out[QK_KEY_TEXT]);
/* May it leave the token: "never", "wrapped", "yes"? Empty for what is no private or secret key. */
void qk_key_leaves_write(const qk_attrs *attrs, char out[QK_KEY_TEXT]);
/* A label. Characters beyond printable ASCII become '?', since terminals obey some of them. */
void qk_key_label_write(const qk_attrs *attrs, char out[QK_KEY_TEXT]);

#endif
