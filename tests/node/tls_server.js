// SPDX-License-Identifier: Apache-2.0
// As much of a TLS 1.3 server as one session takes, whose private key is somewhere else: what signs is handed in. Node's
// own server cannot wait for a signature. Source: RFC 8446; certificate: RFC 5280.
'use strict';

const crypto = require('crypto');
const net = require('net');
const { once } = require('events');

const sha256 = (...parts) => crypto.createHash('sha256').update(Buffer.concat(parts)).digest();
const hmac = (key, data) => crypto.createHmac('sha256', key).update(data).digest();
const u16 = (value) => Buffer.from([value >> 8, value & 255]);
const u24 = (value) => Buffer.from([value >> 16, (value >> 8) & 255, value & 255]);

// ---- a certificate, signed by its own key ----

const der = (tag, ...parts) => {
  const body = Buffer.concat(parts);
  const length = body.length < 128 ? [body.length] : body.length < 256 ? [0x81, body.length] : [0x82, ...u16(body.length)];
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
};
const integer = (raw) => {
  const bytes = raw.subarray(raw.findIndex((byte) => byte !== 0));
  return der(2, bytes[0] & 0x80 ? Buffer.concat([Buffer.alloc(1), bytes]) : bytes);
};
// ECDSA's r and s, side by side in PKCS #11, are a SEQUENCE here.
const signatureOf = (raw) => der(0x30, integer(raw.subarray(0, raw.length / 2)), integer(raw.subarray(raw.length / 2)));
const ecdsaSha256 = Buffer.from('300a06082a8648ce3d040302', 'hex');

exports.certificate = async (spki, sign) => {
  const name = der(0x30, der(0x31, der(0x30, Buffer.from('0603550403', 'hex'), der(12, Buffer.from('localhost')))));
  const time = (years) => der(0x18, Buffer.from(`${new Date().getFullYear() + years}0101000000Z`));
  const host = der(0x30, der(0x30, Buffer.from('0603551d11', 'hex'), der(4, der(0x30, der(0x82, Buffer.from('localhost'))))));
  const body = der(0x30, der(0xa0, der(2, Buffer.from([2]))), integer(Buffer.from([1])), ecdsaSha256, name,
    der(0x30, time(-1), time(2)), name, spki, der(0xa3, host));
  return der(0x30, body, ecdsaSha256, der(3, Buffer.alloc(1), signatureOf(await sign(sha256(body)))));
};

// ---- keys ----

const expand = (secret, label, context, length) => {
  const name = Buffer.from(`tls13 ${label}`);
  const info = Buffer.concat([u16(length), Buffer.from([name.length]), name, Buffer.from([context.length]), context]);
  return hmac(secret, Buffer.concat([info, Buffer.from([1])])).subarray(0, length);
};
const nothing = Buffer.alloc(0);
const zeros = Buffer.alloc(32);
const next = (secret, input) => hmac(expand(secret, 'derived', sha256(), 32), input);

// Records of one direction: a key, and a number that counts.
class Direction {
  constructor(secret) {
    this.key = expand(secret, 'key', nothing, 16);
    this.iv = expand(secret, 'iv', nothing, 12);
    this.count = 0;
  }
  nonce() {
    const nonce = Buffer.from(this.iv);
    nonce.writeUInt32BE((nonce.readUInt32BE(8) ^ this.count++) >>> 0, 8);
    return nonce;
  }
  seal(type, content) {
    const inner = Buffer.concat([content, Buffer.from([type])]);
    const head = Buffer.concat([Buffer.from('170303', 'hex'), u16(inner.length + 16)]);
    const cipher = crypto.createCipheriv('aes-128-gcm', this.key, this.nonce()).setAAD(head);
    return Buffer.concat([head, cipher.update(inner), cipher.final(), cipher.getAuthTag()]);
  }
  open(record) {
    const plain = crypto.createDecipheriv('aes-128-gcm', this.key, this.nonce()).setAAD(record.subarray(0, 5));
    plain.setAuthTag(record.subarray(-16));
    const inner = Buffer.concat([plain.update(record.subarray(5, -16)), plain.final()]);
    return inner.subarray(0, inner.length - 1);
  }
}

// ---- the handshake ----

const handshake = (type, body) => Buffer.concat([Buffer.from([type]), u24(body.length), body]);
const extension = (type, body) => Buffer.concat([u16(type), u16(body.length), body]);

// The session id and the X25519 key of a ClientHello.
const readHello = (hello) => {
  let at = 4 + 2 + 32;
  const session = hello.subarray(at + 1, at += 1 + hello[at]);
  at += 2 + hello.readUInt16BE(at); // suites
  at += 1 + hello[at] + 2; // compression; length of the extensions
  for (; at < hello.length; at += 4 + hello.readUInt16BE(at + 2)) {
    if (hello.readUInt16BE(at) !== 51) continue;
    const shares = hello.subarray(at + 6);
    if (shares.readUInt16BE(0) === 0x1d) return { session, share: shares.subarray(4, 36) };
  }
  throw new Error('the client has no key for X25519');
};
const agree = (theirs) => {
  const { publicKey, privateKey } = crypto.generateKeyPairSync('x25519');
  const peer = crypto.createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x: theirs.toString('base64url') }, format: 'jwk' });
  return { mine: Buffer.from(publicKey.export({ format: 'jwk' }).x, 'base64url'),
    shared: crypto.diffieHellman({ privateKey, publicKey: peer }) };
};
async function* recordsOf(socket) {
  let bytes = nothing;
  for await (const chunk of socket) {
    bytes = Buffer.concat([bytes, chunk]);
    while (bytes.length >= 5 && bytes.length >= 5 + bytes.readUInt16BE(3)) {
      const record = bytes.subarray(0, 5 + bytes.readUInt16BE(3));
      bytes = bytes.subarray(record.length);
      if (record[0] !== 20) yield record; // change_cipher_spec is for middle boxes
    }
  }
}
const serveOne = async (socket, certificate, sign) => {
  const records = recordsOf(socket);
  const hello = (await records.next()).value.subarray(5);
  const { session, share } = readHello(hello);
  const { mine, shared } = agree(share);
  const serverHello = handshake(2, Buffer.concat([Buffer.from('0303', 'hex'), crypto.randomBytes(32), Buffer.from([session.length]),
    session, Buffer.from('130100', 'hex'), u16(46), extension(43, Buffer.from('0304', 'hex')),
    extension(51, Buffer.concat([Buffer.from('001d0020', 'hex'), mine]))]));
  const early = hmac(zeros, zeros);
  const secret = next(early, shared);
  const ours = expand(secret, 's hs traffic', sha256(hello, serverHello), 32);
  const theirs = expand(secret, 'c hs traffic', sha256(hello, serverHello), 32);
  const list = Buffer.concat([u24(certificate.length), certificate, u16(0)]);
  const said = [hello, serverHello, handshake(8, u16(0)), handshake(11, Buffer.concat([Buffer.alloc(1), u24(list.length), list]))];
  const claim = Buffer.concat([Buffer.alloc(64, ' '), Buffer.from('TLS 1.3, server CertificateVerify\0'), sha256(...said)]);
  const signature = signatureOf(await sign(sha256(claim)));
  said.push(handshake(15, Buffer.concat([Buffer.from('0403', 'hex'), u16(signature.length), signature])));
  said.push(handshake(20, hmac(expand(ours, 'finished', nothing, 32), sha256(...said))));
  socket.write(Buffer.concat([Buffer.from('160303', 'hex'), u16(serverHello.length), serverHello,
    new Direction(ours).seal(22, Buffer.concat(said.slice(2)))]));

  const finished = new Direction(theirs).open((await records.next()).value);
  if (!finished.subarray(4).equals(hmac(expand(theirs, 'finished', nothing, 32), sha256(...said)))) throw new Error('Finished is wrong');
  const master = next(secret, zeros);
  const incoming = new Direction(expand(master, 'c ap traffic', sha256(...said), 32));
  const outgoing = new Direction(expand(master, 's ap traffic', sha256(...said), 32));
  socket.end(outgoing.seal(23, incoming.open((await records.next()).value)));
};

// Listens for one client, sends back what it says first, and ends.
exports.echoOnce = async (certificate, sign) => {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const done = once(server, 'connection').then(([socket]) => serveOne(socket, certificate, sign)).finally(() => server.close());
  return { port: server.address().port, done };
};
