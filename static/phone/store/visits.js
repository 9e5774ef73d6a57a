/** The visits that are on this phone. */
import { newVisit } from '../visit/draft.js';
import { t } from '../shell/words.js';
import { read, write } from './access.js';
import { asked } from './db.js';
import { meta } from './facts.js';

/**
 * @typedef {import('./access.js').Database} Database
 * @typedef {import('../types.js').Assignment} Assignment
 * @typedef {import('../types.js').Photo} Photo
 * @typedef {import('../types.js').Visit} Visit
 */

/** @param {Database} db @returns {Promise<Visit[]>} of everybody who used this phone, oldest first */
export async function allVisits(db) {
  /** @type {Visit[]} */
  const kept = await read(db, 'visits', (store) => asked(store.getAll()));
  return kept.sort((a, b) => a.started_at.localeCompare(b.started_at));
}

/** Of who is signed in. @param {Database} db */
export async function visits(db) {
  const user = await meta(db, 'user');
  return (await allVisits(db)).filter((each) => each.owner === user);
}

/** @param {Database} db @param {string} id @returns {Promise<Visit | undefined>} */
export const visit = (db, id) => read(db, 'visits', (store) => asked(store.get(id)));

/**
 * The draft of an assignment: the one that was begun, or a new one; never two, for the assignment names its ids.
 * @param {Database} db
 * @param {{assignmentId: number, id: string, interactionId: string | null, version: number, at: string}} given
 * @returns {Promise<Visit | null>} null where the plan is not on this phone
 */
export const begin = (db, { assignmentId, id, interactionId, version, at }) =>
  db.run(['assignments', 'visits', 'meta'], 'readwrite', async (plan, drafts, facts) => {
    const owner = await asked(facts.get('user'));
    /** @type {Visit[]} */
    const kept = await asked(drafts.getAll());
    const begun = kept.find((each) => each.assignment === assignmentId && each.owner === owner);
    if (begun) return begun;
    /** @type {Assignment | undefined} */
    const assignment = await asked(plan.get(assignmentId));
    if (!assignment) return null;
    const made = newVisit({
      id: assignment.visit_id ?? id,
      interactionId: interactionId && (assignment.first_interaction_id ?? interactionId),
      assignment,
      version,
      owner,
      at,
    });
    made.clock_offset_ms = await asked(facts.get('clock_offset_ms'));
    await asked(drafts.put(made));
    return made;
  });

/**
 * Apply one change inside the store, so that two open tabs add to each other instead of overwriting.
 * @param {Database} db @param {string} id @param {(visit: Visit) => unknown} apply @returns {Promise<Visit>}
 */
export const change = (db, id, apply) =>
  write(db, 'visits', async (store) => {
    const kept = await asked(store.get(id));
    if (!kept) throw new Error(t('This visit is no longer on this phone.'));
    apply(kept);
    await asked(store.put(kept));
    return kept;
  });

/**
 * A change that depends on the visit's photos: none comes or goes between looking at them and the change.
 * @param {Database} db @param {string} id @param {(visit: Visit, photos: Photo[]) => unknown} apply @returns {Promise<Visit>}
 */
export const changeWithPhotos = (db, id, apply) =>
  db.run(['visits', 'photos'], 'readwrite', async (kept, pictures) => {
    const [found, photos] = [
      await asked(kept.get(id)),
      await asked(pictures.index('visit').getAll(id)),
    ];
    apply(found, photos);
    await asked(kept.put(found));
    return found;
  });

/** One that another phone began. What is here already stays. @param {Database} db @param {Visit} fresh @param {Photo[]} [photos] */
export const adopt = (db, fresh, photos = []) =>
  db.run(['visits', 'photos'], 'readwrite', async (kept, pictures) => {
    if (await asked(kept.get(fresh.id))) return;
    await asked(kept.put(fresh));
    for (const photo of photos) await asked(pictures.put(photo));
  });
