/** What the phone keeps: the plan, visits with their answers, photos apart from them, and what was sent before. */
import { openDatabase } from './db.js';
import { forgetLists, meta, setMeta, signedInAs } from './facts.js';
import { assignments, keepAssignments, keepContent, keepSent, sent, sentOne } from './lists.js';
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
import { adopt, allVisits, begin, change, changeWithPhotos, forget, visit, visits } from './visits.js';

/** @type {((db: IDBDatabase) => void)[]} */
const UPGRADES = [
  (db) => {
    db.createObjectStore('assignments', { keyPath: 'id' });
    db.createObjectStore('sent', { keyPath: 'id' });
    db.createObjectStore('visits', { keyPath: 'id' });
    db.createObjectStore('photos', { keyPath: 'id' }).createIndex('visit', 'visit');
    db.createObjectStore('meta');
  },
];

const DEEDS = {
  meta,
  setMeta,
  signedInAs,
  forgetLists,
  assignments,
  keepAssignments,
  sent,
  sentOne,
  keepSent,
  keepContent,
  visit,
  visits,
  allVisits,
  begin,
  adopt,
  change,
  changeWithPhotos,
  forget,
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
 *   ? (...given: Given) => Found : never}} Store Each deed, on one database.
 */

/** @returns {Store} */
export function createStore(db = openDatabase({ name: 'plumbline', upgrades: UPGRADES })) {
  /** @param {[string, Function]} deed */
  const on = ([name, deed]) => [name, (/** @type {unknown[]} */ ...given) => deed(db, ...given)];
  return /** @type {any} Each by its name, which TypeScript cannot see here. */ (
    Object.fromEntries(Object.entries(DEEDS).map(on))
  );
}
