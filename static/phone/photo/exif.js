/** When and where a camera says that a picture was taken: three tags of a JPEG's EXIF, read before it is shrunk. */

/** @typedef {{view: DataView, start: number, little: boolean}} Tiff */

/** @type {Record<number, number>} */
const TIFF_TYPES = { 2: 1, 3: 2, 4: 4, 5: 8 }; // bytes of one ASCII, SHORT, LONG, RATIONAL
const [EXIF_IFD, GPS_IFD] = [0x8769, 0x8825];
const [TAKEN, OFFSET] = [0x9003, 0x9011]; // DateTimeOriginal, OffsetTimeOriginal
const [LATITUDE_REF, LATITUDE, LONGITUDE_REF, LONGITUDE] = [1, 2, 3, 4];
const MOST_ENTRIES = 500;

/**
 * @param {ArrayBuffer} buffer The beginning of the file; its EXIF ends within the first 128 KiB.
 * @returns {{taken: string, offset: string, latitude: number | null, longitude: number | null} | null} `taken` as
 *   2026-03-02T12:41:07, on the camera's clock; `offset` as +01:00, blank where the camera told none. Null when the
 *   file is no JPEG, has no EXIF, or what it has cannot be read.
 */
export function readExif(buffer) {
  try {
    const view = new DataView(buffer);
    const start = tiffStart(view);
    return start === null ? null : tagsOf(view, start);
  } catch (error) {
    if (error instanceof RangeError) return null; // an offset that points out of the file: broken
    throw error;
  }
}

/** Where the TIFF block of the EXIF segment begins. @param {DataView} view */
function tiffStart(view) {
  if (view.byteLength < 4 || view.getUint16(0) !== 0xffd8) return null;
  for (let at = 2; view.getUint8(at) === 0xff;) {
    const marker = view.getUint8(at + 1);
    if (marker === 0xff) at += 1; // a fill byte
    else if (marker === 0xda || marker === 0xd9) return null; // the picture itself: no EXIF came before it
    else if (marker === 0xe1 && text(view, at + 4, 6) === 'Exif\0\0') return at + 10;
    else at += 2 + view.getUint16(at + 2);
  }
  return null;
}

/** @param {DataView} view @param {number} start */
function tagsOf(view, start) {
  const order = view.getUint16(start);
  if (order !== 0x4949 && order !== 0x4d4d) return null;
  const tiff = { view, start, little: order === 0x4949 };
  const main = entriesAt(tiff, long(tiff, 4));
  const [exif, gps] = [EXIF_IFD, GPS_IFD].map((
    tag,
  ) => (main.has(tag) ? entriesAt(tiff, main.get(tag)[0]) : new Map()));
  const [, date, time] = /^(\d{4}:\d\d:\d\d) (\d\d:\d\d:\d\d)/.exec(exif.get(TAKEN) ?? '') ?? [];
  const latitude = degrees(gps.get(LATITUDE), gps.get(LATITUDE_REF), 'NS', 90);
  const longitude = degrees(gps.get(LONGITUDE), gps.get(LONGITUDE_REF), 'EW', 180);
  const hasPosition = latitude !== null && longitude !== null;
  return {
    taken: date ? `${date.replaceAll(':', '-')}T${time}` : '',
    offset: /^[+-]\d\d:\d\d/.exec(exif.get(OFFSET) ?? '')?.[0] ?? '',
    latitude: hasPosition ? latitude : null,
    longitude: hasPosition ? longitude : null,
  };
}

/** One directory: tag -> text, or a list of numbers. @param {Tiff} tiff @param {number} offset @returns {Map<number, any>} `any`: what the file says under a tag. */
function entriesAt(tiff, offset) {
  const found = new Map();
  const n = Math.min(short(tiff, offset), MOST_ENTRIES);
  for (let number = 0; number < n; number += 1) {
    const at = offset + 2 + 12 * number;
    const [type, count] = [short(tiff, at + 2), long(tiff, at + 4)];
    const size = TIFF_TYPES[type];
    if (!size || count > 64) continue; // none of ours
    found.set(
      short(tiff, at),
      valueAt(tiff, size * count <= 4 ? at + 8 : long(tiff, at + 8), type, count),
    );
  }
  return found;
}

/** @param {Tiff} tiff @param {number} at @param {number} type @param {number} count */
function valueAt(tiff, at, type, count) {
  if (type === 2) return text(tiff.view, tiff.start + at, count).replace(/\0.*$/s, '');
  const one = NUMBERS[type];
  return Array.from({ length: count }, (_, number) => one(tiff, at + TIFF_TYPES[type] * number));
}

/**
 * Degrees, minutes and seconds as one number; null where one is missing or beyond the globe.
 * @param {any} parts `any`: what the file says. @param {string} ref @param {string} signs @param {number} most
 */
function degrees(parts, ref, signs, most) {
  if (!Array.isArray(parts) || parts.length !== 3 || !signs.includes(ref || '?')) return null;
  const size = parts[0] + parts[1] / 60 + parts[2] / 3600;
  if (!Number.isFinite(size) || size > most) return null;
  return Math.round((ref === signs[1] ? -size : size) * 1e6) / 1e6; // a hand's breadth is enough
}

/** @param {Tiff} tiff @param {number} at */
const short = ({ view, start, little }, at) => view.getUint16(start + at, little);
/** @param {Tiff} tiff @param {number} at */
const long = ({ view, start, little }, at) => view.getUint32(start + at, little);
/** @param {DataView} view @param {number} at @param {number} length */
const text = (view, at, length) =>
  String.fromCharCode(...Array.from({ length }, (_, number) => view.getUint8(at + number)));

const OLDEST_YEAR = 2000;

/**
 * The moment on the phone's clock; null for one that cannot be: long before phones had cameras, or still to come.
 * @param {{taken: string, offset: string}} exif Without an offset the camera's clock is taken to be the phone's.
 * @param {number} now epoch ms
 */
export function momentOf({ taken, offset }, now) {
  const moment = taken ? new Date(taken + offset) : null;
  if (!moment || Number.isNaN(moment.getTime())) return null;
  if (moment.getTime() > now + 60_000 || moment.getFullYear() < OLDEST_YEAR) return null;
  return moment.toISOString();
}

/** By type. @type {Record<number, (tiff: Tiff, at: number) => number>} */
const NUMBERS = {
  3: short,
  4: long,
  5: (tiff, at) => long(tiff, at) / long(tiff, at + 4),
};
