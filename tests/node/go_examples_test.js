// SPDX-License-Identifier: Apache-2.0
// What the public Go examples of GREP11 rely on: a test per example. KeyBlob messages go back unchanged.
'use strict';

const assert = require('assert');
const crypto = require('crypto');
const tls = require('tls');
const events = require('events');
const { HDKey } = require('@scure/bip32');
const { secp256k1 } = require('@noble/curves/secp256k1');
const { skip, start, test } = require('./tap');
const { connect, tokenOf } = require('./client');
const { applicationOf } = require('./application');
const tlsServer = require('./tls_server');
const { CKA, CKK, CKM, CKO, CKR, bytes, curves, element, fails, flag, int, pointOf, spkiOf } = require('./vocabulary');

const text = Buffer.from('Hello, this is a very long and creative message');
const yes = flag(true);
const no = flag(false);
let hsm;
let app;
let mechanisms;
const made = {}; // what several examples need and is slow to make
const once = (name, make) => async () => (made[name] ||= await make());

const random = async (Len) => (await hsm.GenerateRandom({ Len })).Rnd;
const empty = Buffer.alloc(0);
const mech = (Mechanism, Parameter = {}) => ({ Mechanism, ...Parameter });
const withIv = async (Mechanism, len = 16) => mech(Mechanism, { ParameterB: await random(len) });
const gate = (name) => mechanisms.includes(CKM[name]) || skip(`the mechanism list has no CKM_${name}`);

const secret = (Mechanism, Template) => hsm.GenerateKey({ Mech: mech(Mechanism), Template });
const pair = (Mechanism, PubKeyTemplate, PrivKeyTemplate) =>
  hsm.GenerateKeyPair({ Mech: mech(Mechanism), PubKeyTemplate, PrivKeyTemplate });
const aesKey = (len = 32) => secret(CKM.AES_KEY_GEN, {
  [CKA.VALUE_LEN]: int(len), [CKA.WRAP]: no, [CKA.UNWRAP]: no, [CKA.ENCRYPT]: yes, [CKA.DECRYPT]: yes,
  [CKA.EXTRACTABLE]: no, [CKA.TOKEN]: yes });
const ecPair = (curve) => pair(CKM.EC_KEY_PAIR_GEN, { [CKA.EC_PARAMS]: bytes(curves[curve]), [CKA.VERIFY]: yes },
  { [CKA.SIGN]: yes, [CKA.EXTRACTABLE]: no });
const rsa4096 = once('rsa', () => pair(CKM.RSA_PKCS_KEY_PAIR_GEN,
  { [CKA.ENCRYPT]: yes, [CKA.VERIFY]: yes, [CKA.MODULUS_BITS]: int(4096), [CKA.PUBLIC_EXPONENT]: int(65537),
    [CKA.EXTRACTABLE]: no },
  { [CKA.PRIVATE]: yes, [CKA.SENSITIVE]: yes, [CKA.SIGN]: yes, [CKA.DECRYPT]: yes, [CKA.EXTRACTABLE]: yes }));
const wrappingPair = once('wrapping', () => pair(CKM.RSA_PKCS_KEY_PAIR_GEN,
  { [CKA.WRAP]: yes, [CKA.MODULUS_BITS]: int(4096), [CKA.PUBLIC_EXPONENT]: int(65537), [CKA.EXTRACTABLE]: no },
  { [CKA.UNWRAP]: yes, [CKA.EXTRACTABLE]: no }));
const dsaPair = once('dsa', async () => {
  const parameters = await secret(CKM.DSA_PARAMETER_GEN, { [CKA.PRIME_BITS]: int(2048) });
  assert.strictEqual((parameters.CheckSum || empty).length, 0);
  return pair(CKM.DSA_KEY_PAIR_GEN, { [CKA.IBM_STRUCT_PARAMS]: bytes(parameters.Key.KeyBlobs[0]), [CKA.VERIFY]: yes },
    { [CKA.SIGN]: yes });
});
const dhPairs = once('dh', async () => {
  const { KeyBytes } = await secret(CKM.DH_PKCS_PARAMETER_GEN, { [CKA.PRIME_BITS]: int(2048) });
  const one = () => pair(CKM.DH_PKCS_KEY_PAIR_GEN, { [CKA.IBM_STRUCT_PARAMS]: bytes(KeyBytes) }, { [CKA.DERIVE]: yes });
  return [await one(), await one()];
});
const publicKey = (blob) => crypto.createPublicKey({ key: spkiOf(blob), format: 'der', type: 'spki' });

// ---- the three ways: EP11's single call, PKCS #11's Init and one call, Init and Updates ----

const encryption = {
  ESP: async (Mech, to, from) => {
    const { Ciphered } = await hsm.EncryptSingle({ Key: to, Mech, Plain: text });
    return (await hsm.DecryptSingle({ Key: from, Mech, Ciphered })).Plain;
  },
  PSP: async (Mech, to, from) => {
    let { State } = await hsm.EncryptInit({ Mech, Key: to });
    const { Ciphered } = await hsm.Encrypt({ State, Plain: text });
    ({ State } = await hsm.DecryptInit({ Mech, Key: from }));
    return (await hsm.Decrypt({ State, Ciphered })).Plain;
  },
  PMP: async (Mech, to, from) => {
    let { State } = await hsm.EncryptInit({ Mech, Key: to });
    const first = await hsm.EncryptUpdate({ State, Plain: text.subarray(0, 16) });
    const second = await hsm.EncryptUpdate({ State: first.State, Plain: text.subarray(16) });
    const last = await hsm.EncryptFinal({ State: second.State });
    const whole = Buffer.concat([first.Ciphered || empty, second.Ciphered || empty, last.Ciphered || empty]);
    ({ State } = await hsm.DecryptInit({ Mech, Key: from }));
    const one = await hsm.DecryptUpdate({ State, Ciphered: whole.subarray(0, 16) });
    const two = await hsm.DecryptUpdate({ State: one.State, Ciphered: whole.subarray(16) });
    const end = await hsm.DecryptFinal({ State: two.State });
    return Buffer.concat([one.Plain || empty, two.Plain || empty, end.Plain || empty]);
  },
};
const signing = {
  ESP: async (Mech, PrivKey, PubKey, Data) => {
    const { Signature } = await hsm.SignSingle({ PrivKey, Mech, Data });
    await hsm.VerifySingle({ PubKey, Mech, Data, Signature });
    return Signature;
  },
  PSP: async (Mech, PrivKey, PubKey, Data) => {
    let { State } = await hsm.SignInit({ Mech, PrivKey });
    const { Signature } = await hsm.Sign({ State, Data });
    ({ State } = await hsm.VerifyInit({ Mech, PubKey }));
    await hsm.Verify({ State, Data, Signature });
    return Signature;
  },
  PMP: async (Mech, PrivKey, PubKey, Data) => {
    let { State } = await hsm.SignInit({ Mech, PrivKey });
    ({ State } = await hsm.SignUpdate({ State, Data: Data.subarray(0, 8) }));
    ({ State } = await hsm.SignUpdate({ State, Data: Data.subarray(8) }));
    const { Signature } = await hsm.SignFinal({ State });
    ({ State } = await hsm.VerifyInit({ Mech, PubKey }));
    ({ State } = await hsm.VerifyUpdate({ State, Data: Data.subarray(0, 8) }));
    ({ State } = await hsm.VerifyUpdate({ State, Data: Data.subarray(8) }));
    await hsm.VerifyFinal({ State, Signature });
    return Signature;
  },
};

// ---- information, random, digests ----

test('mechanismInfo: the list starts with CKM_RSA_PKCS', async () => assert.strictEqual(mechanisms[0], CKM.RSA_PKCS));
test('mechanismInfo: CKM_RSA_PKCS takes 512 to 4096 bits', async () => {
  const { MechInfo } = await hsm.GetMechanismInfo({ Mech: CKM.RSA_PKCS });
  assert.deepStrictEqual([Number(MechInfo.MinKeySize), Number(MechInfo.MaxKeySize)], [512, 4096]);
});
test('generateRandomBytes: 4096', async () => assert.strictEqual((await random(4096)).length, 4096));
test('GenerateIV: 16 bytes for AES, 8 for DES', async () => {
  for (const len of [16, 8]) assert.strictEqual((await random(len)).length, len);
});

const sentence = 'This is data that is longer than 64 bytes. This is the data that is longer than 64 bytes.';
const digest = Buffer.from('b036abead70a9739648ab94d556bf120494eab3a470b5ee12be559b9dbc8c408', 'hex');
test('digest ESP, PSP, PMP: SHA-256', async () => {
  const Mech = mech(CKM.SHA256);
  const Data = Buffer.from(sentence);
  assert.deepStrictEqual((await hsm.DigestSingle({ Mech, Data })).Digest, digest);
  let { State } = await hsm.DigestInit({ Mech });
  assert.deepStrictEqual((await hsm.Digest({ State, Data })).Digest, digest);
  for (const part of [Data.subarray(0, 64), Data.subarray(64)])
    ({ State } = await hsm.DigestUpdate({ State, Data: part }));
  assert.deepStrictEqual((await hsm.DigestFinal({ State })).Digest, digest);
});

// ---- encryptDecrypt ----

for (const [way, run] of Object.entries(encryption)) {
  test(`encryptDecrypt: AES ${way}`, async () => {
    const { Key } = await aesKey();
    assert.deepStrictEqual(await run(await withIv(CKM.AES_CBC_PAD), Key, Key), text);
  });
  test(`encryptDecrypt: DES3 ${way}`, async () => {
    const { Key } = await secret(CKM.DES3_KEY_GEN, { [CKA.VALUE_LEN]: int(32), [CKA.ENCRYPT]: yes, [CKA.DECRYPT]: yes,
      [CKA.WRAP]: no, [CKA.UNWRAP]: no, [CKA.EXTRACTABLE]: no });
    assert.deepStrictEqual(await run(await withIv(CKM.DES3_CBC_PAD, 8), Key, Key), text);
  });
  if (way === 'PMP') continue;
  test(`encryptDecrypt: RSA OAEP ${way}`, async () => {
    const { PubKey, PrivKey } = await rsa4096();
    const Mech = mech(CKM.RSA_PKCS_OAEP, { RSAOAEPParameter: { HashMech: CKM.SHA_1, Mgf: 'CkgMgf1Sha1',
      EncodingParmType: 'CkzNoDataSpecified' } });
    assert.deepStrictEqual(await run(Mech, PubKey, PrivKey), text);
  });
  test(`encryptDecrypt: RSA ${way}`, async () => {
    const { PubKey, PrivKey } = await rsa4096();
    assert.deepStrictEqual(await run(mech(CKM.RSA_PKCS), PubKey, PrivKey), text);
  });
}

// ---- keyGeneration ----

test('keyGeneration: Generic', async () => {
  const key = await secret(CKM.GENERIC_SECRET_KEY_GEN, { [CKA.CLASS]: int(CKO.SECRET_KEY),
    [CKA.KEY_TYPE]: int(CKK.GENERIC_SECRET), [CKA.VALUE_LEN]: int(16) });
  assert.strictEqual(key.CheckSum.readUInt32BE(3), 128);
});
test('keyGeneration: AES', async () => assert.strictEqual((await aesKey()).CheckSum.readUInt32BE(3), 256));
test('keyGeneration: DES3, whatever the length says', async () => {
  const key = await secret(CKM.DES3_KEY_GEN, { [CKA.VALUE_LEN]: int(32) });
  assert.strictEqual(key.CheckSum.length, 7);
});
test('keyGeneration: RSA', async () => {
  const { n, e } = publicKey((await rsa4096()).PubKeyBytes).export({ format: 'jwk' });
  assert.strictEqual(Buffer.from(n, 'base64url').length, 512);
  assert.strictEqual(Buffer.from(e, 'base64url').toString('hex'), '010001');
});
for (const curve of ['secp256k1', ...Object.keys(curves).filter((name) => /^(P-|brainpool)/.test(name))])
  test(`keyGeneration: EC ${curve}`, async () => {
    const keys = await pair(CKM.EC_KEY_PAIR_GEN, { [CKA.EC_PARAMS]: bytes(curves[curve]), [CKA.VERIFY]: yes },
      { [CKA.SIGN]: yes, [CKA.EXTRACTABLE]: yes });
    assert.ok(spkiOf(keys.PubKeyBytes).includes(curves[curve]));
    await signing.ESP(mech(CKM.ECDSA), keys.PrivKey, keys.PubKey, text.subarray(0, 32));
  });
test('keyGeneration: Diffie-Hellman', async () => {
  const [one, other] = await dhPairs();
  assert.notDeepStrictEqual(one.PubKeyBytes, other.PubKeyBytes);
});
test('keyGeneration: DSA', async () => assert.strictEqual(publicKey((await dsaPair()).PubKeyBytes).asymmetricKeyType, 'dsa'));

// ---- keyRotation, reencryptSingle ----

test('keyRotation: without a committed new master key RewrapKeyBlob is refused', async () => {
  const { Key } = await aesKey(16);
  await fails(hsm.RewrapKeyBlob({ WrappedKey: Key }), CKR.IBM_WK_NOT_INITIALIZED);
});
test('reencryptSingle', async () => {
  const [a, b] = [await aesKey(), await aesKey()];
  const [DecMech, EncMech] = [await withIv(CKM.AES_CBC_PAD), await withIv(CKM.AES_CBC_PAD)];
  const { Ciphered } = await hsm.EncryptSingle({ Key: a.Key, Mech: DecMech, Plain: text });
  const { Reciphered } = await hsm.ReencryptSingle({ DecKey: a.Key, EncKey: b.Key, DecMech, EncMech, Ciphered });
  const { Plain } = await hsm.DecryptSingle({ Key: b.Key, Mech: EncMech, Ciphered: Reciphered });
  assert.deepStrictEqual(Plain, text);
});

// ---- derive ----

const derivedAes = { [CKA.CLASS]: int(CKO.SECRET_KEY), [CKA.KEY_TYPE]: int(CKK.AES), [CKA.VALUE_LEN]: int(16),
  [CKA.ENCRYPT]: yes, [CKA.DECRYPT]: yes };
const agree = async (pairs, mechOf) => {
  const keys = [];
  for (const [mine, theirs] of [pairs, [pairs[1], pairs[0]]])
    keys.push((await hsm.DeriveKey({ Mech: mechOf(theirs), BaseKey: mine.PrivKey, Template: derivedAes })).NewKey);
  assert.deepStrictEqual(await encryption.ESP(await withIv(CKM.AES_CBC_PAD), keys[0], keys[1]), text);
};
test('derive: DH', async () => agree(await dhPairs(), (theirs) => {
  const integer = element(pointOf(theirs.PubKeyBytes)).content;
  return mech(CKM.DH_PKCS_DERIVE, { ParameterB: integer[0] ? integer : integer.subarray(1) });
}));
test('derive: EC', async () => {
  const one = () => pair(CKM.EC_KEY_PAIR_GEN, { [CKA.EC_PARAMS]: bytes(curves['P-256']) }, { [CKA.DERIVE]: yes });
  await agree([await one(), await one()], (theirs) =>
    mech(CKM.ECDH1_DERIVE, { ParameterB: pointOf(theirs.PubKeyBytes) }));
});

// ---- signVerify ----

const signers = {
  AES: [CKM.SHA256_HMAC, ['ESP', 'PSP', 'PMP'], async () => {
    const { Key } = await secret(CKM.AES_KEY_GEN, { [CKA.VALUE_LEN]: int(32), [CKA.SIGN]: yes, [CKA.VERIFY]: yes });
    return { PrivKey: Key, PubKey: Key };
  }],
  RSA: [CKM.SHA512_RSA_PKCS, ['ESP', 'PSP', 'PMP'], rsa4096],
  'RSA PSS': [CKM.SHA512_RSA_PKCS_PSS, ['ESP', 'PSP', 'PMP'], rsa4096,
    { RSAPSSParameter: { HashMech: CKM.SHA512, Mgf: 'CkgMgf1Sha512' } }],
  DSA: [CKM.DSA_SHA1, ['ESP', 'PSP', 'PMP'], dsaPair],
  'ECDSA raw': [CKM.ECDSA, ['ESP', 'PSP'], () => ecPair('P-256')],
  ECDSA: [CKM.ECDSA_SHA512, ['PMP'], () => ecPair('P-256')],
  Ed25519: [CKM.IBM_ED25519_SHA512, ['ESP', 'PSP'], () => ecPair('Ed25519')],
};
for (const [name, [mechanism, ways, keys, parameter]] of Object.entries(signers))
  for (const way of ways)
    test(`signVerify: ${name} ${way}`, async () => {
      const { PrivKey, PubKey } = await keys();
      const Signature = await signing[way](mech(mechanism, parameter), PrivKey, PubKey, text);
      if (/ECDSA|DSA/.test(name)) assert.strictEqual(Signature.length % 2, 0);
      await fails(hsm.VerifySingle({ PubKey, Mech: mech(mechanism, parameter), Data: text.subarray(1), Signature }),
        CKR.SIGNATURE_INVALID);
    });
test('signVerify: ErrorHandling', async () => {
  const { PrivKey, PubKey } = await ecPair('P-256');
  const Mech = mech(CKM.ECDSA);
  const Data = crypto.randomBytes(28);
  const { Signature } = await hsm.SignSingle({ PrivKey, Mech, Data });
  const { State } = await hsm.VerifyInit({ PubKey, Mech });
  Signature[0] = 255;
  await fails(hsm.Verify({ State, Data, Signature }), CKR.SIGNATURE_INVALID);
});
test('ed25519: the public key parses as 32 raw bytes', async () => {
  const raw = pointOf((await ecPair('Ed25519')).PubKeyBytes);
  assert.strictEqual(raw.length, 32);
});

// ---- lattices: the examples look at the mechanism list first ----

const dilithium = { 'R2 6-5': '010605', 'R2 8-7': '010807', 'R3 4-4': '070404', 'R3 6-5': '070605', 'R3 8-7': '070807' };
for (const [set, tail] of Object.entries(dilithium))
  for (const way of ['ESP', 'PSP'])
    test(`dilithium ${way}: ${set}`, async () => {
      gate(set === 'R2 6-5' ? 'IBM_DILITHIUM' : 'IBM_KYBER');
      const oid = Buffer.from(`060b2b0601040102820b${tail}`, 'hex');
      const keys = await pair(CKM.IBM_DILITHIUM, { [CKA.IBM_PQC_PARAMS]: bytes(oid), [CKA.VERIFY]: yes },
        { [CKA.SIGN]: yes, [CKA.EXTRACTABLE]: no });
      await signing[way](mech(CKM.IBM_DILITHIUM), keys.PrivKey, keys.PubKey, text.subarray(0, 28));
    });

const kyber = { 'R2 768': '050303', 'R2 1024': '050404' };
const kyberPair = (set) => pair(CKM.IBM_KYBER,
  { [CKA.CLASS]: int(CKO.PUBLIC_KEY), [CKA.IBM_PQC_PARAMS]: bytes(Buffer.from(`060b2b0601040102820b${kyber[set]}`, 'hex')),
    [CKA.ENCRYPT]: yes, [CKA.DERIVE]: yes },
  { [CKA.CLASS]: int(CKO.PRIVATE_KEY), [CKA.DECRYPT]: yes, [CKA.DERIVE]: yes });
const kemAes = { [CKA.CLASS]: int(CKO.SECRET_KEY), [CKA.KEY_TYPE]: int(CKK.AES), [CKA.VALUE_LEN]: int(32) };
const kem = async (set, more, blobs) => {
  const keys = await kyberPair(set);
  const parm = (Mode, Blob, CipherText) =>
    mech(CKM.IBM_KYBER, { KyberKEMParameter: { Version: 0, Mode, ...more, Blob, CipherText } });
  const sent = await hsm.DeriveKey({ Mech: parm('CkIbmKEMEncapsulate', blobs[0]), BaseKey: keys.PubKey, Template: kemAes });
  const got = await hsm.DeriveKey({ Mech: parm('CkIbmKEMDecapsulate', blobs[1], sent.CheckSum.subarray(7)),
    BaseKey: keys.PrivKey, Template: kemAes });
  assert.deepStrictEqual(await encryption.ESP(await withIv(CKM.AES_CBC_PAD), sent.NewKey, got.NewKey), text);
};
test('kyber: standard', async () => {
  gate('IBM_KYBER');
  await kem('R2 1024', { Kdf: 'CkdNull' }, []);
});
const hybridCurves = { 'P-224': 28, 'P-256': 32, 'P-384': 48, 'P-521': 66, secp256k1: 32, X25519: 32, X448: 56 };
for (const set of Object.keys(kyber))
  for (const [curve, len] of Object.entries(hybridCurves))
    test(`kyber: hybrid ${set} with ${curve} and five KDFs`, async () => {
      gate('IBM_KYBER');
      const mechanism = curve[0] === 'X' ? CKM[`IBM_EC_${curve}`] : CKM.ECDH1_DERIVE;
      const one = () => pair(CKM.EC_KEY_PAIR_GEN, { [CKA.EC_PARAMS]: bytes(curves[curve]) }, { [CKA.DERIVE]: yes });
      const pairs = [await one(), await one()];
      const blobs = [];
      for (const [mine, theirs] of [pairs, [pairs[1], pairs[0]]])
        blobs.push((await hsm.DeriveKey({ BaseKey: mine.PrivKey, Mech: mech(mechanism, { ECDH1DeriveParameter: {
          Kdf: 'CkdIbmHybridNull', PublicData: pointOf(theirs.PubKeyBytes) } }), Template: {
          [CKA.CLASS]: int(CKO.SECRET_KEY), [CKA.KEY_TYPE]: int(CKK.GENERIC_SECRET), [CKA.VALUE_LEN]: int(len),
          [CKA.DERIVE]: yes, [CKA.IBM_USE_AS_DATA]: yes } })).NewKeyBytes);
      for (const hash of ['1', '224', '256', '384', '512'])
        await kem(set, { Kdf: `CkdIbmHybridSha${hash}Kdf`, Prepend: true }, blobs);
    });

// ---- schnorr ----

const schnorr = (type) => mech(CKM.IBM_ECDSA_OTHER, { ECSGParameter: { Type: type } });
const number = (buffer) => BigInt(`0x${Buffer.from(buffer).toString('hex')}`);
const order = secp256k1.CURVE.n;
const hashed = (...parts) => number(crypto.createHash('sha256').update(Buffer.concat(parts)).digest()) % order;
const Point = secp256k1.ProjectivePoint;
// r and s of a signature, and the point that they make with the public key.
const opened = (Signature, point, sign) => {
  const [r, s] = [number(Signature.subarray(0, 32)), number(Signature.subarray(32))];
  const Q = Point.BASE.multiply(s).add(Point.fromHex(point.toString('hex')).multiply(sign > 0 ? r : order - r));
  return { r, Q };
};
test('schnorr: S256, as TR-03111 has it', async () => {
  const { PrivKey, PubKey, PubKeyBytes } = await ecPair('secp256k1');
  const Data = crypto.randomBytes(6144);
  const Signature = await signing.ESP(schnorr('CkEcsgIbmEcsdsaS256'), PrivKey, PubKey, Data);
  const { r, Q } = opened(Signature, pointOf(PubKeyBytes), -1);
  assert.strictEqual(r, hashed(Buffer.from(Q.toRawBytes(false)).subarray(1), Data));
});
test('schnorr: COMPR_MULTI verifies by the equations of Zilliqa', async () => {
  const { PrivKey, PubKey, PubKeyBytes } = await ecPair('secp256k1');
  const Data = crypto.randomBytes(6144);
  const Signature = await signing.ESP(schnorr('CkEcsgIbmEcsdsaComprMulti'), PrivKey, PubKey, Data);
  const { r, Q } = opened(Signature, pointOf(PubKeyBytes), 1);
  const P = Point.fromHex(pointOf(PubKeyBytes).toString('hex'));
  assert.strictEqual(r, hashed(Q.toRawBytes(true), P.toRawBytes(true), Data));
  Signature[40] ^= 1;
  await fails(hsm.VerifySingle({ PubKey, Mech: schnorr('CkEcsgIbmEcsdsaComprMulti'), Data, Signature }), CKR.SIGNATURE_INVALID);
});

// ---- bip32, slip10 ----

const seedKey = () => secret(CKM.GENERIC_SECRET_KEY_GEN, { [CKA.KEY_TYPE]: int(CKK.GENERIC_SECRET),
  [CKA.CLASS]: int(CKO.SECRET_KEY), [CKA.VALUE_LEN]: int(32), [CKA.WRAP]: no, [CKA.UNWRAP]: no, [CKA.SIGN]: yes,
  [CKA.VERIFY]: yes, [CKA.EXTRACTABLE]: no, [CKA.DERIVE]: yes, [CKA.IBM_USE_AS_DATA]: yes });
const tree = (family, curve, verify) => (step, parent, ChildKeyIndex = 0) => hsm.DeriveKey({
  BaseKey: parent.NewKey || parent.Key || parent.Unwrapped,
  Mech: mech(CKM.IBM_BTC_DERIVE, { BTCDeriveParameter: { Type: `Ck${family}${step}`, ChildKeyIndex,
    ChainCode: step === 'MASTERK' ? empty : parent.CheckSum, Version: 1 } }),
  Template: { [CKA.KEY_TYPE]: int(CKK.EC), [CKA.EC_PARAMS]: bytes(curves[curve]), [CKA.VALUE_LEN]: int(0),
    ...(verify ? { [CKA.VERIFY]: yes } : {}), [CKA.EXTRACTABLE]: no, [CKA.DERIVE]: yes, [CKA.IBM_USE_AS_DATA]: yes } });
const crossed = async (Mech, signer, own, foreign) => {
  const Data = text.subarray(0, 32);
  for (const way of ['ESP', 'PSP']) {
    const Signature = await signing[way](Mech, signer.NewKey, own.NewKey, Data);
    await fails(hsm.VerifySingle({ PubKey: foreign.NewKey, Mech, Data, Signature }), CKR.SIGNATURE_INVALID);
    const { State } = await hsm.VerifyInit({ PubKey: own.NewKey, Mech });
    await hsm.Verify({ State, Data, Signature });
  }
};
test('bip32: Base, KeyDerivation, Cross_SignVerify', async () => {
  const derive = tree('BIP0032', 'secp256k1');
  const master = await derive('MASTERK', await seedKey());
  assert.strictEqual(master.CheckSum.length, 32);
  const child = await derive('PRV2PRV', master);
  const childPublic = await derive('PRV2PUB', master);
  const grandchild = await derive('PRV2PRV', child);
  const grandchildPublic = await derive('PUB2PUB', childPublic);
  await crossed(mech(CKM.ECDSA), child, childPublic, grandchildPublic);
  await crossed(mech(CKM.ECDSA), grandchild, grandchildPublic, childPublic);
});

// A seed that is known here too, so that another implementation grows the same tree.
const importedSeed = (seed) => importKey(seed, { [CKA.CLASS]: int(CKO.SECRET_KEY), [CKA.KEY_TYPE]: int(CKK.GENERIC_SECRET),
  [CKA.DERIVE]: yes, [CKA.IBM_USE_AS_DATA]: yes });
test('bip32: another implementation grows the same tree', async () => {
  const seed = crypto.randomBytes(32);
  const derive = tree('BIP0032', 'secp256k1');
  let here = await derive('MASTERK', await importedSeed(seed));
  let there = HDKey.fromMasterSeed(seed);
  for (const index of [0, 0x80000000 + 44, 7]) {
    const open = await derive('PRV2PUB', here, index);
    here = await derive('PRV2PRV', here, index);
    there = there.deriveChild(index);
    assert.deepStrictEqual(here.CheckSum, Buffer.from(there.chainCode));
    assert.deepStrictEqual(pointOf(open.NewKeyBytes),
      Buffer.from(Point.fromHex(Buffer.from(there.publicKey).toString('hex')).toRawBytes(false)));
  }
});
for (const [curve, mechanism] of [['P-256', CKM.ECDSA], ['secp256k1', CKM.ECDSA], ['Ed25519', CKM.IBM_ED25519_SHA512]])
  test(`slip10: DeriveKey, CrossSignAndVerify on ${curve}`, async () => {
    const derive = tree('SLIP0010', curve, true);
    let level = await derive('MASTERK', await seedKey());
    for (let depth = 0; depth < 3; depth++) {
      const children = [];
      for (let i = 0; i < 3; i++)
        children.push([await derive('PRV2PRV', level, 0x80000000 + i), await derive('PRV2PUB', level, 0x80000000 + i)]);
      for (let i = 0; i < 3; i++)
        await crossed(mech(mechanism), children[i][0], children[i][1], children[(i + 1) % 3][1]);
      level = children[0][0];
    }
  });

// ---- bls ----

const bls = schnorr('CkEcsgIbmBls');
const blsPair = () => pair(CKM.EC_KEY_PAIR_GEN, { [CKA.EC_PARAMS]: bytes(curves['BLS12-381']), [CKA.KEY_TYPE]: int(CKK.EC),
  [CKA.VERIFY]: yes, [CKA.DERIVE]: yes, [CKA.IBM_USE_AS_DATA]: yes },
{ [CKA.KEY_TYPE]: int(CKK.EC), [CKA.SIGN]: yes, [CKA.IBM_USE_AS_DATA]: yes });
const sum = (Mode, elements) => mech(CKM.IBM_EC_AGGREGATE, { ECAGGParameter: { Version: 0,
  Mode: `CkIbmEcAggBLS12_381${Mode}`, PerElementSize: elements[0].length, Elements: Buffer.concat(elements) } });
const blsPairs = async (count) => Promise.all(Array.from({ length: count }, blsPair));
const blsSign = async (keys) => Promise.all(keys.map((key) => signing.ESP(bls, key.PrivKey, key.PubKey, text)));
// The sum of some signatures, checked with all keys in both ways.
const together = async (keys, signatures, check) => {
  const { Signature } = await hsm.SignSingle({ Data: text, Mech: sum('Sign', signatures) });
  const { NewKey } = await hsm.DeriveKey({ Mech: sum('Pkey', keys.map((key) => key.PubKey.KeyBlobs[0])), Template: {
    [CKA.EC_PARAMS]: bytes(curves['BLS12-381']), [CKA.KEY_TYPE]: int(CKK.EC), [CKA.VERIFY]: yes, [CKA.DERIVE]: yes,
    [CKA.IBM_USE_AS_DATA]: yes } });
  await check(hsm.VerifySingle({ PubKey: NewKey, Mech: bls, Data: text, Signature }));
  const PubKey = { ...keys[0].PubKey, KeyBlobs: [Buffer.concat(keys.map((key) => key.PubKey.KeyBlobs[0]))] };
  await check(hsm.VerifySingle({ PubKey, Mech: bls, Data: text, Signature }));
};
const blsTest = (name, body) => test(`bls: ${name}`, async () => {
  gate('IBM_DILITHIUM');
  gate('IBM_EC_AGGREGATE');
  await body();
});

blsTest('GenerateKeyPair', () => pair(CKM.EC_KEY_PAIR_GEN,
  { [CKA.EC_PARAMS]: bytes(curves['BLS12-381']), [CKA.VERIFY]: yes },
  { [CKA.SIGN]: yes, [CKA.PRIVATE]: yes, [CKA.SENSITIVE]: yes }));
blsTest('SignSingle, VerifySingle', async () => {
  const [key] = await blsPairs(1);
  const [Signature] = await blsSign([key]);
  assert.strictEqual(Signature.length, 192);
  await fails(hsm.VerifySingle({ PubKey: key.PubKey, Mech: bls, Data: Buffer.from('other'), Signature }),
    CKR.SIGNATURE_INVALID);
});
blsTest('aggregation of 10', async () => {
  const keys = await blsPairs(10);
  await together(keys, await blsSign(keys), (verified) => verified);
});
blsTest('signatures of 2, keys of 3', async () => {
  const keys = await blsPairs(3);
  await together(keys, await blsSign(keys.slice(1)), (verified) => fails(verified, CKR.SIGNATURE_INVALID));
});

// ---- tls ----

test('tls: what a signer of TLS does with P-256', async () => {
  const { PrivKey, PubKeyBytes } = await ecPair('P-256');
  const key = publicKey(PubKeyBytes);
  const Data = crypto.createHash('sha256').update(text).digest();
  const { Signature } = await hsm.SignSingle({ PrivKey, Mech: mech(CKM.ECDSA), Data });
  assert.strictEqual(Signature.length, 64);
  assert.ok(crypto.verify('sha256', text, { key, dsaEncoding: 'ieee-p1363' }, Signature));
});

test('tls: a session whose server signs here, with a stock client', async () => {
  const { PrivKey, PubKeyBytes } = await ecPair('P-256');
  const sign = async (Data) => (await hsm.SignSingle({ PrivKey, Mech: mech(CKM.ECDSA), Data })).Signature;
  const certificate = await tlsServer.certificate(spkiOf(PubKeyBytes), sign);
  const { port, done } = await tlsServer.echoOnce(certificate, sign);
  const ca = `-----BEGIN CERTIFICATE-----\n${certificate.toString('base64')}\n-----END CERTIFICATE-----\n`;
  const client = tls.connect({ port, host: '127.0.0.1', servername: 'localhost', ca, minVersion: 'TLSv1.3', ecdhCurve: 'X25519',
    ciphers: 'TLS_AES_128_GCM_SHA256' }, () => client.write(text));
  const [echo] = await Promise.race([events.once(client, 'data'), done.then(() => new Promise(() => {}))]);
  assert.ok(client.authorized);
  assert.deepStrictEqual(echo, text);
  client.destroy();
  await done;
});

// ---- wrapUnwrap ----

const unwrappedAes = { [CKA.CLASS]: int(CKO.SECRET_KEY), [CKA.KEY_TYPE]: int(CKK.AES), [CKA.VALUE_LEN]: int(32),
  [CKA.ENCRYPT]: yes, [CKA.DECRYPT]: yes, [CKA.EXTRACTABLE]: yes };
test('wrapUnwrap: AES with RSA', async () => {
  const Mech = mech(CKM.RSA_PKCS);
  const kek = await wrappingPair();
  const key = await secret(CKM.AES_KEY_GEN, { [CKA.VALUE_LEN]: int(32), [CKA.ENCRYPT]: yes, [CKA.DECRYPT]: yes,
    [CKA.EXTRACTABLE]: yes });
  const { Wrapped } = await hsm.WrapKey({ Mech, Key: key.Key, KeK: kek.PubKey });
  const back = await hsm.UnwrapKey({ Mech, Wrapped, KeK: kek.PrivKey, Template: unwrappedAes });
  assert.deepStrictEqual(back.CheckSum.subarray(0, 3), key.CheckSum.subarray(0, 3));
});
test('wrapUnwrap: attribute-bound', async () => {
  const Mech = mech(CKM.IBM_ATTRIBUTEBOUND_WRAP);
  const bound = { [CKA.IBM_ATTRBOUND]: yes };
  const kek = await pair(CKM.RSA_PKCS_KEY_PAIR_GEN, { [CKA.WRAP]: yes, [CKA.MODULUS_BITS]: int(2048),
    [CKA.PUBLIC_EXPONENT]: int(65537), ...bound }, { [CKA.UNWRAP]: yes, [CKA.EXTRACTABLE]: no, ...bound });
  const MacKey = (await secret(CKM.GENERIC_SECRET_KEY_GEN, { [CKA.KEY_TYPE]: int(CKK.GENERIC_SECRET),
    [CKA.CLASS]: int(CKO.SECRET_KEY), [CKA.VALUE_LEN]: int(32), ...bound })).Key;
  const key = await secret(CKM.AES_KEY_GEN, { [CKA.VALUE_LEN]: int(32), [CKA.ENCRYPT]: yes, [CKA.DECRYPT]: yes,
    [CKA.EXTRACTABLE]: yes, ...bound });
  const { Wrapped } = await hsm.WrapKey({ Mech, Key: key.Key, KeK: kek.PubKey, MacKey });
  const back = await hsm.UnwrapKey({ Mech, Wrapped, KeK: kek.PrivKey, MacKey, Template: unwrappedAes });
  assert.deepStrictEqual(back.CheckSum.subarray(0, 3), key.CheckSum.subarray(0, 3));
  assert.deepStrictEqual(await encryption.ESP(await withIv(CKM.AES_CBC_PAD), key.Key, back.Unwrapped), text);
  for (let at = 0; at < Wrapped.length; at += 29) {
    const changed = Buffer.from(Wrapped);
    changed[at] ^= 0x10;
    await assert.rejects(hsm.UnwrapKey({ Mech, Wrapped: changed, KeK: kek.PrivKey, MacKey, Template: unwrappedAes }));
  }
  await fails(hsm.WrapKey({ Mech: mech(CKM.RSA_PKCS), Key: key.Key, KeK: kek.PubKey }), CKR.KEY_NOT_WRAPPABLE);
});

const importKey = (plain, Template) => app.importKey(plain, Template);
const exportKey = (key) => app.exportKey(key);
const importPublic = async (key, usages) =>
  (await app.importPublic(key.export({ format: 'der', type: 'spki' }), usages)).Unwrapped;
test('wrapUnwrap: an AES key comes in and out as it was', async () => {
  const raw = crypto.randomBytes(32);
  const { Unwrapped } = await importKey(raw, unwrappedAes);
  assert.deepStrictEqual(await exportKey(Unwrapped), raw);
});
test('wrapUnwrap: an RSA private key leaves as PKCS #8 and works elsewhere', async () => {
  const keys = await rsa4096();
  const key = crypto.createPrivateKey({ key: await exportKey(keys.PrivKey), format: 'der', type: 'pkcs8' });
  assert.ok(crypto.verify('sha256', text, publicKey(keys.PubKeyBytes), crypto.sign('sha256', text, key)));
  const Ciphered = crypto.publicEncrypt({ key: crypto.createPublicKey(key), padding: crypto.constants.RSA_PKCS1_PADDING }, text);
  assert.deepStrictEqual((await hsm.DecryptSingle({ Key: keys.PrivKey, Mech: mech(CKM.RSA_PKCS), Ciphered })).Plain, text);
});
test('wrapUnwrap: an EC private key leaves as PKCS #8, with its public key', async () => {
  const keys = await pair(CKM.EC_KEY_PAIR_GEN, { [CKA.EC_PARAMS]: bytes(curves['P-256']), [CKA.VERIFY]: yes },
    { [CKA.SIGN]: yes, [CKA.EXTRACTABLE]: yes });
  const der = await exportKey(keys.PrivKey);
  const key = crypto.createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  assert.ok(der.includes(pointOf(keys.PubKeyBytes)));
  assert.ok(crypto.verify('sha256', text, publicKey(keys.PubKeyBytes), crypto.sign('sha256', text, key)));
});
const pairsFromElsewhere = {
  RSA: ['rsa', { modulusLength: 2048 }, CKK.RSA, CKA.DECRYPT, CKA.ENCRYPT],
  EC: ['ec', { namedCurve: 'P-256' }, CKK.EC, CKA.SIGN, CKA.VERIFY],
};
for (const [name, [kind, options, type, own, open]] of Object.entries(pairsFromElsewhere))
  test(`wrapUnwrap: an ${name} pair comes in by halves that work together`, async () => {
    const theirs = crypto.generateKeyPairSync(kind, options);
    const der = theirs.privateKey.export({ format: 'der', type: 'pkcs8' });
    const half = await importKey(der, { [CKA.CLASS]: int(CKO.PRIVATE_KEY), [CKA.KEY_TYPE]: int(type), [own]: yes });
    assert.deepStrictEqual(spkiOf(half.CheckSum), theirs.publicKey.export({ format: 'der', type: 'spki' }));
    const PubKey = await importPublic(theirs.publicKey, { [open]: yes });
    if (kind === 'rsa')
      assert.deepStrictEqual(await encryption.ESP(mech(CKM.RSA_PKCS), PubKey, half.Unwrapped), text);
    else await signing.ESP(mech(CKM.ECDSA), half.Unwrapped, PubKey, text.subarray(0, 32));
  });
test('wrapUnwrap: a public key that comes in wraps', async () => {
  const theirs = crypto.generateKeyPairSync('rsa', { modulusLength: 2048 });
  const KeK = await importPublic(theirs.publicKey, { [CKA.WRAP]: yes });
  const raw = crypto.randomBytes(16);
  const { Unwrapped } = await importKey(raw, { ...unwrappedAes, [CKA.VALUE_LEN]: int(16) });
  const { Wrapped } = await hsm.WrapKey({ Mech: mech(CKM.RSA_PKCS_OAEP, { RSAOAEPParameter: { HashMech: CKM.SHA256,
    Mgf: 'CkgMgf1Sha256' } }), Key: Unwrapped, KeK });
  assert.deepStrictEqual(crypto.privateDecrypt({ key: theirs.privateKey, oaepHash: 'sha256' }, Wrapped), raw);
});

start(async () => {
  hsm = connect(await tokenOf('user'));
  app = applicationOf(hsm);
  mechanisms = (await hsm.GetMechanismList({})).Mechs.map(Number);
});
