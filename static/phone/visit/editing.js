/** Keeps the copy on the screen and the one in the store alike, and knows when they are not. */
import { isOpen } from './draft.js';
import { t } from '../shell/words.js';

/**
 * @typedef {import('../types.js').Visit} Visit
 * @typedef {import('../types.js').Photo} Photo
 * @typedef {import('../types.js').Store} Store
 */

/** The visit was completed meanwhile, in another tab. */
export class VisitClosed extends Error {}

/**
 * @param {object} given
 * @param {Pick<Store, 'change' | 'changeWithPhotos'>} given.store
 * @param {Visit} given.visit The copy on the screen; changed at once.
 * @param {() => void} given.saving
 * @param {(at: string) => void} given.saved
 * @param {(error: import('../types.js').Thrown) => void} given.failed
 */
export function startEditing({ store, visit, saving = () => {}, saved, failed }) {
  /** Changes on the screen that are not yet known to be in the store, oldest first. @type {Function[]} */
  let unsaved = [];
  /** The write under way. The next begins after it: two at once would take the same change along twice. */
  let writing = Promise.resolve(true);
  let n = 0;

  /**
   * @param {(visit: Visit) => void} apply Runs once on each copy, so ids and times are made
   *   outside.
   * @returns {Promise<boolean>} whether it is in the store; if not, the next change takes it along
   */
  function change(apply) {
    const at = new Date().toISOString();
    /** @param {Visit} kept */
    const dated = (kept) => {
      apply(kept);
      kept.changed_at = at;
    };
    dated(visit);
    unsaved.push(dated);
    n += 1;
    saving();
    return inTurn(() => !unsaved.includes(dated) || save(store.change, at, [...unsaved]));
  }

  /**
   * The last change of all: made in the store first, and on the screen only when it is there.
   * @param {(visit: Visit, photos: Photo[]) => void} apply
   */
  const close = (apply) =>
    inTurn(() => save(store.changeWithPhotos, new Date().toISOString(), [...unsaved, apply]));

  /** @param {() => boolean | Promise<boolean>} work @returns {Promise<boolean>} */
  const inTurn = (work) => (writing = writing.then(work));

  /** @param {(id: string, apply: (visit: Visit, photos?: Photo[]) => unknown) => Promise<Visit>} write @param {string} at @param {Function[]} going */
  async function save(write, at, going) {
    try {
      const kept = await write(visit.id, (stored, photos) => {
        if (!isOpen(stored)) {
          throw new VisitClosed(t('This visit was completed in another tab or window.'));
        }
        for (const apply of going) apply(stored, photos);
      });
      if (!isOpen(kept)) Object.assign(visit, kept);
    } catch (error) {
      failed(error);
      return false;
    }
    unsaved = unsaved.filter((apply) => !going.includes(apply));
    if (!unsaved.length) saved(at);
    return true;
  }

  return { change, close, isSaved: () => unsaved.length === 0, nChanges: () => n };
}
