/** What the list tries again, and what it lets go of. */
import assert from 'node:assert/strict';
import test from 'node:test';

import { createStore } from '../../../static/phone/store/store.js';
import { prune, retryPhotos } from '../../../static/phone/list/tidying.js';
import { AT, makePhoto, makeVisit } from '../making.mjs';
import { memory } from '../memory.mjs';

const DAY = 86_400_000;

async function stage({ photo = {}, ...changes } = {}) {
  const store = createStore(memory());
  await store.setMeta('user', 1);
  const payload = { photos: [{ id: 'p1' }] };
  await store.adopt(makeVisit({ state: 'received', received_at: AT, payload, ...changes }), [
    makePhoto(photo),
  ]);
  return store;
}

async function isKeptFor(days, changes) {
  const store = await stage(changes);
  await prune(store, Date.parse(AT) + days * DAY);
  return [await store.visit('v1'), ...(await store.photosOf('v1'))].filter(Boolean).length === 2;
}

test('what was received leaves the phone after thirty days, with its photos', async () => {
  const photo = { sent_at: AT, blob: null };
  assert.equal(await isKeptFor(29, { photo }), true);
  assert.equal(await isKeptFor(31, { photo }), false);
});

test('what waits for the auditor or for the server stays', async () => {
  assert.equal(await isKeptFor(400, { state: 'returned' }), true);
  assert.equal(await isKeptFor(400, { photo: { refused: 'Damaged.' } }), true);
  assert.equal(
    await isKeptFor(400, { photo: { refused: 'Damaged.', removed_at: AT } }),
    true,
    'the server does not know',
  );
  assert.equal(
    await isKeptFor(400, { photo: { refused: 'Damaged.', removed_at: AT, is_given_up: true } }),
    false,
  );
});

test('a photo that was refused is tried again, one that was given up is not', async () => {
  const refused = await stage({ photo: { refused: 'Damaged.' } });
  await retryPhotos(refused);
  assert.deepEqual([(await refused.visit('v1')).state, (await refused.photosToSend('v1')).length], [
    'accepted',
    1,
  ]);
  const givenUp = await stage({ photo: { refused: 'Damaged.', removed_at: AT, blob: null } });
  await retryPhotos(givenUp);
  assert.equal((await givenUp.visit('v1')).state, 'received');
});
