/** Criteria on the page: reading the form's outline, showing an answer, and what a tap or a key means. */
import { $, all, copyOf, one } from '../shell/elements.js';
import { putText } from './fields.js';
import { written } from '../shell/words.js';
import { inWords } from './conditions.js';
import { kindOf } from './kinds.js';
import { fillTimer } from './stopwatch.js';
import { keepBefore, start, stop } from './timer.js';

/**
 * @typedef {import('../types.js').Answer} Answer
 * @typedef {import('./kinds.js').Kind} Kind
 */

/**
 * The version's structure, as the page's templates hold it.
 * @param {ParentNode} page
 * @returns {import('../types.js').Section[]}
 */
export function readOutline(page) {
  /** @type {HTMLTemplateElement[]} */
  const templates = all(page, 'template[data-section]');
  return templates.map((template) => ({
    key: template.dataset.section ?? '',
    title: template.dataset.title ?? '',
    asked: /** @type {import('../types.js').Section['asked']} */ (template.dataset.asked),
    criteria: all(template.content, '[data-criterion]').map((fieldset) => ({
      key: fieldset.dataset.criterion ?? '',
      text: (one(fieldset, 'legend').textContent ?? '').trim(),
      kind: fieldset.dataset.kind ?? '',
      options: optionsOf(fieldset),
      shownIf: fieldset.dataset.shownIf
        ? { criterion: fieldset.dataset.shownIf, value: fieldset.dataset.shownValue ?? '' }
        : null,
    })),
  }));
}

/** Labels by value. @param {HTMLElement} fieldset @returns {Record<string, string>} */
function optionsOf(fieldset) {
  /** @type {HTMLInputElement[]} */
  const radios = all(fieldset, 'input[type=radio]');
  return Object.fromEntries(
    radios.map((radio) => [radio.value, radio.parentElement?.textContent?.trim() ?? '']),
  );
}

/**
 * What every criterion has beside its answer. In the page it stands once, so that a long form is not mostly this.
 * @param {HTMLElement} fieldset
 * @param {HTMLTemplateElement} template
 */
export function putBeside(fieldset, template) {
  const parts = /** @type {DocumentFragment} */ (template.content.cloneNode(true));
  const legend = one(fieldset, 'legend').id;
  for (const control of parts.querySelectorAll('[aria-describedby]')) {
    control.setAttribute('aria-describedby', legend);
  }
  const [note, why] = parts.querySelectorAll('[data-part="note-box"] > span');
  (fieldset.dataset.why === undefined ? why : note).remove();
  const hint = fieldset.querySelector('.hint');
  if (hint) one(parts, '.beside').after(hint);
  fieldset.append(parts);
}

/** @param {ParentNode} fieldset @param {string} name @returns {any} `any`: what the templates promise by that name. */
const part = (fieldset, name) => fieldset.querySelector(`[data-part="${name}"]`);
/** Bring one criterion's controls in line with its answer.
 * @param {HTMLElement} fieldset @param {Answer} answer @param {string[]} wrong */
export function fill(fieldset, answer, wrong) {
  const isAnswered = answer.state === 'answered';
  const kind = kindOf(fieldset.dataset.kind);
  /** @type {HTMLInputElement[]} */
  const radios = all(fieldset, 'input[type=radio]');
  for (const radio of radios) {
    radio.checked = isAnswered && inWords(answer.value) === radio.value;
  }
  const field = part(fieldset, 'field');
  if (field) fillText(field, answer, fieldset.dataset.kind);
  kind.fill?.(fieldset, answer);
  for (const deed of ['does_not_apply', 'not_observed']) {
    fieldset.querySelector(`[data-deed="${deed}"]`)?.setAttribute(
      'aria-pressed',
      String(answer.state === deed),
    );
  }
  fieldset.classList.toggle('set-aside', Boolean(answer.state) && !isAnswered);
  fillNote(fieldset, answer);
  fillReason(fieldset, answer);
  const unread = answer.typed || kind.isUnknown ? [kind.wanted] : [];
  const reasons = [...unread, ...wrong];
  const said = part(fieldset, 'wrong');
  said.textContent = reasons.join(' ');
  said.hidden = !reasons.length;
  fieldset.classList.toggle('is-wrong', reasons.length > 0);
  field?.setAttribute('aria-invalid', String(reasons.length > 0));
  said.id = `w-${fieldset.dataset.criterion}`;
  for (const described of [fieldset, field]) {
    if (described) describe(described, said.id, reasons.length > 0);
  }
}

/** What a screen reader says with it, beside what it says anyway. @param {Element} element @param {string} id @param {boolean} isSaid */
export function describe(element, id, isSaid) {
  const others = (element.getAttribute('aria-describedby') ?? '').split(' ').filter((each) =>
    each && each !== id
  );
  const ids = isSaid ? [...others, id] : others;
  if (ids.length) element.setAttribute('aria-describedby', ids.join(' '));
  else element.removeAttribute('aria-describedby');
}

/**
 * Where somebody is writing, what says the same stays as it is written: `1:30` for 90 seconds.
 * @param {HTMLInputElement | HTMLTextAreaElement} field @param {Answer} answer @param {string} [kind]
 */
export function fillText(field, answer, kind) {
  const saysSame = typedIn(patchOfText(field.value, kindOf(kind))) === typedIn(answer);
  if (field !== document.activeElement || !saysSame) putText(field, typedIn(answer));
}

/** An answer as somebody would type it. @param {{typed?: string | null, value?: Answer['value']}} answer */
const typedIn = ({ typed, value }) =>
  typed ?? String(typeof value === 'number' ? written(value, { useGrouping: false }) : value ?? '');

/** @param {HTMLElement} fieldset @param {Answer} answer */
function fillNote(fieldset, answer) {
  const area = part(fieldset, 'note');
  if (!area) return;
  putText(area, answer.note ?? '');
  const { why } = fieldset.dataset; // asked for with every answer, or with the one that it names
  const isWanted = answer.state === 'answered' && why !== undefined &&
    ['', inWords(answer.value)].includes(why);
  if (answer.note || isWanted) showNote(fieldset, true);
  else if (why) showNote(fieldset, false);
}

/** Why it does not apply or was not seen; the field is made when it is first wanted. @param {HTMLElement} fieldset @param {Answer} answer */
function fillReason(fieldset, answer) {
  const isAside = answer.state === 'does_not_apply' || answer.state === 'not_observed';
  let box = part(fieldset, 'reason-box');
  if (!box && !isAside) return;
  if (!box) {
    box = copyOf($('reason'));
    one(fieldset, '.beside').after(box);
  }
  box.hidden = !isAside;
  const select = part(fieldset, 'reason');
  if (select !== document.activeElement) select.value = answer.reason ?? '';
}

/** @param {HTMLElement} fieldset @param {boolean} isShown */
function showNote(fieldset, isShown) {
  part(fieldset, 'note-box').hidden = !isShown;
  fieldset.querySelector('[data-deed="note"]')?.setAttribute('aria-expanded', String(isShown));
}

/** What choosing or typing makes of the answer; null when it is no answer. @param {HTMLInputElement} control @param {HTMLElement} fieldset */
export function patchOfInput(control, fieldset) {
  const kind = kindOf(fieldset.dataset.kind);
  if (control.dataset.part === 'reason') return { reason: control.value || null };
  if (control.dataset.part === 'note') return { note: control.value || null };
  if (control.type === 'radio') {
    return { state: 'answered', value: kind.chosen(control.value) };
  }
  if (control.dataset.part === 'field') return patchOfText(control.value, kind);
  return null;
}

/** @param {string} text @param {Kind} kind */
function patchOfText(text, kind) {
  if (!text.trim()) return { state: null, value: null, typed: null, timer: null };
  const value = kind.read(text);
  // What is no number yet stays in its field and counts as unanswered.
  if (value === null) return { state: null, value: null, typed: text, timer: null };
  return { state: 'answered', value, typed: null, timer: null };
}

/** What a button of a criterion does to its answer; null when it only opens something.
 * @param {HTMLElement} button @param {HTMLElement} fieldset @param {Answer} answer @param {number} now */
export function patchOfDeed(button, fieldset, answer, now) {
  const { deed } = button.dataset;
  if (deed === 'timer') {
    delete fieldset.dataset.typing;
    return answer.timer ? stop(answer, now) : start(answer, now);
  }
  if (deed === 'keep') return keepBefore(answer);
  if (deed === 'less' || deed === 'more') {
    const value = Math.max(
      0,
      Number(answer.value ?? 0) + (deed === 'more' ? 1 : answer.value === undefined ? 0 : -1),
    );
    return { state: 'answered', value, typed: null };
  }
  if (deed === 'does_not_apply' || deed === 'not_observed') {
    // The value stays underneath, so that a slip of the thumb costs nothing.
    if (answer.state === deed) return { state: answer.value === undefined ? null : 'answered' };
    return { state: deed, timer: null, typed: null };
  }
  if (deed === 'note') {
    const isShown = part(fieldset, 'note-box').hidden;
    showNote(fieldset, isShown || Boolean(answer.note));
    if (isShown) part(fieldset, 'note').focus();
  }
  if (deed === 'type') {
    fieldset.dataset.typing = '';
    fillTimer(fieldset, answer);
    part(fieldset, 'field').focus();
  }
  return null;
}
