/** The page of a visit that is complete. */
import { $, one } from '../shell/elements.js';
import { t } from '../shell/words.js';

/** @typedef {import('../types.js').View} View */

const OF_A_STEP = ['crumb', 'foot', 'progress', 'overview', 'moments', 'notes', 'asked', 'undo'];

/** @param {View} view @param {{state: string, tone: string}} shown */
export function showDone({ visit, pictures }, shown) {
  // Once: each photo that arrives is told, and whoever is on a button here stays on it.
  if (!$('step').querySelector('[data-part="explained"]')) openDone(pictures);
  const state = one($('step'), '[data-part="state"]');
  state.textContent = shown.state;
  state.dataset.tone = shown.tone;
  one($('step'), '[data-deed="send"]').hidden = !['waiting', 'accepted'].includes(visit.state);
}

/** @param {View['pictures']} pictures */
function openDone(pictures) {
  pictures?.release();
  const template = /** @type {HTMLTemplateElement} */ ($('done'));
  $('step').replaceChildren(template.content.cloneNode(true));
  $('title').textContent = t('Visit complete');
  $('head').hidden = false;
  for (const id of OF_A_STEP) $(id).hidden = true;
}
