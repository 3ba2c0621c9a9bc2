// SPDX-License-Identifier: Apache-2.0
// Every method of every service is refused in the one form that GREP11 clients read: trailers alone, with exactly one
// Grep11Error. For each reason that does not depend on what the method does.
'use strict';

const assert = require('assert');
const path = require('path');
const protobuf = require('protobufjs');
const { start, test } = require('./tap');
const { grpc, tokenOf } = require('./client');
const raw = require('./raw');
const { CKR } = require('./vocabulary');

const { status } = grpc;
const folder = process.env.QUANTOKI_PROTO;
const root = protobuf.loadSync(['grep11.proto', 'quantoki.proto', 'errors.proto', 'status.proto'].map((file) => path.join(folder, file)));
const pathsOf = (service) => root.lookupService(service).methodsArray.map(({ name }) => `/${service}/${name}`);
const grep11 = pathsOf('grep11.Crypto');
let all = [...grep11, ...pathsOf('quantoki.v1.Crypto'), ...pathsOf('quantoki.v1.Keystore')];
const Status = root.lookupType('quantoki.rpc.Status');
const Grep11Error = root.lookupType('grep11.Grep11Error');
const empty = raw.message(Buffer.alloc(0));
let stranger;

// The one form: what is on the wire, word for word. Returns the Grep11Error.
const formOf = ({ only, headers, body, trailers }) => {
  assert.ok(only && body.length === 0 && Object.keys(trailers).length === 0, 'more than trailers');
  assert.strictEqual(headers[':status'], 200);
  assert.strictEqual(headers['content-type'], 'application/grpc');
  assert.match(headers['grpc-status'], /^([1-9]|1[0-6])$/);
  assert.match(headers['grpc-message'], /^[ -~]+$/);
  assert.match(headers['grpc-status-details-bin'], /^[A-Za-z0-9+/]+$/); // base64 without padding
  const inner = Status.decode(Buffer.from(headers['grpc-status-details-bin'], 'base64'));
  assert.strictEqual(inner.code, Number(headers['grpc-status']));
  assert.strictEqual(inner.message, decodeURIComponent(headers['grpc-message']));
  assert.strictEqual(inner.details.length, 1);
  assert.strictEqual(inner.details[0].typeUrl, 'type.googleapis.com/grep11.Grep11Error');
  const detail = Grep11Error.decode(inner.details[0].value);
  assert.ok(Number(detail.Code) > 0 && detail.Detail.length > 0);
  return { code: Number(detail.Code), retry: detail.Retry, status: inner.code };
};

// Asks all of them at once and compares what came with what is expected.
const eachIs = async (paths, ask, expected) => {
  const answers = await Promise.all(paths.map(async (one) => [one, formOf(await ask(one))]));
  for (const [one, answer] of answers)
    assert.deepStrictEqual(answer, typeof expected === 'function' ? expected(one) : expected, one);
};
// Failed tokens count by address, and from the fourth on answers take longer: three calls from each.
let addresses = 0;
const fromManyAddresses = async (paths, headers, expected) => {
  const groups = Array.from({ length: Math.ceil(paths.length / 3) }, (_, i) => paths.slice(3 * i, 3 * i + 3));
  await Promise.all(groups.map((group) => raw.withSession(
    (session) => eachIs(group, (one) => raw.call(session, one, empty, headers), expected),
    { localAddress: `127.0.78.${++addresses}` })));
};
const unauthenticated = { code: CKR.NOT_AUTHENTICATED, retry: false, status: status.UNAUTHENTICATED };
const malformed = { code: CKR.CANNOT_UNMARSHAL, retry: false, status: status.INVALID_ARGUMENT };

const unimplemented = { code: CKR.FUNCTION_NOT_SUPPORTED, retry: false, status: status.UNIMPLEMENTED };

test('methods that nobody has', () => raw.withSession((session) =>
  eachIs(all.map((one) => `${one}s`), (one) => raw.call(session, one, empty), unimplemented)));
test('GREP11 has 40 methods, and each is there', () => raw.withSession(async (session) => {
  assert.strictEqual(grep11.length, 40);
  const absent = [];
  for (const one of all) {
    const answer = await raw.call(session, one, empty);
    if (answer.status !== 0 && formOf(answer).status === status.UNIMPLEMENTED) absent.push(one);
  }
  // A server without authenticated keystores has no log-in of sessions.
  for (const one of absent) assert.match(one, /^\/grep11\.Crypto\/Log(in|out)$/);
  all = all.filter((one) => !absent.includes(one));
}));
test('no token', () => fromManyAddresses(all, { authorization: '' }, unauthenticated));
test('another scheme than Bearer', () => fromManyAddresses(all, { authorization: 'Basic dXNlcjpwYXNz' }, unauthenticated));
test('a bad token', () => fromManyAddresses(all, { authorization: 'Bearer a.b.c' }, unauthenticated));
test('a token without the action', () => raw.withSession((session) => eachIs(all, (one) => raw.call(session, one, empty,
  { authorization: `Bearer ${stranger}` }), { code: CKR.NOT_AUTHENTICATED, retry: false, status: status.PERMISSION_DENIED })));
test('a message that cannot be decoded', () => raw.withSession((session) =>
  eachIs(all, (one) => raw.call(session, one, raw.message(Buffer.from('0affffffff0f', 'hex'))), malformed)));
test('no message, half a message, and one too many', () => raw.withSession(async (session) => {
  for (const body of [Buffer.alloc(0), empty.subarray(0, 4), raw.message(Buffer.alloc(2)).subarray(0, 6), Buffer.concat([empty, empty])])
    await eachIs(all, (one) => raw.call(session, one, body), malformed);
}));
test('a message that is announced longer than 64 MB', () => raw.withSession((session) =>
  eachIs(all, (one) => raw.call(session, one, Buffer.from('0004000001', 'hex')),
    { code: CKR.IBM_TRANSPORT_LIMIT, retry: false, status: status.RESOURCE_EXHAUSTED })));
test('a compression that nobody has', () => raw.withSession((session) =>
  eachIs(all, (one) => raw.call(session, one, empty, { 'grpc-encoding': 'snappy' }),
    unimplemented)));
test('a deadline that has passed, and one that is none', () => raw.withSession(async (session) => {
  await eachIs(all, (one) => raw.call(session, one, empty, { 'grpc-timeout': '0m' }),
    { code: CKR.IBM_REQ_TIMEOUT, retry: true, status: status.DEADLINE_EXCEEDED });
  await eachIs(all, (one) => raw.call(session, one, empty, { 'grpc-timeout': 'soon' }), malformed);
}));
test('an empty request: an answer, or a failure in the same form', () => raw.withSession(async (session) => {
  const answered = [];
  for (const one of grep11) {
    const answer = await raw.call(session, one, empty);
    if (answer.status === 0) answered.push(one.split('/')[2]);
    else formOf(answer);
  }
  assert.ok(answered.includes('GetMechanismList'));
  assert.ok(!answered.includes('SignSingle') && !answered.includes('GenerateKey'), String(answered));
}));
test('words with characters of any kind arrive as they are', () => raw.withSession(async (session) => {
  const answer = await raw.call(session, '/grep11.Crypto/%C3%BC\\"', empty);
  assert.strictEqual(formOf(answer).status, status.UNIMPLEMENTED);
}));

start(async () => {
  raw.useToken(await tokenOf('so')); // who may do everything
  stranger = await tokenOf('stranger');
});
