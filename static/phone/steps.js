/** The screens of the form in order, and what is unanswered on each. */
import { shownIn } from './conditions.js';
import { answersOf, liveInteractions } from './draft.js';

const CHECK = 'check';

/**
 * The context, then each interaction's sections, then the sections of the visit, then the check.
 * @param {import('./types.js').Visit} visit
 * @param {import('./types.js').Section[]} sections
 * @returns {import('./types.js').Step[]}
 */
export function stepsOf(visit, sections) {
  const asked = (kind) => sections.filter((section) => section.asked === kind);
  const step = (section, scope) => ({ id: `${scope}/${section.key}`, section, scope });
  return [
    ...asked('context').map((section) => step(section, 'context')),
    ...liveInteractions(visit).flatMap(({ id }) => asked('interaction').map((section) => step(section, id))),
    ...asked('visit').map((section) => step(section, 'visit')),
    { id: CHECK, section: null, scope: 'visit' },
  ];
}

/** The shown criteria of a step that have no answer yet. @param {import('./types.js').Step} step */
export function unansweredIn(step, visit, sections) {
  if (!step.section) return [];
  const answers = answersOf(visit, step.scope);
  return shownIn(step.section, step.scope, visit, sections).filter((criterion) => !answers[criterion.key]?.state);
}

/**
 * The next question without an answer after `after`, round to the first one again.
 * @param {import('./types.js').Step[]} steps
 * @param {{index: number, criterion: string | null}} after
 * @returns {{index: number, criterion: string} | null}
 */
export function nextUnanswered(steps, visit, sections, after) {
  const open = steps.flatMap((step, index) =>
    unansweredIn(step, visit, sections).map(({ key }) => ({
      index, criterion: key, at: step.section.criteria.findIndex((each) => each.key === key),
    })),
  );
  const section = steps[after.index]?.section;
  const here = section ? section.criteria.findIndex(({ key }) => key === after.criterion) : -1;
  return open.find(({ index, at }) => index > after.index || (index === after.index && at > here)) ?? open[0] ?? null;
}

/** Where a stored place leads now: its interaction may be gone. @returns {number} an index into `steps` */
export const indexOfStep = (steps, id) => Math.max(0, steps.findIndex((step) => step.id === id));
