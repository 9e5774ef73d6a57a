/** The phone's clock against the server's. */
import assert from 'node:assert/strict';
import test from 'node:test';

import { clockOffset, keepClock, measure } from '../../../static/phone/visit/clock.js';
import { whoAmI } from '../../../static/phone/sync/network.js';
import { createStore } from '../../../static/phone/store/store.js';
import { memory } from '../memory.mjs';

const SERVER = 'Mon, 02 Mar 2026 12:00:00 GMT';
const at = (ms) => Date.parse(SERVER) + ms;
const HOUR = 3_600_000;

test('before any answer the one that was kept counts, else none', async () => {
  const store = createStore(memory());
  assert.equal(await clockOffset(store), null);
  await store.setMeta('clock_offset_ms', 7);
  assert.equal(await clockOffset(store), 7);
});

test("the middle between question and answer is the server's moment", async () => {
  const store = createStore(memory());
  measure(SERVER, at(HOUR), at(HOUR + 3000));
  assert.equal(await clockOffset(store), HOUR + 1000);
  measure(SERVER, at(10_400), at(10_600));
  assert.equal(await clockOffset(store), 10_000);
  measure(SERVER, at(HOUR), at(HOUR + 3000));
  await keepClock(store);
  assert.equal(await store.meta('clock_offset_ms'), HOUR + 1000);
});

test('a clock that is right within what the header tells is right', async () => {
  const store = createStore(memory());
  measure(SERVER, at(HOUR), at(HOUR));
  for (const fraction of [0, 999]) {
    measure(SERVER, at(fraction), at(fraction));
    assert.equal(await clockOffset(store), 0);
  }
});

test('an answer that took long, or has no date, changes nothing', async () => {
  const store = createStore(memory());
  measure(SERVER, at(5000), at(5000));
  measure(SERVER, at(HOUR), at(HOUR + 60_000));
  measure(null, at(HOUR), at(HOUR));
  assert.equal(await clockOffset(store), 4500);
});

test('a clock that was set meanwhile is measured with the next answer of any kind', async () => {
  globalThis.document = { cookie: '' };
  const headers = new Headers({ Date: new Date(Date.now() - HOUR).toUTCString() });
  globalThis.fetch = async () => ({
    status: 200,
    ok: true,
    redirected: false,
    headers,
    text: async () => '{"id": 1}',
  });
  await whoAmI();
  const off = (await clockOffset(createStore(memory()))) ?? 0;
  assert.ok(Math.abs(off - HOUR) <= 1500, String(off));
});

test("a page of something in between tells nothing about the server's clock", async () => {
  const store = createStore(memory());
  measure(SERVER, at(5000), at(5000));
  const headers = new Headers({ Date: new Date(0).toUTCString() });
  globalThis.fetch = async () => ({
    status: 200,
    ok: true,
    redirected: false,
    headers,
    text: async () => '<html>',
  });
  await whoAmI();
  assert.equal(await clockOffset(store), 4500);
});
