/**
 * Two copies of one visit made one, answer by answer. A copy is seen as leaves: what may differ by itself, each at a
 * path such as `['answers', 'visit', 'clean']`.
 */
import { MOMENTS, answersOf, newInteraction } from './draft.js';

const PLAIN = [
  'started_at', 'left_at', 'note', 'mode', 'hidden_notes', 'not_completed_reason', 'told', 'revision', 'version',
  'completed_at',
];
const OF_INTERACTION = ['label', 'removed_at', ...MOMENTS];
const TYPED = ['answers', 'started_at', 'left_at', 'note', 'hidden_notes', 'not_completed_reason', 'taps'];
/** What somebody typed, chose or tapped: never decided without asking. */
const isAskedFor = ([kind, , name]) => TYPED.includes(kind) || name === 'label' || MOMENTS.includes(name);

/** @returns {Map<string, {path: string[], value: any}>} */
function leavesOf(visit) {
  const leaves = new Map();
  const leaf = (path, value) => leaves.set(JSON.stringify(path), { path, value: value ?? null });
  if (!visit) return leaves;
  for (const name of PLAIN) leaf([name], visit[name]);
  leaf(['taps'], visit.taps?.length ? visit.taps : null);
  for (const scope of ['context', 'visit', ...visit.interactions.map(({ id }) => id)]) {
    for (const [key, answer] of Object.entries(answersOf(visit, scope))) leaf(['answers', scope, key], answer);
  }
  for (const interaction of visit.interactions) {
    for (const name of OF_INTERACTION) leaf(['interactions', interaction.id, name], interaction[name]);
  }
  return leaves;
}

const at = (leaves, key) => leaves.get(key)?.value ?? null;

/** Two answers that say the same in another order are the same. */
const same = (a, b) => JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
function sorted(value) {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value ?? null;
  const kept = Object.entries(value).filter(([, each]) => each !== null && each !== undefined && each !== '');
  return kept.length ? Object.fromEntries(kept.map(([name, each]) => [name, sorted(each)]).sort()) : null;
}

/** @param {import('./types.js').Visit} visit @param {string[]} path */
export function setLeaf(visit, [kind, scope, name], value) {
  if (kind === 'interactions') interactionIn(visit, scope)[name] = value;
  else if (kind !== 'answers') visit[kind] = value;
  else {
    const answers = ['context', 'visit'].includes(scope) ? answersOf(visit, scope) : interactionIn(visit, scope).answers;
    if (value === null) delete answers[name];
    else answers[name] = structuredClone(value);
  }
}

function interactionIn(visit, id) {
  let found = visit.interactions.find((each) => each.id === id);
  if (!found) visit.interactions.push((found = newInteraction(id, null)));
  return found;
}

/**
 * Bring into `mine` what changed in `theirs` since both were `base`. Where both changed, mine stays and theirs is
 * returned, for the auditor to choose.
 * @param {object | null} base None: whatever differs is asked.
 * @returns {import('./types.js').Asked[]}
 */
export function mergeInto(mine, theirs, base) {
  const [here, there, before] = [leavesOf(mine), leavesOf(theirs), leavesOf(base)];
  const asked = [];
  for (const key of new Set([...here.keys(), ...there.keys()])) {
    const path = JSON.parse(key);
    if (path[0] === 'taps') continue; // a list of its own kind: below
    const [m, t, b] = [at(here, key), at(there, key), at(before, key)];
    if (same(m, t) || same(t, b)) continue;
    if (same(m, b)) setLeaf(mine, path, t);
    else if (isAskedFor(path)) asked.push({ path, theirs: t });
  }
  mine.taps = tapsOf(mine.taps ?? [], theirs.taps ?? [], base?.taps ?? []);
  return asked;
}

/** What a person typed, chose or tapped and the two do not say alike, leaf by leaf. */
export function unlike(mine, theirs) {
  const [here, there] = [leavesOf(mine), leavesOf(theirs)];
  return [...new Set([...here.keys(), ...there.keys()])]
    .map((key) => ({ path: JSON.parse(key), mine: at(here, key), theirs: at(there, key) }))
    .filter((leaf) => isAskedFor(leaf.path) && !same(leaf.mine, leaf.theirs));
}

/** What `mine` says and `theirs` does not say. @returns {import('./types.js').Asked[]} */
export const differences = (mine, theirs) => unlike(mine, theirs).filter((leaf) => !same(leaf.mine, null));

/** The taps of both in the order of time; one that was taken back on either since `before` stays taken back. */
function tapsOf(mine, theirs, before) {
  const nameOf = ({ at, what }) => `${at} ${what}`;
  const [here, there] = [mine, theirs].map((taps) => new Map(taps.map((tap) => [nameOf(tap), tap])));
  const both = new Map([...here, ...there]);
  for (const name of before.map(nameOf)) if (!here.has(name) || !there.has(name)) both.delete(name);
  return [...both.values()].sort((a, b) => a.at.localeCompare(b.at));
}

/** @param {import('./types.js').Visit} visit @param {import('./types.js').Asked} question */
export function choose(visit, { path, theirs }, takesTheirs) {
  if (takesTheirs) setLeaf(visit, path, theirs);
  visit.asked = visit.asked.filter((each) => JSON.stringify(each.path) !== JSON.stringify(path));
}

/** @param {import('./types.js').Visit} visit */
export function leafOf(visit, path) {
  return leavesOf(visit).get(JSON.stringify(path))?.value ?? null;
}
