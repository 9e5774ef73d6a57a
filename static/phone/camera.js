/** Photos of a criterion: taken and kept, removed and brought back. */
import { isOpen } from './draft.js';
import { UnreadablePhoto, preparePhoto } from './photos.js';
import { SamePicture } from './store.js';
import { t } from './words.js';

/**
 * @param {import('./types.js').Page} page
 * @param {object} means
 * @param {import('./types.js').Showing} means.showing
 * @param {(sentence: string, deed: () => void) => void} means.offerUndo
 */
export function createCamera({ visit, photos, store, screen, status, editing }, { showing, offerUndo }) {
  let nReading = 0; // photos that are being shrunk

  /** @param {HTMLInputElement} input */
  async function take(input) {
    const file = input.files?.[0];
    if (!file) return;
    const { criterion = '' } = /** @type {HTMLElement} */ (input.closest('[data-criterion]')).dataset;
    const { scope } = screen.step();
    const id = crypto.randomUUID();
    nReading += 1;
    status.say(t('Keeping the photo…'), 'sending');
    try {
      const made = await preparePhoto(file);
      const interaction = scope === 'visit' ? null : scope;
      const fresh = { removed_at: null, sent_at: null, refused: '' };
      const photo = { id, visit: visit.id, interaction, criterion, ...made, ...fresh };
      await store.addPhoto(photo);
      photos.push(photo);
      await editing.change(() => {});
    } catch (error) {
      showing.showState();
      if (error instanceof UnreadablePhoto || error instanceof SamePicture) status.warn(error.message);
      else await showing.couldNotSave(error);
    } finally {
      nReading -= 1;
      input.value = '';
    }
    if (isOpen(visit)) screen.refresh();
  }

  async function mark(id, removedAt) {
    const apply = (photo) => void (photo.removed_at = removedAt);
    try {
      await store.changePhoto(id, apply);
      apply(photos.find((photo) => photo.id === id));
      await editing.change(() => {});
    } catch (error) {
      await showing.couldNotSave(error);
    }
    screen.refresh();
  }

  /** @param {string} id */
  function drop(id) {
    offerUndo(t('Photo removed.'), () => mark(id, null));
    return mark(id, new Date().toISOString());
  }

  return { take, drop, isBusy: () => nReading > 0 };
}
