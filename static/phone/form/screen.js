/** Shows one step of a visit at a time. Reads the visit, never changes it. */
import { shownIn } from './conditions.js';
import { createHold } from '../shell/doubletap.js';
import { answersOf, interactionOf, isOpen } from '../visit/draft.js';
import { answerAddress } from './errors.js';
import { $, all, one } from '../shell/elements.js';
import { fillFields } from './fields.js';
import { fill, putBeside, tick } from './form.js';
import { later } from '../shell/later.js';
import { interactionCrumb, interactionName } from '../visit/names.js';
import { fillMoments } from '../visit/encounter-timestamps.js';
import { createPictures } from '../photo/thumbnails.js';
import { nextUnanswered, stepsOf, unansweredIn } from './steps.js';
import { t } from '../shell/words.js';

/**
 * @typedef {import('../types.js').Section} Section
 * @typedef {import('../types.js').Step} Step
 */

/**
 * @param {object} given
 * @param {import('../types.js').Visit} given.visit
 * @param {import('../types.js').Photo[]} given.photos
 * @param {Section[]} given.sections
 * @param {boolean} given.isPreview
 */
export function createScreen({ visit, photos, sections, isPreview }) {
  const pictures = createPictures($('photo'));
  const asksInteractions = sections.some((section) => section.asked === 'interaction');
  const button = /** @type {HTMLButtonElement} */ ($('next'));
  const sending = createHold(button);
  let steps = stepsOf(visit, sections);
  let current = 0;
  /** What builds the last page: it comes before that is shown. @type {typeof import('./check.js') | null} */
  let check = null;

  const step = () => steps[current];
  const fieldsets = () => all($('step'), '[data-criterion]');
  /** @param {string} key */
  const answerOf = (key) => answersOf(visit, step().scope)[key] ?? {};

  /** Steps as the visit has them now. */
  function renewSteps() {
    steps = stepsOf(visit, sections);
    return steps;
  }

  /**
   * @param {number} index
   * @param {object} options
   * @param {string | null} [options.criterion]
   * @param {boolean} [options.moves] Takes the focus along.
   * @param {boolean} [options.adopts] The first step may be on the page already, as it came from the server.
   */
  function show(index, { criterion = null, moves = true, adopts = false } = {}) {
    renewSteps();
    current = Math.min(index, steps.length - 1);
    pictures.release();
    if (current > steps.length - 3) loadCheck(); // the last page is the next one
    if (!adopts || current) {
      $('step').replaceChildren(step().section ? bodyOf(step().section) : checkPage());
    }
    showHead();
    refresh();
    showFoot();
    const target = criterion &&
      fieldsets().find((fieldset) => fieldset.dataset.criterion === criterion);
    if (target) {
      target.scrollIntoView({ block: 'center' });
      if (moves) one(target, 'input, button, textarea').focus({ preventScroll: true });
    } else if (moves) {
      scrollTo(0, 0);
      $('title').focus({ preventScroll: true });
    }
  }

  /** @param {any} section A `Section`. */
  function bodyOf(section) {
    /** @type {HTMLTemplateElement} */
    const template = one(
      document,
      `template[data-section="${CSS.escape(section.key)}"][data-asked="${section.asked}"]`,
    );
    const body = /** @type {DocumentFragment} */ (template.content.cloneNode(true));
    if (section.asked !== 'context') {
      for (const fieldset of all(body, 'fieldset')) putBeside(fieldset, $('beside'));
    }
    return body;
  }

  /** The last page, or a place for it until what builds it is here. Who has gone on meanwhile does not see it. */
  function checkPage() {
    if (check) return built(check);
    const placeholder = Object.assign(document.createElement('p'), {
      className: 'trouble',
      role: 'alert',
      hidden: true,
    });
    loadCheck().then(() => {
      if (check && placeholder.isConnected) placeholder.replaceWith(built(check));
      placeholder.textContent = t(
        'This page is not on this phone yet: open it once with a connection.',
      );
      placeholder.hidden = false;
    });
    return placeholder;
  }

  const loadCheck = async () => (check ??= await later(() => import('./check.js')));
  /** @param {typeof import('./check.js')} found */
  const built = ({ buildCheck }) =>
    buildCheck({ template: $('check'), visit, sections, steps, wrong: wrongs() });

  function showHead() {
    const { section, scope } = step();
    $('head').hidden = false;
    $('crumb').hidden = section?.asked !== 'interaction';
    if (!$('crumb').hidden) one($('crumb'), 'span').textContent = interactionCrumb(visit, scope);
    $('title').textContent = section?.title ?? t('Check and send');
    showMoments();
    $('notes').hidden = !visit.hidden_notes && !visit.taps?.length;
    if (!$('notes').hidden) {
      one($('notes'), 'p').textContent = visit.hidden_notes || t('No words, only taps.');
    }
    Object.assign(/** @type {HTMLElement} */ ($('progress')), {
      hidden: false,
      max: steps.length,
      value: current + 1,
    });
  }

  function showMoments() {
    const interaction = interactionOf(visit, step().scope);
    $('moments').hidden = !interaction;
    if (interaction) fillMoments($('moments'), interaction, visit.location.timezone, Date.now());
  }

  function showFoot() {
    const next = steps[current + 1];
    $('foot').hidden = false;
    $('back').hidden = current === 0;
    $('add').hidden = !asksInteractions;
    button.textContent = next
      ? t('Next: {step}', { step: nextName(next) })
      : isPreview
      ? t('Send (not in the preview)')
      : t('Send');
    if (next) sending.release();
    else if (isPreview) button.disabled = true;
    else sending.hold(); // the second of two taps on "Next" would send
  }

  /** @param {Step} step */
  function nextName({ section, scope }) {
    if (!section) return t('Check');
    const isOther = section.asked === 'interaction' && scope !== step().scope;
    return isOther ? interactionName(visit, scope) : section.title;
  }

  /** What is asked, what is answered, what is wrong: after each change. */
  function refresh() {
    const { section, scope, id } = step();
    if (section) {
      const shown = new Set(shownIn(section, scope, visit, sections).map(({ key }) => key));
      const wrong = wrongs().filter((each) => each.step?.id === id);
      for (const fieldset of fieldsets()) {
        const key = fieldset.dataset.criterion ?? '';
        fieldset.hidden = !shown.has(key);
        fill(
          fieldset,
          answerOf(key),
          wrong.filter((each) => each.criterion === key).map(({ message }) => message),
        );
        pictures.fill(fieldset, photosOn(key));
      }
    }
    showMoments();
    fillFields($('step'), visit);
    $('jump').hidden = !nextUnanswered(steps, visit, sections, { index: current, criterion: null });
    $('asked').hidden = !visit.asked?.length;
    one($('asked'), 'span').textContent = t('Answered differently on another phone.');
    const n = unansweredIn(step(), visit, sections).length;
    const position = t('{number} of {n}', { number: current + 1, n: steps.length });
    $('overview').textContent = n ? `${position} · ${t('{n} unanswered', { n })}` : position;
    $('overview').hidden = !section;
  }

  /** @param {string} key */
  function photosOn(key) {
    const interaction = step().scope === 'visit' ? null : step().scope;
    return photos.filter((each) =>
      !each.removed_at && each.criterion === key && each.interaction === interaction
    );
  }

  /** The server's reasons, each with the step that it is about. */
  function wrongs() {
    const found = visit.errors.map(({ where, message }) => ({
      address: answerAddress(where, visit.payload),
      message,
    }));
    const remarks = (visit.remarks ?? []).map(({ message, ...address }) => ({ address, message }));
    return [...found, ...remarks].map(({ address, message }) => {
      /** @param {Step} each */
      const about = (each) =>
        each.scope === address?.scope &&
        each.section?.criteria.some(({ key }) => key === address?.criterion);
      return { step: steps.find(about) ?? null, criterion: address?.criterion ?? '', message };
    });
  }

  /** The page of a visit that is complete. @param {{state: string, tone: string}} shown */
  function showDone(shown) {
    if (!$('step').querySelector('[data-part="explained"]')) openDone();
    const state = one($('step'), '[data-part="state"]');
    state.textContent = shown.state;
    state.dataset.tone = shown.tone;
    one($('step'), '[data-deed="send"]').hidden = !['waiting', 'accepted'].includes(visit.state);
  }

  /** Once: each photo that arrives is told, and whoever is on a button here stays on it. */
  function openDone() {
    pictures.release();
    $('step').replaceChildren(
      /** @type {HTMLTemplateElement} */ ($('done')).content.cloneNode(true),
    );
    $('title').textContent = t('Visit complete');
    $('head').hidden = false;
    for (
      const id of ['crumb', 'foot', 'progress', 'overview', 'moments', 'notes', 'asked', 'undo']
    ) $(id).hidden = true;
  }

  function tickTimers() {
    if (!step().section || !isOpen(visit)) return;
    showMoments();
    for (const fieldset of fieldsets()) {
      const answer = answerOf(fieldset.dataset.criterion ?? '');
      if (answer.timer) tick(fieldset, answer, Date.now());
    }
  }

  /** @param {string | null} criterion where the auditor is now */
  const nextOpen = (criterion) =>
    nextUnanswered(steps, visit, sections, { index: current, criterion });

  return {
    nextOpen,
    show,
    showHead,
    refresh,
    showDone,
    tickTimers,
    step,
    answerOf,
    renewSteps,
    hasSameSteps: () =>
      steps.map(({ id }) => id).join() === stepsOf(visit, sections).map(({ id }) => id).join(),
    steps: () => steps,
    index: () => current,
  };
}
