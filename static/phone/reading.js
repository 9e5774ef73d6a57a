/** A visit in words: what was answered, for reading and for choosing between two versions. */
import { answersOf, liveInteractions } from './draft.js';
import { interactionName } from './names.js';
import { aboutOf } from './questions.js';
import { tapsInWords } from './taps.js';
import { clock } from './timer.js';
import { dayAndTime } from './times.js';
import { plural, t, written } from './words.js';

const SET_ASIDE = { does_not_apply: t('Does not apply'), not_observed: t('Not observed') };

/** @param {import('./types.js').Criterion | undefined} criterion @param {import('./types.js').Answer | null} answer */
export function answerInWords(criterion, answer) {
  if (!answer?.state) return answer?.note ? `${t('No answer')}. ${answer.note}` : t('No answer');
  const { value } = answer;
  const plain =
    SET_ASIDE[answer.state] ??
    (value === true ? t('Yes') : value === false ? t('No') : null) ??
    criterion?.options?.[String(value)] ??
    (criterion?.kind === 'seconds' ? clock(Number(value)) : String(written(/** @type {string | number} */ (value ?? ''))));
  return [plain, answer.note].filter(Boolean).join('. ');
}

const make = (tag, text) => Object.assign(document.createElement(tag), { textContent: text });

/** All answers, section by section. @returns {DocumentFragment} */
export function buildReading(visit, sections) {
  const page = document.createDocumentFragment();
  const scopes = ['context', ...liveInteractions(visit).map(({ id }) => id), 'visit'];
  for (const scope of scopes) {
    const answers = answersOf(visit, scope);
    for (const section of sections.filter((each) => each.asked === (scope === 'context' || scope === 'visit' ? scope : 'interaction'))) {
      const answered = section.criteria.filter(({ key }) => answers[key]?.state || answers[key]?.note);
      if (!answered.length) continue;
      const list = document.createElement('dl');
      list.className = 'read';
      list.append(...answered.flatMap((criterion) => [
        make('dt', criterion.text), make('dd', answerInWords(criterion, answers[criterion.key])),
      ]));
      const title = section.asked === 'interaction' ? `${interactionName(visit, scope)} · ${section.title}` : section.title;
      page.append(make('h2', title), list);
    }
  }
  if (visit.note) page.append(make('h2', t('Anything else')), make('p', visit.note));
  return page;
}

/** What a question of `merge.js` is about, and both answers to it. */
export function questionInWords(question, mine, visit, sections) {
  const say = (value) => saidAt(question.path, value, visit, sections);
  return { about: aboutOf(question, visit, sections), mine: say(mine), theirs: say(question.theirs) };
}

function saidAt([kind, , name], value, visit, sections) {
  const { timezone } = visit.location;
  if (kind === 'answers') {
    return answerInWords(sections.flatMap(({ criteria }) => criteria).find(({ key }) => key === name), value);
  }
  if (value === null || value === '') return t('Nothing');
  if (kind === 'taps') return tapsInWords(value, timezone);
  if (kind === 'interactions' && !name) return answersCounted(value);
  return (name ?? kind).endsWith('_at') ? dayAndTime(value, timezone) : String(value);
}

const answersCounted = ({ answers }) => plural('{n} answer', '{n} answers', Object.values(answers).filter(({ state }) => state).length);

/**
 * Both versions of each answer, as two buttons.
 * @param {object} given
 * @param {import('./types.js').Asked[]} given.questions
 * @param {(visit: import('./types.js').Visit, path: string[]) => any} given.leafOf
 * @param {import('./types.js').Visit} given.visit
 * @param {import('./types.js').Section[]} given.sections
 * @param {string[]} given.names Of the two versions: mine, theirs.
 * @param {(question: import('./types.js').Asked, takesTheirs: boolean) => void} given.chosen
 */
export function buildChoosing({ questions, leafOf, visit, sections, names, chosen }) {
  const page = document.createDocumentFragment();
  for (const question of questions) {
    const words = questionInWords(question, leafOf(visit, question.path), visit, sections);
    const box = document.createElement('div');
    box.className = 'versions';
    box.setAttribute('role', 'group');
    box.setAttribute('aria-label', words.about);
    box.append(make('p', words.about), ...[false, true].map((takesTheirs) => {
      const button = make('button', t('{about}: {message}', takesTheirs ? { about: names[1], message: words.theirs } : { about: names[0], message: words.mine }));
      button.type = 'button';
      button.addEventListener('click', () => chosen(question, takesTheirs));
      return button;
    }));
    page.append(box);
  }
  return page;
}
