/** What two phones answered differently: the auditor says which is right, question by question. */
import { $, one } from '../shell/elements.js';
import { buildChoosing } from '../visit/reading.js';
import { choose, saidIn } from './disagreements.js';
import { t } from '../shell/words.js';

const NAMES = [t('This phone'), t('The other phone')];

/** @param {import('../types.js').Page} page @param {() => void} done Nothing is left to choose. */
export function openChoosing({ visit, sections, editing }, done) {
  const dialog = /** @type {HTMLDialogElement} */ ($('choosing'));

  /** @param {import('../types.js').Asked} question @param {boolean} takesTheirs */
  function chosen(question, takesTheirs) {
    editing.change((kept) => choose(kept, question, takesTheirs));
    if (visit.asked.length) {
      fillDialog();
      return one(one(dialog, 'div'), 'button').focus();
    }
    dialog.close();
    return done();
  }

  function fillDialog() {
    const choices = buildChoosing({
      questions: visit.asked,
      leafOf: saidIn,
      visit,
      sections,
      names: NAMES,
      chosen,
    });
    one(dialog, 'div').replaceChildren(choices);
  }

  fillDialog();
  dialog.showModal();
}
