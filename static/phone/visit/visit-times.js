/**
 * When the auditor came and left, from what is written. A clock time alone does not say its day: many a report is written
 * the next morning, and a visit that came back is corrected days later. What is written is as a watch shows it, whatever
 * this phone's clock says; what was tapped is off by as much as the phone's clock, until the server corrects it.
 */
import { clockOffset } from './clock.js';
import { isWritten, keepWritten } from './draft.js';
import { clockOf, dayOf } from '../shell/times.js';

/**
 * @typedef {import('../types.js').Visit} Visit
 * @typedef {import('../types.js').Store} Store
 */

const AHEAD_MS = 10 * 60_000; // the server takes as much for a clock that is fast
const MINUTE_MS = 60_000;

/** By the server's clock, and how far this phone's is ahead of it: both in ms. @param {Store} store */
export async function clocks(store) {
  const offset = (await clockOffset(store)) ?? 0;
  return { now: Date.now() - offset, offset };
}

/** A time of the visit by a clock that is right. @param {Visit} visit @param {'started_at' | 'left_at'} name @param {number} offset */
function rightly(visit, name, offset) {
  const at = visit[name] ?? '';
  return isWritten(visit, name) ? at : new Date(Date.parse(at) - offset).toISOString();
}

/** @param {Visit} visit @param {'started_at' | 'left_at'} name @param {string} at */
function write(visit, name, at) {
  visit[name] = at;
  keepWritten(visit, [`${name} ${at}`]);
}

/**
 * The moments at which clocks over there show `clock`, from the day before to the day after.
 * @param {string} moment @param {string} clock @param {string} [timeZone]
 */
function around(moment, clock, timeZone) {
  const day = dayOf(Date.parse(moment), timeZone);
  return [-1, 0, 1].map((n) => momentAt(dayAfter(day, n), clock, timeZone));
}

/**
 * Arrived at that time: nearest to what was noted, but never still to come.
 * @param {Visit} visit @param {string} clock 14:02 @param {number} now epoch ms, rightly @param {number} [offset]
 */
export function arriveAt(visit, clock, now, offset = 0) {
  const noted = rightly(visit, 'started_at', offset);
  /** @param {string} moment */
  const far = (moment) => Math.abs(Date.parse(moment) - Date.parse(noted));
  const possible = around(noted, clock, visit.location.timezone).filter((at) =>
    Date.parse(at) <= now + AHEAD_MS
  );
  const [nearest] = possible.sort((a, b) => far(a) - far(b));
  if (nearest) moveTo(visit, nearest, now, offset);
}

/** @param {Visit} visit @param {string} day 2026-03-02 @param {number} now epoch ms, rightly @param {number} [offset] */
export function arriveOn(visit, day, now, offset = 0) {
  const { timezone } = visit.location;
  const noted = rightly(visit, 'started_at', offset);
  moveTo(visit, momentAt(day, clockOf(noted, timezone), timezone), now, offset);
}

/**
 * The departure that is written keeps its clock time, for the day was never said.
 * @param {Visit} visit @param {string} startedAt @param {number} now @param {number} offset
 */
function moveTo(visit, startedAt, now, offset) {
  const left = visit.left_at && rightly(visit, 'left_at', offset);
  const isStill = left && left >= startedAt &&
    Date.parse(left) - Date.parse(startedAt) < 86_400_000;
  write(visit, 'started_at', startedAt);
  if (left && !isStill) leaveAt(visit, clockOf(left, visit.location.timezone), now, offset);
}

/**
 * Left at that time: the first one since the arrival. Where that is still to come, the one before it, so that whoever
 * reads it, person or server, sees a departure before the arrival and not a day that is wrong.
 * @param {Visit} visit @param {string} clock 14:02; blank when it is taken back
 * @param {number} now epoch ms, rightly @param {number} [offset]
 */
export function leaveAt(visit, clock, now, offset = 0) {
  if (!clock) return void (visit.left_at = null);
  const noted = rightly(visit, 'started_at', offset);
  const start = Date.parse(noted);
  const possible = around(noted, clock, visit.location.timezone).map((at) => Date.parse(at));
  /** @param {number} at */
  const isSince = (at) => at > start - MINUTE_MS; // within the minute of the arrival
  /** @param {number} at */
  const isPast = (at) => at <= now + AHEAD_MS;
  const first = possible.find((at) => isSince(at) && isPast(at));
  const at = first === undefined
    ? possible.findLast((each) => !isSince(each))
    : Math.max(first, start);
  write(visit, 'left_at', new Date(at ?? start).toISOString());
}

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
const dayAfter = (day, n) =>
  new Date(Date.parse(`${day}T00:00Z`) + n * 86_400_000).toISOString().slice(0, 10);
