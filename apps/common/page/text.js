'use strict';
// Elements, and text for people.

const at = (id) => document.getElementById(id);
const el = (tag, className, text) => {
  const e = document.createElement(tag);
  if (className) e.className = className;
  if (text !== undefined) e.textContent = text;
  return e;
};
// Writes what differs, so that a selection, a tooltip and a screen reader are left alone.
const setText = (e, text) => { if (e.textContent !== text) e.textContent = text; };
const setClass = (e, name) => { if (e.className !== name) e.className = name; };
const setAttribute = (e, name, value) => {
  if (value === null) e.removeAttribute(name);
  else if (e.getAttribute(name) !== String(value)) e.setAttribute(name, value);
};

// Characters without a shape of their own, and those that reorder the text around them.
const ODD = /[\p{Cc}\u00ad\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb]/gu;
const SHORT = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };
const escaped = (c) => SHORT[c] || '\\u{' + c.codePointAt(0).toString(16) + '}';
const isBlank = (text) => !/[^\s\p{Z}\p{Cf}\p{Cc}\u115f\u1160\u2800\u3164\uffa0]/u.test(text);

// A name or a published value as one visible line: never empty, never blank.
function readable(value) {
  if (value === '') return '(empty value)';
  const text = value.replace(ODD, escaped);
  return isBlank(value) || /^\s|\s$/.test(value) ? '\u201c' + text + '\u201d' : text;
}
// What a reader has to know about a value beyond its text; empty: nothing.
function valueNote(value, bytes) {
  if (value === '') return '';
  if (value.includes('\ufffd')) return bytes + ' bytes, not UTF-8 text';
  if (isBlank(value)) return [...value].length === 1 ? 'one blank' : 'blanks only';
  return bytes > new TextEncoder().encode(value).length ? bytes + ' bytes, cut here' : '';
}
// An element for text that others have chosen: its direction does not reach beyond it.
function valueElement(tag, className, text) {
  const e = el(tag, (className + ' value').trim(), text);
  e.dir = 'auto';
  return e;
}

function span(ms) {
  const s = Math.max(0, Math.round(ms / 1000));
  if (s < 60) return s + ' s';
  if (s < 3600) return Math.floor(s / 60) + ' min';
  if (s < 86400) return Math.floor(s / 3600) + ' h ' + Math.floor(s % 3600 / 60) + ' m';
  return Math.floor(s / 86400) + ' d ' + Math.floor(s % 86400 / 3600) + ' h';
}
const clock = (ms) => new Date(ms).toLocaleString([], { dateStyle: 'short', timeStyle: 'medium' });
const timeOf = (ms) => new Date(ms).toLocaleTimeString([], { timeStyle: 'medium' });
// The time, with the date if that is another day.
const moment = (ms) => new Date(ms).toDateString() === new Date().toDateString()
  ? timeOf(ms) : clock(ms);
const count = (n, what) => n.toLocaleString('en') + ' ' + what + (n === 1 ? '' : 's');
