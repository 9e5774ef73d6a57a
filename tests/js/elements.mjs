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
    this.children.push(...children.flatMap((child) => (child.tag === '#fragment' ? child.children : [child])));
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

  /** Tags only. */
  querySelector(tag) {
    return this.all(tag)[0] ?? null;
  }

  all(tag) {
    return this.children.flatMap((child) => [...(child.tag === tag ? [child] : []), ...(child.all?.(tag) ?? [])]);
  }

  focus() {
    globalThis.document.activeElement = this;
  }

  click() {
    return this.heard.click();
  }

  get text() {
    return [this.textContent, ...this.children.map((child) => child.text)].filter(Boolean).join(' ');
  }
}

export const made = (tag = 'div') => new Made(tag);

/** @returns {object} a document that makes such elements */
export const makeDocument = () => ({
  activeElement: null,
  createElement: made,
  createDocumentFragment: () => made('#fragment'),
});
