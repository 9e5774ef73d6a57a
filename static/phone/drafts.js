/** Drafts on the server too: a second phone goes on where the first one stopped, and a wiped browser gets all back. */
import { alone } from './alone.js';
import { isBegun } from './draft.js';
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
const triedOf = (id) => `tried-${id}`;
const DRAFTED = ['draft', 'refused', 'returned'];

/**
 * What this phone knows of the server's copy.
 * @typedef {object} Base
 * @property {number} revision
 * @property {any} content Of that revision; null where the server is not known to have one.
 * @property {any} tried What was sent since then and got no answer: the server may have it or not.
 */

/** @returns {Promise<Base>} */
const baseOf = async (store, id) => ({
  revision: 0,
  content: null,
  ...(await store.meta(nameOf(id))),
  tried: (await store.meta(triedOf(id))) ?? null,
});

/** The server has this. */
async function know(store, id, { revision, content }) {
  await store.setMeta(nameOf(id), { revision, content });
  await store.setMeta(triedOf(id), null);
}

/**
 * Bring one draft and the server's copy in line. Each save names the revision that it was made from; where another
 * phone was first, both are merged and what both changed is asked. What got no answer is sent again as it was before
 * anything newer: the server takes the same twice, and only then is it known what the newer one was made from.
 * @param {object} means
 * @param {any} means.store
 * @param {{save: Function}} means.drafts
 * @param {string} means.id
 * @returns {Promise<'saved' | 'merged' | 'received' | 'offline' | 'sign-in' | 'later' | 'nothing'>} received: the visit
 *   has arrived at the server, by another way than this draft.
 */
export const syncDraft = (means) => inTurn(means.id, () => syncInTurn(means));

/** Two at once would both name the same base, and the second be told that the first was another phone. */
const inTurn = (id, work) => alone(nameOf(id), work);

async function syncInTurn({ store, drafts, id }) {
  /** @type {'saved' | 'merged'} */
  let outcome = 'saved';
  for (let turn = 0; turn < 5; turn += 1) {
    const visit = await store.visit(id);
    if (!visit || !DRAFTED.includes(visit.state)) return 'nothing';
    const base = await baseOf(store, id);
    const photos = await store.photosOf(id);
    if (!base.revision && !base.tried && !isBegun(visit, photos)) return 'nothing';
    const newest = contentOf(visit, photos);
    const content = base.tried ?? newest;
    if (base.content?.changed_at === content.changed_at) return outcome === 'merged' ? outcome : 'nothing';
    await store.setMeta(triedOf(id), content);
    const reply = await drafts.save(id, { content, base_revision: base.revision, owner: visit.owner });
    if (!reply) return 'offline';
    if (reply.ok && reply.body?.id === id) {
      await know(store, id, { revision: reply.body.revision, content });
      if (content.changed_at === newest.changed_at) return outcome;
    } else if (reply.status === 409 && reply.body?.content) {
      await takeIn({ store, id, theirs: reply.body, base: { ...base, tried: content } });
      outcome = 'merged';
    } else {
      if (isRefusal(reply)) await store.setMeta(triedOf(id), null);
      if (reply.status === 410) return 'received';
      return [401, 403].includes(reply.status) ? 'sign-in' : 'later';
    }
  }
  return outcome;
}

/** Surely not kept; of an answer from in between nobody knows. @param {import('./types.js').Reply} reply */
const isRefusal = ({ status }) => status >= 400 && status < 500;

async function takeIn({ store, id, theirs, base }) {
  await store.change(id, (visit) => {
    if (!DRAFTED.includes(visit.state)) return;
    const asked = mergeInto(visit, theirs.content, base.content, base.tried);
    const still = (visit.asked ?? []).filter(({ path }) => !asked.some((each) => String(each.path) === String(path)));
    visit.asked = [...still, ...asked];
    visit.changed_at = new Date().toISOString();
  });
  await takePhotosIn({ store, id, theirs: theirs.content.photos ?? [], known: [base.content, base.tried] });
  await know(store, id, theirs);
}

/** Photos that another phone took are named here too; what it removed, or brought back, is so here. */
async function takePhotosIn({ store, id, theirs, known }) {
  const here = new Set((await store.photosOf(id)).map((photo) => photo.id));
  const before = known.flatMap((content) => content?.photos ?? []);
  for (const photo of theirs) {
    const told = before.filter((each) => each.id === photo.id).map((each) => each.removed_at);
    if (!here.has(photo.id)) await store.namePhoto(elsewhere(photo, id));
    else if (!(told.length ? told : [null]).includes(photo.removed_at)) {
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
  for (const row of rows) {
    if (await inTurn(row.id, () => fetchInTurn({ store, drafts, row, owner }))) n += 1;
  }
  return n;
}

/** What the server may have of a visit that was just begun here. @returns {Promise<boolean>} whether it had anything */
export const fetchDraft = ({ store, drafts, id }) =>
  inTurn(id, () => fetchInTurn({ store, drafts, row: { id, revision: null }, owner: null }));

async function fetchInTurn({ store, drafts, row: { id, revision }, owner }) {
  const [visit, base] = [await store.visit(id), await baseOf(store, id)];
  if (visit && (!DRAFTED.includes(visit.state) || base.revision === revision)) return false;
  const theirs = await drafts.read(id);
  if (!theirs?.content) return false;
  if (visit) {
    const photos = await store.photosOf(id);
    const isFresh = !base.content && !isBegun(visit, photos); // then all that is there is news
    await takeIn({ store, id, theirs, base: isFresh ? { ...base, content: contentOf(visit, photos) } : base });
  } else {
    const pictures = (theirs.content.photos ?? []).map((photo) => elsewhere(photo, id));
    await store.adopt(visitOf(theirs.content, owner), pictures);
    await know(store, id, theirs);
  }
  return true;
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
