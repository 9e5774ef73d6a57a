/** A visit in words: what was answered, timed, tapped and photographed, for reading and for choosing between two versions. */
import { answersOf, interactionOf, liveInteractions, MOMENTS } from './draft.js';
import { interactionName } from './names.js';
import { aboutOf, MOMENT_NAMES } from '../conflict/question-names.js';
import { tapsInWords } from './taps.js';
import { kindOf } from '../form/kinds.js';
import { dayAndTime, timeOf } from '../shell/times.js';
import { plural, t } from '../shell/words.js';

/**
 * @typedef {import('../types.js').Visit} Visit
 * @typedef {import('../types.js').Interaction} Interaction
 * @typedef {import('../types.js').Asked} Asked
 * @typedef {import('../types.js').Section} Section
 * @typedef {import('../types.js').Answer} Answer
 */

/** @type {Record<string, string>} */
const SET_ASIDE = { does_not_apply: t('Does not apply'), not_observed: t('Not observed') };

/** @param {Answer} answer */
function setAside({ state = 'answered', reason }) {
  /** @type {HTMLTemplateElement | null} */
  const reasons = document.querySelector('template#reason');
  const chosen = reason &&
    [...(reasons?.content.querySelectorAll('option') ?? [])].find(({ value }) => value === reason);
  const words = SET_ASIDE[state];
  return words && chosen
    ? t('{about}: {message}', { about: words, message: chosen.textContent ?? '' })
    : words;
}

/** @param {import('../types.js').Criterion | undefined} criterion @param {Answer | null} answer */
export function answerInWords(criterion, answer) {
  if (!answer?.state) return answer?.note ? `${t('No answer')}. ${answer.note}` : t('No answer');
  const plain = setAside(answer) ??
    kindOf(criterion?.kind).said(answer.value ?? '', criterion?.options);
  return [plain, answer.note].filter(Boolean).join('. ');
}

/** @template {keyof HTMLElementTagNameMap} T @param {T} tag @param {string} text @returns {HTMLElementTagNameMap[T]} */
const make = (tag, text) => Object.assign(document.createElement(tag), { textContent: text });

/** @param {[string, string][]} rows */
function listOf(rows) {
  const list = document.createElement('dl');
  list.className = 'read';
  list.append(...rows.flatMap(([about, words]) => [make('dt', about), make('dd', words)]));
  return list;
}

/**
 * When the auditor came and left, what was tapped and noted inside, why it was not completed.
 * @param {Visit} visit @returns {[string, string][]} Names and words.
 */
function rowsOfVisit(visit) {
  const { timezone } = visit.location;
  const left = visit.left_at ?? visit.ended_at;
  /** @type {[string, string][]} */
  const rows = [
    [t('Arrived'), dayAndTime(visit.started_at, timezone)],
    [t('Left'), left ? dayAndTime(left, timezone) : ''],
    [t('Why it could not be completed'), visit.not_completed_reason],
    [t('Taps from inside'), visit.taps?.length ? tapsInWords(visit.taps, timezone) : ''],
    [t('Notes from inside'), visit.hidden_notes],
  ];
  return rows.filter(([, words]) => words);
}

/** @param {Visit} visit @param {Interaction} interaction @returns {[string, string][]} */
const rowsOfMoments = (visit, interaction) =>
  MOMENTS.flatMap((moment) => {
    const at = interaction[moment];
    return at ? [[MOMENT_NAMES[moment], timeOf(at, visit.location.timezone)]] : [];
  });

/** What was answered, and how many photos were sent with it.
 * @param {Section} section @param {string} scope @param {Visit} visit @returns {[string, string][]} */
function rowsOfAnswers({ criteria }, scope, visit) {
  const answers = answersOf(visit, scope);
  const photos = (visit.payload?.photos ?? []).filter((photo) =>
    (photo.interaction ?? 'visit') === scope
  );
  return criteria.flatMap((criterion) => {
    const answer = answers[criterion.key];
    const n = photos.filter((photo) => photo.criterion === criterion.key).length;
    if (!answer?.state && !answer?.note && !n) return [];
    return [[
      criterion.text,
      [answerInWords(criterion, answer), n && plural('{n} photo', '{n} photos', n)].filter(Boolean)
        .join('. '),
    ]];
  });
}

/** All of it, section by section. @param {Visit} visit @param {Section[]} sections @returns {DocumentFragment} */
export function buildReading(visit, sections) {
  const page = document.createDocumentFragment();
  /** @param {string} title @param {[string, string][]} rows */
  const put = (title, rows) => rows.length && page.append(make('h2', title), listOf(rows));
  put(t('The visit'), rowsOfVisit(visit));
  const scopes = ['context', ...liveInteractions(visit).map(({ id }) => id), 'visit'];
  for (const scope of scopes) {
    const interaction = interactionOf(visit, scope);
    if (interaction) put(interactionName(visit, scope), rowsOfMoments(visit, interaction));
    for (
      const section of sections.filter((each) =>
        each.asked === (scope === 'context' || scope === 'visit' ? scope : 'interaction')
      )
    ) {
      const title = section.asked === 'interaction'
        ? `${interactionName(visit, scope)} · ${section.title}`
        : section.title;
      put(title, rowsOfAnswers(section, scope, visit));
    }
  }
  if (visit.note) page.append(make('h2', t('Anything else')), make('p', visit.note));
  return page;
}

/** What a question of `conflict/merge.js` is about, and both answers to it.
 * @param {Asked} question @param {import('../types.js').Leaf} mine @param {Visit} visit @param {Section[]} sections */
export function questionInWords(question, mine, visit, sections) {
  /** @param {import('../types.js').Leaf} value */
  const say = (value) => saidAt(question.path, value, visit, sections);
  return {
    about: aboutOf(question, visit, sections),
    mine: say(mine),
    theirs: say(question.theirs),
  };
}

/** @param {string[]} path @param {import('../types.js').Leaf} value @param {Visit} visit @param {Section[]} sections */
function saidAt([kind, , name], value, visit, sections) {
  const { timezone } = visit.location;
  if (kind === 'answers') {
    return answerInWords(
      sections.flatMap(({ criteria }) => criteria).find(({ key }) => key === name),
      value,
    );
  }
  if (value === null || value === '') return t('Nothing');
  if (kind === 'taps') return tapsInWords(value, timezone);
  if (kind === 'interactions' && !name) return answersCounted(value);
  return (name ?? kind).endsWith('_at') ? dayAndTime(value, timezone) : String(value);
}

/** @param {Interaction} interaction */
const answersCounted = ({ answers }) =>
  plural('{n} answer', '{n} answers', Object.values(answers).filter(({ state }) => state).length);

/**
 * Both versions of each answer, as two buttons.
 * @param {object} given
 * @param {Asked[]} given.questions
 * @param {(visit: Visit, path: string[]) => import('../types.js').Leaf} given.leafOf
 * @param {Visit} given.visit
 * @param {Section[]} given.sections
 * @param {string[]} given.names Of the two versions: mine, theirs.
 * @param {(question: Asked, takesTheirs: boolean) => void} given.chosen
 */
export function buildChoosing({ questions, leafOf, visit, sections, names, chosen }) {
  const page = document.createDocumentFragment();
  for (const question of questions) {
    const words = questionInWords(question, leafOf(visit, question.path), visit, sections);
    const box = document.createElement('div');
    box.className = 'versions';
    box.setAttribute('role', 'group');
    box.setAttribute('aria-label', words.about);
    box.append(
      make('p', words.about),
      ...[false, true].map((takesTheirs) => {
        const button = make(
          'button',
          t(
            '{about}: {message}',
            takesTheirs
              ? { about: names[1], message: words.theirs }
              : { about: names[0], message: words.mine },
          ),
        );
        button.type = 'button';
        button.addEventListener('click', () => chosen(question, takesTheirs));
        return button;
      }),
    );
    page.append(box);
  }
  return page;
}
