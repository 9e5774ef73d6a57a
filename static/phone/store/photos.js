/** Photos, kept apart from their visits. */
import { isOpen } from '../visit/draft.js';
import { VisitClosed } from '../visit/editing.js';
import { t } from '../shell/words.js';
import { read, write } from './access.js';
import { asked } from './db.js';

/**
 * @typedef {import('./access.js').Database} Database
 * @typedef {import('../types.js').Photo} Photo
 */

/** The picture stands at this answer already. */
export class SamePicture extends Error {}

/** @param {Database} db @param {string} id Of the visit. @returns {Promise<Photo[]>} */
export const photosOf = (db, id) =>
  read(db, 'photos', (store) => asked(store.index('visit').getAll(id)));

/**
 * A picture that was taken here. One that comes too late belongs to nothing that is sent, which its taker must know.
 * @param {Database} db @param {Photo} photo
 */
export const addPhoto = (db, photo) =>
  db.run(['visits', 'photos'], 'readwrite', async (visits, photos) => {
    const visit = await asked(visits.get(photo.visit));
    if (!visit || !isOpen(visit)) {
      throw new VisitClosed(
        t('This visit was completed before the photo was ready: it is not part of it.'),
      );
    }
    /** @type {Photo[]} */
    const others = await asked(photos.index('visit').getAll(photo.visit));
    if (others.some((other) => isSame(other, photo))) {
      throw new SamePicture(t('This picture is here already.'));
    }
    await asked(photos.put(photo));
  });

/** @type {('sha256' | 'criterion' | 'interaction')[]} */
const SAME = ['sha256', 'criterion', 'interaction'];
/** @param {Photo} other @param {Photo} photo */
const isSame = (other, photo) =>
  !other.removed_at && SAME.every((name) => other[name] === photo[name]);

/** A picture that another phone has. @param {Database} db @param {Photo} photo */
export const namePhoto = (db, photo) => write(db, 'photos', (store) => asked(store.put(photo)));

/** @param {Database} db @param {string} id @param {(photo: Photo) => unknown} apply */
export const changePhoto = (db, id, apply) =>
  write(db, 'photos', async (store) => {
    const photo = await asked(store.get(id));
    apply(photo);
    await asked(store.put(photo));
  });
