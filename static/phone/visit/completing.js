/** From the last answer to what is sent: completes the visit. */
import { clockOffset } from './clock.js';
import { complete } from './draft.js';
import { $ } from '../shell/elements.js';
import { buildPayload } from './payload.js';

/** @param {import('../types.js').Page} page */
export function createCompleting(page) {
  const { sections, store, status, editing } = page;
  const next = /** @type {HTMLButtonElement} */ ($('next'));

  /** @param {string} whyNotYet Blank when nothing stands against it. */
  async function submit(whyNotYet) {
    if (whyNotYet) return status.warn(whyNotYet);
    next.disabled = true; // at once: a second tap would find the visit completed "in another tab"
    try {
      if (!(await close())) return undefined;
    } finally {
      next.disabled = false;
    }
    $('undo').hidden = true;
    scrollTo(0, 0);
    $('title').focus({ preventScroll: true });
    return page.sender?.nudge();
  }

  async function close() {
    const at = new Date().toISOString();
    const offset = await clockOffset(store);
    // Built from the store's copy: another tab may have answered, or taken a photo, too.
    return editing.close((kept, pictures) => {
      complete(
        kept,
        buildPayload({
          visit: kept,
          photos: pictures,
          sections,
          clockOffset: kept.clock_offset_ms ?? offset,
          at,
        }),
        at,
      );
    });
  }

  return { submit };
}
