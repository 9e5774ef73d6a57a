/** What the server knows of one's visits, brought to what this phone keeps. */
import { photosFrom, reopen, visitFrom } from './content.js';

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
    else if (here?.state === 'draft') await sentElsewhere({ store, row, here, readVisit });
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

/** Its answers went out from another phone. What was typed only here is not thrown away: both are shown. */
async function sentElsewhere({ store, row, here, readVisit }) {
  const base = await store.meta(`draft-${row.id}`);
  if (base?.content?.changed_at === here.changed_at) {
    await store.change(row.id, (visit) =>
      Object.assign(visit, {
        state: 'received', receipt: row.receipt, received_at: row.received_at, ended_at: row.received_at,
        payload: { photos: [] },
      }),
    );
    return;
  }
  const read = await readVisit(row.id);
  if (!read?.content) return;
  await store.conflict(row.id, {
    detail: 'Another phone sent this visit with other answers.',
    stored_content: read.content,
    stored_revision: read.revision,
    is_returned: false,
  });
}
