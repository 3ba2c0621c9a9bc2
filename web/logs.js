// SPDX-License-Identifier: Apache-2.0
// The log bundle. Without this module the link still works, only silently.
import { at, setText } from './dom.js';
import { bytes } from './format.js';
import { headers, refusalOf } from './server.js';

let running = null;

const nameOf = (answer) =>
  /filename="?([^";]+)"?/.exec(answer.headers.get('Content-Disposition') ?? '')?.[1] ?? 'quantoki-logs.tar.gz';

const show = (text, busy) => {
  setText(at('logs-note'), text);
  at('logs-spinner').hidden = at('logs-cancel').hidden = !busy;
  at('logs').setAttribute('aria-disabled', String(busy));
};

const save = (name, blob) => {
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60000);
};

// All parts of the answer's body; says how many bytes there are so far.
const read = async (answer) => {
  const total = Number(answer.headers.get('Content-Length'));
  const parts = [];
  const reader = answer.body.getReader();
  for (let len = 0; ;) {
    const { done, value } = await reader.read();
    if (done) return new Blob(parts, { type: 'application/gzip' });
    parts.push(value);
    len += value.length;
    show(`Received ${bytes(len)}${total > 0 ? ` of ${bytes(total)}` : ''}. Leaving this page cancels it.`, true);
  }
};

const download = async (path) => {
  running = new AbortController();
  show('Collecting the logs takes up to 30 seconds. Leaving this page cancels it.', true);
  try {
    const answer = await fetch(path, { headers: headers(), cache: 'no-store', signal: running.signal });
    if (!answer.ok) throw await refusalOf(answer);
    const blob = await read(answer);
    save(nameOf(answer), blob);
    show(`Saved ${nameOf(answer)}, ${bytes(blob.size)}.`, false);
  } catch (error) {
    if (error.name === 'AbortError') show('Cancelled.', false);
    else show(`The logs could not be fetched: ${error.status ? error.message : 'the server did not answer'}.`, false);
  } finally {
    running = null;
  }
};

export const startLogs = () => {
  at('logs').addEventListener('click', (event) => {
    event.preventDefault();
    if (!running) download(at('logs').getAttribute('href'));
  });
  at('logs-cancel').addEventListener('click', () => {
    at('logs').focus();
    running?.abort();
  });
  window.addEventListener('pagehide', () => running?.abort());
};
