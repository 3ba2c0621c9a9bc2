/* SPDX-License-Identifier: Apache-2.0 */
/* Manners of a guest in somebody else's process. */
#include "conformance.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openssl/err.h>

/* --- what a host does with the library, from begin to end --- */

static CK_RV use_keys(CK_SESSION_HANDLE at)
{
    CK_OBJECT_HANDLE public_key = 0, private_key = 0, rsa_public = 0, rsa_private = 0;
    CK_BYTE data[32] = "data", signature[256];
    CK_ULONG len = sizeof signature;

    make_ec(at, &public_key, &private_key);
    OK(p11->C_SignInit(at, &ecdsa_sha256, private_key));
    OK(p11->C_Sign(at, data, sizeof data, signature, &len));
    OK(p11->C_VerifyInit(at, &ecdsa_sha256, public_key));
    OK(p11->C_Verify(at, data, sizeof data, signature, len));
    make_rsa(at, &rsa_public, &rsa_private);
    len = sizeof signature;
    OK(p11->C_SignInit(at, &rsa_sha256, rsa_private));
    OK(p11->C_Sign(at, data, sizeof data, signature, &len));
    OK(p11->C_VerifyInit(at, &rsa_sha256, rsa_public));
    OK(p11->C_Verify(at, data, sizeof data, signature, len));
    make_aes(at, true, true, "of the host");
    destroy_label(at, "of the host");
    return p11->C_GenerateRandom(at, data, sizeof data);
}

void host_use_library(void)
{
    CK_SESSION_HANDLE at;

    OK(p11->C_Initialize(NULL));
    at = open_session(CKF_RW_SESSION);
    RV(p11->C_Login(at, CKU_USER, (CK_UTF8CHAR *)(uintptr_t) "wrong wrong", 11), CKR_PIN_INCORRECT);
    OK(login(at, CKU_USER));
    OK(use_keys(at));
    OK(p11->C_Finalize(NULL));
}

/* Runs this program again as such a host; true if all went well there. */
static bool run_host(void (*prepare)(void))
{
    char program[4096] = "";
    pid_t child;
    int status = -1;

    setenv("CONFORMANCE_PIN", user_pin, 1);
    if (readlink("/proc/self/exe", program, sizeof program - 1) <
        0) /* valgrind tells us, not itself, in this way only */
        return false;
    child = fork();
    if (child == 0) {
        prepare();
        execl(program, "host", "--host", (char *)NULL);
        _exit(99);
    }
    waitpid(child, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static const char *in_folder(const char *name)
{
    static char path[128];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void redirect_output(void)
{
    int fd = open(in_folder("output"), O_WRONLY | O_CREAT | O_TRUNC, 0600);

    dup2(fd, 1);
    dup2(fd, 2);
}

static void nothing_is_printed(void)
{
    struct stat said = { .st_size = -1 };

    CHECK(run_host(redirect_output));
    CHECK(stat(in_folder("output"), &said) == 0 && said.st_size == 0);
}

static void close_all(void)
{
    close(0);
    close(1);
    close(2);
}

static void it_works_when_standard_files_are_closed(void)
{
    CHECK(run_host(close_all));
}

static void use_strange_openssl(void)
{
    const char *path = in_folder("openssl.cnf");
    FILE *file = fopen(path, "w");

    fprintf(file, "openssl_conf = all\n[all]\nproviders = some\nalg_section = wanted\nssl_conf = tls\n"
                  "[some]\nbase = on\n[on]\nactivate = 1\n[wanted]\ndefault_properties = fips=yes\n"
                  "[tls]\nsystem_default = strict\n[strict]\nMinProtocol = TLSv1.3\nCipherString = NULL\n");
    fclose(file);
    setenv("OPENSSL_CONF", path, 1);
}

static void the_hosts_openssl_configuration_is_its_own(void)
{
    CHECK(run_host(use_strange_openssl));
}

/* --- in this process --- */

static void read_handlers(struct sigaction *out)
{
    memset(out, 0, 65 * sizeof *out);
    for (int number = 1; number < 65; number++)
        sigaction(number, NULL, &out[number]);
}

static void signals_stay_as_they_were(void)
{
    struct sigaction before[65], after[65];
    sigset_t mask_before, mask_after;

    sigprocmask(SIG_SETMASK, NULL, &mask_before);
    read_handlers(before);
    host_use_library();
    read_handlers(after);
    sigprocmask(SIG_SETMASK, NULL, &mask_after);
    for (int number = 1; number < 65; number++)
        CHECK(before[number].sa_handler == after[number].sa_handler &&
              sigismember(&mask_before, number) == sigismember(&mask_after, number));
}

static volatile sig_atomic_t pipes;

static void count_pipe(int number)
{
    (void)number;
    pipes++;
}

/* With the connection's descriptors shut under its feet: the worst that can happen to a socket. */
static void shut_sockets(void)
{
    for (int fd = 3; fd < 256; fd++) {
        struct stat what;
        if (fstat(fd, &what) == 0 && S_ISSOCK(what.st_mode))
            shutdown(fd, SHUT_RDWR);
    }
}

static void a_lost_connection_raises_no_signal(void)
{
    struct sigaction count = { .sa_handler = count_pipe }, before;
    CK_OBJECT_HANDLE key = make_hmac(session);
    CK_BYTE data[16] = "data", tag[32];
    CK_ULONG len = sizeof tag;

    sigaction(SIGPIPE, &count, &before);
    for (int round = 0; round < 3; round++) {
        shut_sockets();
        len = sizeof tag;
        OK(p11->C_SignInit(session, &hmac, key));
        OK(p11->C_Sign(session, data, sizeof data, tag, &len));
    }
    CHECK(pipes == 0);
    sigaction(SIGPIPE, &before, NULL);
}

static void errors_of_the_host_stay(void)
{
    CK_BYTE data[16];
    CK_ULONG len = 0;
    CK_OBJECT_HANDLE public_key = 0, private_key = 0;

    ERR_clear_error();
    ERR_raise(ERR_LIB_USER, 42);
    ERR_raise(ERR_LIB_USER, 43);
    errno = 77;
    make_ec(session, &public_key, &private_key);
    OK(p11->C_VerifyInit(session, &ecdsa, public_key));
    RV(p11->C_Verify(session, data, sizeof data, data, 15), CKR_SIGNATURE_LEN_RANGE);
    RV(p11->C_GetSlotInfo(99, NULL), CKR_SLOT_ID_INVALID);
    RV(p11->C_Initialize(NULL), CKR_CRYPTOKI_ALREADY_INITIALIZED);
    RV(p11->C_EncryptFinal(session, data, &len), CKR_OPERATION_NOT_INITIALIZED);
    CHECK(errno == 77);
    CHECK(ERR_GET_REASON(ERR_get_error()) == 42 && ERR_GET_REASON(ERR_get_error()) == 43 && ERR_get_error() == 0);
    OK(use_keys(session));
    CHECK(ERR_peek_error() == 0); /* an empty queue stays empty too */
}

static int count_files(void)
{
    DIR *files = opendir("/proc/self/fd");
    int count = 0;

    while (readdir(files))
        count++;
    closedir(files);
    return count;
}

static void no_descriptor_is_left_open(void)
{
    int before;

    host_use_library();
    before = count_files();
    for (int i = 0; i < 5; i++)
        host_use_library();
    CHECK(count_files() == before);
}

static void the_library_is_loaded_again_and_again(void)
{
    const char *path = getenv("QUANTOKI_MODULE");

    for (int i = 0; i < 5; i++) {
        void *again = dlopen(path, RTLD_NOW | RTLD_LOCAL);
        CK_C_GetFunctionList get;
        *(void **)&get = dlsym(again, "C_GetFunctionList");
        OK(get(&p11));
        OK(p11->C_Initialize(NULL));
        (void)open_session(0);
        OK(p11->C_Finalize(NULL));
        dlclose(again);
        dlclose(library);
        library = dlopen(path, RTLD_NOW);
        CHECK(library != NULL);
    }
}

static void the_current_folder_does_not_matter_later(void)
{
    char *here = getcwd(NULL, 0);

    CHECK(chdir("/") == 0);
    make_aes(session, true, true, "elsewhere");
    CHECK(count_label(session, "elsewhere") == 1);
    destroy_label(session, "elsewhere");
    CHECK(chdir(here) == 0);
    free(here);
}

static void check_modes(const char *path)
{
    DIR *files = opendir(path);
    const struct dirent *entry;

    CHECK(files != NULL);
    while (files && (entry = readdir(files))) {
        char name[512];
        struct stat what = { .st_mode = 0777 };
        if (strcmp(entry->d_name, "..") == 0)
            continue;
        snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
        CHECK(stat(name, &what) == 0 && (what.st_mode & 077) == 0);
    }
    if (files)
        closedir(files);
}

static void write_other_config(const char *path, const char *token)
{
    FILE *file = fopen(path, "w");

    fprintf(file, "tokens:\n  0:\n    embedded: { path: \"%s\" }\n", token);
    fclose(file);
}

static void files_are_private_whatever_the_umask(void)
{
    char *config = strdup(getenv("EP11CLIENT_CFG")), token[128], other[128];
    CK_UTF8CHAR label[33] = "umask                           ";
    mode_t before = umask(0);

    snprintf(token, sizeof token, "%s", in_folder("umask"));
    snprintf(other, sizeof other, "%s", in_folder("umask.yaml"));
    write_other_config(other, token);
    setenv("EP11CLIENT_CFG", other, 1);
    OK(p11->C_Initialize(NULL));
    OK(p11->C_InitToken(0, (CK_UTF8CHAR *)so_pin, strlen(so_pin), label));
    (void)open_session(CKF_RW_SESSION);
    check_modes(token);
    OK(p11->C_Finalize(NULL));
    check_modes(token);
    CHECK(umask(before) == 0);
    setenv("EP11CLIENT_CFG", config, 1);
    free(config);
}

/* The log opens where the file says, so the file has been read before: what was wrong in it must not get lost. */
static void a_key_that_nobody_knows_is_told_to_the_log(void)
{
    char *config = strdup(getenv("EP11CLIENT_CFG")), log[128], line[512], other[128];
    bool told = false;
    FILE *file;

    snprintf(log, sizeof log, "%s", in_folder("log"));
    snprintf(other, sizeof other, "%s", in_folder("warning.yaml"));
    file = fopen(other, "w");
    fprintf(file, "strange: 1\nlogging: { loglevel: warning, logpath: \"%s\" }\n", log);
    fprintf(file, "tokens:\n  0:\n    embedded: { path: \"%s/token0\" }\n", folder);
    fclose(file);
    setenv("EP11CLIENT_CFG", other, 1);
    OK(p11->C_Initialize(NULL));
    OK(p11->C_Finalize(NULL));
    setenv("EP11CLIENT_CFG", config, 1);
    free(config);
    file = fopen(log, "r");
    while (file && fgets(line, sizeof line, file))
        told |= strstr(line, "key=strange") != NULL;
    CHECK(told);
    if (file)
        fclose(file);
}

const test_case guest_cases[] = {
    { "a key of the file that nobody knows is told to the log", a_key_that_nobody_knows_is_told_to_the_log, false,
      true },
    { "nothing is printed", nothing_is_printed, false, false },
    { "it works when standard files are closed", it_works_when_standard_files_are_closed, false, false },
    { "the host's OpenSSL configuration is its own", the_hosts_openssl_configuration_is_its_own, false, false },
    { "signal handlers and masks stay as they were", signals_stay_as_they_were, false, false },
    { "a lost connection raises no signal and is made again", a_lost_connection_raises_no_signal, true, false },
    { "errno and OpenSSL's errors of the host stay", errors_of_the_host_stay, true, false },
    { "no descriptor is left open", no_descriptor_is_left_open, false, false },
    { "the current folder does not matter later", the_current_folder_does_not_matter_later, true, false },
    { "files are private whatever the umask", files_are_private_whatever_the_umask, false, true },
    { "the library is loaded again and again", the_library_is_loaded_again_and_again, false, false },
    { NULL, NULL, false, false },
};
