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
 * @param {object} options
 * @param {string} options.name
 * @param {((db: IDBDatabase, transaction: IDBTransaction) => void)[]} options.upgrades Step n leads to version n;
 *   once released a step is left alone and the next change of shape is a new one.
 * @param {() => void} [options.upgraded] What was here before has another shape now.
 * @param {IDBFactory} [options.factory]
 */
export function openDatabase(
  { name, upgrades, upgraded = () => {}, factory = globalThis.indexedDB },
) {
  /** @type {Promise<IDBDatabase> | null} */
  let opening = null;

  const forget = () => {
    opening = null;
  };

  function open() {
    opening ??= new Promise((resolve, reject) => {
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
        db.onclose = forget; // iOS closes connections of pages in the background
        db.onversionchange = () => {
          db.close(); // a newer release in another tab waits for this
          forget();
        };
        resolve(db);
        if (isUpgraded) upgraded();
      };
      request.onerror = () => {
        forget();
        reject(request.error);
      };
    });
    return opening;
  }

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
  async function run(stores, mode, work) {
    const transaction = await begin(stores, mode);
    return new Promise((resolve, reject) => {
      /** @type {any} */
      let result;
      /** @type {any} */
      let failure = null;
      transaction.oncomplete = () => resolve(result);
      transaction.onabort = () =>
        reject(failure ?? transaction.error ?? new Error(t('The phone could not save.')));
      /** @param {any} error */
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
  }

  return { run };
}
