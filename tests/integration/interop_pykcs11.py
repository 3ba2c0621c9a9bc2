# SPDX-License-Identifier: Apache-2.0
"""What a Python application does with a token through PyKCS11. Prints "good: sentence" or "bad: sentence: why".

Usage: interop_pykcs11.py MODULE PIN LABEL (run by interop-pykcs11.sh with the Python that has PyKCS11)."""
import hashlib, hmac, os, sys, threading

from PyKCS11 import *
from PyKCS11 import LowLevel as low

MODULE, PIN, LABEL = sys.argv[1:4]
steps = []


def step(function):
    steps.append(function)
    return function


def equal(one, other):
    assert one == other, "%r is not %r" % (one, other)


def refused(rv, function, *arguments):
    try:
        function(*arguments)
    except PyKCS11Error as error:
        assert error.value == rv, "0x%x instead of 0x%x" % (error.value, rv)
        return
    raise AssertionError("not refused")


lib = PyKCS11Lib()
lib.load(MODULE)
slot = next(slot for slot in lib.getSlotList(tokenPresent=True) if lib.getTokenInfo(slot).label.strip() == LABEL)
session = lib.openSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION)


def aes(label):
    template = {CKA_CLASS: CKO_SECRET_KEY, CKA_KEY_TYPE: CKK_AES, CKA_VALUE_LEN: 32, CKA_LABEL: label, CKA_TOKEN: False,
                CKA_PRIVATE: True, CKA_ENCRYPT: True, CKA_DECRYPT: True}
    return session.generateKey(list(template.items()))


def pair(mechanism, public, private):
    return session.generateKeyPair(list(public.items()), list(private.items()), mecha=mechanism)


@step
def information_is_read():
    info = lib.getInfo()
    assert info.manufacturerID.strip() == "Quantoki" and info.cryptokiVersion >= (2, 40), info
    assert lib.getTokenInfo(slot).flags & low.CKF_TOKEN_INITIALIZED
    mechanisms = low.ckintlist()  # getMechanismList of PyKCS11 1.5 stumbles over mechanisms younger than itself
    equal(lib.lib.C_GetMechanismList(slot, mechanisms), CKR_OK)
    assert {CKM_AES_GCM, CKM_ECDSA, CKM_SHA256_RSA_PKCS} <= set(mechanisms)
    info = lib.getMechanismInfo(slot, "CKM_RSA_PKCS")
    assert info.flags & CKF_SIGN and info.ulMinKeySize >= 1024


@step
def login_and_its_errors():
    refused(CKR_PIN_INCORRECT, session.login, "wrong")
    session.login(PIN)
    refused(CKR_USER_ALREADY_LOGGED_IN, session.login, PIN)
    equal(session.getSessionInfo().state, low.CKS_RW_USER_FUNCTIONS)


@step
def digests_are_hashlibs():
    for name, mechanism in (("sha1", MechanismSHA1), ("sha256", Mechanism(CKM_SHA256)), ("sha512", Mechanism(CKM_SHA512))):
        equal(bytes(session.digest(b"text", mechanism)), hashlib.new(name, b"text").digest())
    parts = session.digestSession(Mechanism(CKM_SHA256))
    parts.update(b"te").update(b"xt")
    equal(bytes(parts.final()), hashlib.sha256(b"text").digest())


@step
def random_is_drawn():
    one, other = session.generateRandom(100), session.generateRandom(100)
    assert len(one) == 100 and list(one) != list(other)
    session.seedRandom(os.urandom(48))


@step
def aes_encrypts_in_every_mode():
    key = aes("py")
    for mechanism, text in ((Mechanism(CKM_AES_CBC_PAD, bytes(16)), b"any length"),
                            (Mechanism(CKM_AES_CBC, bytes(16)), bytes(64)), (Mechanism(CKM_AES_ECB), bytes(32)),
                            (AES_GCM_Mechanism(bytes(12), b"aad", 128), b"authenticated")):
        cipher = session.encrypt(key, text, mechanism)
        assert bytes(cipher) != text
        equal(bytes(session.decrypt(key, cipher, mechanism)), text)
    session.destroyObject(key)


@step
def rsa_signs_and_decrypts():
    public, private = pair(Mechanism(CKM_RSA_PKCS_KEY_PAIR_GEN),
                           {CKA_MODULUS_BITS: 2048, CKA_PUBLIC_EXPONENT: (1, 0, 1), CKA_ENCRYPT: True, CKA_VERIFY: True},
                           {CKA_SIGN: True, CKA_DECRYPT: True, CKA_SENSITIVE: True})
    pss = RSA_PSS_Mechanism(CKM_SHA256_RSA_PKCS_PSS, CKM_SHA256, CKG_MGF1_SHA256, 32)
    for mechanism in (Mechanism(CKM_SHA256_RSA_PKCS), Mechanism(CKM_RSA_PKCS), pss):
        signature = session.sign(private, b"text", mechanism)
        assert session.verify(public, b"text", signature, mechanism)
        assert not session.verify(public, b"another", signature, mechanism)
    for mechanism in (Mechanism(CKM_RSA_PKCS), RSAOAEPMechanism(CKM_SHA256, CKG_MGF1_SHA256)):
        equal(bytes(session.decrypt(private, session.encrypt(public, b"text", mechanism), mechanism)), b"text")
    modulus, exponent = session.getAttributeValue(private, [CKA_MODULUS, CKA_PUBLIC_EXPONENT])
    assert len(modulus) == 256 and tuple(exponent) == (1, 0, 1)
    equal(session.getAttributeValue(private, [CKA_PRIVATE_EXPONENT]), [None])


@step
def elliptic_curves_sign():
    for curve, mechanism, generate in ((bytes.fromhex("06082a8648ce3d030107"), Mechanism(CKM_ECDSA_SHA256), CKM_EC_KEY_PAIR_GEN),
                                       (bytes.fromhex("06052b81040022"), Mechanism(CKM_ECDSA), CKM_EC_KEY_PAIR_GEN),
                                       (bytes.fromhex("06032b6570"), Mechanism(CKM_EDDSA), CKM_EC_EDWARDS_KEY_PAIR_GEN)):
        public, private = pair(Mechanism(generate), {CKA_EC_PARAMS: curve, CKA_VERIFY: True}, {CKA_SIGN: True})
        signature = session.sign(private, b"text", mechanism)
        assert session.verify(public, b"text", signature, mechanism)


@step
def macs_are_those_of_hashlib():
    key = session.createObject(list({CKA_CLASS: CKO_SECRET_KEY, CKA_KEY_TYPE: CKK_GENERIC_SECRET, CKA_VALUE: b"k" * 32,
                                     CKA_SIGN: True, CKA_VERIFY: True, CKA_PRIVATE: True}.items()))
    equal(bytes(session.sign(key, b"text", Mechanism(CKM_SHA256_HMAC))), hmac.digest(b"k" * 32, b"text", "sha256"))
    assert session.verify(key, b"text", hmac.digest(b"k" * 32, b"text", "sha256"), Mechanism(CKM_SHA256_HMAC))


@step
def keys_are_wrapped_and_unwrapped():
    kek = session.generateKey(list({CKA_CLASS: CKO_SECRET_KEY, CKA_KEY_TYPE: CKK_AES, CKA_VALUE_LEN: 32, CKA_WRAP: True,
                                    CKA_UNWRAP: True, CKA_PRIVATE: True}.items()))
    key, iv = aes("inner"), Mechanism(CKM_AES_CBC_PAD, bytes(16))
    refused(CKR_KEY_UNEXTRACTABLE, session.wrapKey, kek, key, iv)
    session.destroyObject(key)
    key = session.generateKey(list({CKA_CLASS: CKO_SECRET_KEY, CKA_KEY_TYPE: CKK_AES, CKA_VALUE_LEN: 16, CKA_EXTRACTABLE: True,
                                    CKA_PRIVATE: True}.items()))
    other = session.unwrapKey(kek, session.wrapKey(kek, key, iv), list({
        CKA_CLASS: CKO_SECRET_KEY, CKA_KEY_TYPE: CKK_AES, CKA_PRIVATE: True, CKA_DECRYPT: True}.items()), iv)
    equal(bytes(session.decrypt(other, session.encrypt(key, bytes(32), iv), iv)), bytes(32))


@step
def objects_are_found_changed_and_destroyed():
    before = len(session.findObjects([(CKA_CLASS, CKO_DATA)]))
    data = [session.createObject([(CKA_CLASS, CKO_DATA), (CKA_TOKEN, True), (CKA_PRIVATE, True), (CKA_LABEL, "py %d" % i),
                                  (CKA_VALUE, b"value")]) for i in range(30)]
    equal(len(session.findObjects([(CKA_CLASS, CKO_DATA)])), before + 30)
    session.setAttributeValue(data[3], [(CKA_LABEL, "changed")])
    found = session.findObjects([(CKA_LABEL, "changed")])
    equal(len(found), 1)
    equal(bytes(session.getAttributeValue(found[0], [CKA_VALUE])[0]), b"value")
    attributes = found[0].to_dict()
    equal(attributes["CKA_LABEL"], "changed")
    for one in data:
        session.destroyObject(one)
    equal(len(session.findObjects([(CKA_CLASS, CKO_DATA)])), before)


@step
def threads_have_sessions_of_their_own():
    public, private = pair(Mechanism(CKM_EC_KEY_PAIR_GEN), {CKA_EC_PARAMS: bytes.fromhex("06082a8648ce3d030107"), CKA_VERIFY: True},
                           {CKA_SIGN: True})
    bad = []

    def work():
        own = lib.openSession(slot, CKF_SERIAL_SESSION)
        for i in range(10):
            if not own.verify(public, b"text", own.sign(private, b"text", Mechanism(CKM_ECDSA_SHA256)), Mechanism(CKM_ECDSA_SHA256)):
                bad.append(i)
        own.closeSession()

    threads = [threading.Thread(target=work) for _ in range(8)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    equal(bad, [])


@step
def it_ends_and_begins_again():
    session.logout()
    session.closeSession()
    getattr(lib, "unload", lib.lib.Unload)()  # finalises, too; newer versions count who has loaded a library
    again = PyKCS11Lib()
    again.load(MODULE)
    own = again.openSession(slot, CKF_SERIAL_SESSION)
    equal(own.findObjects([(CKA_CLASS, CKO_PRIVATE_KEY)]), [])
    own.closeSession()


failed = False
for function in steps:
    sentence = function.__name__.replace("_", " ")
    try:
        function()
        print("good: " + sentence, flush=True)
    except Exception as error:
        failed = True
        print("bad: %s: %s: %s" % (sentence, type(error).__name__, str(error).replace("\n", " ")), flush=True)
sys.exit(failed)
