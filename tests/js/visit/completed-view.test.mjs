/** What is said of a visit that is complete, and what can still be done about its photos. */
import assert from 'node:assert/strict';
import test from 'node:test';

import { explained, fillStuck } from '../../../static/phone/visit/completed-view.js';
import { markMoment, patchAnswer } from '../../../static/phone/visit/draft.js';
import { buildPayload } from '../../../static/phone/visit/payload.js';
import { buildReading } from '../../../static/phone/visit/reading.js';
import { picturesOf, stateOf } from '../../../static/phone/visit/state.js';
import { createStore } from '../../../static/phone/store/store.js';
import { made, makeDocument } from '../elements.mjs';
import { AT, makePhoto, makeVisit, SECTIONS } from '../making.mjs';
import { memory } from '../memory.mjs';

const LATER = '2026-03-02T12:30:00.000Z';

function received(photos, visit = makeVisit()) {
  const payload = buildPayload({ visit, photos, sections: SECTIONS, clockOffset: 0, at: LATER });
  return Object.assign(visit, {
    state: 'received',
    payload,
    ended_at: LATER,
    receipt: 'AB12-CD34',
    received_at: LATER,
  });
}

const said = (visit, photos) => explained(visit, photos, stateOf(visit, picturesOf(photos), null));

/** The list of stuck photos, drawn anew after each change. */
async function stuckOf(visit, photos) {
  globalThis.document = makeDocument();
  const store = createStore(memory());
  await store.adopt(visit, photos);
  const list = made('ul');
  const show = async () => {
    photos.splice(0, Infinity, ...(await store.photosOf('v1')));
    fillStuck(list, { visit, photos, sections: SECTIONS, store, changed: show });
  };
  await show();
  return { list, store };
}

test('a photo that the server refused stands with its question, its reason and a way out', async () => {
  const photos = [makePhoto({ refused: 'The photo is damaged.' })];
  const { list } = await stuckOf(received(photos), photos);
  assert.equal(list.text, 'About clean A photo was not accepted: The photo is damaged. Remove');
});

test('a picture that is nowhere on this phone is not said to be on another', async () => {
  const photos = [makePhoto({ blob: null })];
  const visit = received(photos);
  const { list } = await stuckOf(visit, photos);
  assert.match(list.text, /picture is not on this phone\. If another phone of yours took it/);
  assert.equal(said(visit, photos), 'The answers have arrived.');
});

test('a photo that is given up needs nobody any more, is never sent, and can be taken back', async () => {
  const photos = [makePhoto({ refused: 'The photo is damaged.', blob: 'a picture' })];
  const visit = received(photos);
  const { list, store } = await stuckOf(visit, photos);
  await list.querySelector('button').click();
  assert.deepEqual(picturesOf(photos).refused, []);
  assert.deepEqual(await store.photosToSend('v1'), []);
  assert.equal(stateOf(visit, picturesOf(photos), null).tone, 'received');
  assert.equal(document.activeElement, list.querySelector('button'), 'the focus is lost');
  assert.match(list.text, /Photo given up; the report says so\. Undo$/);
  assert.equal(said(visit, photos), 'The answers have arrived.');
  globalThis.document = makeDocument();
  await list.querySelector('button').click();
  assert.deepEqual([photos[0].removed_at, photos[0].blob, picturesOf(photos).refused.length], [
    null,
    'a picture',
    1,
  ]);
});

test('what was sent is read with its times, taps, reasons and photos', () => {
  const visit = makeVisit({
    not_completed_reason: 'Closed early.',
    taps: [{ what: 'arrived', at: AT }],
    left_at: LATER,
    hidden_notes: 'One till.',
  });
  markMoment(visit, 'i1', 'helped_at', LATER);
  patchAnswer(visit, 'visit', 'words', { state: 'not_observed', reason: 'hidden' });
  globalThis.document = makeDocument();
  document.querySelector = () => ({
    content: { querySelectorAll: () => [{ value: 'hidden', textContent: 'Out of sight' }] },
  });
  const { text } = buildReading(received([makePhoto()], visit), SECTIONS);
  for (
    const words of [
      'Arrived 2 Mar, 12:00 Left 2 Mar, 12:30',
      'Why it could not be completed Closed early.',
      'Taps from inside Here 12:00',
      'Notes from inside One till.',
      'Interaction 1 Helped 12:30',
      'About clean No answer. 1 photo',
      'Not observed: Out of sight',
    ]
  ) assert.ok(text.includes(words), `${words}: ${text}`);
});
