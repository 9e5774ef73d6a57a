/**
 * A stopwatch that is only a stored moment: it runs on through a reload, a call, a locked screen.
 * Each function gives the patch of the answer.
 */

/** @param {import('../types.js').Answer | undefined} answer @param {number} now epoch ms */
export function start(answer, now) {
  const before = answer?.state === 'answered' ? answer.value : null;
  return { timer: { started_at: now, before }, state: null, value: null, typed: null };
}

/** @param {import('../types.js').Answer} answer @param {number} now */
export const stop = (answer, now) => ({ ...answered(elapsed(answer, now)) });

/** Back to what was measured before a second start. @param {import('../types.js').Answer} answer */
export const keepBefore = (answer) => answered(answer.timer?.before ?? 0);

/** @param {any} value */
const answered = (value) => ({ state: 'answered', value, timer: null, typed: null });

/** Whole seconds; a clock set back in between gives 0, never less. @param {import('../types.js').Answer} answer @param {number} now */
export const elapsed = (answer, now) =>
  Math.max(0, Math.round((now - (answer.timer?.started_at ?? now)) / 1000));

/** 42 -> 0:42, 3661 -> 61:01 @param {number} seconds */
export const clock = (seconds) =>
  `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, '0')}`;

/** `42` or `1:30` as seconds; null when it is neither. @param {string} text */
export function seconds(text) {
  const found = /^\s*(?:(\d{1,3}):([0-5]\d)|(\d{1,5}))\s*$/.exec(text);
  if (!found) return null;
  return found[3] === undefined ? Number(found[1]) * 60 + Number(found[2]) : Number(found[3]);
}

/** A whole number, 0 or more; null when it is none. @param {string} text */
export const count = (text) => (/^\s*\d{1,6}\s*$/.test(text) ? Number(text) : null);
