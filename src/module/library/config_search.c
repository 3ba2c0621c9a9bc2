/* SPDX-License-Identifier: Apache-2.0 */
#include "module/library/config_search.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_NAME "grep11client.yaml"

/* Runs with more rights than whoever started it. */
static bool is_privileged(void)
{
    return getauxval(AT_SECURE) != 0;
}

static bool is_ours_alone(const struct stat *about)
{
    return (about->st_uid == 0 || about->st_uid == geteuid()) && (about->st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

bool qk_config_is_safe(const char *path)
{
    char real[PATH_MAX];
    struct stat about;
    char *slash;

    if (!realpath(path, real) || stat(real, &about) != 0 || !S_ISREG(about.st_mode) || !is_ours_alone(&about))
        return false;
    slash = strrchr(real, '/');
    slash[slash == real ? 1 : 0] = 0;
    return stat(real, &about) == 0 && is_ours_alone(&about);
}

static bool join(char out[PATH_MAX], const char *folder, const char *name)
{
    int len = snprintf(out, PATH_MAX, "%s/%s", folder, name);
    return len > 0 && len < PATH_MAX;
}

static bool find_beside_application(char out[PATH_MAX])
{
    char program[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", program, sizeof program - 1);
    char *slash;

    if (len <= 0)
        return false;
    program[len] = 0;
    slash = strrchr(program, '/');
    if (!slash)
        return false;
    *slash = 0;
    return join(out, program, FILE_NAME) && qk_config_is_safe(out);
}

static bool find_in_current_folder(char out[PATH_MAX])
{
    char folder[PATH_MAX];
    return getcwd(folder, sizeof folder) && join(out, folder, FILE_NAME) && qk_config_is_safe(out);
}

qk_err qk_config_search(char out_path[PATH_MAX], bool *out_found)
{
    static const char *const system_folders[] = { "/etc/ep11client", "/etc/quantoki" };
    const char *named = is_privileged() ? NULL : getenv("EP11CLIENT_CFG");

    *out_found = true;
    if (named && named[0]) {
        if (strlen(named) >= PATH_MAX)
            return qk_fail(QK_E_SYSTEM, "EP11CLIENT_CFG is longer than a path can be");
        snprintf(out_path, PATH_MAX, "%s", named);
        return QK_OK;
    }
    if (!is_privileged() && (find_beside_application(out_path) || find_in_current_folder(out_path)))
        return QK_OK;
    for (size_t i = 0; i < sizeof system_folders / sizeof system_folders[0]; i++)
        if (join(out_path, system_folders[i], FILE_NAME) && access(out_path, F_OK) == 0)
            return QK_OK;
    *out_found = false;
    return QK_OK;
}

static bool find_home(char out[PATH_MAX])
{
    const char *home = is_privileged() ? NULL : getenv("HOME");
    struct passwd entry, *found = NULL;
    char texts[4096];

    if (!home || home[0] != '/') {
        if (getpwuid_r(geteuid(), &entry, texts, sizeof texts, &found) != 0 || !found)
            return false;
        home = found->pw_dir;
    }
    return snprintf(out, PATH_MAX, "%s", home) < PATH_MAX;
}

qk_err qk_config_data_folder(char out_path[PATH_MAX])
{
    const char *data = is_privileged() ? NULL : getenv("XDG_DATA_HOME");
    char home[PATH_MAX];

    if (data && data[0] == '/') { /* relative ones are to be ignored (XDG Base Directory Specification) */
        if (!join(out_path, data, "quantoki/token"))
            return qk_fail(QK_E_CONFIG, "XDG_DATA_HOME is longer than a path can be");
        return QK_OK;
    }
    if (!find_home(home) || !join(out_path, home, ".local/share/quantoki/token"))
        return qk_fail(QK_E_CONFIG,
                       "there is no configuration file, and no home folder for a token; set EP11CLIENT_CFG");
    return QK_OK;
}
