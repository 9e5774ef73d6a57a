/** What the phone keeps, in a database in memory. */
import assert from 'node:assert/strict';
import test from 'node:test';

import { complete } from '../../../static/phone/visit/draft.js';
import { VisitClosed } from '../../../static/phone/visit/editing.js';
import { SamePicture } from '../../../static/phone/store/photos.js';
import { createStore } from '../../../static/phone/store/store.js';
import { AT, makePhoto, makeVisit } from '../making.mjs';
import { memory } from '../memory.mjs';

async function stage() {
  const store = createStore(memory());
  await store.setMeta('user', 1);
  await store.adopt(makeVisit());
  return store;
}

test('a photo that is ready after its visit was completed is refused with a sentence, not kept and thrown away', async () => {
  const store = await stage();
  await store.change('v1', (visit) => complete(visit, { photos: [] }, AT));
  const closed = (error) =>
    error instanceof VisitClosed && /it is not part of it/.test(error.message);
  await assert.rejects(store.addPhoto(makePhoto()), closed);
  assert.deepEqual(await store.photosOf('v1'), []);
});

test('the same picture at the same answer is kept once; at another answer, or taken again after its removal, it is kept', async () => {
  const store = await stage();
  await store.addPhoto(makePhoto());
  await assert.rejects(store.addPhoto(makePhoto({ id: 'p2' })), SamePicture);
  await store.addPhoto(makePhoto({ id: 'p3', criterion: 'words' }));
  await store.changePhoto('p1', (photo) => void (photo.removed_at = AT));
  await store.addPhoto(makePhoto({ id: 'p4' }));
  assert.deepEqual((await store.photosOf('v1')).map(({ id }) => id), ['p1', 'p3', 'p4']);
});

test('a photo that was refused goes by itself with the correction of its visit', async () => {
  const store = await stage();
  await store.addPhoto(makePhoto());
  const payload = { photos: [{ id: 'p1' }] };
  await store.change('v1', (visit) => complete(visit, payload, AT));
  await store.accept('v1', { receipt: 'A', received_at: AT });
  await store.refusePhoto('p1', 'The photo is damaged.');
  await store.settle('v1');
  await store.change('v1', (visit) => void (visit.state = 'returned'));
  await store.change('v1', (visit) => complete(visit, payload, AT));
  await store.accept('v1', { receipt: 'A', received_at: AT });
  assert.deepEqual((await store.photosToSend('v1')).map(({ id }) => id), ['p1']);
  await store.refusePhoto('p1', 'The photo is damaged.');
  await store.accept('v1', { receipt: 'A', received_at: AT }); // an answer that came twice
  assert.deepEqual(await store.photosToSend('v1'), []);
});

test('a visit that another program sent without a list of photos has none to tell of', async () => {
  const store = await stage();
  await store.change('v1', (visit) => Object.assign(visit, { state: 'received', payload: {} }));
  assert.deepEqual(await store.photosToTell(), []);
});
