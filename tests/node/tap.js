// SPDX-License-Identifier: Apache-2.0
// Tests in TAP, one after the other.
'use strict';

const cases = [];

exports.test = (name, run) => cases.push({ name, run });

exports.runAll = async () => {
  let failed = 0;
  console.log(`1..${cases.length}`);
  for (const [i, { name, run }] of cases.entries()) {
    try {
      await run();
      console.log(`ok ${i + 1} - ${name}`);
    } catch (error) {
      failed++;
      console.log(`not ok ${i + 1} - ${name}`);
      console.log(String(error.stack || error).replace(/^/gm, '# '));
    }
  }
  process.exit(failed ? 1 : 0);
};
