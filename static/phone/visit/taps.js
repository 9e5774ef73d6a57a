/** What is tapped inside: plain words on the screen. */
import { timeOf } from '../shell/times.js';
import { t } from '../shell/words.js';

export const EVENTS = [
  { what: 'arrived', text: t('Here') },
  { what: 'customer', text: t('In') },
  { what: 'acknowledged', text: t('Noticed') },
  { what: 'helped', text: t('Helped') },
  { what: 'done', text: t('Done') },
  { what: 'left', text: t('Out') },
];

/** @param {string} what */
const textOf = (what) => EVENTS.find((event) => event.what === what)?.text ?? what;

/** `Here 14:02 · In 14:03` @param {import('../types.js').Visit['taps']} taps @param {string} [timeZone] */
export const tapsInWords = (taps, timeZone) =>
  taps.map(({ what, at }) => `${textOf(what)} ${timeOf(at, timeZone)}`).join(' · ');
