/** A draft and the server's copy of it, kept in line. */
import { alone } from './lock.js';
import { isOtherClock } from '../visit/clock.js';
import { isBegun, isOpen } from '../visit/draft.js';

/**
 * @typedef {import('../types.js').Store} Store
 * @typedef {import('../types.js').Content} Content
 * @typedef {import('../types.js').Base} Base
 */

const KEPT_HERE = [
  'payload',
  'stored',
  'state',
  'errors',
  'reason',
  'receipt',
  'received_at',
  'asked',
  'choices',
  'owner',
  'cursor',
];

/**
 * What goes to the server: all that was typed, and which photos there are. A picture itself leaves only with the visit.
 * Where the phone was, and where a photo was taken, stand in it by their former names (`told`, `place`) too: a second
 * phone of the release before knows only those, and would ask where it is now.
 * @param {import('../types.js').Visit} visit @param {import('../types.js').Photo[]} photos @returns {import('../types.js').Copy}
 */
export const contentOf = (visit, photos) => ({
  ...Object.fromEntries(Object.entries(visit).filter(([name]) => !KEPT_HERE.includes(name))),
  told: visit.gps,
  photos: photos.map((
    { id, interaction, criterion, sha256, taken_at, photo_position = null, removed_at },
  ) => ({
    id,
    interaction,
    criterion,
    sha256,
    taken_at,
    photo_position,
    place: photo_position,
    removed_at,
  })),
});

/** @param {string} id */
const nameOf = (id) => `draft-${id}`;
/** @param {string} id */
const triedOf = (id) => `tried-${id}`;

/** @param {Store} store @param {string} id @returns {Promise<Base>} */
export const baseOf = async (store, id) => ({
  revision: 0,
  content: null,
  ...(await store.meta(nameOf(id))),
  tried: (await store.meta(triedOf(id))) ?? null,
});

/** The server has this. @param {Store} store @param {string} id @param {{revision: number, content: Content | null}} known */
export async function know(store, id, { revision, content }) {
  await store.setMeta(nameOf(id), { revision, content });
  await store.setMeta(triedOf(id), null);
}

/**
 * Bring one draft and the server's copy in line. Each save names the revision that it was made from; where another
 * phone was first, both are merged and what both changed is asked. What got no answer is sent again as it was before
 * anything newer: the server takes the same twice, and only then is it known what the newer one was made from.
 * @param {object} means
 * @param {Store} means.store
 * @param {{save: Function}} means.drafts
 * @param {string} means.id
 * @returns {Promise<'saved' | 'merged' | 'received' | 'offline' | 'sign-in' | 'later' | 'nothing'>} received: the visit
 *   has arrived at the server, by another way than this draft.
 */
export const syncDraft = (means) => inTurn(means.id, () => syncInTurn(means));

/**
 * Two at once would both name the same base, and the second be told that the first was another phone.
 * @template T @param {string} id @param {() => Promise<T>} work
 */
export const inTurn = (id, work) => alone(nameOf(id), work);

const loadIncoming = () => import('./other-phone.js').catch(() => null); // `later` would be a file of its own

/** @param {Parameters<typeof syncDraft>[0]} means */
async function syncInTurn({ store, drafts, id }) {
  /** @type {'saved' | 'merged'} */
  let outcome = 'saved';
  for (let turn = 0; turn < 5; turn += 1) {
    const visit = await store.visit(id);
    if (!visit || !isOpen(visit)) return 'nothing';
    const base = await baseOf(store, id);
    const photos = await store.photosOf(id);
    if (!base.revision && !base.tried && !isBegun(visit, photos)) return 'nothing';
    if (await isOtherClock(store, visit)) {
      const found = await loadIncoming();
      if (!found) return 'later';
      await found.settle({ store, id, base: base.content });
      outcome = 'merged';
      continue;
    }
    const newest = contentOf(visit, photos);
    const content = base.tried ?? newest;
    if (base.content?.changed_at === content.changed_at) {
      return outcome === 'merged' ? outcome : 'nothing';
    }
    await store.setMeta(triedOf(id), content);
    const reply = await drafts.save(id, {
      content,
      base_revision: base.revision,
      owner: visit.owner,
    });
    if (!reply) return 'offline';
    if (reply.ok && reply.body?.id === id) {
      if (await isOtherClock(store, visit)) continue; // first that: some of it may have been tapped since
      await know(store, id, { revision: reply.body.revision, content });
      if (content.changed_at === newest.changed_at) return outcome;
    } else if (reply.status === 409 && reply.body?.content) {
      const found = await loadIncoming();
      if (!found) return 'later';
      await found.takeIn({ store, id, theirs: reply.body, base: { ...base, tried: content } });
      await know(store, id, reply.body);
      outcome = 'merged';
    } else {
      if (isRefusal(reply)) await store.setMeta(triedOf(id), null);
      if (reply.status === 410) return 'received';
      return [401, 403].includes(reply.status) ? 'sign-in' : 'later';
    }
  }
  return outcome;
}

/** Surely not kept; of an answer from in between nobody knows. @param {import('../types.js').Reply} reply */
const isRefusal = ({ status }) => status >= 400 && status < 500;

/**
 * Saves a draft some seconds after its last change, and at least twice a minute while somebody types.
 * @param {() => Promise<unknown>} save
 */
export function debounced(
  save,
  { quiet = 2000, longest = 30_000, after = setTimeout, cancel = clearTimeout } = {},
) {
  /** @type {number | undefined} */
  let timer;
  let since = null;
  const run = () => {
    timer = undefined;
    since = null;
    return save();
  };
  return function changed() {
    since ??= Date.now();
    cancel(timer);
    timer = after(run, Math.min(quiet, Math.max(0, since + longest - Date.now())));
  };
}
