/** What the queue asks for: which visits and photos are to go, and what the server answered. */
import { asked } from './db.js';
import { changePhoto, photosOf } from './photos.js';
import { change, visit, visits } from './visits.js';

/**
 * @typedef {import('./access.js').Database} Database
 * @typedef {import('../types.js').Photo} Photo
 * @typedef {import('../types.js').Sent} Sent
 * @typedef {import('../types.js').ServerError} ServerError
 */

/** @param {Database} db */
export const toSend = async (db) =>
  (await visits(db)).filter(({ state }) => ['waiting', 'accepted'].includes(state));

/** @param {Database} db @param {string} id @param {{errors: ServerError[], reason: string}} why */
export const refuse = (db, id, { errors, reason }) =>
  change(db, id, (kept) => {
    if (kept.state === 'waiting') Object.assign(kept, { state: 'refused', errors, reason });
  });

/**
 * @param {Database} db @param {string} id
 * @param {{detail?: string, stored_content?: Sent | null, stored_revision?: number, is_returned?: boolean}} answer
 */
export const conflict = (db, id, answer = {}) =>
  change(db, id, (kept) => {
    Object.assign(kept, {
      state: 'conflict',
      reason: answer.detail ?? '',
      stored: answer.stored_content ?? null,
      storedRevision: answer.stored_revision ?? 1,
      mayCorrect: answer.is_returned ?? false,
    });
  });

/**
 * What the server refused of an earlier revision is tried again with this one.
 * @param {Database} db @param {string} id @param {{receipt: string, received_at: string}} answer
 */
export const accept = (db, id, { receipt, received_at }) =>
  db.run(['visits', 'photos'], 'readwrite', async (kept, pictures) => {
    const found = await asked(kept.get(id));
    if (found.state !== 'waiting') return;
    /** @type {Photo[]} */
    const photos = await asked(pictures.index('visit').getAll(id));
    for (const photo of photos) if (photo.refused) pictures.put({ ...photo, refused: '' });
    await asked(kept.put({ ...found, state: 'accepted', receipt, received_at }));
  });

/** @param {{payload: Sent | null}} sent Another program may send no photos. */
const namedIn = ({ payload }) => new Set((payload?.photos ?? []).map(({ id }) => id));

/**
 * All has arrived: the pictures that were taken back or no longer asked for leave the phone too. A visit that a
 * reviewer sent back while its last photo was on the way is open again and stays so.
 * @param {Database} db @param {string} id
 */
export const settle = (db, id) =>
  db.run(['visits', 'photos'], 'readwrite', async (kept, pictures) => {
    const found = await asked(kept.get(id));
    if (found.state !== 'accepted') return;
    const named = namedIn(found);
    for (const photo of await asked(pictures.index('visit').getAll(id))) {
      if (!named.has(photo.id)) pictures.delete(photo.id);
    }
    await asked(kept.put({ ...found, state: 'received' }));
  });

/** @param {Database} db @param {string} id Of a visit that is on this phone. */
export async function photosToSend(db, id) {
  const sent = await visit(db, id);
  const named = namedIn(/** @type {import('../types.js').Visit} */ (sent));
  return (await photosOf(db, id)).filter((photo) =>
    named.has(photo.id) && !photo.sent_at && !photo.refused && photo.blob
  );
}

/** @param {Database} db @param {string} id */
export const photoReceived = (db, id) =>
  changePhoto(
    db,
    id,
    (photo) => Object.assign(photo, { sent_at: new Date().toISOString(), blob: null }),
  );

/** @param {Database} db @param {string} id @param {string} reason */
export const refusePhoto = (db, id, reason) =>
  changePhoto(db, id, (photo) => Object.assign(photo, { refused: reason }));

/** Given up, or taken back after that, and the server does not know it yet. @param {Database} db */
export async function photosToTell(db) {
  const sent = (await visits(db)).filter(({ state }) => ['accepted', 'received'].includes(state));
  const photos = await Promise.all(sent.map(async (each) => {
    const named = namedIn(each);
    return (await photosOf(db, each.id)).filter((photo) => named.has(photo.id) && isUntold(photo));
  }));
  return photos.flat();
}

/** @param {Photo} photo */
const isUntold = (photo) =>
  !photo.sent_at && Boolean(photo.removed_at) !== Boolean(photo.is_given_up);

/** @param {Database} db @param {string} id @param {boolean} isGivenUp */
export const photoTold = (db, id, isGivenUp) =>
  changePhoto(db, id, (photo) => void (photo.is_given_up = isGivenUp));
