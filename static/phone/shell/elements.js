/** Parts of the page that its templates promise. What may be missing is asked for with `querySelector`. */

/**
 * By its id.
 * @template {Element} [T=HTMLElement]
 * @param {string} id
 * @returns {T}
 */
export const $ = (
  id,
) => /** @type {any} `any`: which element it is the caller says. */ (document.getElementById(id));

/**
 * The first that fits.
 * @template {Element} [T=HTMLElement]
 * @param {ParentNode} box
 * @param {string} selector
 * @returns {T}
 */
export const one = (
  box,
  selector,
) => /** @type {any} `any`: which element it is the caller says. */ (box.querySelector(selector));

/**
 * All that fit.
 * @template {Element} [T=HTMLElement]
 * @param {ParentNode} box
 * @param {string} selector
 * @returns {T[]}
 */
export const all = (
  box,
  selector,
) => /** @type {any} `any`: which elements they are the caller says. */ ([
  ...box.querySelectorAll(selector),
]);

/**
 * A copy of the one element in a template.
 * @param {HTMLTemplateElement} template
 * @returns {HTMLElement}
 */
export const copyOf = (
  template,
) => /** @type {any} `any`: the one element in it. */ (template.content.firstElementChild
  ?.cloneNode(true));
