// SPDX-License-Identifier: Apache-2.0
// Public keys: how each kind is encoded, what its MAC protects, and what a plain SubjectPublicKeyInfo may do.
'use strict';

const assert = require('assert');
const crypto = require('crypto');
const { skip, start, test } = require('./tap');
const { connect, tokenOf } = require('./client');
const { applicationOf, attributeOf, mech, no, secretKind, yes } = require('./application');
const { CKA, CKK, CKM, CKO, CKR, bytes, curves, element, fails, int, spkiOf } = require('./vocabulary');

let hsm;
let app;
let mechanisms;
const hex = (text) => Buffer.from(text, 'hex');
const text = Buffer.from('to be signed');

// ---- DER ----

const OID = { rsa: '06092a864886f70d010101', ec: '06072a8648ce3d0201', dh: '06092a864886f70d010301', dsa: '06072a8648ce380401' };
const NULL = '0500';
const parts = (der) => {
  const out = [];
  for (let rest = der; rest.length; ) {
    const part = element(rest);
    out.push(part);
    rest = part.rest;
  }
  return out;
};
// Algorithm, parameters (all of them), and what the BIT STRING holds.
const opened = (blob) => {
  const [algorithm, key] = parts(element(blob).content);
  const [oid, ...parameters] = parts(algorithm.content);
  assert.strictEqual(key.content[0], 0, 'a BIT STRING of whole bytes');
  return { oid: oid.whole.toString('hex'), parameters: parameters.map((part) => part.whole), key: key.content.subarray(1) };
};
const isInteger = (part) => part.whole[0] === 0x02 && !(part.content[0] & 0x80);

// ---- one pair of each kind ----

const struct = async (mechanism, size) => ({ [CKA.IBM_STRUCT_PARAMS]: bytes((await app.secret(mechanism, { [CKA.PRIME_BITS]: int(size) })).KeyBytes) });
const point = (len) => ({ key, parameters }, curve) => {
  assert.deepStrictEqual(parameters, [curves[curve]]);
  assert.strictEqual(key[0], 0x04);
  assert.strictEqual(key.length, 1 + 2 * len);
};
const raw = (len) => ({ key, parameters }, curve) => {
  assert.deepStrictEqual(parameters, [curves[curve]]);
  assert.strictEqual(key.length, len);
};
const lattice = (tail) => ({ [CKA.IBM_PQC_PARAMS]: bytes(hex(`060b2b0601040102820b${tail}`)) });
const ec = (curve) => () => app.ecPair(curve);
const kinds = {
  RSA: [() => app.pair(CKM.RSA_PKCS_KEY_PAIR_GEN, { [CKA.MODULUS_BITS]: int(2048), [CKA.PUBLIC_EXPONENT]: int(65537) }), OID.rsa, ({ key, parameters }) => {
    assert.deepStrictEqual(parameters, [hex(NULL)]);
    const [n, e] = parts(element(key).content);
    assert.deepStrictEqual([isInteger(n), n.content.length, e.whole.toString('hex')], [true, 257, '0203010001']);
  }],
  DSA: [async () => app.pair(CKM.DSA_KEY_PAIR_GEN, await struct(CKM.DSA_PARAMETER_GEN, 1024)), OID.dsa, ({ key, parameters }) => {
    assert.strictEqual(parts(element(parameters[0]).content).filter(isInteger).length, 3);
    assert.ok(isInteger(element(key)));
  }],
  DH: [async () => app.pair(CKM.DH_PKCS_KEY_PAIR_GEN, await struct(CKM.DH_PKCS_PARAMETER_GEN, 2048)), OID.dh, ({ key, parameters }) => {
    assert.deepStrictEqual(parts(element(parameters[0]).content).map(isInteger), [true, true]);
    assert.ok(isInteger(element(key)) && element(key).rest.length === 0);
  }],
  'Dilithium R2 6-5': [() => app.pair(CKM.IBM_DILITHIUM, lattice('010605')), '060b2b0601040102820b010605', ({ key, parameters }) => {
    assert.deepStrictEqual(parameters, [hex(NULL)]);
    assert.deepStrictEqual(parts(element(key).content).map((part) => [part.whole[0], part.content.length]), [[3, 33], [3, 1729]]);
  }],
  'Kyber R2 1024': [() => app.pair(CKM.IBM_KYBER, lattice('050404')), '060b2b0601040102820b050404', ({ key, parameters }) => {
    assert.deepStrictEqual(parameters, [hex(NULL)]);
    assert.deepStrictEqual(parts(element(key).content).map((part) => [part.whole[0], part.content.length]), [[3, 1569]]);
  }],
};
for (const [curve, len] of Object.entries({ 'P-224': 28, 'P-256': 32, 'P-384': 48, 'P-521': 66, secp256k1: 32, brainpoolP160r1: 20,
  brainpoolP256t1: 32, brainpoolP384r1: 48 }))
  kinds[curve] = [ec(curve), OID.ec, point(len)];
for (const [curve, len] of Object.entries({ Ed25519: 32, Ed448: 57, X25519: 32, X448: 56 })) kinds[curve] = [ec(curve), OID.ec, raw(len)];
const made = {};
const pairOf = async (kind) => (made[kind] ||= await kinds[kind][0]());

for (const [kind, [, oid, check]] of Object.entries(kinds))
  test(`${kind}: a complete SubjectPublicKeyInfo, then a trailer of a length that all have`, async () => {
    const { PubKeyBytes, PubKey } = await pairOf(kind);
    const spki = spkiOf(PubKeyBytes);
    const trailer = PubKeyBytes.subarray(spki.length);
    const it = opened(spki);
    assert.strictEqual(it.oid, oid);
    check(it, kind);
    assert.deepStrictEqual(PubKey.KeyBlobs, [PubKeyBytes]);
    assert.strictEqual(trailer.readUInt32BE(4), trailer.length); // what comes behind can be told apart
    const { Attributes } = await hsm.GetAttributeValue({ Object: PubKeyBytes, Attributes: { [CKA.CLASS]: {}, [CKA.VERIFY]: {} } });
    assert.strictEqual(Number(attributeOf({ Attributes }, CKA.CLASS).AttributeI), CKO.PUBLIC_KEY);
  });

test('BLS12-381: 96 bytes of a point, and a concatenation of blobs can be taken apart', async () => {
  if (!mechanisms.includes(CKM.IBM_EC_AGGREGATE)) skip('the mechanism list has no CKM_IBM_EC_AGGREGATE');
  const { PubKeyBytes } = await app.ecPair('BLS12-381', { [CKA.VERIFY]: yes }, { [CKA.SIGN]: yes });
  const it = opened(spkiOf(PubKeyBytes));
  assert.deepStrictEqual([it.oid, it.parameters[0]], [OID.ec, curves['BLS12-381']]);
});

// ---- what a plain one may do ----

const verifying = {
  RSA: CKM.SHA256_RSA_PKCS, DSA: CKM.DSA_SHA1, 'P-256': CKM.ECDSA_SHA256, secp256k1: CKM.ECDSA, brainpoolP256t1: CKM.ECDSA_SHA256,
  Ed25519: CKM.IBM_ED25519_SHA512, Ed448: CKM.IBM_ED448_SHA3, 'Dilithium R2 6-5': CKM.IBM_DILITHIUM,
};
for (const [kind, mechanism] of Object.entries(verifying))
  test(`${kind}: VerifySingle and VerifyInit take it with and without a MAC`, async () => {
    const { PrivKey, PubKey, PubKeyBytes } = await pairOf(kind);
    const Mech = mech(mechanism);
    const Data = text;
    const { Signature } = await hsm.SignSingle({ PrivKey, Mech, Data });
    const plain = spkiOf(PubKeyBytes);
    for (const key of [{ PubKey }, { PubKeyV1: PubKeyBytes }, { PubKeyV1: plain }, { PubKey: { KeyBlobs: [plain] } }]) {
      await hsm.VerifySingle({ ...key, Mech, Data, Signature });
      const { State } = await hsm.VerifyInit({ ...key, Mech });
      await hsm.Verify({ State, Data, Signature });
    }
    const changed = Buffer.from(Signature);
    changed[changed.length >> 1] ^= 4;
    await fails(hsm.VerifySingle({ PubKeyV1: plain, Mech, Data, Signature: changed }), CKR.SIGNATURE_INVALID);
  });

test('a plain one neither encrypts nor wraps nor derives', async () => {
  const plain = async (kind) => spkiOf((await pairOf(kind)).PubKeyBytes);
  const Mech = mech(CKM.RSA_PKCS);
  const { Key } = await app.secret(CKM.AES_KEY_GEN, { [CKA.VALUE_LEN]: int(16), [CKA.EXTRACTABLE]: yes });
  await fails(hsm.EncryptSingle({ KeyV1: await plain('RSA'), Mech, Plain: text }), CKR.KEY_FUNCTION_NOT_PERMITTED);
  await fails(hsm.EncryptInit({ KeyV1: await plain('RSA'), Mech }), CKR.KEY_FUNCTION_NOT_PERMITTED);
  await fails(hsm.WrapKey({ Key, KeKV1: await plain('RSA'), Mech }), CKR.KEY_FUNCTION_NOT_PERMITTED);
  const kem = mech(CKM.IBM_KYBER, { KyberKEMParameter: { Version: 0, Mode: 'CkIbmKEMEncapsulate', Kdf: 'CkdNull' } });
  await fails(hsm.DeriveKey({ BaseKeyV1: await plain('Kyber R2 1024'), Mech: kem, Template: { ...secretKind(CKK.AES), [CKA.VALUE_LEN]: int(32) } }),
    CKR.KEY_FUNCTION_NOT_PERMITTED);
  const child = mech(CKM.IBM_BTC_DERIVE, { BTCDeriveParameter: { Type: 'CkBIP0032PUB2PUB', ChildKeyIndex: 0, ChainCode: Buffer.alloc(32, 1), Version: 1 } });
  await fails(hsm.DeriveKey({ BaseKeyV1: await plain('secp256k1'), Mech: child, Template: { [CKA.EC_PARAMS]: bytes(curves.secp256k1) } }),
    CKR.KEY_FUNCTION_NOT_PERMITTED);
});

// ---- the MAC ----

test('whatever is changed in a key with a MAC, nobody takes it', async () => {
  const { PrivKey, PubKeyBytes } = await pairOf('P-256');
  const Mech = mech(CKM.ECDSA_SHA256);
  const Data = text;
  const { Signature } = await hsm.SignSingle({ PrivKey, Mech, Data });
  const len = spkiOf(PubKeyBytes).length;
  const expected = (at) => (at < len + 8 ? null : at < len + 24 ? CKR.IBM_WKID_MISMATCH : CKR.IBM_BLOB_ERROR);
  for (let at = 0; at < PubKeyBytes.length; at++) {
    const changed = Buffer.from(PubKeyBytes);
    changed[at] ^= 1;
    const call = hsm.VerifySingle({ PubKeyV1: changed, Mech, Data, Signature });
    await (expected(at) ? fails(call, expected(at)) : assert.rejects(call, `byte ${at}`));
  }
  for (let cut = len + 1; cut < PubKeyBytes.length; cut += 7)
    await assert.rejects(hsm.VerifySingle({ PubKeyV1: PubKeyBytes.subarray(0, cut), Mech, Data, Signature }), `cut at ${cut}`);
  await assert.rejects(hsm.VerifySingle({ PubKeyV1: Buffer.concat([PubKeyBytes, Buffer.from([0])]), Mech, Data, Signature }));
  await assert.rejects(hsm.VerifySingle({ PubKeyV1: Buffer.concat([PubKeyBytes, PubKeyBytes]), Mech, Data, Signature }));
});

test('the trailer of one key does not fit another', async () => {
  const [one, other] = [await app.ecPair('P-256'), await app.ecPair('P-256')];
  const mixed = Buffer.concat([spkiOf(one.PubKeyBytes), other.PubKeyBytes.subarray(spkiOf(other.PubKeyBytes).length)]);
  await fails(hsm.VerifyInit({ PubKeyV1: mixed, Mech: mech(CKM.ECDSA) }), CKR.IBM_BLOB_ERROR);
  await fails(hsm.GetAttributeValue({ Object: mixed }), CKR.IBM_BLOB_ERROR);
  const { PubKeyBytes } = await pairOf('RSA');
  const { Key } = await app.secret(CKM.AES_KEY_GEN, { [CKA.VALUE_LEN]: int(16), [CKA.EXTRACTABLE]: yes });
  const changed = Buffer.from(PubKeyBytes);
  changed[changed.length - 1] ^= 1;
  await fails(hsm.EncryptSingle({ KeyV1: changed, Mech: mech(CKM.RSA_PKCS), Plain: text }), CKR.IBM_BLOB_ERROR);
  await fails(hsm.WrapKey({ Key, KeKV1: changed, Mech: mech(CKM.RSA_PKCS) }), CKR.IBM_BLOB_ERROR);
});

test('usages of a public key are in its trailer', async () => {
  const { PubKey } = await app.ecPair('P-256', { [CKA.VERIFY]: no });
  await fails(hsm.VerifyInit({ PubKey, Mech: mech(CKM.ECDSA) }), CKR.KEY_FUNCTION_NOT_PERMITTED);
});

// ---- plain ones that come in: TRANSPORTKEY ----

const usable = { RSA: [CKA.ENCRYPT, CKA.WRAP, CKA.VERIFY], 'P-256': [CKA.VERIFY], DSA: [CKA.VERIFY], Ed25519: [CKA.VERIFY], 'Dilithium R2 6-5': [CKA.VERIFY],
  'Kyber R2 1024': [CKA.DERIVE] };
for (const [kind, usages] of Object.entries(usable))
  test(`CKM_IBM_TRANSPORTKEY: ${kind} comes back as the same key with a MAC and the usages asked for`, async () => {
    const plain = spkiOf((await pairOf(kind)).PubKeyBytes);
    const answer = await app.importPublic(plain, Object.fromEntries(usages.map((usage) => [usage, yes])));
    assert.deepStrictEqual(spkiOf(answer.UnwrappedBytes), plain);
    assert.deepStrictEqual(answer.Unwrapped.KeyBlobs, [answer.UnwrappedBytes]);
    assert.ok(answer.UnwrappedBytes.length > plain.length);
    for (const usage of usages) assert.strictEqual(attributeOf(answer.Unwrapped, usage).AttributeTF, true);
    if (kind === 'RSA') await hsm.EncryptSingle({ Key: answer.Unwrapped, Mech: mech(CKM.RSA_PKCS), Plain: text });
  });

test('CKM_IBM_TRANSPORTKEY: Ed25519 may come as RFC 8410 has it', async () => {
  const pair = crypto.generateKeyPairSync('ed25519');
  const { Unwrapped } = await app.importPublic(pair.publicKey.export({ format: 'der', type: 'spki' }), { [CKA.VERIFY]: yes, [CKA.KEY_TYPE]: int(CKK.EC) });
  const Signature = crypto.sign(null, text, pair.privateKey);
  await hsm.VerifySingle({ PubKey: Unwrapped, Mech: mech(CKM.IBM_ED25519_SHA512), Data: text, Signature });
});

test('CKM_IBM_TRANSPORTKEY: what is no plain public key is refused', async () => {
  const { PubKeyBytes, PrivKeyBytes } = await pairOf('RSA');
  const plain = spkiOf(PubKeyBytes);
  const rsa = crypto.createPublicKey({ key: plain, format: 'der', type: 'spki' });
  for (const wrong of [Buffer.alloc(0), PubKeyBytes, PrivKeyBytes, plain.subarray(1), plain.subarray(0, -1), Buffer.concat([plain, Buffer.from([0])]),
    rsa.export({ format: 'der', type: 'pkcs1' }), rsa.export({ format: 'pem', type: 'spki' })])
    await fails(app.importPublic(Buffer.from(wrong), { [CKA.VERIFY]: yes }), CKR.WRAPPED_KEY_INVALID);
  const outside = Buffer.from(spkiOf((await pairOf('P-256')).PubKeyBytes));
  outside[outside.length - 1] ^= 1; // no point of the curve
  await fails(app.importPublic(outside, { [CKA.VERIFY]: yes }), CKR.WRAPPED_KEY_INVALID);
  await assert.rejects(app.importPublic(plain, { [CKA.CLASS]: int(CKO.PRIVATE_KEY) }));
  await assert.rejects(app.importPublic(plain, { [CKA.KEY_TYPE]: int(CKK.EC) }));
  await fails(hsm.UnwrapKey({ Mech: mech(CKM.IBM_TRANSPORTKEY), Wrapped: plain, Template: {} }), CKR.ARGUMENTS_BAD);
  await fails(hsm.WrapKey({ Mech: mech(CKM.IBM_TRANSPORTKEY), KeyV1: PubKeyBytes, KeKV1: PubKeyBytes }), CKR.MECHANISM_INVALID);
});

start(async () => {
  hsm = connect(await tokenOf('user'));
  app = applicationOf(hsm);
  mechanisms = (await hsm.GetMechanismList({})).Mechs.map(Number);
});
