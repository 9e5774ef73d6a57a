import assert from 'node:assert/strict';
import test from 'node:test';

import { patchAnswer } from '../../../static/phone/visit/draft.js';
import {
  clock,
  count,
  elapsed,
  keepBefore,
  seconds,
  start,
  stop,
} from '../../../static/phone/form/timer.js';
import { makeVisit } from '../making.mjs';

const after = (visit, patch) => {
  patchAnswer(visit, 'i1', 'wait', patch);
  return structuredClone(visit.interactions[0].answers.wait); // as a reload would find it
};

test('a timer measures from its stored start, however often the page was reloaded in between', () => {
  const running = after(makeVisit(), start(undefined, 1_000));
  assert.equal(running.state, undefined);
  assert.equal(elapsed(running, 43_400), 42);
  const visit = makeVisit();
  patchAnswer(visit, 'i1', 'wait', running);
  assert.deepEqual(after(visit, stop(running, 43_400)), { state: 'answered', value: 42 });
});

test('measuring again can be taken back', () => {
  const visit = makeVisit();
  const first = after(visit, { state: 'answered', value: 42 });
  const second = after(visit, start(first, 90_000));
  assert.equal(second.timer.before, 42);
  assert.deepEqual(after(visit, keepBefore(second)), { state: 'answered', value: 42 });
});

test('a clock set back gives 0 seconds, never less', () => {
  assert.equal(elapsed({ timer: { started_at: 60_000 } }, 1_000), 0);
});

test('seconds are typed as a number or as minutes and seconds', () => {
  assert.deepEqual(['42', ' 90 ', '1:30', '0:05'].map(seconds), [42, 90, 90, 5]);
  assert.deepEqual(['', '1:3', '1:75', '-4', 'soon', '4.5'].map(seconds), [
    null,
    null,
    null,
    null,
    null,
    null,
  ]);
});

test('a count is a whole number, 0 or more', () => {
  assert.deepEqual(['0', '12', '1.5', '-1', 'two', ''].map(count), [0, 12, null, null, null, null]);
});

test('a clock shows minutes and seconds', () => {
  assert.deepEqual([0, 42, 90, 3661].map(clock), ['0:00', '0:42', '1:30', '61:01']);
});
