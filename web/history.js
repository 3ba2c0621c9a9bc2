// SPDX-License-Identifier: Apache-2.0
// The charts of the last day: what the sources gave, what is in the reserve, what was served.
import { Chart, POWERS_OF_TWO } from './charts.js';
import { at } from './dom.js';
import { bitsPerSecond, bytes, bytesPerSecond, perSecond } from './format.js';

const CHARTS = {
  sources: new Chart({
    title: 'Source rates',
    unit: bitsPerSecond,
    group: 'history',
    note: 'What was read of each source: little while the reserve is full.',
  }),
  reserve: new Chart({ title: 'Reserve', unit: bytes, steps: POWERS_OF_TWO, group: 'history' }),
  served: new Chart({ title: 'Bytes served', unit: bytesPerSecond, steps: POWERS_OF_TWO, group: 'history' }),
  requests: new Chart({ title: 'Requests', unit: perSecond, group: 'history' }),
};

let history = null;

const window_ = () => Number(document.querySelector('input[name="window"]:checked').value);

const draw = () => {
  if (!history) return;
  const { time, interval_seconds: interval } = history;
  const to = time.at(-1) ?? 0;
  const first = Math.max(
    0,
    time.findIndex((one) => one >= to - window_()),
  );
  const cut = (values) => values.slice(first);
  const rate = (values) => cut(values).map((value) => (value === null ? null : value / interval));
  const names = Object.keys(history.sources).sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  const from = time.length ? time[first] : 0;
  const show = (chart, series) => chart.show(cut(time), series, from, to);
  show(
    CHARTS.sources,
    names.map((name) => ({ name, values: cut(history.sources[name]) })),
  );
  show(CHARTS.reserve, [{ name: '', values: cut(history.reserve_bytes) }]);
  show(CHARTS.served, [{ name: '', values: rate(history.served_bytes) }]);
  show(CHARTS.requests, [{ name: '', values: rate(history.requests) }]);
};

export const showHistory = (answer) => {
  history = answer;
  draw();
};

export const startHistory = () => {
  at('history').append(...Object.values(CHARTS).map(({ figure }) => figure));
  at('window').addEventListener('change', draw);
};
