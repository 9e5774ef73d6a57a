/** A photo on a phone that has no room for it. */
import assert from 'node:assert/strict';
import test from 'node:test';

import { createPhotographing } from '../../../static/phone/photo/capture.js';
import { SamePicture } from '../../../static/phone/store/photos.js';
import { makeVisit } from '../making.mjs';

const ROOM = { isFull: true };

/** A camera at the question `clean` whose store is full while `ROOM` says so. */
function opened() {
  globalThis.createImageBitmap = async () => ({ width: 8, height: 6, close() {} });
  const canvas = { getContext: () => null, toBlob: (done) => done(new Blob(['a picture'])) };
  globalThis.document = { createElement: () => canvas };
  const leaving = new Set();
  globalThis.addEventListener = (_type, listener) => void leaving.add(listener);
  globalThis.removeEventListener = (_type, listener) => void leaving.delete(listener);
  const [photos, kept, said] = [[], [], []];
  const store = {
    async addPhoto(photo) {
      if (ROOM.isSame) throw new SamePicture('Here already.');
      if (ROOM.isFull) throw Object.assign(new Error('No room.'), { name: 'QuotaExceededError' });
      kept.push(photo);
    },
  };
  const page = {
    visit: makeVisit(),
    photos,
    store,
    screen: { step: () => ({ scope: 'visit' }), refresh() {} },
    status: { say() {}, warn: (sentence) => said.push(sentence) },
    editing: { change: async () => true },
  };
  const camera = createPhotographing(page, {
    showing: { showState() {}, couldNotSave: (error) => assert.fail(error) },
    offerUndo() {},
  });
  const input = {
    files: [new File(['raw'], 'camera.jpg')],
    value: 'camera.jpg',
    closest: () => ({ dataset: { criterion: 'clean' } }),
  };
  return { camera, input, photos, kept, said, leaving };
}

test('a photo that does not fit stays at its question until there is room', async () => {
  ROOM.isFull = true;
  const { camera, input, photos, kept, said, leaving } = opened();
  await camera.take(input);
  assert.deepEqual([photos.length, photos[0].is_unkept, photos[0].criterion, kept, said.length], [
    1,
    true,
    'clean',
    [],
    1,
  ]);
  assert.match(said[0], /^This phone is full: the photo is not kept yet/);
  assert.match(camera.whyNotYet(), /^A photo is not kept yet/);
  assert.equal(leaving.size, 1, 'the page can be left without a warning');
  await camera.keepAgain(photos[0].id);
  assert.deepEqual([photos.length, kept.length], [1, 0]);
  ROOM.isFull = false;
  await camera.keepAgain(photos[0].id);
  assert.deepEqual([
    kept.length,
    'is_unkept' in kept[0],
    photos[0].is_unkept,
    camera.whyNotYet(),
    leaving.size,
  ], [1, false, undefined, '', 0]);
  assert.equal(kept[0].blob.size, 9);
});

test('a photo that does not fit can be given up', async () => {
  ROOM.isFull = true;
  const { camera, input, photos, leaving } = opened();
  await camera.take(input);
  await camera.drop(photos[0].id);
  assert.deepEqual([photos, camera.whyNotYet(), leaving.size], [[], '', 0]);
});

test('the same picture again is no photo that waits for room', async () => {
  Object.assign(ROOM, { isFull: true, isSame: false });
  const { camera, input, photos, said, leaving } = opened();
  await camera.take(input);
  ROOM.isSame = true;
  await camera.keepAgain(photos[0].id);
  assert.deepEqual([photos, said.at(-1), camera.whyNotYet(), leaving.size], [
    [],
    'Here already.',
    '',
    0,
  ]);
  await camera.take(input);
  assert.deepEqual([photos, said.at(-1), leaving.size], [[], 'Here already.', 0]);
  ROOM.isSame = false;
});

test('a photo belongs to the question that was shown when it was taken, and is waited for', async () => {
  ROOM.isFull = false;
  const { camera, input, photos } = opened();
  assert.equal(camera.whyNotYet(), '');
  const taking = camera.take(input);
  input.closest = () => ({ dataset: { criterion: 'another' } });
  assert.match(camera.whyNotYet(), /^A photo is still being kept/);
  await taking;
  assert.deepEqual([photos[0].criterion, input.value, camera.whyNotYet()], ['clean', '', '']);
});
