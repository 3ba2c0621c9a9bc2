// SPDX-License-Identifier: Apache-2.0
// BLS12-381 beside @noble/curves, which knows nothing of ours: keys, signatures and sums go both ways, in the basic
// cipher suite of the IETF's draft. And what GREP11 clients may get wrong.
'use strict';

const assert = require('assert');
const crypto = require('crypto');
const { bls12_381: noble } = require('@noble/curves/bls12-381');
const { skip, start, test } = require('./tap');
const { connect, tokenOf } = require('./client');
const { applicationOf, mech, no, privateKind, secretKind, yes } = require('./application');
const { CKA, CKK, CKM, CKR, bytes, curves, fails, int, pointOf: rawPointOf, spkiOf: wholeSpki } = require('./vocabulary');

const suite = 'BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_NUL_';
const text = Buffer.from('a message of everybody');
const ofCurve = { [CKA.EC_PARAMS]: bytes(curves['BLS12-381']), [CKA.KEY_TYPE]: int(CKK.EC) };
const bls = mech(CKM.IBM_ECDSA_OTHER, { ECSGParameter: { Type: 'CkEcsgIbmBls' } });
const sum = (Mode, elements, PerElementSize = elements[0].length) => mech(CKM.IBM_EC_AGGREGATE, { ECAGGParameter: {
  Version: 0, Mode: `CkIbmEcAggBLS12_381${Mode}`, PerElementSize, Elements: Buffer.concat(elements) } });
let hsm;
let app;
let here;

const blsTest = (name, body) => test(name, async () => {
  if (!here) skip('this build has no BLS12-381');
  await body();
});
const pair = (open = {}) => app.ecPair('BLS12-381', { [CKA.VERIFY]: yes, [CKA.DERIVE]: yes, ...open }, { [CKA.SIGN]: yes });
const pairs = (count) => Promise.all(Array.from({ length: count }, () => pair()));
const sign = async (key, Data = text) => (await hsm.SignSingle({ PrivKey: key.PrivKey, Mech: bls, Data })).Signature;
const hashed = (data = text) => noble.longSignatures.hash(data, suite);
const pointOf = (blob) => noble.G1.ProjectivePoint.fromHex(rawPointOf(blob).subarray(1).toString('hex'));
const signatureOf = (raw) => noble.G2.ProjectivePoint.fromHex(raw.toString('hex'));
const rawOf = (point) => Buffer.from(point.toRawBytes(false));
const nobleVerifies = (blob, raw, data = text) => noble.longSignatures.verify(signatureOf(raw), hashed(data), pointOf(blob));
// A SubjectPublicKeyInfo, and a PKCS #8, as others write them.
const hex = (string) => Buffer.from(string, 'hex');
const der = (tag, ...parts) => Buffer.concat([Buffer.from([tag, Buffer.concat(parts).length]), ...parts]);
const algorithm = der(0x30, hex('06072a8648ce3d0201'), curves['BLS12-381']);
const spkiOfRaw = (raw) => der(0x30, algorithm, der(0x03, hex('0004'), raw));
const spkiOf = (point) => spkiOfRaw(rawOf(point));
const pkcs8Of = (scalar) => der(0x30, hex('020100'), algorithm, der(0x04, der(0x30, hex('020101'), der(0x04, scalar))));

blsTest('a public key is an uncompressed point in G1', async () => {
  const { PubKeyBytes } = await pair();
  assert.strictEqual(rawPointOf(PubKeyBytes)[0], 4);
  const point = pointOf(PubKeyBytes);
  point.assertValidity();
  assert.deepStrictEqual(spkiOf(point), wholeSpki(PubKeyBytes));
});
blsTest('our signatures verify there', async () => {
  const key = await pair();
  for (const data of [text, Buffer.alloc(0), crypto.randomBytes(5000)]) {
    const raw = await sign(key, data);
    assert.strictEqual(raw.length, 192);
    assert.ok(nobleVerifies(key.PubKeyBytes, raw, data));
    assert.ok(!nobleVerifies(key.PubKeyBytes, raw, Buffer.from('another')));
  }
});
blsTest('signatures made there verify here, with an imported and with a plain public key', async () => {
  const secret = noble.utils.randomPrivateKey();
  const point = noble.G1.ProjectivePoint.fromPrivateKey(secret);
  const Signature = rawOf(noble.longSignatures.sign(hashed(), secret));
  const plain = spkiOf(point);
  const { Unwrapped } = await app.importPublic(plain, { [CKA.VERIFY]: yes });
  for (const PubKey of [Unwrapped, { KeyBlobs: [plain] }]) {
    await hsm.VerifySingle({ PubKey, Mech: bls, Data: text, Signature });
    await fails(hsm.VerifySingle({ PubKey, Mech: bls, Data: Buffer.from('other'), Signature }), CKR.SIGNATURE_INVALID);
  }
});
blsTest('a private key goes in as PKCS #8, signs the same, and comes out', async () => {
  const secret = Buffer.from(noble.utils.randomPrivateKey());
  const { Unwrapped } = await app.importKey(pkcs8Of(secret),
    { ...privateKind(CKK.EC), [CKA.SIGN]: yes, [CKA.EXTRACTABLE]: yes });
  assert.deepStrictEqual(await sign({ PrivKey: Unwrapped }), rawOf(noble.longSignatures.sign(hashed(), secret)));
  const Plain = await app.exportKey(Unwrapped);
  assert.ok(Plain.includes(secret) && Plain.includes(rawOf(noble.G1.ProjectivePoint.fromPrivateKey(secret))));
});
blsTest('sums of signatures and of keys are those of the other library', async () => {
  const keys = await pairs(4);
  const signatures = await Promise.all(keys.map((key) => sign(key)));
  const { Signature } = await hsm.SignSingle({ Mech: sum('Sign', signatures) });
  assert.deepStrictEqual(Signature, rawOf(noble.longSignatures.aggregateSignatures(signatures.map(signatureOf))));
  const { NewKey, NewKeyBytes, CheckSum } = await hsm.DeriveKey({ Mech: sum('Pkey', keys.map((key) => key.PubKeyBytes)),
    Template: { ...ofCurve, [CKA.VERIFY]: yes } });
  const together = noble.longSignatures.aggregatePublicKeys(keys.map((key) => pointOf(key.PubKeyBytes)));
  assert.deepStrictEqual(wholeSpki(NewKeyBytes), spkiOf(together));
  assert.deepStrictEqual(NewKey.KeyBlobs[0], NewKeyBytes);
  assert.strictEqual((CheckSum || '').length, 0);
  assert.ok(nobleVerifies(NewKeyBytes, Signature));
  await hsm.VerifySingle({ PubKeyV1: NewKeyBytes, Mech: bls, Data: text, Signature });
});
blsTest('keys in a row verify together, in older and newer fields', async () => {
  const keys = await pairs(3);
  const { Signature } = await hsm.SignSingle({ Mech: sum('Sign', await Promise.all(keys.map((key) => sign(key)))) });
  const row = Buffer.concat(keys.map((key) => key.PubKeyBytes));
  await hsm.VerifySingle({ PubKey: { KeyBlobs: [row] }, Mech: bls, Data: text, Signature });
  await hsm.VerifySingle({ PubKeyV1: row, Mech: bls, Data: text, Signature });
  await fails(hsm.VerifySingle({ PubKeyV1: Buffer.concat([row, row.subarray(0, 40)]), Mech: bls, Data: text, Signature }),
    CKR.IBM_BLOB_ERROR);
  await fails(hsm.VerifySingle({ PubKeyV1: Buffer.concat([row, keys[1].PubKeyBytes]), Mech: bls, Data: text, Signature }),
    CKR.ARGUMENTS_BAD);
  const p256 = await app.ecPair('P-256', { [CKA.VERIFY]: yes });
  await fails(hsm.VerifySingle({ PubKeyV1: Buffer.concat([row, p256.PubKeyBytes]), Mech: bls, Data: text, Signature }),
    CKR.KEY_TYPE_INCONSISTENT);
});
blsTest('nobody signs for another by a key less the other\'s', async () => {
  const victim = await pair();
  const secret = noble.utils.randomPrivateKey();
  const rogue = noble.G1.ProjectivePoint.fromPrivateKey(secret).subtract(pointOf(victim.PubKeyBytes));
  const Signature = rawOf(noble.longSignatures.sign(hashed(), secret));
  assert.ok(noble.longSignatures.verify(signatureOf(Signature), hashed(),
    noble.longSignatures.aggregatePublicKeys([pointOf(victim.PubKeyBytes), rogue])));
  for (const row of [[victim.PubKeyBytes, spkiOf(rogue)], [wholeSpki(victim.PubKeyBytes), spkiOf(rogue)]])
    await fails(hsm.VerifySingle({ PubKeyV1: Buffer.concat(row), Mech: bls, Data: text, Signature }),
      CKR.KEY_FUNCTION_NOT_PERMITTED);
});
blsTest('elements that are none are refused', async () => {
  const [one, two] = await pairs(2);
  const Signature = await sign(one);
  const derive = (Mech, Template = { ...ofCurve, [CKA.VERIFY]: yes }) => hsm.DeriveKey({ Mech, Template });
  const changed = Buffer.from(Signature);
  changed[100] ^= 1;
  for (const Mech of [sum('Sign', [changed]), sum('Sign', [Signature], 96), sum('Sign', [Signature], 191),
    sum('Sign', [Signature], 0), sum('Sign', [Buffer.alloc(0)], 192), sum('Pkey', [Signature])])
    await fails(hsm.SignSingle({ Mech }), CKR.MECHANISM_PARAM_INVALID);
  await fails(derive(sum('Sign', [Signature])), CKR.MECHANISM_PARAM_INVALID);
  await fails(derive(sum('Pkey', [wholeSpki(one.PubKeyBytes)])), CKR.KEY_FUNCTION_NOT_PERMITTED);
  await fails(derive(sum('Pkey', [one.PubKeyBytes, (await pair({ [CKA.DERIVE]: no })).PubKeyBytes])),
    CKR.KEY_FUNCTION_NOT_PERMITTED);
  await fails(derive(sum('Pkey', [one.PubKeyBytes]), secretKind(CKK.AES)),
    CKR.TEMPLATE_INCONSISTENT);
  const broken = Buffer.from(two.PubKeyBytes);
  broken[60] ^= 1;
  await fails(derive(sum('Pkey', [one.PubKeyBytes, broken])), CKR.IBM_BLOB_ERROR);
  await fails(hsm.SignInit({ Mech: sum('Sign', [Signature]), PrivKey: one.PrivKey }), CKR.MECHANISM_INVALID);
});
blsTest('keys and signatures of other kinds are refused', async () => {
  const key = await pair();
  const Signature = await sign(key);
  await fails(hsm.VerifySingle({ PubKey: key.PubKey, Mech: bls, Data: text, Signature: Signature.subarray(1) }),
    CKR.SIGNATURE_LEN_RANGE);
  await fails(hsm.VerifySingle({ PubKey: key.PubKey, Mech: bls, Data: text, Signature: Buffer.alloc(192) }),
    CKR.SIGNATURE_INVALID);
  await fails(hsm.SignSingle({ PrivKey: key.PrivKey, Mech: mech(CKM.ECDSA_SHA256), Data: text }),
    CKR.KEY_TYPE_INCONSISTENT);
  const outside = spkiOfRaw(hex('2'.padStart(192, '0'))); // (0, 2): on the curve, and of order 3
  await fails(hsm.VerifySingle({ PubKey: { KeyBlobs: [outside] }, Mech: bls, Data: text, Signature }),
    CKR.PUBLIC_KEY_INVALID);
});

start(async () => {
  hsm = connect(await tokenOf('user'));
  app = applicationOf(hsm);
  here = (await hsm.GetMechanismList({})).Mechs.includes(String(CKM.IBM_EC_AGGREGATE));
});
