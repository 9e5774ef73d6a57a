/** Which visit the form's address names. */
import { isOpen } from '../visit/draft.js';
import { drafts, whoAmI } from './network.js';

/**
 * @typedef {import('../types.js').Visit} Visit
 * @typedef {import('../types.js').Store} Store
 */

/**
 * For an assignment the visit that was begun, or a new one.
 * @param {object} given
 * @param {Store} given.store
 * @param {number} given.version
 * @param {import('../types.js').Section[]} given.sections
 * @param {boolean} given.isPreview
 * @returns {Promise<{visit: Visit | null, isReading: boolean}>} `isReading`: one that was sent
 *   before, only to read.
 */
export async function findVisit({ store, version, sections, isPreview }) {
  const [, what, id] = /^#(visit|assignment|sent)=([\w-]+)$/.exec(location.hash) ?? [];
  if (what === 'sent') return { visit: await readSent(store, id), isReading: true };
  if (isPreview || what === 'assignment') {
    const asksInteractions = sections.some((section) => section.asked === 'interaction');
    const interactionId = asksInteractions ? crypto.randomUUID() : null;
    const ids = { assignmentId: Number(id), id: crypto.randomUUID(), interactionId };
    const visit = await store.begin({ ...ids, version, at: new Date().toISOString() });
    if (visit && !isPreview) nameInAddress(visit);
    return { visit, isReading: false };
  }
  const found = what
    ? ((await store.visit(id)) ?? (await recover(store, id)))
    : await lastDraft(store, version);
  if (found?.owner !== (await store.meta('user'))) return { visit: null, isReading: false };
  if (found) nameInAddress(found);
  return { visit: found ?? null, isReading: false };
}

/** This browser was wiped, or the visit began on another phone: the server has the draft. @param {Store} store @param {string} id */
async function recover(store, id) {
  const me = await whoAmI();
  if (typeof me === 'string') return null;
  await store.signedInAs(me);
  const { fetchDrafts } = await import('./server-drafts.js');
  await fetchDrafts({ store, drafts });
  return store.visit(id);
}

/** @param {Store} store @param {string} id */
async function readSent(store, id) {
  const row = await store.sentOne(id);
  if (!row?.content) return null;
  const { visitFrom } = await import('../visit/content.js');
  return visitFrom(row, await store.meta('user'));
}

/** Signing in again drops the part of the address that names the visit. @param {Store} store @param {number} version */
async function lastDraft(store, version) {
  const open = (await store.visits()).filter((each) => each.version === version && isOpen(each));
  return open.sort((a, b) => a.changed_at.localeCompare(b.changed_at)).at(-1);
}

/** @param {Visit} visit */
const nameInAddress = (visit) => history.replaceState(null, '', `#visit=${visit.id}`);
