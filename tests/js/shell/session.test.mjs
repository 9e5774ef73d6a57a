/** Leaving: only the server's yes ends a session. */
import assert from 'node:assert/strict';
import test from 'node:test';

import { signOut } from '../../../static/phone/shell/session.js';

const asked = [];
function stage(answer) {
  globalThis.document = { cookie: 'csrftoken=abc' };
  globalThis.fetch = async (address, { method, headers }) => {
    asked.push([address, method, headers['X-CSRFToken']]);
    return answer();
  };
}

test('one is signed out when the server leads on', async () => {
  stage(() => ({ type: 'opaqueredirect' }));
  assert.equal(await signOut('/sign-out/'), true);
  assert.deepEqual(asked.pop(), ['/sign-out/', 'POST', 'abc']);
});

for (
  const [name, answer] of [
    ['no answer', () => {
      throw new TypeError('Failed to fetch');
    }],
    ['an error', () => ({ type: 'basic', status: 503 })],
  ]
) {
  test(`after ${name} one is still signed in`, async () => {
    stage(answer);
    assert.equal(await signOut('/sign-out/'), false);
  });
}
