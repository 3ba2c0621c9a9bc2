// SPDX-License-Identifier: Apache-2.0
// Headless Chromium by the DevTools protocol, with Node alone: started with a pipe, so there is no port to guard.
'use strict';

const { spawn } = require('child_process');
const fs = require('fs');
const os = require('os');
const path = require('path');

const PATIENCE_MS = 30000;
const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

const program = () => {
  if (process.env.CHROMIUM) return process.env.CHROMIUM;
  for (const folder of (process.env.PATH || '').split(':'))
    for (const name of NAMES) if (fs.existsSync(path.join(folder, name))) return path.join(folder, name);
  throw new Error(`none of ${NAMES.join(', ')} is installed`);
};

class Page {
  constructor(browser, session) {
    this.browser = browser;
    this.session = session;
    this.problems = []; // console errors, exceptions, violations of the content security policy
    this.downloads = new Map();
  }

  send(method, params = {}) {
    return this.browser.send(method, params, this.session);
  }

  async open(url) {
    const loaded = this.browser.once('Page.loadEventFired', this.session);
    await this.send('Page.navigate', { url });
    await loaded;
  }

  // Runs a function in the page, with plain values as arguments.
  async run(work, ...values) {
    const { result, exceptionDetails } = await this.send('Runtime.evaluate', {
      expression: `(${work})(${values.map((one) => JSON.stringify(one)).join(',')})`,
      awaitPromise: true,
      returnByValue: true,
    });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  }

  // Until the function gives something true in the page, and that.
  async until(work, ...values) {
    const end = Date.now() + PATIENCE_MS;
    for (;;) {
      const value = await this.run(work, ...values);
      if (value) return value;
      if (Date.now() > end) throw new Error(`never came true: ${work} with ${JSON.stringify(values)}`);
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
  }

  async close() {
    await this.browser.send('Target.closeTarget', { targetId: this.target });
  }

  async look({ width = 1280, height = 900, dark = false, phone = false } = {}) {
    await this.send('Emulation.setDeviceMetricsOverride', {
      width,
      height,
      deviceScaleFactor: phone ? 2 : 1,
      mobile: phone,
    });
    await this.send('Emulation.setEmulatedMedia', {
      features: [{ name: 'prefers-color-scheme', value: dark ? 'dark' : 'light' }],
    });
  }

  async picture(file) {
    const { data } = await this.send('Page.captureScreenshot', { captureBeyondViewport: true });
    fs.writeFileSync(file, Buffer.from(data, 'base64'));
  }

  // A key as from the keyboard.
  async press(key, code = key, text = undefined) {
    const about = { key, code, text, windowsVirtualKeyCode: { Tab: 9, Enter: 13, ' ': 32, ArrowRight: 39 }[key] };
    await this.send('Input.dispatchKeyEvent', { type: 'keyDown', ...about });
    await this.send('Input.dispatchKeyEvent', { type: 'keyUp', ...about });
  }

  hear({ method, params }) {
    if (method === 'Runtime.exceptionThrown')
      this.problems.push(params.exceptionDetails.exception?.description ?? params.exceptionDetails.text);
    if (method === 'Runtime.consoleAPICalled' && ['error', 'warning', 'assert'].includes(params.type))
      this.problems.push(params.args.map((one) => one.value ?? one.description).join(' '));
    if (method === 'Log.entryAdded' && ['error', 'warning'].includes(params.entry.level))
      this.problems.push(`${params.entry.source}: ${params.entry.text} ${params.entry.url ?? ''}`);
  }
}

class Browser {
  static async start(...more) {
    const browser = new Browser();
    browser.folder = fs.mkdtempSync(path.join(os.tmpdir(), 'quantoki-browser.'));
    const flags = [
      '--headless=new',
      '--remote-debugging-pipe',
      `--user-data-dir=${browser.folder}/profile`,
      '--no-first-run',
      '--disable-gpu',
      '--disable-dev-shm-usage',
      '--disable-background-networking',
      '--hide-scrollbars',
      '--force-color-profile=srgb',
      '--lang=en',
      // Its sandbox does not run as root; what it shows comes from this test.
      ...(process.getuid() === 0 ? ['--no-sandbox'] : []),
      ...more,
      'about:blank',
    ];
    browser.process = spawn(program(), flags, {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
      detached: true,
    });
    browser.waiting = new Map();
    browser.listeners = [];
    browser.pages = new Map();
    browser.last = 0;
    let rest = '';
    browser.process.stdio[4].setEncoding('utf8').on('data', (text) => {
      const messages = (rest + text).split('\0');
      rest = messages.pop();
      for (const message of messages) browser.hear(JSON.parse(message));
    });
    browser.process.on('exit', (code) => {
      for (const { reject } of browser.waiting.values()) reject(new Error(`the browser ended with ${code}`));
    });
    await browser.send('Browser.getVersion');
    return browser;
  }

  hear(message) {
    if (message.id) {
      const { resolve, reject } = this.waiting.get(message.id);
      this.waiting.delete(message.id);
      if (message.error) reject(new Error(message.error.message));
      else resolve(message.result);
      return;
    }
    this.pages.get(message.sessionId)?.hear(message);
    this.listeners = this.listeners.filter((one) => {
      if (one.method !== message.method || one.session !== message.sessionId) return true;
      one.resolve(message.params);
      return false;
    });
  }

  send(method, params = {}, sessionId = undefined) {
    const id = ++this.last;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.process.stdio[3].write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    });
  }

  once(method, session) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${method} never came`)), PATIENCE_MS);
      this.listeners.push({ method, session, resolve: (params) => (clearTimeout(timer), resolve(params)) });
    });
  }

  async page() {
    const { targetId } = await this.send('Target.createTarget', { url: 'about:blank' });
    const { sessionId } = await this.send('Target.attachToTarget', { targetId, flatten: true });
    const page = new Page(this, sessionId);
    page.target = targetId;
    this.pages.set(sessionId, page);
    for (const domain of ['Page', 'Runtime', 'Log', 'Network']) await page.send(`${domain}.enable`);
    await page.look();
    return page;
  }

  // For the end of the process: at once, and leaves nothing behind.
  kill() {
    process.kill(-this.process.pid, 'SIGKILL');
    fs.rmSync(this.folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  }
}

module.exports = { Browser };
