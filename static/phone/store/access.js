/** One of the stores of the phone's database, read or written in a transaction of its own. */

/** @typedef {ReturnType<typeof import('./db.js').openDatabase>} Database */

/** @template T @param {Database} db @param {string} store @param {(store: IDBObjectStore) => T | Promise<T>} work */
export const read = (db, store, work) => db.run([store], 'readonly', work);

/** @template T @param {Database} db @param {string} store @param {(store: IDBObjectStore) => T | Promise<T>} work */
export const write = (db, store, work) => db.run([store], 'readwrite', work);
