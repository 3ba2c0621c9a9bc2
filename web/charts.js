// SPDX-License-Identifier: Apache-2.0
// Line charts by uPlot (a global; the page works without it, only without charts). A chart is a description (what it
// is called, how its numbers read) and keeps its canvas while data come in. The legend is ours: it shows the newest
// values, or those under the pointer.
import { make, setText } from './dom.js';
import { clock, day, moment } from './format.js';

const HEIGHT = 176; // .plot in style.css
const COLOURS = 6;
const FONT = '12px system-ui, sans-serif';
export const POWERS_OF_TWO = Array.from({ length: 51 }, (_, i) => 2 ** i);

const colourOf = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

// A name has one colour in all charts; what is no source is drawn as text is.
const numbers = new Map();
const strokeOf = ({ name, bound }) => {
  if (bound) return colourOf('--muted');
  if (name === 'output') return colourOf('--text');
  if (!numbers.has(name)) numbers.set(name, name ? [...numbers.keys()].filter(Boolean).length % COLOURS : 0);
  return colourOf(`--series-${numbers.get(name) + 1}`);
};

const tick = (seconds, step) => {
  const date = new Date(seconds * 1000);
  return step >= 86400 ? day(date).slice(5) : clock(date, step < 60);
};

export class Chart {
  // about: title, unit (value -> text), tick (the same for the axis), note, steps (between ticks), points (a mark for
  // each value instead of a line), range (series -> [low, high]; default from 0), group (charts whose pointers go
  // together)
  constructor(about) {
    this.about = about;
    this.plot = null;
    this.shape = '';
    this.window = [0, 1];
    this.legend = make('ul', { class: 'legend' });
    this.place = make('div', { class: 'plot', 'aria-hidden': 'true' });
    this.empty = make('p', { class: 'empty' }, 'No data yet');
    this.place.append(this.empty);
    this.figure = make(
      'figure',
      { class: 'chart' },
      make('figcaption', {}, make('h3', {}, about.title)),
      this.place,
      this.legend,
    );
    if (about.note) this.figure.append(make('p', { class: 'note' }, about.note));
    new ResizeObserver(() => this.plot?.setSize(this.size())).observe(this.place);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.draw(true));
  }

  size() {
    return { width: Math.max(1, this.place.clientWidth), height: HEIGHT };
  }

  // series: [{ name, values, bound }]; from, to: Unix seconds
  show(times, series, from, to) {
    this.times = times;
    this.series = series;
    this.window = [from, Math.max(to, from + 1)];
    this.draw(false);
  }

  draw(anew) {
    if (!this.series) return;
    const shape = JSON.stringify(this.series.map(({ name, bound }) => [name, bound]));
    const any =
      this.times.length >= (this.about.points ? 1 : 2) && this.series.length > 0 && typeof uPlot === 'function';
    this.empty.hidden = any;
    if (anew || shape !== this.shape || !any) {
      this.plot?.destroy();
      this.plot = null;
      this.shape = shape;
      this.makeLegend();
    }
    if (!any) return;
    const data = [this.times, ...this.series.map(({ values }) => values)];
    if (this.plot) this.plot.setData(data);
    else this.plot = new uPlot(this.options(), data, this.place);
    this.showValues(this.plot.cursor.idx);
  }

  options() {
    const { group, points, unit, steps, range } = this.about;
    const tickOf = this.about.tick ?? unit;
    const axis = {
      stroke: colourOf('--muted'),
      font: FONT,
      grid: { stroke: colourOf('--grid'), width: 1 },
      ticks: { show: false },
    };
    return {
      ...this.size(),
      legend: { show: false },
      padding: [8, 18, 0, 0],
      cursor: {
        y: false,
        drag: { x: false, y: false },
        points: { size: 6 },
        ...(group ? { sync: { key: group } } : {}),
      },
      scales: {
        x: { range: () => this.window },
        y: { range: (plot, low, high) => (range ? range(this.series) : [0, high > 0 ? high * 1.08 : 1]) },
      },
      axes: [
        {
          ...axis,
          size: 28,
          space: 64,
          gap: 6,
          values: (plot, splits, i, space, step) => splits.map((at) => tick(at, step)),
        },
        {
          ...axis,
          size: (plot, texts) => 14 + 6.6 * Math.max(1, ...(texts ?? []).map((text) => text.length)),
          space: 28,
          gap: 6,
          ...(steps ? { incrs: steps } : {}),
          values: (plot, splits) => splits.map((value) => tickOf(value)),
        },
      ],
      series: [
        {},
        ...this.series.map((series) => ({
          label: series.name,
          stroke: strokeOf(series),
          width: series.bound ? 1 : 1.5,
          paths: points && !series.bound ? () => null : undefined,
          dash: series.bound ? [4, 4] : undefined,
          points: { show: Boolean(points) && !series.bound, size: 5, fill: strokeOf(series) },
        })),
      ],
      hooks: { setCursor: [(plot) => this.showValues(plot.cursor.idx)] },
    };
  }

  makeLegend() {
    this.values = this.series.map(() => make('span', { class: 'value' }));
    this.moment = make('li');
    // A lone line needs no key; its value stands beside the title.
    const lone = this.series.length === 1 && !this.series[0].name;
    (lone ? this.figure.firstChild : this.figure).insertBefore(this.legend, lone ? null : this.place.nextSibling);
    this.legend.replaceChildren(
      ...this.series.map((series, i) => {
        const key = make('span', {
          class: series.bound ? 'key dashed' : this.about.points ? 'key point' : 'key',
          'aria-hidden': 'true',
        });
        key.style.color = strokeOf(series);
        return make('li', {}, ...(lone ? [] : [key, `${series.name} `]), this.values[i]);
      }),
      this.moment,
    );
  }

  // The values at an index, or (none: nothing is pointed at) each series' newest.
  showValues(index) {
    const pointed = Number.isInteger(index);
    this.series.forEach(({ values }, i) => {
      const value = pointed ? values[index] : values.findLast((one) => one !== null && one !== undefined);
      setText(this.values[i], this.about.unit(value ?? NaN));
    });
    setText(this.moment, pointed ? moment(new Date(this.times[index] * 1000)) : '');
  }
}
