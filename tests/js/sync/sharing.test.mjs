/** When a form's draft goes to the server, and when it comes from there. */
import assert from 'node:assert/strict';
import test from 'node:test';

import { contentOf } from '../../../static/phone/sync/drafts.js';
import { createSharing } from '../../../static/phone/sync/sharing.js';
import { createStore } from '../../../static/phone/store/store.js';
import { makeVisit } from '../making.mjs';
import { memory } from '../memory.mjs';

const until = async (isSo) => {
  for (let n = 0; n < 200 && !isSo(); n += 1) await new Promise((done) => void setTimeout(done, 5));
};

/** A form on `visit`, and a server that holds `theirs`; `asked` is what went over the line. */
async function stage({ visit = makeVisit(), theirs = null, isPreview = false } = {}) {
  const asked = [];
  const button = { addEventListener: () => {} };
  globalThis.document = { cookie: '', getElementById: () => ({ querySelector: () => button }) };
  globalThis.fetch = async (path, { method = 'GET' }) => {
    asked.push(`${method} ${path}`);
    const body = method === 'PUT' ? { id: 'v1', revision: 1 } : theirs;
    return {
      status: body ? 200 : 404,
      ok: Boolean(body),
      redirected: false,
      headers: new Headers(),
      text: async () => JSON.stringify(body),
    };
  };
  const store = createStore(memory());
  await store.setMeta('user', 1);
  await store.adopt(visit);
  const said = { reloads: 0 };
  const page = {
    store,
    visit,
    photos: [],
    isPreview,
    screen: {},
    editing: { isSaved: () => true },
  };
  const sharing = createSharing(page, { reload: async () => void (said.reloads += 1) });
  return { ...sharing, asked, said, store };
}

test('work goes to the server when the page is hidden', async () => {
  const { share, asked } = await stage({ visit: makeVisit({ note: 'Rain.' }) });
  await share();
  assert.deepEqual(asked, ['PUT /api/v1/drafts/v1/']);
});

test('a form that was only looked at asks what the server has, and leaves nothing there', async () => {
  const { share, asked } = await stage();
  await share();
  await until(() => asked.length);
  assert.deepEqual(asked, ['GET /api/v1/drafts/v1/']);
});

test('what was begun before comes in when the form opens', async () => {
  const content = contentOf(makeVisit({ note: 'Rain.', changed_at: 'before' }), []);
  const { said, store } = await stage({ theirs: { id: 'v1', revision: 3, content } });
  await until(() => said.reloads);
  assert.equal((await store.visit('v1')).note, 'Rain.');
});

test('a preview asks the server nothing', async () => {
  const { share, changed, asked } = await stage({
    visit: makeVisit({ note: 'Rain.' }),
    isPreview: true,
  });
  changed();
  await share();
  assert.deepEqual(asked, []);
});
