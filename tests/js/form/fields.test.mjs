import assert from 'node:assert/strict';
import test from 'node:test';

import { fillFields } from '../../../static/phone/form/fields.js';
import { describe, fillText } from '../../../static/phone/form/form.js';
import { made } from '../elements.mjs';
import { answered, makeVisit } from '../making.mjs';

/** A step with these fields; writes to `value` are counted. */
function step(fields) {
  const made = Object.fromEntries(
    Object.entries(fields).map(([name, [type, standing]]) => {
      let value = standing;
      return [name, {
        type,
        n: 0,
        get value() {
          return value;
        },
        set value(next) {
          this.n += 1;
          value = next;
        },
      }];
    }),
  );
  const nameIn = (selector) => /"([^"]+)"/.exec(selector)?.[1] ?? '';
  return { made, querySelector: (selector) => made[nameIn(selector)] ?? null };
}

test('a note that another tab wrote stands in the field, even where somebody is in it', () => {
  const box = step({
    'visit-note': ['textarea', 'Rain.'],
    'not-completed-reason': ['textarea', ''],
  });
  globalThis.document = { activeElement: box.made['visit-note'] };
  fillFields(box, makeVisit({ note: 'Rain. And hail.', not_completed_reason: 'Closed.' }));
  assert.equal(box.made['visit-note'].value, 'Rain. And hail.');
  assert.equal(box.made['not-completed-reason'].value, 'Closed.');
});

test('a note that is what is kept is not written again, so that the cursor stays', () => {
  const box = step({ 'visit-note': ['textarea', 'Rain.'] });
  globalThis.document = { activeElement: null };
  fillFields(box, makeVisit({ note: 'Rain.' }));
  assert.equal(box.made['visit-note'].n, 0);
});

test('times and days are those of the place, and one that is being written is left alone', () => {
  const box = step({ arrived: ['time', ''], 'arrived-day': ['date', ''], left: ['time', '18:3'] });
  globalThis.document = { activeElement: box.made.left };
  const location = { ...makeVisit().location, timezone: 'Pacific/Auckland' };
  fillFields(box, makeVisit({ location, started_at: '2026-03-01T11:10:00.000Z', left_at: null }));
  assert.deepEqual([box.made.arrived.value, box.made['arrived-day'].value, box.made.left.value], [
    '00:10',
    '2026-03-02',
    '18:3',
  ]);
});

test('a number is written as it was until another tab has answered differently', () => {
  const { made: { field } } = step({ field: ['text', '1:30'] });
  globalThis.document = { activeElement: field };
  fillText(field, answered(90), 'seconds');
  assert.equal(field.value, '1:30');
  fillText(field, { typed: '1:3' }, 'seconds');
  assert.equal(field.value, '1:3');
  fillText(field, answered(12), 'seconds');
  assert.equal(field.value, '12');
  fillText(field, answered(1234.5), 'seconds');
  assert.equal(field.value, '1234.5');
});

test('the note of an answer that another tab wrote stands where somebody is writing', () => {
  const { made: { field } } = step({ field: ['textarea', 'One till.'] });
  globalThis.document = { activeElement: field };
  fillText(field, answered('Two tills.'), 'text');
  assert.equal(field.value, 'Two tills.');
});

test('what is wrong is said with its field, beside what is said anyway, and only while it is wrong', () => {
  const field = made('input');
  describe(field, 'w-a', false);
  assert.equal(field.getAttribute('aria-describedby'), null);
  field.setAttribute('aria-describedby', 'l-a');
  describe(field, 'w-a', true);
  describe(field, 'w-a', true);
  assert.equal(field.getAttribute('aria-describedby'), 'l-a w-a');
  describe(field, 'w-a', false);
  assert.equal(field.getAttribute('aria-describedby'), 'l-a');
});
