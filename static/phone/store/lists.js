/** Who signed in, and what the server listed for them: the plan, and the visits that it holds. */
import { read, write } from './access.js';
import { asked } from './db.js';

/**
 * @typedef {import('../types.js').Store} Store
 * @typedef {import('../types.js').Assignment} Assignment
 * @typedef {import('../types.js').ServerVisit} ServerVisit
 * @typedef {import('../types.js').Sent} Sent
 */

/** @param {Store} store @param {Assignment[]} rows */
export const keepAssignments = ({ db }, rows) =>
  write(db, 'assignments', (kept) => {
    kept.clear();
    for (const row of rows) kept.put(row);
  });

/** @param {Store} store @returns {Promise<Assignment[]>} */
export const assignmentsIn = ({ db }) => read(db, 'assignments', (store) => asked(store.getAll()));

/** The last visits that the server holds; what was read of one stays with it. @param {Store} store @param {ServerVisit[]} rows */
export const keepSent = ({ db }, rows) =>
  write(db, 'sent', async (store) => {
    /** @type {ServerVisit[]} */
    const before = await asked(store.getAll());
    const contents = new Map(before.map((row) => [`${row.id} ${row.revision}`, row.content]));
    store.clear();
    for (const row of rows) {
      store.put({ ...row, content: contents.get(`${row.id} ${row.revision}`) ?? null });
    }
  });

/** @param {Store} store @param {string} id @param {Sent} content */
export const keepContent = ({ db }, id, content) =>
  write(db, 'sent', async (store) => {
    const row = await asked(store.get(id));
    if (row) await asked(store.put({ ...row, content }));
  });

/** @param {Store} store @returns {Promise<ServerVisit[]>} */
export const sentIn = ({ db }) => read(db, 'sent', (store) => asked(store.getAll()));

/** @param {Store} store @param {string} id @returns {Promise<ServerVisit | undefined>} */
export const sentOne = ({ db }, id) => read(db, 'sent', (store) => asked(store.get(id)));

/**
 * Somebody else's plan is not shown to who signs in next; unsent visits stay for their owner.
 * @param {Store} store @param {{id: number, name: string, email: string}} who
 */
export async function signedInAs(store, { id, name, email }) {
  if ((await store.meta('user')) !== id) await forgetLists(store);
  await store.setMeta('who', { name, email });
  await store.setMeta('user', id);
}

/** @param {Store} store */
export const forgetLists = ({ db }) =>
  db.run(['assignments', 'sent', 'meta'], 'readwrite', (assignments, sent, facts) => {
    assignments.clear();
    sent.clear();
    facts.delete('user');
    facts.delete('who');
  });
