// SPDX-License-Identifier: Apache-2.0
// Asks a gRPC server for its health as a load balancer does: health.js ADDRESS CA [watch]. Prints what it says, or the
// status; with `watch`, a line for each change until the server ends it.
'use strict';
const fs = require('fs');
const path = require('path');
const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');

const [address, ca, watch] = process.argv.slice(2);
const folder = path.join(path.dirname(require.resolve('grpc-health-check/package.json')), 'proto');
const definition = loader.loadSync('health/v1/health.proto', { includeDirs: [folder], enums: String, defaults: true });
const { Health } = grpc.loadPackageDefinition(definition).grpc.health.v1;
const client = new Health(address, grpc.credentials.createSsl(fs.readFileSync(ca)));
const say = (error, answer) => console.log(error ? `status ${error.code}` : answer.status);

if (watch) {
  client.Watch({ service: '' }).on('data', (answer) => say(null, answer)).on('error', (error) => {
    say(error);
    process.exit(0);
  });
} else {
  client.Check({ service: '' }, { deadline: Date.now() + 10000 }, (error, answer) => {
    say(error, answer);
    process.exit(0);
  });
}
