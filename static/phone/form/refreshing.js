/** What is asked, what is answered, what is wrong: brought in line with the visit after each change. */
import { $, all, one } from '../shell/elements.js';
import { t } from '../shell/words.js';
import { answersOf } from '../visit/draft.js';
import { shownIn } from './conditions.js';
import { wrongsIn } from './errors.js';
import { fillFields } from './fields.js';
import { fill } from './form.js';
import { showMoments } from './frame.js';
import { nextUnanswered, unansweredIn } from './steps.js';

/** @typedef {import('../types.js').View} View */

/** The answer on the step that is shown. @param {View} view @param {string} key */
export const answerIn = ({ visit, steps, index }, key) =>
  answersOf(visit, steps[index].scope)[key] ?? {};

/** @param {View} view */
export function refresh(view) {
  const { visit, sections, steps, index } = view;
  const step = steps[index];
  refreshCriteria(view);
  showMoments(view);
  fillFields($('step'), visit);
  $('jump').hidden = !nextUnanswered(steps, visit, sections, { index, criterion: null });
  $('asked').hidden = !visit.asked?.length;
  one($('asked'), 'span').textContent = t('Answered differently on another phone.');
  const n = unansweredIn(step, visit, sections).length;
  const position = t('{number} of {n}', { number: index + 1, n: steps.length });
  $('overview').textContent = n ? `${position} · ${t('{n} unanswered', { n })}` : position;
  $('overview').hidden = !step.section;
}

/** @param {View} view */
function refreshCriteria(view) {
  const { visit, photos, sections, steps, index, pictures } = view;
  const { section, scope, id } = steps[index];
  if (!section) return;
  if (photos.length && !pictures) view.wantPictures();
  const shown = new Set(shownIn(section, scope, visit, sections).map(({ key }) => key));
  const wrong = wrongsIn(view).filter((each) => each.step?.id === id);
  for (const fieldset of all($('step'), '[data-criterion]')) {
    const key = fieldset.dataset.criterion ?? '';
    fieldset.hidden = !shown.has(key);
    const messages = wrong.filter(({ criterion }) => criterion === key);
    fill(fieldset, answerIn(view, key), messages.map(({ message }) => message));
    pictures?.fill(fieldset, photosOn(view, key));
  }
}

/** @param {View} view @param {string} key */
function photosOn({ photos, steps, index }, key) {
  const { scope } = steps[index];
  const interaction = scope === 'visit' ? null : scope;
  return photos.filter((each) =>
    !each.removed_at && each.criterion === key && each.interaction === interaction
  );
}
