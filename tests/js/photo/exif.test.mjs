import assert from 'node:assert/strict';
import test from 'node:test';

import { momentOf, readExif } from '../../../static/phone/photo/exif.js';

/** A JPEG of nothing but an EXIF segment, as a camera writes it; every part may be left out. */
function jpeg(
  { little = true, taken = '2026:03:02 12:41:07', offset = '+01:00', gps = null, before = [] } = {},
) {
  const tiff = [];
  const short = (n) => (little ? [n & 255, n >> 8] : [n >> 8, n & 255]);
  const long = (
    n,
  ) => (little
    ? [...short(n & 0xffff), ...short(n >>> 16)]
    : [...short(n >>> 16), ...short(n & 0xffff)]);
  const ascii = (words) => [...words, '\0'].map((letter) => letter.charCodeAt(0));
  const rationals = (parts) => parts.flatMap(([above, below]) => [...long(above), ...long(below)]);
  /** A directory at `at`; what is longer than four bytes follows it. */
  const directory = (at, entries) => {
    let free = at + 2 + 12 * entries.length + 4;
    const [head, tail] = [[...short(entries.length)], []];
    for (const [tag, type, count, bytes] of entries) {
      head.push(...short(tag), ...short(type), ...long(count));
      if (bytes.length <= 4) head.push(...bytes, ...Array(4 - bytes.length).fill(0));
      else {
        head.push(...long(free));
        tail.push(...bytes);
        free += bytes.length;
      }
    }
    return [...head, ...long(0), ...tail];
  };
  const exif = [taken && [0x9003, 2, 20, ascii(taken)], offset && [0x9011, 2, 7, ascii(offset)]]
    .filter(Boolean);
  const place = gps && [
    [1, 2, 2, ascii(gps.north)],
    [2, 5, 3, rationals(gps.latitude)],
    [3, 2, 2, ascii(gps.east)],
    [4, 5, 3, rationals(gps.longitude)],
  ];
  const [exifAt, gpsAt] = [100, 300];
  const main = [
    [0x0112, 3, 1, short(6)],
    [0x8769, 4, 1, long(exifAt)],
    ...(place ? [[0x8825, 4, 1, long(gpsAt)]] : []),
  ];
  const put = (at, bytes) => {
    while (tiff.length < at) tiff.push(0);
    tiff.splice(at, bytes.length, ...bytes);
  };
  put(0, [...ascii(little ? 'II' : 'MM').slice(0, 2), ...short(42), ...long(8)]);
  put(8, directory(8, main));
  put(exifAt, directory(exifAt, exif));
  if (place) put(gpsAt, directory(gpsAt, place));
  const length = tiff.length + 8;
  return Uint8Array.from([
    0xff,
    0xd8,
    ...before,
    0xff,
    0xe1,
    length >> 8,
    length & 255,
    ...ascii('Exif\0'),
    ...tiff,
    0xff,
    0xda,
  ]).buffer;
}

const THERE = {
  north: 'N',
  latitude: [[51, 1], [30, 1], [1800, 100]],
  east: 'W',
  longitude: [[0, 1], [7, 1], [3900, 100]],
};

for (const little of [true, false]) {
  test(`time, offset and place are read ${little ? 'little' : 'big'} end first`, () => {
    assert.deepEqual(readExif(jpeg({ little, gps: THERE })), {
      taken: '2026-03-02T12:41:07',
      offset: '+01:00',
      latitude: 51.505,
      longitude: -0.1275,
    });
  });
}

test('EXIF is found behind other segments', () => {
  const jfif = [0xff, 0xe0, 0, 16, ...Array(14).fill(7)];
  assert.equal(readExif(jpeg({ before: jfif })).taken, '2026-03-02T12:41:07');
});

test('a picture without place or offset says only when', () => {
  assert.deepEqual(readExif(jpeg({ offset: '' })), {
    taken: '2026-03-02T12:41:07',
    offset: '',
    latitude: null,
    longitude: null,
  });
});

test('a place beyond the globe, or of nothing divided by nothing, is none', () => {
  assert.equal(
    readExif(jpeg({ gps: { ...THERE, latitude: [[91, 1], [0, 1], [0, 1]] } })).latitude,
    null,
  );
  assert.equal(
    readExif(jpeg({ gps: { ...THERE, longitude: [[0, 0], [0, 0], [0, 0]] } })).longitude,
    null,
  );
});

test('what is no JPEG, has no EXIF or was cut off is no error', () => {
  const whole = new Uint8Array(jpeg({ gps: THERE }));
  assert.equal(readExif(new ArrayBuffer(0)), null);
  assert.equal(readExif(Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 13, 10]).buffer), null);
  assert.equal(readExif(Uint8Array.from([0xff, 0xd8, 0xff, 0xda, 0, 2]).buffer), null);
  for (let length = 0; length < whole.length; length += 1) readExif(whole.slice(0, length).buffer);
  assert.equal(readExif(whole.slice(0, 60).buffer), null);
});

test('any single broken byte is survived', () => {
  const whole = new Uint8Array(jpeg({ gps: THERE }));
  for (let at = 0; at < whole.length; at += 1) {
    const broken = Uint8Array.from(whole);
    broken[at] ^= 0xff;
    readExif(broken.buffer);
  }
});

test('a moment needs its offset, and one that cannot be is none', () => {
  const now = Date.parse('2026-03-02T12:00:00Z');
  assert.equal(
    momentOf({ taken: '2026-03-02T12:41:07', offset: '+01:00' }, now),
    '2026-03-02T11:41:07.000Z',
  );
  assert.equal(momentOf({ taken: '2026-03-02T12:41:07', offset: '-01:00' }, now), null); // still to come
  assert.equal(momentOf({ taken: '1980-01-01T00:00:00', offset: '' }, now), null); // a camera that was never set
  assert.equal(momentOf({ taken: '2026-13-45T00:00:00', offset: '' }, now), null);
  assert.equal(momentOf({ taken: '', offset: '' }, now), null);
});
