/** A stopwatch on the page: its time, its buttons, and the field for a time that is typed instead. */
import { one } from '../shell/elements.js';
import { t } from '../shell/words.js';
import { clock, elapsed } from './timer.js';

/** @typedef {import('../types.js').Answer} Answer */

/** @param {HTMLElement} fieldset @param {Answer} answer */
export function fillTimer(fieldset, answer) {
  const { timer = null } = answer;
  const isTyped = fieldset.dataset.typing !== undefined || Boolean(answer.typed);
  const hasValue = answer.value !== undefined;
  const button = one(fieldset, '[data-deed="timer"]');
  button.textContent = timer ? t('Stop') : hasValue ? t('Measure again') : t('Start');
  button.classList.toggle('strong', Boolean(timer) || !hasValue);
  const keep = one(fieldset, '[data-deed="keep"]');
  const before = timer?.before ?? null;
  keep.hidden = before === null;
  if (before !== null) keep.textContent = t('Keep {time}', { time: clock(before) });
  one(fieldset, '[data-part="field-box"]').hidden = !isTyped;
  one(fieldset, '[data-deed="type"]').hidden = isTyped || !keep.hidden;
  tick(fieldset, answer, Date.now());
}

/** The running seconds. @param {HTMLElement} fieldset @param {Answer} answer @param {number} now */
export function tick(fieldset, answer, now) {
  const shown = answer.timer ? elapsed(answer, now) : Number(answer.value ?? 0);
  one(fieldset, '[data-part="clock"]').textContent = clock(shown);
}
