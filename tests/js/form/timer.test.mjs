import assert from 'node:assert/strict';
import test from 'node:test';

import { patchAnswer } from '../../../static/phone/visit/draft.js';
import { clock, elapsed, keepBefore, start, stop } from '../../../static/phone/form/timer.js';
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

test('a clock shows minutes and seconds', () => {
  assert.deepEqual([0, 42, 90, 3661].map(clock), ['0:00', '0:42', '1:30', '61:01']);
  assert.deepEqual([2.5, 0.25, 90.1].map(clock), ['0:02.5', '0:00.25', '1:30.1']);
});
