/** Times as a person at the location would say them. */
import { LANGUAGE } from './words.js';

/** @type {Map<string, Intl.DateTimeFormat>} Each takes milliseconds to make. */
const formats = new Map();

/** @param {Intl.DateTimeFormatOptions} options */
export function format(options, language = LANGUAGE) {
  const name = JSON.stringify([language, options]);
  const made = formats.get(name) ?? new Intl.DateTimeFormat(language, options);
  formats.set(name, made);
  return made;
}

/** 14:02, in the zone given or in the phone's own. @param {string} moment ISO @param {string} [timeZone] */
export const timeOf = (moment, timeZone) =>
  format({ hour: '2-digit', minute: '2-digit', hour12: false, timeZone }).format(new Date(moment));

/** 2026-03-02, the calendar day over there. @param {number} now epoch ms @param {string} [timeZone] */
export const dayOf = (now, timeZone) =>
  format({ timeZone, year: 'numeric', month: '2-digit', day: '2-digit' }, 'en-CA').format(now);

/** 14:02 in every language, as a time's field wants it. @param {string} moment ISO @param {string} [timeZone] */
export const clockOf = (moment, timeZone) =>
  format({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZone }, 'en-GB').format(
    new Date(moment),
  );

/** 14 Nov, 11:20 @param {string} moment ISO @param {string} [timeZone] */
export const dayAndTime = (moment, timeZone) =>
  format({
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hour12: false,
    timeZone,
  }).format(new Date(moment));
