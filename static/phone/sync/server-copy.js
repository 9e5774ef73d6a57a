/** A visit that the form's address names, from what the server has of it. */
import { sentOne, signedInAs } from '../store/lists.js';
import { visitFrom } from '../visit/content.js';
import { drafts, whoAmI } from './network.js';
import { fetchDrafts } from './server-drafts.js';

/** @typedef {import('../types.js').Store} Store */

/** This browser was wiped, or the visit began on another phone: the server has the draft. @param {Store} store @param {string} id */
export async function recover(store, id) {
  const me = await whoAmI();
  if (typeof me === 'string') return null;
  await signedInAs(store, me);
  await fetchDrafts({ store, drafts });
  return store.visit(id);
}

/** One that was sent before, as it was read last. @param {Store} store @param {string} id */
export async function readSent(store, id) {
  const row = await sentOne(store, id);
  return row?.content ? visitFrom(row, await store.meta('user')) : null;
}
