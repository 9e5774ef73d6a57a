/** The visit that is being filled in has arrived at the server from another phone. */
import { isOpen } from '../visit/draft.js';
import { readVisit } from './network.js';
import { takeOne } from './server-visits.js';
import { t } from '../shell/words.js';

/**
 * Nothing more is typed here in vain; what only this phone has is the auditor's to choose.
 * @param {import('../types.js').Page} page @param {import('../types.js').Showing} showing
 */
export async function takeArrived({ store, visit, status }, showing) {
  const row = await readVisit(visit.id);
  if (!row) return; // the next change asks again
  const kept = await store.visit(visit.id);
  const wasOpen = kept && isOpen(kept); // another tab may have let go of it
  await takeOne({ store, row, readVisit: async () => row });
  await showing.reload();
  if (wasOpen && visit.state !== 'conflict') status.inform(t('Another phone sent this visit.'));
}
