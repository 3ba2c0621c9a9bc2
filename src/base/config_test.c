/* SPDX-License-Identifier: Apache-2.0 */
#include "base/config.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/testing.h"

static qk_err parse(const char *text, qk_config **out)
{
    return qk_config_parse("test.yaml", qk_view_text(text), out);
}

static void assert_text(const qk_config *config, const char *key, const char *text)
{
    const char *found = qk_config_text(qk_config_get(qk_config_root(config), key));

    if (!found)
        fail_msg("%s is missing", key);
    assert_string_equal(found, text);
}

static void assert_absent(const qk_config *config, const char *key)
{
    assert_null(qk_config_get(qk_config_root(config), key));
}

/* The text is refused as configuration and the words contain `part`. */
static void assert_refused(const char *text, const char *part)
{
    qk_config *config = NULL;
    qk_err err = parse(text, &config);

    qk_config_free(&config);
    assert_qk_err(err, QK_E_CONFIG);
    assert_words(part);
}

#define PARSE(config, text)                                                                                            \
    QK_OWNED(qk_config_free) qk_config *config = NULL;                                                                 \
    assert_qk_ok(parse((text), &config))

/* The shape of files that GREP11 clients have: flow maps, anchors, aliases, integer keys, empty values. */
static const char grep11_flow[] =
    "iamcredentialtemplate: &iam { enabled: true, endpoint: \"https://iam.example\" }\n"
    "sessionauthtemplate: &sess { enabled: false, tokenspaceIDPassword: }\n"
    "tokens:\n"
    "  0:\n"
    "    grep11connection: { address: \"hsm.example\", port: \"9876\", tls: { enabled: true, mutual: false, "
    "cacert: \"/etc/ca.pem\", certfile: , keyfile: } }\n"
    "    storage: { remotestore: { enabled: true } }\n"
    "    users:\n"
    "      0: { name: \"SO\", iamauth: *iam }\n"
    "      1: { name: \"User\", tokenspaceID: \"11111111-2222-3333-4444-555555555555\", iamauth: *iam, "
    "sessionauth: *sess }\n"
    "      2:\n"
    "        name: \"Anonymous\"\n"
    "        tokenspaceID: \"66666666-7777-8888-9999-aaaaaaaaaaaa\"\n"
    "        iamauth: { <<: *iam, apikey: \"...\" }\n"
    "        sessionauth: *sess\n"
    "logging: { loglevel: warning, logpath: /var/log/grep11.log }\n";

/* The same in block style, with comments and uneven indentation. */
static const char grep11_block[] = "# IAM credentials\n"
                                   "iamcredentialtemplate: &defaultiamcredential\n"
                                   "          enabled: true\n"
                                   "          endpoint: \"https://iam.example\"\n"
                                   "          # apikey is left to the users\n"
                                   "          apikey:\n"
                                   "          instance: \"instance\"\n"
                                   "\n"
                                   "tokens:\n"
                                   "  0:\n"
                                   "    grep11connection:\n"
                                   "      address: \"hsm.example\" # the server\n"
                                   "      port: \"9876\"\n"
                                   "      tls:\n"
                                   "        enabled: true\n"
                                   "        mutual: false\n"
                                   "        cacert:\n"
                                   "    storage:\n"
                                   "         remotestore:\n"
                                   "            enabled: true\n"
                                   "    users:\n"
                                   "      0:\n"
                                   "        name: \"SO\"\n"
                                   "        iamauth: *defaultiamcredential\n"
                                   "      2: # the anonymous user\n"
                                   "          name: \"Anonymous\"\n"
                                   "          iamauth:\n"
                                   "            <<: *defaultiamcredential\n"
                                   "            enabled: false\n"
                                   "            apikey: \"key\"\n"
                                   "logging:\n"
                                   "  loglevel: info\n";

static void a_client_file_in_flow_style_loads(void **state)
{
    PARSE(config, grep11_flow);
    (void)state;
    assert_text(config, "tokens.0.grep11connection.port", "9876");
    assert_text(config, "tokens.0.grep11connection.tls.cacert", "/etc/ca.pem");
    assert_absent(config, "tokens.0.grep11connection.tls.certfile");
    assert_text(config, "tokens.0.users.0.iamauth.endpoint", "https://iam.example");
    assert_text(config, "tokens.0.users.2.iamauth.apikey", "...");
    assert_text(config, "tokens.0.users.2.iamauth.enabled", "true");
    assert_text(config, "tokens.0.users.1.sessionauth.enabled", "false");
    assert_text(config, "logging.logpath", "/var/log/grep11.log");
    assert_absent(config, "tokens.1");
    assert_absent(config, "tokens.0.users.0.iamauth.apikey");
}

static void a_client_file_in_block_style_loads(void **state)
{
    PARSE(config, grep11_block);
    (void)state;
    assert_text(config, "tokens.0.grep11connection.address", "hsm.example");
    assert_absent(config, "tokens.0.grep11connection.tls.cacert");
    assert_text(config, "tokens.0.users.2.iamauth.endpoint", "https://iam.example");
    assert_text(config, "tokens.0.users.2.iamauth.enabled", "false");
    assert_text(config, "tokens.0.users.2.iamauth.apikey", "key");
    assert_text(config, "tokens.0.users.0.iamauth.enabled", "true");
    assert_absent(config, "tokens.0.users.0.iamauth.apikey");
}

static void a_map_gives_its_pairs_in_file_order(void **state)
{
    PARSE(config, "b: 1\na: [x, y]\nc:\n");
    const qk_config_node *root = qk_config_root(config), *value = NULL;
    const char *key = NULL;

    (void)state;
    assert_true(qk_config_at(root, 0, &key, &value));
    assert_string_equal(key, "b");
    assert_int_equal(qk_config_line(value), 1);
    assert_true(qk_config_at(root, 1, &key, &value));
    assert_true(qk_config_is_list(value));
    assert_false(qk_config_is_map(value));
    assert_null(qk_config_text(value));
    assert_true(qk_config_at(value, 1, &key, &value));
    assert_null(key);
    assert_string_equal(qk_config_text(value), "y");
    assert_true(qk_config_at(root, 2, &key, &value));
    assert_string_equal(qk_config_text(value), "");
    assert_false(qk_config_at(root, 3, &key, &value));
}

static void the_first_of_several_merged_maps_wins_and_own_keys_win_over_all(void **state)
{
    PARSE(config, "one: &one { a: 1, b: 1 }\ntwo: &two { b: 2, c: 2, d: 2 }\nuse: { d: 3, <<: [*one, *two] }\n"
                  "again: { <<: { e: 5 } }\n");
    (void)state;
    assert_text(config, "use.a", "1");
    assert_text(config, "use.b", "1");
    assert_text(config, "use.c", "2");
    assert_text(config, "use.d", "3");
    assert_absent(config, "use.<<");
    assert_text(config, "again.e", "5");
}

static void a_merged_map_brings_what_it_merged_itself(void **state)
{
    PARSE(config, "a: &a { x: 1 }\nb: &b { <<: *a, y: 2 }\nc: { <<: *b }\n");
    (void)state;
    assert_text(config, "c.x", "1");
    assert_text(config, "c.y", "2");
}

static void an_anchor_given_anew_counts_from_there(void **state)
{
    PARSE(config, "a: &x 1\nb: *x\nc: &x 2\nd: *x\n");
    (void)state;
    assert_text(config, "b", "1");
    assert_text(config, "d", "2");
}

static void null_has_many_spellings_but_not_quoted(void **state)
{
    PARSE(config, "a:\nb: ~\nc: null\nd: NULL\ne: \"\"\nf: 'null'\n");
    (void)state;
    assert_absent(config, "a");
    assert_absent(config, "b");
    assert_absent(config, "c");
    assert_absent(config, "d");
    assert_text(config, "e", "");
    assert_text(config, "f", "null");
}

static void quoting_and_blocks_are_undone(void **state)
{
    PARSE(config, "a: \"x\\ty\"\nb: 'it''s'\nc: |\n  two\n  lines\nd: >-\n  one\n  line\n\"q u\": 1\ne: \"\\u00e9\"\n");
    (void)state;
    assert_text(config, "a", "x\ty");
    assert_text(config, "b", "it's");
    assert_text(config, "c", "two\nlines\n");
    assert_text(config, "d", "one line");
    assert_text(config, "q u", "1");
    assert_text(config, "e", "\xc3\xa9");
}

static void an_empty_file_is_a_map_without_keys(void **state)
{
    static const char *const texts[] = { "", "\n\n", "# nothing\n", "---\n", "--- \n...\n", "null\n", "{}" };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        PARSE(config, texts[i]);
        assert_true(qk_config_is_map(qk_config_root(config)));
        assert_false(qk_config_at(qk_config_root(config), 0, NULL, NULL));
    }
}

static void mistakes_are_refused_with_their_line(void **state)
{
    (void)state;
    assert_refused("a: 1\nb: 2\na: 3\n", "test.yaml:3: key 'a' is given twice, first on line 1");
    assert_refused("t: { 0: x, \"0\": y }\n", "test.yaml:1: key '0' is given twice");
    assert_refused("a: 1\nb: *nowhere\n", "test.yaml:2: ");
    assert_refused("a: &x\n  b: *x\n", "test.yaml:2: *x stands inside");
    assert_refused("a: &x [ *x ]\n", "test.yaml:1: *x stands inside");
    assert_refused("a: 1\nb: { <<: 5 }\n", "test.yaml:2: '<<' takes a map");
    assert_refused("m: &m {}\nb: { <<: *m, <<: *m }\n", "test.yaml:2: key '<<' is given twice");
    assert_refused("a: 1\n? { b: 1 }\n: 2\n", "test.yaml:2: a key must be a plain text");
    assert_refused("a: 1\nb: { c: 1\n", "test.yaml:");
    assert_refused("a: 1\n  b: 2\n", "test.yaml:1: not YAML: ");
    assert_refused("a: 1\nb:\n\tc: 1\n", "test.yaml:");
    assert_refused("a: \"1\nb: 2\n", "test.yaml:");
    assert_refused("a: 1\n---\nb: 2\n", "a second document");
    assert_refused("just words\n", "test.yaml:1: expected 'key: value' lines");
    assert_refused("- a\n- b\n", "test.yaml:1: expected 'key: value' lines");
    assert_refused("a: \"x\\0y\"\n", "zero character");
    assert_refused("a: 1\nb: \xff\xfe\n", "test.yaml:2: not UTF-8");
    assert_refused("a: \xc3", "test.yaml:1: not UTF-8");
    assert_refused("a: \xed\xa0\x80\n", "test.yaml:1: not UTF-8");
    assert_refused("a: \xf4\x90\x80\x80\n", "test.yaml:1: not UTF-8");
    assert_refused("a: \x1b[1m\n", "test.yaml:1: a control character (0x1b)");
    assert_refused("%YAML 9.9\n---\na: [\n", "test.yaml:");
}

/* The library behind us may free twice on them. */
static void explicit_keys_are_refused_in_files_with_tabs(void **state)
{
    (void)state;
    assert_refused("? a\t: b\n", "test.yaml:1: an explicit key");
    assert_refused("\xef\xbb\xbf? a\n:\tb\n", "test.yaml:1: an explicit key");
    assert_refused("x: y\n  - ? a:\t: b\n", "test.yaml:2: an explicit key");
    assert_refused("x:\t: ? a:\t: b\n", "test.yaml:1: an explicit key");
    assert_refused("x: y\r? a:\t: b\n", "test.yaml:1: an explicit key");
    assert_refused("x: y\n--- !t &a ? a:\t: b\n", "test.yaml:2: an explicit key");
    assert_refused("%YAML 1.1\n---\nx: y\xc2\x85? a:\t: b\n", "test.yaml:3: a line that ends in neither");
    assert_refused("x: y\xe2\x80\xa8? a:\t: b\n", "test.yaml:1: a line that ends in neither");
}

static void tabs_and_question_marks_do_no_harm_apart(void **state)
{
    (void)state;
    PARSE(spaces, "? a\n: b\nc: ' ? '\n");
    PARSE(tabs, "a:\tb\t# why\nc: ready? yes\n# ? d\n?e: f\n");

    assert_text(spaces, "a", "b");
    assert_text(spaces, "c", " ? ");
    assert_text(tabs, "c", "ready? yes");
    assert_text(tabs, "?e", "f");
}

static void zero_bytes_and_large_files_are_refused(void **state)
{
    qk_config *config = NULL;
    char *large = malloc(1024 * 1024 + 1);

    (void)state;
    memset(large, '#', 1024 * 1024 + 1);
    assert_qk_err(qk_config_parse("large", qk_view_of(large, 1024 * 1024 + 1), &config), QK_E_CONFIG);
    assert_qk_ok(qk_config_parse("large", qk_view_of(large, 1024 * 1024), &config));
    free(large);
    qk_config_free(&config);
    assert_qk_err(qk_config_parse("zeros", qk_view_of("a: \0", 4), &config), QK_E_CONFIG);
    assert_null(config);
}

/* `before`, `count` times `part`, `after`. */
static char *repeat(const char *before, const char *part, size_t count, const char *after)
{
    QK_OWNED(qk_buf_done) qk_buf text = QK_BUF_NONE;

    qk_buf_put_text(&text, before);
    for (size_t i = 0; i < count; i++)
        qk_buf_put_text(&text, part);
    qk_buf_put_text(&text, after);
    return strdup(qk_buf_text(&text));
}

static void deep_nesting_is_refused(void **state)
{
    char *flow = repeat("a: ", "[", 100000, ""), *maps = repeat("", "{a: ", 5000, ""),
         *fits = repeat("a: ", "[", 31, "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]");
    qk_config *config = NULL;

    (void)state;
    assert_refused(flow, "more than 32 levels");
    assert_refused(maps, "more than 32 levels");
    assert_qk_ok(parse(fits, &config));
    qk_config_free(&config);
    free(flow);
    free(maps);
    free(fits);
}

static void aliases_cannot_unfold_to_more_than_the_file_says(void **state)
{
    QK_OWNED(qk_buf_done) qk_buf text = QK_BUF_NONE;
    QK_OWNED(qk_config_free) qk_config *config = NULL;
    const qk_config_node *node;

    (void)state;
    qk_buf_put_text(&text, "a0: &a0 [x, x]\n");
    for (int i = 1; i < 500; i++) /* as a tree this would have 2^500 leaves */
        qk_buf_printf(&text, "a%d: &a%d [*a%d, *a%d]\n", i, i, i - 1, i - 1);
    assert_qk_ok(parse(qk_buf_text(&text), &config));
    node = qk_config_get(qk_config_root(config), "a499");
    for (int i = 0; i < 500; i++)
        assert_true(qk_config_at(node, 1, NULL, &node));
    assert_string_equal(qk_config_text(node), "x");
}

static void merging_without_end_is_refused(void **state)
{
    QK_OWNED(qk_buf_done) qk_buf text = QK_BUF_NONE;

    (void)state;
    qk_buf_put_text(&text, "a: &a {");
    for (int i = 0; i < 1000; i++)
        qk_buf_printf(&text, "k%d: 1, ", i);
    qk_buf_put_text(&text, "}\nb: { <<: [");
    for (int i = 0; i < 1000; i++)
        qk_buf_put_text(&text, "*a, ");
    qk_buf_put_text(&text, "] }\n");
    assert_refused(qk_buf_text(&text), "more than 65536 entries");
}

static void too_many_keys_entries_or_anchors_are_refused(void **state)
{
    QK_OWNED(qk_buf_done) qk_buf keys = QK_BUF_NONE;
    QK_OWNED(qk_buf_done) qk_buf anchors = QK_BUF_NONE;
    char *items = repeat("a: [", "x,", 65536, "]\n");

    (void)state;
    for (int i = 0; i < 1025; i++) {
        qk_buf_printf(&keys, "k%d: 1\n", i);
        qk_buf_printf(&anchors, "%s&a%d 1", i ? ", " : "a: [", i);
    }
    qk_buf_put_text(&anchors, "]\n");
    assert_refused(qk_buf_text(&keys), "test.yaml:1025: more than 1024 keys");
    assert_refused(qk_buf_text(&anchors), "more than 1024 anchors");
    assert_refused(items, "more than 65536 entries");
    free(items);
}

/* Whatever libfyaml would like to say goes into our words; standard error belongs to the host. */
static void nothing_is_written_to_standard_error(void **state)
{
    QK_OWNED(qk_buf_done) qk_buf said = QK_BUF_NONE;
    int before = dup(STDERR_FILENO), file = open(test_path("stderr"), O_RDWR | O_CREAT, 0600);

    (void)state;
    fflush(stderr);
    dup2(file, STDERR_FILENO);
    mistakes_are_refused_with_their_line(NULL);
    fflush(stderr);
    dup2(before, STDERR_FILENO);
    close(before);
    close(file);
    assert_qk_ok(qk_file_read(test_path("stderr"), 10000, &said));
    assert_string_equal(qk_buf_text(&said), "");
}

static void a_file_loads_and_its_path_stands_in_errors(void **state)
{
    QK_OWNED(qk_config_free) qk_config *config = NULL;

    (void)state;
    assert_qk_ok(qk_file_write(test_path("good.yaml"), 0600, QK_VIEW_LITERAL("a: 1\n")));
    assert_qk_ok(qk_config_load(test_path("good.yaml"), &config));
    assert_text(config, "a", "1");
    assert_string_equal(qk_config_path(config), test_path("good.yaml"));
    qk_config_free(&config);
    assert_qk_err(qk_config_load(test_path("missing.yaml"), &config), QK_E_CONFIG);
    assert_words("missing.yaml: no such file");
    assert_qk_err(qk_config_load(test_folder, &config), QK_E_CONFIG);
}

/* --- records --- */

typedef struct record {
    const char *address, *key_file, *fallback;
    bool tls, verify;
    uint64_t port, size;
    int level, other;
    const qk_config_node *users, *names, *sources;
} record;

static const char *const levels[] = { "low", "high", NULL };

#define AT(member) offsetof(record, member)
static const qk_config_row rows[] = {
    { .key = "address", .type = QK_CONFIG_TEXT, .offset = AT(address), .required = true, .help = "The host." },
    { .key = "tls.key", .type = QK_CONFIG_TEXT, .offset = AT(key_file) },
    { .key = "tls.on", .type = QK_CONFIG_BOOL, .offset = AT(tls), .fallback = "true" },
    { .key = "tls.deep.verify", .type = QK_CONFIG_BOOL, .offset = AT(verify) },
    { .key = "fallback", .type = QK_CONFIG_TEXT, .offset = AT(fallback), .fallback = "given" },
    { .key = "port", .type = QK_CONFIG_UINT, .offset = AT(port), .fallback = "9876", .min = 1, .max = 65535 },
    { .key = "size", .type = QK_CONFIG_UINT, .offset = AT(size), .fallback = "64M" },
    { .key = "level", .type = QK_CONFIG_CHOICE, .offset = AT(level), .fallback = "high", .choices = levels },
    { .key = "other", .type = QK_CONFIG_CHOICE, .offset = AT(other), .choices = levels },
    { .key = "users", .type = QK_CONFIG_MAP, .offset = AT(users) },
    { .key = "names", .type = QK_CONFIG_LIST, .offset = AT(names) },
};

static qk_err read_record(const qk_config *config, qk_config_unknown unknown, record *out)
{
    return qk_config_read(config, qk_config_root(config), rows, sizeof rows / sizeof rows[0], unknown, out);
}

static void a_record_is_filled(void **state)
{
    PARSE(config, "address: here\ntls: { key: k.pem, on: No, deep: { verify: \"yes\" } }\nport: \"77\"\nsize: 2k\n"
                  "level: LOW\nusers: { 0: { free: form } }\nnames: [a, b]\n");
    record r;

    (void)state;
    memset(&r, 0xaa, sizeof r);
    assert_qk_ok(read_record(config, QK_CONFIG_REFUSE, &r));
    assert_string_equal(r.address, "here");
    assert_string_equal(r.key_file, "k.pem");
    assert_string_equal(r.fallback, "given");
    assert_false(r.tls);
    assert_true(r.verify);
    assert_int_equal(r.port, 77);
    assert_int_equal(r.size, 2048);
    assert_int_equal(r.level, 0);
    assert_int_equal(r.other, -1);
    assert_string_equal(qk_config_text(qk_config_get(r.users, "0.free")), "form");
    assert_true(qk_config_at(r.names, 1, NULL, NULL));
}

static void absent_and_null_give_the_defaults(void **state)
{
    PARSE(config, "address: here\ntls: { key: , on: }\nport: ~\nusers:\nnames:\nfallback:\n");
    record r;

    (void)state;
    memset(&r, 0xaa, sizeof r);
    assert_qk_ok(read_record(config, QK_CONFIG_REFUSE, &r));
    assert_null(r.key_file);
    assert_true(r.tls);
    assert_false(r.verify);
    assert_int_equal(r.port, 9876);
    assert_int_equal(r.size, 64 << 20);
    assert_int_equal(r.level, 1);
    assert_null(r.users);
    assert_null(r.names);
    assert_string_equal(r.fallback, "given");
    assert_qk_ok(qk_config_read(NULL, NULL, rows + 1, 4, QK_CONFIG_REFUSE, &r));
}

static void one_scalar_is_a_list_of_one(void **state)
{
    PARSE(config, "address: here\nnames: single\n");
    const qk_config_node *item = NULL;
    record r;

    (void)state;
    assert_qk_ok(read_record(config, QK_CONFIG_REFUSE, &r));
    assert_true(qk_config_at(r.names, 0, NULL, &item));
    assert_string_equal(qk_config_text(item), "single");
    assert_false(qk_config_at(r.names, 1, NULL, &item));
}

static void wrong_values_are_refused_with_line_and_key(void **state)
{
    static const struct {
        const char *text, *words;
    } cases[] = {
        { "address: a\n\nport: many\n", "test.yaml:3: port: expected a whole number from 1 to 65535" },
        { "address: a\nport: 0\n", ":2: port: " },
        { "address: a\nport: 65536\n", ":2: port: " },
        { "address: a\nport: -1\n", ":2: port: " },
        { "address: a\nport: 1 \n\nsize: 1T\n", ":4: size: expected a whole number from 0 up" },
        { "address: a\nsize: 18446744073709551616\n", ":2: size: " },
        { "address: a\nsize: 18446744073709551615k\n", ":2: size: " },
        { "address: a\nsize: 1kk\n", ":2: size: " },
        { "address: a\nport: [1]\n", ":2: port: expected a whole number" },
        { "address: a\ntls:\n  on: maybe\n", ":3: tls.on: expected true or false" },
        { "address: a\ntls: on\n", ":2: tls: expected a map" },
        { "address: a\ntls: { deep: [] }\n", ":2: tls.deep: expected a map" },
        { "address: a\nlevel: middle\n", ":2: level: expected one of low, high" },
        { "address: { x: 1 }\n", ":1: address: expected a text" },
        { "address: a\nusers: [a]\n", ":2: users: expected a map" },
        { "address: a\nnames: { a: 1 }\n", ":2: names: expected a list" },
        { "port: 1\n", "test.yaml:1: address: is missing; The host." },
        { "address:\n", "address: is missing" },
        { "address: a\nprot: 1\n", "test.yaml:2: prot: no such key" },
        { "address: a\ntls:\n  on: yes\n  kye: 1\n", "test.yaml:4: tls.kye: no such key" },
        { "address: a\ntls.on: yes\n", ":2: tls.on: no such key" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        PARSE(config, cases[i].text);
        record r;
        assert_qk_err(read_record(config, QK_CONFIG_REFUSE, &r), QK_E_CONFIG);
        assert_words(cases[i].words);
    }
}

static void an_error_below_another_map_names_the_whole_path(void **state)
{
    PARSE(config, "tokens:\n  0:\n    address: a\n    port: x\n");
    record r;

    (void)state;
    assert_qk_err(qk_config_read(config, qk_config_get(qk_config_root(config), "tokens.0"), rows,
                                 sizeof rows / sizeof rows[0], QK_CONFIG_REFUSE, &r),
                  QK_E_CONFIG);
    assert_words("test.yaml:4: tokens.0.port: expected");
}

static void a_value_is_never_shown(void **state)
{
    PARSE(config, "address: a\nport: hidden-value\n");
    record r;

    (void)state;
    assert_qk_err(read_record(config, QK_CONFIG_REFUSE, &r), QK_E_CONFIG);
    assert_null(strstr(qk_failure_last()->words, "hidden"));
}

static void unknown_keys_of_foreign_files_are_warnings(void **state)
{
    PARSE(config, "address: a\nstrange: { b: c }\ntls: { other: 1 }\n");
    QK_OWNED(qk_buf_done) qk_buf said = QK_BUF_NONE;
    record r;

    (void)state;
    assert_qk_ok(qk_log_open(test_path("log"), QK_LOG_WARNING));
    assert_qk_ok(read_record(config, QK_CONFIG_WARN, &r));
    qk_log_close();
    assert_qk_ok(qk_file_read(test_path("log"), 10000, &said));
    assert_non_null(strstr(qk_buf_text(&said), "line=2 key=strange unknown=ignored"));
    assert_non_null(strstr(qk_buf_text(&said), "line=3 key=tls.other unknown=ignored"));
    assert_null(strstr(qk_buf_text(&said), "key=strange.b"));
}

/* --- noise --- */

/* Visits what a caller can reach, a few levels deep, and reads the record out of it. */
static void use(const qk_config *config)
{
    const qk_config_node *node = qk_config_root(config), *next;
    const char *key;
    record r;

    for (size_t i = 0; qk_config_at(node, i, &key, &next); i++)
        for (size_t j = 0; qk_config_at(next, j, NULL, NULL) && j < 10; j++)
            qk_config_get(node, key);
    if (read_record(config, QK_CONFIG_WARN, &r) == QK_OK)
        assert_non_null(r.address);
}

static void feed(const char *text, size_t len)
{
    QK_OWNED(qk_config_free) qk_config *config = NULL;

    if (qk_config_parse("noise", qk_view_of(text, len), &config) == QK_OK)
        use(config);
    else
        assert_null(config);
}

static void a_file_cut_anywhere_does_no_harm(void **state)
{
    (void)state;
    for (size_t len = 0; len < sizeof grep11_flow; len++)
        feed(grep11_flow, len);
    for (size_t len = 0; len < sizeof grep11_block; len++)
        feed(grep11_block, len);
}

static void changed_files_do_no_harm(void **state)
{
    static const char marks[] = "{}[]:,-&*<>|?!%@`'\"#\n\t \\~\x01\x80\xff"
                                "a0";
    static char text[sizeof grep11_block];
    uint64_t noise = 20270328;

    (void)state;
    for (int round = 0; round < 6000; round++) {
        const char *from = round % 2 ? grep11_flow : grep11_block;
        size_t len = strlen(from);
        len = len < sizeof text ? len : sizeof text;
        memcpy(text, from, len);
        for (uint64_t changes = 1 + test_noise(&noise) % 6; changes > 0; changes--)
            text[test_noise(&noise) % len] = marks[test_noise(&noise) % (sizeof marks - 1)];
        feed(text, len);
    }
}

static void pure_noise_does_no_harm(void **state)
{
    static const char *const words[] = {
        "a", ": ", "\n",  "  ", "- ", "&x ", "*x",   "<<", "{",     "}",  "[", "]",
        ",", "? ", "|\n", ">",  "\"", "'",   "!!t ", "#",  "---\n", "\t", "1", "\xff"
    };
    uint64_t noise = 11;

    (void)state;
    for (int round = 0; round < 6000; round++) {
        QK_OWNED(qk_buf_done) qk_buf text = QK_BUF_NONE;
        for (uint64_t count = test_noise(&noise) % 40; count > 0; count--)
            qk_buf_put_text(&text, words[test_noise(&noise) % (sizeof words / sizeof words[0])]);
        feed(qk_buf_text(&text), text.len);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_client_file_in_flow_style_loads),
        cmocka_unit_test(a_client_file_in_block_style_loads),
        cmocka_unit_test(a_map_gives_its_pairs_in_file_order),
        cmocka_unit_test(the_first_of_several_merged_maps_wins_and_own_keys_win_over_all),
        cmocka_unit_test(a_merged_map_brings_what_it_merged_itself),
        cmocka_unit_test(an_anchor_given_anew_counts_from_there),
        cmocka_unit_test(null_has_many_spellings_but_not_quoted),
        cmocka_unit_test(quoting_and_blocks_are_undone),
        cmocka_unit_test(an_empty_file_is_a_map_without_keys),
        cmocka_unit_test(mistakes_are_refused_with_their_line),
        cmocka_unit_test(explicit_keys_are_refused_in_files_with_tabs),
        cmocka_unit_test(tabs_and_question_marks_do_no_harm_apart),
        cmocka_unit_test(zero_bytes_and_large_files_are_refused),
        cmocka_unit_test(deep_nesting_is_refused),
        cmocka_unit_test(aliases_cannot_unfold_to_more_than_the_file_says),
        cmocka_unit_test(merging_without_end_is_refused),
        cmocka_unit_test(too_many_keys_entries_or_anchors_are_refused),
        cmocka_unit_test(nothing_is_written_to_standard_error),
        cmocka_unit_test(a_file_loads_and_its_path_stands_in_errors),
        cmocka_unit_test(a_record_is_filled),
        cmocka_unit_test(absent_and_null_give_the_defaults),
        cmocka_unit_test(one_scalar_is_a_list_of_one),
        cmocka_unit_test(wrong_values_are_refused_with_line_and_key),
        cmocka_unit_test(an_error_below_another_map_names_the_whole_path),
        cmocka_unit_test(a_value_is_never_shown),
        cmocka_unit_test(unknown_keys_of_foreign_files_are_warnings),
        cmocka_unit_test(a_file_cut_anywhere_does_no_harm),
        cmocka_unit_test(changed_files_do_no_harm),
        cmocka_unit_test(pure_noise_does_no_harm),
    };
    return cmocka_run_group_tests_name("config", tests, make_test_folder, remove_test_folder);
}
