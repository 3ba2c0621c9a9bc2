// SPDX-License-Identifier: Apache-2.0
// What a GREP11 application has: a token from the IAM endpoint, and stubs made from the .proto file.
'use strict';

const fs = require('fs');
const https = require('https');
const path = require('path');
const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');

const instance = process.env.QUANTOKI_INSTANCE;
const protoFolder = process.env.QUANTOKI_PROTO;
const grpcAddress = process.env.QUANTOKI_GRPC;
const httpsAddress = process.env.QUANTOKI_HTTPS;

const ca = fs.readFileSync(path.join(instance, 'ca.pem'));
exports.ca = ca;
exports.grpcAddress = grpcAddress;
exports.apiKey = (name) => fs.readFileSync(path.join(instance, 'api-keys', name), 'utf8').trim();

exports.post = (pathAndQuery, headers, body) =>
  new Promise((resolve, reject) => {
    const request = https.request(`https://${httpsAddress}${pathAndQuery}`, { method: 'POST', ca, headers }, (answer) => {
      let text = '';
      answer.on('data', (chunk) => (text += chunk));
      answer.on('end', () => resolve({ status: answer.statusCode, headers: answer.headers, text }));
    });
    request.on('error', reject);
    request.end(body);
  });

exports.get = (pathAndQuery) =>
  new Promise((resolve, reject) => {
    https
      .get(`https://${httpsAddress}${pathAndQuery}`, { ca }, (answer) => {
        let text = '';
        answer.on('data', (chunk) => (text += chunk));
        answer.on('end', () => resolve({ status: answer.statusCode, text }));
      })
      .on('error', reject);
  });

exports.grant = 'urn:ibm:params:oauth:grant-type:apikey';

exports.tokenOf = async (name) => {
  const answer = await exports.post(
    '/identity/token',
    { 'Content-Type': 'application/x-www-form-urlencoded', Accept: 'application/json' },
    `grant_type=${exports.grant}&apikey=${exports.apiKey(name)}`,
  );
  return JSON.parse(answer.text).access_token;
};

const options = { keepCase: true, longs: String, enums: String, defaults: false, oneofs: true };
const load = (file) => grpc.loadPackageDefinition(loader.loadSync(path.join(protoFolder, file), { ...options, includeDirs: [protoFolder] }));
const grep11 = load('grep11.proto').grep11;
const quantoki = load('quantoki.proto').quantoki.v1;
const protobuf = require('protobufjs');
const Grep11Error = protobuf.loadSync(path.join(protoFolder, 'errors.proto')).lookupType('grep11.Grep11Error');
const Status = protobuf.loadSync(path.join(protoFolder, 'status.proto')).lookupType('quantoki.rpc.Status');

const channelOptions = { 'grpc.max_send_message_length': -1, 'grpc.max_receive_message_length': -1 };

// The Grep11Error of a failed call. Throws unless there is exactly one.
exports.detailOf = (error) => {
  const found = error.metadata ? error.metadata.get('grpc-status-details-bin') : [];
  if (found.length !== 1) throw new Error(`${found.length} status details in: ${error}`);
  const status = Status.decode(found[0]);
  if (status.code !== error.code) throw new Error(`status ${status.code} in the details, ${error.code} outside`);
  if (status.details.length !== 1) throw new Error(`${status.details.length} details`);
  if (!status.details[0].typeUrl.endsWith('grep11.Grep11Error')) throw new Error(status.details[0].typeUrl);
  const detail = Grep11Error.decode(status.details[0].value);
  return { Code: Number(detail.Code), Detail: detail.Detail, Retry: detail.Retry };
};

const promised = (client, metadata) =>
  new Proxy(client, {
    get: (target, method) => (request, callOptions) =>
      new Promise((resolve, reject) =>
        target[method](request, metadata, callOptions || {}, (error, answer) => (error ? reject(error) : resolve(answer))),
      ),
  });

exports.connect = (token, service = grep11.Crypto, credentials = grpc.credentials.createSsl(ca), pinBlob = null) => {
  const metadata = new grpc.Metadata();
  if (token) metadata.set('authorization', `Bearer ${token}`);
  if (pinBlob) metadata.set('quantoki-login-bin', pinBlob);
  const client = new service(grpcAddress, credentials, channelOptions);
  return promised(client, metadata);
};
exports.Keystore = quantoki.Keystore;
exports.OurCrypto = quantoki.Crypto;
exports.Crypto = grep11.Crypto;
exports.grpc = grpc;
