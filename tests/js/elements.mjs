/** Just enough of a page for what builds parts of one: elements that hold children, attributes and listeners. */

class Made {
  children = [];
  attributes = {};
  dataset = {};
  heard = {};

  constructor(tag) {
    this.tag = tag;
  }

  append(...children) {
    this.children.push(
      ...children.flatMap((child) => (child.tag === '#fragment' ? child.children : [child])),
    );
  }

  replaceChildren(...children) {
    this.children = [];
    this.append(...children);
  }

  setAttribute(name, value) {
    this.attributes[name] = value;
  }

  getAttribute(name) {
    return this.attributes[name] ?? null;
  }

  removeAttribute(name) {
    delete this.attributes[name];
  }

  addEventListener(type, listener) {
    this.heard[type] = listener;
  }

  querySelector(selector) {
    return this.all(selector)[0] ?? null;
  }

  querySelectorAll(selector) {
    return this.all(selector);
  }

  /** By a tag, or by one `[data-part="left"]`. */
  all(selector) {
    const [, name, value] = /^\[data-(\w+)="(.*)"\]$/.exec(selector) ?? [];
    const fits = (child) => (name ? child.dataset?.[name] === value : child.tag === selector);
    return this.children.flatMap((
      child,
    ) => [...(fits(child) ? [child] : []), ...(child.all?.(selector) ?? [])]);
  }

  focus() {
    globalThis.document.activeElement = this;
  }

  click() {
    return this.heard.click();
  }

  get text() {
    return [this.textContent, ...this.children.map((child) => child.text)].filter(Boolean).join(
      ' ',
    );
  }
}

export const made = (tag = 'div') => new Made(tag);

/** @returns {object} a document that makes such elements */
export const makeDocument = () => ({
  activeElement: null,
  querySelector: () => null,
  createElement: made,
  createDocumentFragment: () => made('#fragment'),
});
