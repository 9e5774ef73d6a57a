/** Two versions of a visit: what they say differently, and taking over what one of them says. */
import { unlike } from './differences.js';
import { liveInteractions } from '../visit/draft.js';
import { leavesOf, setLeaf } from './merge.js';

/** @param {string[]} path */
const isWhole = ([kind, , name]) => kind === 'interactions' && !name;

/**
 * Whatever the two say differently, also where one of them says nothing. An interaction that only one has is one
 * question, not as many as it has answers.
 * @param {import('../types.js').Visit} mine @param {import('../types.js').Visit} theirs
 * @returns {import('../types.js').Asked[]}
 */
export function disagreements(mine, theirs) {
  const [here, there] = [mine, theirs].map((visit) =>
    new Set(liveInteractions(visit).map(({ id }) => id))
  );
  const lone = [...new Set([...here, ...there])].filter((id) => !here.has(id) || !there.has(id));
  return [
    ...lone.map((id) => ['interactions', id]).map((path) => ({
      path,
      theirs: saidIn(theirs, path),
    })),
    ...unlike(mine, theirs).filter(({ path }) => !lone.includes(path[1])).map((
      { path, theirs: said },
    ) => ({ path, theirs: said })),
  ];
}

/** What a version says to a question. @param {import('../types.js').Visit} visit @param {string[]} path */
export function saidIn(visit, path) {
  if (!isWhole(path)) return leavesOf(visit).get(JSON.stringify(path))?.value ?? null;
  return liveInteractions(visit).find(({ id }) => id === path[1]) ?? null;
}

/** @param {import('../types.js').Visit} visit @param {import('../types.js').Asked} question */
export function takeTheirs(visit, { path, theirs }) {
  if (!isWhole(path)) return setLeaf(visit, path, theirs);
  visit.interactions = visit.interactions.filter(({ id }) => id !== path[1]);
  if (theirs) visit.interactions.push(structuredClone(theirs));
}

/** The auditor's word on a question that two phones left open.
 * @param {import('../types.js').Visit} visit @param {import('../types.js').Asked} question @param {boolean} takesTheirs */
export function choose(visit, { path, theirs }, takesTheirs) {
  if (takesTheirs) setLeaf(visit, path, theirs);
  visit.asked = visit.asked.filter((each) => JSON.stringify(each.path) !== JSON.stringify(path));
}
