/** The server has the visit with other answers: nothing that was typed or tapped goes without a choice. */
import assert from 'node:assert/strict';
import test from 'node:test';

import { showConflict } from '../../../static/phone/conflict/resolution.js';
import { addInteraction, markMoment, patchAnswer } from '../../../static/phone/visit/draft.js';
import { buildPayload } from '../../../static/phone/visit/payload.js';
import { createStore } from '../../../static/phone/store/store.js';
import { made, makeDocument } from '../elements.mjs';
import { answered, AT, makeVisit, SECTIONS } from '../making.mjs';
import { memory } from '../memory.mjs';

const LATER = '2026-03-02T12:30:00.000Z';

/** A visit on the phone and what the server has instead, which `change` makes of the same one. */
async function inConflict(change, visit = makeVisit(), { completedAt = AT, shared = null } = {}) {
  const there = structuredClone(visit);
  change(there);
  visit.stored = buildPayload({
    visit: there,
    photos: [],
    sections: SECTIONS,
    clockOffset: 0,
    at: LATER,
  });
  Object.assign(visit, {
    state: 'conflict',
    storedRevision: 1,
    mayCorrect: true,
    ended_at: completedAt,
    completed_at: completedAt,
  });
  const store = createStore(memory());
  await store.setMeta('user', 1);
  if (shared) await store.setMeta('draft-v1', { revision: 1, content: shared });
  await store.adopt(visit);
  globalThis.document = makeDocument();
  const box = made();
  const readVisit = async () => null;
  let n = 0;
  return {
    store,
    box,
    nDone: () => n,
    show: async () =>
      showConflict({
        box,
        visit: await store.visit('v1'),
        sections: SECTIONS,
        store,
        readVisit,
        done: () => void (n += 1),
      }),
  };
}

const words = (box) => box.all('button').map(({ text }) => text);
const press = (box, start) => box.all('button').find(({ text }) => text.startsWith(start)).click();

test('moments and the reason for not completing are chosen, too', async () => {
  const mine = makeVisit({ not_completed_reason: 'Closed.' });
  markMoment(mine, 'i1', 'helped_at', AT);
  const { show, box } = await inConflict((there) => {
    there.not_completed_reason = 'Locked.';
    markMoment(there, 'i1', 'helped_at', LATER);
  }, mine);
  await show();
  assert.deepEqual(box.all('p').map(({ text }) => text), [
    'Why it could not be completed',
    'Interaction 1 · Helped',
  ]);
  assert.deepEqual(words(box).slice(2, 4), [
    'Keep mine: 2 Mar, 12:00',
    'Take the server’s: 2 Mar, 12:30',
  ]);
});

test('an answer that only this phone has is not lost to the server’s silence', async () => {
  const mine = makeVisit();
  patchAnswer(mine, 'visit', 'clean', answered(true));
  const { show, box, store, nDone } = await inConflict((there) => void (there.answers = {}), mine);
  await show();
  assert.deepEqual(words(box).slice(0, 2), ['Keep mine: Yes', 'Take the server’s: No answer']);
  await press(box, 'Keep mine');
  const kept = await store.visit('v1');
  assert.deepEqual([nDone(), kept.state, kept.answers.clean.value, kept.revision], [
    1,
    'returned',
    true,
    2,
  ]);
  assert.equal(kept.left_at, LATER); // nobody disputed that
});

test('choices made so far outlive the page', async () => {
  const mine = makeVisit({ note: 'Mine.' });
  patchAnswer(mine, 'visit', 'clean', answered(true));
  const { show, box, store, nDone } = await inConflict((there) => {
    there.note = 'Theirs.';
    patchAnswer(there, 'visit', 'clean', answered(false));
  }, mine);
  await show();
  await press(box, 'Take the server’s: Theirs.');
  assert.equal(document.activeElement, box.querySelector('button'), 'the focus is lost');
  await show();
  assert.deepEqual(words(box).slice(0, -1), ['Keep mine: Yes', 'Take the server’s: No']);
  await press(box, 'Keep mine: Yes');
  const kept = await store.visit('v1');
  assert.deepEqual([nDone(), kept.note, kept.answers.clean.value, kept.choices], [
    1,
    'Theirs.',
    true,
    [],
  ]);
});

test('what is no longer asked, and a departure that nobody wrote, are no choice to make', async () => {
  const mine = makeVisit();
  patchAnswer(mine, 'i1', 'greeted', answered(false));
  patchAnswer(mine, 'i1', 'how', answered('own')); // not shown after "no", and not sent
  const { show, nDone, store } = await inConflict(() => {}, mine);
  await show();
  assert.deepEqual([nDone(), (await store.visit('v1')).state], [1, 'accepted']);
});

test('what only the server has comes into a visit that was half filled in here, save where it was taken back', async () => {
  const shared = makeVisit();
  patchAnswer(shared, 'visit', 'clean', answered(true));
  const mine = makeVisit({ note: 'Mine.' });
  const { show, box, store } = await inConflict(
    (there) => {
      there.note = 'Theirs.';
      patchAnswer(there, 'visit', 'clean', answered(true));
      patchAnswer(there, 'i1', 'greeted', answered(true));
      addInteraction(there, 'i2', LATER);
    },
    mine,
    { completedAt: null, shared },
  );
  await show();
  const asked = [
    'Keep mine: Mine.',
    'Take the server’s: Theirs.',
    'Keep mine: No answer',
    'Take the server’s: Yes',
  ];
  assert.deepEqual(words(box).slice(0, -1).sort(), asked.sort());
  await press(box, 'Keep mine: Mine.');
  await press(box, 'Keep mine: No answer');
  const kept = await store.visit('v1');
  assert.deepEqual([kept.note, kept.answers.clean, kept.interactions.map(({ id }) => id)], [
    'Mine.',
    undefined,
    ['i1', 'i2'],
  ]);
  assert.equal(kept.interactions[0].answers.greeted.value, true);
});
