import assert from 'node:assert/strict';
import test from 'node:test';

import { answersFrom } from '../../../static/phone/visit/content.js';
import {
  addInteraction,
  complete,
  markMoment,
  patchAnswer,
  removeInteraction,
  renameInteraction,
  restoreInteraction,
} from '../../../static/phone/visit/draft.js';
import { answerAddress } from '../../../static/phone/form/errors.js';
import { buildPayload } from '../../../static/phone/visit/payload.js';
import { arriveAt, leaveAt } from '../../../static/phone/visit/visit-times.js';
import { answered, AT, makePhoto, makeVisit, SECTIONS } from '../making.mjs';

const END = '2026-03-02T12:25:00.000Z';
const built = (visit, photos = []) =>
  buildPayload({ visit, photos, sections: SECTIONS, clockOffset: -1200, at: END });

test('a visit names its place, times, context and every answer by its key', () => {
  const visit = makeVisit({ note: ' Rain. ' });
  patchAnswer(visit, 'context', 'staff_seen', answered(3));
  patchAnswer(visit, 'context', 'busyness', answered('normal'));
  patchAnswer(visit, 'i1', 'greeted', answered(true));
  patchAnswer(visit, 'i1', 'how', answered('own', { note: 'smiled' }));
  patchAnswer(visit, 'i1', 'wait', { state: 'not_observed' });
  patchAnswer(visit, 'visit', 'clean', answered(false));
  renameInteraction(visit, 'i1', ' Till 2 ');
  patchAnswer(visit, 'context', 'conflict_of_interest', answered(true, { note: 'My cousin.' }));
  markMoment(visit, 'i1', 'helped_at', AT);
  assert.deepEqual(built(visit), {
    revision: 1,
    place: null,
    conflict_of_interest: true,
    conflict_of_interest_note: 'My cousin.',
    not_completed_reason: '',
    taps: [],
    hidden_notes: '',
    location: 3,
    version: 7,
    assignment: 5,
    started_at: AT,
    ended_at: END,
    written: [],
    mode: 'live',
    clock_offset_ms: -1200,
    context: { staff_seen: 3, customers_waiting: null, busyness: 'normal' },
    note: 'Rain.',
    interactions: [{
      id: 'i1',
      label: 'Till 2',
      started_at: null,
      acknowledged_at: null,
      helped_at: AT,
      ended_at: null,
      observations: [
        { criterion: 'greeted', state: 'answered', value: true },
        { criterion: 'how', state: 'answered', value: 'own', note: 'smiled' },
        { criterion: 'wait', state: 'not_observed', value: null },
      ],
    }],
    observations: [{ criterion: 'clean', state: 'answered', value: false }],
    photos: [],
  });
});

test('a visit that is corrected days later keeps its departure, unless one is written', () => {
  const visit = makeVisit();
  const send = (at) => {
    complete(
      visit,
      buildPayload({ visit, photos: [], sections: SECTIONS, clockOffset: 0, at }),
      at,
    );
    return visit.payload.ended_at;
  };
  const daysLater = '2026-03-05T08:00:00.000Z';
  assert.equal(send(END), END);
  visit.state = 'returned';
  assert.equal(send(daysLater), END);
  visit.left_at = '2026-03-02T12:20:00.000Z';
  assert.deepEqual([send(daysLater), visit.ended_at], [visit.left_at, visit.left_at]);
  visit.left_at = null;
  assert.equal(send(daysLater), END);
});

test('a time that was written by hand is sent as such, and only while it stands', () => {
  const visit = makeVisit();
  arriveAt(visit, '11:50', Date.parse(END));
  leaveAt(visit, '12:20', Date.parse(END));
  assert.deepEqual(built(visit).written, ['started_at', 'ended_at']);
  assert.deepEqual(built({ ...visit, ...answersFrom(built(visit)) }).written, [
    'started_at',
    'ended_at',
  ]);
  visit.started_at = AT; // tapped on another phone
  leaveAt(visit, '', Date.parse(END));
  assert.deepEqual(built(visit).written, []);
});

test('answers that are no longer asked stay on the phone', () => {
  const visit = makeVisit();
  patchAnswer(visit, 'i1', 'greeted', answered(false));
  patchAnswer(visit, 'i1', 'how', answered('own'));
  const [interaction] = built(visit).interactions;
  assert.deepEqual(interaction.observations.map(({ criterion }) => criterion), ['greeted']);
});

test('a note without an answer is sent as not observed, never dropped', () => {
  const visit = makeVisit();
  patchAnswer(visit, 'visit', 'clean', { note: 'The lights were off.' });
  assert.deepEqual(built(visit).observations, [
    { criterion: 'clean', state: 'not_observed', value: null, note: 'The lights were off.' },
  ]);
});

test('a value under "does not apply" is not sent with it', () => {
  const visit = makeVisit();
  patchAnswer(visit, 'visit', 'clean', { state: 'does_not_apply', value: true });
  assert.deepEqual(built(visit).observations, [{
    criterion: 'clean',
    state: 'does_not_apply',
    value: null,
  }]);
});

test('text goes out as it was typed', () => {
  const visit = makeVisit();
  patchAnswer(visit, 'visit', 'words', answered(' Two spaces\nand a line '));
  assert.equal(built(visit).observations[0].value, ' Two spaces\nand a line ');
});

test('a removed interaction is left out with its photos, and comes back whole', () => {
  const visit = makeVisit();
  addInteraction(visit, 'i2', AT);
  patchAnswer(visit, 'i2', 'greeted', answered(true));
  const photos = [makePhoto({ interaction: 'i2', criterion: 'greeted' })];
  removeInteraction(visit, 'i2', AT);
  assert.deepEqual(built(visit, photos).interactions.map(({ id }) => id), ['i1']);
  assert.deepEqual(built(visit, photos).photos, []);
  restoreInteraction(visit, 'i2');
  assert.equal(built(visit, photos).interactions[1].observations.length, 1);
  assert.equal(built(visit, photos).photos.length, 1);
});

test('photos are listed with their digest, time and place; removed ones are not', () => {
  const place = { latitude: 51.5, longitude: -0.1 };
  const photos = [makePhoto({ photo_position: place }), makePhoto({ id: 'p2', removed_at: AT })];
  assert.deepEqual(built(makeVisit(), photos).photos, [
    {
      id: 'p1',
      criterion: 'clean',
      interaction: null,
      sha256: 'a'.repeat(64),
      taken_at: AT,
      place,
    },
  ]);
});

test('building twice gives the same bytes, so that a retry is the same visit', () => {
  const visit = makeVisit();
  patchAnswer(visit, 'i1', 'greeted', answered(true));
  assert.equal(JSON.stringify(built(visit)), JSON.stringify(built(structuredClone(visit))));
});

test("the server's paths lead to the answer on the screen", () => {
  const payload = {
    interactions: [{ id: 'i1', observations: [{ criterion: 'a' }, { criterion: 'queue.1' }] }],
    observations: [{ criterion: 'clean' }],
    photos: [{ interaction: 'i1', criterion: 'a' }],
  };
  assert.deepEqual(answerAddress('interactions.0.observations.a', payload), {
    scope: 'i1',
    criterion: 'a',
  });
  assert.deepEqual(answerAddress('interactions.0.observations.queue.1', payload), {
    scope: 'i1',
    criterion: 'queue.1',
  });
  assert.deepEqual(answerAddress('interactions.0.observations.1.note', payload), {
    scope: 'i1',
    criterion: 'queue.1',
  });
  assert.deepEqual(answerAddress('observations.clean', payload), {
    scope: 'visit',
    criterion: 'clean',
  });
  assert.deepEqual(answerAddress('photos.0.taken_at', payload), { scope: 'i1', criterion: 'a' });
  assert.deepEqual(answerAddress('context.staff_seen', payload), {
    scope: 'context',
    criterion: 'staff_seen',
  });
  assert.equal(answerAddress('started_at', payload), null);
  assert.equal(answerAddress('interactions.7.observations.a', payload), null);
});
