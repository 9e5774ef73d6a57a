/** What another phone changed in a draft comes into the one that is here. */
import { isOpen } from '../visit/draft.js';
import { mergeInto } from '../conflict/merge.js';
import { retold, settleClock } from '../visit/clock-correction.js';
import { contentInPresentNames } from '../visit/former-names.js';

/**
 * @typedef {import('../types.js').Store} Store
 * @typedef {import('../types.js').Photo} Photo
 * @typedef {import('../types.js').ServerDraft} ServerDraft
 * @typedef {import('../types.js').Base} Base
 * @typedef {import('../types.js').Content} Content
 */

/** A photo whose picture is on another phone. @param {import('../types.js').Copy} named As a draft names it. @param {string} visit @returns {Photo} */
export const elsewhere = (named, visit) => ({
  ...named,
  visit,
  blob: null,
  sent_at: null,
  refused: '',
});

/** This phone itself is another one, once its clock was set. */
export const settle = settleClock;

/** What both changed since `base` is asked. @param {{store: Store, id: string, theirs: ServerDraft, base: Base}} given */
export async function takeIn({ store, id, theirs, base }) {
  let content = contentInPresentNames(theirs.content);
  await store.change(id, (visit) => {
    if (!isOpen(visit)) return;
    /** @param {Content | null} each */
    const here = (each) => retold(contentInPresentNames(each), visit.clock_offset_ms);
    content = here(content);
    const asked = mergeInto(visit, content, here(base.content), here(base.tried));
    const still = (visit.asked ?? []).filter(({ path }) =>
      !asked.some((each) => String(each.path) === String(path))
    );
    visit.asked = [...still, ...asked];
    visit.changed_at = new Date().toISOString();
  });
  await takePhotosIn({
    store,
    id,
    theirs: content.photos ?? [],
    known: [base.content, base.tried],
  });
}

/**
 * Photos that another phone took are named here too; what it removed, or brought back, is so here.
 * @param {{store: Store, id: string, theirs: Photo[], known: (Content | null)[]}} given
 */
async function takePhotosIn({ store, id, theirs, known }) {
  const here = new Set((await store.photosOf(id)).map((photo) => photo.id));
  const before = known.flatMap((content) => content?.photos ?? []);
  for (const photo of theirs) {
    const removals = before.filter((each) => each.id === photo.id).map((each) => each.removed_at);
    if (!here.has(photo.id)) await store.namePhoto(elsewhere(photo, id));
    else if (!(removals.length ? removals : [null]).includes(photo.removed_at)) {
      await store.changePhoto(photo.id, (kept) => void (kept.removed_at = photo.removed_at));
    }
  }
}
