/** Stands in for the store in the admin's preview: the form works, and nothing is kept or sent. */
import { newVisit } from '../visit/draft.js';

/** @param {number} version @param {string} standard @returns {any} `any`: as much of a store as a form asks for. */
export function createPreview(version, standard) {
  const location = { id: 0, name: standard, address: '' };
  const plan = { kind: '', opens_on: '', closes_on: '', daypart: '' };
  const assignment = { id: 0, location, standard, form_url: globalThis.location.pathname, ...plan };
  const at = new Date().toISOString();
  const visit = newVisit({
    id: crypto.randomUUID(),
    interactionId: crypto.randomUUID(),
    assignment,
    version,
    owner: 0,
    at,
  });
  /** @type {Map<string, import('../types.js').Photo>} */
  const photos = new Map();
  return {
    begin: async () => structuredClone(visit),
    visit: async () => structuredClone(visit),
    /** @param {string} _id @param {(visit: import('../types.js').Visit) => unknown} apply */
    async change(_id, apply) {
      apply(visit);
      return visit;
    },
    photosOf: async () => [...photos.values()],
    /** @param {import('../types.js').Photo} photo */
    addPhoto: async (photo) => void photos.set(photo.id, photo),
    /** @param {string} id @param {(photo: import('../types.js').Photo | undefined) => unknown} apply */
    changePhoto: async (id, apply) => apply(photos.get(id)),
    toSend: async () => [],
    meta: async () => null,
  };
}
