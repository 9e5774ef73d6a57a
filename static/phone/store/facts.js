/** What the phone knows beside its visits, by name: who signed in, its clock, what the server has of each draft. */
import { read, write } from './access.js';
import { asked } from './db.js';

/** @typedef {import('./access.js').Database} Database */

/** @param {Database} db @param {string} name @returns {Promise<any>} `any`: whatever was kept under it. */
export const meta = (db, name) => read(db, 'meta', (store) => asked(store.get(name)));

/** @param {Database} db @param {string} name @param {any} value */
export const setMeta = (db, name, value) =>
  write(db, 'meta', (store) => asked(store.put(value, name)));

/**
 * Somebody else's plan is not shown to who signs in next; unsent visits stay for their owner.
 * @param {Database} db @param {{id: number, name: string, email: string}} who
 */
export async function signedInAs(db, { id, name, email }) {
  if ((await meta(db, 'user')) !== id) await forgetLists(db);
  await setMeta(db, 'who', { name, email });
  await setMeta(db, 'user', id);
}

/** @param {Database} db */
export const forgetLists = (db) =>
  db.run(['assignments', 'sent', 'meta'], 'readwrite', (assignments, sent, facts) => {
    assignments.clear();
    sent.clear();
    facts.delete('user');
    facts.delete('who');
  });
