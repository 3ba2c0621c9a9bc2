// SPDX-License-Identifier: Apache-2.0
// Attacks on who may do what: forged tokens, methods without a right, rights that ended while a request was on its way.
'use strict';

const assert = require('assert');
const crypto = require('crypto');
const https = require('https');
const path = require('path');
const { execFileSync } = require('child_process');
const { start, test } = require('./tap');
const raw = require('./raw');
const { apiKey, ca, connect, detailOf, get, grant, grpc, grpcAddress, Keystore, OurCrypto, post, Crypto, tokenOf } = require('./client');
const { applicationOf, mech, yes } = require('./application');
const { CKA, CKM, CKR, fails, int } = require('./vocabulary');

const instance = process.env.QUANTOKI_INSTANCE;
const quantoki = (...words) => execFileSync(path.join(process.env.QUANTOKI_BUILD, 'src/cli/quantoki'),
  [...words, '--config', path.join(instance, 'quantokid.yaml')], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
const exchange = async (key) => {
  const answer = await post('/identity/token', { 'Content-Type': 'application/x-www-form-urlencoded' }, `grant_type=${grant}&apikey=${key}`);
  return answer.status === 200 ? JSON.parse(answer.text).access_token : assert.fail(answer.text);
};
const newKey = (id, name) => quantoki('iam', 'api-key', 'create', id, name).trim().split('\n').pop();
// A service ID with a role that has these actions, and a token for it.
const serviceId = async (id, actions) => {
  quantoki('iam', 'service-id', 'create', id);
  if (actions) {
    quantoki('iam', 'role', 'create', `Role${id}`, '--actions', actions);
    quantoki('iam', 'policy', 'create', id, '--role', `Role${id}`);
  }
  return exchange(newKey(id, 'first'));
};
const { PERMISSION_DENIED, UNAUTHENTICATED } = grpc.status;
const eventually = async (run) => { // what the command line changed is known within a second
  for (let i = 0; ; i++) {
    try {
      return await run();
    } catch (error) {
      if (i === 60) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
};
// A refused token; after many the server asks to slow down.
const refused = (promise) => promise.then(() => assert.fail('the call succeeded'), (error) => {
  const { Code } = detailOf(error);
  if (error.code === UNAUTHENTICATED) assert.strictEqual(Code, CKR.NOT_AUTHENTICATED);
  else assert.strictEqual(error.code, grpc.status.RESOURCE_EXHAUSTED, error.message);
});
const code = (promise) => promise.then(() => 0, (error) => error.code);
let user;
let userToken;

// ---- rights ----

test('decrypting alone, or encrypting alone, does not re-encrypt', async () => {
  for (const [id, actions] of [['Dec', 'crypto.decrypt,ep11.use'], ['Enc', 'crypto.encrypt,ep11.use'], ['Both', 'crypto.decrypt,crypto.encrypt']])
    await fails(connect(await serviceId(id, actions)).ReencryptSingle({}), CKR.NOT_AUTHENTICATED, PERMISSION_DENIED);
  assert.notStrictEqual(await code(connect(await serviceId('All', 'crypto.decrypt,crypto.encrypt,ep11.use')).ReencryptSingle({})), PERMISSION_DENIED);
});

test('a state is worth nothing to who may not do what it is for', async () => {
  const app = applicationOf(user);
  const { Key } = await app.secret(CKM.AES_KEY_GEN, { [CKA.VALUE_LEN]: int(16), [CKA.SIGN]: yes });
  const { State } = await user.EncryptInit({ Key, Mech: mech(CKM.AES_CBC_PAD, { ParameterB: Buffer.alloc(16) }) });
  const signer = connect(await serviceId('Signer', 'crypto.sign,ep11.use'));
  for (const method of ['EncryptUpdate', 'Encrypt', 'EncryptFinal', 'DecryptUpdate', 'VerifyFinal', 'DigestUpdate'])
    await fails(signer[method]({ State, Plain: Buffer.alloc(16) }), CKR.NOT_AUTHENTICATED, PERMISSION_DENIED);
  // And with a right to another function it is no state of that function.
  await fails(signer.SignUpdate({ State, Data: Buffer.alloc(16) }), CKR.IBM_BLOBKEY_CONFLICT);
  await fails(signer.SignFinal({ State }), CKR.IBM_BLOBKEY_CONFLICT);
});

test('a value in clear needs the right to wrap, too', async () => {
  const app = applicationOf(user);
  const { KeyBytes } = await app.secret(CKM.GENERIC_SECRET_KEY_GEN, { [CKA.VALUE_LEN]: int(16), [CKA.EXTRACTABLE]: yes, [CKA.SENSITIVE]: { AttributeTF: false } });
  const asked = { Object: KeyBytes, AttributesBytes: { [CKA.VALUE]: Buffer.alloc(0) } };
  const reader = connect(await serviceId('Attributes', 'crypto.getattributevalue,ep11.use'));
  await fails(reader.GetAttributeValue(asked), CKR.NOT_AUTHENTICATED, PERMISSION_DENIED);
  assert.ok(Object.values((await user.GetAttributeValue(asked)).AttributesBytes)[0].length === 16);
});

test('only the security officer calls a key trusted, however it is made', async () => {
  const app = applicationOf(user);
  const trusted = { [CKA.TRUSTED]: yes };
  await fails(app.secret(CKM.AES_KEY_GEN, { [CKA.VALUE_LEN]: int(16), ...trusted }), CKR.ATTRIBUTE_READ_ONLY);
  await fails(app.ecPair('P-256', trusted), CKR.ATTRIBUTE_READ_ONLY);
  const { KeyBytes, Key } = await app.secret(CKM.AES_KEY_GEN, { [CKA.VALUE_LEN]: int(16) });
  await fails(user.SetAttributeValue({ Object: KeyBytes, Attributes: trusted }), CKR.ATTRIBUTE_READ_ONLY);
  const ours = connect(await tokenOf('user'), OurCrypto);
  await fails(ours.CopyKey({ Key, Template: trusted }), CKR.ATTRIBUTE_READ_ONLY);
  await fails(ours.ImportKey({ Template: { [CKA.CLASS]: int(4), [CKA.KEY_TYPE]: int(0x1f), [CKA.VALUE]: { AttributeB: Buffer.alloc(16, 1) }, ...trusted } }),
    CKR.ATTRIBUTE_READ_ONLY);
});

// ---- ends ----

// The request's headers come now, its body when `wait` is over. The answer's status.
const slowly = async (token, wait) => {
  const body = raw.message(raw.number(1, 10));
  const headers = { authorization: `Bearer ${token}` };
  let status;
  await raw.withSession(async (session) => {
    const stream = raw.open(session, raw.random, headers);
    const answer = raw.answerOf(stream);
    stream.write(body.subarray(0, 1));
    assert.strictEqual((await raw.call(session, raw.random, body, headers)).status, 0); // the headers before were read, too
    await wait(session);
    stream.end(body.subarray(1));
    ({ status } = await answer);
  });
  return status;
};
const second = 1100; // rights are believed for one
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));
test('a right that ended while the body came has ended, and one that stands does not', async () => {
  const actions = 'crypto.generaterandom,ep11.use';
  const [ending, standing] = [await serviceId('Ending', actions), await serviceId('Standing', actions)];
  const wait = async () => {
    quantoki('iam', 'service-id', 'revoke', 'Ending');
    const since = Date.now();
    await eventually(() => refused(connect(ending).GenerateRandom({ Len: 1 })));
    await sleep(second - (Date.now() - since));
  };
  const stood = slowly(standing, () => sleep(second));
  assert.strictEqual(await slowly(ending, wait), UNAUTHENTICATED);
  assert.strictEqual(await stood, 0);
});

test('client certificates that are asked for from now on are asked for on running connections, too', async () => {
  const authority = path.join(instance, 'authority.pem');
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=authority',
    '-keyout', '/dev/null', '-out', authority], { stdio: 'ignore' });
  const wait = async (session) => {
    const since = Date.now();
    const told = raw.goaway(session);
    quantoki('mtls', 'add', 'some', authority);
    await told;
    await sleep(second - (Date.now() - since));
  };
  try {
    assert.strictEqual(await slowly(userToken, wait), UNAUTHENTICATED);
    await assert.rejects(raw.withSession(raw.serves), 'nobody comes in without a certificate');
  } finally {
    quantoki('mtls', 'remove', 'some');
  }
  await eventually(() => connect(userToken).GenerateRandom({ Len: 1 }));
});

test('several API keys: each ends alone, and takes its tokens along', async () => {
  const first = await serviceId('Many', 'crypto.generaterandom,ep11.use');
  const second = await exchange(newKey('Many', 'second'));
  quantoki('iam', 'api-key', 'revoke', 'Many', 'first');
  await eventually(() => refused(connect(first).GenerateRandom({ Len: 1 })));
  await connect(second).GenerateRandom({ Len: 1 });
  const third = await exchange(newKey('Many', 'first')); // the name is free again; the old token stays dead
  await connect(third).GenerateRandom({ Len: 1 });
  await refused(connect(first).GenerateRandom({ Len: 1 }));
});

// ---- keystores ----

test('a policy for one keystore: every operation on another is refused, in lists of several as well', async () => {
  const so = connect(await tokenOf('so'), Keystore);
  const [mine, other] = [crypto.randomBytes(16), crypto.randomBytes(16)];
  const text = (id) => id.toString('hex').replace(/(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  for (const Id of [mine, other]) await so.CreateKeystore({ Keystore: { Id, Label: 'one' } });
  quantoki('iam', 'service-id', 'create', 'narrow');
  quantoki('iam', 'role', 'create', 'Everything', '--actions', 'keystore.*');
  quantoki('iam', 'policy', 'create', 'narrow', '--role', 'Everything', '--resource-id', text(mine));
  const narrow = connect(await exchange(newKey('narrow', 'k')), Keystore);
  const object = (keystore) => ({ Id: crypto.randomBytes(16), Keystore: keystore, TxID: crypto.randomBytes(16), Version: 0,
    Attributes: { [CKA.CLASS]: int(0), [CKA.LABEL]: { AttributeB: Buffer.from('x') }, [CKA.VALUE]: { AttributeB: Buffer.from('y') } } });
  const denied = (promise) => fails(promise, CKR.NOT_AUTHENTICATED, PERMISSION_DENIED);
  await narrow.StoreObjects({ Objects: [object(mine)] });
  await denied(narrow.StoreObjects({ Objects: [object(other)] }));
  await denied(narrow.StoreObjects({ Objects: [object(mine), object(other)] }));
  await denied(narrow.UpdateObject({ Object: object(other) }));
  await denied(narrow.FindObjects({ Keystores: [other] }));
  await denied(narrow.FindObjects({ Keystores: [mine, other] }));
  await denied(narrow.GetObjects({ Keystore: other, Objects: [{ Id: Buffer.alloc(16) }] }));
  await denied(narrow.DeleteObjects({ Keystore: other, Ids: [Buffer.alloc(16)] }));
  await denied(narrow.ListKeystores({ Ids: [other] }));
  await denied(narrow.ListKeystores({ Ids: [mine, other] }));
  await denied(narrow.ResetKeystores({ Ids: [mine, other], Label: 'x' }));
  await denied(narrow.DeleteKeystore({ Id: other }));
  await denied(narrow.CreateKeystore({ Keystore: { Id: crypto.randomBytes(16), Label: 'x' } }));
  const { Keystores } = await narrow.ListKeystores({});
  assert.deepStrictEqual(Keystores.map((one) => one.Id), [mine]);
  assert.strictEqual((await narrow.FindObjects({ Keystores: [mine] })).Objects.length, 1);
  // An object of one keystore is not in another, whatever a request says.
  const [{ Id }] = (await narrow.FindObjects({ Keystores: [mine] })).Objects;
  const stored = object(other);
  await so.StoreObjects({ Objects: [stored] });
  assert.strictEqual(((await narrow.GetObjects({ Keystore: mine, Objects: [{ Id: stored.Id, Version: -1 }] })).Objects || []).length, 0);
  await assert.rejects(narrow.DeleteObjects({ Keystore: mine, Ids: [stored.Id] }));
  await narrow.DeleteObjects({ Keystore: mine, Ids: [Id] });
  // Rights on keystores are none on cryptography.
  await fails(connect(await exchange(newKey('narrow', 'again'))).GetMechanismList({}), CKR.NOT_AUTHENTICATED, PERMISSION_DENIED);
});

// ---- tokens; refusals count for the address they came from, so those that make many come last ----

test('the header: one token, by its scheme, in any spelling of it', async () => {
  const good = await tokenOf('user');
  const withHeaders = (values) => {
    const metadata = new grpc.Metadata();
    values.forEach((value) => metadata.add('authorization', value));
    return code(new Promise((resolve, reject) => new Crypto(grpcAddress, grpc.credentials.createSsl(ca))
      .GetMechanismList({}, metadata, (error, answer) => (error ? reject(error) : resolve(answer)))));
  };
  assert.strictEqual(await withHeaders([`bearer ${good}`]), 0);
  const bad = [[good], [`Basic ${good}`], [`Bearer${good}`], [`Bearer ${good} x`], [`Bearer ${good},Bearer ${good}`], ['Bearer ', good],
    [`Bearer ${good}`, 'Bearer x'], ['Bearer x', `Bearer ${good}`]];
  for (const status of await Promise.all(bad.map(withHeaders))) assert.notStrictEqual(status, 0);
});

test('a token of the REST API opens no GREP11, and one of GREP11 no REST', async () => {
  const others = [apiKey('entropy'), apiKey('so')]; // an API key is no token
  await Promise.all(others.map((token) => refused(connect(token).GetMechanismList({}))));
  const so = await tokenOf('so');
  const { port } = new URL(`https://${process.env.QUANTOKI_HTTPS}`);
  const ask = (method, where, headers) => new Promise((resolve, reject) => https.request({ host: '127.0.0.1', port, method, path: where, ca, headers },
    (answer) => resolve(answer.resume().statusCode)).on('error', reject).end());
  for (const [method, where] of [['GET', '/api/v1/quantum-entropy?size=1'], ['POST', '/api/v1/sources/kernel/restart']])
    for (const headers of [{}, { Authorization: `Bearer ${so}` }, { 'X-API-KEY': so }, { 'X-API-KEY': apiKey('so') }])
      assert.ok([401, 403].includes(await ask(method, where, headers)), where);
});

test('failed log-ins say nothing of what exists', async () => {
  const good = apiKey('user');
  const keys = [`${good}A`, good.slice(1), good.toLowerCase(), `${good.slice(0, -1)}${good.endsWith('A') ? 'B' : 'A'}`];
  await Promise.all(keys.map(async (key) => {
    const answer = await post('/identity/token', {}, `grant_type=${grant}&apikey=${encodeURIComponent(key)}`);
    assert.strictEqual(answer.status, 400);
    assert.strictEqual(JSON.parse(answer.text).errorCode, 'BXNIM0415E');
  }));
  assert.strictEqual((await get('/identity/token')).status, 405);
});

const base64url = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
test('forged tokens: no algorithm, the public key as secret, keys brought along, other claims', async () => {
  const good = await tokenOf('user');
  const [header, payload, signature] = good.split('.');
  const claims = JSON.parse(Buffer.from(payload, 'base64url'));
  const mine = crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk = mine.publicKey.export({ format: 'jwk' });
  const signed = (head, body, sign) => `${base64url(head)}.${base64url(body)}.${sign(`${base64url(head)}.${base64url(body)}`).toString('base64url')}`;
  const byMe = (text) => crypto.sign('sha256', Buffer.from(text), { key: mine.privateKey, dsaEncoding: 'ieee-p1363' });
  const hmac = (text) => crypto.createHmac('sha256', ca).update(text).digest();
  const so = { ...claims, sub: 'so' };
  const forged = [
    '.', '..', good.slice(0, -1), `${good}A`, `${good}=`, `${good}.`, `.${good}`, `${payload}.${payload}.${signature}`, 'A'.repeat(8000),
    signed({ alg: 'none' }, so, () => Buffer.alloc(0)), signed({ alg: 'none' }, so, () => Buffer.alloc(64)),
    signed({ alg: 'HS256', typ: 'JWT' }, so, hmac), signed({ alg: 'ES256', jwk }, so, byMe), signed({ alg: 'ES256', kid: '../../dev/null' }, so, byMe),
    signed({ alg: 'ES256', jku: 'https://localhost/keys' }, so, byMe), signed({ alg: 'ES256', typ: 'JWT' }, so, byMe),
    signed({ alg: 'ES256', typ: 'JWT' }, so, () => Buffer.alloc(64)), // r and s of zero (CVE-2022-21449)
    signed({ alg: 'ES256', typ: 'JWT' }, so, () => Buffer.from('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551'.repeat(2), 'hex')),
    `${header}.${base64url(so)}.${signature}`, `${header}.${base64url({ ...claims, exp: claims.exp + 86400 })}.${signature}`,
    `${header}.${base64url({ ...claims, iss: 'other' })}.${signature}`, `${base64url({ alg: 'ES256', crit: ['x'], x: 1 })}.${payload}.${signature}`,
    `${header}.${payload}.${crypto.sign('sha256', Buffer.from(`${header}.${payload}`), mine.privateKey).toString('base64url')}`,
  ];
  await Promise.all(forged.map((token) => refused(connect(token).GetMechanismList({}))));
  assert.ok((await connect(good).GetMechanismList({})).Mechs.length);
});

start(async () => {
  userToken = await tokenOf('user');
  raw.useToken(userToken);
  user = connect(userToken);
});
