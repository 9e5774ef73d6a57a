/** Days as a person at the location would say them. */
import { dayOf, format, timeOf } from '../shell/times.js';
import { t } from '../shell/words.js';

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

/** Today 11:20, Yesterday, 14 Nov @param {string} moment @param {number} now epoch ms @param {string} [timeZone] */
export function momentName(moment, now, timeZone) {
  const ago = daysBetween(dayOf(Date.parse(moment), timeZone), dayOf(now, timeZone));
  if (ago === 0) return t('Today {time}', { time: timeOf(moment, timeZone) });
  if (ago === 1) return t('Yesterday {time}', { time: timeOf(moment, timeZone) });
  return format({ day: 'numeric', month: 'short', timeZone }).format(new Date(moment));
}
