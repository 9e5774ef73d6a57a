/** A server and phones of one auditor, for stories of one visit on several. */
import { patchAnswer } from '../../static/phone/visit/draft.js';
import { takeNews } from '../../static/phone/sync/server-visits.js';
import { buildPayload } from '../../static/phone/visit/payload.js';
import { flush } from '../../static/phone/sync/queue.js';
import { createStore } from '../../static/phone/store/store.js';
import { answered, SECTIONS } from './making.mjs';
import { memory } from './memory.mjs';

export const LATER = '2026-03-02T12:30:00.000Z';

/** The part of the server that these stories need: drafts by revision, one visit, the photos that came. */
export function server() {
  const drafts = new Map();
  const photos = new Set();
  const givenUp = new Map();
  let sent = null;
  const row = () => ({
    id: 'v1',
    revision: sent.revision,
    receipt: 'AB12-CD34',
    received_at: LATER,
    returned: null,
    content: sent,
    photos_missing: sent.photos.map(({ id }) => id).filter((id) =>
      !photos.has(id) && !givenUp.has(id)
    ),
    photos_given_up: [...givenUp.keys()],
  });
  const reply = (body) => ({ ok: true, status: 200, redirected: false, wait: 0, body });
  return {
    photos,
    givenUp,
    rows: () => (sent ? [row()] : []),
    readVisit: async () => row(),
    drafts: {
      list:
        async () => (sent
          ? []
          : [...drafts.values()].map(({ id, revision }) => ({ id, revision }))),
      read: async (id) => drafts.get(id) ?? null,
      save: async (id, { content, base_revision: base }) => {
        const stored = drafts.get(id) ?? { revision: base };
        if (stored.revision !== base) {
          return { ok: false, status: 409, body: structuredClone(stored) };
        }
        drafts.set(id, structuredClone({ id, content, revision: base + 1 }));
        return reply({ id, revision: base + 1 });
      },
    },
    send: {
      visit: async ({ payload }) => {
        sent = payload;
        return reply(row());
      },
      photo: async ({ id }) => {
        photos.add(id);
        givenUp.delete(id);
        return reply({ id });
      },
      givenUp: async ({ id, removed_at: removed, refused }) => {
        if (removed) givenUp.set(id, refused);
        else givenUp.delete(id);
        return reply({ id });
      },
    },
  };
}

export async function phone(visit = null, photo = null) {
  const store = createStore(memory());
  await store.setMeta('user', 1);
  if (visit) await store.adopt(visit, photo ? [photo] : []);
  return store;
}

export const say = (store, key, value) =>
  store.change('v1', (visit) => {
    patchAnswer(visit, 'visit', key, answered(value));
    visit.changed_at = `${key} ${value}`;
  });

export async function send(store, { send }) {
  const photos = await store.photosOf('v1');
  await store.change('v1', (visit) => {
    visit.payload = buildPayload({
      visit,
      photos,
      sections: SECTIONS,
      clockOffset: visit.clock_offset_ms ?? 0,
      at: LATER,
    });
    visit.state = 'waiting';
  });
  return flush({ store, send });
}

export const news = (store, there) =>
  takeNews({ store, rows: there.rows(), readVisit: there.readVisit });
