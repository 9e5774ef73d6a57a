/** The shapes that the phone's database had: step n leads to version n. */
import { photoInPresentNames, visitInPresentNames } from '../visit/former-names.js';

/** @type {((db: IDBDatabase, transaction: IDBTransaction) => void)[]} */
export const UPGRADES = [
  function makeStores(db) {
    db.createObjectStore('assignments', { keyPath: 'id' });
    db.createObjectStore('sent', { keyPath: 'id' });
    db.createObjectStore('visits', { keyPath: 'id' });
    db.createObjectStore('photos', { keyPath: 'id' }).createIndex('visit', 'visit');
    db.createObjectStore('meta');
  },
  function nameCursorAndPositions(_db, transaction) {
    eachRow(transaction.objectStore('visits'), visitInPresentNames);
    eachRow(transaction.objectStore('photos'), photoInPresentNames);
  },
];

/** @param {IDBObjectStore} store @param {(row: any) => object} change `any`: rows of an older shape. */
function eachRow(store, change) {
  const request = store.openCursor();
  request.onsuccess = () => {
    const cursor = request.result;
    if (!cursor) return;
    cursor.update(change(cursor.value));
    cursor.continue();
  };
}
