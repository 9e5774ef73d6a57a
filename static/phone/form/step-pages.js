/** What stands on the page for a step: the questions of its section, or what builds the last one once it is here. */
import { $, all, one } from '../shell/elements.js';
import { later } from '../shell/later.js';
import { t } from '../shell/words.js';
import { wrongsIn } from './errors.js';
import { putBeside } from './form.js';

/** @param {import('../types.js').View} view */
export function createStepPages(view) {
  /** What builds the last page: it comes before that is shown. @type {typeof import('./check.js') | null} */
  let check = null;
  const loadCheck = async () => (check ??= await later(() => import('./check.js')));

  /** @param {typeof import('./check.js')} found */
  const built = ({ buildCheck }) =>
    buildCheck({ ...view, template: $('check'), wrong: wrongsIn(view) });

  /** The last page, or a room for it until what builds it is here. Who has gone on meanwhile does not see it. */
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

  /** @param {boolean} isThere It came with the page. */
  function put(isThere) {
    const { section } = view.steps[view.index];
    if (view.index > view.steps.length - 3) { // the last page is the next one
      loadCheck();
      later(() => import('../sync/form-sending.js'));
    }
    if (!isThere) $('step').replaceChildren(section ? bodyOf(section) : checkPage());
  }

  return { put };
}

/** @param {import('../types.js').Section} section */
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
