/** What the server knows of one's visits, brought to what this phone keeps. */
import { answersFrom, photosFrom, photosLeftOut, reopen, visitFrom } from './content.js';
import { isOpen } from './draft.js';
import { differences } from './merge.js';
import { isElsewhere } from './state.js';
import { t } from './words.js';

const MOST_READ = 10;

/**
 * Visits that came back open again; those that another phone sent are no longer drafts here; the last ones can be
 * read without a connection.
 * @param {object} means
 * @param {any} means.store
 * @param {any[]} means.rows What the server says it has.
 * @param {(id: string) => Promise<any>} means.readVisit
 */
export async function takeNews({ store, rows, readVisit }) {
  const owner = await store.meta('user');
  for (const row of rows) {
    const here = await store.visit(row.id);
    if (row.returned) await takeBack({ store, row, here, owner, readVisit });
    else if (here && isOpen(here) && row.revision >= (here.revision ?? 1)) await sentElsewhere({ store, row, here, readVisit });
    else if (here) await photosArrived({ store, row });
  }
  let n = 0;
  for (const row of await store.sent()) {
    if (row.content || n >= MOST_READ) continue;
    n += 1;
    const read = await readVisit(row.id);
    if (!read) return;
    if (read.content) await store.keepContent(row.id, read.content);
  }
}

async function takeBack({ store, row, here, owner, readVisit }) {
  const isNews = (visit) => visit.revision <= row.returned.revision && !['draft', 'waiting', 'refused'].includes(visit.state);
  if (here) {
    if (isNews(here)) await store.change(row.id, (visit) => void (isNews(visit) && reopen(visit, row.returned)));
    return;
  }
  const read = await readVisit(row.id);
  if (!read?.content || !read.returned) return;
  const visit = visitFrom(read, owner);
  reopen(visit, read.returned);
  await store.adopt(visit, photosFrom(read));
}

/** What was on another phone and no longer is. */
async function photosArrived({ store, row }) {
  for (const photo of await store.photosOf(row.id)) {
    if (!isElsewhere(photo) || row.photos_missing.includes(photo.id)) continue;
    await store.changePhoto(photo.id, (kept) => void (kept.sent_at = row.received_at));
  }
}

/** Its answers went out from another phone. What was typed, or photographed, only here is not thrown away. */
async function sentElsewhere({ store, row, here, readVisit }) {
  const base = await store.meta(`draft-${row.id}`);
  const read = await readVisit(row.id);
  if (!read?.content) return;
  const photos = await store.photosOf(row.id);
  const wasShared = base?.content?.changed_at === here.changed_at;
  if (wasShared || holdsAll(read.content, here, photos)) await takeAsSent({ store, row, content: read.content, photos });
  else {
    await store.conflict(row.id, {
      detail: t('Another phone sent this visit with other answers.'),
      stored_content: read.content,
      stored_revision: read.revision,
      is_returned: false,
    });
  }
}

function holdsAll(content, here, photos) {
  if (photosLeftOut(content, photos).length) return false;
  return !differences(here, { ...here, ...answersFrom(content) }).length;
}

/** Of its photos those that are here alone are still to go. */
async function takeAsSent({ store, row, content, photos }) {
  const isToSend = (photo) => photo.blob && row.photos_missing.includes(photo.id);
  await store.change(row.id, (visit) =>
    Object.assign(visit, answersFrom(content), {
      state: photos.some(isToSend) ? 'accepted' : 'received',
      receipt: row.receipt,
      received_at: row.received_at,
      ended_at: row.received_at,
      revision: row.revision,
      payload: content,
      remarks: [],
      errors: [],
      reason: '',
    }),
  );
}
