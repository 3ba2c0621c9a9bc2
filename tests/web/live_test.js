// SPDX-License-Identifier: Apache-2.0
// The status page of a real quantokid whose only source is a FIFO that this test feeds. What the page looks like in all
// its states is page_test.js; here it is whether quantokid's answers fit it. Started by live.sh.
//
// usage: live_test.js URL FIFO TOKEN_FILE PICTURES
'use strict';

const assert = require('assert');
const { spawn } = require('child_process');
const fs = require('fs');
const path = require('path');
const { Browser } = require('./browser');
const { test, runAll } = require('../node/tap');

const [url, fifo, tokenFile, pictures] = process.argv.slice(2);
const token = fs.readFileSync(tokenFile, 'utf8').trim();

let page;
let feeder = Number(process.env.feeder); // the shell fed until now

// It may have ended by itself, when the server closed its end.
const stopFeeding = () => {
  try {
    process.kill(feeder);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
};

// What the source gives from now on. A process of its own: a Node that waits in open(2) for a reader could not end.
const feed = (device) => {
  const child = spawn('sh', ['-c', 'exec cat "$0" >"$1"', device, fifo], { stdio: 'ignore' });
  stopFeeding();
  feeder = child.pid;
};

const reads = (selector, wanted) =>
  page.until(
    (which, words) =>
      document
        .querySelector(which)
        ?.innerText.replace(/[\s\u00a0]+/g, ' ')
        .includes(words),
    selector,
    wanted,
  );
const details = () =>
  page.run(() =>
    Object.fromEntries(
      [...document.querySelectorAll('.details dl > div')]
        .filter((one) => one.offsetParent)
        .map((one) => [...one.children].map((part) => part.innerText.replace(/[\s\u00a0]+/g, ' ').trim())),
    ),
  );
const ask = (where) =>
  page.run(
    async (what, bearer) => {
      const answer = await fetch(what, { headers: bearer ? { Authorization: `Bearer ${bearer}` } : {} });
      return { status: answer.status, json: await answer.json() };
    },
    where,
    token,
  );

test('the page says that quantum and mixed entropy is served', async () => {
  await page.open(`${url}/`);
  await reads('h1', 'Serving quantum and mixed entropy');
  await reads('#headline-more', 'The source is active.');
  await reads('footer', `Quantoki ${(await ask('api/v1/status')).json.version}`);
});

test('the source opens to what the status says of it', async () => {
  await page.run(() => document.querySelector('[data-source="noise"] .opener').click());
  const shown = await details();
  const [source] = (await ask('api/v1/status')).json.sources;
  assert.strictEqual(shown.Type, 'Quantum, device');
  assert.strictEqual(shown.Device, fifo);
  assert.strictEqual(
    shown['Claimed min-entropy'],
    `${source.min_entropy} bits per sample of ${source.sample_bits} bits`,
  );
  assert.ok(
    shown['Repetition count'].includes(`cut-off ${source.rct.cutoff}, permanent ${source.rct.permanent_cutoff}`),
    shown['Repetition count'],
  );
  assert.ok(
    shown['Adaptive proportion'].includes(
      `cut-off ${source.apt.cutoff} of ${source.apt.window}, permanent ${source.apt.permanent_cutoff}`,
    ),
  );
  assert.strictEqual(shown.Errors, '0');
  assert.match(shown['Last test run'], /^Passed .*98\.99 % of the tests passed, 100 % uniform$/);
});

test('what is served is counted', async () => {
  assert.strictEqual((await ask('api/v1/quantum-entropy?size=512')).status, 200);
  await page.until(() =>
    /^(5\d\d KiB|[\d.]+ MiB)/.test(document.querySelector('#figures dd').innerText.replace(/\u00a0/g, ' ')),
  );
});

test('the reserve fills, and the bar with it', async () => {
  await page.until(() => Number(document.getElementById('storage-bar').getAttribute('aria-valuenow')) > 0);
  await reads('#storage-amount', '/');
});

test('runs are in the table and in the charts', async () => {
  await page.until(() => document.querySelectorAll('#runs-body tr').length === 8);
  assert.strictEqual(
    await page.run(() => document.querySelectorAll('#runs-body .badge[data-badge="Error"]').length),
    2,
  );
  await page.until(() => document.querySelectorAll('#test-charts canvas').length === 2);
});

test('after two points there is a history', async () => {
  await page.until(() => document.querySelectorAll('#history canvas').length === 4);
  await page.picture(path.join(pictures, 'live-light.png'));
});

test('the log bundle is saved', async () => {
  const folder = fs.mkdtempSync(path.join(pictures, 'download-'));
  await page.send('Browser.setDownloadBehavior', { behavior: 'allow', downloadPath: folder });
  await page.run(() => document.getElementById('logs').click());
  await reads('#logs-note', 'Saved quantoki-logs-');
  const end = Date.now() + 20000;
  while (!fs.readdirSync(folder).some((name) => name.endsWith('.tar.gz'))) {
    assert.ok(Date.now() < end, 'no file came');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const [name] = fs.readdirSync(folder);
  assert.strictEqual(fs.readFileSync(path.join(folder, name)).readUInt16BE(0), 0x1f8b);
  fs.rmSync(folder, { recursive: true });
});

test('nothing went wrong unseen', async () => {
  assert.deepStrictEqual(page.problems, []);
});

test('a source that gives zeros is shown as failed, and as active once it is back', async () => {
  feed('/dev/zero');
  // A source whose queue is full is read slowly: what went bad is seen when bytes are asked for.
  await page.until(
    async (bearer) =>
      (await fetch('api/v1/random/raw?bytes=1048576', { headers: { Authorization: `Bearer ${bearer}` } })).status ===
      503,
    token,
  );
  await reads('h1', 'No entropy is served');
  await reads('[data-source="noise"]', 'Error');
  await reads('#notices', 'noise');
  assert.ok(Number((await details()).Errors) >= 1);
  assert.strictEqual((await ask('api/v1/quantum-entropy')).status, 503);
  await page.look({ dark: true });
  await page.picture(path.join(pictures, 'live-error-dark.png'));
  feed('/dev/urandom');
  assert.strictEqual(
    await page.run(
      async (bearer) =>
        (
          await fetch('api/v1/sources/noise/restart', {
            method: 'POST',
            headers: { Authorization: `Bearer ${bearer}` },
          })
        ).status,
      token,
    ),
    204,
  );
  await reads('h1', 'Serving quantum and mixed entropy');
  await page.until(() => document.getElementById('notices').innerText === '');
  assert.ok(
    page.problems.every((one) => one.includes('503')),
    String(page.problems),
  ); // the browser notes what this test asked for
});

const main = async () => {
  fs.mkdirSync(pictures, { recursive: true });
  const browser = await Browser.start('--ignore-certificate-errors');
  process.on('exit', () => {
    browser.kill();
    stopFeeding();
  });
  page = await browser.page();
  await runAll();
};

main().catch((error) => {
  console.log(`Bail out! ${error.stack}`);
  process.exit(1);
});
