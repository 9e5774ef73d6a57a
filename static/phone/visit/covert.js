/** Inside, unnoticed: one tap an event, and a line of notes. Outside, the report begins with what was tapped. */
import { addInteraction, isWritten, markMoment } from './draft.js';
import { $ } from '../shell/elements.js';
import { putText } from '../form/fields.js';
import { EVENTS, tapsInWords } from './taps.js';
import { t } from '../shell/words.js';

/**
 * @typedef {import('../types.js').Visit} Visit
 * @typedef {import('../types.js').Interaction} Interaction
 */

/** What a tap means for the report.
 * @type {Record<string, import('../types.js').Moment>} */
const MOMENT_OF = { acknowledged: 'acknowledged_at', helped: 'helped_at', done: 'ended_at' };

/** The encounters that were tapped, each as its moments.
 * @param {Visit['taps']} taps @returns {Record<string, string>[]} */
function encountersOf(taps) {
  /** @type {Record<string, string>[]} */
  const encounters = [];
  for (const { what, at } of taps.filter((tap) => !['arrived', 'left'].includes(tap.what))) {
    if (what === 'customer' || !encounters.length) {
      encounters.push({ [MOMENT_OF[what] ?? 'started_at']: at });
    } else encounters[encounters.length - 1][MOMENT_OF[what]] = at;
  }
  return encounters;
}

/**
 * Written up before: it may have been moved or removed since, but a moment of it is still that of a tap.
 * @param {Partial<Record<string, unknown>>} interaction @param {Record<string, string>} moments
 */
const isOf = (interaction, moments) =>
  Object.entries(moments).some(([moment, at]) => interaction[moment] === at);

/** There from the start, and looked at at most. @param {Interaction} interaction */
const isBlank = (
  {
    label,
    removed_at: removed,
    answers,
    acknowledged_at: noticed,
    helped_at: helped,
    ended_at: ended,
  },
) => !label && !removed && !noticed && !helped && !ended && !Object.keys(answers).length;

/**
 * Times of the report from the taps, save those that were written by hand. Who opened the plain page by mistake, and tapped and wrote nothing, records openly.
 * @param {Visit} visit
 * @param {string[]} ids For the interactions that do not exist yet.
 */
export function prefill(visit, ids) {
  const { taps } = visit;
  visit.mode = taps.length || visit.hidden_notes ? 'covert' : 'live';
  /** @param {string} what */
  const last = (what) => taps.findLast((tap) => tap.what === what)?.at;
  if (!isWritten(visit, 'left_at')) visit.left_at = last('left') ?? visit.left_at;
  if (!isWritten(visit, 'started_at')) {
    visit.started_at = last('arrived') ?? visit.started_at;
    const first = taps[0]?.at; // who forgot to tap on entering was there by the first tap
    if (first && first < visit.started_at) visit.started_at = first;
  }
  const encounters = encountersOf(taps);
  const known = encounters.map((moments) => visit.interactions.find((each) => isOf(each, moments)));
  const blank = visit.interactions.filter((each) => isBlank(each) && !known.includes(each));
  encounters.forEach((moments, number) => {
    const here = known[number] ?? blank.shift();
    const id = here?.id ?? ids[number];
    addInteraction(visit, id, null);
    if (!known[number]) markMoment(visit, id, 'started_at', null); // looking at its page was no arrival
    for (const [moment, at] of Object.entries(moments)) markMoment(visit, id, moment, at);
  });
}

/** @param {import('../types.js').Page} page @param {() => void} showReport */
export function openCovert(page, showReport) {
  const { visit, editing } = page;
  /** @param {boolean} isOn @param {string} title */
  const cover = (isOn, title) => {
    document.body.classList.toggle('covert', isOn);
    document.title = title;
  };
  const lift = () => {
    cover(false, `${visit.location.name} · Plumbline`);
    page.cover = null;
  };
  /** @param {string} what */
  const tapped = (what) => {
    const at = new Date().toISOString();
    editing.change((kept) => void (kept.taps = [...kept.taps, { what, at }]));
  };
  const untapped = () => {
    const slip = visit.taps.at(-1);
    if (slip) {
      editing.change((kept) => void (kept.taps = kept.taps.filter((tap) => !isSameTap(tap, slip))));
    }
  };
  /** @param {string} text */
  const noted = (text) => editing.change((kept) => void (kept.hidden_notes = text));
  const report = () => {
    const ids = visit.taps.map(() => crypto.randomUUID());
    editing.change((kept) => {
      prefill(kept, ids);
      kept.cursor = { step: '', criterion: null };
    });
    lift();
    showReport();
  };
  editing.change((kept) => void (kept.cursor = { step: 'covert', criterion: null }));
  cover(true, t('Notes'));
  const { element, refresh } = buildCovert({ visit, tapped, untapped, noted, report });
  page.cover = { refresh, lift };
  $('step').replaceChildren(element);
}

/**
 * @param {object} given
 * @param {Visit} given.visit
 * @param {(what: string) => void} given.tapped
 * @param {() => void} given.untapped The last tap was a slip.
 * @param {(text: string) => void} given.noted
 * @param {() => void} given.report
 * @returns {{element: HTMLElement, refresh: () => void}} `refresh`: another tab or phone may have tapped or written.
 */
export function buildCovert({ visit, tapped, untapped, noted, report }) {
  const page = document.createElement('div');
  /** @param {string} text @param {() => void} deed */
  const button = (text, deed) => {
    const made = Object.assign(document.createElement('button'), {
      type: 'button',
      textContent: text,
    });
    made.addEventListener('click', deed);
    return made;
  };
  const said = document.createElement('p');
  said.setAttribute('role', 'status');
  const showTaps = () => {
    said.textContent = tapsInWords(visit.taps.slice(-6), visit.location.timezone);
  };
  /** @param {() => void} deed */
  const then = (deed) => () => (deed(), showTaps());
  const taps = document.createElement('div');
  taps.className = 'taps';
  taps.append(...EVENTS.map(({ what, text }) => button(text, then(() => tapped(what)))));
  const notes = Object.assign(document.createElement('textarea'), { rows: 4, maxLength: 5000 });
  notes.setAttribute('aria-label', t('Notes'));
  notes.addEventListener('input', () => noted(notes.value));
  const foot = document.createElement('p');
  foot.className = 'choices-row';
  foot.append(button(t('Undo'), then(untapped)), button(t('Write up'), report));
  const title = Object.assign(document.createElement('h1'), {
    className: 'unseen',
    textContent: t('Notes'),
  });
  page.append(title, taps, said, notes, foot);
  const refresh = () => {
    showTaps();
    putText(notes, visit.hidden_notes);
  };
  refresh();
  return { element: page, refresh };
}

/** @param {Visit['taps'][number]} one @param {Visit['taps'][number]} other */
const isSameTap = (one, other) => one.at === other.at && one.what === other.what;
