/** The screens of the form in order, and what is unanswered on each. */
import { shownIn } from './conditions.js';
import { answersOf, liveInteractions } from '../visit/draft.js';

/**
 * @typedef {import('../types.js').Visit} Visit
 * @typedef {import('../types.js').Section} Section
 * @typedef {import('../types.js').Step} Step
 */

const CHECK = 'check';

/**
 * The context, then each interaction's sections, then the sections of the visit, then the check.
 * @param {Visit} visit
 * @param {Section[]} sections
 * @returns {Step[]}
 */
export function stepsOf(visit, sections) {
  /** @param {Section['asked']} kind */
  const asked = (kind) => sections.filter((section) => section.asked === kind);
  /** @param {Section} section @param {string} scope */
  const step = (section, scope) => ({ id: `${scope}/${section.key}`, section, scope });
  return [
    ...asked('context').map((section) => step(section, 'context')),
    ...liveInteractions(visit).flatMap(({ id }) =>
      asked('interaction').map((section) => step(section, id))
    ),
    ...asked('visit').map((section) => step(section, 'visit')),
    { id: CHECK, section: null, scope: 'visit' },
  ];
}

/** The shown criteria of a step that have no answer yet. @param {Step} step @param {Visit} visit @param {Section[]} sections */
export function unansweredIn(step, visit, sections) {
  if (!step.section) return [];
  const answers = answersOf(visit, step.scope);
  return shownIn(step.section, step.scope, visit, sections).filter((criterion) =>
    !answers[criterion.key]?.state
  );
}

/**
 * The next question without an answer after `after`, round to the first one again.
 * @param {Step[]} steps
 * @param {Visit} visit
 * @param {Section[]} sections
 * @param {{index: number, criterion: string | null}} after
 * @returns {{index: number, criterion: string} | null}
 */
export function nextUnanswered(steps, visit, sections, after) {
  /** @param {Step} step @param {string} key */
  const indexIn = (step, key) => step.section?.criteria.findIndex((each) => each.key === key) ?? -1;
  /** @param {number} index */
  const openIn = (index) => unansweredIn(steps[index], visit, sections);
  const here = after.criterion === null ? -1 : indexIn(steps[after.index], after.criterion);
  const indices = steps.map((_, index) => (after.index + index) % steps.length);
  for (const index of indices) {
    const open = openIn(index);
    const found = index === after.index
      ? open.find(({ key }) => indexIn(steps[index], key) > here)
      : open[0];
    if (found) return { index, criterion: found.key };
  }
  const [first] = openIn(after.index); // all that is left stands above, on this step
  return first ? { index: after.index, criterion: first.key } : null;
}

/** Where a stored cursor leads now: its interaction may be gone. @param {Step[]} steps @param {string} id @returns {number} an index into `steps` */
export const indexOfStep = (steps, id) => Math.max(0, steps.findIndex((step) => step.id === id));
