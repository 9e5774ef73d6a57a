/** What a phone of the release before kept, opened by this one: `former-release.json` is what that release wrote. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import test from 'node:test';

import { takeOver } from '../../../static/phone/shell/take-over.js';
import { openDatabase } from '../../../static/phone/store/db.js';
import { UPGRADES } from '../../../static/phone/store/upgrades.js';
import { contentOf, know, syncDraft } from '../../../static/phone/sync/drafts.js';
import { fetchDrafts } from '../../../static/phone/sync/server-drafts.js';
import { patchAnswer } from '../../../static/phone/visit/draft.js';
import { buildPayload } from '../../../static/phone/visit/payload.js';
import { answered, AT, SECTIONS } from '../making.mjs';
import { phone, server } from '../phones.mjs';

const GPS = { latitude: 51.5, longitude: -0.125, accuracy_m: 12 };
const POSITION = { latitude: 51.5, longitude: -0.125 };

const former = async () =>
  JSON.parse(await readFile(new URL('./former-release.json', import.meta.url), 'utf8'));

/** What that release kept on the phone when it saved a draft. */
const KEPT_THERE =
  'payload stored state errors reason receipt received_at asked choices owner place'.split(' ');

/** The draft as that release saved it on the server. */
async function formerContent(changes = {}) {
  const { visit, photo: { visit: _, sent_at: _at, refused: _why, ...photo } } = await former();
  const told = Object.entries({ ...visit, id: 'v1', ...changes });
  return {
    ...Object.fromEntries(told.filter(([name]) => !KEPT_THERE.includes(name))),
    photos: [photo],
  };
}

/** As much of IndexedDB as one upgrade asks for. */
function keptBefore(rows) {
  const objectStore = (name) => ({
    openCursor() {
      const request = {};
      const left = [...rows[name].keys()];
      const next = () =>
        queueMicrotask(() => {
          const index = left.shift();
          request.result = index === undefined ? null : {
            value: rows[name][index],
            update: (row) => (rows[name][index] = row),
            continue: next,
          };
          request.onsuccess();
        });
      next();
      return request;
    },
  });
  return { objectStore };
}

async function upgraded() {
  const { visit, photo } = await former();
  const rows = { visits: [visit, { ...visit, id: 'v2' }], photos: [photo] };
  UPGRADES[1](null, keptBefore(rows));
  await new Promise((resolve) => setTimeout(resolve));
  return rows;
}

test('an upgrade keeps every word of a visit, and where the screen and the phone were', async () => {
  const { visit: { place, told, ...others } } = await former();
  const { visits: [visit, second] } = await upgraded();
  const { cursor, gps, ...same } = visit;
  assert.deepEqual(same, others);
  assert.deepEqual([cursor, gps], [place, told]);
  assert.deepEqual(second, { ...visit, id: 'v2' });
});

test('an upgraded visit is sent with the place of the phone and of the photo', async () => {
  const { visits: [visit], photos } = await upgraded();
  const sent = buildPayload({ visit, photos, sections: SECTIONS, clockOffset: 0, at: AT });
  assert.deepEqual([sent.place, sent.photos[0].place], [GPS, POSITION]);
  assert.equal(sent.taps.length, 2);
});

test('whoever opens a database of before is told that it has another shape now, and nobody else', async () => {
  const opened = async (oldVersion) => {
    let n = 0;
    const request = { result: { transaction: () => ({ objectStore: () => ({}) }) } };
    const factory = { open: () => request };
    const db = openDatabase({ name: 'x', upgrades: [() => {}], upgraded: () => (n += 1), factory });
    db.run([], 'readonly', () => {}).catch(() => {});
    if (oldVersion !== null) request.onupgradeneeded({ oldVersion });
    request.onsuccess();
    return n;
  };
  assert.deepEqual([await opened(1), await opened(0), await opened(null)], [1, 0, 0]);
});

test('the worker that waits takes over, also where the browser has not looked for one yet', async () => {
  const heard = [];
  const worker = { postMessage: (message) => heard.push(message) };
  const registered = (registration) => ({ getRegistration: async () => registration });
  await takeOver(registered({ waiting: worker }));
  const late = { waiting: null, installing: null, update: async () => (late.installing = worker) };
  await takeOver(registered(late));
  await takeOver(registered(undefined));
  await takeOver(undefined);
  assert.deepEqual(heard, [{ deed: 'take-over' }, { deed: 'take-over' }]);
});

test('a draft that a phone of before saved opens here with all that it says', async () => {
  const there = server();
  await there.drafts.save('v1', { content: await formerContent(), base_revision: 0 });
  const here = await phone();
  await fetchDrafts({ store: here, drafts: there.drafts });
  const [visit, [photo]] = [await here.visit('v1'), await here.photosOf('v1')];
  assert.deepEqual([visit.gps, photo.photo_position], [GPS, POSITION]);
  assert.deepEqual([visit.taps.length, visit.hidden_notes], [2, 'Two at the till.']);
  assert.deepEqual([visit.told, photo.place], [undefined, undefined]);
});

test('what a phone of before changes comes in here, and what is here stays', async () => {
  const there = server();
  const content = await formerContent({ told: null });
  await there.drafts.save('v1', { content, base_revision: 0 });
  const here = await phone();
  await fetchDrafts({ store: here, drafts: there.drafts });
  await here.change('v1', (visit) => {
    patchAnswer(visit, 'visit', 'clean', answered(true));
    visit.changed_at = 'here';
  });
  const theirs = await formerContent({ note: 'Snow.', changed_at: 'there' });
  await there.drafts.save('v1', { content: theirs, base_revision: 1 });
  assert.equal(await syncDraft({ store: here, drafts: there.drafts, id: 'v1' }), 'merged');
  const visit = await here.visit('v1');
  assert.deepEqual([visit.gps, visit.note, visit.asked], [GPS, 'Snow.', []]);
  assert.equal(visit.answers.clean.value, true);
});

test('what was sent before the upgrade and got no answer goes again as it was, and nothing is asked', async () => {
  const there = server();
  const { visits: [visit], photos } = await upgraded();
  const here = await phone({ ...visit, id: 'v1' }, { ...photos[0], visit: 'v1' });
  const tried = await formerContent();
  await there.drafts.save('v1', { content: tried, base_revision: 0 }); // it had arrived
  await know(here, 'v1', { revision: 0, content: null });
  await here.setMeta('tried-v1', tried);
  await here.change('v1', (kept) => {
    patchAnswer(kept, 'visit', 'clean', answered(true));
    kept.changed_at = 'later';
  });
  await syncDraft({ store: here, drafts: there.drafts, id: 'v1' });
  const kept = await here.visit('v1');
  assert.deepEqual([kept.asked, kept.gps, kept.answers.clean.value], [[], GPS, true]);
  assert.equal((await there.drafts.read('v1')).content.answers.clean.value, true);
});

test('a phone of before finds where the phone and the photo were in what is saved here', async () => {
  const { visits: [visit], photos } = await upgraded();
  const content = contentOf(visit, photos);
  assert.deepEqual([content.told, content.photos[0].place], [GPS, POSITION]);
});
