// SPDX-License-Identifier: Apache-2.0
// The mechanism list: as a real server's, and each entry works. A test per listed mechanism uses every function that its
// flags promise.
'use strict';

const assert = require('assert');
const crypto = require('crypto');
const { runAll, test } = require('./tap');
const { connect, tokenOf } = require('./client');
const { added, leftOut, listed, wrapping } = require('./mechanism_list');
const { CKA, CKK, CKM, CKO, CKR, bytes, curves, element, fails, flag, int, pointOf } = require('./vocabulary');

const FLAGS = { ENCRYPT: 0x100, DECRYPT: 0x200, DIGEST: 0x400, SIGN: 0x800, VERIFY: 0x2000, GENERATE: 0x8000,
  GENERATE_KEY_PAIR: 0x10000, WRAP: 0x20000, UNWRAP: 0x40000, DERIVE: 0x80000 };
const CURVE_FLAGS = 0x100000 | 0x800000 | 0x1000000;
// What that server reports though a GREP11 client cannot ask for it.
const reportedAlone = { GENERIC_SECRET_KEY_GEN: ['DERIVE'], IBM_KYBER: ['ENCRYPT', 'DECRYPT', 'WRAP', 'UNWRAP'] };
const yes = flag(true);
const data = Buffer.from('two blocks of an AES cipher, here');
let hsm;

// ---- keys, each made once ----

const secret = (Mechanism, Template) => hsm.GenerateKey({ Mech: { Mechanism }, Template });
const pair = (Mechanism, PubKeyTemplate, PrivKeyTemplate) => hsm.GenerateKeyPair({ Mech: { Mechanism }, PubKeyTemplate, PrivKeyTemplate });
const everything = { [CKA.ENCRYPT]: yes, [CKA.DECRYPT]: yes, [CKA.WRAP]: yes, [CKA.UNWRAP]: yes, [CKA.SIGN]: yes,
  [CKA.VERIFY]: yes, [CKA.DERIVE]: yes, [CKA.EXTRACTABLE]: yes };
const open = { [CKA.ENCRYPT]: yes, [CKA.WRAP]: yes, [CKA.VERIFY]: yes };
const own = { [CKA.DECRYPT]: yes, [CKA.UNWRAP]: yes, [CKA.SIGN]: yes };
const both = ({ Key }) => ({ PubKey: Key, PrivKey: Key });
const onCurve = (curve, usage = { public: { [CKA.VERIFY]: yes }, private: { [CKA.SIGN]: yes } }) =>
  pair(CKM.EC_KEY_PAIR_GEN, { [CKA.EC_PARAMS]: bytes(curves[curve]), ...usage.public }, usage.private);
const deriving = { public: {}, private: { [CKA.DERIVE]: yes } };
const ibm = (oid) => bytes(Buffer.from(`060b2b0601040102820b${oid}`, 'hex'));
const made = {};
const parameters = async (Mechanism) =>
  bytes((await (made[Mechanism] ||= secret(Mechanism, { [CKA.PRIME_BITS]: int(2048) }))).KeyBytes);
const makers = {
  rsa: (Mechanism = CKM.RSA_PKCS_KEY_PAIR_GEN) => pair(Mechanism,
    { ...open, [CKA.MODULUS_BITS]: int(2048), [CKA.PUBLIC_EXPONENT]: int(65537) }, own),
  aes: async () => both(await secret(CKM.AES_KEY_GEN, { ...everything, [CKA.VALUE_LEN]: int(32) })),
  des: async (Mechanism = CKM.DES3_KEY_GEN) => both(await secret(Mechanism, everything)),
  generic: async () => both(await secret(CKM.GENERIC_SECRET_KEY_GEN, { [CKA.VALUE_LEN]: int(32), [CKA.SIGN]: yes,
    [CKA.VERIFY]: yes, [CKA.DERIVE]: yes, [CKA.IBM_USE_AS_DATA]: yes })),
  ec: () => onCurve('P-256'),
  schnorr: () => onCurve('secp256k1'),
  ed25519: () => onCurve('Ed25519'),
  ed448: () => onCurve('Ed448'),
  ecdh: () => onCurve('P-256', deriving),
  x25519: () => onCurve('X25519', deriving),
  x448: () => onCurve('X448', deriving),
  dsa: async () => pair(CKM.DSA_KEY_PAIR_GEN, { [CKA.IBM_STRUCT_PARAMS]: await parameters(CKM.DSA_PARAMETER_GEN), [CKA.VERIFY]: yes },
    { [CKA.SIGN]: yes }),
  dh: async () => pair(CKM.DH_PKCS_KEY_PAIR_GEN, { [CKA.IBM_STRUCT_PARAMS]: await parameters(CKM.DH_PKCS_PARAMETER_GEN) },
    { [CKA.DERIVE]: yes }),
  dilithium: () => pair(CKM.IBM_DILITHIUM, { [CKA.IBM_PQC_PARAMS]: ibm('010605'), [CKA.VERIFY]: yes }, { [CKA.SIGN]: yes }),
  kyber: () => pair(CKM.IBM_KYBER, { [CKA.IBM_PQC_PARAMS]: ibm('050404'), [CKA.ENCRYPT]: yes, [CKA.DERIVE]: yes },
    { [CKA.DECRYPT]: yes, [CKA.DERIVE]: yes }),
  bls: () => pair(CKM.EC_KEY_PAIR_GEN, { [CKA.EC_PARAMS]: bytes(curves['BLS12-381']), [CKA.VERIFY]: yes, [CKA.DERIVE]: yes,
    [CKA.IBM_USE_AS_DATA]: yes }, { [CKA.SIGN]: yes, [CKA.IBM_USE_AS_DATA]: yes }),
};
const keyOf = (kind) => (made[kind] ||= makers[kind]());

// ---- what each needs: the first row that fits the name ----

const hashOf = (name) => name.match(/SHA(?:_1|1|3_\d+|\d+(?:_\d+)?)/)[0].replace('SHA_1', 'SHA1');
const hashes = { SHA1: [CKM.SHA_1, 'Sha1'], SHA224: [0x255, 'Sha224'], SHA256: [CKM.SHA256, 'Sha256'],
  SHA384: [0x260, 'Sha384'], SHA512: [CKM.SHA512, 'Sha512'] };
const pss = (name) => {
  const [HashMech, mask] = hashes[/^SHA/.test(name) ? hashOf(name) : 'SHA256'];
  return { RSAPSSParameter: { HashMech, Mgf: `CkgMgf1${mask}`, SaltByteCount: 20 } };
};
const iv = (len) => ({ ParameterB: Buffer.alloc(len, 3) });
const rows = [
  [/OAEP/, 'rsa', () => ({ RSAOAEPParameter: { HashMech: CKM.SHA256, Mgf: 'CkgMgf1Sha256' } })],
  [/RSA.*PSS/, 'rsa', pss],
  [/RSA/, 'rsa'],
  [/^AES_CBC/, 'aes', () => iv(16)],
  [/^DES3_CBC/, 'des', () => iv(8)],
  [/^DES3_ECB_ENCRYPT_DATA/, 'des', () => iv(16)],
  [/^DES|PBE/, 'des'],
  [/^AES|^IBM_CMAC/, 'aes'],
  [/HMAC|GENERIC|KEY_DERIVATION/, 'generic'],
  [/DILITHIUM/, 'dilithium'],
  [/KYBER/, 'kyber'],
  [/ED25519/, 'ed25519'],
  [/ED448/, 'ed448'],
  [/ECDSA_OTHER/, 'schnorr', () => ({ ECSGParameter: { Type: 'CkEcsgIbmEcsdsaS256' } })],
  [/EC_KEY|ECDSA/, 'ec'],
  [/^DSA/, 'dsa'],
  [/^DH/, 'dh'],
];
const needsOf = (name) => {
  const [, kind, parameter] = rows.find(([pattern]) => pattern.test(name)) || [];
  return { kind, parameter: parameter ? parameter(name) : {} };
};

// ---- derivation ----

const aesFrom = { [CKA.CLASS]: int(CKO.SECRET_KEY), [CKA.KEY_TYPE]: int(CKK.AES), [CKA.VALUE_LEN]: int(16) };
const derive = (Mech, BaseKey, Template = aesFrom) => hsm.DeriveKey({ Mech, BaseKey, Template });
const sameKey = (one, other) => {
  assert.strictEqual(one.CheckSum.length, 7);
  assert.deepStrictEqual(one.CheckSum, other.CheckSum);
};
// Two sides agree: each derives with the other's public part.
const agree = async (kind, parameterOf, Mechanism) => {
  const [mine, theirs] = [await keyOf(kind), await (kind === 'dh' ? sameGroup() : makers[kind]())];
  sameKey(await derive({ Mechanism, ...parameterOf(theirs.PubKeyBytes) }, mine.PrivKey),
    await derive({ Mechanism, ...parameterOf(mine.PubKeyBytes) }, theirs.PrivKey));
};
const sameGroup = async () => {
  const { PubKeyBytes } = await keyOf('dh');
  const group = element(element(element(PubKeyBytes).content).content).rest;
  return pair(CKM.DH_PKCS_KEY_PAIR_GEN, { [CKA.IBM_STRUCT_PARAMS]: bytes(element(group).whole) }, { [CKA.DERIVE]: yes });
};
const point = (blob) => ({ ParameterB: pointOf(blob) });
const integer = (blob) => {
  const { content } = element(pointOf(blob));
  return { ParameterB: content[0] ? content : content.subarray(1) };
};
const again = async (Mech, kind) => sameKey(await derive(Mech, (await keyOf(kind)).PrivKey), await derive(Mech, (await keyOf(kind)).PrivKey));
const derivations = {
  ECDH1_DERIVE: (number) => agree('ecdh', point, number),
  IBM_EC_X25519: (number) => agree('x25519', point, number),
  IBM_EC_X448: (number) => agree('x448', point, number),
  DH_PKCS_DERIVE: (number) => agree('dh', integer, number),
  DES3_ECB_ENCRYPT_DATA: (number) => again({ Mechanism: number, ...iv(16) }, 'des'),
  IBM_BTC_DERIVE: async (Mechanism) => {
    const BTCDeriveParameter = { Type: 'CkBIP0032MASTERK', Version: 1 };
    const master = await derive({ Mechanism, BTCDeriveParameter }, (await keyOf('generic')).PrivKey,
      { [CKA.KEY_TYPE]: int(CKK.EC), [CKA.EC_PARAMS]: bytes(curves.secp256k1) });
    assert.strictEqual(master.CheckSum.length, 32);
    await hsm.SignSingle({ Mech: { Mechanism: CKM.ECDSA }, PrivKey: master.NewKey, Data: data.subarray(0, 32) });
  },
  IBM_KYBER: async (Mechanism) => {
    const { PubKey, PrivKey } = await keyOf('kyber');
    const with_ = (Mode, CipherText) => ({ Mechanism, KyberKEMParameter: { Mode, Kdf: 'CkdNull', CipherText } });
    const sent = await derive(with_('CkIbmKEMEncapsulate'), PubKey);
    const got = await derive(with_('CkIbmKEMDecapsulate', sent.CheckSum.subarray(7)), PrivKey);
    assert.deepStrictEqual(sent.CheckSum.subarray(0, 7), got.CheckSum);
  },
  IBM_EC_AGGREGATE: async (Mechanism) => {
    const { PubKeyBytes } = await keyOf('bls');
    const { NewKeyBytes } = await hsm.DeriveKey({ Mech: { Mechanism, ECAGGParameter: { Mode: 'CkIbmEcAggBLS12_381Pkey',
      PerElementSize: PubKeyBytes.length, Elements: PubKeyBytes } }, Template: { [CKA.EC_PARAMS]: bytes(curves['BLS12-381']),
      [CKA.KEY_TYPE]: int(CKK.EC), [CKA.VERIFY]: yes } });
    assert.deepStrictEqual(pointOf(NewKeyBytes), pointOf(PubKeyBytes)); // of one key, itself
  },
};
const deriveBy = (name, number) => {
  if (/KEY_DERIVATION/.test(name)) return again({ Mechanism: number }, 'generic');
  return derivations[name](number);
};

// ---- wrapping ----

// A DES key, whose 24 bytes every cipher takes; and no wrapping key is weaker.
const wrapAndUnwrap = async (Mech, to, from, more = {}, MacKey = undefined) => {
  const key = await secret(CKM.DES3_KEY_GEN, { [CKA.EXTRACTABLE]: yes, ...more });
  // 24 bytes are no whole blocks of AES without padding.
  const target = [CKM.AES_ECB, CKM.AES_CBC].includes(Mech.Mechanism)
    ? await secret(CKM.AES_KEY_GEN, { [CKA.VALUE_LEN]: int(16), [CKA.EXTRACTABLE]: yes }) : key;
  const { Wrapped } = await hsm.WrapKey({ Mech, Key: target.Key, KeK: to, MacKey });
  const back = await hsm.UnwrapKey({ Mech, Wrapped, KeK: from, MacKey, Template: { [CKA.CLASS]: int(CKO.SECRET_KEY),
    [CKA.KEY_TYPE]: int(target === key ? 0x15 : CKK.AES), ...(target === key ? {} : { [CKA.VALUE_LEN]: int(16) }) } });
  sameKey(back, target);
};
const wrapBound = async (Mech) => {
  const bound = { [CKA.IBM_ATTRBOUND]: yes };
  const kek = (await secret(CKM.AES_KEY_GEN, { [CKA.VALUE_LEN]: int(32), [CKA.WRAP]: yes, [CKA.UNWRAP]: yes, ...bound })).Key;
  const { Key } = await secret(CKM.GENERIC_SECRET_KEY_GEN, { [CKA.VALUE_LEN]: int(32), ...bound });
  await wrapAndUnwrap(Mech, kek, kek, bound, Key);
};
const transport = async (Mech) => {
  const { publicKey } = crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const Wrapped = publicKey.export({ format: 'der', type: 'spki' });
  const { UnwrappedBytes } = await hsm.UnwrapKey({ Mech, Wrapped, KeK: (await keyOf('aes')).PrivKey, Template: { [CKA.VERIFY]: yes } });
  assert.deepStrictEqual(element(UnwrappedBytes).whole, Wrapped);
};

// ---- signatures, ciphers, digests, generation ----

const signAndVerify = async (Mech, { PrivKey, PubKey }, Data) => {
  const { Signature } = await hsm.SignSingle({ Mech, PrivKey, Data });
  await hsm.VerifySingle({ Mech, PubKey, Data, Signature });
  const other = Buffer.from(Data);
  other[0] ^= 1;
  await fails(hsm.VerifySingle({ Mech, PubKey, Data: other, Signature }), CKR.SIGNATURE_INVALID);
};
const aggregate = async (Mechanism) => {
  const { PrivKey, PubKey } = await keyOf('bls');
  const Mech = { Mechanism: CKM.IBM_ECDSA_OTHER, ECSGParameter: { Type: 'CkEcsgIbmBls' } };
  const { Signature: one } = await hsm.SignSingle({ Mech, PrivKey, Data: data });
  const { Signature } = await hsm.SignSingle({ Mech: { Mechanism, ECAGGParameter: { Mode: 'CkIbmEcAggBLS12_381Sign',
    PerElementSize: one.length, Elements: one } } });
  await hsm.VerifySingle({ Mech, PubKey, Data: data, Signature });
};
const encryptAndDecrypt = async (Mech, { PubKey, PrivKey }) => {
  const Plain = data.subarray(0, 32);
  const { Ciphered } = await hsm.EncryptSingle({ Mech, Key: PubKey, Plain });
  assert.notDeepStrictEqual(Ciphered, Plain);
  assert.deepStrictEqual((await hsm.DecryptSingle({ Mech, Key: PrivKey, Ciphered })).Plain, Plain);
};
const software = { SHA1: 'sha1', SHA512_224: 'sha512-224', SHA512_256: 'sha512-256', SHA3_224: 'sha3-224',
  SHA3_256: 'sha3-256', SHA3_384: 'sha3-384', SHA3_512: 'sha3-512' };
const digest = async (Mech, name) => {
  const hash = hashOf(name);
  const expected = crypto.createHash(software[hash] || hash.toLowerCase()).update(data).digest();
  assert.deepStrictEqual((await hsm.DigestSingle({ Mech, Data: data })).Digest, expected);
};
const generate = async (name, Mechanism) => {
  if (/PARAMETER/.test(name)) {
    assert.strictEqual((await parameters(Mechanism)).AttributeB[0], 0x30);
    return;
  }
  const length = { AES_KEY_GEN: 32, GENERIC_SECRET_KEY_GEN: 32 }[name];
  const key = await secret(Mechanism, length ? { [CKA.VALUE_LEN]: int(length) } : {});
  assert.strictEqual(key.CheckSum.length, 7);
};
const pairs = { RSA_X9_31_KEY_PAIR_GEN: () => makers.rsa(CKM.RSA_X9_31_KEY_PAIR_GEN) };
const digestOf = (name) => (/^(ECDSA|DSA|RSA_PKCS_PSS|RSA_X9_31)$/.test(name) ? data.subarray(0, name === 'DSA' || name === 'RSA_X9_31' ? 20 : 32) : data);

// ---- the walk ----

const use = async (name, number, flags) => {
  const done = new Set(reportedAlone[name] || []);
  const { kind, parameter } = needsOf(name);
  const Mech = { Mechanism: number, ...parameter };
  const has = (...which) => which.some((one) => flags & FLAGS[one]) && !which.every((one) => done.has(one)) &&
    which.forEach((one) => done.add(one)) === undefined;
  const keys = () => keyOf(kind);

  if (has('GENERATE')) await generate(name, number);
  if (has('GENERATE_KEY_PAIR')) assert.ok((await (pairs[name] || (() => keyOf(kind)))()).PrivKeyBytes.length);
  if (has('DIGEST')) await digest(Mech, name);
  if (has('ENCRYPT', 'DECRYPT')) await encryptAndDecrypt(Mech, await keys());
  if (has('SIGN', 'VERIFY')) {
    if (name === 'IBM_EC_AGGREGATE') await aggregate(number);
    else await signAndVerify(Mech, await keys(), digestOf(name));
  }
  if (has('WRAP', 'UNWRAP')) {
    if (name === 'IBM_TRANSPORTKEY') await transport(Mech);
    else if (name === 'IBM_ATTRIBUTEBOUND_WRAP') await wrapBound(Mech);
    else await wrapAndUnwrap(Mech, (await keys()).PubKey, (await keys()).PrivKey);
  }
  if (has('DERIVE')) await deriveBy(name, number);
  for (const [one, bit] of Object.entries(FLAGS)) assert.ok(!(flags & bit) || done.has(one), `nobody used ${one}`);
  assert.strictEqual(flags & ~Object.values(FLAGS).reduce((sum, bit) => sum | bit) & ~CURVE_FLAGS, 0);
};

const prepare = async () => {
  hsm = connect(await tokenOf('user'));
  const { Mechs } = await hsm.GetMechanismList({});
  const numbers = Mechs.map(Number);
  const names = new Map([...listed, ...added].map(([name, number]) => [number, name]));
  const expected = [...listed, ...added].filter(([name]) => !leftOut.includes(name))
    .filter(([name, number]) => name !== 'IBM_EC_AGGREGATE' || numbers.includes(number)); // a build may be without blst

  test('the list has the order of a real server\'s, and nothing beside', () => {
    assert.deepStrictEqual(numbers.map((number) => names.get(number) || number), expected.map(([name]) => name));
  });
  for (const [name, number, min, max, theirs] of expected) {
    const flags = wrapping.includes(name) ? theirs | FLAGS.WRAP | FLAGS.UNWRAP : theirs;
    test(`${name}: sizes and flags, and each function works`, async () => {
      const { MinKeySize, MaxKeySize, Flags } = (await hsm.GetMechanismInfo({ Mech: number })).MechInfo;
      assert.deepStrictEqual([MinKeySize, MaxKeySize, Flags].map((text) => Number(text || 0)), [min, max, flags]);
      await use(name, number, flags);
    });
  }
  test('what is left out is not known', async () => {
    for (const name of leftOut)
      await fails(hsm.GetMechanismInfo({ Mech: listed.find(([one]) => one === name)[1] }), CKR.MECHANISM_INVALID);
  });
};

prepare().then(runAll, (error) => {
  console.log(`Bail out! ${error}`);
  process.exit(1);
});
