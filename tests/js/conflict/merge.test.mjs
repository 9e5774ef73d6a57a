import assert from 'node:assert/strict';
import test from 'node:test';
import { isDeepStrictEqual } from 'node:util';

import { answersFrom } from '../../../static/phone/visit/content.js';
import {
  addInteraction,
  isBegun,
  markMoment,
  patchAnswer,
  removeInteraction,
  renameInteraction,
} from '../../../static/phone/visit/draft.js';
import { differences } from '../../../static/phone/conflict/differences.js';
import { contentOf, debounced, syncDraft } from '../../../static/phone/sync/drafts.js';
import { fetchDrafts } from '../../../static/phone/sync/server-drafts.js';
import { mergeInto } from '../../../static/phone/conflict/merge.js';
import { buildPayload } from '../../../static/phone/visit/payload.js';
import {
  choose,
  disagreements,
  saidIn,
  takeTheirs,
} from '../../../static/phone/conflict/disagreements.js';
import { answered, AT, makeVisit, SECTIONS } from '../making.mjs';

const LATER = '2026-03-02T12:10:00.000Z';
const copy = (visit) => structuredClone(visit);

test('answers to different questions come together', () => {
  const base = makeVisit();
  const [mine, theirs] = [copy(base), copy(base)];
  patchAnswer(mine, 'i1', 'greeted', answered(true));
  patchAnswer(theirs, 'visit', 'clean', answered(false));
  addInteraction(theirs, 'i2', LATER);
  patchAnswer(theirs, 'i2', 'greeted', answered(false));
  assert.deepEqual(mergeInto(mine, theirs, base), []);
  assert.equal(mine.interactions[0].answers.greeted.value, true);
  assert.equal(mine.answers.clean.value, false);
  assert.deepEqual(mine.interactions[1], theirs.interactions[1]);
});

test('the same question answered differently keeps mine and asks', () => {
  const base = makeVisit();
  const [mine, theirs] = [copy(base), copy(base)];
  patchAnswer(mine, 'i1', 'greeted', answered(true));
  patchAnswer(theirs, 'i1', 'greeted', answered(false));
  const [question, ...others] = mergeInto(mine, theirs, base);
  assert.deepEqual(others, []);
  assert.equal(mine.interactions[0].answers.greeted.value, true);
  mine.asked = [question];
  choose(mine, question, true);
  assert.equal(mine.interactions[0].answers.greeted.value, false);
  assert.deepEqual(mine.asked, []);
});

test('an answer taken back on one phone is taken back on both', () => {
  const base = makeVisit();
  patchAnswer(base, 'visit', 'clean', answered(true));
  const [mine, theirs] = [copy(base), copy(base)];
  delete theirs.answers.clean;
  assert.deepEqual(mergeInto(mine, theirs, base), []);
  assert.equal(mine.answers.clean, undefined);
});

test('taps of two phones are one list in the order of time', () => {
  const [mine, theirs] = [makeVisit(), makeVisit()];
  mine.taps = [{ what: 'left', at: LATER }];
  theirs.taps = [{ what: 'arrived', at: AT }, { what: 'left', at: LATER }];
  mergeInto(mine, theirs, makeVisit());
  assert.deepEqual(mine.taps.map(({ what }) => what), ['arrived', 'left']);
});

test('a tap that was taken back on one phone does not come back from the other', () => {
  const [here, slip] = [{ what: 'arrived', at: AT }, { what: 'left', at: LATER }];
  const base = makeVisit({ taps: [here, slip] });
  const [mine, theirs] = [makeVisit({ taps: [here] }), copy(base)];
  mergeInto(mine, theirs, base);
  assert.deepEqual(mine.taps, [here]);
  mergeInto(theirs, mine, base);
  assert.deepEqual(theirs.taps, [here]);
});

test('what was sent reads back as the same answers', () => {
  const visit = makeVisit({ note: 'Rain.' });
  patchAnswer(visit, 'i1', 'greeted', answered(true, { note: 'At once.' }));
  patchAnswer(visit, 'visit', 'clean', { state: 'does_not_apply', reason: 'closed' });
  patchAnswer(visit, 'context', 'staff_seen', answered(3));
  const payload = buildPayload({
    visit,
    photos: [],
    sections: SECTIONS,
    clockOffset: 0,
    at: LATER,
  });
  const back = { ...visit, ...answersFrom(payload) };
  assert.deepEqual(disagreements({ ...visit, left_at: LATER }, back), []);
});

test('what both phones tapped or wrote differently is asked, whatever it is', () => {
  const base = makeVisit();
  const [mine, theirs] = [copy(base), copy(base)];
  markMoment(mine, 'i1', 'helped_at', AT);
  markMoment(theirs, 'i1', 'helped_at', LATER);
  Object.assign(mine, {
    not_completed_reason: 'Closed.',
    left_at: AT,
    started_at: '2026-03-02T11:00:00.000Z',
  });
  Object.assign(theirs, {
    not_completed_reason: 'Locked.',
    left_at: LATER,
    started_at: '2026-03-02T11:30:00.000Z',
  });
  const asked = mergeInto(mine, theirs, base).map(({ path }) => path.at(-1));
  assert.deepEqual(asked.sort(), ['helped_at', 'left_at', 'not_completed_reason', 'started_at']);
  assert.equal(mine.interactions[0].helped_at, AT);
});

const differing = (visit, other) =>
  disagreements(visit, other).map(({ path }) => path.join('/')).sort();

test('two versions disagree also where one of them says nothing', () => {
  const [mine, theirs] = [makeVisit(), makeVisit()];
  patchAnswer(mine, 'visit', 'clean', answered(true));
  markMoment(theirs, 'i1', 'helped_at', AT);
  mine.taps = [{ what: 'arrived', at: AT }];
  assert.deepEqual(differing(mine, theirs), [
    'answers/visit/clean',
    'interactions/i1/helped_at',
    'taps',
  ]);
  assert.deepEqual(differences(mine, theirs).map(({ path }) => path[0]).sort(), [
    'answers',
    'taps',
  ]); // what is only here
});

test('an interaction that only one version has is one question, and is taken or left as a whole', () => {
  const [mine, theirs] = [makeVisit(), makeVisit()];
  addInteraction(theirs, 'i2', LATER);
  for (const key of ['greeted', 'how']) patchAnswer(theirs, 'i2', key, answered(true));
  const [question, ...others] = disagreements(mine, theirs);
  assert.deepEqual([question.path, others], [['interactions', 'i2'], []]);
  assert.equal(saidIn(mine, question.path), null);
  takeTheirs(mine, question);
  assert.deepEqual(disagreements(mine, theirs), []);
  const [back] = disagreements(mine, makeVisit());
  takeTheirs(mine, back);
  assert.deepEqual(mine.interactions.map(({ id }) => id), ['i1']);
});

test('an answer that only mine has is a difference; what is removed or left over is none', () => {
  const visit = makeVisit();
  const base = copy(visit);
  addInteraction(visit, 'i2', LATER);
  patchAnswer(visit, 'i2', 'greeted', answered(true));
  removeInteraction(visit, 'i2', LATER);
  patchAnswer(visit, 'i1', 'wait', { state: null, value: null, typed: '1:' });
  assert.deepEqual([differences(visit, base), differences(base, visit)], [[], []]);
  patchAnswer(visit, 'visit', 'clean', answered(true));
  visit.note = 'Rain.';
  const paths = [['note'], ['answers', 'visit', 'clean']];
  assert.deepEqual(differences(visit, base).map(({ path }) => path), paths);
  assert.deepEqual(differences(base, visit), []); // theirs alone comes in without a question
});

/** A server that keeps one draft as the real one does: the same again changes nothing. */
function server() {
  const rows = new Map();
  const reply = (status, body) => ({ status, ok: status < 300, body });
  return {
    rows,
    async save(id, { content, base_revision: base }) {
      const row = rows.get(id);
      if (isDeepStrictEqual(row?.content, content)) {
        return reply(200, { id, revision: row.revision });
      }
      if (row && row.revision !== base) return reply(409, { id, ...row });
      rows.set(id, { revision: base + 1, content: copy(content) });
      return reply(row ? 200 : 201, { id, revision: base + 1 });
    },
    list: async () => [...rows].map(([id, { revision }]) => ({ id, revision })),
    read: async (id) => ({ id, ...copy(rows.get(id)) }),
  };
}

function phone(visits = []) {
  const kept = new Map(visits.map((visit) => [visit.id, copy(visit)]));
  const facts = new Map([['user', 1]]);
  return {
    kept,
    visit: async (id) => copy(kept.get(id) ?? null),
    meta: async (name) => copy(facts.get(name)),
    setMeta: async (name, value) => void facts.set(name, copy(value)),
    change: async (id, apply) => apply(kept.get(id)),
    photosOf: async () => [],
    adopt: async (visit) => void kept.set(visit.id, copy(visit)),
  };
}

const say = (store, key, value) => {
  patchAnswer(store.kept.get('v1'), 'visit', key, answered(value));
  store.kept.get('v1').changed_at = `${Math.random()}`;
};

/** One with work in it. */
const begun = () => makeVisit({ note: 'Rain.' });

test('a form that was only looked at goes nowhere', async () => {
  const [store, drafts] = [phone([makeVisit()]), server()];
  assert.equal(await syncDraft({ store, drafts, id: 'v1' }), 'nothing');
  assert.equal(drafts.rows.size, 0);
});

test('a photo, a name or a moment is work', () => {
  const [named, helped] = [makeVisit(), makeVisit()];
  renameInteraction(named, 'i1', 'Till 2');
  markMoment(helped, 'i1', 'helped_at', LATER);
  assert.deepEqual([isBegun(named, []), isBegun(helped, []), isBegun(makeVisit(), [{}])], [
    true,
    true,
    true,
  ]);
});

test('a visit that has arrived by another way needs no draft', async () => {
  const store = phone([begun()]);
  const drafts = { save: async () => ({ status: 410, ok: false, body: { detail: 'Received.' } }) };
  assert.equal(await syncDraft({ store, drafts, id: 'v1' }), 'received');
});

test('a draft goes to the server once for each change', async () => {
  const [store, drafts] = [phone([begun()]), server()];
  assert.equal(await syncDraft({ store, drafts, id: 'v1' }), 'saved');
  assert.equal(await syncDraft({ store, drafts, id: 'v1' }), 'nothing');
  say(store, 'clean', true);
  assert.equal(await syncDraft({ store, drafts, id: 'v1' }), 'saved');
  assert.equal(drafts.rows.get('v1').revision, 2);
  assert.equal(drafts.rows.get('v1').content.answers.clean.value, true);
});

test('two phones that save in turns end with the same draft', async () => {
  const drafts = server();
  const one = phone([begun()]);
  await syncDraft({ store: one, drafts, id: 'v1' });
  const two = phone();
  assert.equal(await fetchDrafts({ store: two, drafts }), 1);
  say(one, 'clean', false);
  say(two, 'words', 'Friendly.');
  await syncDraft({ store: one, drafts, id: 'v1' });
  assert.equal(await syncDraft({ store: two, drafts, id: 'v1' }), 'merged');
  await fetchDrafts({ store: one, drafts });
  for (const store of [one, two]) {
    assert.equal(store.kept.get('v1').answers.clean.value, false);
    assert.equal(store.kept.get('v1').answers.words.value, 'Friendly.');
  }
});

test('without an answer nothing is believed to be saved', async () => {
  const store = phone([begun()]);
  const drafts = { save: async () => null };
  assert.equal(await syncDraft({ store, drafts, id: 'v1' }), 'offline');
  assert.equal(await store.meta('draft-v1'), undefined);
});

/** A server whose answer to the first save is lost. */
function forgetful() {
  const drafts = server();
  let n = 0;
  return {
    ...drafts,
    save: async (...given) => {
      const reply = await drafts.save(...given);
      n += 1;
      return n === 1 ? null : reply;
    },
  };
}

test('what is typed while a save is on its way is no answer from another phone', async () => {
  const [store, drafts] = [phone([makeVisit()]), server()];
  let arrive = () => {};
  const arrived = new Promise((done) => void (arrive = done));
  const slow = {
    ...drafts,
    save: async (...given) => {
      const reply = await drafts.save(...given);
      await arrived;
      return reply;
    },
  };
  say(store, 'words', 'Fr');
  const first = syncDraft({ store, drafts: slow, id: 'v1' });
  await new Promise(setImmediate);
  say(store, 'words', 'Friendly');
  const second = syncDraft({ store, drafts: slow, id: 'v1' });
  await new Promise(setImmediate);
  arrive();
  assert.deepEqual(await Promise.all([first, second]), ['saved', 'saved']);
  assert.deepEqual(store.kept.get('v1').asked, []);
  assert.equal(drafts.rows.get('v1').content.answers.words.value, 'Friendly');
});

test('a save whose answer was lost is no other phone', async () => {
  const [store, drafts] = [phone([makeVisit()]), forgetful()];
  say(store, 'words', 'Fr');
  assert.equal(await syncDraft({ store, drafts, id: 'v1' }), 'offline');
  say(store, 'words', 'Friendly');
  assert.equal(await syncDraft({ store, drafts, id: 'v1' }), 'saved');
  assert.deepEqual(store.kept.get('v1').asked, []);
  assert.equal(drafts.rows.get('v1').content.answers.words.value, 'Friendly');
});

test('what was taken back after a save whose answer was lost does not come back', async () => {
  const [store, drafts] = [phone([makeVisit()]), forgetful()];
  say(store, 'clean', true);
  await syncDraft({ store, drafts, id: 'v1' });
  const two = phone();
  await fetchDrafts({ store: two, drafts });
  say(two, 'words', 'Friendly.');
  await syncDraft({ store: two, drafts, id: 'v1' });
  delete store.kept.get('v1').answers.clean;
  store.kept.get('v1').changed_at = 'later';
  assert.equal(await syncDraft({ store, drafts, id: 'v1' }), 'merged');
  const { answers, asked } = store.kept.get('v1');
  assert.deepEqual([answers.clean, answers.words.value, asked], [undefined, 'Friendly.', []]);
});

test('a draft says whose it is, and waits while somebody else is signed in', async () => {
  const [store, drafts] = [phone([begun()]), server()];
  let session = 2;
  const theirs = {
    save: (
      id,
      body,
    ) => (body.owner === session ? drafts.save(id, body) : { status: 403, ok: false, body: null }),
  };
  assert.equal(await syncDraft({ store, drafts: theirs, id: 'v1' }), 'sign-in');
  assert.equal(drafts.rows.size, 0);
  session = 1;
  assert.equal(await syncDraft({ store, drafts: theirs, id: 'v1' }), 'saved');
});

test('a draft holds what was typed and nothing about this phone', () => {
  const content = contentOf(makeVisit(), []);
  for (const name of ['payload', 'state', 'owner', 'cursor', 'receipt']) {
    assert.equal(name in content, false);
  }
  assert.equal(content.assignment, 5);
});

test('a draft is saved some seconds after the last change', () => {
  const waits = [];
  const changed = debounced(() => {}, { after: (_work, ms) => waits.push(ms), cancel: () => {} });
  changed();
  changed();
  assert.ok(waits.every((ms) => ms > 1900 && ms <= 2000));
});
