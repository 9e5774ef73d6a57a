import assert from 'node:assert/strict';
import test from 'node:test';

import { shownIn } from '../../../static/phone/form/conditions.js';
import {
  addInteraction,
  patchAnswer,
  removeInteraction,
} from '../../../static/phone/visit/draft.js';
import { stepsOf, unansweredIn } from '../../../static/phone/form/steps.js';
import { answered, AT, makeVisit, SECTIONS } from '../making.mjs';

const [, greeting, shop] = SECTIONS;
const keys = (visit, scope = 'i1', section = greeting) =>
  shownIn(section, scope, visit, SECTIONS).map(({ key }) => key);

test('a conditional criterion is asked only after the answer that it names', () => {
  const visit = makeVisit();
  assert.deepEqual(keys(visit), ['greeted', 'wait']);
  patchAnswer(visit, 'i1', 'greeted', answered(false));
  assert.deepEqual(keys(visit), ['greeted', 'wait']);
  patchAnswer(visit, 'i1', 'greeted', answered(true));
  assert.deepEqual(keys(visit), ['greeted', 'how', 'wait']);
});

test('what depends on a hidden criterion is hidden with it, and comes back with its answer kept', () => {
  const visit = makeVisit();
  patchAnswer(visit, 'i1', 'greeted', answered(true));
  patchAnswer(visit, 'i1', 'how', answered('own'));
  assert.deepEqual(keys(visit), ['greeted', 'how', 'smile', 'wait']);
  patchAnswer(visit, 'i1', 'greeted', answered(false));
  assert.deepEqual(keys(visit), ['greeted', 'wait']);
  patchAnswer(visit, 'i1', 'greeted', answered(true));
  assert.equal(visit.interactions[0].answers.how.value, 'own');
});

test('an answer set aside as not observed fulfils no condition', () => {
  const visit = makeVisit();
  patchAnswer(visit, 'i1', 'greeted', { state: 'not_observed', value: true });
  assert.deepEqual(keys(visit), ['greeted', 'wait']);
});

test('one interaction does not decide what is asked in another', () => {
  const visit = makeVisit();
  addInteraction(visit, 'i2', AT);
  patchAnswer(visit, 'i1', 'greeted', answered(true));
  assert.deepEqual(keys(visit, 'i2'), ['greeted', 'wait']);
});

test('an answer about the visit decides in every interaction', () => {
  const sections = [
    { ...greeting, criteria: [{ key: 'queue', shownIf: { criterion: 'clean', value: 'no' } }] },
    shop,
  ];
  const visit = makeVisit();
  patchAnswer(visit, 'visit', 'clean', answered(false));
  assert.equal(shownIn(sections[0], 'i1', visit, sections).length, 1);
});

test('a criterion that is called like a question of the context decides all the same', () => {
  const sections = [
    SECTIONS[0],
    {
      ...shop,
      criteria: [{ key: 'busyness' }, {
        key: 'why',
        shownIf: { criterion: 'busyness', value: 'yes' },
      }],
    },
  ];
  const visit = makeVisit();
  patchAnswer(visit, 'visit', 'busyness', answered(true));
  assert.equal(shownIn(sections[1], 'visit', visit, sections).length, 2);
});

test('steps run from the start through the interactions to the visit and the check', () => {
  const visit = makeVisit();
  addInteraction(visit, 'i2', AT);
  assert.deepEqual(
    stepsOf(visit, SECTIONS).map(({ id }) => id),
    ['context/before', 'i1/greeting', 'i2/greeting', 'visit/shop', 'check'],
  );
  removeInteraction(visit, 'i1', AT);
  assert.deepEqual(
    stepsOf(visit, SECTIONS).map(({ id }) => id),
    ['context/before', 'i2/greeting', 'visit/shop', 'check'],
  );
});

test('unanswered counts what is asked and has no state, a running timer among it', () => {
  const visit = makeVisit();
  const [, step] = stepsOf(visit, SECTIONS);
  patchAnswer(visit, 'i1', 'greeted', answered(true));
  patchAnswer(visit, 'i1', 'wait', { timer: { started_at: 0, before: null } });
  assert.deepEqual(unansweredIn(step, visit, SECTIONS).map(({ key }) => key), ['how', 'wait']);
});
