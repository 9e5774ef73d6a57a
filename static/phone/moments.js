/** The moments of an encounter: two clocks from the customer's arrival, stored as times, so they run through a reload. */
import { clock } from './timer.js';
import { timeOf } from './times.js';

/**
 * @param {HTMLElement} box
 * @param {import('./types.js').Interaction} interaction
 * @param {string} timeZone
 * @param {number} now epoch ms
 */
export function fillMoments(box, interaction, timeZone, now) {
  for (const button of box.querySelectorAll('[data-moment]')) {
    const at = interaction[button.dataset.moment];
    button.setAttribute('aria-pressed', String(Boolean(at)));
    const shown = said(interaction, button.dataset.moment, timeZone, now);
    const output = button.querySelector('output');
    if (output.textContent !== shown) output.textContent = shown;
  }
}

/** `12:41` for the arrival; then how long after it: final, or still running until the encounter is over. */
export function said(interaction, moment, timeZone, now) {
  const { started_at: start, ended_at: end } = interaction;
  const at = interaction[moment];
  if (moment === 'started_at') return at ? timeOf(at, timeZone) : '';
  if (!start) return at ? timeOf(at, timeZone) : '';
  if (at) return clock(Math.max(0, Math.round((Date.parse(at) - Date.parse(start)) / 1000)));
  const isRunning = !end && moment !== 'ended_at';
  return isRunning ? `${clock(Math.max(0, Math.floor((now - Date.parse(start)) / 1000)))} …` : '';
}
