/** What the server knows of one's visits, brought to what this phone keeps. */
import { clockOffset } from '../visit/clock.js';
import {
  answersFrom,
  isGivenUp,
  isToCome,
  photosFrom,
  photosLeftOut,
  reopen,
  visitFrom,
  wordOf,
} from '../visit/content.js';
import { differences } from '../conflict/differences.js';
import { isBegun, isOpen } from '../visit/draft.js';
import { retold } from '../visit/clock-correction.js';
import { isElsewhere } from '../visit/state.js';
import { keepContent, sentIn } from '../store/lists.js';
import { t } from '../shell/words.js';

/**
 * @typedef {import('../types.js').Visit} Visit
 * @typedef {import('../types.js').Photo} Photo
 * @typedef {import('../types.js').Sent} Sent
 * @typedef {import('../types.js').ServerVisit} ServerVisit
 * @typedef {import('../types.js').Returned} Returned
 * @typedef {import('../types.js').Store} Store
 * @typedef {import('../types.js').ReadVisit} ReadVisit
 */

/** @typedef {{store: Store, row: ServerVisit, readVisit: ReadVisit}} One */

const MOST_READ = 10;

/**
 * Visits that came back open again; those that another phone sent are no longer drafts here; the last ones can be
 * read without a connection.
 * @param {object} means
 * @param {Store} means.store
 * @param {ServerVisit[]} means.rows What the server says it has.
 * @param {ReadVisit} means.readVisit
 */
export async function takeNews({ store, rows, readVisit }) {
  for (const row of rows) await takeOne({ store, row, readVisit });
  let n = 0;
  for (const row of await sentIn(store)) {
    if (row.content || n >= MOST_READ) continue;
    n += 1;
    const read = await readVisit(row.id);
    if (!read) return;
    if (read.content) await keepContent(store, row.id, read.content);
  }
}

/** What the server says of one visit. @param {One} given */
export async function takeOne({ store, row, readVisit }) {
  const here = await store.visit(row.id);
  if (!here) return row.returned && takeReturned({ store, row, readVisit });
  if (isBehind(here, row)) await sentElsewhere({ store, row, readVisit });
  else await photosArrived({ store, row });
  if (row.returned) await hearReturned({ store, id: row.id, returned: row.returned });
  return undefined;
}

/** @param {{store: Store, id: string, returned: Returned}} given */
async function hearReturned({ store, id, returned }) {
  const clock = await clockOffset(store);
  const { state, payload } = await store.change(id, (visit) => hear(visit, returned, clock));
  if (state === 'returned' && payload) await tellPhotos({ store, id, payload, clock });
}

/**
 * When they were taken, by the clock that the visit is told by from now on.
 * @param {{store: Store, id: string, payload: Sent, clock: number | null}} given
 */
async function tellPhotos({ store, id, payload, clock }) {
  const { photos } = retold({
    photos: payload.photos ?? [],
    clock_offset_ms: payload.clock_offset_ms,
  }, clock);
  const takenAt = new Map(photos.map((photo) => [photo.id, photo.taken_at]));
  for (const photo of await store.photosOf(id)) {
    const at = takenAt.get(photo.id) ?? photo.taken_at;
    if (at !== photo.taken_at) {
      await store.changePhoto(photo.id, (kept) => void (kept.taken_at = at));
    }
  }
}

/** Not on this phone, and to be corrected. @param {One} given */
async function takeReturned({ store, row, readVisit }) {
  const read = await readVisit(row.id);
  if (!read?.content || !read.returned) return;
  const theirs = { ...visitFrom(read, await store.meta('user')), photos: photosFrom(read) };
  const { photos, ...visit } = retold(theirs, await clockOffset(store));
  reopen(visit, read.returned);
  await store.adopt(visit, photos);
}

/** @param {Visit} visit */
const isSent = ({ state }) => state === 'accepted' || state === 'received';
/** The number under which it was sent from here: what is on record may be ahead of it. @param {Visit} visit */
const sentAs = (visit) => visit.payload?.revision ?? visit.revision ?? 1;

/** Another phone sent what is open here, or a later revision of what was sent from here. @param {Visit} visit @param {ServerVisit} row */
const isBehind = (visit, row) =>
  (isOpen(visit) && row.revision >= (visit.revision ?? 1)) ||
  (isSent(visit) && row.revision > sentAs(visit));

/**
 * What a reviewer says: opens what was sent, and waits for the choice where the server has other answers.
 * @param {Visit} visit @param {Returned} returned @param {number | null} clock
 */
function hear(visit, returned, clock) {
  if (isSent(visit) && sentAs(visit) === returned.revision) {
    const sentBy = visit.clock_offset_ms ?? visit.payload?.clock_offset_ms ?? undefined;
    Object.assign(visit, retold({ ...visit, clock_offset_ms: sentBy }, clock));
    reopen(visit, returned);
  }
  if (visit.state !== 'conflict' || visit.revision > returned.revision) return;
  if (visit.stored) {
    Object.assign(visit, wordOf(returned), { mayCorrect: true, storedRevision: returned.revision });
  } else reopen(visit, returned);
}

/** What was on another phone and no longer is; what was given up there. @param {{store: Store, row: ServerVisit}} given */
async function photosArrived({ store, row }) {
  for (const photo of await store.photosOf(row.id)) {
    if (!isElsewhere(photo) || isToCome(row, photo)) continue;
    const news = isGivenUp(row, photo)
      ? { removed_at: photo.removed_at ?? row.received_at, is_given_up: true }
      : { sent_at: row.received_at };
    await store.changePhoto(photo.id, (kept) => void Object.assign(kept, news));
  }
}

/**
 * The answers that the server has went out from another phone. What was typed, or photographed, only here is not thrown
 * away: looked at and decided in one go, as somebody may be typing.
 * @param {One} given
 */
async function sentElsewhere({ store, row, readVisit }) {
  const base = await store.meta(`draft-${row.id}`);
  const read = await readVisit(row.id);
  if (!read?.content) return;
  const visit = await store.changeWithPhotos(row.id, (here, photos) => {
    if (!isBehind(here, read)) return; // completed meanwhile
    const isShared = base?.content?.changed_at === here.changed_at;
    const isNothingLost = isSent(here) || isShared || !isBegun(here, photos);
    if (isNothingLost || isUnchanged(here, photos) || holdsAll(read.content, here, photos)) {
      takeAsSent(here, read, photos);
    } else keepBoth(here, read);
  });
  if (isSent(visit)) await takePhotos({ store, read });
}

/** @param {Sent} content @param {Visit} here @param {Photo[]} photos */
const holdsAll = (content, here, photos) =>
  !photosLeftOut(content, photos).length &&
  !differences(here, { ...here, ...retold(answersFrom(content), here.clock_offset_ms) }).length;

/** Came back, and nobody has begun to correct it here. @param {Visit} here @param {Photo[]} photos */
const isUnchanged = (here, photos) =>
  here.state === 'returned' && here.payload && holdsAll(here.payload, here, photos);

/**
 * Of its photos those that are here alone are still to go.
 * @param {Visit} visit @param {ServerVisit & {content: Sent}} read @param {Photo[]} photos
 */
function takeAsSent(visit, read, photos) {
  /** @param {Photo} photo */
  const isToSend = (photo) => photo.blob && (isToCome(read, photo) || isGivenUp(read, photo)); // given up where it was not
  Object.assign(visit, answersFrom(read.content), {
    state: photos.some(isToSend) ? 'accepted' : 'received',
    receipt: read.receipt,
    received_at: read.received_at,
    ended_at: read.received_at,
    revision: read.revision,
    payload: read.content,
    remarks: [],
    errors: [],
    reason: '',
  });
}

/** Two versions, for the auditor to choose from. @param {Visit} visit @param {ServerVisit} read */
const keepBoth = (visit, read) =>
  Object.assign(visit, {
    state: 'conflict',
    reason: t('Another phone sent this visit with other answers.'),
    payload: null,
    stored: read.content,
    storedRevision: read.revision,
    mayCorrect: false,
  });

/** Its photos are those that were sent, so that a correction names no other. @param {{store: Store, read: ServerVisit & {content: Sent}}} given */
async function takePhotos({ store, read }) {
  const here = new Map((await store.photosOf(read.id)).map((photo) => [photo.id, photo]));
  const sent = photosFrom(read);
  for (const photo of sent) if (!here.has(photo.id)) await store.namePhoto(photo);
  for (const photo of sent) here.delete(photo.id);
  for (const { id } of here.values()) {
    await store.changePhoto(id, (photo) => void (photo.removed_at ??= read.received_at));
  }
}
