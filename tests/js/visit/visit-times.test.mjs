import assert from 'node:assert/strict';
import test from 'node:test';

import { arriveAt, arriveOn, leaveAt } from '../../../static/phone/visit/visit-times.js';
import { momentAt } from '../../../static/phone/visit/visit-times.js';
import { makeVisit } from '../making.mjs';

const NEXT_MORNING = Date.parse('2026-03-03T09:00:00Z');

function visitIn(timezone, changes) {
  const visit = makeVisit(changes);
  visit.location = { ...visit.location, timezone };
  return visit;
}

const london = (changes) => visitIn('Europe/London', changes);

test('a moment is that of calendar and clocks over there, also around a change of the clocks', () => {
  assert.equal(momentAt('2026-03-01', '23:50', 'America/New_York'), '2026-03-02T04:50:00.000Z');
  assert.equal(momentAt('2026-03-29', '00:30', 'Europe/London'), '2026-03-29T00:30:00.000Z');
  assert.equal(momentAt('2026-03-29', '02:30', 'Europe/London'), '2026-03-29T01:30:00.000Z');
  assert.equal(momentAt('2026-03-02', '00:10', 'Pacific/Auckland'), '2026-03-01T11:10:00.000Z');
});

test('an evening written the next morning is yesterday’s, not one to come', () => {
  const visit = london({ started_at: '2026-03-03T09:00:00.000Z' });
  arriveAt(visit, '17:40', NEXT_MORNING);
  leaveAt(visit, '18:30', NEXT_MORNING);
  assert.deepEqual([visit.started_at, visit.left_at], [
    '2026-03-02T17:40:00.000Z',
    '2026-03-02T18:30:00.000Z',
  ]);
});

test('a departure written the next morning is the one after the arrival', () => {
  const visit = london({ started_at: '2026-03-02T17:40:00.000Z' });
  leaveAt(visit, '18:30', NEXT_MORNING);
  assert.equal(visit.left_at, '2026-03-02T18:30:00.000Z');
});

test('a visit that came back days later stays on its day', () => {
  const visit = london({ started_at: '2026-02-27T17:40:00.000Z' });
  arriveAt(visit, '17:30', NEXT_MORNING);
  leaveAt(visit, '08:00', NEXT_MORNING);
  assert.equal(visit.started_at, '2026-02-27T17:30:00.000Z');
  assert.equal(visit.left_at, '2026-02-28T08:00:00.000Z');
});

test('a visit may end after midnight over there', () => {
  const visit = visitIn('America/New_York', { started_at: '2026-03-02T04:30:00.000Z' }); // 23:30 on the 1st
  leaveAt(visit, '00:20', NEXT_MORNING);
  assert.equal(visit.left_at, '2026-03-02T05:20:00.000Z');
});

test('a departure within the minute of the arrival is no day later', () => {
  const visit = london({ started_at: '2026-03-02T17:40:35.000Z' });
  leaveAt(visit, '17:40', NEXT_MORNING);
  assert.equal(visit.left_at, '2026-03-02T17:40:35.000Z');
});

test('a time a few minutes ahead of this phone is still now', () => {
  const visit = london({ started_at: '2026-03-03T08:50:00.000Z' });
  arriveAt(visit, '09:05', NEXT_MORNING);
  assert.equal(visit.started_at, '2026-03-03T09:05:00.000Z');
});

test('a departure before the arrival stays before it, and follows the arrival when that is corrected', () => {
  const visit = london({ started_at: '2026-03-03T08:50:00.000Z' });
  leaveAt(visit, '08:30', NEXT_MORNING);
  assert.equal(visit.left_at, '2026-03-03T08:30:00.000Z');
  arriveOn(visit, '2026-03-02', NEXT_MORNING);
  arriveAt(visit, '08:10', NEXT_MORNING);
  assert.deepEqual([visit.started_at, visit.left_at], [
    '2026-03-02T08:10:00.000Z',
    '2026-03-02T08:30:00.000Z',
  ]);
  leaveAt(visit, '', NEXT_MORNING);
  assert.equal(visit.left_at, null);
});

test('a departure that was tapped keeps its second when the arrival is corrected', () => {
  const visit = london({
    started_at: '2026-03-02T17:40:00.000Z',
    left_at: '2026-03-02T18:30:12.345Z',
  });
  arriveAt(visit, '17:35', NEXT_MORNING);
  assert.equal(visit.left_at, '2026-03-02T18:30:12.345Z');
});

const HOUR = 3_600_000;

for (const offset of [3 * HOUR, -3 * HOUR, 40 * HOUR]) {
  test(`on a phone whose clock is ${offset / HOUR} hours ahead what is written is as a watch shows it`, () => {
    const came = Date.parse('2026-03-02T17:40:20Z');
    const now = came + HOUR;
    const visit = london({ started_at: new Date(came + offset).toISOString() });
    leaveAt(visit, '18:30', now, offset);
    assert.equal(visit.left_at, '2026-03-02T18:30:00.000Z');
    arriveAt(visit, '17:35', now, offset);
    assert.deepEqual([visit.started_at, visit.left_at], [
      '2026-03-02T17:35:00.000Z',
      '2026-03-02T18:30:00.000Z',
    ]);
  });
}

test('a day that is written on a phone whose clock is off goes with the time by a right clock', () => {
  const visit = london({
    started_at: '2026-03-03T01:30:00.000Z',
    left_at: '2026-03-03T02:10:00.000Z',
  }); // 22:30, 23:10
  arriveOn(visit, '2026-03-02', NEXT_MORNING, 3 * HOUR);
  assert.equal(visit.started_at, '2026-03-02T22:30:00.000Z');
  assert.equal(
    visit.left_at,
    '2026-03-03T02:10:00.000Z',
    'what was tapped is the server’s to correct',
  );
});
