// SPDX-License-Identifier: Apache-2.0
// An independent gRPC client against quantokid: both generations of the protocol, errors, hostile input.
'use strict';

const assert = require('assert');
const crypto = require('crypto');
const { test, runAll } = require('./tap');
const { apiKey, connect, detailOf, get, grant, grpc, Keystore, post, tokenOf } = require('./client');
const { attributeOf } = require('./application');
const { CKA, CKM, CKR, bytes, curves, fails, flag, int, spkiOf } = require('./vocabulary');

const P256 = curves['P-256'];
const ED25519 = curves.Ed25519;
const text = Buffer.from('This message is the test of a network HSM, 47 by');

let hsm;
let aes;
let rsa;
let ec;

// ---- tokens ----

test('an API key in the form body gives a token', async () => {
  const answer = await post('/identity/token', { 'Content-Type': 'application/x-www-form-urlencoded' },
    `grant_type=${grant}&apikey=${apiKey('user')}`);
  assert.strictEqual(answer.status, 200);
  const token = JSON.parse(answer.text);
  assert.strictEqual(token.token_type, 'Bearer');
  assert.strictEqual(token.expires_in, 3600);
  assert.ok(Math.abs(token.expiration - Date.now() / 1000 - 3600) < 60);
});

test('an API key in the query string gives a token', async () => {
  const query = new URLSearchParams({ grant_type: grant, apikey: apiKey('user') });
  const answer = await post(`/identity/token?${query}`, { Accept: 'application/json' });
  assert.strictEqual(answer.status, 200);
  assert.ok(JSON.parse(answer.text).access_token);
});

test('an unknown API key is refused with the code that clients know', async () => {
  const answer = await post('/identity/token', {}, `grant_type=${grant}&apikey=nobody`);
  assert.strictEqual(answer.status, 400);
  assert.strictEqual(JSON.parse(answer.text).errorCode, 'BXNIM0415E');
  assert.ok(JSON.parse(answer.text).errorMessage);
});

test('a token request without parameters, or with another grant type, is refused', async () => {
  assert.strictEqual((await post('/identity/token', {}, '')).status, 400);
  assert.strictEqual((await post('/identity/token', {}, `grant_type=password&apikey=${apiKey('user')}`)).status, 400);
});

test('health is told to anybody, other paths do not exist', async () => {
  assert.strictEqual(JSON.parse((await get('/healthz')).text).status, 'ok');
  assert.strictEqual((await get('/secret')).status, 404);
  assert.strictEqual((await get('/identity/token')).status, 405);
});

// ---- access ----

test('a call without a token is refused with one Grep11Error', async () => {
  await fails(connect().GetMechanismList({}), CKR.NOT_AUTHENTICATED, grpc.status.UNAUTHENTICATED);
});

test('a forged token is refused', async () => {
  const [header, payload] = (await tokenOf('user')).split('.');
  const none = Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url');
  await fails(connect(`${none}.${payload}.`).GetMechanismList({}), CKR.NOT_AUTHENTICATED);
  await fails(connect(`${header}.${payload}.${'A'.repeat(86)}`).GetMechanismList({}), CKR.NOT_AUTHENTICATED);
});

test('the anonymous user may not list private keystores nor make keystores', async () => {
  const keystore = connect(await tokenOf('anonymous'), Keystore);
  const id = crypto.randomBytes(16);
  await fails(keystore.CreateKeystore({ Keystore: { Id: id } }), CKR.NOT_AUTHENTICATED, grpc.status.PERMISSION_DENIED);
  await fails(keystore.FindObjects({ Keystores: [id] }), CKR.NOT_AUTHENTICATED, grpc.status.PERMISSION_DENIED);
});

test('the normal user may not reset keystores, the security officer may', async () => {
  const id = crypto.randomBytes(16);
  const request = { Ids: [id], Label: 'x' };
  await fails(connect(await tokenOf('user'), Keystore).ResetKeystores(request), CKR.NOT_AUTHENTICATED);
  const so = connect(await tokenOf('so'), Keystore);
  await so.ResetKeystores(request);
  await so.DeleteKeystore({ Id: id });
});

test('an unknown method is UNIMPLEMENTED', async () => {
  const client = new grpc.Client(process.env.QUANTOKI_GRPC,
    grpc.credentials.createSsl(require('fs').readFileSync(`${process.env.QUANTOKI_INSTANCE}/ca.pem`)));
  const error = await new Promise((resolve) =>
    client.makeUnaryRequest('/grep11.Crypto/Nothing', (x) => x, (x) => x, Buffer.alloc(0), resolve));
  assert.strictEqual(error.code, grpc.status.UNIMPLEMENTED);
  detailOf(error);
});

// ---- information, random, digests ----

test('the mechanism list starts with CKM_RSA_PKCS, whose sizes are 512 to 4096', async () => {
  const list = (await hsm.GetMechanismList({})).Mechs.map(Number);
  assert.strictEqual(list[0], CKM.RSA_PKCS);
  const info = (await hsm.GetMechanismInfo({ Mech: CKM.RSA_PKCS })).MechInfo;
  assert.deepStrictEqual([Number(info.MinKeySize || 0), Number(info.MaxKeySize)], [512, 4096]);
  const aesInfo = (await hsm.GetMechanismInfo({ Mech: CKM.AES_KEY_GEN })).MechInfo;
  assert.deepStrictEqual([aesInfo.MinKeySize, aesInfo.MaxKeySize, aesInfo.Flags], ['16', '32', '32768']);
  await fails(hsm.GetMechanismInfo({ Mech: 0x7777 }), CKR.MECHANISM_INVALID);
});

test('random has exactly the length asked for, 1 to 1,000,000', async () => {
  for (const Len of [1, 4096, 1000000]) assert.strictEqual((await hsm.GenerateRandom({ Len })).Rnd.length, Len);
  await fails(hsm.GenerateRandom({ Len: 0 }), CKR.ARGUMENTS_BAD);
  await fails(hsm.GenerateRandom({ Len: 1000001 }), CKR.ARGUMENTS_BAD);
});

test('a digest is the same in one call, in Init and Digest, and in parts', async () => {
  const Mech = { Mechanism: CKM.SHA256 };
  const expected = crypto.createHash('sha256').update(text).digest();
  assert.deepStrictEqual((await hsm.DigestSingle({ Mech, Data: text })).Digest, expected);
  let { State } = await hsm.DigestInit({ Mech });
  assert.deepStrictEqual((await hsm.Digest({ State, Data: text })).Digest, expected);
  for (let at = 0; at < text.length; at += 7)
    ({ State } = await hsm.DigestUpdate({ State, Data: text.subarray(at, at + 7) }));
  assert.deepStrictEqual((await hsm.DigestFinal({ State })).Digest, expected);
});

test('an old state can be used again, a changed one cannot', async () => {
  const { State } = await hsm.DigestInit({ Mech: { Mechanism: CKM.SHA256 } });
  const once = await hsm.Digest({ State, Data: text });
  assert.deepStrictEqual((await hsm.Digest({ State, Data: text })).Digest, once.Digest);
  const changed = Buffer.from(State);
  changed[changed.length - 1] ^= 1;
  await fails(hsm.Digest({ State: changed, Data: text }), CKR.IBM_BLOB_ERROR);
});

// ---- AES ----

test('an AES key encrypts and decrypts by its KeyBlob and by its raw blob', async () => {
  const iv = (await hsm.GenerateRandom({ Len: 16 })).Rnd;
  const Mech = { Mechanism: CKM.AES_CBC_PAD, ParameterB: iv };
  const byBlob = await hsm.EncryptSingle({ Key: aes.Key, Mech, Plain: text });
  const byBytes = await hsm.EncryptSingle({ KeyV1: aes.KeyBytes, Mech, Plain: text });
  assert.deepStrictEqual(byBlob.Ciphered, byBytes.Ciphered);
  assert.deepStrictEqual((await hsm.DecryptSingle({ KeyV1: aes.KeyBytes, Mech, Ciphered: byBlob.Ciphered })).Plain, text);
});

test('the answer carries both forms of the key, its check value and its size', async () => {
  assert.deepStrictEqual(aes.Key.KeyBlobs[0], aes.KeyBytes);
  const zero = await hsm.EncryptSingle({ Key: aes.Key, Mech: { Mechanism: CKM.AES_ECB }, Plain: Buffer.alloc(16) });
  assert.deepStrictEqual(aes.CheckSum.subarray(0, 3), zero.Ciphered.subarray(0, 3));
  assert.strictEqual(aes.CheckSum.readUInt32BE(3), 256);
  assert.strictEqual(attributeOf(aes.Key, CKA.EXTRACTABLE).AttributeTF, false);
  assert.deepStrictEqual(attributeOf(aes.Key, CKA.CHECK_VALUE).AttributeB, aes.CheckSum.subarray(0, 3));
  assert.strictEqual(attributeOf(aes.Key, CKA.VALUE), undefined);
});

test('encryption in parts of 20 bytes, decryption in parts of 16', async () => {
  const Mech = { Mechanism: CKM.AES_CBC_PAD, ParameterB: Buffer.alloc(16, 7) };
  let { State } = await hsm.EncryptInit({ Mech, Key: aes.Key });
  const ciphered = [];
  for (let at = 0; at < text.length; at += 20) {
    const answer = await hsm.EncryptUpdate({ State, Plain: text.subarray(at, at + 20) });
    State = answer.State;
    ciphered.push(answer.Ciphered || Buffer.alloc(0));
  }
  ciphered.push((await hsm.EncryptFinal({ State })).Ciphered);
  const whole = Buffer.concat(ciphered);
  ({ State } = await hsm.DecryptInit({ Mech, KeyV1: aes.KeyBytes }));
  const plain = [];
  for (let at = 0; at < whole.length; at += 16) {
    const answer = await hsm.DecryptUpdate({ State, Ciphered: whole.subarray(at, at + 16) });
    State = answer.State;
    plain.push(answer.Plain || Buffer.alloc(0));
  }
  plain.push((await hsm.DecryptFinal({ State })).Plain || Buffer.alloc(0));
  assert.deepStrictEqual(Buffer.concat(plain), text);
});

test('AES-GCM by our own parameter message agrees with another implementation', async () => {
  const plainKey = crypto.randomBytes(32);
  const imported = await importAes(plainKey);
  const iv = crypto.randomBytes(12);
  const Mech = { Mechanism: CKM.AES_GCM, GCMParameter: { Iv: iv, Aad: Buffer.from('header'), TagBits: 128 } };
  const { Ciphered } = await hsm.EncryptSingle({ Key: imported.Unwrapped, Mech, Plain: text });
  const theirs = crypto.createDecipheriv('aes-256-gcm', plainKey, iv).setAAD(Buffer.from('header'));
  theirs.setAuthTag(Ciphered.subarray(-16));
  assert.deepStrictEqual(Buffer.concat([theirs.update(Ciphered.subarray(0, -16)), theirs.final()]), text);
  Ciphered[0] ^= 1;
  await fails(hsm.DecryptSingle({ Key: imported.Unwrapped, Mech, Ciphered }), CKR.ENCRYPTED_DATA_INVALID);
});

const importAes = async (plainKey) => {
  const Mech = { Mechanism: CKM.AES_CBC_PAD, ParameterB: Buffer.alloc(16) };
  const kek = await hsm.GenerateKey({ Mech: { Mechanism: CKM.AES_KEY_GEN }, Template: {
    [CKA.VALUE_LEN]: int(32), [CKA.ENCRYPT]: flag(true), [CKA.UNWRAP]: flag(true) } });
  const { Ciphered } = await hsm.EncryptSingle({ Key: kek.Key, Mech, Plain: plainKey });
  return hsm.UnwrapKey({ Wrapped: Ciphered, KeK: kek.Key, Mech, Template: {
    [CKA.CLASS]: int(4), [CKA.KEY_TYPE]: int(0x1f), [CKA.VALUE_LEN]: int(plainKey.length),
    [CKA.ENCRYPT]: flag(true), [CKA.DECRYPT]: flag(true) } });
};

test('every flipped bit of a key blob is refused', async () => {
  const Mech = { Mechanism: CKM.AES_ECB };
  for (let i = 0; i < aes.KeyBytes.length; i += 5) {
    const changed = Buffer.from(aes.KeyBytes);
    changed[i] ^= 1 << i % 8;
    await assert.rejects(hsm.EncryptSingle({ KeyV1: changed, Mech, Plain: Buffer.alloc(16) }), (error) => {
      detailOf(error);
      return true;
    });
  }
});

test('a blob of another purpose is refused', async () => {
  const { State } = await hsm.DigestInit({ Mech: { Mechanism: CKM.SHA256 } });
  const Mech = { Mechanism: CKM.AES_ECB };
  await fails(hsm.EncryptSingle({ KeyV1: State, Mech, Plain: Buffer.alloc(16) }), CKR.IBM_BLOBKEY_CONFLICT);
  await fails(hsm.EncryptUpdate({ State, Plain: Buffer.alloc(16) }), CKR.IBM_BLOBKEY_CONFLICT);
});

test('a key does only what its attributes allow', async () => {
  const key = await hsm.GenerateKey({ Mech: { Mechanism: CKM.AES_KEY_GEN },
    Template: { [CKA.VALUE_LEN]: int(16), [CKA.ENCRYPT]: flag(false), [CKA.DECRYPT]: flag(true) } });
  await fails(hsm.EncryptSingle({ Key: key.Key, Mech: { Mechanism: CKM.AES_ECB }, Plain: Buffer.alloc(16) }),
    CKR.KEY_FUNCTION_NOT_PERMITTED);
});

test('wrong lengths, parameters and kinds of keys are told apart', async () => {
  const ecb = { Mechanism: CKM.AES_ECB };
  await fails(hsm.EncryptSingle({ Key: aes.Key, Mech: ecb, Plain: Buffer.alloc(15) }), CKR.DATA_LEN_RANGE);
  await fails(hsm.EncryptSingle({ Key: aes.Key, Mech: { Mechanism: CKM.AES_CBC, ParameterB: Buffer.alloc(3) },
    Plain: Buffer.alloc(16) }), CKR.MECHANISM_PARAM_INVALID);
  await fails(hsm.SignSingle({ PrivKey: ec.PrivKey, Mech: { Mechanism: CKM.SHA256_RSA_PKCS }, Data: text }),
    CKR.KEY_TYPE_INCONSISTENT);
});

// ---- signatures ----

const pairs = {
  'RSA PKCS #1 v1.5': () => [rsa, { Mechanism: CKM.SHA256_RSA_PKCS }, 'sha256', {}],
  'RSA PSS': () => [rsa, { Mechanism: CKM.SHA256_RSA_PKCS_PSS,
    RSAPSSParameter: { HashMech: CKM.SHA256, Mgf: 'CkgMgf1Sha256', SaltByteCount: 32 } }, 'sha256',
  { padding: crypto.constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }],
  'ECDSA P-256': () => [ec, { Mechanism: CKM.ECDSA_SHA256 }, 'sha256', { dsaEncoding: 'ieee-p1363' }],
};

for (const [name, parts] of Object.entries(pairs)) {
  test(`${name}: signed here, verified by another implementation and here`, async () => {
    const [pair, Mech, hash, how] = parts();
    const { Signature } = await hsm.SignSingle({ PrivKey: pair.PrivKey, Mech, Data: text });
    const key = crypto.createPublicKey({ key: spkiOf(pair.PubKeyBytes), format: 'der', type: 'spki' });
    assert.ok(crypto.verify(hash, text, { key, ...how }, Signature));
    await hsm.VerifySingle({ PubKey: pair.PubKey, Mech, Data: text, Signature });
    await hsm.VerifySingle({ PubKeyV1: pair.PubKeyBytes, Mech, Data: text, Signature });
    await hsm.VerifySingle({ PubKeyV1: spkiOf(pair.PubKeyBytes), Mech, Data: text, Signature });
    Signature[0] = 255;
    await fails(hsm.VerifySingle({ PubKey: pair.PubKey, Mech, Data: text, Signature }), CKR.SIGNATURE_INVALID);
    await fails(hsm.VerifySingle({ PubKey: pair.PubKey, Mech, Data: text, Signature: Signature.subarray(1) }),
      CKR.SIGNATURE_LEN_RANGE);
  });

  test(`${name}: in parts`, async () => {
    const [pair, Mech] = parts();
    let { State } = await hsm.SignInit({ Mech, PrivKeyV1: pair.PrivKeyBytes });
    ({ State } = await hsm.SignUpdate({ State, Data: text.subarray(0, 8) }));
    ({ State } = await hsm.SignUpdate({ State, Data: text.subarray(8) }));
    const { Signature } = await hsm.SignFinal({ State });
    ({ State } = await hsm.VerifyInit({ Mech, PubKey: pair.PubKey }));
    ({ State } = await hsm.VerifyUpdate({ State, Data: text }));
    await hsm.VerifyFinal({ State, Signature });
    Signature[3] ^= 4;
    await fails(hsm.VerifyFinal({ State, Signature }), CKR.SIGNATURE_INVALID);
  });
}

test('raw ECDSA takes data of any length', async () => {
  for (const length of [28, 32, 64]) {
    const Data = crypto.randomBytes(length);
    const Mech = { Mechanism: CKM.ECDSA };
    const { State } = await hsm.SignInit({ Mech, PrivKey: ec.PrivKey });
    const { Signature } = await hsm.Sign({ State, Data });
    assert.strictEqual(Signature.length, 64);
    await hsm.VerifySingle({ PubKey: ec.PubKey, Mech, Data, Signature });
  }
});

test('Ed25519 in IBM\'s form: 32 raw bytes in the SPKI, signatures that others verify', async () => {
  const pair = await hsm.GenerateKeyPair({ Mech: { Mechanism: CKM.EC_KEY_PAIR_GEN },
    PubKeyTemplate: { [CKA.EC_PARAMS]: bytes(ED25519), [CKA.VERIFY]: flag(true) },
    PrivKeyTemplate: { [CKA.SIGN]: flag(true), [CKA.EXTRACTABLE]: flag(false) } });
  const Mech = { Mechanism: CKM.IBM_ED25519_SHA512 };
  const { Signature } = await hsm.SignSingle({ PrivKey: pair.PrivKey, Mech, Data: text });
  const raw = spkiOf(pair.PubKeyBytes).subarray(-32);
  const key = crypto.createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: raw.toString('base64url') }, format: 'jwk' });
  assert.ok(crypto.verify(null, text, key, Signature));
  await hsm.VerifySingle({ PubKey: pair.PubKey, Mech, Data: text, Signature });
});

test('an AES key and a generic secret make HMACs, in one call and in parts', async () => {
  const Mech = { Mechanism: CKM.SHA256_HMAC };
  const generic = await hsm.GenerateKey({ Mech: { Mechanism: CKM.GENERIC_SECRET_KEY_GEN }, Template: { [CKA.VALUE_LEN]: int(16) } });
  for (const key of [aes, generic]) {
    const { Signature } = await hsm.SignSingle({ PrivKey: key.Key, Mech, Data: text });
    let { State } = await hsm.SignInit({ Mech, PrivKey: key.Key });
    ({ State } = await hsm.SignUpdate({ State, Data: text.subarray(0, 8) }));
    ({ State } = await hsm.SignUpdate({ State, Data: text.subarray(8) }));
    assert.deepStrictEqual((await hsm.SignFinal({ State })).Signature, Signature);
    await hsm.VerifySingle({ PubKey: key.Key, Mech, Data: text, Signature });
  }
});

test('RSA OAEP and PKCS #1: encrypted by another implementation, decrypted here', async () => {
  const key = crypto.createPublicKey({ key: spkiOf(rsa.PubKeyBytes), format: 'der', type: 'spki' });
  const oaep = { Mechanism: CKM.RSA_PKCS_OAEP, RSAOAEPParameter: { HashMech: CKM.SHA256, Mgf: 'CkgMgf1Sha256' } };
  const byOaep = crypto.publicEncrypt({ key, padding: crypto.constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }, text);
  assert.deepStrictEqual((await hsm.DecryptSingle({ Key: rsa.PrivKey, Mech: oaep, Ciphered: byOaep })).Plain, text);
  const pkcs = { Mechanism: CKM.RSA_PKCS };
  const byPkcs = crypto.publicEncrypt({ key, padding: crypto.constants.RSA_PKCS1_PADDING }, text);
  assert.deepStrictEqual((await hsm.DecryptSingle({ Key: rsa.PrivKey, Mech: pkcs, Ciphered: byPkcs })).Plain, text);
  byOaep[9] ^= 1;
  await fails(hsm.DecryptSingle({ Key: rsa.PrivKey, Mech: oaep, Ciphered: byOaep }), CKR.ENCRYPTED_DATA_INVALID);
});

test('a key wrapped with RSA comes back with the same check sum', async () => {
  const Mech = { Mechanism: CKM.RSA_PKCS };
  const key = await hsm.GenerateKey({ Mech: { Mechanism: CKM.AES_KEY_GEN },
    Template: { [CKA.VALUE_LEN]: int(16), [CKA.EXTRACTABLE]: flag(true) } });
  const { Wrapped } = await hsm.WrapKey({ Mech, Key: key.Key, KeK: rsa.PubKey });
  const back = await hsm.UnwrapKey({ Mech, Wrapped, KeK: rsa.PrivKey,
    Template: { [CKA.CLASS]: int(4), [CKA.KEY_TYPE]: int(0x1f), [CKA.VALUE_LEN]: int(16) } });
  assert.deepStrictEqual(back.CheckSum, key.CheckSum);
});

// ---- hostile ----

test('a message over 64 MB is refused, and the connection goes on', async () => {
  await fails(hsm.DigestSingle({ Mech: { Mechanism: CKM.SHA256 }, Data: Buffer.alloc(65 << 20) }),
    CKR.IBM_TRANSPORT_LIMIT, grpc.status.RESOURCE_EXHAUSTED);
  assert.strictEqual((await hsm.GenerateRandom({ Len: 8 })).Rnd.length, 8);
});

// ---- Login ----

test('keys made after Login are bound to the password of the keystore', async () => {
  const id = crypto.randomBytes(16);
  const [token, soToken] = await Promise.all([tokenOf('user'), tokenOf('so')]);
  const so = connect(soToken, Keystore);
  await so.CreateKeystore({ Keystore: { Id: id }, Password: Buffer.from('pass1234') });
  const Storeid = Buffer.from(id.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'));
  await fails(hsm.Login({ Storeid, Pin: Buffer.from('pass1235') }), CKR.PIN_INCORRECT);
  const { Pinblob } = await hsm.Login({ Storeid, Pin: Buffer.from('pass1234') });
  const inSession = connect(token, undefined, undefined, Pinblob);
  const Mech = { Mechanism: CKM.AES_ECB };
  const { Key } = await inSession.GenerateKey({ Mech: { Mechanism: CKM.AES_KEY_GEN },
    Template: { [CKA.VALUE_LEN]: int(16), [CKA.ENCRYPT]: flag(true) } });
  await inSession.EncryptSingle({ Key, Mech, Plain: text });
  await fails(hsm.EncryptSingle({ Key, Mech, Plain: text }), CKR.SESSION_HANDLE_INVALID);
  await fails(connect(soToken, undefined, undefined, Pinblob).EncryptSingle({ Key, Mech, Plain: text }),
    CKR.SESSION_HANDLE_INVALID); // another caller's
  await inSession.Logout({});
  await so.DeleteKeystore({ Id: id });
});

test('a message of 60 MB is served', async () => {
  const Data = Buffer.alloc(60 << 20, 1);
  const { Digest } = await hsm.DigestSingle({ Mech: { Mechanism: CKM.SHA256 }, Data });
  assert.deepStrictEqual(Digest, crypto.createHash('sha256').update(Data).digest());
});

test('100 calls at once on one connection', async () => {
  const answers = await Promise.all(Array.from({ length: 100 }, () =>
    hsm.SignSingle({ PrivKey: ec.PrivKey, Mech: { Mechanism: CKM.ECDSA_SHA256 }, Data: text })));
  assert.strictEqual(new Set(answers.map((answer) => answer.Signature.toString('hex'))).size, 100);
});

test('a deadline that has passed ends the call', async () => {
  await assert.rejects(hsm.GenerateKeyPair({ Mech: { Mechanism: CKM.RSA_PKCS_KEY_PAIR_GEN },
    PubKeyTemplate: { [CKA.MODULUS_BITS]: int(4096), [CKA.PUBLIC_EXPONENT]: int(65537) } },
  { deadline: Date.now() + 5 }), (error) => error.code === grpc.status.DEADLINE_EXCEEDED);
});

const prepare = async () => {
  hsm = connect(await tokenOf('user'));
  aes = await hsm.GenerateKey({ Mech: { Mechanism: CKM.AES_KEY_GEN }, Template: {
    [CKA.VALUE_LEN]: int(32), [CKA.WRAP]: flag(false), [CKA.UNWRAP]: flag(false), [CKA.ENCRYPT]: flag(true),
    [CKA.DECRYPT]: flag(true), [CKA.EXTRACTABLE]: flag(false), [CKA.TOKEN]: flag(true) } });
  rsa = await hsm.GenerateKeyPair({ Mech: { Mechanism: CKM.RSA_PKCS_KEY_PAIR_GEN },
    PubKeyTemplate: { [CKA.MODULUS_BITS]: int(2048), [CKA.PUBLIC_EXPONENT]: int(17), [CKA.ENCRYPT]: flag(true),
      [CKA.VERIFY]: flag(true), [CKA.WRAP]: flag(true), [CKA.EXTRACTABLE]: flag(false) },
    PrivKeyTemplate: { [CKA.SIGN]: flag(true), [CKA.DECRYPT]: flag(true), [CKA.UNWRAP]: flag(true), [CKA.SENSITIVE]: flag(true) } });
  ec = await hsm.GenerateKeyPair({ Mech: { Mechanism: CKM.EC_KEY_PAIR_GEN },
    PubKeyTemplate: { [CKA.EC_PARAMS]: bytes(P256), [CKA.VERIFY]: flag(true) },
    PrivKeyTemplate: { [CKA.SIGN]: flag(true), [CKA.EXTRACTABLE]: flag(true) } });
};

prepare().then(runAll, (error) => {
  console.log(`Bail out! ${error}`);
  process.exit(1);
});
