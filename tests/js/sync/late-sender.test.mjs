/** Until there is something to send, the page only looks at what other tabs did. */
import assert from 'node:assert/strict';
import test from 'node:test';

import { sendLater } from '../../../static/phone/sync/late-sender.js';
import { makeVisit } from '../making.mjs';

const settled = () => new Promise((resolve) => setTimeout(resolve, 20));

function stage() {
  const heard = {};
  globalThis.addEventListener = (hint, work) => (heard[hint] ??= []).push(work);
  globalThis.document = { visibilityState: 'visible', addEventListener() {} };
  const waiting = [];
  const store = { toSend: async () => waiting.splice(0), photosToTell: async () => [] };
  const page = { visit: makeVisit(), store, status: {}, sender: null };
  let nReloads = 0;
  sendLater(page, { reload: async () => (nReloads += 1) });
  return { page, waiting, look: () => heard.focus[0](), nReloads: () => nReloads };
}

test('who looks at a form again sees what another tab changed, with nothing to send', async () => {
  const { page, look, nReloads } = stage();
  await settled();
  const first = page.sender;
  await look();
  assert.deepEqual([nReloads(), page.sender], [2, first]);
});

test('what waits to be sent brings what sends it, once', async () => {
  const { page, waiting, look } = stage();
  await settled();
  const first = page.sender;
  waiting.push({ id: 'v2' });
  await Promise.all([look(), first.nudge(), first.nudge()]);
  const second = page.sender;
  assert.notEqual(second, first);
  await first.nudge();
  await look();
  assert.equal(page.sender, second);
});
