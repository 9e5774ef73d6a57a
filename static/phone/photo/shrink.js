/** From the camera's file to what is kept: upright, 1600 px at its longest, its sha-256, and when and where it was taken. */
import { t } from '../shell/words.js';

const LONG_EDGE = 1600;
const QUALITY = 0.82; // about 300 kB
const EXIF_BYTES = 128 * 1024;

export class UnreadablePhoto extends Error {}

/** @param {number} width @param {number} height */
export function shrunk(width, height, longEdge = LONG_EDGE) {
  const scale = Math.min(1, longEdge / Math.max(width, height));
  return {
    width: Math.max(1, Math.round(width * scale)),
    height: Math.max(1, Math.round(height * scale)),
  };
}

/** @param {Error} error */
export const whyNotKept = ({ name, message: reason }) =>
  name === 'QuotaExceededError'
    ? t(
      'This phone is full: the photo is not kept yet. Free some space, come back to this page and try again at the photo.',
    )
    : t('The photo is not kept yet ({reason}). Keep this page open and try again at the photo.', {
      reason,
    });

/**
 * @param {File} file
 * @returns {Promise<{blob: Blob, sha256: string, taken_at: string, photo_position: import('../types.js').Photo['photo_position']}>}
 */
export async function preparePhoto(file) {
  const fromCamera = await toldByCamera(file); // shrinking takes it away
  const blob = await toJpeg(file);
  const digest = await crypto.subtle.digest('SHA-256', await blob.arrayBuffer());
  return { blob, sha256: hex(digest), ...fromCamera };
}

/**
 * What the file does not say: the time is then that of the file, and the position unknown.
 * @param {File} file
 */
async function toldByCamera(file) {
  const found = await import('./exif.js').catch(() => null); // not on this phone: no reason to lose the photo
  const exif = found?.readExif(await file.slice(0, EXIF_BYTES).arrayBuffer()) ?? null;
  const at = found && exif && found.momentOf(exif, Date.now());
  const { latitude = null, longitude = null } = exif ?? {};
  return {
    taken_at: at ?? new Date(file.lastModified || Date.now()).toISOString(),
    photo_position: latitude === null || longitude === null ? null : { latitude, longitude },
  };
}

/** @param {ArrayBuffer} buffer */
export const hex = (buffer) =>
  Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, '0')).join('');

/** @param {File} file */
async function toJpeg(file) {
  const bitmap = await createImageBitmap(file, { imageOrientation: 'from-image' }).catch(() =>
    null
  );
  if (!bitmap) {
    throw new UnreadablePhoto(
      t('This phone cannot open that picture. Take a new one, or choose a JPEG.'),
    );
  }
  const canvas = document.createElement('canvas');
  Object.assign(canvas, shrunk(bitmap.width, bitmap.height));
  canvas.getContext('2d')?.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  /** @type {Blob | null} */
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, 'image/jpeg', QUALITY));
  if (!blob) {
    throw new UnreadablePhoto(
      t('This phone had no memory left for that picture. Close other apps and try again.'),
    );
  }
  return blob;
}
