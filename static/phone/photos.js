/** From the camera's file to what is kept: upright, 1600 px at its longest, and its sha-256. */

const LONG_EDGE = 1600;
const QUALITY = 0.82; // about 300 kB

export class UnreadablePhoto extends Error {}

/** @param {number} width @param {number} height */
export function shrunk(width, height, longEdge = LONG_EDGE) {
  const scale = Math.min(1, longEdge / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

/**
 * @param {File} file
 * @returns {Promise<{blob: Blob, sha256: string, taken_at: string}>}
 */
export async function preparePhoto(file) {
  const blob = await toJpeg(file);
  const digest = await crypto.subtle.digest('SHA-256', await blob.arrayBuffer());
  return { blob, sha256: hex(digest), taken_at: new Date(file.lastModified || Date.now()).toISOString() };
}

/** @param {ArrayBuffer} buffer */
export const hex = (buffer) => Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, '0')).join('');

async function toJpeg(file) {
  const bitmap = await createImageBitmap(file, { imageOrientation: 'from-image' }).catch(() => null);
  if (!bitmap) throw new UnreadablePhoto('This phone cannot open that picture. Take a new one, or choose a JPEG.');
  const canvas = document.createElement('canvas');
  Object.assign(canvas, shrunk(bitmap.width, bitmap.height));
  canvas.getContext('2d').drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, 'image/jpeg', QUALITY));
  if (!blob) throw new UnreadablePhoto('This phone had no memory left for that picture. Close other apps and try again.');
  return blob;
}
