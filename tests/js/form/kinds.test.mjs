/** Each kind of criterion, from what is chosen or typed to what is read. */
import assert from 'node:assert/strict';
import test from 'node:test';

import { kindOf, KINDS } from '../../../static/phone/form/kinds.js';
import { answerInWords } from '../../../static/phone/visit/reading.js';
import { answered } from '../making.mjs';

const LABELS = { own: 'Own words', busy: 'Busy' };
const inWords = (kind, value) => {
  globalThis.document = { querySelector: () => null };
  return answerInWords(
    { key: 'a', text: 'A', kind, options: LABELS, shownIf: null },
    answered(value),
  );
};

test('each kind reads what somebody chose or typed as its value, and says it in words', () => {
  const { yes_no, level, choice, count, seconds, text } = KINDS;
  const values = [
    ['yes_no', yes_no.chosen('no'), false, 'No'],
    ['level', level.chosen('own'), 'own', 'Own words'],
    ['choice', choice.chosen('busy'), 'busy', 'Busy'],
    ['count', count.read('1500'), 1500, '1,500'],
    ['seconds', seconds.read('1:30'), 90, '1:30'],
    ['text', text.read('1:30'), '1:30', '1:30'],
  ];
  for (const [kind, value, expected, words] of values) {
    assert.equal(value, expected, kind);
    assert.equal(inWords(kind, value), words);
  }
});

test('what a number’s field does not understand it asks for again, with an example', () => {
  assert.deepEqual([KINDS.count.read('2.5'), KINDS.seconds.read('soon')], [null, null]);
  assert.match(KINDS.count.wanted, /such as 3/);
  assert.match(KINDS.seconds.wanted, /such as 42/);
});

test('a kind that nobody knows is said to be unknown, and takes no answer for a text', () => {
  for (const name of ['stars', 'toString', '', undefined]) {
    assert.equal(kindOf(name).read('five'), null);
    assert.match(kindOf(name).wanted, /does not know this kind of question/);
  }
});
