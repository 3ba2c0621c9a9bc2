// SPDX-License-Identifier: Apache-2.0
// What applications of GREP11 do again and again, over a connection: keys and pairs, keys and values in and out.
'use strict';

const crypto = require('crypto');
const { CKA, CKK, CKM, CKO, bytes, curves, flag, int } = require('./vocabulary');

exports.yes = flag(true);
exports.no = flag(false);
exports.mech = (Mechanism, Parameter = {}) => ({ Mechanism, ...Parameter });
exports.withIv = (Mechanism, len = 16) => ({ Mechanism, ParameterB: crypto.randomBytes(len) });
const { mech, withIv, yes } = exports;

exports.secretKind = (type) => ({ [CKA.CLASS]: int(CKO.SECRET_KEY), [CKA.KEY_TYPE]: int(type) });
exports.privateKind = (type) => ({ [CKA.CLASS]: int(CKO.PRIVATE_KEY), [CKA.KEY_TYPE]: int(type) });

// The loader keeps the keys of a map<uint64, ...> as eight characters, one a byte, low ones first.
exports.attributeOf = (key, type) => {
  const wanted = Buffer.alloc(8);
  wanted.writeUInt32LE(type);
  const found = Object.entries(key.Attributes).find(([text]) => text === wanted.toString('latin1') || text === String(type));
  return found && found[1];
};

exports.applicationOf = (hsm) => {
  const secret = (Mechanism, Template) => hsm.GenerateKey({ Mech: mech(Mechanism), Template });
  const pair = (Mechanism, PubKeyTemplate, PrivKeyTemplate = {}) =>
    hsm.GenerateKeyPair({ Mech: mech(Mechanism), PubKeyTemplate, PrivKeyTemplate });
  let transferKey; // one that encrypts, decrypts, wraps and unwraps: the way of IBM's examples
  const transfer = async () =>
    (transferKey ||= (await secret(CKM.AES_KEY_GEN, { [CKA.VALUE_LEN]: int(32), [CKA.ENCRYPT]: yes, [CKA.DECRYPT]: yes,
      [CKA.WRAP]: yes, [CKA.UNWRAP]: yes })).Key);

  return {
    secret,
    pair,
    ecPair: (curve, open = {}, own = {}) => pair(CKM.EC_KEY_PAIR_GEN, { [CKA.EC_PARAMS]: bytes(curves[curve]), ...open }, own),
    // A secret key's value, or a private key's PKCS #8, becomes a key of the HSM.
    importKey: async (plain, Template) => {
      const KeK = await transfer();
      const Mech = withIv(CKM.AES_CBC_PAD);
      const { Ciphered } = await hsm.EncryptSingle({ Key: KeK, Mech, Plain: plain });
      return hsm.UnwrapKey({ Wrapped: Ciphered, KeK, Mech, Template });
    },
    // And back.
    exportKey: async (Key) => {
      const KeK = await transfer();
      const Mech = withIv(CKM.AES_CBC_PAD);
      const { Wrapped } = await hsm.WrapKey({ Mech, Key, KeK });
      return (await hsm.DecryptSingle({ Key: KeK, Mech, Ciphered: Wrapped })).Plain;
    },
    // A plain SubjectPublicKeyInfo becomes one with a MAC.
    importPublic: async (spki, Template) =>
      hsm.UnwrapKey({ Mech: mech(CKM.IBM_TRANSPORTKEY), KeK: await transfer(), Template, Wrapped: spki }),
  };
};
