/** Photos of a criterion: taken or chosen and kept, removed and brought back. */
import { VisitClosed } from '../visit/editing.js';
import { later } from '../shell/later.js';
import { SamePicture } from '../store/photos.js';
import { t } from '../shell/words.js';

/**
 * @param {import('../types.js').Page} page
 * @param {object} means
 * @param {import('../types.js').Showing} means.showing
 * @param {(sentence: string, deed: () => void) => void} means.offerUndo
 */
export function createCamera(
  { visit, photos, store, screen, status, editing },
  { showing, offerUndo },
) {
  /** What shrinks them. @type {typeof import('./shrink.js') | null} */
  let photography = null;

  /** While the picture is being taken. */
  const prepare = async () => (photography ??= await later(() => import('./shrink.js')));

  /** @param {{file: File, criterion: string, scope: string}} given */
  async function take({ file, criterion, scope }) {
    const id = crypto.randomUUID();
    status.say(t('Keeping the photo…'), 'sending');
    try {
      const found = await prepare();
      if (!found) return couldNotOpen();
      const made = await found.preparePhoto(file);
      const interaction = scope === 'visit' ? null : scope;
      const fresh = { removed_at: null, sent_at: null, refused: '' };
      await keep({ id, visit: visit.id, interaction, criterion, ...made, ...fresh });
    } catch (error) {
      await couldNotKeep(error);
    }
  }

  function couldNotOpen() {
    showing.showState();
    status.warn(t('This page is not on this phone yet: open it once with a connection.'));
  }

  /** @param {any} error */
  async function couldNotKeep(error) {
    showing.showState();
    const isTold = error instanceof SamePicture ||
      (photography && error instanceof photography.UnreadablePhoto);
    if (isTold) status.warn(error.message);
    else await showing.couldNotSave(error);
  }

  /** Where the phone is full the picture stays in memory, at its question, until it can be kept or is removed.
   * @param {import('../types.js').Photo} photo */
  async function keep(photo) {
    const { is_unkept: wasUnkept, ...kept } = photo;
    try {
      await store.addPhoto(kept);
      delete photo.is_unkept;
    } catch (error) {
      if (error instanceof SamePicture || error instanceof VisitClosed) {
        letGo(photo);
        throw error;
      }
      photo.is_unkept = true;
      status.say(t('Not saved'), 'wrong');
      status.warn(photography?.whyNotKept(/** @type {Error} */ (error)) ?? '');
    }
    if (!wasUnkept) photos.push(photo);
    warnOnLeaving();
    return !photo.is_unkept && editing.change(() => {});
  }

  const unkept = () => photos.filter((photo) => photo.is_unkept);
  /** @param {Event} event */
  const warnOfLoss = (event) => event.preventDefault();

  function warnOnLeaving() {
    if (unkept().length) addEventListener('beforeunload', warnOfLoss);
    else removeEventListener('beforeunload', warnOfLoss);
  }

  /** One that is nowhere else. @param {import('../types.js').Photo} photo */
  function letGo(photo) {
    photos.splice(0, Infinity, ...photos.filter((each) => each !== photo));
    warnOnLeaving();
  }

  /** @param {string} id */
  async function keepAgain(id) {
    const photo = unkept().find((each) => each.id === id);
    if (photo) await keep(photo).catch(couldNotKeep);
  }

  /** @param {string} id @param {string | null} removedAt */
  async function mark(id, removedAt) {
    /** @param {any} photo */
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
    const lost = unkept().find((photo) => photo.id === id);
    if (lost) return letGo(lost);
    offerUndo(t('Photo removed.'), () => mark(id, null));
    return mark(id, new Date().toISOString());
  }

  /** Why the visit cannot be sent with all its photos yet; blank when it can. */
  const whyNotYet = () =>
    unkept().length
      ? t('A photo is not kept yet: try again at its question, or remove it there. Then send.')
      : '';

  return { prepare, take, keepAgain, drop, whyNotYet };
}
