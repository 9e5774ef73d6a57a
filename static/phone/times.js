/** Days and times as a person at the location would say them. */
import { LANGUAGE, t } from './words.js';

/** @type {Map<string, Intl.DateTimeFormat>} Each takes milliseconds to make. */
const formats = new Map();

/** @param {Intl.DateTimeFormatOptions} options */
function format(options, language = LANGUAGE) {
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

/** The moment nearest to `moment` at which clocks over there show `text`. @param {string} moment ISO @param {string} text 14:02 @param {string} [timeZone] */
export function atTime(moment, text, timeZone) {
  const minutes = (clock) => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3, 5));
  const ahead = minutes(text) - minutes(clockOf(moment, timeZone));
  const nearest = ahead > 720 ? ahead - 1440 : ahead < -720 ? ahead + 1440 : ahead;
  return new Date(Date.parse(moment) + nearest * 60_000).toISOString();
}

/** 14:02 in every language, as a time's field wants it. @param {string} moment ISO @param {string} [timeZone] */
export const clockOf = (moment, timeZone) =>
  format({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZone }, 'en-GB').format(new Date(moment));

const asDate = (day) => new Date(`${day}T12:00:00Z`);
const daysBetween = (from, to) => Math.round((asDate(to).getTime() - asDate(from).getTime()) / 86_400_000);

/** today, tomorrow, Fri, 14 Dec @param {string} day 2026-03-02 @param {string} today */
export function dayName(day, today) {
  const ahead = daysBetween(today, day);
  if (ahead === 0) return t('today');
  if (ahead === 1) return t('tomorrow');
  const near = ahead > 1 && ahead < 7;
  return format(near ? { weekday: 'short', timeZone: 'UTC' } : { day: 'numeric', month: 'short', timeZone: 'UTC' }).format(
    asDate(day),
  );
}

/** Today 11:20, Yesterday, 14 Nov */
export function momentName(moment, now, timeZone) {
  const ago = daysBetween(dayOf(Date.parse(moment), timeZone), dayOf(now, timeZone));
  if (ago === 0) return t('Today {time}', { time: timeOf(moment, timeZone) });
  if (ago === 1) return t('Yesterday {time}', { time: timeOf(moment, timeZone) });
  return format({ day: 'numeric', month: 'short', timeZone }).format(new Date(moment));
}
