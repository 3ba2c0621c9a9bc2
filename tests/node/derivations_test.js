// SPDX-License-Identifier: Apache-2.0
// What quantokid derives, agrees on and signs, beside what other libraries make of the same numbers: BIP-32 by
// @scure/bip32, SLIP-10 by its own words on the curves of @noble/curves, EdDSA and X25519/X448 by @noble/curves.
'use strict';

const assert = require('assert');
const crypto = require('crypto');
const { HDKey } = require('@scure/bip32');
const { ed25519, x25519 } = require('@noble/curves/ed25519');
const { ed448, x448 } = require('@noble/curves/ed448');
const { p256 } = require('@noble/curves/p256');
const { secp256k1 } = require('@noble/curves/secp256k1');
const { start, test } = require('./tap');
const { connect, tokenOf } = require('./client');
const { applicationOf, mech, privateKind, secretKind, no, yes } = require('./application');
const { CKA, CKK, CKM, CKR, bytes, curves, element, fails, int, pointOf } = require('./vocabulary');

let hsm;
let app;

const hard = 0x80000000;
const sha = (text, len) => crypto.createHash('sha512').update(text).digest().subarray(0, len);
// Fixed, of all lengths that there are at the ends of the range.
const seeds = [16, 32, 64].map((len) => sha(`a seed of ${len} bytes`, len));
const number = (buffer) => BigInt(`0x${Buffer.from(buffer).toString('hex')}`);
const be32 = (value) => Buffer.from(value.toString(16).padStart(64, '0'), 'hex');
const hmac = (key, ...parts) => crypto.createHmac('sha512', key).update(Buffer.concat(parts)).digest();

// ---- SLIP-10, written from the standard ----

const weierstrass = (curve, seedText) => {
  const n = curve.CURVE.n;
  const publicOf = (value) => Buffer.from(curve.getPublicKey(value, true));
  const index = (i) => Buffer.from([i >>> 24, i >>> 16, i >>> 8, i]);
  return {
    master: (seed) => {
      let I = hmac(seedText, seed);
      while (number(I.subarray(0, 32)) === 0n || number(I.subarray(0, 32)) >= n) I = hmac(seedText, I);
      return { value: I.subarray(0, 32), chain: I.subarray(32) };
    },
    child: (parent, i) => {
      const head = i >= hard ? Buffer.concat([Buffer.from([0]), parent.value]) : publicOf(parent.value);
      for (let I = hmac(parent.chain, head, index(i)); ; I = hmac(parent.chain, Buffer.from([1]), I.subarray(32), index(i))) {
        const sum = (number(I.subarray(0, 32)) + number(parent.value)) % n;
        if (number(I.subarray(0, 32)) < n && sum !== 0n) return { value: be32(sum), chain: I.subarray(32) };
      }
    },
    point: (node) => Buffer.from(curve.getPublicKey(node.value, false)),
  };
};
const edwards = {
  master: (seed) => ({ value: hmac('ed25519 seed', seed).subarray(0, 32), chain: hmac('ed25519 seed', seed).subarray(32) }),
  child: (parent, i) => {
    const I = hmac(parent.chain, Buffer.from([0]), parent.value, Buffer.from([i >>> 24, i >>> 16, i >>> 8, i]));
    return { value: I.subarray(0, 32), chain: I.subarray(32) };
  },
  point: (node) => Buffer.from(ed25519.getPublicKey(node.value)),
};
const bip32 = {
  master: (seed) => bip32.of(HDKey.fromMasterSeed(seed)),
  child: (parent, i) => bip32.of(parent.node.deriveChild(i)),
  of: (node) => ({ node, value: Buffer.from(node.privateKey), chain: Buffer.from(node.chainCode) }),
  point: ({ node }) => Buffer.from(secp256k1.ProjectivePoint.fromHex(node.publicKey).toRawBytes(false)),
};
const families = [
  ['BIP0032', 'secp256k1', bip32, [0, hard, 1, hard + 44, 0x7fffffff]],
  ['SLIP0010', 'secp256k1', weierstrass(secp256k1, 'Bitcoin seed'), [hard, 1, hard + 2, 0x7fffffff]],
  ['SLIP0010', 'P-256', weierstrass(p256, 'Nist256p1 seed'), [hard, 1, hard + 2, 0x7fffffff]],
  ['SLIP0010', 'Ed25519', edwards, [hard, hard + 1, hard + 0x7fffffff]],
];

// ---- the same by DeriveKey ----

const importSeed = (seed) => app.importKey(seed, { ...secretKind(CKK.GENERIC_SECRET), [CKA.DERIVE]: yes, [CKA.IBM_USE_AS_DATA]: yes });
const derive = (family, curve, step, parent, ChildKeyIndex = 0, more = {}, leaves = yes) => hsm.DeriveKey({
  BaseKey: parent.NewKey || parent.Unwrapped,
  Mech: mech(CKM.IBM_BTC_DERIVE, { BTCDeriveParameter: { Type: `Ck${family}${step}`, ChildKeyIndex,
    ChainCode: step === 'MASTERK' ? Buffer.alloc(0) : parent.CheckSum, Version: 1, ...more } }),
  Template: { [CKA.KEY_TYPE]: int(CKK.EC), [CKA.EC_PARAMS]: bytes(curves[curve]), [CKA.VALUE_LEN]: int(0),
    [CKA.EXTRACTABLE]: leaves, [CKA.DERIVE]: yes, [CKA.IBM_USE_AS_DATA]: yes } });

// The number inside PKCS #8: that of RFC 5915, or the seed of an Edwards key in an OCTET STRING of its own.
const privateValue = async (key) => {
  const body = element(element(await app.exportKey(key)).content); // version, algorithm, OCTET STRING
  const inner = element(element(body.rest).rest).content;
  if (inner[0] === 0x04) return element(inner).content;
  return element(element(element(inner).content).rest).content;
};

for (const [family, curve, other, path] of families)
  test(`${family} on ${curve}: private and public keys and chain codes of whole trees`, async () => {
    for (const seed of seeds) {
      let here = await derive(family, curve, 'MASTERK', await importSeed(seed));
      let there = other.master(seed);
      assert.deepStrictEqual(await privateValue(here.NewKey), there.value);
      assert.deepStrictEqual(here.CheckSum, there.chain);
      for (const index of path) {
        const [open, own] = await Promise.all([derive(family, curve, 'PRV2PUB', here, index),
          derive(family, curve, 'PRV2PRV', here, index)]);
        there = other.child(there, index);
        here = own;
        assert.deepStrictEqual(pointOf(open.NewKeyBytes), other.point(there));
        assert.deepStrictEqual(open.CheckSum, there.chain);
        assert.deepStrictEqual(here.CheckSum, there.chain);
        assert.deepStrictEqual(await privateValue(here.NewKey), there.value);
      }
    }
  });

for (const [family, curve, other] of families.filter(([, curve]) => curve !== 'Ed25519'))
  test(`${family} on ${curve}: public children of public parents`, async () => {
    const seed = seeds[1];
    const master = await derive(family, curve, 'MASTERK', await importSeed(seed));
    let here = await derive(family, curve, 'PRV2PUB', master, hard + 1);
    let there = other.child(other.master(seed), hard + 1);
    for (const index of [0, 5, 0x7fffffff]) {
      here = await derive(family, curve, 'PUB2PUB', here, index);
      there = other.child(there, index);
      assert.deepStrictEqual(pointOf(here.NewKeyBytes), other.point(there));
      assert.deepStrictEqual(here.CheckSum, there.chain);
    }
    await assert.rejects(derive(family, curve, 'PUB2PUB', here, hard), 'a public key has no hardened children');
  });

test('what no tree has is refused', async () => {
  const seed = await importSeed(seeds[1]);
  const master = await derive('SLIP0010', 'Ed25519', 'MASTERK', seed);
  await fails(derive('SLIP0010', 'Ed25519', 'PRV2PRV', master, 7), CKR.MECHANISM_PARAM_INVALID);
  const open = await derive('SLIP0010', 'Ed25519', 'PRV2PUB', master, hard);
  await fails(derive('SLIP0010', 'Ed25519', 'PUB2PUB', open, 0), CKR.MECHANISM_PARAM_INVALID);
  await fails(derive('SLIP0010', 'Ed25519', 'PUB2PUB', open, hard), CKR.MECHANISM_PARAM_INVALID);
  await assert.rejects(derive('BIP0032', 'P-256', 'MASTERK', seed));
  await assert.rejects(derive('SLIP0010', 'P-384', 'MASTERK', seed));
  await fails(derive('SLIP0010', 'Ed25519', 'PRV2PRV', { ...master, CheckSum: master.CheckSum.subarray(1) }, hard),
    CKR.MECHANISM_PARAM_INVALID);
  await fails(derive('SLIP0010', 'P-256', 'MASTERK', seed, 0, { Version: 2 }), CKR.MECHANISM_PARAM_INVALID);
  for (const len of [15, 65])
    await assert.rejects(derive('SLIP0010', 'P-256', 'MASTERK', await importSeed(Buffer.alloc(len, 9))));
});

test('a seed must be made to be derived from', async () => {
  const seed = await app.importKey(seeds[1], { ...secretKind(CKK.GENERIC_SECRET), [CKA.DERIVE]: no, [CKA.IBM_USE_AS_DATA]: yes });
  await fails(derive('SLIP0010', 'P-256', 'MASTERK', seed), CKR.KEY_FUNCTION_NOT_PERMITTED);
});

// Parent = child - IL, and IL is known to whoever has the parent's public key and chain code.
test('a child that would tell its parent is protected as it; a hardened one need not be', async () => {
  const seed = await app.secret(CKM.GENERIC_SECRET_KEY_GEN, { [CKA.VALUE_LEN]: int(32), [CKA.DERIVE]: yes, [CKA.IBM_USE_AS_DATA]: yes,
    [CKA.EXTRACTABLE]: no });
  const master = await derive('BIP0032', 'secp256k1', 'MASTERK', { NewKey: seed.Key }, 0, {}, no);
  await fails(derive('BIP0032', 'secp256k1', 'PRV2PRV', master, 7), CKR.TEMPLATE_INCONSISTENT);
  const child = await derive('BIP0032', 'secp256k1', 'PRV2PRV', master, 7, {}, no);
  await fails(app.exportKey(child.NewKey), CKR.KEY_UNEXTRACTABLE);
  await privateValue((await derive('BIP0032', 'secp256k1', 'PRV2PRV', master, hard + 7)).NewKey);
});

// ---- Edwards and Montgomery curves ----

const texts = [Buffer.alloc(0), Buffer.from('abc'), sha('a long text', 64), Buffer.alloc(5000, 7)];
const edwardsKinds = { Ed25519: [ed25519, CKM.IBM_ED25519_SHA512], Ed448: [ed448, CKM.IBM_ED448_SHA3] };
for (const [curve, [library, mechanism]] of Object.entries(edwardsKinds))
  test(`${curve}: one key signs the same here and there, and each verifies what the other signed`, async () => {
    const { PrivKey, PubKey, PubKeyBytes } = await app.ecPair(curve, { [CKA.VERIFY]: yes }, { [CKA.SIGN]: yes, [CKA.EXTRACTABLE]: yes });
    const value = await privateValue(PrivKey);
    const Mech = mech(mechanism);
    assert.deepStrictEqual(pointOf(PubKeyBytes), Buffer.from(library.getPublicKey(value)));
    for (const Data of texts) {
      const { Signature } = await hsm.SignSingle({ PrivKey, Mech, Data });
      assert.deepStrictEqual(Signature, Buffer.from(library.sign(Data, value)));
      await hsm.VerifySingle({ PubKey, Mech, Data, Signature });
    }
  });

// X9.63 with a counter from 1, by the shared data.
const stretched = (hash, shared, info, len) => {
  let out = Buffer.alloc(0);
  for (let i = 1; out.length < len; i++)
    out = Buffer.concat([out, crypto.createHash(hash).update(shared).update(Buffer.from([0, 0, 0, i])).update(info).digest()]);
  return out.subarray(0, len);
};
const agreements = {
  X25519: [x25519, CKM.IBM_EC_X25519, 32, (key) => key],
  X448: [x448, CKM.IBM_EC_X448, 56, (key) => key],
  'P-256': [p256, CKM.ECDH1_DERIVE, 32, (key) => key.slice(1)],
  secp256k1: [secp256k1, CKM.ECDH1_DERIVE, 32, (key) => key.slice(1)],
};
for (const [curve, [library, mechanism, len, cut]] of Object.entries(agreements))
  test(`${curve}: both sides agree, with and without a derivation function`, async () => {
    const { PrivKey, PubKeyBytes } = await app.ecPair(curve, {}, { [CKA.DERIVE]: yes });
    const theirs = sha(`the other side on ${curve}`, len);
    const PublicData = Buffer.from(library.getPublicKey(theirs, false));
    const shared = Buffer.from(cut(library.getSharedSecret(theirs, pointOf(PubKeyBytes))));
    const valueOf = async (parameter, want) => app.exportKey((await hsm.DeriveKey({ BaseKey: PrivKey, Mech: mech(mechanism, parameter),
      Template: { ...secretKind(CKK.GENERIC_SECRET), [CKA.VALUE_LEN]: int(want), [CKA.EXTRACTABLE]: yes } })).NewKey);
    const SharedData = Buffer.from('what both know');
    assert.deepStrictEqual(await valueOf({ ParameterB: PublicData }, len), shared);
    assert.deepStrictEqual(await valueOf({ ECDH1DeriveParameter: { Kdf: 'CkdNull', PublicData } }, len), shared);
    for (const [Kdf, hash] of [['CkdSha1Kdf', 'sha1'], ['CkdSha256Kdf', 'sha256'], ['CkdSha512Kdf', 'sha512']])
      assert.deepStrictEqual(await valueOf({ ECDH1DeriveParameter: { Kdf, PublicData, SharedData } }, 80),
        stretched(hash, shared, SharedData, 80));
    await fails(valueOf({ ECDH1DeriveParameter: { Kdf: 'CkdNull', PublicData, SharedData } }, len), CKR.MECHANISM_PARAM_INVALID);
  });

// ---- keys from elsewhere ----

test('the key of RFC 8032, 7.1, TEST 3 comes in and signs as published', async () => {
  const value = Buffer.from('c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7', 'hex');
  const octets = (content) => Buffer.concat([Buffer.from([0x04, content.length]), content]);
  const sequence = (...parts) => {
    const content = Buffer.concat(parts);
    return Buffer.concat([Buffer.from([0x30, content.length]), content]);
  };
  const pkcs8 = sequence(Buffer.from([2, 1, 0]), sequence(curves.Ed25519), octets(octets(value))); // RFC 8410, section 7
  const { Unwrapped, CheckSum } = await app.importKey(pkcs8, { ...privateKind(CKK.EC), [CKA.SIGN]: yes });
  assert.strictEqual(pointOf(CheckSum).toString('hex'), 'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025');
  const { Signature } = await hsm.SignSingle({ PrivKey: Unwrapped, Mech: mech(CKM.IBM_ED25519_SHA512), Data: Buffer.from('af82', 'hex') });
  assert.strictEqual(Signature.toString('hex'), '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac' +
    '18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a');
});

start(async () => {
  hsm = connect(await tokenOf('user'));
  app = applicationOf(hsm);
});
