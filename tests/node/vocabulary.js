// SPDX-License-Identifier: Apache-2.0
// Names of PKCS #11 and of IBM's extensions, values as GREP11 carries them, and what tests say with them.
'use strict';

const assert = require('assert');
const { detailOf } = require('./client');

exports.CKM = {
  RSA_PKCS_KEY_PAIR_GEN: 0x0, RSA_PKCS: 0x1, SHA1_RSA_PKCS: 0x6, RSA_PKCS_OAEP: 0x9,
  RSA_X9_31_KEY_PAIR_GEN: 0xa, DSA_KEY_PAIR_GEN: 0x10, DSA: 0x11, DSA_SHA1: 0x12,
  DH_PKCS_KEY_PAIR_GEN: 0x20, DH_PKCS_DERIVE: 0x21, SHA256_RSA_PKCS: 0x40, SHA512_RSA_PKCS: 0x42,
  SHA256_RSA_PKCS_PSS: 0x43, SHA512_RSA_PKCS_PSS: 0x45, DES3_KEY_GEN: 0x131, DES3_ECB: 0x132, DES3_CBC: 0x133,
  DES3_CBC_PAD: 0x136, SHA_1: 0x220,
  SHA224: 0x255, SHA256: 0x250, SHA256_HMAC: 0x251, SHA384: 0x260, SHA512: 0x270, GENERIC_SECRET_KEY_GEN: 0x350, EC_KEY_PAIR_GEN: 0x1040,
  ECDSA: 0x1041, ECDSA_SHA256: 0x1044, ECDSA_SHA512: 0x1046, ECDH1_DERIVE: 0x1050, AES_KEY_GEN: 0x1080,
  AES_ECB: 0x1081, AES_CBC: 0x1082, AES_CBC_PAD: 0x1085, AES_GCM: 0x1087, DSA_PARAMETER_GEN: 0x2000,
  DH_PKCS_PARAMETER_GEN: 0x2001, IBM_EC_X25519: 0x8001001b, IBM_ED25519_SHA512: 0x8001001c, IBM_EC_X448: 0x8001001e,
  IBM_ED448_SHA3: 0x8001001f, IBM_DILITHIUM: 0x80010023, IBM_KYBER: 0x80010024, IBM_ECDSA_OTHER: 0x80010031,
  IBM_EC_AGGREGATE: 0x80010034, IBM_ATTRIBUTEBOUND_WRAP: 0x80020004, IBM_TRANSPORTKEY: 0x80020005,
  IBM_BTC_DERIVE: 0x80070001,
};
exports.CKA = {
  CLASS: 0x0, TOKEN: 0x1, PRIVATE: 0x2, LABEL: 0x3, VALUE: 0x11, TRUSTED: 0x86, CHECK_VALUE: 0x90, KEY_TYPE: 0x100,
  SENSITIVE: 0x103, ENCRYPT: 0x104, DECRYPT: 0x105, WRAP: 0x106, UNWRAP: 0x107, SIGN: 0x108, VERIFY: 0x10a, DERIVE: 0x10c,
  MODULUS_BITS: 0x121, PUBLIC_EXPONENT: 0x122, PRIME_BITS: 0x133, VALUE_LEN: 0x161, EXTRACTABLE: 0x162, LOCAL: 0x163,
  NEVER_EXTRACTABLE: 0x164, ALWAYS_SENSITIVE: 0x165, WRAP_WITH_TRUSTED: 0x210,
  EC_PARAMS: 0x180, IBM_ATTRBOUND: 0x80010004, IBM_USE_AS_DATA: 0x80010008, IBM_STRUCT_PARAMS: 0x80010009,
  IBM_PQC_PARAMS: 0x8001000e,
};
exports.CKO = { PUBLIC_KEY: 2, PRIVATE_KEY: 3, SECRET_KEY: 4 };
exports.CKK = {
  RSA: 0x0, DSA: 0x1, DH: 0x2, EC: 0x3, GENERIC_SECRET: 0x10, DES2: 0x14, DES3: 0x15, AES: 0x1f,
  IBM_DILITHIUM: 0x80010023, IBM_KYBER: 0x80010024,
};
exports.CKR = {
  ARGUMENTS_BAD: 0x7, ATTRIBUTE_READ_ONLY: 0x10, ATTRIBUTE_VALUE_INVALID: 0x13, DATA_LEN_RANGE: 0x21,
  ENCRYPTED_DATA_INVALID: 0x40, ENCRYPTED_DATA_LEN_RANGE: 0x41, FUNCTION_NOT_SUPPORTED: 0x54, KEY_SIZE_RANGE: 0x62,
  KEY_TYPE_INCONSISTENT: 0x63, KEY_FUNCTION_NOT_PERMITTED: 0x68, KEY_NOT_WRAPPABLE: 0x69, KEY_UNEXTRACTABLE: 0x6a,
  MECHANISM_INVALID: 0x70, MECHANISM_PARAM_INVALID: 0x71, SIGNATURE_INVALID: 0xc0, SIGNATURE_LEN_RANGE: 0xc1,
  TEMPLATE_INCOMPLETE: 0xd0, TEMPLATE_INCONSISTENT: 0xd1, UNWRAPPING_KEY_TYPE_INCONSISTENT: 0xf2,
  WRAPPED_KEY_INVALID: 0x110, WRAPPED_KEY_LEN_RANGE: 0x112, WRAPPING_KEY_TYPE_INCONSISTENT: 0x115,
  PUBLIC_KEY_INVALID: 0x1b9, PIN_INCORRECT: 0xa0, SESSION_HANDLE_INVALID: 0xb3,
  IBM_BLOB_ERROR: 0x80010004,
  IBM_BLOBKEY_CONFLICT: 0x80010005, IBM_WKID_MISMATCH: 0x80010001, IBM_WK_NOT_INITIALIZED: 0x80010009,
  IBM_REQ_TIMEOUT: 0x8001000b, IBM_TRANSPORT_LIMIT: 0x80010010,
  NOT_AUTHENTICATED: 0x80040001, CANNOT_UNMARSHAL: 0x80040002,
};

exports.flag = (value) => ({ AttributeTF: value });
exports.int = (value) => ({ AttributeI: value });
exports.bytes = (value) => ({ AttributeB: Buffer.from(value) });

const hex = (text) => Buffer.from(text, 'hex');
exports.curves = {
  'P-224': hex('06052b81040021'), 'P-256': hex('06082a8648ce3d030107'), 'P-384': hex('06052b81040022'),
  'P-521': hex('06052b81040023'), secp256k1: hex('06052b8104000a'), Ed25519: hex('06032b6570'),
  X25519: hex('06032b656e'), X448: hex('06032b656f'), Ed448: hex('06032b6571'),
  'BLS12-381': hex('060c2b0601040102820b87670302'),
};
[160, 192, 224, 256, 320, 384].forEach((bits, i) => {
  exports.curves[`brainpoolP${bits}r1`] = Buffer.concat([hex('06092b24030302080101'), Buffer.from([2 * i + 1])]);
  exports.curves[`brainpoolP${bits}t1`] = Buffer.concat([hex('06092b24030302080101'), Buffer.from([2 * i + 2])]);
});

// The call fails with this Grep11Error, and with exactly one.
exports.fails = async (promise, code, status) => {
  let error;
  await promise.then(
    () => assert.fail(`expected code 0x${code.toString(16)}, but the call succeeded`),
    (caught) => (error = caught),
  );
  const detail = detailOf(error);
  assert.strictEqual(`0x${detail.Code.toString(16)}`, `0x${code.toString(16)}`, detail.Detail);
  if (status !== undefined) assert.strictEqual(error.code, status);
  return detail;
};

// The first DER element: its content, and all of it.
const element = (der) => {
  const octets = der[1] & 0x80 ? der[1] & 0x7f : 0;
  const len = octets ? der.readUIntBE(2, octets) : der[1];
  const at = 2 + octets;
  return { content: der.subarray(at, at + len), whole: der.subarray(0, at + len), rest: der.subarray(at + len) };
};
exports.element = element;

// A public blob is a complete DER SPKI, followed by a trailer.
exports.spkiOf = (blob) => element(blob).whole;
// What its BIT STRING holds: a point, a raw key, a DER INTEGER.
exports.pointOf = (blob) => element(element(element(blob).content).rest).content.subarray(1);
