// SPDX-License-Identifier: Apache-2.0
// Tests in TAP, one after the other.
'use strict';

const cases = [];

class Skipped extends Error {}

exports.test = (name, run) => cases.push({ name, run });
// Ends the test that calls it; it counts as skipped.
exports.skip = (reason) => {
  throw new Skipped(reason);
};

exports.runAll = async () => {
  let failed = 0;
  console.log(`1..${cases.length}`);
  for (const [i, { name, run }] of cases.entries()) {
    try {
      await run();
      console.log(`ok ${i + 1} - ${name}`);
    } catch (error) {
      if (error instanceof Skipped) {
        console.log(`ok ${i + 1} - ${name} # SKIP ${error.message}`);
        continue;
      }
      failed++;
      console.log(`not ok ${i + 1} - ${name}`);
      console.log(String(error.stack || error).replace(/^/gm, '# '));
    }
  }
  process.exit(failed ? 1 : 0);
};

exports.start = (prepare) =>
  prepare().then(exports.runAll, (error) => {
    console.log(`Bail out! ${error}`);
    process.exit(1);
  });
