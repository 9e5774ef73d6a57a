/** The last tap of all, and what thumbs make of it. */
import assert from 'node:assert/strict';
import test from 'node:test';

import { createCompleting } from '../../../static/phone/visit/completing.js';
import { createHold } from '../../../static/phone/shell/doubletap.js';
import { isOpen } from '../../../static/phone/visit/draft.js';
import { makeVisit, SECTIONS } from '../making.mjs';

/** A page with one visit, whose elements keep what is set on them. */
function opened(visit = makeVisit()) {
  const elements = {};
  globalThis.document = {
    getElementById: (id) => (elements[id] ??= { focus() {}, hidden: false, disabled: false }),
  };
  globalThis.scrollTo = () => {};
  const warned = [];
  const page = {
    visit,
    sections: SECTIONS,
    status: { warn: (sentence) => void warned.push(sentence) },
    store: { meta: async () => null },
    editing: {
      close: async (
        apply,
      ) => (isOpen(visit) ? (apply(visit, []), true) : (warned.push('in another tab'), false)),
    },
    sender: { nudge: async () => {} },
  };
  return { page, elements, warned, completing: createCompleting(page, {}) };
}

test('Send takes no second tap while the first one is at work', async () => {
  const { page, elements, completing, warned } = opened();
  const sent = completing.submit('');
  assert.equal(elements.next.disabled, true);
  await sent;
  assert.equal(elements.next.disabled, false);
  assert.deepEqual([page.visit.state, warned], ['waiting', []]);
});

test('a button is held back while the second of two taps may come', () => {
  const button = { disabled: false };
  const waits = [];
  const { hold, release } = createHold(button, (work, ms) => waits.push({ work, ms }), () => {});
  hold();
  assert.equal(button.disabled, true);
  assert.ok(waits[0].ms >= 300 && waits[0].ms < 600);
  waits[0].work();
  assert.equal(button.disabled, false);
  hold();
  release();
  assert.equal(button.disabled, false);
});
