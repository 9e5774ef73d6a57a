/** How an interaction is called on the screen. */
import { interactionOf, liveInteractions } from './draft.js';
import { timeOf } from '../shell/times.js';
import { t } from '../shell/words.js';

/** `Till 2, 12:41`, or `Interaction 2, 12:41` while it has no name.
 * @param {import('../types.js').Visit} visit @param {string} id */
export function interactionName(visit, id) {
  const live = liveInteractions(visit);
  const interaction = interactionOf(visit, id);
  if (!interaction) return t('Interaction without a name');
  const number = live.findIndex((each) => each.id === id) + 1;
  const label = interaction.label || (number ? t('Interaction {number}', { number }) : '');
  return nameOf({ ...interaction, label }, visit);
}

/** One that is in another copy of the visit. @param {import('../types.js').Interaction} interaction @param {import('../types.js').Visit} visit */
export function nameOf({ label, started_at: start }, visit) {
  const name = label || t('Interaction without a name');
  return start ? `${name}, ${timeOf(start, visit.location.timezone)}` : name;
}

/** `Interaction 2 of 2 · Till 2, 13:48` @param {import('../types.js').Visit} visit @param {string} id */
export function interactionCrumb(visit, id) {
  const live = liveInteractions(visit);
  const index = live.findIndex((each) => each.id === id);
  const { label, started_at: start } = live[index];
  const number = t('Interaction {number} of {n}', { number: index + 1, n: live.length });
  const time = start && timeOf(start, visit.location.timezone);
  return [number, [label, time].filter(Boolean).join(', ')].filter(Boolean).join(' · ');
}

/** A step, named so that it is found again among others. @param {import('../types.js').Visit} visit @param {import('../types.js').Step} step */
export function stepName(visit, step) {
  if (!step.section) return t('Check and send');
  if (step.section.asked !== 'interaction') return step.section.title;
  return `${interactionName(visit, step.scope)} · ${step.section.title}`;
}
