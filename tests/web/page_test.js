// SPDX-License-Identifier: Apache-2.0
// What the status page shows, in which state, and what it does when the server does not answer.
//
// usage: page_test.js WEB_FOLDER UPLOT_FOLDER PICTURES
'use strict';

const assert = require('assert');
const fs = require('fs');
const path = require('path');
const {
  NETWORK,
  asked,
  colour,
  details,
  drawn,
  inScene,
  open,
  painted,
  pictures,
  post,
  reads,
  start,
  text,
  texts,
} = require('./scenes');
const { test } = require('../node/tap');

const GREEN = 'rgb(65, 212, 120)';
const YELLOW = 'rgb(255, 192, 29)';
const RED = 'rgb(253, 85, 71)';

// ---- what is shown ----

test('the headline says which types of entropy are served', () =>
  inScene('active', async (page) => {
    await reads(page, 'h1', 'Serving quantum and mixed entropy');
    assert.strictEqual(await text(page, '#headline-more'), 'All 4 sources are active.');
    assert.strictEqual(await page.run(() => document.title), 'Serving quantum and mixed entropy · Quantoki');
    assert.strictEqual(await colour(page, '#headline-dot'), GREEN);
    assert.deepStrictEqual(await texts(page, '#notices *'), []);
  }));

test('there is one entry of navigation, and the version at the bottom', () =>
  inScene('active', async (page) => {
    await reads(page, 'footer', 'Quantoki 0.1.0');
    assert.deepStrictEqual(await texts(page, 'nav a'), ['Status']);
  }));

test('sources are sorted by name, numbers in it by value', () =>
  inScene('active', async (page) => {
    await reads(page, '#sources', 'quantis10');
    assert.deepStrictEqual(await texts(page, '.sources thead th'), ['Source', 'Status']);
    assert.deepStrictEqual(await texts(page, '.source-name'), ['cpu', 'kernel', 'quantis2', 'quantis10']);
    assert.deepStrictEqual(await texts(page, '.sources .badge'), ['Active', 'Active', 'Active', 'Active']);
    assert.strictEqual(await colour(page, '.sources .badge'), GREEN);
  }));

test('a row opens to the details of its source', () =>
  inScene('active', async (page) => {
    await reads(page, '#sources', 'quantis2');
    assert.deepStrictEqual(await texts(page, '.details'), []);
    await open(page, 'quantis2');
    assert.deepStrictEqual(await details(page, 'quantis2'), {
      Source: 'quantis2',
      Status: 'Active',
      Type: 'Quantum, device',
      Device: '/dev/quantis2',
      'Claimed min-entropy': '7.8 bits per sample of 8 bits',
      'Data Rate': '16.4 Mb/s 123,456,789 samples tested',
      'Repetition count': '0 failures cut-off 7, permanent 11',
      'Adaptive proportion': '0 failures cut-off 27 of 512, permanent 40',
      'Start-up tests': '1 passed',
      Credited: 'Yes, priority 1',
      Queue: '64.0 KiB',
      'Last test run': (await details(page, 'quantis2'))['Last test run'],
      Errors: '0',
    });
    assert.match(
      (await details(page, 'quantis2'))['Last test run'],
      /^Passed [-0-9 :]+: 98.99 % of the tests passed, 100 % uniform$/,
    );
    assert.strictEqual(await colour(page, '[data-source="quantis2"] + tr dl > div:last-child .badge'), GREEN);
    await open(page, 'quantis2');
    assert.deepStrictEqual(await texts(page, '.details'), []);
  }));

test('details stay open while answers come in', () =>
  inScene('active', async (page) => {
    await reads(page, '#sources', 'quantis2');
    await open(page, 'quantis2');
    await post('/scene/error');
    await reads(page, '[data-source="quantis2"]', 'Error');
    assert.strictEqual((await details(page, 'quantis2')).Errors, '3');
  }));

test('the storage shows percent, amount and a bar of that length', () =>
  inScene('active', async (page) => {
    await reads(page, '#storage-amount', 'MiB');
    assert.strictEqual(await text(page, '#storage-percent'), '92 %');
    assert.strictEqual(await text(page, '#storage-amount'), '3.69 MiB / 4.00 MiB');
    const share = () =>
      page.run(
        () =>
          document.getElementById('storage-fill').getBoundingClientRect().width /
          document.getElementById('storage-bar').getBoundingClientRect().width,
      );
    await page.until(
      (wanted) =>
        Math.abs(
          document.getElementById('storage-fill').getBoundingClientRect().width /
            document.getElementById('storage-bar').getBoundingClientRect().width -
            wanted,
        ) < 0.005,
      3865470 / (4 << 20),
    );
    assert.ok((await share()) < 1);
  }));

test('reserves in memory and on disk are added up', () =>
  inScene('error', async (page) => {
    await reads(page, '#storage-parts', 'on disk');
    assert.strictEqual(await text(page, '#storage-amount'), '701 MiB / 1.00 GiB');
    assert.strictEqual(
      await text(page, '#storage-parts'),
      'In locked memory 1.40 MiB of 4.00 MiB, sealed on disk 700 MiB of 1.00 GiB.',
    );
  }));

test('six charts are drawn, each with colour in it', () =>
  inScene('active', async (page) => {
    await drawn(page);
    assert.deepStrictEqual(await texts(page, '.chart h3'), [
      'Source rates',
      'Reserve',
      'Bytes served',
      'Requests',
      'SP 800-22 success rate',
      'Uniformity',
    ]);
    for (const [i, { some, colours }] of (await painted(page)).entries())
      assert.ok(some > 1000 && colours > 50, `chart ${i}: ${some} pixels, ${colours} in colour`);
    assert.match(
      await text(page, '#history .legend'),
      /^cpu [0-9.]+ Mb\/s kernel [0-9.]+ Mb\/s quantis2 [0-9.]+ Mb\/s quantis10 [0-9.]+ Mb\/s$/,
    );
    assert.match(await text(page, '#test-charts .legend'), /output .*quantis2 .*quantis10 .*bound 98\.78 %/);
  }));

test('the pointer tells the values under it', () =>
  inScene('active', async (page) => {
    await drawn(page);
    const told = () =>
      page.run(() =>
        /quantis10[^/]+\/s\s+(\d+-\d+-\d+ )?\d\d:\d\d(:\d\d)?$/.test(
          document.querySelector('#history .legend').innerText.trim(),
        ),
      );
    // A pointer moves more than once; the page may still be moving too.
    const end = Date.now() + 20000;
    for (let step = 0; !(await told()); step++) {
      assert.ok(Date.now() < end, await text(page, '#history .legend'));
      const { x, y } = await page.run(() => {
        const over = document.querySelector('#history .u-over');
        over.scrollIntoView({ block: 'center' });
        const box = over.getBoundingClientRect();
        return { x: box.left + box.width / 3, y: box.top + box.height / 2 };
      });
      await page.send('Input.dispatchMouseEvent', { type: 'mouseMoved', x: x + (step % 9), y });
    }
  }));

test('a day of history fits, and the period can be chosen', () =>
  inScene('day', async (page) => {
    await drawn(page);
    const hour = await page.run(() => document.querySelector('.plot canvas').toDataURL());
    await page.run(() => document.querySelector('input[value="86400"]').click());
    await page.until((was) => document.querySelector('.plot canvas').toDataURL() !== was, hour);
    for (const { colours } of await painted(page)) assert.ok(colours > 50);
    await page.picture(path.join(pictures, 'day.png'));
  }));

test('the last ten runs are in a table, the others on demand', () =>
  inScene('active', async (page) => {
    await reads(page, '#runs', 'output');
    assert.strictEqual((await texts(page, '#runs-body tr')).length, 10);
    assert.match((await texts(page, '#runs-body tr'))[4], /quantis2 96\.86 % 18,210 of 18,800 12 of 15 Failed$/);
    assert.strictEqual(await colour(page, '#runs-body tr:nth-child(5) .badge'), RED);
    assert.strictEqual(await text(page, '#more-runs'), 'Show all 60');
    await page.run(() => document.getElementById('more-runs').click());
    assert.strictEqual((await texts(page, '#runs-body tr')).length, 60);
  }));

// ---- states ----

test('a source in its start-up tests is pending, with a status message', () =>
  inScene('pending', async (page) => {
    await reads(page, 'h1', 'Starting: no entropy yet');
    await open(page, 'quantis2');
    assert.strictEqual(await colour(page, '.sources .badge'), YELLOW);
    const shown = await details(page, 'quantis2');
    assert.strictEqual(shown['Status Message'], 'Start-up test: 2,048 of 4,096 samples');
    assert.strictEqual(shown['Last test run'], 'None yet');
    assert.strictEqual(await text(page, '#storage-percent'), '0 %');
    assert.deepStrictEqual(await texts(page, '.plot .empty'), Array(6).fill('No data yet'));
    assert.strictEqual(await text(page, '#no-runs'), 'No run has been completed yet.');
    await post('/scene/active');
    await reads(page, 'h1', 'Serving quantum and mixed entropy');
    assert.ok(!('Status Message' in (await details(page, 'quantis2'))));
  }));

test('a failed source shows its errors and every message', () =>
  inScene('error', async (page) => {
    await reads(page, 'h1', 'Serving quantum and mixed entropy');
    assert.strictEqual(await text(page, '#headline-more'), '3 of 4 sources are active.');
    assert.strictEqual(
      await text(page, '#notices'),
      'quantis2 is cut off: repetition count test: the value 0 came 7 times in a row',
    );
    await open(page, 'quantis2');
    assert.strictEqual(await colour(page, '[data-source="quantis2"] .badge'), RED);
    assert.strictEqual((await details(page, 'quantis2')).Errors, '3');
    assert.strictEqual(await colour(page, '[data-source="quantis2"] + tr dl > div:last-child .badge'), RED);
    assert.deepStrictEqual(await texts(page, '.messages li span'), [
      'Repetition count test: the value 0 came 7 times in a row',
      'Repetition count test: the value 0 came 8 times in a row',
      'No sample for 10 s: is the device plugged in?',
    ]);
  }));

test('with no healthy source the page says so, and again when one is back', () =>
  inScene('failed', async (page) => {
    await reads(page, 'h1', 'No entropy is served');
    assert.match(await text(page, '#headline-more'), /^No source is healthy\. Requests get status 503/);
    assert.match(
      await text(page, '#notices'),
      /quantis2 failed and stays off until it is restarted: .* quantis10 is cut off: /,
    );
    assert.deepStrictEqual(await texts(page, '.sources .badge'), ['Error', 'Error']);
    assert.match(await text(page, '#storage-parts'), /The reserve's file cannot be written/);
    await post('/scene/active');
    await reads(page, 'h1', 'Serving quantum and mixed entropy');
    assert.deepStrictEqual(await texts(page, '#notices *'), []);
    assert.deepStrictEqual(await texts(page, '.sources .badge'), Array(4).fill('Active'));
  }));

test('without a quantum source it says that answers are mixed', () =>
  inScene('mixed', async (page) => {
    await reads(page, 'h1', 'Serving mixed entropy');
    assert.match(await text(page, '#headline-more'), /No quantum source is healthy/);
    assert.strictEqual(await text(page, '#storage-percent'), 'No reserve');
  }));

test('texts from elsewhere stay text', () =>
  inScene('hostile', async (page) => {
    await reads(page, '#sources', '<img/src=x>');
    await page.run(() => document.querySelector('.opener').click());
    assert.match(await text(page, '.details'), /<script>alert\(1\)<\/script>/);
    assert.strictEqual(await page.run(() => document.querySelectorAll('main img, main script, main b').length), 0);
  }));

// ---- when the server does not answer ----

test('a server that cannot be reached is told plainly, and so is its return', () =>
  inScene(
    'away',
    async (page) => {
      await reads(page, 'h1', 'The server does not answer');
      assert.strictEqual(await text(page, '#notices'), 'The server cannot be reached. Trying again every few seconds.');
      assert.deepStrictEqual(await texts(page, 'h2'), []);
      await post('/scene/active');
      await reads(page, 'h1', 'Serving quantum and mixed entropy');
      await page.until(() => document.getElementById('notices').innerText === '');
    },
    { expected: NETWORK },
  ));

test('what was known stays, with its time, when the server goes', () =>
  inScene(
    'active',
    async (page) => {
      await reads(page, '#sources', 'quantis2');
      await post('/scene/away');
      await reads(page, 'h1', 'The server does not answer');
      assert.match(await text(page, '#notices'), /What follows is of \d\d:\d\d:\d\d\./);
      assert.strictEqual((await texts(page, '.source-name')).length, 4);
    },
    { expected: NETWORK },
  ));

test('a refusal is told with its words', () =>
  inScene(
    'broken',
    async (page) => {
      await reads(page, '#notices', 'The database does not answer (status 500).');
    },
    { expected: NETWORK },
  ));

test('where status needs a token, the page asks for it and keeps it to itself', () =>
  inScene(
    'token',
    async (page) => {
      await reads(page, '#notices', 'The server asks for a token.');
      const type = (words) =>
        page.run((one) => {
          document.getElementById('token').value = one;
          document.querySelector('#token-form button').click();
        }, words);
      await type('wrong');
      await reads(page, '#notices', 'A token of scope metrics is needed (status 401).');
      await type('letmein');
      await reads(page, 'h1', 'Serving quantum and mixed entropy');
      await page.until(() => document.getElementById('token-form').hidden);
      assert.strictEqual(
        await page.run(
          () => document.getElementById('token').value + localStorage.length + sessionStorage.length + document.cookie,
        ),
        '00',
      );
    },
    { expected: NETWORK },
  ));

test('a hidden page asks nothing', () =>
  inScene('active', async (page) => {
    await reads(page, 'h1', 'Serving');
    await page.run(() => {
      Object.defineProperty(document, 'hidden', { configurable: true, get: () => true });
      document.dispatchEvent(new Event('visibilitychange'));
    });
    await page.run(() => new Promise((resolve) => setTimeout(resolve, 500))); // what was under way ends
    const before = (await asked()).asked['/api/v1/status'];
    await page.run(() => new Promise((resolve) => setTimeout(resolve, 4000)));
    assert.strictEqual((await asked()).asked['/api/v1/status'], before);
    await page.run(() => {
      delete document.hidden;
      document.dispatchEvent(new Event('visibilitychange'));
    });
    const end = Date.now() + 20000;
    while ((await asked()).asked['/api/v1/status'] === before) assert.ok(Date.now() < end, 'asks again when seen');
  }));

// ---- the log bundle ----

test('the log bundle is fetched with progress and saved whole', () =>
  inScene('active', async (page) => {
    const folder = fs.mkdtempSync(path.join(pictures, 'download-'));
    await page.send('Browser.setDownloadBehavior', { behavior: 'allow', downloadPath: folder });
    await page.run(() => document.getElementById('logs').click());
    await reads(page, '#logs-note', 'Received 146 KiB of 293 KiB. Leaving this page cancels it.');
    assert.strictEqual(await page.run(() => document.getElementById('logs-spinner').hidden), false);
    await post('/bundle/go-on');
    await reads(page, '#logs-note', 'Saved quantoki-logs-20261121T140000Z.tar.gz, 293 KiB.');
    assert.strictEqual(await page.run(() => document.getElementById('logs-spinner').hidden), true);
    const file = path.join(folder, 'quantoki-logs-20261121T140000Z.tar.gz');
    const end = Date.now() + 20000;
    while (!(fs.existsSync(file) && fs.statSync(file).size === 300000)) {
      assert.ok(Date.now() < end, `${fs.readdirSync(folder)}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    fs.rmSync(folder, { recursive: true });
  }));

const cutOff = async () => {
  const end = Date.now() + 20000;
  while (!(await asked()).bundle_cut) assert.ok(Date.now() < end, 'the server still sends');
};

test('the download can be cancelled', () =>
  inScene('active', async (page) => {
    await post('/bundle/forget');
    await page.run(() => document.getElementById('logs').click());
    await reads(page, '#logs-note', 'Received');
    await page.run(() => document.getElementById('logs-cancel').click());
    await reads(page, '#logs-note', 'Cancelled.');
    await cutOff();
  }));

test('leaving the page cancels the download', () =>
  inScene('active', async (page) => {
    await post('/bundle/forget');
    await page.run(() => document.getElementById('logs').click());
    await reads(page, '#logs-note', 'Received');
    await page.open('about:blank');
    await cutOff();
  }));

start();
