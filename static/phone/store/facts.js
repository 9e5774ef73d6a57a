/** What the phone knows beside its visits, by name: who signed in, its clock, what the server has of each draft. */
import { read, write } from './access.js';
import { asked } from './db.js';

/** @typedef {import('./access.js').Database} Database */

/** @param {Database} db @param {string} name @returns {Promise<any>} `any`: whatever was kept under it. */
export const meta = (db, name) => read(db, 'meta', (store) => asked(store.get(name)));

/** @param {Database} db @param {string} name @param {unknown} value */
export const setMeta = (db, name, value) =>
  write(db, 'meta', (store) => asked(store.put(value, name)));
