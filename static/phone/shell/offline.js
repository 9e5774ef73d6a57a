/** The page's side of the service worker: registers it, has forms kept, and lets a new release in when all agree. */

const UPDATE_MS = 60 * 60_000;

/**
 * @param {object} given
 * @param {string | undefined} given.address Of the worker; none in development.
 * @param {() => void} given.changed Something about `isUpdateWaiting` changed.
 */
export function createOffline({ address, changed }) {
  const container = navigator.serviceWorker;
  /** @type {ServiceWorkerRegistration | null} */
  let registration = null;
  let isReloading = false;

  async function start() {
    if (!address || !container) return;
    const made = await container.register(address);
    registration = made;
    watch(made.installing);
    made.addEventListener('updatefound', () => watch(made.installing));
    setInterval(() => made.update().catch(() => {}), UPDATE_MS); // without a connection there is no news
    changed();
  }

  /** @param {ServiceWorker | null} worker */
  function watch(worker) {
    worker?.addEventListener('statechange', changed);
  }

  /** The first worker of all just begins; only one that follows another waits. */
  const isUpdateWaiting = () => Boolean(registration?.waiting && registration.active);

  /** Both pages and worker of the new release, from here on. */
  function update() {
    container.addEventListener('controllerchange', () => {
      if (isReloading) return;
      isReloading = true;
      location.reload();
    });
    registration?.waiting?.postMessage({ deed: 'take-over' });
  }

  /** @param {object} message @returns {Promise<any>} `any`: the worker's answer */
  async function ask(message) {
    const { active } = await container.ready;
    return new Promise((resolve) => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = ({ data }) => resolve(data);
      active?.postMessage(message, [port2]);
    });
  }

  /**
   * @param {string[]} forms Their paths.
   * @returns {Promise<boolean>} whether all would open without a connection now
   */
  const keep = async (forms) => (registration ? (await ask({ deed: 'keep', forms })) === 0 : false);

  /**
   * @param {string} language
   * @returns {Promise<boolean>} whether the pages are shown in it from now on: not, where one is missing
   */
  const speak = async (
    language,
  ) => (container?.controller ? ask({ deed: 'speak', language }) : true);

  return { start, keep, speak, update, isUpdateWaiting };
}
