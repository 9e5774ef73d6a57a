/** Drafts from the server: a second phone goes on where the first one stopped, and a wiped browser gets all back. */
import { clockOffset } from '../visit/clock.js';
import { isBegun, isOpen, unsent } from '../visit/draft.js';
import { baseOf, contentOf, inTurn, know } from './drafts.js';
import { elsewhere, takeIn } from './other-phone.js';
import { retold } from '../visit/clock-correction.js';
import { contentInPresentNames } from '../visit/former-names.js';

/**
 * @typedef {import('../types.js').Store} Store
 * @typedef {import('../types.js').Drafts} Drafts
 */

/** A draft from the server, as this phone keeps it.
 * @param {import('../types.js').Copy} content @param {number} owner @returns {import('../types.js').Visit} */
export const visitOf = ({ photos: _photos, ...content }, owner) => ({
  ...content,
  owner,
  state: content.returned ? 'returned' : 'draft',
  ...unsent(),
});

/**
 * Fetch what other phones saved: drafts that are not here, and newer copies of those that are.
 * @param {{store: Store, drafts: Pick<Drafts, 'list' | 'read'>}} means
 * @returns {Promise<number>} how many were taken in
 */
export async function fetchDrafts({ store, drafts }) {
  const rows = await drafts.list();
  if (!rows) return 0;
  const owner = await store.meta('user');
  let n = 0;
  for (const row of rows) {
    if (await inTurn(row.id, () => fetchInTurn({ store, drafts, row, owner }))) n += 1;
  }
  return n;
}

/**
 * What the server may have of a visit that was just begun here.
 * @param {{store: Store, drafts: Pick<Drafts, 'read'>, id: string}} means
 * @returns {Promise<boolean>} whether it had anything
 */
export const fetchDraft = ({ store, drafts, id }) =>
  inTurn(id, () => fetchInTurn({ store, drafts, row: { id, revision: null }, owner: null }));

/**
 * @param {{store: Store, drafts: Pick<Drafts, 'read'>, row: {id: string, revision: number | null}, owner: number | null}} given
 *   `owner`: who signed in; none is wanted where the visit is here.
 */
async function fetchInTurn({ store, drafts, row: { id, revision }, owner }) {
  const [visit, base] = [await store.visit(id), await baseOf(store, id)];
  if (visit && (!isOpen(visit) || base.revision === revision)) return false;
  const theirs = await drafts.read(id);
  if (!theirs?.content) return false;
  if (visit) {
    const photos = await store.photosOf(id);
    const isFresh = !base.content && !isBegun(visit, photos); // then all that is there is news
    await takeIn({
      store,
      id,
      theirs,
      base: isFresh ? { ...base, content: contentOf(visit, photos) } : base,
    });
    await know(store, id, theirs);
  } else {
    const content = retold(contentInPresentNames(theirs.content), await clockOffset(store));
    const pictures = (content.photos ?? []).map((/** @type {object} */ photo) =>
      elsewhere(photo, id)
    );
    await store.adopt(visitOf(content, Number(owner)), pictures);
    await know(store, id, theirs);
  }
  return true;
}
