/** In what words two versions of one visit differ. */
import { liveInteractions, observation } from './draft.js';
import { isAskedFor, leafOf, leavesOf, same } from './merge.js';

/**
 * Words that differ, also those that only one of both has. Encounters that were removed say nothing.
 * @returns {import('./types.js').Asked[]}
 */
export function differences(mine, theirs) {
  const [here, there] = [mine, theirs].map((visit) => leavesOf({ ...visit, interactions: liveInteractions(visit) }));
  const found = [];
  for (const [key, { path }] of new Map([...here, ...there])) {
    const [m, t] = [here, there].map((leaves) => leaves.get(key)?.value ?? null);
    if (isAskedFor(path) && !same(said(path, m), said(path, t))) found.push({ path, theirs: path[0] === 'answers' ? t : t ?? '' });
  }
  return found;
}

/** As it would be sent. @param {string[]} path */
const said = ([kind, , name], value) => (kind === 'answers' ? observation(name, value) : (value ?? '').trim());

/** Is there any word in `mine` that `theirs` has not? */
export const saysMore = (mine, theirs) => differences(mine, theirs).some(({ path }) => !same(said(path, leafOf(mine, path)), null));
