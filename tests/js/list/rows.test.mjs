import assert from 'node:assert/strict';
import test from 'node:test';

import { groupsOf, unsentLine } from '../../../static/phone/list/rows.js';
import { shrunk } from '../../../static/phone/photo/shrink.js';
import { dayName } from '../../../static/phone/list/days.js';
import { dayOf } from '../../../static/phone/shell/times.js';
import { AT, makeVisit } from '../making.mjs';

const NOW = Date.parse('2026-03-02T14:00:00Z');
const assignment = (id, changes = {}) => ({
  id,
  standard: 'Service standard',
  version_number: 7,
  form_url: 'http://proxy.internal/phone/forms/7/',
  location: { id, name: `Place ${id}`, address: '', timezone: 'Europe/London' },
  opens_on: '2026-03-01',
  closes_on: '2026-03-06',
  daypart: '',
  ...changes,
});
const groups = (given) =>
  groupsOf({
    assignments: [],
    visits: [],
    sent: [],
    pictures: new Map(),
    progress: null,
    now: NOW,
    ...given,
  });
const names = (rows) => rows.map(({ name }) => name);

test('an open window is for today, a later one for later, the soonest to close first', () => {
  const shown = groups({
    assignments: [
      assignment(1),
      assignment(2, { closes_on: '2026-03-02' }),
      assignment(3, { opens_on: '2026-03-03' }),
    ],
  });
  assert.deepEqual(names(shown.today), ['Place 2', 'Place 1']);
  assert.deepEqual(names(shown.later), ['Place 3']);
  assert.match(shown.today[0].about, /until today/);
  assert.match(shown.later[0].about, /from tomorrow/);
});

test("today is the location's day, not the phone's", () => {
  const there = { id: 9, name: 'Cove', address: '', timezone: 'Pacific/Auckland' };
  const shown = groups({
    assignments: [assignment(1, { opens_on: '2026-03-03', location: there })],
  });
  assert.deepEqual(names(shown.today), ['Cove']); // it is already the 3rd in Auckland
});

test('a visit is told in one minute, here and from the server, to the minute that has begun', () => {
  const location = { id: 9, name: 'Cove', address: '', timezone: 'America/New_York' };
  const started_at = '2026-03-02T13:59:59.999Z';
  const ended_at = '2026-03-02T14:20:00.000Z';
  const now = Date.parse('2026-03-02T15:00:00Z');
  const kept = {
    ...makeVisit({ started_at, ended_at, state: 'received', receipt: 'AB' }),
    location,
  };
  const sent = { ...kept, id: 'v2', n_interactions: 0, photos_missing: [], content: null };
  const [here] = groups({ now, visits: [kept] }).sent;
  const [there] = groups({ now, sent: [sent] }).sent;
  assert.match(here.about, /^Today 08:59/);
  assert.match(there.about, /^Today 08:59/);
});

test('an assignment that was begun is shown once, as in progress', () => {
  const shown = groups({ assignments: [assignment(5)], visits: [makeVisit()] });
  assert.deepEqual(shown.today.map(({ state }) => state), ['In progress']);
  assert.deepEqual(shown.today[0].link, { path: '/phone/forms/7/', fragment: 'visit=v1' });
});

test('a complete visit is in one of three plain states', () => {
  const complete = { ended_at: AT, receipt: '8QK0-0241', received_at: AT };
  const state = (changes, progress = null, pictures = new Map()) =>
    groups({ visits: [makeVisit({ ...complete, ...changes })], progress, pictures }).sent[0].state;
  const two = new Map([['v1', { photos: 3, unsent: 2, refused: [] }]]);
  assert.equal(state({ state: 'waiting' }), 'On this phone');
  assert.equal(state({ state: 'waiting' }, { id: 'v1', photo: 0, photos: 0 }), 'Sending');
  assert.equal(
    state({ state: 'accepted' }, { id: 'v1', photo: 2, photos: 3 }),
    'Sending photo 2 of 3',
  );
  assert.equal(state({ state: 'accepted' }, null, two), '2 photos on this phone');
  assert.equal(state({ state: 'received' }), 'Received, no. 8QK0-0241');
});

test('what the server did not take needs the auditor, with the reason', () => {
  const errors = [{ where: 'observations.clean', message: 'Say yes or no.' }];
  const refusedPhoto = new Map([['c', { photos: 1, unsent: 0, refused: ['At most 12 MB.'] }]]);
  const shown = groups({
    visits: [
      makeVisit({ id: 'a', state: 'refused', errors }),
      makeVisit({ id: 'b', state: 'conflict' }),
      makeVisit({ id: 'c', state: 'received', ended_at: AT, receipt: 'X' }),
    ],
    pictures: refusedPhoto,
  });
  assert.deepEqual(shown.needs.map(({ about }) => about), [
    'At most 12 MB.',
    'The server has this visit with other answers. Yours is kept on this phone.',
    '1 thing to correct',
  ]);
});

test('a visit that both the phone and the server know is shown once', () => {
  const sent = {
    id: 'v1',
    receipt: 'X',
    location: makeVisit().location,
    started_at: AT,
    n_interactions: 1,
    photos_missing: [],
  };
  const visit = makeVisit({ state: 'received', ended_at: AT, receipt: 'X', received_at: AT });
  assert.equal(groups({ visits: [visit], sent: [sent] }).sent.length, 1);
  assert.equal(groups({ sent: [sent] }).sent.length, 1);
});

test('what was sent last stands first, however the phone keeps it', () => {
  const sentOn = (id, started_at) => ({
    id,
    receipt: id,
    location: { ...makeVisit().location, name: id },
    started_at,
    n_interactions: 1,
    photos_missing: [],
  });
  const sent = [
    sentOn('june', '2026-06-23T10:00:00Z'),
    sentOn('november', '2026-11-21T10:00:00Z'),
    sentOn('july', '2026-07-01T10:00:00Z'),
  ];
  assert.deepEqual(groups({ sent }).sent.map(({ name }) => name), ['november', 'july', 'june']);
});

test('the foot counts what is only here', () => {
  assert.equal(unsentLine([makeVisit({ state: 'received' })]), 'Nothing waits on this phone');
  assert.match(
    unsentLine([makeVisit(), makeVisit({ state: 'received' })], NOW),
    /^1 visit on this phone, saved \d\d:\d\d$/,
  );
  assert.match(
    unsentLine([makeVisit()], NOW + 2 * 86_400_000),
    /^1 visit on this phone, saved 2 Mar, \d\d:\d\d$/,
  );
});

test('days are named as people say them', () => {
  assert.deepEqual(
    ['2026-03-02', '2026-03-03', '2026-03-06', '2026-12-14'].map((day) =>
      dayName(day, '2026-03-02')
    ),
    [
      'today',
      'tomorrow',
      'Fri',
      '14 Dec',
    ],
  );
  assert.equal(dayOf(Date.parse('2026-03-02T23:30:00Z'), 'Europe/Berlin'), '2026-03-03');
});

test('photos keep their shape and are never enlarged', () => {
  assert.deepEqual(shrunk(4000, 3000), { width: 1600, height: 1200 });
  assert.deepEqual(shrunk(3000, 4000), { width: 1200, height: 1600 });
  assert.deepEqual(shrunk(800, 600), { width: 800, height: 600 });
});
