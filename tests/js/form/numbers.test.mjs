import assert from 'node:assert/strict';
import test from 'node:test';

import { count, seconds } from '../../../static/phone/form/numbers.js';

test('seconds are typed as a number or as minutes and seconds', () => {
  assert.deepEqual(['42', ' 90 ', '1:30', '0:05'].map(seconds), [42, 90, 90, 5]);
  assert.deepEqual(['', '1:3', '1:75', '-4', 'soon', '1:300'].map(seconds), [
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

test('parts of a second are typed with a point or a comma, whatever the language', () => {
  assert.deepEqual(['2.5', '2,5', ' 0,25 ', '1:30,5', '12345,6'].map(seconds), [
    2.5,
    2.5,
    0.25,
    90.5,
    12345.6,
  ]);
});

test('what may be one and a bit or more than a thousand is asked again', () => {
  assert.deepEqual(['1,234', '12,345', '0,125', '1,2345'].map(seconds), [
    null,
    null,
    0.125,
    1.2345,
  ]);
});

test('digits of any script are read as digits', () => {
  assert.deepEqual(['٣', '۳', '३', '３', '3'].map(count), [3, 3, 3, 3, 3]);
  assert.deepEqual(['٢٫٥', '۲٫۵', '२.५', '２．５', '２，５'].map(seconds), [
    2.5,
    2.5,
    2.5,
    2.5,
    2.5,
  ]);
  assert.deepEqual(['١:٣٠', '１：３０'].map(seconds), [90, 90]);
  assert.deepEqual(['½', '三', '²', '٣٫٥'].map(count), [null, null, null, null]);
});
