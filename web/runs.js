// SPDX-License-Identifier: Apache-2.0
// The runs of SP 800-22: two charts with the bounds that decide, and the newest runs as a table.
import { Chart } from './charts.js';
import { at, badge, make, setText, time } from './dom.js';
import { count, listed, moment, percent } from './format.js';

const FEW = 10;
const TESTS = 15;
const ALPHA = 0.01;

const share = (run) => run.nist_passes / (run.nist_passes + run.nist_fails);
// Least share that passes. SP 800-22, 4.2.1.
const bound = (run) => 1 - ALPHA - 3 * Math.sqrt((ALPHA * (1 - ALPHA)) / (run.nist_passes + run.nist_fails));

const lowest = (series) => Math.min(...series.flatMap(({ values }) => values.filter((one) => one !== null)));

const CHARTS = {
  success: new Chart({
    title: 'SP 800-22 success rate',
    points: true,
    unit: (value) => percent(value, 2),
    tick: (value) => `${Number((value * 100).toFixed(2))} %`,
    range: (series) => {
      const low = Math.min(lowest(series), 1);
      return [Math.max(0, low - (1 - low) * 0.25), 1];
    },
    note: 'Share of single tests with P ≥ 0.01.',
  }),
  uniformity: new Chart({
    title: 'Uniformity',
    points: true,
    unit: (value) => (Number.isInteger(value) ? String(value) : ''),
    steps: [1, 5],
    range: (series) => [Math.max(0, Math.min(lowest(series) - 1, TESTS - 3)), TESTS + 0.25],
    note: 'Tests, of fifteen, whose P-values are uniform.',
  }),
};

let all = [];
let shown = '';
let open = false;

const nameOf = (run) => run.source ?? 'output';
const dateOf = (run) => new Date(run.time_of_completion * 1000);

const drawCharts = () => {
  const runs = [...all].reverse();
  const times = runs.map((run) => run.time_of_completion);
  const names = [...new Set(runs.map(nameOf))].sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  const [from, to] = [times[0] ?? 0, times.at(-1) ?? 0];
  const room = Math.max((to - from) * 0.02, 60); // so that the marks at both ends are whole
  const by = (value) =>
    names.map((name) => ({ name, values: runs.map((run) => (nameOf(run) === name ? value(run) : null)) }));
  const least = (value) => ({ name: 'bound', bound: true, values: runs.map(value) });
  const draw = (chart, value, limit) =>
    chart.show(times, runs.length ? [...by(value), least(limit)] : [], from - room, to + room);
  draw(CHARTS.success, share, bound);
  draw(
    CHARTS.uniformity,
    (run) => run.uniformity_passes,
    () => TESTS,
  );
};

const verdicts = (run) => {
  const missed = [
    [run.nist_all_passed, 'share of tests passed'],
    [run.uniformity_all_passed, 'uniformity'],
  ];
  return listed(missed.filter(([good]) => !good).map(([, name]) => name));
};

const rowOf = (run, now) => {
  const total = run.nist_passes + run.nist_fails;
  const result = badge(run.tests_passed ? 'Passed' : 'Failed', run.tests_passed ? 'Active' : 'Error');
  const missed = verdicts(run);
  if (missed) result.title = `missed: ${missed}`;
  return make(
    'tr',
    {},
    make('th', { scope: 'row' }, time(dateOf(run), moment(dateOf(run), now, false))),
    make('td', {}, nameOf(run)),
    make(
      'td',
      { class: 'number share' },
      percent(share(run), 2),
      make('span', { class: 'of' }, ` ${count(run.nist_passes)} of ${count(total)}`),
    ),
    make(
      'td',
      { class: 'number' },
      String(run.uniformity_passes),
      make('span', { class: 'of' }, ` of ${run.uniformity_passes + run.uniformity_fails}`),
    ),
    make('td', {}, result),
  );
};

const drawTable = (now) => {
  at('runs').hidden = all.length === 0;
  at('no-runs').hidden = all.length > 0;
  at('runs-body').replaceChildren(...(open ? all : all.slice(0, FEW)).map((run) => rowOf(run, now)));
  at('more-runs').hidden = all.length <= FEW;
  setText(at('more-runs'), open ? 'Show fewer' : `Show all ${all.length}`);
};

export const showRuns = (runs) => {
  const text = JSON.stringify(runs);
  if (text === shown) return;
  shown = text;
  all = runs;
  drawCharts();
  drawTable(new Date());
};

export const startRuns = () => {
  at('test-charts').append(...Object.values(CHARTS).map(({ figure }) => figure));
  at('more-runs').addEventListener('click', () => {
    open = !open;
    drawTable(new Date());
  });
};
