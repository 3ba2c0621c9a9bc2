// SPDX-License-Identifier: Apache-2.0
// SIGTERM: no call is lost. The server that is running is stopped, and others are started in its place by this test; the
// last one, too, ends with status 0.
'use strict';

const assert = require('assert');
const fs = require('fs');
const path = require('path');
const { once } = require('events');
const { spawn } = require('child_process');
const tls = require('tls');
const { start, test } = require('./tap');
const { ca, connect, grpc, grpcAddress, tokenOf } = require('./client');
const raw = require('./raw');
const { CKA, CKM, bytes, curves, flag, int } = require('./vocabulary');

const PATIENCE = 30000;
let server; // { stop, ended }

const gone = async (pid) => {
  for (const end = Date.now() + PATIENCE; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 10)))
    try {
      process.kill(pid, 0);
      if (/^State:\s+Z/m.test(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))) return;
    } catch {
      return;
    }
  throw new Error('the server does not end');
};
const theFirst = () => {
  const pid = Number(process.env.QUANTOKI_SERVER_PID);
  return { stop: () => process.kill(pid, 'SIGTERM'), ended: () => gone(pid) };
};
const configuration = path.join(process.env.QUANTOKI_INSTANCE, 'quantokid.yaml');
const startServer = async (config = configuration) => {
  const child = spawn(process.env.QUANTOKI_SERVER, ['--config', config], { stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = once(child, 'close'); // and all of its log is read
  let text = '';
  await new Promise((resolve, reject) => {
    child.stderr.on('data', (chunk) => /op=ready/.test((text += chunk)) && resolve());
    ended.then(([code]) => reject(new Error(`quantokid ended with ${code}: ${text}`)));
  });
  return { stop: () => child.kill('SIGTERM'), ended: async () => assert.deepStrictEqual(await ended, [0, null], text), log: () => text };
};
const restart = async () => {
  server.stop();
  await server.ended();
  server = await startServer();
};
const roundTrip = (session) => new Promise((resolve) => session.ping(() => resolve()));
// The last-stream ids of the server's GOAWAYs.
const farewells = (session) => {
  const ids = [];
  session.on('goaway', (code, lastStreamID) => ids.push([code, lastStreamID]));
  return ids;
};

test('calls under way are answered, new streams refused, then the connection ends', () => raw.withSession(async (session) => {
  await raw.serves(session);
  const ids = farewells(session);
  const stream = raw.open(session, raw.random);
  const answer = raw.answerOf(stream);
  await roundTrip(session); // it is open there
  const closed = once(session, 'close');
  server.stop();
  await once(session, 'goaway');
  stream.end(raw.message(raw.number(1, 16)));
  assert.strictEqual((await answer).status, 0);
  await closed;
  await server.ended();
  assert.deepStrictEqual(ids[0], [0, 2 ** 31 - 1]);
  assert.strictEqual(ids.at(-1)[0], 0);
  await assert.rejects(raw.connect());
  server = await startServer();
}));

test('who watches health is told, then the stream ends', () => raw.withSession(async (session) => {
  const watch = raw.call(session, '/grpc.health.v1.Health/Watch', raw.message(Buffer.alloc(0)));
  await raw.serves(session);
  await restart();
  const answer = await watch;
  assert.strictEqual(answer.status, grpc.status.UNAVAILABLE);
  assert.strictEqual(answer.body.toString('hex'), '00000000020801' + '00000000020802');
}));

// HTTP/2's preface and empty SETTINGS, then silence.
const deafClient = async () => {
  const [host, port] = grpcAddress.split(':');
  const socket = tls.connect({ host, port, ca, ALPNProtocols: ['h2'], checkServerIdentity: () => undefined });
  socket.on('error', () => {});
  await once(socket, 'secureConnect');
  socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0');
  await once(socket, 'data');
  return socket.pause();
};
test('an idle connection ends, also one whose client does not listen', () => raw.withSession(async (idle) => {
  await raw.serves(idle);
  const deaf = await deafClient();
  const before = Date.now();
  await restart(); // and stop_seconds would be ten
  assert.ok(Date.now() - before < 9000);
  deaf.destroy();
}));

test('@grpc/grpc-js: calls in flight during the stop succeed, and the client finds the new server', async () => {
  const token = await tokenOf('user');
  const hsm = connect(token);
  const within = { deadline: Date.now() + PATIENCE };
  const { PrivKey } = await hsm.GenerateKeyPair({ Mech: { Mechanism: CKM.EC_KEY_PAIR_GEN },
    PubKeyTemplate: { [CKA.EC_PARAMS]: bytes(curves['P-256']), [CKA.VERIFY]: flag(true) },
    PrivKeyTemplate: { [CKA.SIGN]: flag(true) } });
  const sign = () => hsm.SignSingle({ PrivKey, Mech: { Mechanism: CKM.ECDSA }, Data: Buffer.alloc(32) }, within);
  const slow = [1, 2].map(() => hsm.GenerateKeyPair({ Mech: { Mechanism: CKM.RSA_PKCS_KEY_PAIR_GEN }, PrivKeyTemplate: {},
    PubKeyTemplate: { [CKA.MODULUS_BITS]: int(2048), [CKA.PUBLIC_EXPONENT]: int(65537) } }, within));
  // Calls without a pause, from before the stop until the server has gone: none of those that reach it is lost. What a
  // client tells of the time between the two servers is UNAVAILABLE, which it may repeat.
  let stopped = false;
  const seen = { ok: 0, away: 0, lost: [] };
  const caller = async () => {
    while (!stopped)
      await sign().then(() => seen.ok++, (error) => {
        if (error.code !== grpc.status.UNAVAILABLE || !/connect|No connection/i.test(error.details)) seen.lost.push(error);
        else seen.away++;
        return new Promise(setImmediate);
      });
  };
  const callers = Array.from({ length: 16 }, caller);
  while (seen.ok < 200) await new Promise(setImmediate);
  server.stop();
  for (const { PubKeyBytes } of await Promise.all(slow)) assert.ok(PubKeyBytes.length > 256);
  await server.ended();
  stopped = true;
  await Promise.all(callers);
  assert.deepStrictEqual(seen.lost, []);
  server = await startServer();
  let answer;
  while (!answer)
    answer = await sign().catch((error) => {
      assert.strictEqual(error.code, grpc.status.UNAVAILABLE); // until the client tries to connect again
      return new Promise((resolve) => setTimeout(resolve, 20));
    });
  assert.strictEqual(answer.Signature.length, 64);
});

test('when stop_seconds are over, what waits for a thread is not begun', async () => {
  server.stop();
  await server.ended();
  const impatient = `${configuration}.impatient.yaml`;
  fs.writeFileSync(impatient, `${fs.readFileSync(configuration, 'utf8')}\nstop_seconds: 1\nworkers: 2\nslow_threads: 1\n`);
  server = await startServer(impatient);
  const hsm = connect(await tokenOf('user'));
  const asked = Array.from({ length: 40 }, () => hsm.GenerateKeyPair({ Mech: { Mechanism: CKM.RSA_PKCS_KEY_PAIR_GEN },
    PubKeyTemplate: { [CKA.MODULUS_BITS]: int(4096), [CKA.PUBLIC_EXPONENT]: int(65537) }, PrivKeyTemplate: {} },
  { deadline: Date.now() + PATIENCE }));
  const answers = Promise.allSettled(asked);
  await Promise.race(asked); // the others wait
  server.stop();
  await server.ended();
  await answers;
  assert.ok(server.log().match(/before its turn came/g)?.length > 10, server.log());
  server = await startServer();
});

// As the Go examples talk to a server if GREP11_LOCAL is set.
test('without TLS and tokens, on this machine, if the configuration says so', async () => {
  server.stop();
  await server.ended();
  const plain = `${configuration}.plain.yaml`;
  fs.writeFileSync(plain, `${fs.readFileSync(configuration, 'utf8').replace(/^grpc:/m, 'grpc:\n  tls: off')}\niam: { enabled: false }\n`);
  server = await startServer(plain);
  const { Rnd } = await connect(null, undefined, grpc.credentials.createInsecure()).GenerateRandom({ Len: 4096 });
  assert.strictEqual(Rnd.length, 4096);
});

test('the last one ends as well', async () => {
  server.stop();
  await server.ended();
});

start(async () => {
  server = theFirst();
  raw.useToken(await tokenOf('user'));
});
