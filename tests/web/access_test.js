// SPDX-License-Identifier: Apache-2.0
// The status page for everybody: keyboard, screen reader, contrast, phone, themes, no JavaScript; and its policy.
// Pictures of the scenes go to a folder; look at them when the page was changed.
//
// usage: access_test.js WEB_FOLDER UPLOT_FOLDER PICTURES
'use strict';

const assert = require('assert');
const path = require('path');
const { NETWORK, baseOf, details, drawn, inScene, open, painted, pictures, reads, start, text } = require('./scenes');
const { test } = require('../node/tap');

const PHONE = { width: 360, height: 780, phone: true };

test('the page works from the keyboard', () =>
  inScene('active', async (page) => {
    await reads(page, '#sources', 'quantis2');
    await drawn(page);
    const seen = [];
    for (let i = 0; i < 30; i++) {
      await page.press('Tab');
      const where = await page.run(() => {
        const node = document.activeElement;
        const style = getComputedStyle(node.matches('input[type=radio]') ? node.nextElementSibling : node);
        return {
          body: node === document.body,
          text: node.innerText || node.value || '',
          ring: style.outlineStyle !== 'none',
        };
      });
      if (where.body) break;
      assert.ok(where.ring, `no ring around ${where.text}`);
      seen.push(where.text.split('\n')[0]);
      if (where.text.startsWith('kernel')) {
        await page.press('Enter', 'Enter', '\r');
        assert.strictEqual((await details(page, 'kernel')).Credited, 'No mixed in, but not counted');
      }
    }
    assert.deepStrictEqual(seen, [
      'Quantoki',
      'Status',
      'cpu',
      'kernel',
      'quantis2',
      'quantis10',
      '3600',
      'Show all 60',
      'Status as JSON',
      'Download Server Logs',
    ]);
  }));

test('screen readers find tables, rows that open, the bar and what is new', () =>
  inScene('error', async (page) => {
    await reads(page, '#sources', 'quantis2');
    await drawn(page);
    await open(page, 'quantis2');
    const { nodes } = await page.send('Accessibility.getFullAXTree');
    const find = (role, name) =>
      nodes.filter(
        (one) =>
          !one.ignored &&
          one.role.value === role &&
          (name === undefined || one.name?.value.replaceAll('\u00a0', ' ') === name),
      );
    const property = (node, name) => node.properties.find((one) => one.name === name)?.value.value;
    assert.strictEqual(find('table').length, 2);
    assert.strictEqual(find('columnheader').length, 7);
    assert.strictEqual(property(find('button', 'quantis2 Quantum, device')[0], 'expanded'), true);
    assert.strictEqual(property(find('button', 'cpu Physical, cpu')[0], 'expanded'), false);
    assert.strictEqual(find('progressbar', 'Entropy Storage')[0].value.value, 68);
    assert.strictEqual(find('radio').length, 3);
    assert.ok(find('status').length >= 1 && find('navigation', 'Pages').length === 1 && find('main').length === 1);
    assert.strictEqual(find('heading').filter((one) => property(one, 'level') === 1).length, 1);
  }));

// Contrast of each text with what is behind it. Source: WCAG 2.2, 1.4.3.
const lowContrast = (page) =>
  page.run(() => {
    const rgb = (words) => words.match(/[\d.]+/g).map(Number);
    const light = ([r, g, b]) =>
      [r, g, b]
        .map((one) => one / 255)
        .map((one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4))
        .reduce((sum, one, i) => sum + one * [0.2126, 0.7152, 0.0722][i], 0);
    const behind = (node) => {
      for (let one = node; one; one = one.parentElement) {
        const colour = rgb(getComputedStyle(one).backgroundColor);
        if (colour.length === 3 || colour[3] > 0) return colour;
      }
      return [255, 255, 255];
    };
    const bad = [];
    for (const node of document.body.querySelectorAll('*')) {
      if (!node.offsetParent || ![...node.childNodes].some((one) => one.nodeType === 3 && one.data.trim())) continue;
      const [a, b] = [light(rgb(getComputedStyle(node).color)), light(behind(node))].sort((x, y) => y - x);
      const ratio = (a + 0.05) / (b + 0.05);
      if (ratio < 4.5)
        bad.push(`${node.tagName}.${node.className} "${node.innerText.slice(0, 30)}": ${ratio.toFixed(2)}`);
    }
    return bad;
  });

for (const dark of [false, true])
  for (const scene of ['active', 'pending', 'error', 'failed', 'mixed'])
    test(`${scene} in ${dark ? 'dark' : 'light'}: text is readable`, () =>
      inScene(
        scene,
        async (page) => {
          await reads(page, '#sources', scene === 'mixed' ? 'cpu' : 'quantis2');
          await page.run(() => document.querySelectorAll('.opener').forEach((one) => one.click()));
          await reads(page, 'footer', 'Quantoki 0.1.0');
          await page.run(() => Promise.all(document.getAnimations().map((one) => one.finished.catch(() => {}))));
          if (scene !== 'pending') await drawn(page);
          await page.picture(path.join(pictures, `${scene}-${dark ? 'dark' : 'light'}.png`));
          assert.deepStrictEqual(await lowContrast(page), []);
        },
        { view: { dark } },
      ));

for (const scene of ['active', 'pending', 'error', 'failed', 'day', 'hostile'])
  test(`${scene} on a phone: nothing is wider than 360 pixels`, () =>
    inScene(
      scene,
      async (page) => {
        await reads(page, 'footer', 'Quantoki 0.1.0');
        await page.until(() => document.querySelector('.opener'));
        if (scene !== 'pending') await drawn(page);
        await page.run(() => document.querySelectorAll('.opener').forEach((one) => one.click()));
        await page.picture(path.join(pictures, `${scene}-phone.png`));
        assert.ok((await page.run(() => document.documentElement.scrollWidth)) <= 360);
        const wide = await page.run(() =>
          [...document.body.querySelectorAll('*')]
            .filter((one) => one.getBoundingClientRect().right > 361)
            .map((one) => `${one.tagName}.${one.className}`),
        );
        assert.deepStrictEqual(wide, []);
      },
      { view: PHONE },
    ));

test('charts take the colours of a theme that changes', () =>
  inScene('active', async (page) => {
    await drawn(page);
    const light = await page.run(() => document.querySelector('.plot canvas').toDataURL());
    await page.look({ dark: true });
    await page.until((was) => document.querySelector('.plot canvas')?.toDataURL() !== was, light);
    for (const { colours } of await painted(page)) assert.ok(colours > 50);
  }));

test('charts follow the width of the window', () =>
  inScene('active', async (page) => {
    await drawn(page);
    await page.look(PHONE);
    await page.until(() =>
      [...document.querySelectorAll('.plot canvas')].every((one) => one.getBoundingClientRect().right <= 360),
    );
  }));

test('without the chart library everything else works', () =>
  inScene(
    'active',
    async (page) => {
      await reads(page, 'h1', 'Serving quantum and mixed entropy');
      await reads(page, '#runs', 'output');
    },
    { expected: NETWORK, flags: (page) => page.send('Network.setBlockedURLs', { urls: ['*uplot.js'] }) },
  ));

test('without JavaScript there is a sentence and a link to the JSON', () =>
  inScene(
    'active',
    async (page) => {
      assert.match(await text(page, 'body'), /This page draws the state of the server with JavaScript, which is off/);
      assert.strictEqual(await page.run(() => document.querySelector('noscript a').href), `${baseOf()}/api/v1/status`);
      assert.strictEqual(await page.run(() => document.getElementById('app').offsetParent), null);
    },
    { flags: (page) => page.send('Emulation.setScriptExecutionDisabled', { value: true }) },
  ));

test('the policy lets no inline script or style through', () =>
  inScene(
    'active',
    async (page) => {
      await page.run(() => {
        document.body.append(Object.assign(document.createElement('script'), { textContent: 'window.got = true' }));
        document.body.setAttribute('style', 'margin: 77px');
      });
      assert.strictEqual(await page.run(() => window.got), undefined);
      assert.notStrictEqual(await page.run(() => getComputedStyle(document.body).marginTop), '77px');
    },
    { expected: /Content Security Policy/ },
  ));

start();
