/** A database in memory with the few words of IndexedDB that the phone's store uses. */

/** A request that succeeds as soon as somebody listens. */
const answering = (result) => ({
  result,
  set onsuccess(heard) {
    queueMicrotask(heard);
  },
});

function objectStore(rows, keyOf) {
  const all = () => [...rows.values()].map((row) => structuredClone(row));
  return {
    get: (key) => answering(structuredClone(rows.get(key))),
    getAll: () => answering(all()),
    put: (row, key) => answering(void rows.set(key ?? keyOf(row), structuredClone(row))),
    delete: (key) => answering(void rows.delete(key)),
    clear: () => answering(void rows.clear()),
    index: (name) => ({ getAll: (value) => answering(all().filter((row) => row[name] === value)) }),
  };
}

export function memory() {
  const stores = new Map();
  const named = (name) => stores.get(name) ?? stores.set(name, new Map()).get(name);
  return {
    run: async (names, _mode, work) =>
      work(...names.map((name) => objectStore(named(name), ({ id }) => id))),
  };
}
