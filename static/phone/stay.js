/**
 * When the auditor came and left, from what is written. A clock time alone does not say its day: many a report is written
 * the next morning, and a visit that came back is corrected days later.
 */
import { clockOf, dayAfter, dayOf, momentAt } from './times.js';

const AHEAD_MS = 10 * 60_000; // the server takes as much for a clock that is fast
const MINUTE_MS = 60_000;

/** The moments at which clocks over there show `clock`, from the day before to the day after. */
function around(moment, clock, timeZone) {
  const day = dayOf(Date.parse(moment), timeZone);
  return [-1, 0, 1].map((n) => momentAt(dayAfter(day, n), clock, timeZone));
}

/**
 * Arrived at that time: nearest to what was noted, but never still to come.
 * @param {import('./types.js').Visit} visit @param {string} clock 14:02 @param {number} now epoch ms
 */
export function arriveAt(visit, clock, now) {
  const far = (moment) => Math.abs(Date.parse(moment) - Date.parse(visit.started_at));
  const possible = around(visit.started_at, clock, visit.location.timezone).filter((at) => Date.parse(at) <= now + AHEAD_MS);
  const [nearest] = possible.sort((a, b) => far(a) - far(b));
  moveTo(visit, nearest ?? visit.started_at, now);
}

/** @param {import('./types.js').Visit} visit @param {string} day 2026-03-02 @param {number} now epoch ms */
export function arriveOn(visit, day, now) {
  const { timezone } = visit.location;
  moveTo(visit, momentAt(day, clockOf(visit.started_at, timezone), timezone), now);
}

/** The departure that is written keeps its clock time, for the day was never said. */
function moveTo(visit, startedAt, now) {
  const left = visit.left_at && clockOf(visit.left_at, visit.location.timezone);
  const isStill = visit.left_at && visit.left_at >= startedAt && Date.parse(visit.left_at) - Date.parse(startedAt) < 86_400_000;
  visit.started_at = startedAt;
  if (left && !isStill) leaveAt(visit, left, now);
}

/**
 * Left at that time: the first one since the arrival. Where that is still to come, the one before it, so that whoever
 * reads it, person or server, sees a departure before the arrival and not a day that is wrong.
 * @param {import('./types.js').Visit} visit @param {string} clock 14:02; blank when it is taken back @param {number} now epoch ms
 */
export function leaveAt(visit, clock, now) {
  if (!clock) return void (visit.left_at = null);
  const start = Date.parse(visit.started_at);
  const possible = around(visit.started_at, clock, visit.location.timezone).map((at) => Date.parse(at));
  const isSince = (at) => at > start - MINUTE_MS; // within the minute of the arrival
  const isPast = (at) => at <= now + AHEAD_MS;
  const first = possible.find((at) => isSince(at) && isPast(at));
  const at = first === undefined ? possible.findLast((each) => !isSince(each)) : Math.max(first, start);
  visit.left_at = new Date(at ?? start).toISOString();
}
