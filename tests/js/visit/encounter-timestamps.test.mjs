import assert from 'node:assert/strict';
import test from 'node:test';

import { prefill } from '../../../static/phone/visit/covert.js';
import {
  addInteraction,
  liveInteractions,
  moveUp,
  removeInteraction,
  startInteraction,
} from '../../../static/phone/visit/draft.js';
import { daysUnsent, nudgeLine } from '../../../static/phone/list/rows.js';
import { said } from '../../../static/phone/visit/encounter-timestamps.js';
import { gpsGrade } from '../../../static/phone/visit/gps.js';
import { arriveAt, leaveAt } from '../../../static/phone/visit/visit-times.js';
import { nextUnanswered, stepsOf } from '../../../static/phone/form/steps.js';
import { answered, AT, makeVisit, SECTIONS } from '../making.mjs';

const after = (seconds) => new Date(Date.parse(AT) + seconds * 1000).toISOString();
const DAY = 86_400_000;

test('two clocks run from the arrival until each is stopped', () => {
  const interaction = {
    started_at: AT,
    acknowledged_at: after(12),
    helped_at: null,
    ended_at: null,
  };
  const now = Date.parse(AT) + 90_000;
  assert.equal(said(interaction, 'started_at', 'Europe/London', now), '12:00');
  assert.equal(said(interaction, 'acknowledged_at', 'Europe/London', now), '0:12');
  assert.equal(said(interaction, 'helped_at', 'Europe/London', now), '1:30 …');
  assert.equal(
    said({ ...interaction, ended_at: after(60) }, 'helped_at', 'Europe/London', now),
    '',
  );
});

test('taps become the times of the report', () => {
  const visit = makeVisit();
  const taps = [
    ['arrived', 0],
    ['customer', 60],
    ['acknowledged', 70],
    ['helped', 100],
    ['done', 200],
    ['customer', 300],
    ['left', 400],
  ];
  visit.taps = taps.map(([what, seconds]) => ({ what, at: after(seconds) }));
  for (let twice = 0; twice < 2; twice += 1) prefill(visit, ['a', 'b', 'c', 'd']);
  assert.equal(visit.mode, 'covert');
  assert.equal(visit.started_at, AT);
  assert.equal(visit.left_at, after(400));
  const [first, second] = visit.interactions;
  assert.equal(visit.interactions.length, 2);
  assert.deepEqual(
    [first.started_at, first.acknowledged_at, first.helped_at, first.ended_at],
    [after(60), after(70), after(100), after(200)],
  );
  assert.equal(second.started_at, after(300));
});

const tap = (what, seconds) => ({ what, at: after(seconds) });
const startsOf = (visit) =>
  Object.fromEntries(visit.interactions.map(({ id, started_at: at }) => [id, at]));

test('times stay with their interactions when the report is opened anew, moved or removed as they may be', () => {
  const visit = makeVisit({
    taps: [tap('customer', 60), tap('customer', 300), tap('customer', 500)],
  });
  prefill(visit, ['a', 'b', 'c']);
  const before = startsOf(visit);
  moveUp(visit, 'c');
  removeInteraction(visit, 'b', after(900));
  visit.taps.push(tap('helped', 520), tap('customer', 700));
  prefill(visit, ['d', 'e', 'f', 'g']);
  assert.deepEqual(startsOf(visit), { ...before, g: after(700) });
  assert.equal(visit.interactions.find(({ id }) => id === 'c').helped_at, after(520));
});

test('an arrival and a departure that were corrected by hand stay when the report is opened anew', () => {
  const visit = makeVisit({ taps: [tap('arrived', 0), tap('customer', 60), tap('left', 400)] });
  prefill(visit, ['a']);
  arriveAt(visit, '11:55', Date.parse(after(900)));
  leaveAt(visit, '12:10', Date.parse(after(900)));
  prefill(visit, ['b']);
  assert.deepEqual([visit.started_at, visit.left_at], [after(-300), after(600)]);
});

test('taps leave alone what was recorded openly before', () => {
  const visit = makeVisit({ taps: [tap('customer', 300)] });
  visit.interactions[0].answers.greeted = answered(true);
  visit.interactions[0].started_at = AT;
  prefill(visit, ['b']);
  assert.deepEqual(startsOf(visit), { i1: AT, b: after(300) });
});

test('who opened the plain page by mistake records openly', () => {
  const visit = makeVisit();
  prefill(visit, []);
  assert.equal(visit.mode, 'live');
  visit.hidden_notes = 'Two at the till.';
  prefill(visit, []);
  assert.equal(visit.mode, 'covert');
});

test('nobody comes in while a report is written', () => {
  const visit = makeVisit({ taps: [tap('helped', 60)] });
  startInteraction(visit, 'i1', after(30)); // looked at before
  prefill(visit, ['a']);
  startInteraction(visit, 'i1', after(7200));
  assert.deepEqual([visit.interactions[0].started_at, visit.interactions[0].helped_at], [
    null,
    after(60),
  ]);
  const returned = makeVisit({ state: 'returned' });
  startInteraction(returned, 'i1', after(7200));
  assert.equal(returned.interactions[0].started_at, null);
  const open = makeVisit();
  startInteraction(open, 'i1', after(30));
  assert.equal(open.interactions[0].started_at, after(30));
});

test('an interaction moves up past the one before it, over removed ones', () => {
  const visit = makeVisit();
  for (const id of ['i2', 'i3']) addInteraction(visit, id, AT);
  removeInteraction(visit, 'i2', AT);
  moveUp(visit, 'i3');
  assert.deepEqual(liveInteractions(visit).map(({ id }) => id), ['i3', 'i1']);
  moveUp(visit, 'i3');
  assert.deepEqual(liveInteractions(visit).map(({ id }) => id), ['i3', 'i1']);
});

test('the next unanswered question comes after this one, and round again', () => {
  const visit = makeVisit();
  const steps = stepsOf(visit, SECTIONS);
  const next = (index, criterion) => nextUnanswered(steps, visit, SECTIONS, { index, criterion });
  assert.equal(next(0, 'staff_seen').criterion, 'customers_waiting');
  assert.equal(next(0, 'busyness').criterion, 'greeted');
  assert.deepEqual([next(2, 'words').index, next(2, 'words').criterion], [0, 'staff_seen']);
  for (const key of ['staff_seen', 'customers_waiting', 'busyness']) {
    visit.context[key] = answered(1);
  }
  for (const key of ['greeted', 'wait']) visit.interactions[0].answers[key] = answered(false);
  for (const key of ['clean', 'words']) visit.answers[key] = answered('x');
  assert.equal(next(0, null), null);
});

test('a place is graded by how far and how sure', () => {
  const shop = { latitude: 51.5, longitude: 0 };
  const at = (longitude, accuracy_m) => ({ latitude: 51.5, longitude, accuracy_m });
  assert.equal(gpsGrade(at(0.001, 20), shop), 'near');
  assert.equal(gpsGrade(at(0.001, 800), shop), 'unsure');
  assert.equal(gpsGrade(at(0.1, 20), shop), 'far');
  assert.equal(gpsGrade({ refused: true }, shop), 'refused');
  assert.equal(gpsGrade(at(0, 1), { latitude: null, longitude: null }), 'unsure');
  assert.equal(gpsGrade(null, shop), '');
});

test('from the second day unsent work is named', () => {
  const visits = [
    makeVisit(),
    makeVisit({ id: 'v2', state: 'received', started_at: '2026-01-01T00:00:00Z' }),
  ];
  assert.equal(nudgeLine(visits, Date.parse(AT) + DAY / 2), '');
  assert.equal(daysUnsent(visits, Date.parse(AT) + 2.5 * DAY), 2);
  assert.match(
    nudgeLine(visits, Date.parse(AT) + 2.5 * DAY),
    /^Harbour Street: not sent for 2 days\./,
  );
});
