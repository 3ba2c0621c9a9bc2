#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Is what the documentation says still what the sources say? Speaks TAP.

Tables between "<!-- table: NAME -->" and "<!-- end -->" in docs/*.md are printed from the sources: quantokid.yaml's by
`quantokid --describe-config`, the others from the rows in the source text. After an intended change run this once with
QUANTOKI_UPDATE_SNAPSHOTS=1, which writes the tables anew, and commit them with the row.

usage: fresh.py path-of-quantokid
"""
import glob
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
UPDATE = "QUANTOKI_UPDATE_SNAPSHOTS" in os.environ
QUANTOKID = sys.argv[1]


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


# ---- tables as the sources have them ----

def server_table():
    return subprocess.run([QUANTOKID, "--describe-config"], check=True, capture_output=True, text=True).stdout


KINDS = {"TEXT": "text", "BOOL": "true or false", "UINT": "number", "CHOICE": "choice", "MAP": "map", "LIST": "list"}
# Defaults that follow from another key.
FOLLOWS = {"tokens.N.cache_max_age_ms": "that one's"}


def c_text(literals):
    """Neighbouring C string literals as one text."""
    return "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', literals))


def range_of(fields):
    """As quantokid --describe-config writes it."""
    def number(text):
        return f"{int(text) >> 20}M" if int(text) and int(text) % (1 << 20) == 0 else text
    if fields["type"] != "QK_CONFIG_UINT":
        return ""
    return f", {number(fields.get('min', '0'))} " + (f"to {number(fields['max'])}" if "max" in fields else "or more")


def rows_in(text, prefix=""):
    """(key, kind, default, help) of the configuration rows in a source text."""
    for key, row in re.findall(r'\{\s*\.key = ((?:"[^"]*"\s*)+),\s*(.*?)\}\s*,', text, re.S):
        fields = dict(re.findall(r'\.(type|fallback|help|required|min|max) = ((?:"[^"]*"\s*|\w+)+)', row))
        key = prefix + c_text(key)
        default = FOLLOWS.get(key) or (f"`{c_text(fields['fallback'])}`" if "fallback" in fields else
                                       "must be given" if "required" in fields else "none")
        yield key, KINDS[fields["type"][len("QK_CONFIG_"):]] + range_of(fields), default, c_text(fields["help"])


def wrapper_rows():
    return list(rows_in(read("src/wrapper/settings.c")))


def client_rows():
    """(key, kind, default, help) of the rows in client_config.c; the rows of the three users stand once, as users.M."""
    source = read("src/module/library/client_config.c").replace("\\\n", "\n")
    users, rest = re.match(r".*?#define USER\(n\)(.*?)(static const qk_config_row token_rows.*)", source, re.S).groups()
    tokens = re.sub(r"USER\(0\)\s+USER\(1\)\s+USER\(2\)", lambda _: users.replace('" #n "', "M"), rest)
    rows = []
    for prefix, text in ("", source[:source.index("#define USER(n)")]), ("tokens.N.", tokens):
        rows += rows_in(text, prefix)
    return rows


def table_of(rows):
    lines = ["| key | value | default | meaning |", "|---|---|---|---|"]
    lines += [f"| `{key}` | {kind} | {default} | {words} |" for key, kind, default, words in rows]
    return "\n".join(lines) + "\n"


def seeder_rows():
    source = read("src/seeder/config/config.c")
    own, targets = (re.search(r"const qk_config_row %s\[\] = \{.*?\n\};" % name, source, re.S).group(0)
                    for name in ("qk_seed_rows", "qk_seed_target_rows"))
    return [*rows_in(own), *rows_in(targets, "targets.N.")]


def check_seeder_options():
    """Every option of quantoki-seed stands in its page."""
    page = read("docs/man/quantoki-seed.8.scd")
    options = re.findall(r'\{ "([a-z-]+)", (?:\'.\'|\w+), (?:"[A-Z]+"|NULL), 0,', read("src/seeder/main.c"))
    return ([] if len(options) > 5 else ["no options found"]) + [
        f"docs/man/quantoki-seed.8.scd lacks --{option}" for option in options if f"*--{option}*" not in page]


def check_seeder_log():
    """Every op of the seeder's log has its row in the reference."""
    sources = [read(path) for path in glob.glob("src/seeder/**/*.c", root_dir=ROOT, recursive=True)
               if not path.endswith("_test.c")]
    logged = {op for source in sources for op in re.findall(r'"op=([a-z-]+)', source)}
    log = read("docs/seeder-reference.md").split("\n## The log\n")[1]
    rows = set(re.findall(r"^\| `([a-z-]+)` \| [a-z, ]+ \| .* \|$", log, re.M))
    return ([] if len(logged) > 5 else ["no ops found"]) + [
        f"docs/seeder-reference.md lacks op {op}" for op in sorted(logged - rows)]


KEY_NAMES = {"none": "", "any-secret": "any secret", "seed-or-ec": "seed or EC"}


def mechanism_table():
    lines = ["| mechanism | does | key | sizes | GREP11 reports | parameter | parts | source |",
             "|---|---|---|---|---|---|---|---|"]
    pattern = (r"(0x[0-9a-f]+) (CKM_\w+)\n    key (\S+) (\d+)\.\.(\d+); does ([^;]*); parameter ([^;]*); (.*)flags \d+; "
               r"(.*)\n(?:    GREP11 (\d+)\.\.(\d+), flags \d+\n)?")
    for row in re.finditer(pattern, read("src/p11/mechanism_table.txt")):
        number, name, key, low, high, does, parameter, extra, source, ibm_low, ibm_high = row.groups()
        keyless = key == "none"
        parts = "one call" if "single part" in extra else "gathered" if "gathered" in extra else "yes"
        if "generate" in does:
            parts = ""
        lines.append(
            f"| `{name}` {number} | {does.replace(' ', ', ')} | {KEY_NAMES.get(key, key[4:] if key[:4] == 'CKK_' else key)} "
            f"| {'' if keyless else f'{low} to {high}'} | {'' if keyless or not ibm_low else f'{ibm_low} to {ibm_high}'} "
            f"| {parameter.replace('none', '')} | {parts} | {source} |")
    return "\n".join(re.sub(r"\|\s+(?=\|)", "| ", line) for line in lines) + "\n"


REASONS = {"IBM_ECDH1_DERIVE_RAW": "results under a key-encrypting key", "IBM_DH_PKCS_DERIVE_RAW": "results under a key-encrypting key",
           "IBM_EC_MULTIPLY": "no public specification", "IBM_EAC": "no public specification",
           "IBM_RETAINKEY": "keys kept in the card", "PBE_SHA1_DES3_EDE_CBC": "broken by today's measure",
           "IBM_DILITHIUM": "round 2 and 3 signatures", "IBM_KYBER": "round 2 key encapsulation",
           "IBM_EC_AGGREGATE": "BLS12-381", "IBM_ATTRIBUTEBOUND_WRAP": "keys that travel with their attributes",
           "IBM_TRANSPORTKEY": "import of public keys"}


def absent_mechanisms():
    """What IBM's server reports and we have not."""
    reported = re.findall(r"^    ROW\((\w+),", read("src/p11/mechanism_grep11.c"), re.M)
    ours = re.findall(r"^0x[0-9a-f]+ CKM_(\w+)$", read("src/p11/mechanism_table.txt"), re.M)
    return "| mechanism | |\n|---|---|\n" + "".join(
        f"| `CKM_{name}` | {REASONS.get(name, '')} |\n" for name in reported if name not in ours)


TABLES = {"quantokid.yaml": ("docs/configuration.md", server_table),
          "grep11client.yaml": ("docs/configuration.md", lambda: table_of(client_rows())),
          "entropy-wrapper.yaml": ("docs/entropy-wrapper.md", lambda: table_of(wrapper_rows())),
          "seed.yaml": ("docs/seeder-reference.md", lambda: table_of(seeder_rows())),
          "mechanisms": ("docs/mechanisms.md", mechanism_table),
          "mechanisms that do not work": ("docs/migration.md", absent_mechanisms)}


def check_table(name):
    path, print_table = TABLES[name]
    page, table = read(path), print_table()
    begin, end = f"<!-- table: {name} -->\n", "<!-- end -->"
    before, rest = page.split(begin)
    kept, after = rest.split(end, 1)
    if UPDATE and kept.strip() != table.strip():
        with open(os.path.join(ROOT, path), "w", encoding="utf-8") as file:
            file.write(before + begin + "\n" + table + "\n" + end + after)
        return []
    kept, table = kept.strip().split("\n"), table.strip().split("\n")
    return ([f"{path} lacks: {line}" for line in table if line not in kept] +
            [f"{path} has: {line}" for line in kept if line not in table] +
            ([f"{path}: other order"] if kept != table and sorted(kept) == sorted(table) else []))


# ---- manual pages ----

def check_manual(page, keys):
    explained = re.findall(r"^\*([\w.]+)\*(?: \(|$)", read(page), re.M)
    explained = [key for key in explained if "." in key or key in keys]
    return ([f"{page} does not explain {key}" for key in keys if key not in explained] +
            [f"{page} explains {key}, which does not exist" for key in explained if key not in keys])


def check_commands():
    """Every row of the command line's tables, and every long option, stands in its page."""
    page, lost = read("docs/man/quantoki.1.scd"), []
    groups = {"main.c": "quantoki", "token.c": "quantoki token", "entropy.c": "quantoki entropy", "iam.c": "quantoki iam"}
    for path in sorted(glob.glob("src/cli/**/*.[ch]", root_dir=ROOT, recursive=True)):
        name, source = os.path.basename(path), read(path).replace("\\\n", "\n")
        options = re.findall(r'\{\s*"([a-z-]+)",\s*(?:\'.\'|\w+),\s*(?:"[A-Z]+"|NULL),\s*0,', source)
        lost += [f"docs/man/quantoki.1.scd lacks --{option} of {name}" for option in options
                 if not re.search(rf"\*--{option}\*", page)]
        commands = re.findall(r'\{ "(\w+)",\s+"[^"]*",\s+qk_command_|\{ "(\w+)", "[^"]*", command_', source)
        lost += [f"docs/man/quantoki.1.scd lacks {groups[name]} {row[0] or row[1]}" for row in commands
                 if f"{groups[name]} {row[0] or row[1]}" not in page]
    return lost


def server_keys():
    return re.findall(r"^\| `([^`]+)`", server_table(), re.M)


# ---- errors, methods, links ----

def check_errors():
    rows = re.findall(r"ROW\((\w+),\s+(CKR_\w+),", read("src/base/error_table.h"))
    page = read("docs/operations.md")
    named = re.findall(r"^\| `([A-Z_]+)` \| (\S+) \|", page, re.M)
    short = [(name, value[4:]) for name, value in rows]
    return ([f"docs/operations.md lacks `{name}` with {value}" for name, value in short if (name, value) not in named] +
            [f"docs/operations.md has `{name}` with {value}" for name, value in named if (name, value) not in short])


def check_methods():
    works = set(re.findall(r"GREP11\(\w+,\s+(\w+),", read("src/hsm/methods.c")))
    works |= set(re.findall(r'"/grep11.Crypto/", (\w+),', read("src/hsm/methods.c")))
    works |= set(re.findall(r'GREP11\("(\w+)",', read("src/keystore/methods.c")))
    known = set(re.findall(r"^\s*rpc (\w+)\(", read("proto/grep11.proto"), re.M))
    said = re.search(r"<!-- methods that do not work -->(.*?)<!-- end -->", read("docs/migration.md"), re.S)
    said = set(re.findall(r"^\| `(\w+)`", said.group(1), re.M)) if said else set()
    return ([f"docs/migration.md: {name} does not work either" for name in sorted(known - works - said)] +
            [f"docs/migration.md: {name} works, or does not exist" for name in sorted(said - (known - works))])


def pages():
    yield from ("README.md", "CONTRIBUTING.md", "SECURITY.md")
    for folder in ("docs", *sorted(os.path.join("src", room) for room in os.listdir(os.path.join(ROOT, "src")))):
        for name in sorted(os.listdir(os.path.join(ROOT, folder))):
            if name.endswith(".md"):
                yield os.path.join(folder, name)


def check_links():
    lost = []
    for page in pages():
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", read(page)):
            if "://" not in target and not os.path.exists(os.path.join(ROOT, os.path.dirname(page), target)):
                lost.append(f"{page} links to {target}, which does not exist")
    return lost


def check_rows():
    """Each test that tests/node/README.md names is in the file that its section names."""
    lost = []
    for section in read("tests/node/README.md").split("\n## ")[1:]:
        file = re.search(r"`(\w+_test\.js)`", section.split("\n", 1)[0]).group(1)
        titles = re.findall(r"""\btest\((['`])((?:\\.|(?!\1).)*)\1""", read(f"tests/node/{file}"))
        titles = ["".join(".+" if part.startswith("${") else re.escape(part.replace("\\'", "'"))
                          for part in re.split(r"(\$\{.*?\})", title)) for _, title in titles]
        rows = [line.split("|")[2] for line in section.split("\n") if line.startswith("| ")][1:]
        lost += [f"tests/node/{file} has no test `{name}`" for row in rows for name in re.findall("`([^`]+)`", row)
                 if not any(re.fullmatch(title, name) for title in titles)]
    return lost


CASES = [
    ("the table of quantokid.yaml is what quantokid prints", lambda: check_table("quantokid.yaml")),
    ("the table of grep11client.yaml is what the module reads", lambda: check_table("grep11client.yaml")),
    ("the table of entropy-wrapper.yaml is what the wrapper reads", lambda: check_table("entropy-wrapper.yaml")),
    ("the list of mechanisms that IBM's server has and we have not is the true one",
     lambda: check_table("mechanisms that do not work")),
    ("the table of mechanisms is the printed mechanism table", lambda: check_table("mechanisms")),
    ("quantokid.yaml(5) explains every key and no other",
     lambda: check_manual("docs/man/quantokid.yaml.5.scd", server_keys())),
    ("grep11client.yaml(5) explains every key and no other",
     lambda: check_manual("docs/man/grep11client.yaml.5.scd", [row[0] for row in client_rows()])),
    ("libquantoki-entropy(7) explains every key and no other",
     lambda: check_manual("docs/man/libquantoki-entropy.7.scd", [row[0] for row in wrapper_rows()])),
    ("the table of seed.yaml is what quantoki-seed reads", lambda: check_table("seed.yaml")),
    ("seed.yaml(5) explains every key and no other",
     lambda: check_manual("docs/man/seed.yaml.5.scd", [row[0] for row in seeder_rows()])),
    ("quantoki-seed(8) has every option", check_seeder_options),
    ("the table of the seeder's log has every op", check_seeder_log),
    ("quantoki(1) has every command and option", check_commands),
    ("the table of errors has every error", check_errors),
    ("the list of missing GREP11 methods is the true one", check_methods),
    ("links between the pages lead somewhere", check_links),
    ("each row of what clients rely on has its test", check_rows),
]


def main():
    failed = 0
    for number, (name, check) in enumerate(CASES, 1):
        try:
            wrong = check()
        except (OSError, ValueError, AttributeError, subprocess.CalledProcessError) as error:
            wrong = [f"{type(error).__name__}: {error}"]
        print(f"{'not ok' if wrong else 'ok'} {number} - {name}")
        for line in wrong:
            print(f"# {line}")
        failed += bool(wrong)
    if failed:
        print("# tables are written anew by: QUANTOKI_UPDATE_SNAPSHOTS=1 tests/docs/fresh.py BUILD/src/server/quantokid")
    print(f"1..{len(CASES)}")
    return failed > 0


sys.exit(main())
