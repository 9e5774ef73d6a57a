/** Where the phone is: asked once, told as it is, never waited for. */
import { isOpen } from './draft.js';
import { $ } from '../shell/elements.js';
import { t } from '../shell/words.js';

/**
 * @typedef {import('../types.js').Visit} Visit
 * @typedef {import('../types.js').Location} Location
 * @typedef {{latitude: number, longitude: number}} Position
 */

const OPTIONS = { enableHighAccuracy: true, timeout: 30_000, maximumAge: 60_000 };
const EARTH_M = 6_371_008.8;
const NEAR_M = 300;
const FAR_M = 1000;

/** @returns {Promise<Visit['gps']>} null when the phone could not say */
export function readGps(geolocation = navigator.geolocation) {
  if (!geolocation) return Promise.resolve(null);
  return new Promise((resolve) => {
    geolocation.getCurrentPosition(
      ({ coords }) =>
        resolve({
          latitude: coords.latitude,
          longitude: coords.longitude,
          accuracy_m: Math.round(coords.accuracy),
        }),
      (error) => resolve(error.code === 1 ? { refused: true } : null),
      OPTIONS,
    );
  });
}

/** near, unsure, far or refused, as the server grades it.
 * @param {Visit['gps']} gps @param {Location} location @returns {keyof typeof WORDS} */
export function gpsGrade(gps, location) {
  if (!gps) return '';
  if (gps.refused) return 'refused';
  if (
    gps.latitude === undefined || location.latitude === null || location.latitude === undefined
  ) return 'unsure';
  const { latitude, longitude = 0, accuracy_m: accuracy = 0 } = gps;
  const far = distance({ latitude, longitude }, {
    latitude: location.latitude,
    longitude: Number(location.longitude),
  });
  if (far + accuracy <= NEAR_M) return 'near';
  return far - accuracy > FAR_M ? 'far' : 'unsure';
}

/** In metres. @param {Position} a @param {Position} b */
export function distance(a, b) {
  /** @param {number} degrees */
  const radians = (degrees) => (degrees * Math.PI) / 180;
  const north = Math.sin(radians(b.latitude - a.latitude) / 2) ** 2;
  const east = Math.sin(radians(b.longitude - a.longitude) / 2) ** 2;
  const chord = north + Math.cos(radians(a.latitude)) * Math.cos(radians(b.latitude)) * east;
  return 2 * EARTH_M * Math.asin(Math.sqrt(Math.min(1, chord)));
}

const WORDS = {
  '': '',
  near: t('Place: at the location.'),
  unsure: t('Place: perhaps at the location; the phone is not sure.'),
  far: t('Place: elsewhere. You can go on; the reviewer sees it.'),
  refused: t('Place: not told. You can go on.'),
};
/** @param {Visit['gps']} gps @param {Location} location */
export const gpsInWords = (gps, location) => WORDS[gpsGrade(gps, location)];

/** Asks, keeps and shows it. @param {import('../types.js').Page} page */
export async function recordGps({ visit, editing }) {
  const show = () => {
    const line = $('step').querySelector('[data-part="gps"]');
    if (line) line.textContent = gpsInWords(visit.gps, visit.location);
  };
  show();
  if (visit.gps) return;
  const gps = await readGps();
  if (!gps || !isOpen(visit)) return;
  editing.change((kept) => void (kept.gps = gps));
  show();
}
