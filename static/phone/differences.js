/** In what words two versions of one visit differ. */
import { liveInteractions, observation } from './draft.js';
import { isAskedFor, leavesOf, same } from './merge.js';

/** As it would be sent. @param {string[]} path */
const said = ([kind, , name], value) => (kind === 'answers' ? observation(name, value) : (value ?? '').trim());

/**
 * What `mine` says, and `theirs` does not or otherwise. Encounters that were removed say nothing.
 * @returns {import('./types.js').Asked[]}
 */
export function differences(mine, theirs) {
  const here = leavesOf({ ...mine, interactions: liveInteractions(mine) });
  const there = leavesOf(theirs);
  const found = [];
  for (const [key, { path, value }] of here) {
    if (!isAskedFor(path)) continue;
    const other = there.get(key)?.value ?? null;
    const [m, t] = [value, other].map((each) => said(path, each));
    if (!same(m, null) && !same(m, t)) found.push({ path, theirs: path[0] === 'answers' ? other : other ?? '' });
  }
  return found;
}
