/** What stands in the list of visits: plain rows, in four groups. */
import { liveInteractions } from '../visit/draft.js';
import { stateOf } from '../visit/state.js';
import { dayAndTime, dayOf, timeOf } from '../shell/times.js';
import { dayName, momentName } from './days.js';
import { plural, t } from '../shell/words.js';

/**
 * @typedef {import('../types.js').Visit} Visit
 * @typedef {import('../types.js').Assignment} Assignment
 * @typedef {import('../types.js').ServerVisit} ServerVisit
 * @typedef {import('../types.js').Progress} Progress
 */

/**
 * @typedef {object} Row
 * @property {string} name
 * @property {string} state
 * @property {'todo' | 'progress' | 'waiting' | 'sending' | 'received' | 'wrong'} tone
 * @property {string} about
 * @property {{path: string, fragment: string} | null} link Into the form; none where there is nothing to open.
 *
 * @typedef {{photos: number, unsent: number, refused: string[]}} Pictures
 */

/**
 * @param {object} given
 * @param {Assignment[]} given.assignments
 * @param {Visit[]} given.visits Of who is signed in.
 * @param {Map<string, Pictures>} given.pictures By visit.
 * @param {ServerVisit[]} given.sent What the server says it has.
 * @param {{id: string, photo: number, photos: number} | null} given.progress What is being sent.
 * @param {number} given.now epoch ms
 * @returns {Record<'returned' | 'needs' | 'today' | 'later' | 'sent', Row[]>}
 */
export function groupsOf({ assignments, visits, pictures, sent, progress, now }) {
  /** @type {ReturnType<typeof groupsOf>} */
  const groups = { returned: [], needs: [], today: [], later: [], sent: [] };
  const newestFirst = [...visits].reverse();
  for (const visit of newestFirst) {
    const [group, row] = rowOfVisit(visit, pictures.get(visit.id) ?? NONE, progress, now);
    groups[group].push(row);
  }
  const begun = new Set(visits.map((visit) => visit.assignment));
  const open = assignments.filter((assignment) => !begun.has(assignment.id));
  for (const assignment of open.sort((a, b) => a.closes_on.localeCompare(b.closes_on))) {
    const today = dayOf(now, assignment.location.timezone);
    groups[assignment.opens_on > today ? 'later' : 'today'].push(
      rowOfAssignment(assignment, today),
    );
  }
  const here = new Set(visits.map((visit) => visit.id));
  const lastFirst = [...sent].sort((a, b) => b.started_at.localeCompare(a.started_at)); // a store keeps them by id
  for (const visit of lastFirst) if (!here.has(visit.id)) groups.sent.push(rowOfSent(visit, now));
  return groups;
}

/** @type {Pictures} */
const NONE = { photos: 0, unsent: 0, refused: [] };

/** Visits whose answers or photos are on this phone only. @param {Visit[]} visits */
export const unsentOf = (visits) => visits.filter((visit) => visit.state !== 'received');

/** As it stands inside a sentence. @param {string} words */
const inside = (words) => words[0].toLowerCase() + words.slice(1);
/** @param {(string | number | null | undefined | false)[]} parts Words, or nothing. */
const joined = (...parts) => parts.filter(Boolean).join(' · ');
/** @param {string} url */
const pathOf = (url) => new URL(url, 'http://here').pathname; // a proxy may have named another host

/** @param {string} url @param {string} fragment */
const linkTo = (url, fragment) => ({ path: pathOf(url), fragment });

/** @param {Assignment} assignment @param {string} today @returns {Row} */
function rowOfAssignment(assignment, today) {
  const { location, opens_on: opens, closes_on: closes } = assignment;
  const window = opens > today
    ? t('from {day}', { day: dayName(opens, today) })
    : t('until {day}', { day: dayName(closes, today) });
  return {
    name: location.name,
    state: t('To do'),
    tone: 'todo',
    about: joined(
      location.address,
      DAYPARTS[assignment.daypart] ?? assignment.daypart,
      window,
      titleOf(assignment),
    ),
    link: linkTo(assignment.form_url, `assignment=${assignment.id}`),
  };
}

/** @type {Record<string, string>} */
const DAYPARTS = { morning: t('morning'), afternoon: t('afternoon'), evening: t('evening') };
/** @param {Visit | Assignment} of */
const titleOf = (
  { standard, version_number: number },
) => (number ? `${standard} v${number}` : standard);

/** @param {Visit} visit @param {Pictures} pictures @param {Progress | null} progress @param {number} now
 * @returns {[keyof ReturnType<typeof groupsOf>, Row]} */
function rowOfVisit(visit, pictures, progress, now) {
  const zone = visit.location.timezone;
  const row = { name: visit.location.name, link: linkTo(visit.form_url, `visit=${visit.id}`) };
  if (visit.state === 'draft') {
    const started = t('started {when}', { when: inside(momentName(visit.started_at, now, zone)) });
    const about = joined(visit.location.address, started, titleOf(visit));
    return ['today', { ...row, state: t('In progress'), tone: 'progress', about }];
  }
  if (visit.state === 'returned') {
    const about = visit.returned?.comment ?? '';
    return ['returned', { ...row, state: t('Came back to you'), tone: 'wrong', about }];
  }
  if (visit.state === 'refused') {
    const about = visit.errors.length
      ? plural('{n} thing to correct', '{n} things to correct', visit.errors.length)
      : visit.reason;
    return ['needs', { ...row, state: t('Not accepted yet'), tone: 'wrong', about }];
  }
  if (visit.state === 'conflict') {
    const about = t('The server has this visit with other answers. Yours is kept on this phone.');
    return ['needs', { ...row, ...stateOf(visit, pictures, progress), about }];
  }
  if (visit.state === 'received' && pictures.refused.length) {
    return ['needs', { ...row, ...stateOf(visit, pictures, progress), about: pictures.refused[0] }];
  }
  const about = joined(
    momentName(visit.started_at, now, zone),
    [
      liveInteractions(visit).length &&
      plural('{n} interaction', '{n} interactions', liveInteractions(visit).length),
      pictures.photos && plural('{n} photo', '{n} photos', pictures.photos),
    ].filter(Boolean).join(', '),
  );
  return ['sent', { ...row, ...stateOf(visit, pictures, progress), about }];
}

/** @param {ServerVisit} visit @param {number} now @returns {Row} */
function rowOfSent(visit, now) {
  const missing = visit.photos_missing.length;
  return {
    name: visit.location.name,
    state: t('Received, no. {receipt}', { receipt: visit.receipt }),
    tone: missing ? 'waiting' : 'received',
    about: joined(
      momentName(visit.started_at, now, visit.location.timezone),
      visit.n_interactions && plural('{n} interaction', '{n} interactions', visit.n_interactions),
      missing && plural('{n} photo missing', '{n} photos missing', missing),
    ),
    link: visit.content ? linkTo(visit.form_url, `sent=${visit.id}`) : null,
  };
}

const DAY_MS = 86_400_000;

/** Whole days since the oldest unsent work was begun. @param {Visit[]} visits @param {number} now */
export function daysUnsent(visits, now) {
  const oldest = Math.min(...unsentOf(visits).map((visit) => Date.parse(visit.started_at)));
  return Number.isFinite(oldest) ? Math.max(0, Math.floor((now - oldest) / DAY_MS)) : 0;
}

/** From the second day somebody should do something about it; blank before. @param {Visit[]} visits @param {number} now */
export function nudgeLine(visits, now) {
  const days = daysUnsent(visits, now);
  if (days < 1) return '';
  const old = unsentOf(visits).filter((visit) => now - Date.parse(visit.started_at) >= DAY_MS);
  const locations = old.map((visit) => visit.location.name).join(', ');
  return plural(
    '{locations}: not sent for {n} day. Complete and send it, or save it to a file.',
    '{locations}: not sent for {n} days. Complete and send it, or save it to a file.',
    days,
    { locations },
  );
}

/** The line at the foot of the list. @param {Visit[]} visits */
export function unsentLine(visits, now = Date.now()) {
  const unsent = unsentOf(visits);
  if (!unsent.length) return t('Nothing waits on this phone');
  /** @type {any} `any`: there is one. */
  const last = unsent.map((visit) => visit.changed_at).sort().at(-1);
  const time = dayOf(Date.parse(last)) === dayOf(now) ? timeOf(last) : dayAndTime(last);
  return plural(
    '{n} visit on this phone, saved {time}',
    '{n} visits on this phone, saved {time}',
    unsent.length,
    { time },
  );
}
