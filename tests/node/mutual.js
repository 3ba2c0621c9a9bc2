// SPDX-License-Identifier: Apache-2.0
// One call of GenerateRandom with a client certificate, or without: mutual.js CA TOKEN-FILE [CERTIFICATE KEY]. Prints the
// number of bytes, or the status. Server and proto files come from the environment, as for grep11_test.js.
'use strict';
const fs = require('fs');
const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');

const [ca, token, certificate, key] = process.argv.slice(2);
const read = (path) => (path ? fs.readFileSync(path) : null);
const definition = loader.loadSync('grep11.proto', { includeDirs: [process.env.QUANTOKI_PROTO], keepCase: true });
const service = grpc.loadPackageDefinition(definition).grep11.Crypto;
const client = new service(process.env.QUANTOKI_GRPC, grpc.credentials.createSsl(read(ca), read(key), read(certificate)));
const metadata = new grpc.Metadata();

metadata.set('authorization', 'Bearer ' + fs.readFileSync(token, 'utf8').trim());
client.GenerateRandom({ Len: 32 }, metadata, { deadline: Date.now() + 10000 }, (error, answer) => {
  console.log(error ? 'status ' + error.code : answer.Rnd.length + ' bytes');
  process.exit(0);
});
