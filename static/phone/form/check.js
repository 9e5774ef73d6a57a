/** The last step: what is unanswered, what is still to choose, what the server refused, what was removed. Builds it, leaves taps to its owner. */
import { liveInteractions } from '../visit/draft.js';
import { fillFields } from './fields.js';
import { later } from '../shell/later.js';
import { interactionName, stepName } from '../visit/names.js';
import { unansweredIn } from './steps.js';
import { t } from '../shell/words.js';

/**
 * @typedef {import('../types.js').Visit} Visit
 * @typedef {import('../types.js').Section} Section
 * @typedef {import('../types.js').Step} Step
 */

/** @typedef {(name: string) => any} Part A part of the page by its name; `any`, as the template promises which it is. */

/**
 * @typedef {object} Given
 * @property {HTMLTemplateElement} template
 * @property {Visit} visit
 * @property {Section[]} sections
 * @property {Step[]} steps
 * @property {{step: Step | null, criterion: string, message: string}[]} wrong
 */

/** @param {Given} given */
export function buildCheck(given) {
  const { template, visit, sections } = given;
  const page = /** @type {DocumentFragment} */ (template.content.cloneNode(true));
  /** @type {Part} */
  const part = (name) => page.querySelector(`[data-part="${name}"]`);

  if (visit.returned) {
    part('returned').hidden = false;
    part('comment').textContent = visit.returned.comment;
  }
  putRefused(part, given);
  const asked = visit.asked ?? [];
  part('asked').hidden = !asked.length;
  if (asked.length) listAsked(part('asked').querySelector('ul'), visit, sections);
  putUnanswered(part, given);
  putInteractions(part, given);
  fillFields(page, visit);
  part('not-completed').open = Boolean(visit.not_completed_reason);
  return page;
}

/** What the server did not take, or a reviewer asks. @param {Part} part @param {Given} given */
function putRefused(part, { visit, wrong }) {
  if (visit.state !== 'refused' && !wrong.length) return;
  part('refused').querySelector('h2').textContent = visit.state === 'refused'
    ? t('The server could not take this visit yet')
    : t('What the reviewer asks');
  part('refused').hidden = false;
  part('reason').textContent = [
    visit.reason,
    wrong.length && t('{n} left to correct.', { n: wrong.length }),
  ].filter(Boolean).join(' ');
  part('refused').querySelector('ul').append(
    ...wrong.map(({ step, criterion, message }) => {
      if (!step) return item(message);
      return item(link(said(textOf(step, criterion), message), { go: step.id, criterion }));
    }),
  );
}

/** @param {Part} part @param {Given} given */
function putUnanswered(part, { visit, sections, steps }) {
  const open = steps.map((step) => ({ step, criteria: unansweredIn(step, visit, sections) }));
  const n = open.reduce((sum, { criteria }) => sum + criteria.length, 0);
  part('unanswered').hidden = n === 0;
  part('complete').hidden = n > 0;
  part('unanswered').querySelector('h2').textContent = t('{n} unanswered', { n });
  part('unanswered').querySelector('ul').append(
    ...open.filter(({ criteria }) => criteria.length).map(({ step, criteria }) => {
      const below = document.createElement('ul');
      below.append(
        ...criteria.map(({ key, text }) => item(link(text, { go: step.id, criterion: key }))),
      );
      const row = item(document.createTextNode(stepName(visit, step)));
      row.append(below);
      return row;
    }),
  );
}

/** Those that are sent, in their order, and those that were removed. @param {Part} part @param {Given} given */
function putInteractions(part, { visit, steps }) {
  const live = liveInteractions(visit);
  part('interactions').hidden = !live.length;
  part('interactions').querySelector('ul').append(
    ...live.map(({ id }, index) => {
      const row = item(link(interactionName(visit, id), { go: firstStepOf(steps, id).id }));
      if (index) {
        const up = link(t('Move up'), { up: id });
        up.setAttribute('aria-label', t('Move {name} up', { name: interactionName(visit, id) }));
        row.className = 'choices-row';
        row.append(up);
      }
      return row;
    }),
  );
  const removed = visit.interactions.filter((interaction) => interaction.removed_at);
  part('removed').hidden = !removed.length;
  part('removed').querySelector('ul').append(
    ...removed.map(({ id }) =>
      item(link(t('Bring back {name}', { name: interactionName(visit, id) }), { restore: id }))
    ),
  );
}

/** @param {HTMLElement} list @param {Visit} visit @param {Section[]} sections */
async function listAsked(list, visit, sections) {
  const found = await later(() => import('../conflict/question-names.js'));
  if (!found) return; // the button in the head leads to them, too
  list.append(
    ...visit.asked.map((question) =>
      item(link(found.aboutOf(question, visit, sections), { deed: 'choose' }))
    ),
  );
}

/** @param {string} about @param {string} message */
const said = (
  about,
  message,
) => (/[.?!]$/.test(about) ? `${about} ${message}` : t('{about}: {message}', { about, message }));
/** @param {Step[]} steps @param {string} scope @returns {any} `any`: the step, as each interaction has one. */
const firstStepOf = (steps, scope) => steps.find((step) => step.scope === scope);
/** @param {Step} step @param {string} key @returns {string} */
const textOf = (step, key) =>
  step.section?.criteria.find((criterion) => criterion.key === key)?.text ?? key;

/** @param {string | Node} content */
function item(content) {
  const row = document.createElement('li');
  row.append(content);
  return row;
}

/** @param {string} text @param {Record<string, string>} data */
function link(text, data) {
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'plain';
  button.textContent = text;
  Object.assign(button.dataset, data);
  return button;
}
