import assert from 'node:assert/strict';
import test from 'node:test';

import { complete, patchAnswer } from '../../../static/phone/visit/draft.js';
import { startEditing, VisitClosed } from '../../../static/phone/visit/editing.js';
import { patchOfDeed, patchOfInput } from '../../../static/phone/form/form.js';
import { answered, AT, makePhoto, makeVisit } from '../making.mjs';

/** A store with one visit that refuses while `full` is set. */
function stage() {
  const kept = makeVisit();
  const said = { saved: 0, failed: [] };
  const disk = { full: false };
  const photos = [];
  const store = {
    async change(_id, apply) {
      await new Promise((done) => void setTimeout(done, 2));
      if (disk.full) throw Object.assign(new Error('full'), { name: 'QuotaExceededError' });
      const copy = structuredClone(kept);
      apply(copy); // throws before anything is kept, as a transaction would
      return Object.assign(kept, copy);
    },
    changeWithPhotos: (id, apply) => store.change(id, (copy) => apply(copy, photos)),
  };
  const visit = structuredClone(kept);
  const editing = startEditing({
    store,
    visit,
    saved: () => (said.saved += 1),
    failed: (error) => said.failed.push(error),
  });
  return { kept, visit, editing, said, disk, photos };
}

const say = (key, value) => (visit) => patchAnswer(visit, 'visit', key, answered(value));

test('a change is on the screen at once and in the store when it says so', async () => {
  const { kept, visit, editing, said } = stage();
  const saving = editing.change(say('clean', true));
  assert.equal(visit.answers.clean.value, true);
  assert.equal(await saving, true);
  assert.equal(kept.answers.clean.value, true);
  assert.equal(said.saved, 1);
});

test('what a full phone refused is kept with the next change', async () => {
  const { kept, editing, said, disk } = stage();
  disk.full = true;
  assert.equal(await editing.change(say('clean', true)), false);
  assert.equal(editing.isSaved(), false);
  assert.equal(said.failed[0].name, 'QuotaExceededError');
  disk.full = false;
  await editing.change(say('words', 'Friendly.'));
  assert.equal(editing.isSaved(), true);
  assert.deepEqual([kept.answers.clean.value, kept.answers.words.value], [true, 'Friendly.']);
});

test('changes faster than a slow phone writes are kept once each, in their order', async () => {
  const { kept, editing, said } = stage();
  const tap = (what) => (visit) => void (visit.taps = [...visit.taps, what]);
  const undo = (visit) => void (visit.taps = visit.taps.slice(0, -1));
  const saving = [
    tap('here'),
    tap('in'),
    tap('out'),
    tap('in'),
    undo,
    (visit) => void (visit.note = 'Rain.'),
  ];
  const answers = await Promise.all(saving.map(editing.change)); // none of them waits for the one before
  assert.deepEqual(answers, Array(6).fill(true));
  assert.deepEqual([kept.taps, kept.note], [['here', 'in', 'out'], 'Rain.']);
  assert.equal(editing.isSaved(), true);
  assert.ok(said.saved >= 1);
});

test('what comes in while a full phone refuses is kept in order afterwards', async () => {
  const { kept, editing, disk } = stage();
  disk.full = true;
  const [first, second] = [
    editing.change(say('words', 'Fr')),
    editing.change(say('words', 'Friendly.')),
  ];
  assert.deepEqual([await first, await second], [false, false]);
  disk.full = false;
  assert.equal(await editing.change(say('clean', true)), true);
  assert.deepEqual([kept.answers.words.value, kept.answers.clean.value], ['Friendly.', true]);
});

test("another tab's answers stay when this one adds its own", async () => {
  const { kept, editing } = stage();
  patchAnswer(kept, 'visit', 'words', answered('From the other tab.'));
  await editing.change(say('clean', true));
  assert.deepEqual(Object.keys(kept.answers).sort(), ['clean', 'words']);
});

test('a visit that another tab completed takes no more changes', async () => {
  const { kept, editing, said } = stage();
  complete(kept, { photos: [] }, AT);
  assert.equal(await editing.change(say('clean', true)), false);
  assert.ok(said.failed[0] instanceof VisitClosed);
  assert.deepEqual(kept.answers, {});
});

test('a visit is complete on the screen only when it is complete in the store', async () => {
  const { visit, editing, disk } = stage();
  const close = () => editing.close((stored) => complete(stored, { photos: [] }, AT));
  disk.full = true;
  assert.equal(await close(), false);
  assert.equal(visit.state, 'draft');
  disk.full = false;
  assert.equal(await close(), true);
  assert.equal(visit.state, 'waiting');
});

test('a photo that another tab took until the last moment is part of what is completed', async () => {
  const { visit, editing, photos } = stage();
  const saving = editing.change(say('clean', true));
  const closing = editing.close((stored, pictures) => complete(stored, { photos: pictures }, AT));
  photos.push(makePhoto());
  await Promise.all([saving, closing]);
  assert.deepEqual(visit.payload.photos.map(({ id }) => id), ['p1']);
});

// What a tap or a key makes of an answer.

const fieldset = (kind) => ({ dataset: { kind } });
const typed = (kind, value) =>
  patchOfInput({ type: 'text', value, dataset: { part: 'field' } }, fieldset(kind));
const chosen = (kind, value) => patchOfInput({ type: 'radio', value, dataset: {} }, fieldset(kind));
const pressed = (deed, answer) => patchOfDeed({ dataset: { deed } }, fieldset('count'), answer, 0);

test('yes and no are true and false, a level is its value', () => {
  assert.equal(chosen('yes_no', 'yes').value, true);
  assert.equal(chosen('yes_no', 'no').value, false);
  assert.equal(chosen('level', 'no').value, 'no');
});

test('half a number is kept as it is typed and counts as unanswered', () => {
  assert.deepEqual(typed('seconds', '1:3'), {
    state: null,
    value: null,
    typed: '1:3',
    timer: null,
  });
  assert.equal(typed('seconds', '1:30').value, 90);
  assert.equal(typed('count', '4').value, 4);
  assert.equal(typed('text', '4').value, '4');
});

test('an emptied field is unanswered again', () => {
  assert.equal(typed('text', ' ').state, null);
  assert.equal(typed('count', '').state, null);
});

test('a slip on "does not apply" costs nothing: pressing again brings the answer back', () => {
  const visit = makeVisit();
  patchAnswer(visit, 'visit', 'clean', answered(4));
  patchAnswer(visit, 'visit', 'clean', pressed('does_not_apply', visit.answers.clean));
  assert.equal(visit.answers.clean.state, 'does_not_apply');
  patchAnswer(visit, 'visit', 'clean', pressed('does_not_apply', visit.answers.clean));
  assert.deepEqual(visit.answers.clean, answered(4));
});

test('a count goes up from nothing to 1 and never below 0', () => {
  assert.equal(pressed('more', {}).value, 1);
  assert.equal(pressed('less', {}).value, 0);
  assert.equal(pressed('less', answered(0)).value, 0);
  assert.equal(pressed('less', answered(3)).value, 2);
});
