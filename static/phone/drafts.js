/** Drafts on the server too: a second phone goes on where the first one stopped, and a wiped browser gets all back. */
import { mergeInto } from './merge.js';

const KEPT_HERE = ['payload', 'stored', 'state', 'errors', 'reason', 'receipt', 'received_at', 'asked', 'owner', 'place'];

/**
 * What goes to the server: all that was typed, and which photos there are. A picture itself leaves only with the visit.
 * @param {import('./types.js').Visit} visit @param {import('./types.js').Photo[]} photos
 */
export const contentOf = (visit, photos) => ({
  changed_at: visit.changed_at,
  ...Object.fromEntries(Object.entries(visit).filter(([name]) => !KEPT_HERE.includes(name))),
  photos: photos.map(({ id, interaction, criterion, sha256, taken_at, place, removed_at }) => ({
    id, interaction, criterion, sha256, taken_at, place: place ?? null, removed_at,
  })),
});

/** A draft from the server, as this phone keeps it.
 * @param {any} content @param {number} owner @returns {import('./types.js').Visit} */
export const visitOf = ({ photos, ...content }, owner) => ({
  ...content,
  owner,
  state: content.returned ? 'returned' : 'draft',
  asked: [],
  place: { step: '', criterion: null },
  payload: null,
  errors: [],
  reason: '',
  receipt: null,
  received_at: null,
});

/** A photo whose picture is on another phone. @returns {import('./types.js').Photo} */
const elsewhere = (told, visit) => ({ ...told, visit, blob: null, sent_at: null, refused: '' });

const nameOf = (id) => `draft-${id}`;
const DRAFTED = ['draft', 'refused', 'returned'];

/**
 * Bring one draft and the server's copy in line. Each save names the revision that it was made from; where another
 * phone was first, both are merged and what both changed is asked.
 * @param {object} means
 * @param {any} means.store
 * @param {{save: Function}} means.drafts
 * @param {string} means.id
 * @returns {Promise<'saved' | 'merged' | 'offline' | 'sign-in' | 'later' | 'nothing'>}
 */
export async function syncDraft({ store, drafts, id }) {
  /** @type {'saved' | 'merged'} */
  let outcome = 'saved';
  for (let turn = 0; turn < 5; turn += 1) {
    const visit = await store.visit(id);
    if (!visit || !DRAFTED.includes(visit.state)) return 'nothing';
    const base = (await store.meta(nameOf(id))) ?? { revision: 0, content: null };
    const content = contentOf(visit, await store.photosOf(id));
    if (base.content?.changed_at === content.changed_at) return outcome === 'merged' ? outcome : 'nothing';
    const reply = await drafts.save(id, { content, base_revision: base.revision });
    if (!reply) return 'offline';
    if ([401, 403].includes(reply.status)) return 'sign-in';
    if (reply.ok && reply.body?.id === id) {
      await store.setMeta(nameOf(id), { revision: reply.body.revision, content });
      return outcome;
    }
    if (reply.status !== 409 || !reply.body?.content) return 'later'; // received already, or too busy: sending will tell
    await takeIn({ store, id, theirs: reply.body, base });
    outcome = 'merged';
  }
  return outcome;
}

async function takeIn({ store, id, theirs, base }) {
  await store.change(id, (visit) => {
    if (!DRAFTED.includes(visit.state)) return;
    const asked = mergeInto(visit, theirs.content, base.content);
    const still = (visit.asked ?? []).filter(({ path }) => !asked.some((each) => String(each.path) === String(path)));
    visit.asked = [...still, ...asked];
    visit.changed_at = new Date().toISOString();
  });
  await takePhotosIn({ store, id, theirs: theirs.content.photos ?? [], before: base.content?.photos ?? [] });
  await store.setMeta(nameOf(id), { revision: theirs.revision, content: theirs.content });
}

/** Photos that another phone took are named here too; what it removed, or brought back, is so here. */
async function takePhotosIn({ store, id, theirs, before }) {
  const here = new Map((await store.photosOf(id)).map((photo) => [photo.id, photo]));
  const removedBefore = new Map(before.map((photo) => [photo.id, photo.removed_at]));
  for (const photo of theirs) {
    if (!here.has(photo.id)) await store.addPhoto(elsewhere(photo, id));
    else if (photo.removed_at !== (removedBefore.get(photo.id) ?? null)) {
      await store.changePhoto(photo.id, (kept) => void (kept.removed_at = photo.removed_at));
    }
  }
}

/**
 * Fetch what other phones saved: drafts that are not here, and newer copies of those that are.
 * @returns {Promise<number>} how many were taken in
 */
export async function fetchDrafts({ store, drafts }) {
  const rows = await drafts.list();
  if (!rows) return 0;
  const owner = await store.meta('user');
  let n = 0;
  for (const { id, revision } of rows) {
    const [visit, base] = [await store.visit(id), await store.meta(nameOf(id))];
    if (visit && (!DRAFTED.includes(visit.state) || base?.revision === revision)) continue;
    const theirs = await drafts.read(id);
    if (!theirs?.content) continue;
    if (visit) await takeIn({ store, id, theirs, base: base ?? { content: null } });
    else {
      const pictures = (theirs.content.photos ?? []).map((photo) => elsewhere(photo, id));
      await store.adopt(visitOf(theirs.content, owner), pictures);
      await store.setMeta(nameOf(id), { revision: theirs.revision, content: theirs.content });
    }
    n += 1;
  }
  return n;
}

/**
 * Saves a draft some seconds after its last change, and at least twice a minute while somebody types.
 * @param {() => Promise<unknown>} save
 */
export function debounced(save, { quiet = 2000, longest = 30_000, after = setTimeout, cancel = clearTimeout } = {}) {
  let timer = null;
  let since = null;
  const run = () => {
    timer = null;
    since = null;
    return save();
  };
  return function changed() {
    since ??= Date.now();
    cancel(timer);
    timer = after(run, Math.min(quiet, Math.max(0, since + longest - Date.now())));
  };
}
