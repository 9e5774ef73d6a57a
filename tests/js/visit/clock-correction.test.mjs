/** Tapped times of one visit, by clocks that differ: the right moments reach the server, whichever phone sends. */
import assert from 'node:assert/strict';
import test from 'node:test';

import { showConflict } from '../../../static/phone/conflict/resolution.js';
import { markMoment } from '../../../static/phone/visit/draft.js';
import { syncDraft } from '../../../static/phone/sync/drafts.js';
import { fetchDrafts } from '../../../static/phone/sync/server-drafts.js';
import { takeNews } from '../../../static/phone/sync/server-visits.js';
import { buildPayload } from '../../../static/phone/visit/payload.js';
import { retold } from '../../../static/phone/visit/clock-correction.js';
import { leaveAt } from '../../../static/phone/visit/visit-times.js';
import { AT, makePhoto, makeVisit, SECTIONS } from '../making.mjs';
import { news, phone, say, send, server } from '../phones.mjs';

const HOUR = 3_600_000;
const MINUTE = 60_000;
/** Minutes after AT, by a clock that is ahead by `offset`. */
const by = (offset, minutes) => new Date(Date.parse(AT) + minutes * MINUTE + offset).toISOString();
/** As the server stores it. */
const corrected = ({ clock_offset_ms: offset }, at) =>
  at && new Date(Date.parse(at) - offset).toISOString();

/** A phone whose clock is known to be ahead by `offset`. */
async function phoneAhead(offset, visit = null, photo = null) {
  const store = await phone(visit && { ...visit, clock_offset_ms: offset }, photo);
  await setClock(store, offset);
  return store;
}

const setClock = (store, offset) => store.setMeta('clock_offset_ms', offset);
const share = (store, there) => syncDraft({ store, drafts: there.drafts, id: 'v1' });
const fetch = (store, there) => fetchDrafts({ store, drafts: there.drafts });

let n = 0;
const tap = (store, moment, at) =>
  store.change('v1', (visit) => {
    markMoment(visit, 'i1', moment, at);
    visit.changed_at = `tap ${(n += 1)}`;
  });

async function payloadOf(store) {
  const [visit, photos] = [await store.visit('v1'), await store.photosOf('v1')];
  return buildPayload({
    visit,
    photos,
    sections: SECTIONS,
    clockOffset: visit.clock_offset_ms,
    at: AT,
  });
}

/** A visit begun on a phone that is right, with an arrival and a photo, gone on with on one that is three hours ahead. */
async function takenOver() {
  const there = server();
  const one = await phoneAhead(0, makeVisit(), makePhoto({ blob: 'a picture' }));
  await tap(one, 'started_at', by(0, 1));
  await share(one, there);
  const two = await phoneAhead(3 * HOUR);
  await fetch(two, there);
  return { there, one, two };
}

test("what another phone tapped is told by this one's clock, and all of it corrected by one offset", async () => {
  const { there, two } = await takenOver();
  const visit = await two.visit('v1');
  assert.deepEqual([visit.started_at, visit.interactions[0].started_at], [
    by(3 * HOUR, 0),
    by(3 * HOUR, 1),
  ]);
  await tap(two, 'helped_at', by(3 * HOUR, 5));
  await share(two, there);
  const sent = await payloadOf(two);
  const [{ started_at: started, helped_at: helped }] = sent.interactions;
  const moments = [sent.started_at, started, helped, sent.photos[0].taken_at].map((at) =>
    corrected(sent, at)
  );
  assert.deepEqual(moments, [by(0, 0), by(0, 1), by(0, 5), by(0, 0)]);
});

test('what comes back to the first phone is told by its clock again, and nothing is asked', async () => {
  const { there, one, two } = await takenOver();
  await tap(two, 'helped_at', by(3 * HOUR, 5));
  await share(two, there);
  await tap(one, 'acknowledged_at', by(0, 2));
  await share(one, there);
  await fetch(two, there);
  const [here, other] = [await one.visit('v1'), await two.visit('v1')];
  const { started_at: started, acknowledged_at: noticed, helped_at: helped } = here.interactions[0];
  assert.deepEqual(
    [here.started_at, started, noticed, helped],
    [0, 1, 2, 5].map((minutes) => by(0, minutes)),
  );
  assert.equal(other.interactions[0].acknowledged_at, by(3 * HOUR, 2));
  assert.deepEqual([here.asked, other.asked], [[], []]);
});

test('a written departure is moved on no phone', async () => {
  const { there, one, two } = await takenOver();
  await one.change('v1', (visit) => {
    leaveAt(visit, '12:20', Date.parse(by(0, 30)));
    visit.changed_at = 'left';
  });
  await share(one, there);
  await fetch(two, there);
  const sent = await payloadOf(two);
  assert.deepEqual([sent.ended_at, sent.written], ['2026-03-02T12:20:00.000Z', ['ended_at']]);
});

test('a stopwatch that runs goes on where it was', async () => {
  const there = server();
  const timer = { started_at: Date.parse(by(0, 3)), before: null };
  const one = await phoneAhead(
    0,
    makeVisit({ answers: { clean: { timer } }, changed_at: 'begun' }),
  );
  await share(one, there);
  const two = await phoneAhead(HOUR);
  await fetch(two, there);
  assert.equal((await two.visit('v1')).answers.clean.timer.started_at, Date.parse(by(HOUR, 3)));
});

test('once the clock was set, what was known before is moved, and what was tapped since is not', async () => {
  const there = server();
  const one = await phoneAhead(
    2 * HOUR,
    makeVisit({ started_at: by(2 * HOUR, 0) }),
    makePhoto({ taken_at: by(2 * HOUR, 1) }),
  );
  await tap(one, 'started_at', by(2 * HOUR, 1));
  await share(one, there);
  await tap(one, 'helped_at', by(0, 5)); // set right in between
  const measuring = {
    ...there.drafts,
    save: async (...given) => (await setClock(one, 0), there.drafts.save(...given)),
  };
  assert.equal(await syncDraft({ store: one, drafts: measuring, id: 'v1' }), 'merged');
  for (let turn = 0; turn < 3; turn += 1) await share(one, there);
  const visit = await one.visit('v1');
  const { started_at: started, helped_at: helped } = visit.interactions[0];
  assert.deepEqual([visit.started_at, started, helped, visit.clock_offset_ms], [
    by(0, 0),
    by(0, 1),
    by(0, 5),
    0,
  ]);
  assert.equal((await one.photosOf('v1'))[0].taken_at, by(0, 1));
  const two = await phoneAhead(HOUR);
  await fetch(two, there);
  const other = (await two.visit('v1')).interactions[0];
  assert.deepEqual([other.started_at, other.helped_at], [by(HOUR, 1), by(HOUR, 5)]);
});

test('what a measurement may err moves nothing', async () => {
  const { there, two } = await takenOver();
  await setClock(two, 3 * HOUR + 4000);
  await say(two, 'clean', true);
  await share(two, there);
  const { started_at: started, clock_offset_ms: offset } = await two.visit('v1');
  assert.deepEqual([started, offset], [by(3 * HOUR, 0), 3 * HOUR]);
});

test('a draft of which nobody knows the clock stays as it is', async () => {
  const there = server();
  const one = await phone(makeVisit());
  await say(one, 'clean', true);
  await share(one, there);
  const two = await phoneAhead(HOUR);
  await fetch(two, there);
  await tap(two, 'helped_at', by(HOUR, 5));
  await share(two, there);
  await setClock(one, 0);
  await fetch(one, there);
  for (const store of [one, two]) {
    const visit = await store.visit('v1');
    assert.deepEqual([visit.started_at, visit.interactions[0].helped_at, visit.clock_offset_ms], [
      AT,
      by(HOUR, 5),
      undefined,
    ]);
  }
});

const sendWith = async (store, there) => {
  await store.change(
    'v1',
    (visit) => void (visit.completed_at = visit.left_at = by(visit.clock_offset_ms, 9)),
  );
  return send(store, there);
};

test('a visit that came back is told by the clock of the phone that corrects it', async () => {
  const { there, one, two } = await takenOver();
  await sendWith(two, there);
  const row = { ...there.rows()[0], returned: { revision: 1, comment: 'Which door?', items: [] } };
  const third = await phoneAhead(-HOUR);
  const stores = [one, two, third];
  for (const store of [...stores, ...stores]) {
    await takeNews({
      store,
      rows: [row],
      readVisit: async () => row,
    });
  }
  for (const [store, offset] of [[one, 0], [two, 3 * HOUR], [third, -HOUR]]) {
    const visit = await store.visit('v1');
    assert.deepEqual([visit.state, visit.clock_offset_ms], ['returned', offset]);
    assert.deepEqual([visit.started_at, visit.left_at], [by(offset, 0), by(offset, 9)]);
    assert.equal((await store.photosOf('v1'))[0].taken_at, by(offset, 0));
  }
});

test('two clocks are no two answers', async () => {
  const { there, one, two } = await takenOver();
  await say(one, 'clean', true); // and the server was not told
  await say(two, 'clean', true);
  await sendWith(two, there);
  await news(one, there);
  const visit = await one.visit('v1');
  assert.equal(visit.state, 'accepted');
  await one.change('v1', (kept) => Object.assign(kept, retold(kept, 0), { state: 'waiting' }));
  await one.conflict('v1', { stored_content: there.rows()[0].content });
  let isDone = false;
  const given = {
    box: null,
    visit: await one.visit('v1'),
    sections: SECTIONS,
    store: one,
    readVisit: there.readVisit,
  };
  await showConflict({ ...given, done: () => void (isDone = true) });
  assert.ok(isDone);
});
