// SPDX-License-Identifier: Apache-2.0
// Numbers and times as people read them.

const BYTES = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
const RATES = ['b/s', 'kb/s', 'Mb/s', 'Gb/s', 'Tb/s'];
const NONE = '–';
const GAP = '\u00a0'; // between number and unit: lines do not break there

const digits = (value) => (value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2);

// Three digits that count, with the largest unit below the value; whole numbers of the smallest unit.
const scaled = (value, base, units) => {
  if (!Number.isFinite(value)) return NONE;
  let unit = 0;
  while (value >= base * 0.9995 && unit < units.length - 1) {
    value /= base;
    unit++;
  }
  return `${unit === 0 ? Math.round(value) : value.toFixed(digits(value))}${GAP}${units[unit]}`;
};

export const bytes = (value) => scaled(value, 1024, BYTES);
export const bytesPerSecond = (value) => (Number.isFinite(value) ? `${bytes(value)}/s` : NONE);
export const bitsPerSecond = (value) => scaled(value, 1000, RATES);
export const count = (value) => (Number.isFinite(value) ? Math.round(value).toLocaleString('en') : NONE);
export const perSecond = (value) =>
  Number.isFinite(value) ? `${value < 10 ? Number(value.toFixed(1)) : count(value)}${GAP}/s` : NONE;

// Rounded down: what is shown as 100 % is whole.
export const percent = (share, places = 0) => {
  if (!Number.isFinite(share)) return NONE;
  const factor = 10 ** places;
  return `${(Math.floor(share * 100 * factor + 1e-9) / factor).toFixed(places)}${GAP}%`;
};

const two = (number) => String(number).padStart(2, '0');

export const clock = (date, withSeconds = true) =>
  `${two(date.getHours())}:${two(date.getMinutes())}${withSeconds ? `:${two(date.getSeconds())}` : ''}`;
export const day = (date) => `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
// Without the day if it is today.
export const moment = (date, now = new Date(), withSeconds = true) => {
  if (Number.isNaN(date.getTime())) return NONE;
  return day(date) === day(now) ? clock(date, withSeconds) : `${day(date)} ${clock(date, false)}`;
};

export const duration = (seconds) => {
  if (!Number.isFinite(seconds)) return NONE;
  const parts = [
    [86400, 'd'],
    [3600, 'h'],
    [60, 'min'],
    [1, 's'],
  ];
  const first = parts.findIndex(([size]) => seconds >= size);
  if (first < 0) return `0${GAP}s`;
  const words = [];
  let rest = Math.floor(seconds);
  for (const [size, unit] of parts.slice(first, first + 2)) {
    const whole = Math.floor(rest / size);
    rest -= whole * size;
    if (whole || !words.length) words.push(`${whole}${GAP}${unit}`);
  }
  return words.join(' ');
};

export const zone = () => {
  const name = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return `Times are ${name === 'UTC' ? 'UTC' : `of ${String(name).replaceAll('_', ' ')}`}`;
};

// Messages come as the log has them.
export const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1);

export const listed = (words) =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
