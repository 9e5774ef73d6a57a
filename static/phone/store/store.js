/** What the phone keeps: visits with their answers, photos apart from them. The plan and what was sent: `lists.js`. */
import { takeOver } from '../shell/take-over.js';
import { openDatabase } from './db.js';
import { meta, setMeta } from './facts.js';
import {
  accept,
  conflict,
  photoReceived,
  photosToSend,
  photosToTell,
  photoTold,
  refuse,
  refusePhoto,
  settle,
  toSend,
} from './outgoing.js';
import { addPhoto, changePhoto, namePhoto, photosOf } from './photos.js';
import { UPGRADES } from './upgrades.js';
import { adopt, allVisits, begin, change, changeWithPhotos, visit, visits } from './visits.js';

const DEEDS = {
  meta,
  setMeta,
  visit,
  visits,
  allVisits,
  begin,
  adopt,
  change,
  changeWithPhotos,
  photosOf,
  addPhoto,
  namePhoto,
  changePhoto,
  toSend,
  refuse,
  conflict,
  accept,
  settle,
  photosToSend,
  photoReceived,
  refusePhoto,
  photosToTell,
  photoTold,
};

/**
 * @typedef {import('./access.js').Database} Database
 * @typedef {typeof DEEDS} Deeds
 * @typedef {{[Name in keyof Deeds]: Deeds[Name] extends (db: Database, ...given: infer Given) => infer Found
 *   ? (...given: Given) => Found : never} & {db: Database}} Store Each deed, on one database; what only the list does
 *   asks `db`.
 */

const open = () => openDatabase({ name: 'plumbline', upgrades: UPGRADES, upgraded: takeOver });

/** @returns {Store} */
export function createStore(db = open()) {
  /** @param {[string, Function]} deed */
  const on = ([name, deed]) => [name, (/** @type {unknown[]} */ ...given) => deed(db, ...given)];
  return /** @type {any} `any`: each by its name, which TypeScript cannot see here. */ (
    { db, ...Object.fromEntries(Object.entries(DEEDS).map(on)) }
  );
}
