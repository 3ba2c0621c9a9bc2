// SPDX-License-Identifier: Apache-2.0
// What gRPC servers have beside their own methods: health checking and reflection, by the stock clients of both. And
// what becomes of calls with bad tokens.
'use strict';

const assert = require('assert');
const { execFileSync } = require('child_process');
const path = require('path');
const loader = require('@grpc/proto-loader');
const { GrpcReflection } = require('grpc-js-reflection-client');
const { start, test } = require('./tap');
const { ca, connect, detailOf, grpc, grpcAddress, tokenOf } = require('./client');
const raw = require('./raw');
const { CKR, fails } = require('./vocabulary');

const published = require.resolve('grpc-health-check/package.json');
const { Health } = grpc.loadPackageDefinition(loader.loadSync('health/v1/health.proto', { enums: String, defaults: true,
  includeDirs: [path.join(path.dirname(published), 'proto')] })).grpc.health.v1;
const services = ['grep11.Crypto', 'quantoki.v1.Crypto', 'quantoki.v1.Keystore'];
const own = ['grpc.health.v1.Health', 'grpc.reflection.v1.ServerReflection', 'grpc.reflection.v1alpha.ServerReflection'];
const credentials = grpc.credentials.createSsl(ca);
const within = () => ({ deadline: Date.now() + 30000 });
let token;
let health;

const check = (service) => new Promise((resolve, reject) => health.Check({ service }, within(), (error, answer) =>
  (error ? reject(error) : resolve(answer.status))));
// The first message, or the error that ends it.
const firstOf = (stream) => new Promise((resolve, reject) => {
  stream.on('data', ({ status }) => resolve(status));
  stream.on('error', reject);
});
const codeOf = (promise) => promise.then(() => grpc.status.OK, (error) => {
  detailOf(error);
  return error.code;
});

// ---- bad tokens ----

const strange = { authorization: 'Bearer nothing' };
const ask = (session, headers) => raw.call(session, raw.random, raw.message(raw.number(1, 1)), headers);
// Each test has an address of its own, since what is counted fades slowly.
let addresses = 10;
const elsewhere = (run) => raw.withSession(run, { localAddress: `127.0.77.${addresses++}` });

// A token that was good until a moment ago.
const revokedToken = async () => {
  const headers = { authorization: `Bearer ${await tokenOf('stranger')}` };
  execFileSync(path.join(process.env.QUANTOKI_BUILD, 'src/cli/quantoki'), ['iam', 'service-id', 'revoke', 'stranger',
    '--config', path.join(process.env.QUANTOKI_INSTANCE, 'quantokid.yaml')]);
  await elsewhere(async (session) => {
    while ((await ask(session, headers)).status !== grpc.status.UNAUTHENTICATED)
      await new Promise((resolve) => setTimeout(resolve, 50));
  });
  return headers;
};

// It takes three seconds, and other tests go on meanwhile.
const laterAndLater = async () => {
  const revoked = await revokedToken();
  await elsewhere(async (session) => {
    const order = [];
    const asked = Array.from({ length: 40 }, (_, i) => ask(session, strange).then((answer) => {
      order.push(i);
      return answer;
    }));
    const good = ask(session).then(({ status }) => {
      order.push('good');
      return status;
    });
    const renewed = ask(session, revoked); // or its client would not know that it has to be
    const answers = await Promise.all(asked);
    assert.strictEqual(await good, 0);
    assert.deepStrictEqual(order.slice(0, 4), [0, 1, 2, 'good']);
    assert.deepStrictEqual(order.slice(4, 9), [3, 4, 5, 6, 7]);
    const statuses = [grpc.status.UNAUTHENTICATED, grpc.status.RESOURCE_EXHAUSTED];
    for (const [i, answer] of answers.entries()) // a mark may have faded, if the machine is slow
      raw.refused(answer, i < 30 ? statuses[0] : i < 35 ? answer.status : statuses[1]);
    raw.refused(await renewed, grpc.status.UNAUTHENTICATED);
  });
};
let slowly;

test('bad tokens: a good one comes through on another connection, too', () => elsewhere(async (session) => {
  const asked = Array.from({ length: 10 }, () => ask(session, strange));
  await asked[2];
  await raw.withSession(raw.serves, { localAddress: `127.0.77.${addresses - 1}` });
  session.destroy(); // what is held back for it is let go
  await Promise.allSettled(asked);
  await raw.withSession(raw.serves);
}));
test('bad tokens: the answer comes before the caller gives up', () => elsewhere(async (session) => {
  const order = [];
  const asked = (headers) => ask(session, headers).then((answer) => order.push(headers) && answer);
  const others = Array.from({ length: 20 }, () => asked(strange));
  const hasty = { ...strange, 'grpc-timeout': '600m' };
  raw.refused(await asked(hasty), grpc.status.UNAUTHENTICATED);
  assert.ok(order.length < 15, `${order.length} came first`); // most of them wait for two seconds
  session.destroy();
  await Promise.allSettled(others);
}));
test('bad tokens: a call that is held back may be cancelled, and its body is not kept', () => elsewhere(async (session) => {
  const streams = Array.from({ length: 8 }, () => raw.open(session, raw.random, strange));
  for (const stream of streams) stream.on('error', () => {}).write(Buffer.alloc(100000));
  await raw.serves(session);
  for (const stream of streams) stream.destroy();
  await raw.serves(session);
}));
test('bad tokens: the exact code in both cases', async () => {
  const { Code } = await fails(connect('nothing').GenerateRandom({ Len: 1 }), CKR.NOT_AUTHENTICATED, grpc.status.UNAUTHENTICATED);
  assert.ok(Code);
});

// ---- health ----

test('health: the server and each of its services, without a token', async () => {
  for (const service of ['', ...services]) assert.strictEqual(await check(service), 'SERVING');
});
test('health: NOT_FOUND for a service that is not here', async () => {
  for (const service of ['grep11.Nothing', 'grep11', 'grep11.Crypt', 'x'.repeat(1000)])
    assert.strictEqual(await codeOf(check(service)), grpc.status.NOT_FOUND);
});
test('health: who watches is told at once', async () => {
  for (const service of ['', ...services]) {
    const stream = health.Watch({ service });
    assert.strictEqual(await firstOf(stream), 'SERVING');
    stream.on('error', () => {}).cancel();
  }
});
test('health: watching a service that is not here says so, and goes on', async () => {
  const stream = health.Watch({ service: 'grep11.Nothing' });
  assert.strictEqual(await firstOf(stream), 'SERVICE_UNKNOWN');
  assert.strictEqual(await check(''), 'SERVING');
  assert.ok(!stream.destroyed && stream.readable);
  stream.on('error', () => {}).cancel();
});
test('health: a connection has eight watches, and those that end make room', async () => {
  const fresh = new Health(grpcAddress, credentials, { 'grpc.use_local_subchannel_pool': 1 });
  const watch = () => {
    const stream = fresh.Watch({});
    return { stream, first: firstOf(stream) };
  };
  const watches = Array.from({ length: 8 }, watch);
  for (const { first } of watches) assert.strictEqual(await first, 'SERVING');
  assert.strictEqual(await codeOf(watch().first), grpc.status.RESOURCE_EXHAUSTED);
  assert.strictEqual(await check(''), 'SERVING');
  const gone = new Promise((resolve) => watches[0].stream.on('status', resolve));
  watches[0].stream.on('error', () => {}).cancel();
  await gone;
  assert.strictEqual(await watch().first, 'SERVING');
  fresh.close();
});
test('health: exactly one message, and a whole one', () => raw.withSession(async (session) => {
  const empty = raw.message(Buffer.alloc(0));
  for (const method of ['Check', 'Watch'])
    for (const body of [Buffer.alloc(0), empty.subarray(0, 3), raw.message(Buffer.from('0aff', 'hex')),
      raw.message(raw.bytes(1, Buffer.alloc(1022, 'x'))), raw.message(Buffer.alloc(70000))])
      raw.refused(await raw.call(session, `/grpc.health.v1.Health/${method}`, body),
        body.length > 1000 ? grpc.status.RESOURCE_EXHAUSTED : grpc.status.INVALID_ARGUMENT);
  const two = await raw.call(session, '/grpc.health.v1.Health/Watch', Buffer.concat([empty, empty]));
  assert.strictEqual(two.status, grpc.status.INVALID_ARGUMENT);
  assert.strictEqual(two.body.toString('hex'), '00000000020801');
}));
test('health: a compressed request is read', () => raw.withSession(async (session) => {
  const zipped = require('zlib').gzipSync(raw.bytes(1, Buffer.from('grep11.Crypto')));
  const answer = await raw.call(session, '/grpc.health.v1.Health/Check', raw.message(zipped, 1), { 'grpc-encoding': 'gzip' });
  assert.strictEqual(answer.body.toString('hex'), '00000000020801');
}));

// Unknown fields take far more memory than bytes on the wire: 500 of them, each two bytes long, are refused.
test('health: what a message unpacks to is bounded', () => raw.withSession(async (session) => {
  const fields = raw.message(Buffer.concat(Array.from({ length: 500 }, () => Buffer.from('7801', 'hex'))));
  for (const method of ['Check', 'Watch'])
    raw.refused(await raw.call(session, `/grpc.health.v1.Health/${method}`, fields), grpc.status.RESOURCE_EXHAUSTED);
  await raw.serves(session);
}));

// ---- reflection ----

const withToken = () => {
  const metadata = new grpc.Metadata();
  metadata.set('authorization', `Bearer ${token}`);
  return metadata;
};

for (const version of ['v1', 'v1alpha']) {
  const client = () => new GrpcReflection(grpcAddress, credentials, {}, version);
  test(`reflection ${version}: all services`, async () => {
    assert.deepStrictEqual((await client().listServices('*', withToken(), within())).sort(), [...services, ...own].sort());
  });
  // Its own way to a service goes wrong on map fields: protobufjs writes their types under the fields' names.
  const rootOf = async (symbol) =>
    (await client().getDescriptorBySymbol(symbol, withToken(), within())).getProtobufJsRoot();
  test(`reflection ${version}: the methods of each service`, async () => {
    const methods = {};
    for (const service of [...services, ...own])
      methods[service] = (await rootOf(service)).lookupService(service).methodsArray.map(({ name }) => name);
    assert.strictEqual(methods['grep11.Crypto'].length, 40);
    assert.ok(methods['quantoki.v1.Keystore'].includes('StoreObjects'));
    assert.deepStrictEqual(methods['grpc.health.v1.Health'], ['Check', 'Watch']);
  });
  test(`reflection ${version}: a client with no .proto file calls`, async () => {
    const service = (await rootOf('grep11.Crypto')).lookupService('grep11.Crypto').resolveAll();
    const { resolvedRequestType: requestType, resolvedResponseType: responseType } = service.methods.GenerateRandom;
    const crypto = new grpc.Client(grpcAddress, credentials);
    const found = await new Promise((resolve, reject) => crypto.makeUnaryRequest(raw.random,
      (message) => Buffer.from(requestType.encode(message).finish()), (message) => responseType.decode(message),
      { [requestType.fieldsArray[0].name]: 32 }, withToken(), within(),
      (error, answer) => (error ? reject(error) : resolve(answer))));
    assert.strictEqual(found[responseType.fieldsArray[0].name].length, 32);
  });
  test(`reflection ${version}: by a name of any kind, and by file`, async () => {
    for (const symbol of ['grep11.SignSingleRequest', 'grep11.Crypto.SignSingle', 'grep11.Grep11Error',
      'grep11.SignSingleRequest.Data', 'grep11.RSAOAEPParm.Mask', 'grep11.RSAOAEPParm.CkgMgf1Sha256',
      'grep11.GenerateKeyRequest.TemplateEntry', 'grpc.health.v1.HealthCheckResponse.SERVING'])
      assert.ok((await client().getDescriptorBySymbol(symbol, withToken(), within())).getProtobufJsRoot());
    const file = await client().getDescriptorByFileName('quantoki.proto', withToken(), within());
    assert.ok(file.getProtobufJsRoot().lookupService('quantoki.v1.Keystore'));
    assert.ok(file.getProtobufJsRoot().lookupType('grep11.Mechanism')); // which it imports
  });
  test(`reflection ${version}: what is not here is not found`, async () => {
    for (const symbol of ['grep11', 'grep11.', 'grep11.Nothing', 'grep11.Crypto.Nothing', 'Crypto', '', '.grep11.Crypto',
      'grep11.SignSingleRequest.Data.More', 'quantoki.rpc.Status'])
      await assert.rejects(client().getDescriptorBySymbol(symbol, withToken(), within()), /not found/, symbol);
    await assert.rejects(client().getDescriptorByFileName('../grep11.proto', withToken(), within()), /not found/);
  });
  test(`reflection ${version}: a type that is here has no extensions`, async () => {
    const { extensionNumber } = await client().getAllExtensionNumbersOfType('grep11.Mechanism', withToken(), within());
    assert.deepStrictEqual(extensionNumber || [], []);
    await assert.rejects(client().getAllExtensionNumbersOfType('grep11.Crypto', withToken(), within()), /no type/);
  });
  test(`reflection ${version}: needs a token`, async () => {
    await assert.rejects(client().listServices('*', new grpc.Metadata(), within()),
      /16 UNAUTHENTICATED/);
  });
}

const reflection = '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo';
test('reflection: each question on a stream is answered, errors too, in their order', () => raw.withSession(async (session) => {
  const questions = [raw.bytes(7, Buffer.alloc(0)), raw.bytes(4, Buffer.from('no.Such')), Buffer.alloc(0),
    raw.bytes(5, raw.bytes(1, Buffer.from('grep11.Mechanism'))), raw.bytes(3, Buffer.from('errors.proto'))];
  const answer = await raw.call(session, reflection, Buffer.concat(questions.map((question) => raw.message(question))));
  assert.strictEqual(answer.status, 0);
  const kinds = [];
  for (let at = 0; at < answer.body.length;) {
    const one = answer.body.subarray(at + 5, at += 5 + answer.body.readUInt32BE(at + 1));
    const skipped = 2 + one[1]; // original_request is first
    assert.strictEqual(one[0], 0x12);
    assert.deepStrictEqual(one.subarray(2, skipped), questions[kinds.length]);
    kinds.push(one[skipped] >> 3);
  }
  assert.deepStrictEqual(kinds, [6, 7, 7, 7, 4]);
}));
test('reflection: a message that is none ends the stream', () => raw.withSession(async (session) => {
  raw.refused(await raw.call(session, reflection, raw.message(Buffer.from('3aff', 'hex'))), grpc.status.INVALID_ARGUMENT);
  await raw.serves(session);
}));
test('reflection: who asks and does not read loses the stream', () => raw.withSession(async (session) => {
  const question = raw.message(raw.bytes(4, Buffer.from('grep11.Crypto')));
  const stream = raw.open(session, reflection);
  const ended = new Promise((resolve) => stream.on('trailers', resolve));
  stream.pause();
  for (let i = 0; i < 200; i++) stream.write(question);
  await raw.serves(session);
  stream.resume();
  assert.strictEqual((await ended)['grpc-status'], String(grpc.status.RESOURCE_EXHAUSTED));
}, { settings: { initialWindowSize: 1000 } }));

test('bad tokens: answered later and later, then told to slow down; a good one meanwhile at once', () => slowly);

start(async () => {
  token = await tokenOf('user');
  raw.useToken(token);
  health = new Health(grpcAddress, credentials);
  slowly = laterAndLater();
  slowly.catch(() => {}); // the last test tells
});
