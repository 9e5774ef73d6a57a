/** The moments of an encounter: two clocks from the customer's arrival, stored as times, so they run through a reload. */
import { all, one } from '../shell/elements.js';
import { clock } from '../form/timer.js';
import { timeOf } from '../shell/times.js';

/**
 * @param {HTMLElement} box
 * @param {import('../types.js').Interaction} interaction
 * @param {string | undefined} timeZone
 * @param {number} now epoch ms
 */
export function fillMoments(box, interaction, timeZone, now) {
  for (const button of all(box, '[data-moment]')) {
    const moment = /** @type {import('../types.js').Moment} */ (button.dataset.moment);
    const at = interaction[moment];
    button.setAttribute('aria-pressed', String(Boolean(at)));
    const shown = said(interaction, moment, timeZone, now);
    const output = one(button, 'output');
    if (output.textContent !== shown) output.textContent = shown;
  }
}

/**
 * `12:41` for the arrival; then how long after it: final, or still running until the encounter is over.
 * @param {import('../types.js').Interaction} interaction @param {import('../types.js').Moment} moment
 * @param {string | undefined} timeZone @param {number} now epoch ms
 */
export function said(interaction, moment, timeZone, now) {
  const { started_at: start, ended_at: end } = interaction;
  const at = interaction[moment];
  if (moment === 'started_at') return at ? timeOf(at, timeZone) : '';
  if (!start) return at ? timeOf(at, timeZone) : '';
  if (at) return clock(Math.max(0, Math.round((Date.parse(at) - Date.parse(start)) / 1000)));
  const isRunning = !end && moment !== 'ended_at';
  return isRunning ? `${clock(Math.max(0, Math.floor((now - Date.parse(start)) / 1000)))} …` : '';
}
