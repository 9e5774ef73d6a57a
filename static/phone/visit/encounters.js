/** The interactions on the page: added, named, removed and brought back, and the moments of the one that is shown. */
import {
  addInteraction,
  interactionOf,
  isLive,
  markMoment,
  removeInteraction,
  renameInteraction,
  restoreInteraction,
} from './draft.js';
import { $ } from '../shell/elements.js';
import { interactionName } from './names.js';
import { t } from '../shell/words.js';

const now = () => new Date().toISOString();

/**
 * @param {import('../types.js').Page} page
 * @param {object} means
 * @param {import('../types.js').Showing['leaveTo']} means.leaveTo
 * @param {(sentence: string, deed: () => void) => void} means.offerUndo
 */
export function listenToEncounters({ visit, screen, editing }, { leaveTo, offerUndo }) {
  const naming = /** @type {HTMLDialogElement} */ ($('naming'));
  const field = /** @type {HTMLInputElement} */ ($('naming-field'));

  $('add').addEventListener('click', () => {
    const [id, at] = [crypto.randomUUID(), isLive(visit) ? now() : null];
    editing.change((kept) => addInteraction(kept, id, at));
    leaveTo(screen.renewSteps().findIndex((step) => step.scope === id));
  });

  $('rename').addEventListener('click', () => {
    field.value = interactionOf(visit, screen.step().scope)?.label ?? '';
    naming.returnValue = '';
    naming.showModal();
  });

  naming.addEventListener('close', () => {
    if (naming.returnValue !== 'save') return;
    const { scope } = screen.step();
    const label = field.value;
    editing.change((kept) => renameInteraction(kept, scope, label));
    screen.showHead();
  });

  $('remove').addEventListener('click', () => {
    const { scope } = screen.step();
    const [name, at] = [interactionName(visit, scope), now()];
    const before = screen.steps().findIndex((step) => step.scope === scope) - 1;
    editing.change((kept) => removeInteraction(kept, scope, at));
    leaveTo(Math.max(0, before));
    offerUndo(t('{name} removed.', { name }), () => bringBack(scope));
  });

  /** @param {string} id */
  function bringBack(id) {
    editing.change((kept) => restoreInteraction(kept, id));
    leaveTo(screen.renewSteps().findIndex((step) => step.scope === id));
  }

  $('moments').addEventListener('click', (/** @type {import('../types.js').Tap} */ { target }) => {
    /** @type {import('../types.js').Moment | undefined} */
    const moment = target.closest('button')?.dataset.moment;
    if (!moment) return;
    const { scope } = screen.step();
    const before = interactionOf(visit, scope)?.[moment];
    /** @param {string | null} at */
    const mark = (at) => {
      editing.change((kept) => markMoment(kept, scope, moment, at));
      screen.refresh();
    };
    if (before) offerUndo(t('Time taken back.'), () => mark(before));
    mark(before ? null : now());
  });

  return { bringBack };
}
