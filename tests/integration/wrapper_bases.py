#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""libquantoki-entropy.so around other bases than SoftHSM: small ones of our own, libquantoki.so, p11-kit's proxy.

Arguments: see wrapper_world.py."""
import ctypes, os, re, shutil, subprocess, sys

import wrapper_world as w
from wrapper_world import (BASE_OPEN, NOT_INITIALIZED, NOT_SUPPORTED, OK, QUANTOKI, SESSION_INVALID, STUB, STUB_3_2, STUB_SLOT, WRAPPER, Info, U, equal,
                           settings, test, with_settings)

PROXY = "/usr/lib/%s/p11-kit-proxy.so" % {"x86_64": "x86_64-linux-gnu", "aarch64": "aarch64-linux-gnu"}.get(os.uname().machine)
P11_KIT_MODULES = "/usr/share/p11-kit/modules"


@test
def a_base_with_few_functions_is_enough():
    settings(QRYPT_BASE_HSM_PATH=STUB)
    w.service.begin()
    equal(w.p11.C_Initialize(None), OK)
    session = w.p11.open(STUB_SLOT)
    equal(w.p11.random(session, 32)[0], OK)
    equal(w.p11.C_DigestInit(session, None), NOT_SUPPORTED)
    equal(w.p11.C_VerifySignatureFinal(session), NOT_SUPPORTED)
    equal(w.p11.C_CloseSession(session), NOT_SUPPORTED)
    info = Info()
    equal(w.p11.C_GetInfo(ctypes.byref(info)), OK)
    equal((info.flags, info.cryptoki.major, info.cryptoki.minor), (0, 3, 2))
    equal(bytes(info)[Info.description.offset:Info.description.offset + 32], b"Wrap of A base that ends in the ")


@test
def a_session_that_the_device_lost_is_forgotten():
    settings(QRYPT_BASE_HSM_PATH=STUB)
    w.service.begin()
    equal(w.p11.C_Initialize(None), OK)
    session = w.p11.open(STUB_SLOT)
    equal(w.p11.random(session, 8)[0], OK)
    equal(w.p11.C_GetSessionInfo(session, None), 0x32)
    equal(w.p11.random(session, 8)[0], SESSION_INVALID)


@test
def a_base_of_version_3_2_is_reached_whole():
    """In a process of its own: interfaces are found once."""
    settings(QRYPT_BASE_HSM_PATH=STUB_3_2)
    script = """
import ctypes, sys
sys.argv = ["wrapper_world.py", %r, "", %r]
sys.path.insert(0, %r)
import wrapper_world as w
p11 = w.Library(w.WRAPPER)
count = w.U(64)
found = (w.Interface * 64)()
assert p11.C_GetInterfaceList(found, ctypes.byref(count)) == 0
print([(i.name.decode(), i.list[0].major, i.list[0].minor, i.flags) for i in found[:count.value]])
own = (w.Interface * 3)()
w.Library(w.STUB_3_2).C_GetInterfaceList(own, ctypes.byref(w.U(3)))
print([ctypes.addressof(i.list[0]) for i in found[:count.value] if i.name == b"Vendor of the test"] ==
      [ctypes.addressof(own[2].list[0])])
assert p11.C_Initialize(None) == 0
session = p11.open(7)
print(hex(p11.C_VerifySignatureFinal(session)), hex(p11.C_VerifySignatureFinal(w.U(99))))
""" % (WRAPPER, STUB_3_2, os.path.dirname(os.path.abspath(__file__)))
    lines = subprocess.run([sys.executable, "-c", script], stdout=subprocess.PIPE, check=True).stdout.decode().split("\n")
    equal(lines[0], "[('PKCS 11', 3, 2, 1), ('PKCS 11', 2, 40, 1), ('Vendor of the test', 1, 0, 0)]")
    equal(lines[1:3], ["True", "0xc0 0xb3"])


@test
def a_base_that_is_this_library_is_refused():
    copy = shutil.copy(WRAPPER, w.folder)
    for path in (WRAPPER, copy):
        settings(QRYPT_BASE_HSM_PATH=path)
        equal(w.p11.C_Initialize(None), BASE_OPEN)
        equal(w.p11.C_Finalize(None), NOT_INITIALIZED)


@test
def a_program_that_has_this_library_before_all_others_reaches_the_base():
    """The loader then binds the base's names to ours, also those in its list of functions."""
    settings()
    w.service.begin()
    equal(w.p11.C_Initialize(None), OK)
    slot = w.p11.slot()
    before = [os.environ["LD_PRELOAD"]] if os.environ.get("LD_PRELOAD") else []
    done = subprocess.run([w.USER, WRAPPER, str(slot), "draw", "4"], input=b"\n", stdout=subprocess.PIPE, timeout=30,
                          env={**os.environ, "LD_PRELOAD": " ".join(before + [WRAPPER])})
    equal((done.returncode, done.stdout), (0, b"drawn\n"))
    equal(len(w.service.requests), 1)


@test
def a_library_that_is_no_base_does_not_stay_in_memory():
    libm = next(iter(re.findall(r"/\S*libm\.so\S*", open("/proc/self/maps").read())))
    copy = shutil.copy(libm, w.folder + "/no-base.so")
    settings(QRYPT_BASE_HSM_PATH=copy)
    equal(w.p11.C_Initialize(None), BASE_OPEN)
    assert "no-base.so" not in open("/proc/self/maps").read(), "it stays mapped"


def draws_around(base):
    w.settings(QRYPT_BASE_HSM_PATH=base, **with_settings(""))
    w.service.begin()
    equal(w.p11.C_Initialize(None), OK)
    session = w.p11.open(w.p11.slot())
    equal(w.p11.random(session, 2000), (OK, b"".join(w.service.given)[:2000]))
    digest, length = ctypes.create_string_buffer(32), U(32)
    mechanism = (U * 3)(0x250, 0, 0)  # CKM_SHA256
    equal(w.p11.C_DigestInit(session, mechanism), OK)
    equal(w.p11.C_Digest(session, b"abc", U(3), digest, ctypes.byref(length)), OK)
    equal(digest.raw[:4].hex(), "ba7816bf")
    equal(w.p11.C_Finalize(None), OK)


def quantoki_token(folder):
    """An embedded token, made by way of the wrapper."""
    path = w.folder + "/" + folder + ".yaml"
    with open(path, "w") as file:
        file.write('tokens:\n  0:\n    embedded:\n      path: "%s/%s"\n' % (w.folder, folder))
    os.chmod(path, 0o600)
    os.environ["EP11CLIENT_CFG"] = path
    w.settings(QRYPT_BASE_HSM_PATH=QUANTOKI)
    subprocess.run(["pkcs11-tool", "--module", WRAPPER, "--init-token", "--so-pin", "87654321", "--label", "mine"],
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@test
def libquantoki_is_a_base():
    quantoki_token("token")
    draws_around(QUANTOKI)


def with_module_alone_in_p11_kit(module, *command):
    """p11-kit reads its users' configuration, but not root's: root gets a view of the packages' files of its own."""
    config = w.folder + "/config"
    os.makedirs(config + "/pkcs11/modules", exist_ok=True)
    with open(config + "/pkcs11/pkcs11.conf", "w") as file:
        file.write("user-config: only\n")
    with open(config + "/pkcs11/modules/alone.module", "w") as file:
        file.write("module: %s\n" % module)
    if os.getuid() == 0:
        mount = 'mount --bind "$1" "$2" && shift 2 && exec "$@"'
        command = ("unshare", "--mount", "sh", "-c", mount, "sh", config + "/pkcs11/modules", P11_KIT_MODULES, *command)
    return subprocess.run(command, env={**os.environ, "XDG_CONFIG_HOME": config}, check=True, timeout=60,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout


@test
def the_proxy_of_p11_kit_is_a_base():
    if not os.path.exists(PROXY):
        return "p11-kit's proxy is not installed"
    quantoki_token("behind-the-proxy")
    w.settings(QRYPT_BASE_HSM_PATH=PROXY, **with_settings(""))
    w.service.begin()
    tool = ("pkcs11-tool", "--module", WRAPPER, "--token-label", "mine")
    slots = with_module_alone_in_p11_kit(QUANTOKI, *tool, "--list-slots").decode()
    equal(re.findall(r"token label *: (\S+)", slots), ["mine"])
    equal(re.findall(r"token manufacturer *: (\S+)", slots), ["Quantoki"])
    drawn = with_module_alone_in_p11_kit(QUANTOKI, *tool, "--generate-random", "2000")
    equal(drawn, b"".join(w.service.given)[:2000])
    with open(w.folder + "/abc", "w") as file:
        file.write("abc")
    digest = with_module_alone_in_p11_kit(QUANTOKI, *tool, "--hash", "--mechanism", "SHA256", "--input-file", w.folder + "/abc")
    equal(digest[:4].hex(), "ba7816bf")


@test
def the_proxy_of_p11_kit_loads_this_library():
    """As applications get it that ask p11-kit for their tokens; SoftHSM behind it."""
    if not os.path.exists(PROXY):
        return "p11-kit's proxy is not installed"
    settings(**with_settings(""))
    w.service.begin()
    tool = ("pkcs11-tool", "--module", PROXY, "--token-label", "gtesttoken")
    drawn = with_module_alone_in_p11_kit(WRAPPER, *tool, "--generate-random", "2000")
    equal(drawn, b"".join(w.service.given)[:2000])
    assert b"gtesttoken" in with_module_alone_in_p11_kit(WRAPPER, *tool, "--list-token-slots")


@test
def p11tool_draws_through_p11_kit():
    if not shutil.which("p11tool"):
        return "p11tool is not installed"
    if os.environ.get("LD_PRELOAD"):
        return "with a sanitizer p11-kit's own programs hang, whatever the module"
    settings(**with_settings(""))
    w.service.begin()
    listed = with_module_alone_in_p11_kit(WRAPPER, "p11tool", "--list-token-urls").decode()
    url = next(iter(re.findall(r"pkcs11:\S*token=gtesttoken\S*", listed)))
    drawn = with_module_alone_in_p11_kit(WRAPPER, "p11tool", "--generate-random=64", url)
    equal(len(w.service.requests), 1)
    text = "".join("%02x" % byte for byte in w.service.given[0][:64])
    assert text in drawn.decode(errors="replace").lower() or w.service.given[0][:64] in drawn, drawn


if __name__ == "__main__":
    w.main()
