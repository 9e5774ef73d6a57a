/** One visit on two phones: the pictures stay with the phone that took them until the visit is sent. */
import assert from 'node:assert/strict';
import test from 'node:test';

import { keepAssignments } from '../../../static/phone/store/lists.js';
import { takeArrived } from '../../../static/phone/sync/arrived-visit.js';
import { showConflict } from '../../../static/phone/conflict/resolution.js';
import { patchAnswer } from '../../../static/phone/visit/draft.js';
import { syncDraft } from '../../../static/phone/sync/drafts.js';
import { fetchDraft, fetchDrafts } from '../../../static/phone/sync/server-drafts.js';
import { takeNews } from '../../../static/phone/sync/server-visits.js';
import { buildPayload } from '../../../static/phone/visit/payload.js';
import { flush } from '../../../static/phone/sync/queue.js';
import { picturesOf, stateOf } from '../../../static/phone/visit/state.js';
import { leaveAt } from '../../../static/phone/visit/visit-times.js';
import { answered, AT, makePhoto, makeVisit, SECTIONS } from '../making.mjs';
import { LATER, news, phone, say, send, server } from '../phones.mjs';

const pictures = async (store) => picturesOf(await store.photosOf('v1'));

async function begun() {
  const there = server();
  const one = await phone(makeVisit(), makePhoto({ blob: 'a picture' }));
  await say(one, 'clean', true);
  await syncDraft({ store: one, drafts: there.drafts, id: 'v1' });
  const two = await phone();
  await fetchDrafts({ store: two, drafts: there.drafts });
  return { there, one, two };
}

test('a second phone names the photo, sends the visit, and the first phone sends the picture', async () => {
  const { there, one, two } = await begun();
  assert.deepEqual(await pictures(two), { photos: 1, unsent: 0, elsewhere: 1, refused: [] });
  await say(two, 'words', 'Friendly.');
  await send(two, there);
  assert.deepEqual(there.rows()[0].photos_missing, ['p1']);
  const here = await two.visit('v1');
  assert.equal(
    stateOf(here, await pictures(two), null).state,
    'Received, 1 photo not on this phone',
  );

  await news(one, there);
  assert.equal((await one.visit('v1')).state, 'accepted');
  assert.equal((await one.visit('v1')).answers.words.value, 'Friendly.');
  await flush({ store: one, send: there.send });
  assert.deepEqual([...there.photos], ['p1']);
  assert.equal((await one.visit('v1')).state, 'received');

  await news(two, there);
  assert.equal(stateOf(here, await pictures(two), null).state, 'Received, no. AB12-CD34');
});

test('a photo that one phone removes is removed on the other', async () => {
  const { there, one, two } = await begun();
  await two.changePhoto('p1', (photo) => void (photo.removed_at = AT));
  await say(two, 'words', 'No photo.');
  await syncDraft({ store: two, drafts: there.drafts, id: 'v1' });
  await fetchDrafts({ store: one, drafts: there.drafts });
  const [photo] = await one.photosOf('v1');
  assert.deepEqual([photo.removed_at, photo.blob], [AT, 'a picture']);
});

test('a departure that one phone wrote is known as written on the other', async () => {
  const { there, one, two } = await begun();
  await two.change('v1', (visit) => {
    leaveAt(visit, '12:20', Date.parse(LATER));
    visit.changed_at = LATER;
  });
  await syncDraft({ store: two, drafts: there.drafts, id: 'v1' });
  await fetchDrafts({ store: one, drafts: there.drafts });
  const visit = await one.visit('v1');
  const { ended_at: ended, written } = buildPayload({
    visit,
    photos: [],
    sections: SECTIONS,
    clockOffset: 0,
    at: LATER,
  });
  assert.deepEqual([ended, written], ['2026-03-02T12:20:00.000Z', ['ended_at']]);
});

test('a form that was only looked at has nothing against what another phone sent', async () => {
  const { there, two } = await begun();
  const three = await beginning(LATER);
  await send(two, there);
  await news(three, there);
  const { state, answers } = await three.visit('v1');
  assert.deepEqual([state, answers.clean.value], ['received', true]);
});

test('a photo taken after the other phone sent is not thrown away: the auditor decides', async () => {
  const { there, one, two } = await begun();
  await send(two, there);
  await one.addPhoto(makePhoto({ id: 'p2', sha256: 'b'.repeat(64), blob: 'another picture' }));
  await one.change('v1', (visit) => void (visit.changed_at = LATER));
  await news(one, there);
  const visit = await one.visit('v1');
  assert.deepEqual([visit.state, visit.stored.photos.map(({ id }) => id)], ['conflict', ['p1']]);
  assert.equal((await one.photosOf('v1')).length, 2);
});

const PLAN = { ...makeVisit(), id: 5, visit_id: 'v1', first_interaction_id: 'i1' };
async function beginning(at) {
  const store = await phone();
  await keepAssignments(store, [PLAN]);
  await store.begin({
    assignmentId: 5,
    id: `made ${at}`,
    interactionId: `made too ${at}`,
    version: 7,
    at,
  });
  return store;
}

test('an assignment that two phones begin without a connection is one visit with the answers of both', async () => {
  const there = server();
  const [one, two] = [await beginning(AT), await beginning(LATER)];
  await one.change('v1', (visit) => {
    patchAnswer(visit, 'i1', 'greeted', answered(true));
    visit.changed_at = 'one';
  });
  await say(two, 'clean', false);
  await syncDraft({ store: one, drafts: there.drafts, id: 'v1' });
  await syncDraft({ store: two, drafts: there.drafts, id: 'v1' });
  const { started_at: started, interactions, answers, asked } = await two.visit('v1');
  assert.equal(started, AT); // when the first of both was opened
  assert.deepEqual(interactions.map(({ id }) => id), ['i1']);
  assert.deepEqual([interactions[0].answers.greeted.value, answers.clean.value, asked], [
    true,
    false,
    [],
  ]);
  assert.equal((await two.visits()).length, 1);
});

test('a form opened anew on a wiped phone takes all that the server has', async () => {
  const there = server();
  const one = await beginning(AT);
  await one.change(
    'v1',
    (visit) => Object.assign(visit, { mode: 'covert', note: 'Rain.', changed_at: 'one' }),
  );
  await syncDraft({ store: one, drafts: there.drafts, id: 'v1' });
  const wiped = await beginning(LATER);
  assert.equal(await fetchDraft({ store: wiped, drafts: there.drafts, id: 'v1' }), true);
  const { started_at: started, mode, note, asked } = await wiped.visit('v1');
  assert.deepEqual([started, mode, note, asked], [AT, 'covert', 'Rain.', []]);
});

test('what is typed while the news are being read is not overwritten', async () => {
  const { there, one, two } = await begun();
  await send(two, there);
  const readVisit = async () => {
    await say(one, 'words', 'Typed meanwhile.');
    return there.readVisit();
  };
  await takeNews({ store: one, rows: there.rows(), readVisit });
  const visit = await one.visit('v1');
  assert.deepEqual([visit.state, visit.answers.words.value], ['conflict', 'Typed meanwhile.']);
});

const returned = (revision, comment = 'Which door?') => ({ revision, comment, items: [] });
/** As the server tells it after a reviewer has sent the visit back. */
const sentBack = (there, word) => ({ ...there.rows()[0], returned: word });
async function hear(store, row) {
  await takeNews({ store, rows: [row], readVisit: async () => row });
  return store.visit('v1');
}

test('a correction begins with the newest revision, whichever phone sent it', async () => {
  const { there, one, two } = await begun();
  await two.changePhoto('p1', (photo) => void (photo.removed_at = AT));
  await send(two, there);
  await news(one, there);
  const first = sentBack(there, returned(1));
  await hear(two, first);
  await say(two, 'clean', false);
  await send(two, there);
  await takeNews({ store: one, rows: [sentBack(there, returned(2))], readVisit: async () => null });
  assert.equal((await one.visit('v1')).state, 'received'); // without the newest answers nothing is opened
  const visit = await hear(one, sentBack(there, returned(2, 'And the till?')));
  assert.deepEqual([visit.state, visit.revision, visit.answers.clean.value], [
    'returned',
    3,
    false,
  ]);
  assert.equal(visit.returned.comment, 'And the till?');
});

test('a correction that nobody began here gives way to the one that another phone sent', async () => {
  const { there, one, two } = await begun();
  await send(two, there);
  await news(one, there);
  for (const store of [one, two]) await hear(store, sentBack(there, returned(1)));
  await say(two, 'clean', false);
  await send(two, there);
  const visit = await hear(one, sentBack(there, returned(2)));
  assert.deepEqual([visit.state, visit.revision, visit.answers.clean.value], [
    'returned',
    3,
    false,
  ]);
});

test("a correction that both phones began is the auditor's to choose, and stays one", async () => {
  const { there, one, two } = await begun();
  await send(two, there);
  await news(one, there);
  for (const store of [one, two]) await hear(store, sentBack(there, returned(1)));
  await say(one, 'words', 'Only here.');
  await say(two, 'clean', false);
  await send(two, there);
  const visit = await hear(one, sentBack(there, returned(2)));
  assert.deepEqual([visit.state, visit.mayCorrect, visit.storedRevision], ['conflict', true, 2]);
  assert.equal(visit.answers.words.value, 'Only here.');
});

test('an answer that only this phone has is no part of what another phone sent', async () => {
  const { there, one, two } = await begun();
  await say(one, 'words', 'Only here.');
  await send(two, there);
  await news(one, there);
  assert.equal((await one.visit('v1')).state, 'conflict');
});

test('a visit that is returned while its last photo is on the way stays open', async () => {
  const there = server();
  const one = await phone(makeVisit(), makePhoto({ blob: 'a picture' }));
  const returned = { revision: 1, comment: 'Which door?', items: [] };
  const slow = {
    ...there.send,
    photo: async (photo) => {
      const [row] = there.rows();
      await takeNews({ store: one, rows: [{ ...row, returned }], readVisit: there.readVisit });
      return there.send.photo(photo);
    },
  };
  await send(one, { send: slow });
  const visit = await one.visit('v1');
  assert.deepEqual([visit.state, visit.revision, visit.returned], ['returned', 2, {
    comment: 'Which door?',
  }]);
  assert.equal((await one.photosOf('v1'))[0].blob, null);
});

test('a visit that both phones send with the same answers is no choice to make', async () => {
  const { there, one, two } = await begun();
  await send(two, there);
  const [stored] = there.rows();
  await one.conflict('v1', {
    detail: 'Stored before.',
    stored_content: stored.content,
    stored_revision: 1,
  });
  let n = 0;
  const given = {
    box: null,
    visit: await one.visit('v1'),
    sections: SECTIONS,
    store: one,
    readVisit: there.readVisit,
  };
  const twice = [1, 2].map(() => showConflict({ ...given, done: () => void (n += 1) }));
  await Promise.all(twice);
  assert.equal(n, 2);
  assert.equal((await one.visit('v1')).state, 'accepted');
  await flush({ store: one, send: there.send });
  assert.deepEqual([...there.photos], ['p1']);
});

test('a correction that another phone sent closes the one that was open here', async () => {
  const { there, one, two } = await begun();
  for (const store of [one, two]) {
    await store.change(
      'v1',
      (visit) =>
        Object.assign(visit, { state: 'returned', revision: 2, returned: { comment: '?' } }),
    );
  }
  await send(two, there);
  await news(one, there);
  assert.equal((await one.visit('v1')).state, 'accepted');
});

test('a draft that the server gives lacks nothing that one begun here has', async () => {
  const { drafts } = server();
  const first = await phone(makeVisit({ note: 'Wet floor.' }));
  await syncDraft({ store: first, drafts, id: 'v1' });
  const second = await phone();
  await fetchDrafts({ store: second, drafts });
  assert.deepEqual(await second.visit('v1'), await first.visit('v1'));
});

const giveUp = (store) =>
  store.changePhoto('p1', (photo) => void Object.assign(photo, { removed_at: LATER, blob: null }));
const isOut = async (store) => (await store.photosToTell()).length === 0;

test('a photo that is given up is told to the server once, when there is a connection', async () => {
  const { there, two } = await begun();
  await send(two, there);
  await giveUp(two);
  const offline = { ...there.send, givenUp: async () => null };
  assert.equal((await flush({ store: two, send: offline })).outcome, 'offline');
  assert.equal(await isOut(two), false);
  let n = 0;
  const counted = {
    ...there.send,
    givenUp: async (photo) => ((n += 1), there.send.givenUp(photo)),
  };
  for (let round = 0; round < 3; round += 1) await flush({ store: two, send: counted });
  assert.deepEqual([[...there.givenUp.keys()], n], [['p1'], 1]);
  await news(two, there);
  const [photo] = await two.photosOf('v1');
  assert.deepEqual([photo.removed_at, photo.sent_at], [LATER, null], 'nobody has that picture');
});

test('whoever takes it back after that says so, too', async () => {
  const { there, two } = await begun();
  await send(two, there);
  await giveUp(two);
  await flush({ store: two, send: there.send });
  await two.changePhoto('p1', (photo) => void (photo.removed_at = null));
  await flush({ store: two, send: there.send });
  assert.deepEqual([there.givenUp.size, there.rows()[0].photos_missing, await isOut(two)], [0, [
    'p1',
  ], true]);
});

test('where the server no longer expects it, nothing is left to say', async () => {
  const { there, two } = await begun();
  await send(two, there);
  await giveUp(two);
  const gone = {
    ok: false,
    status: 404,
    redirected: false,
    wait: 0,
    body: { detail: 'The visit names no photo p1.' },
  };
  await flush({ store: two, send: { ...there.send, givenUp: async () => gone } });
  assert.equal(await isOut(two), true);
});

test('a picture that one phone gave up as lost is still sent by the one that took it', async () => {
  const { there, one, two } = await begun();
  await send(two, there);
  await giveUp(two);
  await flush({ store: two, send: there.send });
  await news(one, there);
  await flush({ store: one, send: there.send });
  assert.deepEqual([[...there.photos], there.givenUp.size], [['p1'], 0]);
});

test('a third phone stops waiting for a photo that was given up', async () => {
  const { there, two } = await begun();
  const three = await phone();
  await fetchDrafts({ store: three, drafts: there.drafts });
  await send(two, there);
  await news(three, there);
  assert.equal((await pictures(three)).elsewhere, 1);
  await giveUp(two);
  await flush({ store: two, send: there.send });
  await news(three, there);
  assert.deepEqual([(await pictures(three)).elsewhere, await isOut(three)], [0, true]);
});

test('a visit that another tab let go of while it arrived is no trouble', async () => {
  const { there, two } = await begun();
  await send(two, there);
  const row = there.rows()[0];
  globalThis.document = { cookie: '' };
  globalThis.fetch = async () => ({
    status: 200,
    ok: true,
    headers: new Headers(),
    text: async () => JSON.stringify(row),
  });
  const said = [];
  const page = {
    store: await phone(),
    visit: makeVisit(),
    status: { inform: (sentence) => said.push(sentence) },
  };
  await takeArrived(page, { reload: async () => {} });
  assert.deepEqual(said, []);
});
