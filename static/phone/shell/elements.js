/** Parts of the page that its templates promise. What may be missing is asked for with `querySelector`. */

/**
 * By its id.
 * @template {Element} [T=HTMLElement]
 * @param {string} id
 * @returns {T}
 */
export const $ = (id) => /** @type {any} */ (document.getElementById(id));

/**
 * The first that fits.
 * @template {Element} [T=HTMLElement]
 * @param {ParentNode} box
 * @param {string} selector
 * @returns {T}
 */
export const one = (box, selector) => /** @type {any} */ (box.querySelector(selector));

/**
 * All that fit.
 * @template {Element} [T=HTMLElement]
 * @param {ParentNode} box
 * @param {string} selector
 * @returns {T[]}
 */
export const all = (box, selector) => /** @type {any} */ ([...box.querySelectorAll(selector)]);

/**
 * A copy of the one element in a template.
 * @param {HTMLTemplateElement} template
 * @returns {HTMLElement}
 */
export const copyOf = (
  template,
) => /** @type {any} */ (template.content.firstElementChild?.cloneNode(true));
