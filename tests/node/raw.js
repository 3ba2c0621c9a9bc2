// SPDX-License-Identifier: Apache-2.0
// gRPC by hand, as frames of HTTP/2: for what no gRPC library would send, and what one does not show of the answers.
'use strict';

const assert = require('assert');
const http2 = require('http2');
const { ca, detailOf, grpcAddress } = require('./client');
const { CKM } = require('./vocabulary');

const END_STREAM = 1;
const PATIENCE = 30000;
const random = '/grep11.Crypto/GenerateRandom';
let token;

const varint = (number) => {
  const bytes = [];
  for (; number >= 128; number = Math.floor(number / 128)) bytes.push((number % 128) + 128);
  return Buffer.from([...bytes, number]);
};
const number = (field, value) => Buffer.concat([varint(field * 8), varint(value)]);
const bytes = (field, value) => Buffer.concat([varint(field * 8 + 2), varint(value.length), value]);
const message = (body, flag = 0) => {
  const prefix = Buffer.alloc(5);
  prefix[0] = flag;
  prefix.writeUInt32BE(body.length, 1);
  return Buffer.concat([prefix, body]);
};
const digestRequest = (data) => Buffer.concat([bytes(1, number(1, CKM.SHA256)), bytes(2, data)]);

const connect = (options = {}) =>
  new Promise((resolve, reject) => {
    const session = http2.connect(`https://${grpcAddress}`, { ca, servername: '', ...options }, () => resolve(session));
    session.on('error', reject);
  });
const open = (session, path, headers = {}, options = {}) =>
  session.request({ ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers',
    authorization: `Bearer ${token}`, ...headers }, options);
// All of an answer: headers, how they ended, messages, trailers.
const answerOf = (stream) =>
  new Promise((resolve, reject) => {
    const answer = { chunks: [], trailers: {} };
    stream.on('response', (headers, flags) => Object.assign(answer, { headers, only: Boolean(flags & END_STREAM) }));
    stream.on('trailers', (trailers) => (answer.trailers = trailers));
    stream.on('data', (chunk) => answer.chunks.push(chunk));
    stream.on('error', reject);
    stream.on('close', () => {
      answer.body = Buffer.concat(answer.chunks);
      answer.status = Number((answer.only ? answer.headers : answer.trailers)['grpc-status']);
      resolve(answer);
    });
  });
const call = (session, path, body, headers) => {
  const stream = open(session, path, headers);
  stream.end(body);
  return answerOf(stream);
};
const withSession = async (run, options) => {
  const session = await connect(options);
  try {
    await run(session);
  } finally {
    session.destroy();
  }
};
const refused = (answer, status) => {
  assert.ok(answer.only, 'the refusal has more than trailers');
  assert.strictEqual(answer.body.length, 0);
  assert.strictEqual(answer.status, status);
  const details = Buffer.from(answer.headers['grpc-status-details-bin'], 'base64');
  return detailOf({ code: status, metadata: { get: () => [details] } });
};
const serves = async (session, Len = 8) => {
  const answer = await call(session, random, message(number(1, Len)));
  assert.strictEqual(answer.status, 0);
  assert.strictEqual(answer.body.length, 5 + bytes(1, Buffer.alloc(Len)).length);
};
// The error code of the server's GOAWAY.
const goaway = (session) =>
  new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error('the connection is still open')), PATIENCE);
    session.on('goaway', (code) => {
      clearTimeout(late);
      resolve(code);
    });
  });

module.exports = { number, bytes, message, digestRequest, connect, open, answerOf, call, withSession, refused, serves,
  goaway, random, useToken: (text) => (token = text) };
