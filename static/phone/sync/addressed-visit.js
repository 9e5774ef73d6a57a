/** Which visit the form's address names. */
import { later } from '../shell/later.js';
import { isOpen } from '../visit/draft.js';

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
  if (what === 'sent') {
    const visit = (await (await serverCopy())?.readSent(store, id)) ?? null;
    return { visit, isReading: true };
  }
  if (isPreview || what === 'assignment') {
    const asksInteractions = sections.some((section) => section.asked === 'interaction');
    const interactionId = asksInteractions ? crypto.randomUUID() : null;
    const ids = { assignmentId: Number(id), id: crypto.randomUUID(), interactionId };
    const visit = await store.begin({ ...ids, version, at: new Date().toISOString() });
    if (visit && !isPreview) nameInAddress(visit);
    return { visit, isReading: false };
  }
  const found = what
    ? ((await store.visit(id)) ?? (await (await serverCopy())?.recover(store, id)))
    : await lastDraft(store, version);
  if (found?.owner !== (await store.meta('user'))) return { visit: null, isReading: false };
  if (found) nameInAddress(found);
  return { visit: found ?? null, isReading: false };
}

const serverCopy = () => later(() => import('./server-copy.js'));

/** Signing in again drops the part of the address that names the visit. @param {Store} store @param {number} version */
async function lastDraft(store, version) {
  const open = (await store.visits()).filter((each) => each.version === version && isOpen(each));
  return open.sort((a, b) => a.changed_at.localeCompare(b.changed_at)).at(-1);
}

/** @param {Visit} visit */
const nameInAddress = (visit) => history.replaceState(null, '', `#visit=${visit.id}`);
