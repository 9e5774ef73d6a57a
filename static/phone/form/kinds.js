/** Kinds of criterion: what each one means on the phone, one row a kind. `phone/kinds/` draws it. */
import { t, written } from '../shell/words.js';
import { count, seconds } from './numbers.js';
import { fillTimer } from './stopwatch.js';
import { clock } from './timer.js';

/**
 * @typedef {import('../types.js').Answer} Answer
 * @typedef {Answer['value']} Value
 *
 * @typedef {object} Kind
 * @property {(word: string) => Value} chosen The answer that a choice stands for.
 * @property {(text: string) => Value} read What is typed; null where it is no answer.
 * @property {(value: Value, options?: Record<string, string>) => string} said An answer, for reading.
 * @property {string} [wanted] What to type, where it was not read.
 * @property {(fieldset: HTMLElement, answer: Answer) => void} [fill] What it has on the page beside choices and a field.
 * @property {boolean} [isUnknown]
 */

/** @param {any} it `any`: an answer of whatever kind, or the word for it. @returns {any} */
const same = (it) => it;
/** @type {Kind} */
const PLAIN = { chosen: same, read: same, said: (value) => String(written(same(value) ?? '')) };
/** @type {Kind} */
const ANCHORED = {
  ...PLAIN,
  said: (value, options) => options?.[String(value)] ?? PLAIN.said(value),
};

/** @type {Record<string, Kind>} */
export const KINDS = {
  yes_no: {
    ...PLAIN,
    chosen: (word) => word === 'yes',
    said: (value) => (value ? t('Yes') : t('No')),
  },
  level: ANCHORED,
  choice: ANCHORED,
  count: { ...PLAIN, read: count, wanted: t('Write a whole number, such as 3.') },
  seconds: {
    ...PLAIN,
    read: seconds,
    said: (value) => clock(Number(value)),
    wanted: t('Write seconds, such as 42 or 1:30.'),
    fill: fillTimer,
  },
  text: PLAIN,
};

/** @type {Kind} */
const UNKNOWN = {
  ...PLAIN,
  read: () => null,
  wanted: t('This page does not know this kind of question. Reload it with a connection.'),
  isUnknown: true,
};

/** @param {string} [name] */
export const kindOf = (name = '') => (Object.hasOwn(KINDS, name) ? KINDS[name] : UNKNOWN);
