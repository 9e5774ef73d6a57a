/**
 * Two copies of one visit made one, answer by answer. A copy is seen as leaves: what may differ by itself, each at a
 * path such as `['answers', 'visit', 'clean']`.
 */
import { answersOf, keepWritten, MOMENTS, newInteraction } from '../visit/draft.js';

/**
 * @typedef {import('../types.js').Visit} Visit
 * @typedef {import('../types.js').Interaction} Interaction
 * @typedef {import('../types.js').Copy} Copy
 * @typedef {import('../types.js').Leaf} Leaf
 */

const PLAIN = [
  'started_at',
  'left_at',
  'note',
  'mode',
  'hidden_notes',
  'not_completed_reason',
  'gps',
  'revision',
  'version',
  'completed_at',
];
/** @type {(keyof Interaction)[]} */
const OF_INTERACTION = ['label', 'removed_at', ...MOMENTS];
/** @type {string[]} */
const TIMES = MOMENTS;
const TYPED = [
  'answers',
  'started_at',
  'left_at',
  'note',
  'hidden_notes',
  'not_completed_reason',
  'taps',
];
/** What somebody typed, chose or tapped: never decided without asking. @param {string[]} path */
export const isAskedFor = ([kind, , name]) =>
  TYPED.includes(kind) || name === 'label' || TIMES.includes(name);

/** @param {Copy} visit @returns {Map<string, {path: string[], value: Leaf}>} */
export function leavesOf(visit) {
  /** @type {Map<string, {path: string[], value: Leaf}>} */
  const leaves = new Map();
  /** @param {string[]} path @param {Leaf} value */
  const leaf = (path, value) => leaves.set(JSON.stringify(path), { path, value: value ?? null });
  if (!visit) return leaves;
  for (const name of PLAIN) leaf([name], visit[name]);
  leaf(['taps'], visit.taps?.length ? visit.taps : null);
  for (
    const scope of [
      'context',
      'visit',
      ...visit.interactions.map((/** @type {Interaction} */ { id }) => id),
    ]
  ) {
    for (const [key, answer] of Object.entries(answersOf(visit, scope))) {
      leaf(['answers', scope, key], answer);
    }
  }
  for (const interaction of visit.interactions) {
    for (const name of OF_INTERACTION) {
      leaf(['interactions', interaction.id, name], interaction[name]);
    }
  }
  return leaves;
}

/** Two answers that say the same in another order are the same. @param {Leaf} a @param {Leaf} b */
export const same = (a, b) => JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
/** @param {Leaf} value @returns {Leaf} */
function sorted(value) {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value === '' ? null : value ?? null;
  const kept = Object.entries(value).filter(([, each]) =>
    each !== null && each !== undefined && each !== ''
  );
  return kept.length
    ? Object.fromEntries(kept.map(([name, each]) => [name, sorted(each)]).sort())
    : null;
}

/** @param {Copy} visit @param {string[]} path @param {Leaf} value */
export function setLeaf(visit, [kind, scope, name], value) {
  if (kind === 'interactions') interactionIn(visit, scope)[name] = value;
  else if (kind !== 'answers') visit[kind] = value;
  else {
    const answers = ['context', 'visit'].includes(scope)
      ? answersOf(visit, scope)
      : interactionIn(visit, scope).answers;
    if (value === null) delete answers[name];
    else answers[name] = structuredClone(value);
  }
}

/** @param {Copy} visit @param {string} id */
function interactionIn(visit, id) {
  let found = visit.interactions.find((/** @type {Interaction} */ each) => each.id === id);
  if (!found) visit.interactions.push(found = newInteraction(id, null));
  return found;
}

/**
 * Bring into `mine` what changed in `theirs` since both were `base`. Where both changed, mine stays and theirs is
 * returned, for the auditor to choose.
 * @param {Copy} mine
 * @param {Copy} theirs
 * @param {Copy} base None: whatever differs is asked, save when each began.
 * @param {Copy} [tried] What mine was since then and may have become a part of theirs: that is nothing new either.
 * @returns {import('../types.js').Asked[]}
 */
export function mergeInto(mine, theirs, base, tried = null) {
  const [here, there, before, between] = [mine, theirs, base, tried].map(leavesOf);
  /** @type {import('../types.js').Asked[]} */
  const asked = [];
  /** @param {ReturnType<typeof leavesOf>} leaves @param {string} key */
  const at = (leaves, key) => leaves.get(key)?.value ?? null;
  for (const key of new Set([...here.keys(), ...there.keys()])) {
    const path = JSON.parse(key);
    if (path[0] === 'taps') continue; // a list of its own kind: below
    const [m, t, b] = [at(here, key), at(there, key), at(before, key)];
    if (same(m, t) || same(t, b) || (tried && same(t, at(between, key)))) continue;
    if (same(m, b)) setLeaf(mine, path, t);
    else if (!base && path.at(-1) === 'started_at') setLeaf(mine, path, m < t ? m : t); // two phones opened one form
    else if (isAskedFor(path)) asked.push({ path, theirs: t });
  }
  keepWritten(mine, theirs.written ?? []);
  mine.taps = tapsOf(mine.taps ?? [], theirs.taps ?? [], base?.taps ?? [], tried?.taps ?? []);
  return asked;
}

/**
 * The taps of both in the order of time; one that was taken back on either since `before` stays taken back.
 * @param {Visit['taps']} mine @param {Visit['taps']} theirs @param {Visit['taps']} before @param {Visit['taps']} between
 */
function tapsOf(mine, theirs, before, between) {
  /** @param {Visit['taps'][number]} tap */
  const nameOf = ({ at, what }) => `${at} ${what}`;
  const [here, there] = [mine, theirs].map((taps) =>
    new Map(taps.map((tap) => [nameOf(tap), tap]))
  );
  const both = new Map([...here, ...there]);
  for (const name of before.map(nameOf)) if (!here.has(name) || !there.has(name)) both.delete(name);
  for (const name of between.map(nameOf)) if (!here.has(name)) both.delete(name);
  return [...both.values()].sort((a, b) => a.at.localeCompare(b.at));
}
