/** IndexedDB as promises: a write has happened when its transaction is complete, and not before. */
import { t } from '../shell/words.js';

/**
 * The answer of one request inside a transaction. Nothing else may be awaited there.
 * @template T
 * @param {IDBRequest<T>} request
 * @returns {Promise<T>}
 */
export const asked = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

/**
 * @typedef {object} Options
 * @property {string} name
 * @property {((db: IDBDatabase, transaction: IDBTransaction) => void)[]} upgrades Step n leads to version n;
 *   once released a step is left alone and the next change of shape is a new one.
 * @property {() => void} [upgraded] What was here before has another shape now.
 * @property {IDBFactory} [factory]
 */

/** @param {Options} options */
export function openDatabase(options) {
  /** @type {Promise<IDBDatabase> | null} */
  let opening = null;

  const forget = () => {
    opening = null;
  };

  const open = () => (opening ??= opened(options, forget));

  /** @param {string[]} stores @param {IDBTransactionMode} mode */
  async function begin(stores, mode) {
    /** @type {IDBTransactionOptions} */
    const options = { durability: 'strict' }; // a phone's battery may end any minute
    try {
      return (await open()).transaction(stores, mode, options);
    } catch (error) {
      if (!(error instanceof Error) || error.name !== 'InvalidStateError') throw error; // the connection was closed without a word
      forget();
      return (await open()).transaction(stores, mode, options);
    }
  }

  /**
   * Run `work` in one transaction; resolves with its result once the transaction is complete.
   * When `work` throws, nothing of it stays.
   * @template T
   * @param {string[]} stores
   * @param {IDBTransactionMode} mode
   * @param {(...stores: IDBObjectStore[]) => T | Promise<T>} work
   * @returns {Promise<T>}
   */
  const run = async (stores, mode, work) => completed(await begin(stores, mode), stores, work);

  return { run };
}

/** @param {Options} options @param {() => void} closed @returns {Promise<IDBDatabase>} */
const opened = ({ name, upgrades, upgraded, factory = globalThis.indexedDB }, closed) =>
  new Promise((resolve, reject) => {
    const request = factory.open(name, upgrades.length);
    let isUpgraded = false;
    request.onupgradeneeded = (event) => {
      isUpgraded = event.oldVersion > 0;
      for (const upgrade of upgrades.slice(event.oldVersion)) {
        upgrade(request.result, /** @type {IDBTransaction} */ (request.transaction));
      }
    };
    request.onsuccess = () => {
      const db = request.result;
      db.onclose = closed; // iOS closes connections of pages in the background
      db.onversionchange = () => {
        db.close(); // a newer release in another tab waits for this
        closed();
      };
      resolve(db);
      if (isUpgraded) upgraded?.();
    };
    request.onerror = () => {
      closed();
      reject(request.error);
    };
  });

/**
 * @template T
 * @param {IDBTransaction} transaction
 * @param {string[]} stores
 * @param {(...stores: IDBObjectStore[]) => T | Promise<T>} work
 * @returns {Promise<T>}
 */
const completed = (transaction, stores, work) =>
  new Promise((resolve, reject) => {
    /** @type {any} `any`: what `work` made, a `T` by the time it is handed on. */
    let result;
    /** @type {unknown} */
    let failure = null;
    transaction.oncomplete = () => resolve(result);
    transaction.onabort = () =>
      reject(failure ?? transaction.error ?? new Error(t('The phone could not save.')));
    /** @param {unknown} error */
    const fail = (error) => {
      failure ??= error;
      try {
        transaction.abort();
      } catch {
        reject(failure); // it had ended already
      }
    };
    Promise.resolve()
      .then(() => work(...stores.map((store) => transaction.objectStore(store))))
      .then((value) => {
        result = value;
      }, fail);
  });
