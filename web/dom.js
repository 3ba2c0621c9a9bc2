// SPDX-License-Identifier: Apache-2.0
// Elements without a framework. Texts become text nodes, never markup: names and messages come from elsewhere.

export const at = (id) => document.getElementById(id);

export const make = (tag, attributes = {}, ...children) => {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) if (value !== undefined) node.setAttribute(name, value);
  node.append(...children);
  return node;
};

// Only what changed is touched, so that selections and screen readers are left in peace.
export const setText = (node, text) => {
  if (node.textContent !== text) node.textContent = text;
};
export const setAttribute = (node, name, value) => {
  if (node.getAttribute(name) !== String(value)) node.setAttribute(name, value);
};

export const badge = (text, kind = text) => make('span', { class: 'badge', 'data-badge': kind }, text);
export const setBadge = (node, text, kind = text) => {
  setText(node, text);
  setAttribute(node, 'data-badge', kind);
};

export const time = (date, text) =>
  make('time', Number.isNaN(date.getTime()) ? {} : { datetime: date.toISOString() }, text);
