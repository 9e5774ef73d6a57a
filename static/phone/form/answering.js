/** What is tapped, chosen and typed on a step becomes answers. */
import { moveUp, patchAnswer } from '../visit/draft.js';
import { $, one } from '../shell/elements.js';
import { answerAddress } from './errors.js';
import { patchOfDeed, patchOfInput } from './form.js';
import { later } from '../shell/later.js';
import { indexOfStep } from './steps.js';
import { t } from '../shell/words.js';

/** What `visit/visit-times.js` makes of a field's value. */
/** @type {Record<string, 'arriveAt' | 'arriveOn' | 'leaveAt'>} */
const TIMES = { arrived: 'arriveAt', 'arrived-day': 'arriveOn', left: 'leaveAt' };

/** Fields about the visit as a whole. @type {Record<string, 'note' | 'not_completed_reason'>} */
const OF_VISIT = { 'visit-note': 'note', 'not-completed-reason': 'not_completed_reason' };

/**
 * @typedef {import('../types.js').Page} Page
 * @typedef {object} Means
 * @property {import('../types.js').Showing['show']} show
 * @property {(id: string) => void} bringBack
 * @property {{prepare: () => unknown, take: (input: HTMLInputElement) => void, keepAgain: (id: string) => void, drop: (id: string) => void}} camera
 * @property {() => void} goCovert
 * @typedef {import('../types.js').Tap} Tap
 */

/** @param {Page} page @param {Means} means */
export function listenToAnswers(page, means) {
  const { editing } = page;

  $('step').addEventListener('input', (/** @type {Tap} */ { target }) => {
    const { part } = target.dataset;
    if (Object.hasOwn(OF_VISIT, part)) {
      const words = target.value;
      return editing.change((kept) => void (kept[OF_VISIT[part]] = words));
    }
    const fieldset = target.closest('[data-criterion]');
    const patch = fieldset && patchOfInput(target, fieldset);
    return patch && answer(page, fieldset.dataset.criterion, patch);
  });

  $('step').addEventListener('change', (/** @type {Tap} */ { target }) => {
    const { part } = target.dataset;
    if (part === 'photo') return means.camera.take(target);
    if (Object.hasOwn(TIMES, part)) writeTime(page, TIMES[part], target.value);
  });

  // Loaded before a time is written, so that "Send", tapped right after it, comes after it.
  $('step').addEventListener('focusin', (/** @type {Tap} */ { target }) => {
    if (Object.hasOwn(TIMES, target.dataset.part)) loadTimes();
  });

  $('step').addEventListener('click', (/** @type {Tap} */ { target }) => {
    if (target.dataset.part === 'photo') return means.camera.prepare();
    const button = target.closest('button');
    return button && tap(page, means, button);
  });
}

/** @param {Page} page @param {string} key @param {object} patch */
function answer({ screen, editing }, key, patch) {
  const { scope, id } = screen.step();
  /** @param {import('../types.js').ServerError} error @param {import('../types.js').Visit['payload']} payload */
  const isAbout = ({ where }, payload) => {
    const address = answerAddress(where, payload);
    return address?.scope === scope && address.criterion === key;
  };
  editing.change((kept) => {
    patchAnswer(kept, scope, key, patch);
    kept.errors = kept.errors.filter((error) => !isAbout(error, kept.payload));
    kept.remarks = (kept.remarks ?? []).filter((remark) =>
      remark.scope !== scope || remark.criterion !== key
    );
    kept.cursor = { step: id, criterion: key };
  });
  screen.refresh();
}

const loadTimes = () => later(() => import('../visit/visit-times.js'));

/** @param {Page} page @param {'arriveAt' | 'arriveOn' | 'leaveAt'} name @param {string} value */
async function writeTime({ store, screen, editing, status }, name, value) {
  if (!value && name !== 'leaveAt') return undefined; // nobody came at no time
  const found = await loadTimes();
  if (!found) {
    return status.warn(t('This page is not on this phone yet: open it once with a connection.'));
  }
  const { now, offset } = await found.clocks(store);
  editing.change((kept) => found[name](kept, value, now, offset));
  return screen.refresh();
}

/** @param {Page} page @param {Means} means @param {HTMLButtonElement} button */
function tap(page, { show, bringBack, camera, goCovert }, button) {
  const { screen, editing } = page;
  const { deed, go, criterion, restore, photo = '', up } = button.dataset;
  if (up) {
    editing.change((kept) => moveUp(kept, up));
    return show(screen.renewSteps().length - 1);
  }
  if (deed === 'covert') return goCovert();
  if (deed === 'choose') return one($('asked'), 'button').click(); // what the head offers, too
  if (go) return show(indexOfStep(screen.steps(), go), { criterion });
  if (restore) return bringBack(restore);
  if (deed === 'send') return page.sender?.nudge();
  if (deed === 'keep-photo') return camera.keepAgain(photo);
  if (deed === 'drop-photo') return camera.drop(photo);
  /** @type {HTMLElement | null} */
  const fieldset = button.closest('[data-criterion]');
  if (!fieldset) return undefined; // a choice or a tap, with an owner of its own
  const { criterion: key = '' } = fieldset.dataset;
  const patch = patchOfDeed(button, fieldset, screen.answerOf(key), Date.now());
  return patch && answer(page, key, patch);
}
