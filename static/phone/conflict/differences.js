/** In what two versions of one visit differ. */
import { liveInteractions, observation } from '../visit/draft.js';
import { isAskedFor, leavesOf, same } from './merge.js';

/** @typedef {import('../types.js').Visit} Visit */

/** As it would be sent. @param {string[]} path @param {import('../types.js').Leaf} value */
const said = ([kind, , name], value) =>
  kind === 'answers' ? observation(name, value) : typeof value === 'string' ? value.trim() : value;

/**
 * What a person typed, chose or tapped and the two do not say alike, leaf by leaf. Encounters that were removed say
 * nothing.
 * @param {Visit} mine @param {Visit} theirs
 */
export function unlike(mine, theirs) {
  const [here, there] = [mine, theirs].map((visit) =>
    leavesOf({ ...visit, interactions: liveInteractions(visit) })
  );
  /** @param {ReturnType<typeof leavesOf>} leaves @param {string} key */
  const at = (leaves, key) => leaves.get(key)?.value ?? null;
  return [...new Map([...here, ...there])]
    .map(([key, { path }]) => ({ path, mine: at(here, key), theirs: at(there, key) }))
    .filter((leaf) =>
      isAskedFor(leaf.path) && !same(said(leaf.path, leaf.mine), said(leaf.path, leaf.theirs))
    );
}

/** What `mine` says, and `theirs` does not or otherwise. @param {Visit} mine @param {Visit} theirs @returns {import('../types.js').Asked[]} */
export const differences = (mine, theirs) =>
  unlike(mine, theirs).filter((leaf) => !same(said(leaf.path, leaf.mine), null));
