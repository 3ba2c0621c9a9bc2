// SPDX-License-Identifier: Apache-2.0
// What the public JavaScript examples of GREP11 rely on: a test per example. The older fields throughout, with raw blobs.
'use strict';

const assert = require('assert');
const crypto = require('crypto');
const { skip, start, test } = require('./tap');
const { apiKey, connect, grant, post, tokenOf } = require('./client');
const { CKA, CKK, CKM, CKO, CKR, bytes, curves, element, fails, flag, int, pointOf } = require('./vocabulary');

const text = Buffer.from('This is the data longer than 64 bytes This is the data longer than 64 bytes');
const digest = 'ad4e0b6e309d192862ec6db692d17072ddd3a98ccd37afe642a04f7ca554c94c';
const yes = flag(true);
const no = flag(false);
const empty = Buffer.alloc(0);
let hsm;

const aesKey = (more) => hsm.GenerateKey({ Mech: { Mechanism: CKM.AES_KEY_GEN }, Template: {
  [CKA.VALUE_LEN]: int(128 / 8), [CKA.WRAP]: no, [CKA.UNWRAP]: no, [CKA.ENCRYPT]: yes, [CKA.DECRYPT]: yes,
  [CKA.EXTRACTABLE]: no, [CKA.TOKEN]: yes, ...more } });
const pair = (Mechanism, PubKeyTemplate, PrivKeyTemplate) => hsm.GenerateKeyPair({ Mech: { Mechanism },
  PubKeyTemplate: { [CKA.EXTRACTABLE]: no, ...PubKeyTemplate }, PrivKeyTemplate });
const rsaPair = (open, own) => pair(CKM.RSA_PKCS_KEY_PAIR_GEN,
  { [CKA.MODULUS_BITS]: int(2048), [CKA.PUBLIC_EXPONENT]: int(17), ...open }, own);
const signs = async (keys, Mechanism, Data) => {
  const Mech = { Mechanism };
  let { State } = await hsm.SignInit({ Mech, PrivKeyV1: keys.PrivKeyBytes });
  const { Signature } = await hsm.Sign({ State, Data });
  ({ State } = await hsm.VerifyInit({ Mech, PubKeyV1: keys.PubKeyBytes }));
  await hsm.Verify({ State, Data, Signature });
  Signature[4] ^= 8;
  await fails(hsm.VerifySingle({ Mech, PubKeyV1: keys.PubKeyBytes, Data, Signature }), CKR.SIGNATURE_INVALID);
};
const agree = async (pairs, mechOf) => {
  const derived = [];
  for (const [mine, theirs] of [pairs, [pairs[1], pairs[0]]])
    derived.push(await hsm.DeriveKey({ Mech: mechOf(theirs), BaseKeyV1: mine.PrivKeyBytes, Template: {
      [CKA.CLASS]: int(CKO.SECRET_KEY), [CKA.KEY_TYPE]: int(CKK.AES), [CKA.VALUE_LEN]: int(128 / 8),
      [CKA.ENCRYPT]: yes, [CKA.DECRYPT]: yes } }));
  assert.deepStrictEqual(derived[0].CheckSum, derived[1].CheckSum);
  const Mech = { Mechanism: CKM.AES_CBC_PAD, ParameterB: crypto.randomBytes(16) };
  const { Ciphered } = await hsm.EncryptSingle({ Mech, KeyV1: derived[0].NewKeyBytes, Plain: text });
  const { Plain } = await hsm.DecryptSingle({ Mech, KeyV1: derived[1].NewKeyBytes, Ciphered });
  assert.deepStrictEqual(Plain, text);
};

test('mechanism-list: decimal strings', async () => {
  const { Mechs } = await hsm.GetMechanismList({});
  assert.ok(Mechs.length > 50 && Mechs.every((mech) => /^\d+$/.test(mech)));
  assert.ok(Mechs.includes(String(CKM.IBM_ED25519_SHA512)));
});
test('mechanism-info: CKM_AES_KEY_GEN', async () => {
  const { MechInfo } = await hsm.GetMechanismInfo({ Mech: CKM.AES_KEY_GEN });
  assert.deepStrictEqual({ ...MechInfo }, { MinKeySize: '16', MaxKeySize: '32', Flags: '32768' });
});
test('digest-single', async () => {
  let { State } = await hsm.DigestInit({ Mech: { Mechanism: CKM.SHA256 } });
  assert.strictEqual((await hsm.Digest({ State, Data: text })).Digest.toString('hex'), digest);
});
test('digest-multiple', async () => {
  let { State } = await hsm.DigestInit({ Mech: { Mechanism: CKM.SHA256 } });
  for (const Data of [text.subarray(0, 64), text.subarray(64)]) ({ State } = await hsm.DigestUpdate({ State, Data }));
  assert.strictEqual((await hsm.DigestFinal({ State })).Digest.toString('hex'), digest);
});
test('encrypt-and-decrypt: pieces of 20 bytes in, of 16 out', async () => {
  const { KeyBytes } = await aesKey();
  const Mech = { Mechanism: CKM.AES_CBC_PAD, ParameterB: (await hsm.GenerateRandom({ Len: 128 / 8 })).Rnd };
  const parts = async (init, update, final, input, output, data, size) => {
    let { State } = await hsm[init]({ Mech, KeyV1: KeyBytes });
    const pieces = [];
    for (let at = 0; at < data.length; at += size) {
      const answer = await hsm[update]({ State, [input]: data.subarray(at, at + size) });
      State = answer.State;
      pieces.push(answer[output] || empty);
    }
    pieces.push((await hsm[final]({ State }))[output] || empty);
    return Buffer.concat(pieces);
  };
  const secret = await parts('EncryptInit', 'EncryptUpdate', 'EncryptFinal', 'Plain', 'Ciphered', text, 20);
  assert.deepStrictEqual(await parts('DecryptInit', 'DecryptUpdate', 'DecryptFinal', 'Ciphered', 'Plain', secret, 16), text);
});
test('derive-keys: P-256', async () => {
  const one = () => pair(CKM.EC_KEY_PAIR_GEN, { [CKA.EC_PARAMS]: bytes(curves['P-256']) },
    { [CKA.DERIVE]: yes, [CKA.SENSITIVE]: yes });
  await agree([await one(), await one()], (theirs) =>
    ({ Mechanism: CKM.ECDH1_DERIVE, ParameterB: pointOf(theirs.PubKeyBytes) }));
});
test('derive-keys-dh', async () => {
  const { KeyBytes } = await hsm.GenerateKey({ Mech: { Mechanism: CKM.DH_PKCS_PARAMETER_GEN },
    Template: { [CKA.PRIME_BITS]: int(2048) } });
  const half = { [CKA.PRIVATE]: yes, [CKA.SENSITIVE]: yes };
  const one = () => pair(CKM.DH_PKCS_KEY_PAIR_GEN, { ...half, [CKA.IBM_STRUCT_PARAMS]: bytes(KeyBytes) },
    { ...half, [CKA.DERIVE]: yes });
  await agree([await one(), await one()], (theirs) => {
    const integer = element(pointOf(theirs.PubKeyBytes)).content;
    return { Mechanism: CKM.DH_PKCS_DERIVE, ParameterB: integer[0] ? integer : integer.subarray(1) };
  });
});
test('sign-and-verify-rsa: exponent 17, CKM_SHA1_RSA_PKCS over 64 hexadecimal characters', async () =>
  signs(await rsaPair({ [CKA.ENCRYPT]: yes, [CKA.VERIFY]: yes }, { [CKA.PRIVATE]: yes, [CKA.SENSITIVE]: yes,
    [CKA.DECRYPT]: yes, [CKA.SIGN]: yes, [CKA.EXTRACTABLE]: no }), CKM.SHA1_RSA_PKCS, Buffer.from(digest)));
test('sign-and-verify-ecdsa: CKM_ECDSA over 64 bytes on P-256', async () =>
  signs(await pair(CKM.EC_KEY_PAIR_GEN, { [CKA.EC_PARAMS]: bytes(curves['P-256']), [CKA.VERIFY]: yes },
    { [CKA.PRIVATE]: yes, [CKA.SENSITIVE]: yes, [CKA.SIGN]: yes }), CKM.ECDSA, Buffer.from(digest)));
test('sign-and-verify-dsa', async () => {
  const { KeyBytes } = await hsm.GenerateKey({ Mech: { Mechanism: CKM.DSA_PARAMETER_GEN },
    Template: { [CKA.PRIME_BITS]: int(2048) } });
  await signs(await pair(CKM.DSA_KEY_PAIR_GEN, { [CKA.IBM_STRUCT_PARAMS]: bytes(KeyBytes), [CKA.VERIFY]: yes },
    { [CKA.PRIVATE]: yes, [CKA.SENSITIVE]: yes, [CKA.SIGN]: yes }), CKM.DSA_SHA1, Buffer.from(digest));
});
test('sign-and-verify-dilithium: round 2, 6-5', async () => {
  if (!(await hsm.GetMechanismList({})).Mechs.includes(String(CKM.IBM_DILITHIUM)))
    skip('the mechanism list has no CKM_IBM_DILITHIUM');
  await signs(await pair(CKM.IBM_DILITHIUM, { [CKA.IBM_PQC_PARAMS]: bytes(Buffer.from('060b2b0601040102820b010605', 'hex')),
    [CKA.VERIFY]: yes }, { [CKA.SIGN]: yes }), CKM.IBM_DILITHIUM, Buffer.from(digest));
});

const unwrapped = { [CKA.CLASS]: int(CKO.SECRET_KEY), [CKA.KEY_TYPE]: int(CKK.AES), [CKA.VALUE_LEN]: int(128 / 8),
  [CKA.ENCRYPT]: yes, [CKA.DECRYPT]: yes, [CKA.EXTRACTABLE]: yes };
test('wrap-and-unwrap-key: the whole CheckSum comes back', async () => {
  const Mech = { Mechanism: CKM.RSA_PKCS };
  const kek = await rsaPair({ [CKA.WRAP]: yes }, { [CKA.UNWRAP]: yes, [CKA.PRIVATE]: yes, [CKA.SENSITIVE]: yes });
  const key = await aesKey({ [CKA.EXTRACTABLE]: yes });
  const { Wrapped } = await hsm.WrapKey({ Mech, KeyV1: key.KeyBytes, KeKV1: kek.PubKeyBytes });
  const back = await hsm.UnwrapKey({ Mech, Wrapped, KeKV1: kek.PrivKeyBytes, Template: unwrapped });
  assert.deepStrictEqual(back.CheckSum.subarray(0, key.CheckSum.length), key.CheckSum);
  assert.strictEqual(key.CheckSum.subarray(3).toString('hex'), '00000080');
});
test('wrap-and-unwrap-attributebound-key: with an AES wrapping key, too', async () => {
  const Mech = { Mechanism: CKM.IBM_ATTRIBUTEBOUND_WRAP };
  const bound = { [CKA.IBM_ATTRBOUND]: yes };
  const rsa = await rsaPair({ [CKA.WRAP]: yes, ...bound }, { [CKA.UNWRAP]: yes, ...bound });
  const aes = (await aesKey({ [CKA.WRAP]: yes, [CKA.UNWRAP]: yes, ...bound })).KeyBytes;
  const MacKeyV1 = (await hsm.GenerateKey({ Mech: { Mechanism: CKM.GENERIC_SECRET_KEY_GEN }, Template: {
    [CKA.VALUE_LEN]: int(16), ...bound } })).KeyBytes;
  const key = await aesKey({ [CKA.EXTRACTABLE]: yes, ...bound });
  for (const [to, from] of [[rsa.PubKeyBytes, rsa.PrivKeyBytes], [aes, aes]]) {
    const { Wrapped } = await hsm.WrapKey({ Mech, KeyV1: key.KeyBytes, KeKV1: to, MacKeyV1 });
    const back = await hsm.UnwrapKey({ Mech, Wrapped, KeKV1: from, MacKeyV1, Template: unwrapped });
    assert.deepStrictEqual(back.CheckSum.subarray(0, key.CheckSum.length), key.CheckSum);
    await fails(hsm.UnwrapKey({ Mech, Wrapped, KeKV1: from, MacKeyV1: aes, Template: unwrapped }), CKR.WRAPPED_KEY_INVALID);
  }
  const free = await aesKey({ [CKA.EXTRACTABLE]: yes });
  await fails(hsm.WrapKey({ Mech, KeyV1: free.KeyBytes, KeKV1: aes, MacKeyV1 }), CKR.KEY_NOT_WRAPPABLE);
});
test('credentials: a token for the API key, in the metadata of each call', async () => {
  const answer = await post('/identity/token', { 'Content-Type': 'application/x-www-form-urlencoded' },
    new URLSearchParams({ grant_type: grant, apikey: apiKey('user') }).toString());
  assert.strictEqual(answer.status, 200);
  assert.ok((await connect(JSON.parse(answer.text).access_token).GenerateRandom({ Len: 1 })).Rnd);
});

start(async () => {
  hsm = connect(await tokenOf('user'));
});
