// SPDX-License-Identifier: Apache-2.0
// What is going on now: which types of entropy are served, what is wrong, what is stored.
import { at, make, setAttribute, setText } from './dom.js';
import { bytes, count, duration, listed, percent, sentence } from './format.js';

const STATES = {
  starting: {
    badge: 'Pending',
    words: 'Starting: no entropy yet',
    more: 'The start-up tests of the sources are under way. Until one has passed, requests get status 503.',
  },
  failed: {
    badge: 'Error',
    words: 'No entropy is served',
    more: 'No source is healthy. Requests get status 503 until a source has passed its start-up tests again.',
  },
  away: {
    badge: 'Error',
    words: 'No entropy is served',
    more: 'No source can be read. Requests get status 503 until one is back and has passed its start-up tests.',
  },
};

const plural = (number, word) => `${count(number)} ${word}${number === 1 ? '' : 's'}`;

const whoIs = (active, all) => {
  if (active < all) return `${active} of ${plural(all, 'source')} ${active === 1 ? 'is' : 'are'}`;
  return ['No source is', 'The source is', 'Both sources are'][all] ?? `All ${all} sources are`;
};

const describe = (status) => {
  if (status.state !== 'ready')
    return STATES[status.state] ?? { badge: 'Off', words: `State: ${status.state}`, more: '' };
  const on = status.sources.filter(({ badge }) => badge !== 'Off');
  const active = on.filter(({ badge }) => badge === 'Active').length;
  const quantum = status.entropy_types.includes('quantum');
  return {
    badge: active === on.length ? 'Active' : 'Pending',
    words: `Serving ${listed(status.entropy_types)} entropy`,
    more: `${whoIs(active, on.length)} active.${
      quantum ? '' : ' No quantum source is healthy, so answers come from the generator, seeded by the others.'
    }`,
  };
};

const NAMES = [
  [
    'Served since start',
    ({ served }) => [
      bytes(served.quantum_bytes + served.mixed_bytes),
      `${bytes(served.quantum_bytes)} quantum, ${bytes(served.mixed_bytes)} mixed`,
    ],
  ],
  ['Requests', ({ served }) => [count(served.requests)]],
  ['Conditioned', ({ generators }) => [bytes(generators.conditioned_bytes), plural(generators.reseeds, 'reseed')]],
  ['Running for', ({ uptime_seconds: seconds }) => [duration(seconds)]],
];
const views = [];

const showFigures = (status) => {
  if (!views.length)
    for (const [name] of NAMES) {
      const view = { value: make('span'), under: make('span', { class: 'under' }) };
      at('figures').append(make('div', {}, make('dt', {}, name), make('dd', {}, view.value, view.under)));
      views.push(view);
    }
  NAMES.forEach(([, tell], i) => {
    const [value, under = ''] = tell(status);
    setText(views[i].value, value);
    setText(views[i].under, under);
  });
};

export const showHeadline = ({ badge, words, more }) => {
  setText(at('headline-text'), words);
  setText(at('headline-more'), more);
  setAttribute(at('headline-dot'), 'data-badge', badge);
  document.title = `${words} · Quantoki`;
};

// What must be seen at once: [strong words, the rest, mild].
let noticed = '';
export const showNotices = (notices) => {
  const text = JSON.stringify(notices);
  if (text === noticed) return;
  noticed = text;
  at('notices').replaceChildren(
    ...notices.map(([strong, rest, mild]) =>
      make('p', { class: mild ? 'notice mild' : 'notice' }, make('strong', {}, strong), rest ? ` ${rest}` : ''),
    ),
  );
};

export const noticesOf = (status) =>
  status.sources
    .filter(({ badge, state }) => badge === 'Error' || state === 'suspect')
    .map(({ name, state, messages }) => [
      state === 'failed'
        ? `${name} failed and stays off until it is restarted:`
        : state === 'suspect'
          ? `${name} is under suspicion:`
          : `${name} is cut off:`,
      messages[0]?.text ?? 'no message',
      state === 'suspect',
    ]);

const partsOf = (memory, disk) => {
  const of = ({ bytes: stored, capacity }) => `${bytes(stored)} of ${bytes(capacity)}`;
  const parts = [];
  if (disk.capacity > 0) parts.push(`In locked memory ${of(memory)}, sealed on disk ${of(disk)}.`);
  else if (memory.capacity > 0) parts.push('Finished entropy in locked memory, each byte for one caller.');
  if (disk.message) parts.push(`${sentence(disk.message)}.`);
  return parts;
};

export const showStorage = ({ reserve: { memory, disk } }) => {
  const stored = memory.bytes + disk.bytes;
  const capacity = memory.capacity + disk.capacity;
  const share = capacity > 0 ? Math.min(1, stored / capacity) : 0;
  setText(at('storage-percent'), capacity > 0 ? percent(share) : 'No reserve');
  setText(at('storage-amount'), capacity > 0 ? `${bytes(stored)} / ${bytes(capacity)}` : '');
  at('storage-fill').style.width = `${share * 100}%`;
  at('storage-bar').hidden = capacity === 0;
  setAttribute(at('storage-bar'), 'aria-valuenow', Math.floor(share * 100));
  setText(at('storage-parts'), partsOf(memory, disk).join(' '));
};

export const showStatus = (status) => {
  showHeadline(describe(status));
  showFigures(status);
  showStorage(status);
};
