/** Which criteria are asked, given what was answered before. */
import { answersOf, liveInteractions } from '../visit/draft.js';

/**
 * @typedef {import('../types.js').Visit} Visit
 * @typedef {import('../types.js').Section} Section
 * @typedef {import('../types.js').Answer} Answer
 */

/** An answer in the words of a condition, and of a choice: yes, no, or the value. @param {Answer['value']} [value] */
export const inWords = (value) => (value === true ? 'yes' : value === false ? 'no' : String(value));

/** @param {Answer | undefined} answer @param {string} value */
const says = (answer, value) => answer?.state === 'answered' && inWords(answer.value) === value;

/**
 * Is `criterion` asked in this scope? One that depends on a hidden one is hidden too. On the visit as a whole, a
 * condition about interactions holds when any of them fulfils it.
 *
 * @param {import('../types.js').Criterion} criterion
 * @param {string} scope
 * @param {Visit} visit
 * @param {Section[]} sections
 * @returns {boolean}
 */
export function isShown(criterion, scope, visit, sections) {
  if (!criterion.shownIf) return true;
  const { criterion: key, value } = criterion.shownIf;
  const section = sections.find(
    (each) => each.asked !== 'context' && each.criteria.some((other) => other.key === key),
  );
  const other = section?.criteria.find((each) => each.key === key);
  if (!section || !other) return true; // better one question too many than one that nobody can reach
  return scopesOf(section, scope, visit).some(
    (at) => says(answersOf(visit, at)[key], value) && isShown(other, at, visit, sections),
  );
}

/** @param {Section} section @param {string} scope @param {Visit} visit */
function scopesOf(section, scope, visit) {
  if (section.asked !== 'interaction') return [section.asked];
  return scope === 'visit' ? liveInteractions(visit).map((interaction) => interaction.id) : [scope];
}

/** @param {Section} section @param {string} scope @param {Visit} visit @param {Section[]} sections */
export const shownIn = (section, scope, visit, sections) =>
  section.criteria.filter((criterion) => isShown(criterion, scope, visit, sections));
