import assert from 'node:assert/strict';
import test from 'node:test';

import { backOff, createSender, flush, verdict } from '../../../static/phone/sync/queue.js';

const reply = (status, body = null, more = {}) => ({
  status,
  ok: status >= 200 && status < 300,
  redirected: false,
  body,
  wait: 0,
  ...more,
});
const stored = (id) =>
  reply(201, { id, receipt: 'AAAA-0001', received_at: '2026-03-02T12:30:00Z', photos_missing: [] });

/** A store in memory and a server that answers from a list by id; what was asked is in `log`. */
function stage(visits, answers, photos = []) {
  const log = [];
  const state = new Map(visits.map((id) => [id, { id, state: 'waiting' }]));
  const pictures = photos.map((photo) => ({ sent: false, refused: '', ...photo }));
  const set = (id, changes) => Object.assign(state.get(id), changes);
  const store = {
    toSend: async () =>
      [...state.values()].filter((each) => ['waiting', 'accepted'].includes(each.state)),
    accept: async (id, { receipt }) => set(id, { state: 'accepted', receipt }),
    refuse: async (id, reasons) => set(id, { state: 'refused', ...reasons }),
    conflict: async (id, { detail }) => set(id, { state: 'conflict', reason: detail }),
    settle: async (id) => set(id, { state: 'received' }),
    photosToSend: async (id) =>
      pictures.filter((each) => each.visit === id && !each.sent && !each.refused),
    photoReceived: async (id) =>
      Object.assign(pictures.find((each) => each.id === id), { sent: true }),
    refusePhoto: async (id, refused) =>
      Object.assign(pictures.find((each) => each.id === id), { refused }),
    photosToTell: async () => [],
  };
  const next = (id) => (answers[id].length > 1 ? answers[id].shift() : answers[id][0]);
  const send = {
    visit: async ({ id }) => (log.push(id), next(id)),
    photo: async ({ id }) => (log.push(id), next(id)),
  };
  return { store, send, log, state, pictures, run: (more) => flush({ store, send, ...more }) };
}

test('a visit goes before its photos and is received when all have arrived', async () => {
  const { run, log, state } = stage(
    ['v'],
    { v: [stored('v')], p1: [stored('p1')], p2: [stored('p2')] },
    [{ id: 'p1', visit: 'v' }, { id: 'p2', visit: 'v' }],
  );
  assert.deepEqual(await run(), { outcome: 'sent', wait: 0 });
  assert.deepEqual(log, ['v', 'p1', 'p2']);
  assert.deepEqual(state.get('v'), { id: 'v', state: 'received', receipt: 'AAAA-0001' });
});

test('an empty queue asks nothing', async () => {
  const { run, log } = stage([], {});
  assert.equal((await run()).outcome, 'empty');
  assert.deepEqual(log, []);
});

test('one visit that is refused does not block the next, and keeps the reasons', async () => {
  const errors = [{ where: 'observations.clean', message: 'Say yes or no.' }];
  const { run, state } = stage(['bad', 'good'], {
    bad: [reply(400, { detail: 'No.', errors })],
    good: [stored('good')],
  });
  await run();
  assert.deepEqual(state.get('bad'), { id: 'bad', state: 'refused', errors, reason: 'No.' });
  assert.equal(state.get('good').state, 'received');
});

test('a conflict is kept with its reason', async () => {
  const { run, state, log } = stage(['v'], {
    v: [reply(409, { detail: 'Stored before with other content.' })],
  });
  await run();
  await run();
  assert.deepEqual(log, ['v']);
  assert.equal(state.get('v').reason, 'Stored before with other content.');
});

for (const status of [408, 429, 500, 502, 503]) {
  test(`${status} is tried later, and the next visit still goes`, async () => {
    const { run, state } = stage(['v', 'w'], {
      v: [reply(status, null, { wait: 30 }), stored('v')],
      w: [stored('w')],
    });
    assert.deepEqual(await run(), { outcome: 'later', wait: 30 });
    assert.equal(state.get('v').state, 'waiting');
    assert.equal(state.get('w').state, 'received');
    assert.equal((await run()).outcome, 'sent');
    assert.equal(state.get('v').state, 'received');
  });
}

for (
  const answer of [
    reply(401),
    reply(403, { detail: 'Not signed in.' }),
    reply(200, null, { redirected: true }),
  ]
) {
  test(`${answer.status}${answer.redirected ? ' after a redirect' : ''} asks for a sign-in and leaves the queue`, async () => {
    const { run, state, log } = stage(['v', 'w'], { v: [answer], w: [stored('w')] });
    assert.equal((await run()).outcome, 'sign-in');
    assert.deepEqual(log, ['v']);
    assert.equal(state.get('v').state, 'waiting');
  });
}

test('without an answer nothing leaves and nothing more is tried', async () => {
  const { run, state, log } = stage(['v', 'w'], { v: [null], w: [stored('w')] });
  assert.equal((await run()).outcome, 'offline');
  assert.deepEqual(log, ['v']);
  assert.equal(state.get('v').state, 'waiting');
});

const there = async () => 'there';

test('the answers of all visits go before the first photo', async () => {
  const { run, log } = stage(
    ['v', 'w'],
    { v: [stored('v')], w: [stored('w')], p1: [stored('p1')] },
    [{ id: 'p1', visit: 'v' }],
  );
  await run();
  assert.deepEqual(log, ['v', 'w', 'p1']);
});

test('a visit that is completed while photos go is sent before the next photo', async () => {
  const { run, log, state, send } = stage(
    ['v'],
    { v: [stored('v')], w: [stored('w')], p1: [stored('p1')], p2: [stored('p2')] },
    [{ id: 'p1', visit: 'v' }, { id: 'p2', visit: 'v' }],
  );
  const { photo } = send;
  send.photo = async (given) => {
    state.set('w', { id: 'w', state: state.get('w')?.state ?? 'waiting' });
    return photo(given);
  };
  await run();
  assert.deepEqual(log, ['v', 'p1', 'w', 'p2']);
});

test('a photo that never gets an answer blocks neither its siblings nor the next visit', async () => {
  const photos = [{ id: 'bad', visit: 'v' }, { id: 'p2', visit: 'v' }, { id: 'p3', visit: 'w' }];
  const { run, log, state } = stage(
    ['v', 'w'],
    { v: [stored('v')], w: [stored('w')], bad: [null], p2: [stored('p2')], p3: [stored('p3')] },
    photos,
  );
  const tried = new Map();
  assert.deepEqual(await run({ probe: there, tried }), { outcome: 'unanswered', wait: 0 });
  assert.deepEqual(log, ['v', 'w', 'bad', 'p2', 'p3']);
  assert.deepEqual([state.get('v').state, state.get('w').state], ['accepted', 'received']);
  assert.equal((await run({ probe: there, tried })).outcome, 'unanswered');
  assert.deepEqual(log.slice(5), ['bad']);
});

test('answers that get no answer leave the next visit to go', async () => {
  const { run, state } = stage(['v', 'w'], { v: [null], w: [stored('w')] });
  assert.equal((await run({ probe: there })).outcome, 'unanswered');
  assert.deepEqual([state.get('v').state, state.get('w').state], ['waiting', 'received']);
});

test('photos without an answer end a round after three, and the next begins with the others', async () => {
  const names = ['b1', 'b2', 'b3', 'good'];
  const { run, log } = stage(
    ['v'],
    {
      v: [stored('v')],
      ...Object.fromEntries(names.map((id) => [id, id === 'good' ? [stored(id)] : [null]])),
    },
    names.map((id) => ({ id, visit: 'v' })),
  );
  const tried = new Map();
  await run({ probe: there, tried });
  await run({ probe: there, tried });
  assert.deepEqual(log, ['v', 'b1', 'b2', 'b3', 'good', 'b1', 'b2', 'b3']);
});

test('somebody else who signed in after an attempt without an answer sends nothing more', async () => {
  const { run, log } = stage(['v', 'w'], { v: [null], w: [stored('w')] });
  assert.equal((await run({ probe: async () => 'other' })).outcome, 'other');
  assert.deepEqual(log, ['v']);
});

test("a stranger's 200 is no receipt", () => {
  assert.equal(verdict(reply(200, null), 'v'), 'offline');
  assert.equal(verdict(reply(200, { id: 'other' }), 'v'), 'offline');
  assert.equal(verdict(reply(200, { id: 'v' }), 'v'), 'received');
});

test('a lost photo is sent alone the next time; the visit is not sent again', async () => {
  const { run, log, state } = stage(
    ['v'],
    { v: [stored('v')], p1: [stored('p1')], p2: [null, stored('p2')] },
    [{ id: 'p1', visit: 'v' }, { id: 'p2', visit: 'v' }],
  );
  assert.equal((await run()).outcome, 'offline');
  assert.equal(state.get('v').state, 'accepted');
  assert.equal((await run()).outcome, 'sent');
  assert.deepEqual(log, ['v', 'p1', 'p2', 'p2']);
  assert.equal(state.get('v').state, 'received');
});

test('a photo that the server is too busy for does not hold up the others', async () => {
  const { run, log, state } = stage(
    ['v'],
    { v: [stored('v')], p1: [reply(503)], p2: [stored('p2')] },
    [{ id: 'p1', visit: 'v' }, { id: 'p2', visit: 'v' }],
  );
  assert.equal((await run()).outcome, 'later');
  assert.deepEqual(log, ['v', 'p1', 'p2']);
  assert.equal(state.get('v').state, 'accepted');
});

test('a refused photo keeps its reason and does not keep the visit open', async () => {
  const { run, state, pictures } = stage(
    ['v'],
    { v: [stored('v')], p1: [reply(413, { detail: 'At most 12 MB.' })] },
    [{ id: 'p1', visit: 'v' }],
  );
  await run();
  assert.equal(pictures[0].refused, 'At most 12 MB.');
  assert.equal(state.get('v').state, 'received');
});

test('progress names the photo on its way, and ends with nothing', async () => {
  const { store, send } = stage(
    ['v'],
    { v: [stored('v')], p1: [stored('p1')] },
    [{ id: 'p1', visit: 'v' }],
  );
  const seen = [];
  await flush({ store, send, report: (progress) => seen.push(progress) });
  assert.deepEqual(seen, [
    { id: 'v', photo: 0, photos: 0 },
    { id: 'v', photo: 1, photos: 1 },
    null,
  ]);
});

function sender(outcomes) {
  const waits = [];
  const ended = [];
  let rounds = 0;
  const made = createSender({
    round: async () => {
      rounds += 1;
      const outcome = outcomes.shift() ?? 'empty';
      if (outcome instanceof Error) throw outcome;
      return { outcome, wait: outcome === 'later' ? 60 : 0 };
    },
    ended: (outcome) => ended.push(outcome),
    after: (_work, ms) => (waits.push(ms / 1000), waits.length),
    cancel: () => {},
    random: () => 0.5,
  });
  return { ...made, waits, ended, rounds: () => rounds };
}

test('without an answer it waits longer each time, at most five minutes', async () => {
  const { nudge, waits } = sender(Array(9).fill('offline'));
  for (let n = 0; n < 9; n += 1) await nudge();
  assert.deepEqual(waits, [5, 10, 20, 40, 80, 160, 300, 300, 300]);
});

test('a success resets the waiting', async () => {
  const { nudge, waits } = sender(['offline', 'offline', 'sent', 'offline']);
  for (let n = 0; n < 4; n += 1) await nudge();
  assert.deepEqual(waits, [5, 10, 5]);
});

test('it waits as long as the server asked', async () => {
  const { nudge, waits } = sender(['later']);
  await nudge();
  assert.deepEqual(waits, [60]);
});

test('attempts are spread, so that a fleet does not come back at once', () => {
  assert.equal(backOff(3, () => 0), 15);
  assert.equal(backOff(3, () => 1), 25);
});

test('nudges during a round make one more round, not several', async () => {
  const { nudge, rounds } = sender([]);
  await Promise.all([nudge(), nudge(), nudge()]);
  await new Promise(setImmediate);
  assert.equal(rounds(), 2);
});

test('a store that fails is reported and tried again', async () => {
  const { nudge, ended, waits } = sender([new Error('closed'), 'sent']);
  await nudge();
  await nudge();
  assert.deepEqual(ended, ['failed', 'sent']);
  assert.deepEqual(waits, [5]);
});
