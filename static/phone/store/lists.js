/** What the server listed last: the plan, and the visits that it holds. */
import { read, write } from './access.js';
import { asked } from './db.js';

/**
 * @typedef {import('./access.js').Database} Database
 * @typedef {import('../types.js').Assignment} Assignment
 * @typedef {import('../types.js').ServerVisit} ServerVisit
 * @typedef {import('../types.js').Sent} Sent
 */

/** @param {Database} db @param {Assignment[]} rows */
export const keepAssignments = (db, rows) =>
  write(db, 'assignments', (store) => {
    store.clear();
    for (const row of rows) store.put(row);
  });

/** @param {Database} db @returns {Promise<Assignment[]>} */
export const assignments = (db) => read(db, 'assignments', (store) => asked(store.getAll()));

/** The last visits that the server holds; what was read of one stays with it. @param {Database} db @param {ServerVisit[]} rows */
export const keepSent = (db, rows) =>
  write(db, 'sent', async (store) => {
    /** @type {ServerVisit[]} */
    const before = await asked(store.getAll());
    const contents = new Map(before.map((row) => [`${row.id} ${row.revision}`, row.content]));
    store.clear();
    for (const row of rows) {
      store.put({ ...row, content: contents.get(`${row.id} ${row.revision}`) ?? null });
    }
  });

/** @param {Database} db @param {string} id @param {Sent} content */
export const keepContent = (db, id, content) =>
  write(db, 'sent', async (store) => {
    const row = await asked(store.get(id));
    if (row) await asked(store.put({ ...row, content }));
  });

/** @param {Database} db @returns {Promise<ServerVisit[]>} */
export const sent = (db) => read(db, 'sent', (store) => asked(store.getAll()));

/** @param {Database} db @param {string} id @returns {Promise<ServerVisit | undefined>} */
export const sentOne = (db, id) => read(db, 'sent', (store) => asked(store.get(id)));
