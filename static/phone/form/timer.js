/**
 * A stopwatch that is only a stored moment: it runs on through a reload, a call, a locked screen.
 * Each function gives the patch of the answer.
 */
import { written } from '../shell/words.js';

/** @param {import('../types.js').Answer | undefined} answer @param {number} now epoch ms */
export function start(answer, now) {
  const before = answer?.state === 'answered' ? answer.value : null;
  return { timer: { started_at: now, before }, state: null, value: null, typed: null };
}

/** @param {import('../types.js').Answer} answer @param {number} now */
export const stop = (answer, now) => ({ ...answered(elapsed(answer, now)) });

/** Back to what was measured before a second start. @param {import('../types.js').Answer} answer */
export const keepBefore = (answer) => answered(answer.timer?.before ?? 0);

/** @param {import('../types.js').Answer['value']} value */
const answered = (value) => ({ state: 'answered', value, timer: null, typed: null });

/** Whole seconds; a clock set back in between gives 0, never less. @param {import('../types.js').Answer} answer @param {number} now */
export const elapsed = (answer, now) =>
  Math.max(0, Math.round((now - (answer.timer?.started_at ?? now)) / 1000));

/** 42 -> 0:42, 3661 -> 61:01, 2.5 -> 0:02.5 or 0:02,5 @param {number} seconds */
export function clock(seconds) {
  const rest = seconds % 60;
  const shown = Number.isInteger(seconds) ? String(rest) : written(Math.round(rest * 1000) / 1000);
  return `${Math.floor(seconds / 60)}:${rest < 10 ? '0' : ''}${shown}`;
}
