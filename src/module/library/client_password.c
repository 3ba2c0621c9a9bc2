/* SPDX-License-Identifier: Apache-2.0 */
#include "module/library/client_password.h"

#include <stdio.h>

#include "keystore/password.h"

static const char *password_of(const qk_client_user *user)
{
    const char *password = user->password && user->password[0] ? user->password : user->old_password;

    return password && password[0] ? password : NULL;
}

/* Older files know no `enabled`: whoever gives keystorePassword means it. */
static bool is_enabled(const qk_config_node *node, const qk_client_user *user, int index)
{
    char key[40];

    snprintf(key, sizeof key, "users.%d.sessionauth.enabled", index);
    return user->session_auth || (!qk_config_get(node, key) && user->old_password && user->old_password[0]);
}

/* Does the user have a keystore that could have a password? */
static bool has_keystore(const qk_client_token *token, const qk_client_user *user)
{
    return token->embedded || user->has_keystore;
}

static qk_err check_user(const qk_client_token *token, int index)
{
    const char *password = password_of(&token->users[index]);

    if (!token->embedded && !token->remotestore)
        return qk_fail(QK_E_CONFIG, ".users.%d.sessionauth.enabled needs storage.remotestore.enabled", index);
    if (!token->embedded && !token->users[index].has_keystore)
        return qk_fail(QK_E_CONFIG, ".users.%d.sessionauth.enabled needs users.%d.tokenspaceID", index, index);
    if (!password)
        return qk_fail(QK_E_CONFIG,
                       ".users.%d.sessionauth.tokenspaceIDPassword is missing; give the password of the keystores",
                       index);
    if (qk_password_check_length(qk_view_text(password)) != QK_OK)
        return qk_fail(QK_E_CONFIG, ".users.%d.sessionauth.tokenspaceIDPassword: expected %d to %d characters, not %zu",
                       index, QK_PASSWORD_MIN, QK_PASSWORD_MAX, strlen(password));
    return QK_OK;
}

qk_err qk_client_password_read(const qk_config_node *node, qk_client_token *token)
{
    const qk_client_user *normal = &token->users[QK_CLIENT_NORMAL], *anonymous = &token->users[QK_CLIENT_ANONYMOUS];
    bool private_on = is_enabled(node, normal, QK_CLIENT_NORMAL);
    bool public_on = is_enabled(node, anonymous, QK_CLIENT_ANONYMOUS);

    token->keystore_password = NULL;
    if (private_on)
        QK_TRY(check_user(token, QK_CLIENT_NORMAL));
    if (public_on)
        QK_TRY(check_user(token, QK_CLIENT_ANONYMOUS));
    if (private_on != public_on && has_keystore(token, private_on ? anonymous : normal))
        return qk_fail(QK_E_CONFIG,
                       ".users.%d.sessionauth.enabled is true and that of user %d is not; both keystores are "
                       "authenticated, or none is",
                       private_on ? QK_CLIENT_NORMAL : QK_CLIENT_ANONYMOUS,
                       private_on ? QK_CLIENT_ANONYMOUS : QK_CLIENT_NORMAL);
    if (private_on && public_on && strcmp(password_of(normal), password_of(anonymous)) != 0)
        return qk_fail(QK_E_CONFIG, ": users.1 and users.2 have different tokenspaceIDPasswords; give both the same");
    if (private_on || public_on)
        token->keystore_password = password_of(private_on ? normal : anonymous);
    return QK_OK;
}
