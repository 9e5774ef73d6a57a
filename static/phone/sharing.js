/** The server's copy of a draft: saved some seconds after each change, and what another phone changed comes in. */
import { $, one } from './elements.js';
import { later } from './later.js';
import { drafts } from './network.js';

const SHARE_AGAIN_MS = 30_000;
const FIRST_SHARE_MS = 2000;

/** Looking at a form is no work that could be lost. @param {import('./types.js').Visit} visit */
const isBegun = ({ context, answers, interactions, taps, note, hidden_notes: hidden, not_completed_reason: reason }) =>
  [context, answers, ...interactions.map((each) => each.answers)].some((each) => Object.keys(each).length > 0) ||
  interactions.length > 1 || taps.length > 0 || Boolean(note || hidden || reason);

/** @param {import('./types.js').Page} page @param {import('./types.js').Showing} showing */
export function createSharing(page, showing) {
  const { store, visit, screen } = page;
  let changedDraft = null;
  let firstShare = null;
  let sharingLater;

  /** The draft has changed: share it soon, once there is work in it. */
  function changed() {
    if (!isBegun(visit)) return;
    if (changedDraft) changedDraft();
    else firstShare ??= setTimeout(share, FIRST_SHARE_MS); // the page comes first
  }

  async function share() {
    const found = await later(() => import('./drafts.js'));
    if (found) changedDraft ??= found.debounced(share);
    const outcome = found ? await found.syncDraft({ store, drafts, id: visit.id }) : 'offline';
    if (outcome === 'merged') await takeMerged();
    clearTimeout(sharingLater);
    if (['offline', 'later'].includes(outcome)) sharingLater = setTimeout(share, SHARE_AGAIN_MS);
  }

  async function takeMerged() {
    await showing.reload();
    if (!page.editing.isSaved()) setTimeout(takeMerged, 500);
  }

  one($('asked'), 'button').addEventListener('click', async () => {
    const { openChoosing } = await import('./choosing.js');
    openChoosing(page, () => showing.show(screen.index(), { moves: false }));
  });

  return { changed, share };
}
