/** What lint asks of the phone's scripts beside deno's own rules. */

const MOST_LINES = 60;
const FUNCTIONS = ['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression'];

/** Of what is served: a test may tell a longer story. @param {Deno.lint.RuleContext} context */
const isServed = ({ filename }) => !/[\\/]tests[\\/]/.test(filename);

/** @param {string} text */
const linesOf = (text) => text.split('\n').length;

/** A function that is read in one sitting. @type {Deno.lint.Rule} */
const shortFunctions = {
  create(context) {
    /** @param {Deno.lint.Node} node */
    const measure = (node) => {
      const lines = linesOf(context.sourceCode.getText(node));
      if (!isServed(context) || lines <= MOST_LINES) return;
      const message =
        `A function of ${lines} lines; ${MOST_LINES} are the most: split it by subject.`;
      context.report({ node, message });
    };
    return Object.fromEntries(FUNCTIONS.map((type) => [type, measure]));
  },
};

const ANY = /\bany\b/;
/** `any`, and then something about it. */
const REASON = /`any`\W+\w/;
/** What stands between the braces of a type; one that holds another pair holds no third. */
const TYPES = /\{(?:[^{}]|\{[^{}]*\})*\}/g;

/** Lines that have `any` for a type, and no reason on them or on the line above. @param {string} comment */
function unreasoned(comment) {
  const lines = comment.split('\n');
  const isReasoned = (/** @type {number} */ at) => REASON.test(lines[at] ?? '');
  return lines.filter((line, at) =>
    (line.match(TYPES) ?? []).some((type) => ANY.test(type)) && !isReasoned(at) &&
    !isReasoned(at - 1)
  );
}

/** `any` stands only where a shape cannot be known, and a word says why. @type {Deno.lint.Rule} */
const anyWithReason = {
  create(context) {
    return {
      Program() {
        if (!isServed(context)) return;
        for (const { type, value, range } of context.sourceCode.getAllComments()) {
          if (type !== 'Block' || !value.startsWith('*') || !unreasoned(value).length) continue;
          const message =
            'Name the type, or say beside it, as "`any`: ...", why it cannot be known.';
          context.report({ range, message });
        }
      },
    };
  },
};

export default {
  name: 'phone',
  rules: { 'any-with-reason': anyWithReason, 'short-functions': shortFunctions },
};
