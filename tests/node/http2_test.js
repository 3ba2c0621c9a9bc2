// SPDX-License-Identifier: Apache-2.0
// gRPC as frames of HTTP/2: what no gRPC library would send, and what one does not show of the answers.
'use strict';

const assert = require('assert');
const crypto = require('crypto');
const http2 = require('http2');
const zlib = require('zlib');
const { start, test } = require('./tap');
const { grpc, tokenOf } = require('./client');
const { answerOf, bytes, call, digestRequest, goaway, message, number, open, random, refused, serves, useToken,
  withSession } = require('./raw');

const { NGHTTP2_CANCEL, NGHTTP2_ENHANCE_YOUR_CALM } = http2.constants;

test('an answer is headers, one message and trailers', () => withSession(async (session) => {
  const answer = await call(session, random, message(number(1, 32)));
  assert.strictEqual(answer.headers[':status'], 200);
  assert.strictEqual(answer.headers['content-type'], 'application/grpc');
  assert.ok(!answer.only && answer.headers['grpc-status'] === undefined);
  assert.strictEqual(answer.trailers['grpc-status'], '0');
  assert.deepStrictEqual([...answer.body.subarray(0, 7)], [0, 0, 0, 0, 34, 10, 32]);
}));

test('a refusal is trailers alone, with one Grep11Error', () => withSession(async (session) => {
  refused(await call(session, random, message(number(1, 0))), grpc.status.INVALID_ARGUMENT);
  const stranger = { authorization: 'Bearer nothing' };
  refused(await call(session, random, message(number(1, 1)), stranger), grpc.status.UNAUTHENTICATED);
  refused(await call(session, random, message(Buffer.from('0affff', 'hex'))), grpc.status.INVALID_ARGUMENT);
  refused(await call(session, random, Buffer.alloc(0)), grpc.status.INVALID_ARGUMENT);
  refused(await call(session, random, message(number(1, 1)).subarray(0, 6)), grpc.status.INVALID_ARGUMENT);
  await serves(session);
}));

test('unknown methods are UNIMPLEMENTED', () => withSession(async (session) => {
  for (const path of ['/grep11.Crypto/Nothing', '/grep11.Crypto', '/', `${random}/`, `/${'x'.repeat(500)}`])
    refused(await call(session, path, message(Buffer.alloc(0))), grpc.status.UNIMPLEMENTED);
}));

test('another content type is 415, another HTTP method 405', () => withSession(async (session) => {
  for (const type of ['application/json', 'application/grpcx', 'text/plain']) {
    const answer = await call(session, random, message(number(1, 1)), { 'content-type': type });
    assert.strictEqual(answer.headers[':status'], 415);
  }
  const answer = await call(session, random, message(number(1, 1)), { ':method': 'PUT' });
  assert.strictEqual(answer.headers[':status'], 405);
  for (const type of ['application/grpc+proto', 'application/grpc;x=y'])
    assert.strictEqual((await call(session, random, message(number(1, 1)), { 'content-type': type })).status, 0);
}));

test('grpc-timeout: in every unit, run out, malformed', () => withSession(async (session) => {
  const within = (timeout) => call(session, random, message(number(1, 1)), { 'grpc-timeout': timeout });
  for (const timeout of ['1H', '5M', '60S', '60000m', '60000000u', '99999999n'])
    assert.ok([0, 4].includes((await within(timeout)).status));
  refused(await within('0S'), grpc.status.DEADLINE_EXCEEDED);
  for (const timeout of ['5', 'S', '123456789S', '-1S', '1s', '1 S'])
    refused(await within(timeout), grpc.status.INVALID_ARGUMENT);
}));

test('streams that are cancelled at any point leave the others alone', () => withSession(async (session) => {
  const running = call(session, random, message(number(1, 100000)));
  for (let i = 0; i < 20; i++) {
    const stream = open(session, random);
    stream.on('error', () => {});
    if (i % 3) stream.write(message(number(1, 1000000)).subarray(0, 2 + (i % 3) * 3));
    if (i % 2) await new Promise(setImmediate);
    stream.close(NGHTTP2_CANCEL);
  }
  assert.strictEqual((await running).status, 0);
  await serves(session);
}));

test('100 streams at once on one connection', () => withSession(async (session) => {
  const streams = Array.from({ length: 100 }, () => open(session, random));
  const answers = streams.map(answerOf);
  await new Promise((resolve) => session.ping(() => resolve())); // all are open there
  for (const stream of streams.reverse()) stream.end(message(number(1, 16)));
  const bodies = (await Promise.all(answers)).map((answer) => answer.body.toString('hex'));
  assert.strictEqual(new Set(bodies).size, 100);
}));

test('an answer comes through a window of 7 bytes', () =>
  withSession((session) => serves(session, 3000), { settings: { initialWindowSize: 7 } }));

test('large messages in both directions, in pieces of any size', () => withSession(async (session) => {
  await serves(session, 1000000);
  const data = crypto.randomBytes(20 << 20);
  const whole = message(digestRequest(data));
  const stream = open(session, '/grep11.Crypto/DigestSingle');
  const answer = answerOf(stream);
  for (let at = 0, size = 1; at < whole.length; at += size, size = Math.min(3 * size, 777777))
    stream.write(whole.subarray(at, at + size));
  stream.end();
  assert.deepStrictEqual((await answer).body.subarray(-32), crypto.createHash('sha256').update(data).digest());
}));

test('a message of 64 MiB to the byte is served, one byte more is refused', () => withSession(async (session) => {
  const path = '/grep11.Crypto/DigestSingle';
  const data = Buffer.alloc((64 << 20) - (digestRequest(Buffer.alloc(1 << 26)).length - (1 << 26)));
  assert.strictEqual(digestRequest(data).length, 64 << 20);
  const answer = await call(session, path, message(digestRequest(data)));
  assert.deepStrictEqual(answer.body.subarray(-32), crypto.createHash('sha256').update(data).digest());
  const stream = open(session, path);
  stream.write(message(Buffer.alloc((64 << 20) + 1)).subarray(0, 100)); // what is announced is enough
  refused(await answerOf(stream), grpc.status.RESOURCE_EXHAUSTED);
}));

test('metadata of both client generations, and what may not come twice', () => withSession(async (session) => {
  const ask = (headers) => call(session, random, message(number(1, 1)), headers);
  const instance = { 'bluemix-instance': '11111111-2222-3333-4444-555555555555' };
  for (const headers of [{}, instance, { 'bluemix-instance': '' }, { 'x-request-id': 'abc', 'user-agent': 'grpc-go/1.60' }])
    assert.strictEqual((await ask(headers)).status, 0);
  refused(await ask({ 'bluemix-instance': ['a', 'b'] }), grpc.status.INVALID_ARGUMENT);
}));

test('a message longer than announced, and two messages, are refused', () => withSession(async (session) => {
  const one = message(number(1, 8));
  for (const body of [Buffer.concat([one, Buffer.from([0])]), Buffer.concat([one, one])])
    assert.notStrictEqual((await call(session, random, body)).status, 0);
  const huge = Buffer.from('00ffffffff', 'hex');
  assert.strictEqual((await call(session, random, huge)).status, grpc.status.RESOURCE_EXHAUSTED);
}));

test('compression: identity and gzip are taken', () => withSession(async (session) => {
  const data = Buffer.alloc(100000, 'a');
  const digest = crypto.createHash('sha256').update(data).digest();
  const path = '/grep11.Crypto/DigestSingle';
  for (const [body, encoding] of [[message(digestRequest(data)), 'identity'], [message(digestRequest(data)), 'gzip'],
    [message(zlib.gzipSync(digestRequest(data)), 1), 'gzip']])
    assert.deepStrictEqual((await call(session, path, body, { 'grpc-encoding': encoding })).body.subarray(-32), digest);
}));

test('compression: what cannot be read is refused, and told what can', () => withSession(async (session) => {
  const packed = message(zlib.deflateSync(number(1, 1)), 1);
  const answer = await call(session, random, packed, { 'grpc-encoding': 'deflate' });
  refused(answer, grpc.status.UNIMPLEMENTED);
  assert.strictEqual(answer.headers['grpc-accept-encoding'], 'identity,gzip');
  const zipped = zlib.gzipSync(number(1, 1));
  for (const [body, headers] of [[message(zipped, 1), {}], [message(zipped, 2), { 'grpc-encoding': 'gzip' }],
    [message(zipped.subarray(0, 12), 1), { 'grpc-encoding': 'gzip' }], [packed, { 'grpc-encoding': 'gzip' }]])
    assert.notStrictEqual((await call(session, random, body, headers)).status, 0);
  const bomb = message(zlib.gzipSync(Buffer.alloc(100 << 20)), 1);
  const { status } = await call(session, random, bomb, { 'grpc-encoding': 'gzip' });
  assert.strictEqual(status, grpc.status.RESOURCE_EXHAUSTED);
  await serves(session);
}));

test('after the GOAWAY of a client its open calls are answered', () => withSession(async (session) => {
  const stream = open(session, random);
  const answer = answerOf(stream);
  await new Promise((resolve) => session.ping(() => resolve()));
  session.goaway(0);
  stream.end(message(number(1, 8)));
  assert.strictEqual((await answer).status, 0);
}));

test('a flood of pings ends the connection', () => withSession(async (session) => {
  const end = goaway(session);
  session.on('error', () => {});
  const flood = () => {
    for (let i = 0; i < 1000 && !session.destroyed; i++) session.ping(() => {});
    if (!session.destroyed) setImmediate(flood);
  };
  flood();
  assert.strictEqual(await end, NGHTTP2_ENHANCE_YOUR_CALM);
  await withSession(serves);
}, { maxOutstandingPings: 10000000 }));

test('streams that are reset as soon as they are open end the connection', () => withSession(async (session) => {
  const end = goaway(session);
  session.on('error', () => {});
  for (let round = 0; round < 20 && !session.destroyed && !session.closed; round++) {
    const streams = Array.from({ length: 50 }, () => open(session, random));
    for (const stream of streams) stream.on('error', () => {});
    await new Promise((resolve) => session.ping(resolve) || resolve()); // they are open there
    for (const stream of streams) stream.destroy(); // close() would end the request first, and have it answered
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.strictEqual(await end, NGHTTP2_ENHANCE_YOUR_CALM);
  await withSession(serves);
}));

start(async () => {
  useToken(await tokenOf('user'));
});
