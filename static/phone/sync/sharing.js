/** The server's copy of a draft: saved some seconds after each change, and what another phone changed comes in. */
import { keepClock } from '../visit/clock.js';
import { isBegun, isOpen } from '../visit/draft.js';
import { $, one } from '../shell/elements.js';
import { later } from '../shell/later.js';
import { drafts } from './network.js';

const SHARE_AGAIN_MS = 30_000;
const FIRST_SHARE_MS = 2000;

/** @param {import('../types.js').Page} page @param {import('../types.js').Showing} showing */
export function createSharing(page, showing) {
  const { store, visit, photos, screen } = page;
  /** @type {(() => void) | null} */
  let changedDraft = null;
  /** @type {number | undefined} */
  let firstShare;
  /** @type {number | undefined} */
  let sharingLater;
  const isToShare = () => !page.isPreview && isBegun(visit, photos);

  /** The draft has changed: share it soon, once there is work in it. */
  function changed() {
    if (!isToShare()) return;
    if (changedDraft) changedDraft();
    else firstShare ??= setTimeout(share, FIRST_SHARE_MS); // the page comes first
  }

  async function share() {
    if (!isToShare()) return;
    const found = await later(() => import('./drafts.js'));
    if (found) changedDraft ??= found.debounced(share);
    const outcome = found ? await found.syncDraft({ store, drafts, id: visit.id }) : 'offline';
    if (outcome === 'merged') await takeMerged();
    await keepClock(store);
    clearTimeout(sharingLater);
    const arrived = outcome === 'received' && (await later(() => import('./arrived-visit.js')));
    if (arrived) await arrived.takeArrived(page, showing);
    else if (['offline', 'later', 'received'].includes(outcome)) {
      sharingLater = setTimeout(share, SHARE_AGAIN_MS);
    }
  }

  /** Begun on another phone, or on this one before its browser was wiped. */
  async function fetchBegun() {
    const theirs = await drafts.read(visit.id);
    const found = theirs?.content && (await later(() => import('./server-drafts.js')));
    if (
      found &&
      (await found.fetchDraft({ store, drafts: { read: async () => theirs }, id: visit.id }))
    ) await takeMerged();
  }

  async function takeMerged() {
    await showing.reload();
    if (!page.editing.isSaved()) setTimeout(takeMerged, 500);
  }

  if (!page.isPreview && isOpen(visit) && !isBegun(visit, photos)) setTimeout(fetchBegun); // the page comes first

  one($('asked'), 'button').addEventListener('click', async () => {
    const { openChoosing } = await import('../conflict/choice-dialog.js');
    openChoosing(page, () => showing.show(screen.index(), { moves: false }));
  });

  return { changed, share };
}
