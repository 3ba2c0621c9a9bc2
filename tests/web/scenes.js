// SPDX-License-Identifier: Apache-2.0
// The status page in headless Chromium, in front of a stand-in that plays one scene after the other (stand_in.py).
// What the tests of the page share: scenes, reading what is rendered, and the start of everything.
'use strict';

const assert = require('assert');
const { spawn } = require('child_process');
const fs = require('fs');
const path = require('path');
const { Browser } = require('./browser');
const { runAll } = require('../node/tap');

const [web, uplot, pictures] = process.argv.slice(2);

let base;
let browser;

const post = (where) => fetch(`${base}${where}`, { method: 'POST' }).then((answer) => assert.ok(answer.ok, where));
const asked = async () => (await fetch(`${base}/asked`)).json();

// A fresh page in a scene. Runs `use` with it and then sees that nothing went wrong unseen.
const inScene = async (scene, use, { view = {}, expected = /^$/, flags = async () => {} } = {}) => {
  await post(`/scene/${scene}`);
  const page = await browser.page();
  await page.look(view);
  await flags(page);
  await page.open(`${base}/`);
  await use(page);
  await page.close();
  assert.deepStrictEqual(
    page.problems.filter((one) => !expected.test(one)),
    [],
  );
};

const text = (page, selector) =>
  page.run(
    (which) =>
      document
        .querySelector(which)
        .innerText.replace(/[\s\u00a0]+/g, ' ')
        .trim(),
    selector,
  );
const texts = (page, selector) =>
  page.run(
    (which) =>
      [...document.querySelectorAll(which)]
        .filter((one) => one.offsetParent)
        .map((one) => one.innerText.replace(/[\s\u00a0]+/g, ' ').trim()),
    selector,
  );
// Until somebody who looks at the page can read this there.
const reads = (page, selector, wanted) =>
  page.until(
    (which, words) => {
      const node = document.querySelector(which);
      return node?.checkVisibility() && node.innerText.replace(/[\s\u00a0]+/g, ' ').includes(words);
    },
    selector,
    wanted,
  );
const colour = (page, selector) =>
  page.run((which) => getComputedStyle(document.querySelector(which)).backgroundColor, selector);
const open = (page, name) =>
  page.run((which) => document.querySelector(`[data-source="${which}"] .opener`).click(), name);
// What the details of a source say: name of the field -> text.
const details = (page, name) =>
  page.run((which) => {
    const row = document.querySelector(`[data-source="${which}"]`).nextElementSibling;
    return Object.fromEntries(
      [...row.querySelectorAll('dl > div')]
        .filter((one) => one.offsetParent)
        .map((one) => [...one.children].map((part) => part.innerText.replace(/[\s\u00a0]+/g, ' ').trim())),
    );
  }, name);
// All six, and shown: the page makes them before it uncovers them.
const drawn = (page) =>
  page.until(() => [...document.querySelectorAll('.plot canvas')].filter((one) => one.checkVisibility()).length === 6);
// How many pixels of each chart are painted, and how many of those in colour.
const painted = (page) =>
  page.run(() =>
    [...document.querySelectorAll('.plot canvas')].map((canvas) => {
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      let some = 0;
      let colours = 0;
      for (let i = 0; i < data.length; i += 4) {
        if (data[i + 3] === 0) continue;
        some++;
        if (Math.max(data[i], data[i + 1], data[i + 2]) - Math.min(data[i], data[i + 1], data[i + 2]) > 40) colours++;
      }
      return { some, colours };
    }),
  );

const main = async () => {
  fs.mkdirSync(pictures, { recursive: true });
  const standIn = spawn('python3', [path.join(__dirname, 'stand_in.py'), web, uplot], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  process.on('exit', () => standIn.kill());
  const port = await new Promise((resolve) => standIn.stdout.once('data', (said) => resolve(String(said).trim())));
  base = `http://127.0.0.1:${port}`;
  browser = await Browser.start();
  process.on('exit', () => browser.kill());
  await runAll();
};

const start = () =>
  main().catch((error) => {
    console.log(`Bail out! ${error.stack}`);
    process.exit(1);
  });

// The browser's own notes of requests that failed.
const NETWORK = /^network: /;

module.exports = {
  NETWORK,
  asked,
  baseOf: () => base,
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
};
