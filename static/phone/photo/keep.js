/** Photos of a criterion: taken or chosen and kept, removed and brought back. */
import { VisitClosed } from '../visit/editing.js';
import { later } from '../shell/later.js';
import { SamePicture } from '../store/photos.js';
import { t } from '../shell/words.js';

/**
 * @typedef {import('../types.js').Page} Page
 * @typedef {import('../types.js').Photo} Photo
 * @typedef {object} Means
 * @property {import('../types.js').Showing} showing
 * @property {(sentence: string, deed: () => void) => void} offerUndo
 *
 * @typedef {object} Camera
 * @property {Page} page
 * @property {Means} means
 * @property {typeof import('./shrink.js') | null} photography What shrinks them, once it is here.
 */

/** @param {Page} page @param {Means} means */
export function createCamera(page, means) {
  /** @type {Camera} */
  const camera = { page, means, photography: null };
  return {
    /** While the picture is being taken. */
    prepare: () => prepare(camera),
    /** @param {{file: File, criterion: string, scope: string}} given */
    take: (given) => take(camera, given),
    /** @param {string} id */
    keepAgain: (id) => keepAgain(camera, id),
    /** @param {string} id */
    drop: (id) => drop(camera, id),
    /** Why the visit cannot be sent with all its photos yet; blank when it can. */
    whyNotYet: () =>
      unkeptOf(page).length
        ? t('A photo is not kept yet: try again at its question, or remove it there. Then send.')
        : '',
  };
}

/** @param {Camera} camera */
const prepare = async (camera) => (camera.photography ??= await later(() => import('./shrink.js')));

/** @param {Camera} camera @param {{file: File, criterion: string, scope: string}} given */
async function take(camera, { file, criterion, scope }) {
  const { visit, status } = camera.page;
  const id = crypto.randomUUID();
  status.say(t('Keeping the photo…'), 'sending');
  try {
    const found = await prepare(camera);
    if (!found) return couldNotOpen(camera);
    const made = await found.preparePhoto(file);
    const interaction = scope === 'visit' ? null : scope;
    const fresh = { removed_at: null, sent_at: null, refused: '' };
    await keep(camera, { id, visit: visit.id, interaction, criterion, ...made, ...fresh });
  } catch (error) {
    await couldNotKeep(camera, error);
  }
}

/** @param {Camera} camera */
function couldNotOpen({ page, means }) {
  means.showing.showState();
  page.status.warn(t('This page is not on this phone yet: open it once with a connection.'));
}

/** @param {Camera} camera @param {import('../types.js').Thrown} error */
async function couldNotKeep({ page, means, photography }, error) {
  means.showing.showState();
  const isTold = error instanceof SamePicture ||
    (photography && error instanceof photography.UnreadablePhoto);
  if (isTold) page.status.warn(error.message);
  else await means.showing.couldNotSave(error);
}

/**
 * Where the phone is full the picture stays in memory, at its question, until it can be kept or is removed.
 * @param {Camera} camera @param {Photo} photo
 */
async function keep({ page, photography }, photo) {
  const { photos, store, status, editing } = page;
  const { is_unkept: wasUnkept, ...kept } = photo;
  try {
    await store.addPhoto(kept);
    delete photo.is_unkept;
  } catch (error) {
    if (error instanceof SamePicture || error instanceof VisitClosed) {
      letGo(page, photo);
      throw error;
    }
    photo.is_unkept = true;
    status.say(t('Not saved'), 'wrong');
    status.warn(photography?.whyNotKept(/** @type {Error} */ (error)) ?? '');
  }
  if (!wasUnkept) photos.push(photo);
  warnOnLeaving(page);
  return !photo.is_unkept && editing.change(() => {});
}

/** @param {Page} page */
const unkeptOf = ({ photos }) => photos.filter((photo) => photo.is_unkept);
/** @param {Event} event */
const warnOfLoss = (event) => event.preventDefault();

/** @param {Page} page */
function warnOnLeaving(page) {
  if (unkeptOf(page).length) addEventListener('beforeunload', warnOfLoss);
  else removeEventListener('beforeunload', warnOfLoss);
}

/** One that is nowhere else. @param {Page} page @param {Photo} photo */
function letGo(page, photo) {
  page.photos.splice(0, Infinity, ...page.photos.filter((each) => each !== photo));
  warnOnLeaving(page);
}

/** @param {Camera} camera @param {string} id */
async function keepAgain(camera, id) {
  const photo = unkeptOf(camera.page).find((each) => each.id === id);
  if (photo) await keep(camera, photo).catch((error) => couldNotKeep(camera, error));
}

/** @param {Camera} camera @param {string} id @param {string | null} removedAt */
async function mark({ page, means }, id, removedAt) {
  const { photos, store, screen, editing } = page;
  /** @param {Photo | undefined} photo */
  const apply = (photo) => photo && void (photo.removed_at = removedAt);
  try {
    await store.changePhoto(id, apply);
    apply(photos.find((photo) => photo.id === id));
    await editing.change(() => {});
  } catch (error) {
    await means.showing.couldNotSave(error);
  }
  screen.refresh();
}

/** @param {Camera} camera @param {string} id */
function drop(camera, id) {
  const lost = unkeptOf(camera.page).find((photo) => photo.id === id);
  if (lost) return letGo(camera.page, lost);
  camera.means.offerUndo(t('Photo removed.'), () => mark(camera, id, null));
  return mark(camera, id, new Date().toISOString());
}
