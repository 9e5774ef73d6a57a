/** What stands above and below a step: where one is, what time it is there, and where one can go. */
import { $, one } from '../shell/elements.js';
import { t } from '../shell/words.js';
import { interactionOf } from '../visit/draft.js';
import { fillMoments } from '../visit/encounter-timestamps.js';
import { interactionCrumb, interactionName } from '../visit/names.js';

/** @typedef {import('../types.js').View} View */

/** @param {View} view */
export function showHead(view) {
  const { visit, steps, index } = view;
  const { section, scope } = steps[index];
  $('head').hidden = false;
  $('crumb').hidden = section?.asked !== 'interaction';
  if (!$('crumb').hidden) one($('crumb'), 'span').textContent = interactionCrumb(visit, scope);
  $('title').textContent = section?.title ?? t('Check and send');
  showMoments(view);
  $('notes').hidden = !visit.hidden_notes && !visit.taps?.length;
  if (!$('notes').hidden) {
    one($('notes'), 'p').textContent = visit.hidden_notes || t('No words, only taps.');
  }
  const progress = /** @type {HTMLElement} */ ($('progress'));
  Object.assign(progress, { hidden: false, max: steps.length, value: index + 1 });
}

/** @param {View} view */
export function showMoments({ visit, steps, index }) {
  const interaction = interactionOf(visit, steps[index].scope);
  $('moments').hidden = !interaction;
  if (interaction) fillMoments($('moments'), interaction, visit.location.timezone, Date.now());
}

/** @param {View} view */
export function showFoot(view) {
  const { sections, isPreview, steps, index, sending } = view;
  const button = /** @type {HTMLButtonElement} */ ($('next'));
  const next = steps[index + 1];
  $('foot').hidden = false;
  $('back').hidden = index === 0;
  $('add').hidden = !sections.some((section) => section.asked === 'interaction');
  button.textContent = next
    ? t('Next: {step}', { step: nextName(view) })
    : isPreview
    ? t('Send (not in the preview)')
    : t('Send');
  if (next) sending.release();
  else if (isPreview) button.disabled = true;
  else sending.hold(); // the second of two taps on "Next" would send
}

/** @param {View} view */
function nextName({ visit, steps, index }) {
  const { section, scope } = steps[index + 1];
  if (!section) return t('Check');
  const isOther = section.asked === 'interaction' && scope !== steps[index].scope;
  return isOther ? interactionName(visit, scope) : section.title;
}
