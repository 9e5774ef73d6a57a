/** Photos of a criterion, for the form: what takes and keeps them comes with the first one. */
import { isOpen } from '../visit/draft.js';
import { later } from '../shell/later.js';
import { t } from '../shell/words.js';

/** @typedef {ReturnType<typeof import('./keep.js').createCamera>} Camera */

/**
 * @param {import('../types.js').Page} page
 * @param {Parameters<typeof import('./keep.js').createCamera>[1]} means
 */
export function createPhotographing(page, means) {
  const { visit, screen, status } = page;
  /** @type {Camera | null} */
  let camera = null;
  let nUnderWay = 0;

  async function load() {
    const found = await later(() => import('./keep.js'));
    return found && (camera ??= found.createCamera(page, means));
  }

  /** @param {(camera: Camera) => unknown} deed */
  async function use(deed) {
    nUnderWay += 1;
    try {
      const found = await load();
      if (found) await deed(found);
      else status.warn(t('This page is not on this phone yet: open it once with a connection.'));
    } finally {
      nUnderWay -= 1;
    }
    if (isOpen(visit)) screen.refresh();
  }

  /** The question is the one that is shown now, wherever the auditor has gone when the picture is kept. @param {HTMLInputElement} input */
  async function take(input) {
    const file = input.files?.[0];
    if (!file) return;
    const { criterion = '' } =
      /** @type {HTMLElement} */ (input.closest('[data-criterion]')).dataset;
    const { scope } = screen.step();
    await use((found) => found.take({ file, criterion, scope }));
    input.value = '';
  }

  return {
    take,
    /** While the picture is being taken. */
    prepare: async () => (await load())?.prepare(),
    /** @param {string} id */
    keepAgain: (id) => use((found) => found.keepAgain(id)),
    /** @param {string} id */
    drop: (id) => use((found) => found.drop(id)),
    /** Why the visit cannot be sent with all its photos yet; blank when it can. */
    whyNotYet:
      () => (nUnderWay
        ? t('A photo is still being kept. Send again in a moment.')
        : (camera?.whyNotYet() ?? '')),
  };
}
