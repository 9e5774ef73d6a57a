/** What the list does with visits that the server has: tries photos again, and lets go of what is old. */

import { asked } from '../store/db.js';

/** @typedef {import('../types.js').Store} Store */

const KEPT_DAYS = 30;
const DAY_MS = 86_400_000;

/** @param {Store} store */
const received = async (store) =>
  (await store.visits()).filter(({ state }) => state === 'received');

/** "Send now" also tries again what was refused photo by photo. @param {Store} store */
export async function retryPhotos(store) {
  for (const visit of await received(store)) {
    const refused = (await store.photosOf(visit.id)).filter((photo) =>
      photo.refused && !photo.removed_at
    );
    for (const photo of refused) {
      await store.changePhoto(photo.id, (each) => Object.assign(each, { refused: '' }));
    }
    if (refused.length) {
      await store.change(visit.id, (each) => Object.assign(each, { state: 'accepted' }));
    }
  }
}

/** Received long ago, and nothing is left to do or to say about it. @param {Store} store @param {number} now epoch ms */
export async function prune(store, now) {
  const untold = new Set((await store.photosToTell()).map(({ visit }) => visit));
  for (const { id, received_at: at } of await received(store)) {
    if (now - Date.parse(at ?? '') <= KEPT_DAYS * DAY_MS || untold.has(id)) continue;
    const photos = await store.photosOf(id);
    if (!photos.some((photo) => photo.refused && !photo.removed_at)) await forget(store, id);
  }
}

/** @param {Store} store @param {string} id */
const forget = ({ db }, id) =>
  db.run(['visits', 'photos'], 'readwrite', async (kept, pictures) => {
    for (const photo of await asked(pictures.index('visit').getAll(id))) pictures.delete(photo.id);
    await asked(kept.delete(id));
  });
