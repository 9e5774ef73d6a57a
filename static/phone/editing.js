/** Keeps the copy on the screen and the one in the store alike, and knows when they are not. */
import { isOpen } from './draft.js';

/** The visit was completed meanwhile, in another tab. */
export class VisitClosed extends Error {}

/**
 * @param {object} given
 * @param {any} given.store
 * @param {import('./types.js').Visit} given.visit The copy on the screen; changed at once.
 * @param {(at: string) => void} given.saved
 * @param {(error: Error) => void} given.failed
 */
export function startEditing({ store, visit, saved, failed }) {
  /** Changes that are on the screen and not yet known to be in the store, oldest first. @type {Function[]} */
  let unsaved = [];

  /** @param {(visit: import('./types.js').Visit) => void} apply May run twice: no ids or times made inside. */
  async function change(apply) {
    const at = new Date().toISOString();
    const dated = (kept) => {
      apply(kept);
      kept.changed_at = at;
    };
    dated(visit);
    unsaved.push(dated);
    await save(at);
  }

  /** All that is unsaved goes along: what the store refused before is tried again with the next change. */
  async function save(at) {
    const going = [...unsaved];
    try {
      await store.change(visit.id, (kept) => {
        if (!isOpen(kept)) throw new VisitClosed('This visit was completed in another tab or window.');
        for (const apply of going) apply(kept);
      });
    } catch (error) {
      failed(error);
      return;
    }
    unsaved = unsaved.filter((apply) => !going.includes(apply));
    if (!unsaved.length) saved(at);
  }

  return { change, isSaved: () => unsaved.length === 0 };
}
