// Assertions whose failures read as a sentence: what, expected, got.

import { isDeepStrictEqual } from 'node:util';

/** What a failed assertion throws. */
export class Unexpected extends Error {
  constructor(what, expected, got) {
    super(`${what}\n  expected: ${show(expected)}\n  got:      ${show(got)}`);
    this.name = 'Unexpected';
  }
}

/** Both values are the same, all the way down. */
export function equal(what, got, expected) {
  if (!isDeepStrictEqual(got, expected)) throw new Unexpected(what, expected, got);
}

/** The condition holds; `expected` says it in words and `got` is what was looked at. */
export function holds(what, condition, expected, got) {
  if (!condition) throw new Unexpected(what, expected, got);
}

/** The text has the pattern (or the literal words) in it. */
export function matches(what, got, pattern) {
  const found = typeof got === 'string' && (pattern instanceof RegExp ? pattern.test(got) : got.includes(pattern));
  if (!found) throw new Unexpected(what, pattern instanceof RegExp ? pattern : `text with ${show(pattern)}`, got);
}

/** The list has an item for which `is` holds; returns it. */
export function has(what, list, is, expected) {
  const item = Array.isArray(list) ? list.find(is) : undefined;
  if (item === undefined) throw new Unexpected(what, expected, list);
  return item;
}

/** Values are shown as JSON, cut to a length that a terminal shows without scrolling. */
function show(value) {
  const text = value instanceof RegExp ? String(value) : JSON.stringify(value) ?? String(value);
  return text.length > 600 ? `${text.slice(0, 600)}… (${text.length} characters)` : text;
}
