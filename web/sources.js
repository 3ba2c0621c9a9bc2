// SPDX-License-Identifier: Apache-2.0
// The table of sources. A row is made once and then kept up to date, so that open details and focus stay.
import { at, badge, make, setAttribute, setBadge, setText, time } from './dom.js';
import { bitsPerSecond, bytes, count, moment, percent, sentence } from './format.js';

const KINDS = { quantum: 'Quantum', physical: 'Physical', other: 'Other' };

const times = (number) => `${count(number)} ${number === 1 ? 'failure' : 'failures'}`;

const runText = (run) => {
  const tests =
    run.nist_passes === undefined ? run.nist_success_rate : run.nist_passes / (run.nist_passes + run.nist_fails);
  return `${percent(tests, 2)} of the tests passed, ${percent(run.uniformity_success_rate)} uniform`;
};

// Rows of the details: name, text, and a smaller line under it.
const FIELDS = [
  ['Type', (s) => [`${KINDS[s.kind] ?? s.kind}, ${s.driver}`]],
  ['Device', (s) => [s.path || 'none']],
  [
    'Claimed min-entropy',
    (s) => [
      `${s.min_entropy} ${s.sample_bits === 1 ? 'bit' : 'bits'}`,
      `per sample of ${s.sample_bits} ${s.sample_bits === 1 ? 'bit' : 'bits'}`,
    ],
  ],
  ['Data Rate', (s) => [bitsPerSecond(s.bits_per_second), `${count(s.samples)} samples tested`]],
  ['Repetition count', (s) => [times(s.rct.failures), `cut-off ${s.rct.cutoff}, permanent ${s.rct.permanent_cutoff}`]],
  [
    'Adaptive proportion',
    (s) => [times(s.apt.failures), `cut-off ${s.apt.cutoff} of ${s.apt.window}, permanent ${s.apt.permanent_cutoff}`],
  ],
  ['Start-up tests', (s) => [`${count(s.startups)} passed`]],
  [
    'Credited',
    (s) => [s.credited ? `Yes, priority ${s.priority}` : 'No', s.credited ? '' : 'mixed in, but not counted'],
  ],
  ['Queue', (s) => [bytes(s.queued_bytes)]],
  [
    'Last test run',
    (s, now) =>
      s.last_run
        ? [
            s.last_run.tests_passed ? 'Passed' : 'Failed',
            `${moment(new Date(s.last_run.time), now)}: ${runText(s.last_run)}`,
          ]
        : ['None yet'],
  ],
];

const makeField = (name, ...content) => make('div', {}, make('dt', {}, name), make('dd', {}, ...content));

const makeFields = (view, list) => {
  for (const [name] of FIELDS) {
    const text = make('span');
    const under = make('span', { class: 'under' });
    list.append(makeField(name, text, under));
    view.fields.push({ text, under });
  }
};

let made = 0;

const makeRow = (name) => {
  const id = `source-${++made}`;
  const view = { fields: [], shownMessages: '' };
  const list = make('dl');
  view.kind = make('span', { class: 'source-kind' });
  view.button = make(
    'button',
    { type: 'button', class: 'opener', 'aria-expanded': 'false', 'aria-controls': id },
    make('span', { class: 'source-name' }, name),
    view.kind,
  );
  view.badge = badge('');
  view.row = make('tr', { 'data-source': name }, make('th', { scope: 'row' }, view.button), make('td', {}, view.badge));

  view.badgeInside = badge('');
  view.errors = badge('');
  view.pending = make('span');
  view.pendingField = makeField('Status Message', view.pending);
  list.append(makeField('Source', name), makeField('Status', view.badgeInside), view.pendingField);
  makeFields(view, list);
  list.append(makeField('Errors', view.errors));
  view.messagesTitle = make('h3', {}, 'Messages');
  view.messages = make('ul', { class: 'messages' });
  view.details = make(
    'tr',
    { id, class: 'detail-row', hidden: '' },
    make('td', { colspan: 2 }, make('div', { class: 'details' }, list, view.messagesTitle, view.messages)),
  );

  view.button.addEventListener('click', () => {
    const open = view.button.getAttribute('aria-expanded') !== 'true';
    setAttribute(view.button, 'aria-expanded', open);
    view.details.hidden = !open;
    view.row.classList.toggle('open', open);
  });
  return view;
};

const showMessages = (view, messages, now) => {
  const shown = JSON.stringify(messages);
  view.messagesTitle.hidden = view.messages.hidden = messages.length === 0;
  if (shown === view.shownMessages) return;
  view.shownMessages = shown;
  view.messages.replaceChildren(
    ...messages.map(({ time: when, text }) => {
      const date = new Date(when);
      return make('li', {}, time(date, moment(date, now)), make('span', {}, sentence(text)));
    }),
  );
};

const showRow = (view, source, now) => {
  setText(view.kind, `${KINDS[source.kind] ?? source.kind}, ${source.driver}`);
  setBadge(view.badge, source.badge);
  setBadge(view.badgeInside, source.badge);
  setBadge(view.errors, count(source.errors), source.errors ? 'Error' : 'Active');
  view.pendingField.hidden = source.badge !== 'Pending';
  setText(view.pending, sentence(source.messages[0]?.text ?? 'start-up tests are under way'));
  FIELDS.forEach(([, tell], i) => {
    const [text, under = ''] = tell(source, now);
    setText(view.fields[i].text, text);
    setText(view.fields[i].under, under);
  });
  showMessages(view, source.messages, now);
};

const rows = new Map();

export const showSources = (sources, now) => {
  const body = at('sources');
  const sorted = [...sources].sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
  const names = new Set(sorted.map(({ name }) => name));
  for (const [name, view] of rows) {
    if (names.has(name)) continue;
    view.row.remove();
    view.details.remove();
    rows.delete(name);
  }
  for (const source of sorted) {
    let view = rows.get(source.name);
    if (!view) {
      view = makeRow(source.name);
      rows.set(source.name, view);
      const next = [...rows.keys()]
        .filter((name) => names.has(name))
        .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
      const after = next[next.indexOf(source.name) + 1];
      body.insertBefore(view.row, rows.get(after)?.row ?? null);
      view.row.after(view.details);
    }
    showRow(view, source, now);
  }
  at('no-sources').hidden = sorted.length > 0;
};
