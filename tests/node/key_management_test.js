// SPDX-License-Identifier: Apache-2.0
// Keys and values that go in and out of quantokid, each form beside Node's own cryptography: wrapping and unwrapping,
// bound keys, public keys, re-encryption, domain parameters.
'use strict';

const assert = require('assert');
const crypto = require('crypto');
const { start, test } = require('./tap');
const { connect, tokenOf } = require('./client');
const { applicationOf, attributeOf, mech, no, privateKind, secretKind, withIv, yes } = require('./application');
const { CKA, CKK, CKM, CKO, CKR, bytes, curves, element, fails, int, pointOf, spkiOf } = require('./vocabulary');

let hsm;
let app;
const made = {};
const once = (name, make) => async () => (made[name] ||= await make());
const spkiText = (key) => key.export({ format: 'der', type: 'spki' });
const pkcs8Text = (key) => key.export({ format: 'der', type: 'pkcs8' });
const publicKey = (blob) => crypto.createPublicKey({ key: spkiOf(blob), format: 'der', type: 'spki' });
const extractable = { [CKA.EXTRACTABLE]: yes };

// A pair of Node's: the private half wraps and unwraps here, the public half there, and the other way round.
const theirs = crypto.generateKeyPairSync('rsa', { modulusLength: 2048 });
const theirPublic = once('public', async () => (await app.importPublic(spkiText(theirs.publicKey), { [CKA.WRAP]: yes, [CKA.ENCRYPT]: yes })).Unwrapped);
const theirPrivate = once('private', async () => (await app.importKey(pkcs8Text(theirs.privateKey),
  { ...privateKind(CKK.RSA), [CKA.UNWRAP]: yes, [CKA.DECRYPT]: yes })).Unwrapped);
// A symmetric key that both have.
const known = { [CKK.AES]: crypto.randomBytes(32), [CKK.DES3]: Buffer.from('0123456789abcdef23456789abcdef01456789abcdef0123', 'hex') };
const knownKey = (type) => once(`known ${type}`, async () => (await app.importKey(known[type], { ...secretKind(type), [CKA.ENCRYPT]: yes,
  [CKA.DECRYPT]: yes, [CKA.WRAP]: yes, [CKA.UNWRAP]: yes })).Unwrapped)();

const iv = (len) => Buffer.alloc(len, 0x1b);
const withFixedIv = (Mechanism, len) => mech(Mechanism, { ParameterB: iv(len) });
// Each symmetric form: mechanism, cipher of Node, its block, whether it pads.
const ciphers = {
  AES_ECB: [mech(CKM.AES_ECB), 'aes-256-ecb', CKK.AES, 16, false],
  AES_CBC: [withFixedIv(CKM.AES_CBC, 16), 'aes-256-cbc', CKK.AES, 16, false],
  AES_CBC_PAD: [withFixedIv(CKM.AES_CBC_PAD, 16), 'aes-256-cbc', CKK.AES, 16, true],
  DES3_ECB: [mech(CKM.DES3_ECB), 'des-ede3', CKK.DES3, 8, false],
  DES3_CBC: [withFixedIv(CKM.DES3_CBC, 8), 'des-ede3-cbc', CKK.DES3, 8, false],
  DES3_CBC_PAD: [withFixedIv(CKM.DES3_CBC_PAD, 8), 'des-ede3-cbc', CKK.DES3, 8, true],
};
const software = (how, [, cipher, type, block, pads], data) => {
  const it = crypto[how](cipher, known[type], cipher.endsWith('3') || cipher.endsWith('ecb') ? null : iv(block)).setAutoPadding(pads);
  return Buffer.concat([it.update(data), it.final()]);
};
const hashes = { SHA_1: ['sha1', 'Sha1'], SHA224: ['sha224', 'Sha224'], SHA256: ['sha256', 'Sha256'], SHA384: ['sha384', 'Sha384'], SHA512: ['sha512', 'Sha512'] };
const oaep = (hash, more = {}) => mech(CKM.RSA_PKCS_OAEP, { RSAOAEPParameter: { HashMech: CKM[hash], Mgf: `CkgMgf1${hashes[hash][1]}`, ...more } });
const rsaForms = { RSA_PKCS: [mech(CKM.RSA_PKCS), { padding: crypto.constants.RSA_PKCS1_PADDING }] };
for (const [hash, [name]] of Object.entries(hashes)) rsaForms[`RSA_PKCS_OAEP with ${hash}`] = [oaep(hash), { oaepHash: name }];
rsaForms['RSA_PKCS_OAEP with a label'] = [oaep('SHA256', { EncodingParmType: 'CkzDataSpecifiied', EncodingParm: Buffer.from('label') }),
  { oaepHash: 'sha256', oaepLabel: Buffer.from('label') }];

const secrets = {
  'AES-128': [CKK.AES, 16], 'AES-192': [CKK.AES, 24], 'AES-256': [CKK.AES, 32], DES2: [CKK.DES2, 16], DES3: [CKK.DES3, 24],
  'a generic secret': [CKK.GENERIC_SECRET, 40],
};
const withParity = (value) => Buffer.from(value.map((byte) => {
  const ones = (byte & 0xfe).toString(2).replace(/0/g, '').length;
  return (byte & 0xfe) | (ones % 2 ? 0 : 1);
}));
const valueOf = (type, len) => (type === CKK.DES2 || type === CKK.DES3 ? withParity(crypto.randomBytes(len)) : crypto.randomBytes(len));

// ---- secret keys ----

for (const [name, row] of Object.entries(ciphers))
  test(`CKM_${name}: wrapping is encryption of the value, in both generations of the protocol`, async () => {
    const [Mech, , kekType, block, pads] = row;
    const KeK = await knownKey(kekType);
    for (const [kind, [type, len]] of Object.entries(secrets)) {
      const value = valueOf(type, len);
      const filled = pads || len % block === 0 ? value : Buffer.concat([value, Buffer.alloc(block - (len % block))]);
      const Wrapped = software('createCipheriv', row, filled);
      const Template = { ...secretKind(type), [CKA.VALUE_LEN]: int(len), ...extractable };
      const key = await hsm.UnwrapKey({ Wrapped, KeK, Mech, Template });
      assert.deepStrictEqual((await hsm.WrapKey({ Mech, Key: key.Unwrapped, KeK })).Wrapped, Wrapped, kind);
      const v1 = { Mech, KeyV1: key.UnwrappedBytes, KeKV1: KeK.KeyBlobs[0] };
      assert.deepStrictEqual((await hsm.WrapKey(v1)).Wrapped, Wrapped, kind);
      const again = await hsm.UnwrapKey({ Wrapped, KeKV1: KeK.KeyBlobs[0], Mech, Template });
      assert.deepStrictEqual(again.CheckSum, key.CheckSum, kind);
      assert.strictEqual(key.CheckSum.readUInt32BE(3), 8 * len, kind);
    }
  });

for (const [name, [Mech, how]] of Object.entries(rsaForms))
  test(`CKM_${name}: what is wrapped here opens there, and the other way round`, async () => {
    const [open, own] = [await theirPublic(), await theirPrivate()];
    for (const [type, len] of Object.values(secrets)) {
      const value = valueOf(type, len);
      const { Unwrapped } = await app.importKey(value, { ...secretKind(type), ...extractable });
      const { Wrapped } = await hsm.WrapKey({ Mech, Key: Unwrapped, KeK: open });
      if (how.oaepHash) assert.deepStrictEqual(crypto.privateDecrypt({ key: theirs.privateKey, ...how }, Wrapped), value);
      const back = await hsm.UnwrapKey({ Mech, KeK: own, Template: { ...secretKind(type), ...extractable },
        Wrapped: crypto.publicEncrypt({ key: theirs.publicKey, ...how }, value) });
      assert.deepStrictEqual(await app.exportKey(back.Unwrapped), value);
      assert.deepStrictEqual((await hsm.UnwrapKey({ Mech, KeK: own, Template: secretKind(type), Wrapped })).CheckSum, back.CheckSum);
    }
  });

test('an unwrapped key is extractable by default, and has no good history', async () => {
  const { Unwrapped } = await app.importKey(crypto.randomBytes(16), secretKind(CKK.AES));
  for (const [name, value] of [['EXTRACTABLE', true], ['ALWAYS_SENSITIVE', false], ['NEVER_EXTRACTABLE', false], ['LOCAL', false]])
    assert.strictEqual(attributeOf(Unwrapped, CKA[name]).AttributeTF, value, name);
});

test('DES keys with bad parity come in, and leave with good parity', async () => {
  const value = Buffer.alloc(24, 0x10).map((byte, i) => byte + 2 * i);
  const { Unwrapped } = await app.importKey(value, { ...secretKind(CKK.DES3), ...extractable });
  assert.deepStrictEqual(await app.exportKey(Unwrapped), withParity(value));
});

// ---- private keys ----

const pairs = {
  RSA: [CKK.RSA, 'rsa', { modulusLength: 2048 }], 'EC P-256': [CKK.EC, 'ec', { namedCurve: 'P-256' }],
  'EC P-521': [CKK.EC, 'ec', { namedCurve: 'P-521' }], 'EC secp256k1': [CKK.EC, 'ec', { namedCurve: 'secp256k1' }],
  'EC brainpoolP256r1': [CKK.EC, 'ec', { namedCurve: 'brainpoolP256r1' }], DSA: [CKK.DSA, 'dsa', { modulusLength: 1024, divisorLength: 160 }],
};
for (const [name, [type, kind, options]] of Object.entries(pairs))
  for (const form of ['AES_CBC_PAD', 'DES3_CBC_PAD'])
    test(`a private ${name} key comes in as PKCS #8 by CKM_${form}, its checksum is the public key, and it leaves as PKCS #8`, async () => {
      const row = ciphers[form];
      const KeK = await knownKey(row[2]);
      const pair = crypto.generateKeyPairSync(kind, options);
      const Template = { ...privateKind(type), [CKA.SIGN]: yes, ...extractable };
      const Wrapped = software('createCipheriv', row, pkcs8Text(pair.privateKey));
      const key = await hsm.UnwrapKey({ Wrapped, KeK, Mech: row[0], Template });
      assert.deepStrictEqual(spkiOf(key.CheckSum), spkiText(pair.publicKey));
      const out = software('createDecipheriv', row, (await hsm.WrapKey({ Mech: row[0], Key: key.Unwrapped, KeK })).Wrapped);
      const back = crypto.createPrivateKey({ key: out, format: 'der', type: 'pkcs8' });
      assert.ok(back.equals(pair.privateKey));
      // The public key in front of the bit count is one with a MAC, so it can be used as it is.
      const Mech = mech(kind === 'rsa' ? CKM.SHA256_RSA_PKCS : kind === 'dsa' ? CKM.DSA_SHA1 : CKM.ECDSA_SHA256);
      const Data = Buffer.from('signed by an imported key');
      const { Signature } = await hsm.SignSingle({ PrivKey: key.Unwrapped, Mech, Data });
      await hsm.VerifySingle({ PubKeyV1: key.CheckSum.subarray(0, -4), Mech, Data, Signature });
      const details = pair.publicKey.asymmetricKeyDetails;
      assert.strictEqual(key.CheckSum.readUInt32BE(key.CheckSum.length - 4),
        details.modulusLength || { 'P-521': 521 }[options.namedCurve] || 256);
    });

test('a private EC key without its public part gets one', async () => {
  const pair = crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const d = Buffer.from(pair.privateKey.export({ format: 'jwk' }).d, 'base64url');
  const sequence = (...parts) => Buffer.concat([Buffer.from([0x30, Buffer.concat(parts).length]), ...parts]);
  const inner = sequence(Buffer.from([2, 1, 1]), Buffer.from([4, 32]), d); // RFC 5915, with the optional parts left out
  const algorithm = sequence(Buffer.from('06072a8648ce3d0201', 'hex'), curves['P-256']);
  const der = sequence(Buffer.from([2, 1, 0]), algorithm, Buffer.from([4, inner.length]), inner);
  const key = await app.importKey(der, { ...privateKind(CKK.EC), [CKA.SIGN]: yes, ...extractable });
  assert.deepStrictEqual(spkiOf(key.CheckSum), spkiText(pair.publicKey));
  assert.ok((await app.exportKey(key.Unwrapped)).includes(pointOf(spkiText(pair.publicKey))));
});

for (const curve of ['Ed25519', 'Ed448', 'X25519', 'X448'])
  test(`a private ${curve} key leaves and comes back as the same`, async () => {
    const { PrivKey, PubKeyBytes } = await app.ecPair(curve, {}, { ...extractable, [curve[0] === 'E' ? CKA.SIGN : CKA.DERIVE]: yes });
    const back = await app.importKey(await app.exportKey(PrivKey), privateKind(CKK.EC));
    assert.deepStrictEqual(spkiOf(back.CheckSum), spkiOf(PubKeyBytes));
  });

for (const [name, mechanism, type, oid] of [['Dilithium', CKM.IBM_DILITHIUM, CKK.IBM_DILITHIUM, '060b2b0601040102820b010605'],
  ['Kyber', CKM.IBM_KYBER, CKK.IBM_KYBER, '060b2b0601040102820b050404']])
  test(`a private ${name} key leaves and comes back as the same`, async () => {
    const { PrivKey, PubKeyBytes } = await app.pair(mechanism, { [CKA.IBM_PQC_PARAMS]: bytes(Buffer.from(oid, 'hex')) }, extractable);
    const back = await app.importKey(await app.exportKey(PrivKey), privateKind(type));
    assert.deepStrictEqual(spkiOf(back.CheckSum), spkiOf(PubKeyBytes));
  });

// ---- refusals ----

test('wrapping is refused where keys or attributes do not allow it', async () => {
  const Mech = withIv(CKM.AES_CBC_PAD);
  const KeK = await knownKey(CKK.AES);
  const aes = async (more) => (await app.secret(CKM.AES_KEY_GEN, { [CKA.VALUE_LEN]: int(16), ...more })).Key;
  const free = await aes(extractable);
  await fails(hsm.WrapKey({ Mech, KeK, Key: await aes({ [CKA.EXTRACTABLE]: no }) }), CKR.KEY_UNEXTRACTABLE);
  await fails(hsm.WrapKey({ Mech, KeK, Key: await aes({ ...extractable, [CKA.WRAP_WITH_TRUSTED]: yes }) }), CKR.KEY_NOT_WRAPPABLE);
  await fails(hsm.WrapKey({ Mech, KeK, Key: await aes({ ...extractable, [CKA.IBM_ATTRBOUND]: yes }) }), CKR.KEY_NOT_WRAPPABLE);
  await fails(hsm.WrapKey({ Mech, Key: free, KeK: await aes({ [CKA.WRAP]: no }) }), CKR.KEY_FUNCTION_NOT_PERMITTED);
  await fails(hsm.WrapKey({ Mech: mech(CKM.RSA_PKCS), Key: free, KeK }), CKR.WRAPPING_KEY_TYPE_INCONSISTENT);
  await fails(hsm.WrapKey({ Mech: mech(CKM.SHA256), Key: free, KeK }), CKR.MECHANISM_INVALID);
  await fails(hsm.WrapKey({ Mech: mech(CKM.AES_CBC), Key: free, KeK }), CKR.MECHANISM_PARAM_INVALID);
  await fails(hsm.WrapKey({ Mech, Key: free }), CKR.ARGUMENTS_BAD);
  const big = (await app.secret(CKM.GENERIC_SECRET_KEY_GEN, { [CKA.VALUE_LEN]: int(250), ...extractable })).Key;
  await fails(hsm.WrapKey({ Mech: mech(CKM.RSA_PKCS), Key: big, KeK: await theirPublic() }), CKR.KEY_SIZE_RANGE);
  const { PrivKey } = await app.ecPair('P-256', {}, extractable);
  await fails(hsm.WrapKey({ Mech: mech(CKM.RSA_PKCS), Key: PrivKey, KeK: await theirPublic() }), CKR.KEY_NOT_WRAPPABLE);
});

test('unwrapping is refused where bytes, keys or templates do not fit', async () => {
  const Template = secretKind(CKK.AES);
  const KeK = await knownKey(CKK.AES);
  const Mech = ciphers.AES_CBC_PAD[0];
  const Wrapped = software('createCipheriv', ciphers.AES_CBC_PAD, crypto.randomBytes(16));
  const { Key } = await app.secret(CKM.AES_KEY_GEN, { [CKA.VALUE_LEN]: int(16), [CKA.UNWRAP]: no });
  await fails(hsm.UnwrapKey({ Wrapped, KeK: Key, Mech, Template }), CKR.KEY_FUNCTION_NOT_PERMITTED);
  await fails(hsm.UnwrapKey({ Wrapped: Wrapped.subarray(1), KeK, Mech, Template }), CKR.WRAPPED_KEY_LEN_RANGE);
  await fails(hsm.UnwrapKey({ Wrapped: crypto.randomBytes(256), KeK: await theirPrivate(), Mech: oaep('SHA256'), Template }), CKR.WRAPPED_KEY_INVALID);
  await fails(hsm.UnwrapKey({ Wrapped: Buffer.alloc(48, 1), KeK, Mech, Template: privateKind(CKK.EC) }), CKR.WRAPPED_KEY_INVALID);
  await fails(hsm.UnwrapKey({ Wrapped, KeK, Mech, Template: { [CKA.CLASS]: int(CKO.SECRET_KEY) } }), CKR.TEMPLATE_INCOMPLETE);
  await fails(hsm.UnwrapKey({ Wrapped, KeK, Mech, Template: { ...Template, [CKA.CLASS]: int(CKO.PRIVATE_KEY) } }), CKR.TEMPLATE_INCONSISTENT);
  await fails(hsm.UnwrapKey({ Wrapped, KeK, Mech: mech(CKM.RSA_PKCS), Template }), CKR.UNWRAPPING_KEY_TYPE_INCONSISTENT);
  const pkcs8 = pkcs8Text(crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey);
  await fails(app.importKey(Buffer.concat([pkcs8, Buffer.from([0])]), privateKind(CKK.EC)), CKR.WRAPPED_KEY_INVALID);
  await fails(app.importKey(pkcs8, privateKind(CKK.RSA)), CKR.WRAPPED_KEY_INVALID);
});

// ---- bound keys, as FORMATS.md describes them ----

const counted = (part) => {
  const len = Buffer.alloc(4);
  len.writeUInt32BE(part.length);
  return Buffer.concat([len, part]);
};
// Head, content, and whether the MAC is right.
const openBound = (Wrapped, unwrapHead, macKey) => {
  const len = Wrapped.readUInt32BE(4);
  const [head, mac] = [Wrapped.subarray(0, 8 + len), Wrapped.subarray(-32)];
  const decipher = crypto.createDecipheriv('aes-256-gcm', unwrapHead(head.subarray(8)), Buffer.alloc(12));
  decipher.setAAD(head).setAuthTag(Wrapped.subarray(-48, -32));
  assert.strictEqual(head.subarray(0, 4).toString('latin1'), 'QKA\x01');
  assert.deepStrictEqual(mac, crypto.createHmac('sha256', macKey).update(Wrapped.subarray(0, -32)).digest());
  return Buffer.concat([decipher.update(Wrapped.subarray(8 + len, -48)), decipher.final()]);
};
const makeBound = (content, wrapHead, macKey) => {
  const temporary = crypto.randomBytes(32);
  const head = Buffer.concat([Buffer.from('QKA\x01', 'latin1'), counted(wrapHead(temporary))]);
  const cipher = crypto.createCipheriv('aes-256-gcm', temporary, Buffer.alloc(12)).setAAD(head);
  const body = Buffer.concat([head, cipher.update(content), cipher.final(), cipher.getAuthTag()]);
  return Buffer.concat([body, crypto.createHmac('sha256', macKey).update(body).digest()]);
};
const attributesOf = (...rows) => {
  const count = Buffer.alloc(2);
  count.writeUInt16BE(rows.length);
  return Buffer.concat([count, ...rows.map(([type, value]) => {
    const head = Buffer.alloc(9);
    const number = Buffer.alloc(8);
    head.writeBigUInt64BE(BigInt(type));
    head[8] = typeof value === 'boolean' ? 1 : 2;
    if (typeof value !== 'boolean') number.writeBigUInt64BE(BigInt(value));
    return Buffer.concat([head, counted(typeof value === 'boolean' ? Buffer.from([value ? 1 : 0]) : number)]);
  })]);
};
const bound = { [CKA.IBM_ATTRBOUND]: yes };
const boundMech = mech(CKM.IBM_ATTRIBUTEBOUND_WRAP);
const macValue = crypto.randomBytes(32);
const macKey = once('mac', async () => (await app.importKey(macValue, { ...secretKind(CKK.GENERIC_SECRET), [CKA.SIGN]: yes, [CKA.VERIFY]: yes, ...bound })).Unwrapped);
const kwp = 'id-aes256-wrap-pad';
const kwpIv = Buffer.from('a65959a6', 'hex');
const boundWays = {
  RSA: async () => ({
    open: (await app.importPublic(spkiText(theirs.publicKey), { [CKA.WRAP]: yes, ...bound })).Unwrapped,
    own: (await app.importKey(pkcs8Text(theirs.privateKey), { ...privateKind(CKK.RSA), [CKA.UNWRAP]: yes, ...bound })).Unwrapped,
    unwrap: (head) => crypto.privateDecrypt({ key: theirs.privateKey, oaepHash: 'sha256' }, head),
    wrap: (key) => crypto.publicEncrypt({ key: theirs.publicKey, oaepHash: 'sha256' }, key),
  }),
  AES: async () => {
    const value = crypto.randomBytes(32);
    const key = (await app.importKey(value, { ...secretKind(CKK.AES), [CKA.WRAP]: yes, [CKA.UNWRAP]: yes, ...bound })).Unwrapped;
    const run = (how, data) => {
      const it = crypto[how](kwp, value, kwpIv);
      return Buffer.concat([it.update(data), it.final()]);
    };
    return { open: key, own: key, unwrap: (head) => run('createDecipheriv', head), wrap: (one) => run('createCipheriv', one) };
  },
};
for (const [name, prepare] of Object.entries(boundWays)) {
  test(`bound keys under ${name}: others read what is written here`, async () => {
    const { open, unwrap } = await prepare();
    const key = await app.secret(CKM.AES_KEY_GEN, { [CKA.VALUE_LEN]: int(32), [CKA.ENCRYPT]: yes, ...extractable, ...bound });
    const { Wrapped } = await hsm.WrapKey({ Mech: boundMech, Key: key.Key, KeK: open, MacKey: await macKey() });
    const content = openBound(Wrapped, unwrap, macValue);
    const attributes = content.subarray(5, 5 + content.readUInt32BE(1));
    const value = content.subarray(5 + attributes.length + 4);
    assert.strictEqual(content[0], 1);
    assert.strictEqual(content.readUInt32BE(5 + attributes.length), 32);
    const kcv = crypto.createCipheriv('aes-256-ecb', value, null).update(Buffer.alloc(16)).subarray(0, 3);
    assert.deepStrictEqual(kcv, key.CheckSum.subarray(0, 3));
    assert.ok(attributes.includes(attributesOf([CKA.IBM_ATTRBOUND, true]).subarray(2)));
    assert.ok(attributes.includes(attributesOf([CKA.ENCRYPT, true]).subarray(2)));
  });
  test(`bound keys under ${name}: what others write is read here, with the attributes inside, and the rest refused`, async () => {
    const { own, wrap } = await prepare();
    const MacKey = await macKey();
    const value = crypto.randomBytes(16);
    const rows = [[CKA.CLASS, CKO.SECRET_KEY], [CKA.KEY_TYPE, CKK.AES], [CKA.ENCRYPT, true], [CKA.DECRYPT, false],
      [CKA.EXTRACTABLE, false], [CKA.IBM_ATTRBOUND, true], [CKA.LOCAL, true], [CKA.NEVER_EXTRACTABLE, true]];
    const content = (some) => Buffer.concat([Buffer.from([1]), counted(attributesOf(...some)), counted(value)]);
    const unwrap = (Wrapped, Template = {}) => hsm.UnwrapKey({ Mech: boundMech, Wrapped, KeK: own, MacKey, Template });
    const Wrapped = makeBound(content(rows), wrap, macValue);
    const key = await unwrap(Wrapped, { ...secretKind(CKK.AES), [CKA.DECRYPT]: yes });
    const says = (type) => attributeOf(key.Unwrapped, type).AttributeTF;
    assert.deepStrictEqual([says(CKA.ENCRYPT), says(CKA.DECRYPT), says(CKA.EXTRACTABLE), says(CKA.IBM_ATTRBOUND)], [true, false, false, true]);
    assert.deepStrictEqual([says(CKA.LOCAL), says(CKA.NEVER_EXTRACTABLE)], [false, false]); // whoever has the MAC key knows the value
    const { Ciphered } = await hsm.EncryptSingle({ Key: key.Unwrapped, Mech: mech(CKM.AES_ECB), Plain: Buffer.alloc(16) });
    assert.deepStrictEqual(Ciphered, crypto.createCipheriv('aes-128-ecb', value, null).update(Buffer.alloc(16)));
    await fails(unwrap(makeBound(content(rows.filter(([type]) => type !== CKA.IBM_ATTRBOUND)), wrap, macValue)), CKR.WRAPPED_KEY_INVALID);
    await fails(unwrap(makeBound(content(rows), wrap, crypto.randomBytes(32))), CKR.WRAPPED_KEY_INVALID);
    await fails(unwrap(makeBound(content(rows).subarray(0, -1), wrap, macValue)), CKR.WRAPPED_KEY_INVALID);
    await fails(unwrap(makeBound(Buffer.concat([content(rows), Buffer.from([0])]), wrap, macValue)), CKR.WRAPPED_KEY_INVALID);
    await fails(unwrap(Wrapped.subarray(0, 40)), CKR.WRAPPED_KEY_LEN_RANGE);
  });
}

test('bound keys: each of the three keys must be bound, and what a bound key derives is bound', async () => {
  const { open, own } = await boundWays.AES();
  const MacKey = await macKey();
  const aes = async (more) => (await app.secret(CKM.AES_KEY_GEN, { [CKA.VALUE_LEN]: int(32), ...extractable, ...more })).Key;
  const key = await aes(bound);
  const free = await aes({ [CKA.WRAP]: yes, [CKA.SIGN]: yes });
  const wrap = (parts) => hsm.WrapKey({ Mech: boundMech, Key: key, KeK: open, MacKey, ...parts });
  const { Wrapped } = await wrap({});
  await fails(wrap({ Key: free }), CKR.KEY_NOT_WRAPPABLE);
  await fails(wrap({ KeK: free }), CKR.KEY_NOT_WRAPPABLE);
  await fails(wrap({ MacKey: free }), CKR.KEY_NOT_WRAPPABLE);
  await fails(wrap({ MacKey: undefined }), CKR.ARGUMENTS_BAD);
  await assert.rejects(hsm.UnwrapKey({ Mech: boundMech, Wrapped, KeK: own, MacKey: free, Template: {} }));
  const { PrivKey } = await app.ecPair('P-256', {}, { [CKA.DERIVE]: yes, ...bound });
  const other = await app.ecPair('P-256', {}, { [CKA.DERIVE]: yes });
  const derive = (BaseKey, more) => hsm.DeriveKey({ BaseKey, Mech: mech(CKM.ECDH1_DERIVE, { ParameterB: pointOf(other.PubKeyBytes) }),
    Template: { ...secretKind(CKK.AES), [CKA.VALUE_LEN]: int(16), ...more } });
  assert.strictEqual(attributeOf((await derive(PrivKey)).NewKey, CKA.IBM_ATTRBOUND).AttributeTF, true);
  await fails(derive(other.PrivKey, bound), CKR.TEMPLATE_INCONSISTENT);
});

// ---- re-encryption ----

test('ReencryptSingle: from each cipher to each other, as software sees it', async () => {
  const Data = crypto.randomBytes(48);
  const gcmIv = crypto.randomBytes(12);
  const gcm = mech(CKM.AES_GCM, { GCMParameter: { Iv: gcmIv, TagBits: 128 } });
  const openGcm = (text) => {
    const it = crypto.createDecipheriv('aes-256-gcm', known[CKK.AES], gcmIv).setAuthTag(text.subarray(-16));
    return Buffer.concat([it.update(text.subarray(0, -16)), it.final()]);
  };
  const sealGcm = (text) => {
    const it = crypto.createCipheriv('aes-256-gcm', known[CKK.AES], gcmIv);
    return Buffer.concat([it.update(text), it.final(), it.getAuthTag()]);
  };
  const aes = await knownKey(CKK.AES);
  const forms = Object.values(ciphers).map((row) => ({ Mech: row[0], key: row[2] === CKK.AES ? aes : made[`known ${CKK.DES3}`],
    seal: (text) => software('createCipheriv', row, text), open: (text) => software('createDecipheriv', row, text) }));
  forms.push({ Mech: gcm, key: aes, seal: sealGcm, open: openGcm });
  forms.push({ Mech: oaep('SHA256'), key: await theirPrivate(), enc: await theirPublic(),
    seal: (text) => crypto.publicEncrypt({ key: theirs.publicKey, oaepHash: 'sha256' }, text),
    open: (text) => crypto.privateDecrypt({ key: theirs.privateKey, oaepHash: 'sha256' }, text) });
  for (const from of forms)
    for (const to of forms) {
      const request = { DecMech: from.Mech, EncMech: to.Mech, Ciphered: from.seal(Data) };
      const [dec, enc] = [from.key, to.enc || to.key];
      const { Reciphered } = await hsm.ReencryptSingle({ ...request, DecKey: dec, EncKey: enc });
      assert.deepStrictEqual(to.open(Reciphered), Data);
      const v1 = await hsm.ReencryptSingle({ ...request, DecKeyV1: dec.KeyBlobs[0], EncKeyV1: enc.KeyBlobs[0] });
      assert.deepStrictEqual(to.open(v1.Reciphered), Data);
    }
});

test('ReencryptSingle: refusals', async () => {
  const key = await knownKey(CKK.AES);
  const one = async (more) => (await app.secret(CKM.AES_KEY_GEN, { [CKA.VALUE_LEN]: int(16), ...more })).Key;
  const cbc = ciphers.AES_CBC[0];
  const pad = ciphers.AES_CBC_PAD[0];
  const again = (more) => hsm.ReencryptSingle({ DecKey: key, EncKey: key, DecMech: pad, EncMech: cbc,
    Ciphered: software('createCipheriv', ciphers.AES_CBC_PAD, Buffer.alloc(32)), ...more });
  await again({});
  await fails(again({ DecKey: await one({ [CKA.DECRYPT]: no }) }), CKR.KEY_FUNCTION_NOT_PERMITTED);
  await fails(again({ EncKey: await one({ [CKA.ENCRYPT]: no }) }), CKR.KEY_FUNCTION_NOT_PERMITTED);
  await fails(again({ Ciphered: Buffer.alloc(33) }), CKR.ENCRYPTED_DATA_LEN_RANGE);
  await fails(again({ Ciphered: Buffer.alloc(32) }), CKR.ENCRYPTED_DATA_INVALID);
  await fails(again({ Ciphered: software('createCipheriv', ciphers.AES_CBC_PAD, Buffer.alloc(31)) }), CKR.DATA_LEN_RANGE);
  await fails(again({ DecMech: mech(CKM.AES_CBC) }), CKR.MECHANISM_PARAM_INVALID);
  await fails(again({ EncMech: mech(CKM.SHA256_HMAC) }), CKR.MECHANISM_INVALID);
  await fails(again({ EncMech: mech(CKM.RSA_PKCS) }), CKR.KEY_TYPE_INCONSISTENT);
  await fails(again({ EncMech: mech(CKM.RSA_PKCS), EncKeyV1: spkiText(theirs.publicKey), EncKey: undefined }), CKR.KEY_FUNCTION_NOT_PERMITTED);
  await fails(again({ EncKey: undefined }), CKR.ARGUMENTS_BAD);
});

// ---- domain parameters ----

const integers = (der) => {
  const out = [];
  for (let rest = element(der).content; rest.length; ) {
    const part = element(rest);
    out.push(BigInt(`0x${part.content.toString('hex')}`));
    rest = part.rest;
  }
  return out;
};
const bits = (number) => number.toString(2).length;
const unsigned = (number) => Buffer.from(number.toString(16).padStart(2 * Math.ceil(bits(number) / 8), '0'), 'hex');

test('DSA parameters come in clear and fit together; pairs of them sign for others', async () => {
  const answer = await app.secret(CKM.DSA_PARAMETER_GEN, { [CKA.PRIME_BITS]: int(1024) });
  const [p, q, g] = integers(answer.KeyBytes);
  assert.deepStrictEqual(answer.Key.KeyBlobs[0], answer.KeyBytes);
  assert.strictEqual((answer.CheckSum || '').length, 0);
  assert.deepStrictEqual([bits(p), bits(q), (p - 1n) % q, element(answer.KeyBytes).rest.length], [1024, 160, 0n, 0]);
  assert.ok(crypto.checkPrimeSync(p) && crypto.checkPrimeSync(q) && g > 1n);
  const Structure = { [CKA.IBM_STRUCT_PARAMS]: bytes(answer.KeyBytes) };
  for (const templates of [[Structure, {}], [Structure, Structure]]) { // tolerated on the private half
    const { PrivKey, PubKeyBytes } = await app.pair(CKM.DSA_KEY_PAIR_GEN, ...templates);
    const Data = Buffer.from('to be signed');
    const { Signature } = await hsm.SignSingle({ PrivKey, Mech: mech(CKM.DSA_SHA1), Data });
    assert.ok(crypto.verify('sha1', Data, { key: publicKey(PubKeyBytes), dsaEncoding: 'ieee-p1363' }, Signature));
  }
});

test('DH parameters come in clear; both sides agree, one of them elsewhere', async () => {
  const answer = await app.secret(CKM.DH_PKCS_PARAMETER_GEN, { [CKA.PRIME_BITS]: int(2048) });
  const [p, g] = integers(answer.KeyBytes);
  assert.deepStrictEqual([answer.Key.KeyBlobs[0], bits(p), integers(answer.KeyBytes).length], [answer.KeyBytes, 2048, 2]);
  const { PrivKey, PubKeyBytes } = await app.pair(CKM.DH_PKCS_KEY_PAIR_GEN, { [CKA.IBM_STRUCT_PARAMS]: bytes(answer.KeyBytes) }, { [CKA.DERIVE]: yes });
  const other = crypto.createDiffieHellman(unsigned(p), unsigned(g));
  other.generateKeys();
  const y = element(pointOf(PubKeyBytes)).content;
  const shared = other.computeSecret(y);
  const { NewKey } = await hsm.DeriveKey({ BaseKey: PrivKey, Mech: mech(CKM.DH_PKCS_DERIVE, { ParameterB: other.getPublicKey() }),
    Template: { ...secretKind(CKK.GENERIC_SECRET), [CKA.VALUE_LEN]: int(32), ...extractable } });
  const value = await app.exportKey(NewKey);
  const whole = Buffer.concat([Buffer.alloc(256 - shared.length), shared]);
  assert.ok(whole.subarray(0, 32).equals(value) || whole.subarray(-32).equals(value));
  for (const wrong of [Buffer.from([1]), Buffer.alloc(0), unsigned(p - 1n), unsigned(p), unsigned(p + 5n)])
    await assert.rejects(hsm.DeriveKey({ BaseKey: PrivKey, Mech: mech(CKM.DH_PKCS_DERIVE, { ParameterB: wrong }),
      Template: { ...secretKind(CKK.AES), [CKA.VALUE_LEN]: int(16) } }));
});

test('parameters that nobody has, and structures that are none, are refused', async () => {
  for (const size of [0, 1000, 100000]) {
    await assert.rejects(app.secret(CKM.DSA_PARAMETER_GEN, { [CKA.PRIME_BITS]: int(size) }));
    await assert.rejects(app.secret(CKM.DH_PKCS_PARAMETER_GEN, { [CKA.PRIME_BITS]: int(size) }));
  }
  await assert.rejects(app.secret(CKM.DSA_PARAMETER_GEN, {}));
  const { KeyBytes } = await app.secret(CKM.DH_PKCS_PARAMETER_GEN, { [CKA.PRIME_BITS]: int(2048) });
  const structure = (value) => ({ [CKA.IBM_STRUCT_PARAMS]: bytes(value) });
  for (const wrong of [Buffer.alloc(0), KeyBytes.subarray(0, -1), Buffer.concat([KeyBytes, Buffer.from([0])]), Buffer.from('300602010f020103', 'hex')]) {
    await assert.rejects(app.pair(CKM.DH_PKCS_KEY_PAIR_GEN, structure(wrong)));
    await assert.rejects(app.pair(CKM.DSA_KEY_PAIR_GEN, structure(wrong)));
  }
  await assert.rejects(app.pair(CKM.DSA_KEY_PAIR_GEN, structure(KeyBytes)), 'two numbers are no DSA parameters');
  await assert.rejects(app.pair(CKM.DH_PKCS_KEY_PAIR_GEN, {}));
  const even = Buffer.from(KeyBytes); // the last byte of P, which is 256 bytes long behind two headers and a zero
  even[4 + 5 + 255] ^= 1;
  await assert.rejects(app.pair(CKM.DH_PKCS_KEY_PAIR_GEN, structure(even)), 'an even number is no prime');
});

// ---- RewrapKeyBlob ----

test('RewrapKeyBlob: without a committed new master key both forms are refused, and what is no key has its own error', async () => {
  const WrappedKey = await knownKey(CKK.AES);
  await fails(hsm.RewrapKeyBlob({ WrappedKey }), CKR.IBM_WK_NOT_INITIALIZED);
  await fails(hsm.RewrapKeyBlob({ WrappedKeyBytes: WrappedKey.KeyBlobs[0] }), CKR.IBM_WK_NOT_INITIALIZED);
  await fails(hsm.RewrapKeyBlob({ WrappedKeyBytes: Buffer.from('nothing') }), CKR.IBM_BLOB_ERROR);
  await fails(hsm.RewrapKeyBlob({}), CKR.ARGUMENTS_BAD);
});

start(async () => {
  hsm = connect(await tokenOf('user'));
  app = applicationOf(hsm);
  await knownKey(CKK.AES);
  await knownKey(CKK.DES3);
});
