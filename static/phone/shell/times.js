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

/** The moment at which calendar and clocks over there show both. @param {string} day 2026-03-02 @param {string} clock 14:02 @param {string} [timeZone] */
export function momentAt(day, clock, timeZone) {
  const shown = Date.parse(`${day}T${clock}Z`);
  /** @param {number} at */
  const aheadOfUtc = (at) =>
    Date.parse(`${dayOf(at, timeZone)}T${clockOf(new Date(at).toISOString(), timeZone)}Z`) - at;
  const near = shown - aheadOfUtc(shown);
  return new Date(shown - aheadOfUtc(near)).toISOString(); // the clocks may have changed in between
}

/** @param {string} day 2026-03-02 @param {number} n days later; before it where negative */
export const dayAfter = (day, n) =>
  new Date(Date.parse(`${day}T00:00Z`) + n * 86_400_000).toISOString().slice(0, 10);

/** 14:02 in every language, as a time's field wants it. @param {string} moment ISO @param {string} [timeZone] */
export const clockOf = (moment, timeZone) =>
  format({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZone }, 'en-GB').format(
    new Date(moment),
  );

/** @param {string} day */
const asDate = (day) => new Date(`${day}T12:00:00Z`);
/** @param {string} from @param {string} to */
const daysBetween = (from, to) =>
  Math.round((asDate(to).getTime() - asDate(from).getTime()) / 86_400_000);

/** today, tomorrow, Fri, 14 Dec @param {string} day 2026-03-02 @param {string} today */
export function dayName(day, today) {
  const ahead = daysBetween(today, day);
  if (ahead === 0) return t('today');
  if (ahead === 1) return t('tomorrow');
  const near = ahead > 1 && ahead < 7;
  return format(
    near
      ? { weekday: 'short', timeZone: 'UTC' }
      : { day: 'numeric', month: 'short', timeZone: 'UTC' },
  ).format(
    asDate(day),
  );
}

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

/** Today 11:20, Yesterday, 14 Nov @param {string} moment @param {number} now epoch ms @param {string} [timeZone] */
export function momentName(moment, now, timeZone) {
  const ago = daysBetween(dayOf(Date.parse(moment), timeZone), dayOf(now, timeZone));
  if (ago === 0) return t('Today {time}', { time: timeOf(moment, timeZone) });
  if (ago === 1) return t('Yesterday {time}', { time: timeOf(moment, timeZone) });
  return format({ day: 'numeric', month: 'short', timeZone }).format(new Date(moment));
}
