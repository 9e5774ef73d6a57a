/** Room for what is kept: asks the browser not to clear it, and says beforehand when there is little left. */
import { t } from './words.js';

const LOW_BYTES = 30_000_000;

/** @param {import('../types.js').Page} page */
export async function keepSpace({ status }) {
  navigator.storage?.persist?.();
  const { quota, usage = 0 } = (await navigator.storage?.estimate?.()) ?? {};
  if (quota === undefined || quota - usage > LOW_BYTES) return;
  status.stand(
    t('This phone is almost full: photos may soon not be kept. Free some space, or send what waits.'),
  );
}
