/** What the phone keeps: assignments, visits with their answers, photos apart from them, and what was sent before. */
import { asked, openDatabase } from './db.js';
import { isOpen, newVisit } from '../visit/draft.js';
import { VisitClosed } from '../visit/editing.js';
import { t } from '../shell/words.js';

/**
 * @typedef {import('../types.js').Visit} Visit
 * @typedef {import('../types.js').Photo} Photo
 * @typedef {import('../types.js').Assignment} Assignment
 * @typedef {import('../types.js').ServerVisit} ServerVisit
 * @typedef {import('../types.js').Sent} Sent
 * @typedef {import('../types.js').ServerError} ServerError
 */

/** @type {((db: IDBDatabase) => void)[]} */
const UPGRADES = [
  (db) => {
    db.createObjectStore('assignments', { keyPath: 'id' });
    db.createObjectStore('sent', { keyPath: 'id' });
    db.createObjectStore('visits', { keyPath: 'id' });
    db.createObjectStore('photos', { keyPath: 'id' }).createIndex('visit', 'visit');
    db.createObjectStore('meta');
  },
];

/** The picture stands at this answer already. */
export class SamePicture extends Error {}

export function createStore(db = openDatabase({ name: 'plumbline', upgrades: UPGRADES })) {
  /** @template T @param {string} store @param {(store: IDBObjectStore) => T | Promise<T>} work */
  const read = (store, work) => db.run([store], 'readonly', work);
  /** @template T @param {string} store @param {(store: IDBObjectStore) => T | Promise<T>} work */
  const write = (store, work) => db.run([store], 'readwrite', work);

  /** @param {string} name @returns {Promise<any>} */
  const meta = (name) => read('meta', (store) => asked(store.get(name)));
  /** @param {string} name @param {any} value */
  const setMeta = (name, value) => write('meta', (store) => asked(store.put(value, name)));

  /**
   * Somebody else's plan is not shown to who signs in next; unsent visits stay for their owner.
   * @param {{id: number, name: string, email: string}} who
   */
  async function signedInAs({ id, name, email }) {
    if ((await meta('user')) !== id) await forgetLists();
    await setMeta('who', { name, email });
    await setMeta('user', id);
  }

  const forgetLists = () =>
    db.run(['assignments', 'sent', 'meta'], 'readwrite', (assignments, sent, facts) => {
      assignments.clear();
      sent.clear();
      facts.delete('user');
      facts.delete('who');
    });

  /** @param {Assignment[]} rows */
  const keepAssignments = (rows) =>
    write('assignments', (store) => {
      store.clear();
      for (const row of rows) store.put(row);
    });

  /** @returns {Promise<Visit[]>} of everybody who used this phone, oldest first */
  async function allVisits() {
    /** @type {Visit[]} */
    const visits = await read('visits', (store) => asked(store.getAll()));
    return visits.sort((a, b) => a.started_at.localeCompare(b.started_at));
  }

  async function visits() {
    const user = await meta('user');
    return (await allVisits()).filter((visit) => visit.owner === user);
  }

  /**
   * The draft of an assignment: the one that was begun, or a new one; never two, for the assignment names its ids.
   * @param {{assignmentId: number, id: string, interactionId: string | null, version: number, at: string}} given
   * @returns {Promise<Visit | null>} null where the plan is not on this phone
   */
  async function begin({ assignmentId, id, interactionId, version, at }) {
    return db.run(
      ['assignments', 'visits', 'meta'],
      'readwrite',
      async (assignments, drafts, facts) => {
        const owner = await asked(facts.get('user'));
        const begun = (await asked(drafts.getAll())).find(
          (/** @type {Visit} */ visit) =>
            visit.assignment === assignmentId && visit.owner === owner,
        );
        if (begun) return begun;
        /** @type {Assignment | undefined} */
        const assignment = await asked(assignments.get(assignmentId));
        if (!assignment) return null;
        const first = interactionId && (assignment.first_interaction_id ?? interactionId);
        const visit = newVisit({
          id: assignment.visit_id ?? id,
          interactionId: first,
          assignment,
          version,
          owner,
          at,
        });
        visit.clock_offset_ms = await asked(facts.get('clock_offset_ms'));
        await asked(drafts.put(visit));
        return visit;
      },
    );
  }

  /**
   * Apply one change inside the store, so that two open tabs add to each other instead of overwriting.
   * @param {string} id @param {(visit: Visit) => unknown} apply @returns {Promise<Visit>}
   */
  const change = (id, apply) =>
    write('visits', async (store) => {
      const visit = await asked(store.get(id));
      if (!visit) throw new Error(t('This visit is no longer on this phone.'));
      apply(visit);
      await asked(store.put(visit));
      return visit;
    });

  /**
   * A change that depends on the visit's photos: none comes or goes between looking at them and the change.
   * @param {string} id @param {(visit: Visit, photos: Photo[]) => unknown} apply @returns {Promise<Visit>}
   */
  const changeWithPhotos = (id, apply) =>
    db.run(['visits', 'photos'], 'readwrite', async (visits, photos) => {
      const [visit, pictures] = [
        await asked(visits.get(id)),
        await asked(photos.index('visit').getAll(id)),
      ];
      apply(visit, pictures);
      await asked(visits.put(visit));
      return visit;
    });

  /** One that another phone began. What is here already stays. @param {Visit} visit @param {Photo[]} [pictures] */
  const adopt = (visit, pictures = []) =>
    db.run(['visits', 'photos'], 'readwrite', async (visits, photos) => {
      if (await asked(visits.get(visit.id))) return;
      await asked(visits.put(visit));
      for (const photo of pictures) await asked(photos.put(photo));
    });

  /** The last visits that the server holds; what was read of one stays with it. @param {ServerVisit[]} rows */
  const keepSent = (rows) =>
    write('sent', async (store) => {
      const contents = new Map(
        (await asked(store.getAll())).map((
          /** @type {ServerVisit} */ row,
        ) => [`${row.id} ${row.revision}`, row.content]),
      );
      store.clear();
      for (const row of rows) {
        store.put({ ...row, content: contents.get(`${row.id} ${row.revision}`) ?? null });
      }
    });
  /** @param {string} id @param {Sent} content */
  const keepContent = (id, content) =>
    write('sent', async (store) => {
      const row = await asked(store.get(id));
      if (row) await asked(store.put({ ...row, content }));
    });

  /** @param {string} id @returns {Promise<Photo[]>} */
  const photosOf = (id) => read('photos', (store) => asked(store.index('visit').getAll(id)));
  /** A picture that was taken here. One that comes too late belongs to nothing that is sent, which its taker must know. @param {Photo} photo */
  const addPhoto = (photo) =>
    db.run(['visits', 'photos'], 'readwrite', async (visits, photos) => {
      const visit = await asked(visits.get(photo.visit));
      if (!visit || !isOpen(visit)) {
        throw new VisitClosed(
          t('This visit was completed before the photo was ready: it is not part of it.'),
        );
      }
      /** @type {Photo[]} */
      const others = await asked(photos.index('visit').getAll(photo.visit));
      if (others.some((other) => isSame(other, photo))) {
        throw new SamePicture(t('This picture is here already.'));
      }
      await asked(photos.put(photo));
    });
  /** @param {Record<string, any>} other @param {Record<string, any>} photo */
  const isSame = (other, photo) =>
    !other.removed_at &&
    ['sha256', 'criterion', 'interaction'].every((name) => other[name] === photo[name]);
  /** A picture that another phone has. @param {Photo} photo */
  const namePhoto = (photo) => write('photos', (store) => asked(store.put(photo)));
  /** @param {string} id @param {(photo: Photo) => unknown} apply */
  const changePhoto = (id, apply) =>
    write('photos', async (store) => {
      const photo = await asked(store.get(id));
      apply(photo);
      await asked(store.put(photo));
    });

  // What the queue asks for.
  const toSend = async () =>
    (await visits()).filter((visit) => ['waiting', 'accepted'].includes(visit.state));
  /** @param {string} id @param {{errors: ServerError[], reason: string}} why */
  const refuse = (id, { errors, reason }) =>
    change(
      id,
      (visit) =>
        void (visit.state === 'waiting' &&
          Object.assign(visit, { state: 'refused', errors, reason })),
    );
  /** @param {string} id @param {{detail?: string, stored_content?: Sent | null, stored_revision?: number, is_returned?: boolean}} told */
  const conflict = (
    id,
    {
      detail = '',
      stored_content: stored = null,
      stored_revision: revision = 1,
      is_returned: mayCorrect = false,
    } = {},
  ) =>
    change(
      id,
      (visit) =>
        Object.assign(visit, {
          state: 'conflict',
          reason: detail,
          stored,
          storedRevision: revision,
          mayCorrect,
        }),
    );
  /**
   * What the server refused of an earlier revision is tried again with this one.
   * @param {string} id @param {{receipt: string, received_at: string}} told
   */
  const accept = (id, { receipt, received_at }) =>
    db.run(['visits', 'photos'], 'readwrite', async (kept, pictures) => {
      const visit = await asked(kept.get(id));
      if (visit.state !== 'waiting') return;
      const refused = (await asked(pictures.index('visit').getAll(id))).filter((
        /** @type {Photo} */ photo,
      ) => photo.refused);
      for (const photo of refused) pictures.put({ ...photo, refused: '' });
      await asked(kept.put({ ...visit, state: 'accepted', receipt, received_at }));
    });

  /**
   * All has arrived: the pictures that were taken back or no longer asked for leave the phone too. A visit that a
   * reviewer sent back while its last photo was on the way is open again and stays so.
   * @param {string} id
   */
  const settle = (id) =>
    db.run(['visits', 'photos'], 'readwrite', async (kept, pictures) => {
      const visit = await asked(kept.get(id));
      if (visit.state !== 'accepted') return;
      const named = new Set(visit.payload.photos.map((/** @type {Photo} */ photo) => photo.id));
      for (const photo of await asked(pictures.index('visit').getAll(id))) {
        if (!named.has(photo.id)) pictures.delete(photo.id);
      }
      await asked(kept.put({ ...visit, state: 'received' }));
    });

  /** @param {string} id */
  async function photosToSend(id) {
    const visit = await read('visits', (store) => asked(store.get(id)));
    const named = new Set(visit.payload.photos.map((/** @type {Photo} */ photo) => photo.id));
    return (await photosOf(id)).filter((photo) =>
      named.has(photo.id) && !photo.sent_at && !photo.refused && photo.blob
    );
  }
  /** @param {string} id */
  const photoReceived = (id) =>
    changePhoto(
      id,
      (photo) => Object.assign(photo, { sent_at: new Date().toISOString(), blob: null }),
    );
  /** @param {string} id @param {string} reason */
  const refusePhoto = (id, reason) =>
    changePhoto(id, (photo) => Object.assign(photo, { refused: reason }));

  /** Given up, or taken back after that, and the server does not know it yet. */
  async function photosToTell() {
    const sent = (await visits()).filter(({ state }) => ['accepted', 'received'].includes(state));
    const photos = await Promise.all(sent.map(async ({ id, payload }) => {
      const named = new Set((payload?.photos ?? []).map((photo) => photo.id)); // another program may send none
      return (await photosOf(id)).filter((photo) => named.has(photo.id) && isUntold(photo));
    }));
    return photos.flat();
  }
  /** @param {Photo} photo */
  const isUntold = (photo) =>
    !photo.sent_at && Boolean(photo.removed_at) !== Boolean(photo.is_given_up);
  /** @param {string} id @param {boolean} isGivenUp */
  const photoTold = (id, isGivenUp) =>
    changePhoto(id, (photo) => void (photo.is_given_up = isGivenUp));

  /** @param {string} id */
  const forget = (id) =>
    db.run(['visits', 'photos'], 'readwrite', async (kept, pictures) => {
      for (const photo of await asked(pictures.index('visit').getAll(id))) {
        pictures.delete(photo.id);
      }
      await asked(kept.delete(id));
    });

  return {
    meta,
    setMeta,
    signedInAs,
    forgetLists,
    keepAssignments,
    keepSent,
    keepContent,
    adopt,
    /** @returns {Promise<Assignment[]>} */
    assignments: () => read('assignments', (store) => asked(store.getAll())),
    /** @returns {Promise<ServerVisit[]>} */
    sent: () => read('sent', (store) => asked(store.getAll())),
    /** @param {string} id @returns {Promise<ServerVisit | undefined>} */
    sentOne: (id) => read('sent', (store) => asked(store.get(id))),
    allVisits,
    visits,
    /** @param {string} id @returns {Promise<Visit | undefined>} */
    visit: (id) => read('visits', (store) => asked(store.get(id))),
    begin,
    change,
    changeWithPhotos,
    photosOf,
    addPhoto,
    namePhoto,
    changePhoto,
    toSend,
    refuse,
    conflict,
    accept,
    settle,
    photosToSend,
    photoReceived,
    refusePhoto,
    photosToTell,
    photoTold,
    forget,
  };
}
